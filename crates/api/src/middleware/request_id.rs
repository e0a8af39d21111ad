use actix_web::{dev::ServiceRequest, http::header::HeaderName};

use crate::http::ApiState;

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The client's own id, if it is one, or a new one.
pub(super) fn of(request: &ServiceRequest) -> String {
    let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    match sent {
        Some(id) if is_sound(id) => id.to_owned(),
        _ => request.app_data().map(ApiState::new_request_id).unwrap_or_default(),
    }
}

/// What can be logged and searched for without a second thought.
fn is_sound(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_echoed() {
        assert!(is_sound("a-B.3_"));
        assert!(is_sound(&"x".repeat(64)));
        for id in ["", "a b", "a\"b", "ä", &"x".repeat(65)] {
            assert!(!is_sound(id), "{id}");
        }
    }
}
