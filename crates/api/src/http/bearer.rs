use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::{Engine, prelude::BASE64_STANDARD};
use userdom_application::AppError;
use userdom_domain::trimmed;

/// Longer than any token: what is longer still is not even hashed.
const LONGEST: usize = 256;

/// The token that a request presents; `None` is anybody. Where `takes_basic`, it may be the
/// password of HTTP Basic as well, whatever the user name is.
pub(crate) fn token(headers: &HeaderMap, takes_basic: bool) -> Result<Option<String>, AppError> {
    let mut lines = headers.get_all(AUTHORIZATION);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    // A proxy before us might go by the other one.
    if lines.next().is_some() {
        return Err(AppError::Unauthenticated);
    }
    let token = str::from_utf8(line.as_bytes()).ok().and_then(|line| read(line, takes_basic));
    Ok(Some(token.ok_or(AppError::Unauthenticated)?))
}

/// How to be known here by a token (RFC 9110 §11.6.1): one that was sent is not valid (RFC 6750
/// §3.1).
pub(crate) fn challenge(headers: &HeaderMap) -> &'static str {
    let was_sent = headers.contains_key(AUTHORIZATION);
    if was_sent { "Bearer error=\"invalid_token\"" } else { "Bearer" }
}

/// The token of `Bearer <token>`; the scheme is read in any case (RFC 9110 §11.1).
fn read(line: &str, takes_basic: bool) -> Option<String> {
    let (scheme, credentials) = trimmed(line).split_once(char::is_whitespace)?;
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        trimmed(credentials).to_owned()
    } else if takes_basic && scheme.eq_ignore_ascii_case("basic") {
        password(trimmed(credentials))?
    } else {
        return None;
    };
    let is_sound =
        (1..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_sound.then_some(token)
}

/// The password of HTTP Basic (RFC 7617).
fn password(credentials: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
    let (_, password) = text.split_once(':')?;
    Some(trimmed(password).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(line: &str) -> Option<String> {
        read(line, false)
    }

    #[test]
    fn the_scheme_is_read_in_any_case_with_any_space() {
        for line in ["Bearer abc", "bEARER  abc ", "Bearer\tabc", "Bearer \u{feff}abc\u{200b}"] {
            assert_eq!(bearer(line).as_deref(), Some("abc"), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for line in ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer a b", "Bearerabc"] {
            assert_eq!(bearer(line), None, "{line}");
        }
        assert!(bearer(&format!("Bearer {}", "x".repeat(LONGEST))).is_some());
        assert!(bearer(&format!("Bearer {}", "x".repeat(LONGEST + 1))).is_none());
    }

    #[test]
    fn rfc_7617_the_password_of_basic_is_a_token_where_it_is_taken() {
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        for text in ["user:abc", ":abc", "user: abc\n"] {
            assert_eq!(read(&basic(text), true).as_deref(), Some("abc"), "{text}");
            assert_eq!(read(&basic(text), false), None);
        }
        for line in ["Basic", "Basic !", &basic("abc"), &basic("user:"), &basic("user:a b")] {
            assert_eq!(read(line, true), None, "{line}");
        }
        assert_eq!(read("Bearer abc", true).as_deref(), Some("abc"));
    }
}
