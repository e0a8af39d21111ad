use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use userdom_application::AppError;

/// Longer than any token: what is longer still is not even hashed.
const LONGEST: usize = 256;

/// The token that a request presents; `None` is anybody.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<String>, AppError> {
    let mut lines = headers.get_all(AUTHORIZATION);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    // A proxy before us might go by the other one.
    if lines.next().is_some() {
        return Err(AppError::Unauthenticated);
    }
    let token = line.to_str().ok().and_then(read);
    Ok(Some(token.ok_or(AppError::Unauthenticated)?.to_owned()))
}

/// The token of `Bearer <token>`; the scheme is read in any case (RFC 9110 §11.1).
fn read(line: &str) -> Option<&str> {
    let (scheme, token) = line.split_once(' ')?;
    let token = token.trim();
    let is_sound =
        (1..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_sound).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(read("Bearer abc"), Some("abc"));
        assert_eq!(read("bEARER  abc "), Some("abc"));
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for line in ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer a b", "Bearerabc"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert!(read(&format!("Bearer {}", "x".repeat(LONGEST))).is_some());
        assert!(read(&format!("Bearer {}", "x".repeat(LONGEST + 1))).is_none());
    }
}
