//! Responses as the GraphQL specification has them, for the OpenAPI document.

use crate::http::{
    problem_schema::FAULT,
    schema::{Schema, View, member},
};

/// Without `data` nothing was begun.
pub(super) static ANSWER: View = View {
    name: "GraphqlAnswer",
    description: "What came of a GraphQL document",
    members: &[
        member("data", Schema::JsonObject)
            .nullable()
            .optional()
            .like_json(r#"{"me": {"username": "ada"}}"#),
        member("errors", Schema::Object(&GRAPHQL_FAULT)).list().optional(),
    ],
};

static GRAPHQL_FAULT: View = View {
    name: "GraphqlFault",
    description: "Why a field is null, or why nothing was begun",
    members: &[
        member("message", Schema::Text).like("Some fields are faulty"),
        member("locations", Schema::Object(&PLACE)).list().optional(),
        member("path", Schema::Json).list().optional().like_json(r#"["addEmail"]"#),
        member("extensions", Schema::Object(&DETAILS)),
    ],
};

static PLACE: View = View {
    name: "GraphqlPlace",
    description: "A place in a GraphQL document",
    members: &[member("line", Schema::Number), member("column", Schema::Number)],
};

static DETAILS: View = View {
    name: "GraphqlFaultDetails",
    description: "What a problem document says, in GraphQL",
    members: &[
        member("code", Schema::Text).like("request.invalid"),
        member("status", Schema::Number).like_json("422"),
        member("requestId", Schema::Text).optional().like("019b79da-0000-7000-8000-000000000000"),
        member("errors", Schema::Object(&FAULT)).list().optional(),
        member("retryAfter", Schema::Number).optional(),
    ],
};
