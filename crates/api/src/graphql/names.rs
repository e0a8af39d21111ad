//! Names in GraphQL's usual spelling.

/// `first_name` as `firstName`.
pub(super) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &capital(part))
}

/// `openedSession` as `OpenedSession`.
pub(super) fn capital(name: &str) -> String {
    with_first(name, char::to_ascii_uppercase)
}

/// `OpenedSession` as `openedSession`.
pub(super) fn small(name: &str) -> String {
    with_first(name, char::to_ascii_lowercase)
}

fn with_first(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| change(&first).to_string() + letters.as_str())
}

/// `users:read` as `USERS_READ`.
pub(super) fn constant(name: &str) -> String {
    name.to_ascii_uppercase().replace([':', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_graphql_has_them() {
        assert_eq!(camel("street_line1"), "streetLine1");
        assert_eq!(camel("id"), "id");
        assert_eq!(capital("openedSession"), "OpenedSession");
        assert_eq!(small("RecoveryCodes"), "recoveryCodes");
        assert_eq!(constant("users:read"), "USERS_READ");
    }
}
