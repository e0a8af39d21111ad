use super::ENDPOINTS;
use crate::{
    batch::{self, Batch, Item},
    http::{
        body::{Context, Fields},
        endpoint::Idempotency,
        prelude::*,
    },
};

/// How many operations a batch may have.
const MOST: usize = 100;

pub(super) static BATCH: Endpoint = Endpoint {
    summary: "Several operations in one request",
    description: "Carries out 1 to 100 operations, one after the other, as the caller. With `atomic` all of them are one transaction. The answer has one result for each.",
    request: RequestBody::Json(&BODY),
    responses: &[ok(&OUTCOMES)],
    idempotency: Idempotency::EachOperation,
    hashing: Hashing::InBody(hashing),
    ..post(SERVICE, "batch", "/v1/batch", run)
};

static BODY: Body<Batch> = Body::new(
    "Batch",
    "One to a hundred operations",
    r#"{"operations": [{"method": "GET", "path": "/v1/users/me"}]}"#,
    |fields| {
        let is_atomic = fields.flag("atomic");
        let items = fields.objects("operations", MOST, &OPERATION);
        Some(Batch { is_atomic, items: items? })
    },
);

static OPERATION: Body<Item> = Body::new(
    "BatchOperation",
    "One of the other operations",
    r#"{"method": "GET", "path": "/v1/users/me"}"#,
    |item| {
        let method = item.required_text("method");
        let path = item.required_text("path");
        let body = item.json("body");
        let if_match = item.text("if_match");
        Some(Item { method: method?, path: path?, body, if_match })
    },
);

static OUTCOMES: View = View {
    name: "Outcomes",
    description: "What came of a batch",
    members: &[
        member("committed", Schema::Flag),
        member("results", Schema::Object(&OUTCOME)).list(),
    ],
};

static OUTCOME: View = View {
    name: "Outcome",
    description: "What came of one operation of a batch",
    members: &[
        member("status", Schema::Number).like_json("201"),
        member("location", Schema::Text)
            .optional()
            .like("/v1/users/me/emails/019b79da-0000-7000-8000-000000000001"),
        member("etag", Schema::Text).optional().like("\"3\""),
        member("body", Schema::Json).optional().like_json(
            r#"{"id": "019b79da-0000-7000-8000-000000000001", "email": "ada@work.example"}"#,
        ),
    ],
};

/// The operations run one after the other; each has an outcome of its own.
fn run(call: &Call<'_>) -> Answer {
    batch::run(call, &call.body(&BODY)?, ENDPOINTS)
}

/// The operation that hashes a password: the first one, since no other may.
fn hashing(body: &[u8]) -> Option<&'static Endpoint> {
    let mut fields = Fields::of(body, Context::default()).ok()?;
    let batch = (BODY.read)(&mut fields);
    batch::endpoints(&fields.finish(batch).ok()?, ENDPOINTS).find(|endpoint| endpoint.may_hash())
}
