//! The segments of a path, percent-decoded whole (RFC 3986 §2.4).

use percent_encoding::percent_decode_str;

use crate::http::problem::Problem;

/// The decoded segments of a path as it was sent; a `/` that was encoded parts nothing.
pub(crate) fn parts(path: &str) -> Result<Vec<String>, Problem> {
    let decoded = path.split('/').map(decoded).collect::<Option<_>>();
    decoded.ok_or_else(|| Problem::new(code!("path.malformed")))
}

/// What stands where a template has a name in braces; `None` for a path that does not fit it.
pub(crate) fn segments(template: &str, parts: &[String]) -> Option<Vec<(String, String)>> {
    let names: Vec<_> = template.split('/').collect();
    if names.len() != parts.len() {
        return None;
    }
    let mut found = Vec::new();
    for (name, text) in names.into_iter().zip(parts) {
        if name == text {
            continue;
        }
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        if text.is_empty() {
            return None;
        }
        found.push((name.to_owned(), text.clone()));
    }
    Some(found)
}

/// Whether a path has an id where its template has this name in braces.
pub(crate) fn is_id(name: &str) -> bool {
    !matches!(name, "email" | "username")
}

/// `None` for what is no percent-encoding of a text in UTF-8.
fn decoded(segment: &str) -> Option<String> {
    let is_whole = |after: &str| {
        let hex = after.as_bytes().get(..2);
        hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if !segment.split('%').skip(1).all(is_whole) {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc_3986_what_is_no_encoding_is_refused() {
        for path in ["/%", "/a%2", "/%zz", "/%+1", "/%ff", "/%c3%28", "/%ed%a0%80", "/%%41", "/%é"]
        {
            assert_eq!(parts(path).unwrap_err().code.name, "path.malformed", "{path}");
        }
    }

    #[test]
    fn rfc_3986_a_segment_is_decoded_once_and_parts_nothing() {
        assert_eq!(parts("/a%2Fb%2525/c+d").unwrap(), ["", "a/b%25", "c+d"]);
        let found = segments("/v1/{id}/x", &parts("/v1/a%2fb/%78").unwrap());
        assert_eq!(found.unwrap(), [("id".to_owned(), "a/b".to_owned())]);
        for path in ["/v1//x", "/v1/a/b/x", "/v1/a", "/v1/a/y", "/v1%2Fa/x"] {
            assert_eq!(segments("/v1/{id}/x", &parts(path).unwrap()), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn rfc_3986_any_text_comes_back_from_its_encoding(text in any::<String>()) {
            let encode = |encoded, byte| format!("{encoded}%{byte:02X}");
            let encoded = text.bytes().fold(String::new(), encode);
            prop_assert_eq!(parts(&encoded).unwrap(), [text]);
        }
    }
}
