//! Requests with an `Idempotency-Key`: they have one effect, however often they are sent.

use actix_web::http::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use userdom_application::{App, Caller, Commit, services::Once};
use userdom_domain::UserId;
use uuid::Uuid;

use super::{
    call::KnownAs,
    kept_problem::KeptProblem,
    problem::{Answer, Problem},
    reply::Reply,
};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST: usize = 255;

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut lines = headers.get_all(HEADER);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let key = read(line).filter(|_| lines.next().is_none());
    key.map(Some).ok_or_else(|| Problem::new(code!("idempotency_key.malformed")))
}

/// A plain text, or one in quotation marks as draft-ietf-httpapi-idempotency-key-header has it.
fn read(line: &HeaderValue) -> Option<String> {
    let text = line.to_str().ok()?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let is_sound = (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    is_sound.then(|| text.to_owned())
}

/// An `Idempotency-Key`, with what it stands for.
pub(crate) struct Key<'a> {
    pub(crate) text: &'a str,
    pub(crate) owner: &'a Caller,
    /// All that makes the request that one.
    pub(crate) request: &'a [&'a [u8]],
}

/// The answer, as it is kept.
#[derive(Serialize, Deserialize)]
enum Kept {
    Reply { status: u16, headers: Vec<(String, String)>, body: String, user: Option<Uuid> },
    Refusal(KeptProblem),
}

/// The first answer to this request, or that of the operation, which is kept with its effect.
pub(crate) fn answer(
    app: &App,
    key: &Key<'_>,
    operation: impl FnOnce(&Commit) -> Answer,
) -> Answer {
    let turn = match app.once(key.owner, key.text, key.request)? {
        Once::Answered(kept) => return again(&kept),
        Once::Turn(turn) => turn,
    };
    match operation(turn.commit()) {
        Ok(reply) => {
            turn.answer(written(&Kept::of(&reply)?)?)?;
            Ok(reply)
        }
        Err(problem) if problem.is_failure() => Err(problem),
        // Strangers would fill the store with what is refused.
        Err(problem) => {
            let is_kept = key.owner.actor.is_some() && problem.is_final();
            let kept =
                is_kept.then(|| written(&Kept::Refusal(KeptProblem::of(&problem)))).transpose()?;
            turn.refuse(kept)?;
            Err(problem)
        }
    }
}

fn written(kept: &Kept) -> Result<String, Problem> {
    serde_json::to_string(kept).map_err(Problem::internal)
}

fn again(kept: &str) -> Answer {
    match serde_json::from_str(kept).map_err(Problem::internal)? {
        Kept::Refusal(problem) => Err(Problem::from(problem)),
        Kept::Reply { status, headers, body, user } => {
            let status = StatusCode::from_u16(status).map_err(Problem::internal)?;
            let mut reply = Reply { body: body.into_bytes(), ..Reply::empty(status) };
            reply.known = user.map(|id| KnownAs::User(UserId::from_uuid(id)));
            for (name, value) in headers {
                let name = HeaderName::try_from(name).map_err(Problem::internal)?;
                reply = reply.with(name, value);
            }
            Ok(reply.with(REPLAYED, "true".to_owned()))
        }
    }
}

impl Kept {
    fn of(reply: &Reply) -> Result<Self, Problem> {
        let headers = reply.headers.iter();
        Ok(Self::Reply {
            status: reply.status.as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), value.clone())).collect(),
            body: String::from_utf8(reply.body.clone()).map_err(Problem::internal)?,
            user: match reply.known {
                Some(KnownAs::User(id)) => Some(id.as_uuid()),
                Some(KnownAs::Service(_)) | None => None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(lines: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HEADER, HeaderValue::from_bytes(line).unwrap());
        }
        key(&headers).map_err(|problem| problem.code.name)
    }

    #[test]
    fn a_key_is_plain_or_in_quotation_marks() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[b"abc-1"]), Ok(Some("abc-1".to_owned())));
        assert_eq!(of(&[b" \"abc-1\" "]), Ok(Some("abc-1".to_owned())));
        assert!(of(&["x".repeat(255).as_bytes()]).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "x".repeat(256);
        for line in
            [b"".as_slice(), b"\"\"", b"a b", b"\"a", b"a\"b", b"a\\b", b"\xff", long.as_bytes()]
        {
            assert_eq!(of(&[line]), Err("idempotency_key.malformed"), "{line:?}");
        }
        assert_eq!(of(&[b"a", b"a"]), Err("idempotency_key.malformed"));
    }

    #[test]
    fn an_answer_survives_being_kept() {
        let reply = Reply::created("/v1/users/7".to_owned(), &"x").unwrap().with_version(3);
        let reply = reply.known_as(KnownAs::User(UserId::from_uuid(Uuid::from_u128(7))));
        let kept = written(&Kept::of(&reply).unwrap()).unwrap();
        assert_eq!(again(&kept).unwrap(), reply.with(REPLAYED, "true".to_owned()));
    }

    proptest! {
        #[test]
        fn v6_no_header_makes_it_panic(bytes in proptest::collection::vec(32..=255_u8, 0..300)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append(HEADER, value);
                let _ = key(&headers);
            }
        }
    }
}
