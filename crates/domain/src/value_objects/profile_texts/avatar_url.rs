use std::net::Ipv6Addr;

use crate::as_typed::trimmed;

/// The address of a picture: an absolute `http` or `https` URL of at most 500
/// characters, all of them ASCII (rule R10).
///
/// Without credentials; kept as typed.
///
/// ```
/// use userdom_domain::AvatarUrl;
///
/// let url = AvatarUrl::parse("https://cdn.example.com/a.png?size=64")?;
/// assert_eq!(url.as_str(), "https://cdn.example.com/a.png?size=64");
/// assert!(AvatarUrl::parse("javascript:alert(1)").is_err());
/// # Ok::<(), userdom_domain::AvatarUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AvatarUrl(String);

/// Why a text is not the address of a picture (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AvatarUrlError {
    /// Not an absolute http(s) URL, or one with credentials.
    #[error("Avatar URL must be an http or https URL without credentials")]
    Invalid,
    /// More than 500 characters.
    #[error("Avatar URL must be at most 500 characters")]
    TooLong,
}

crate::error_codes! {
    AvatarUrlError {
        Self::Invalid => Rule("avatar_url.invalid", "The avatar URL is not one");
        Self::TooLong => Rule("avatar_url.too_long", "The avatar URL is too long");
    }
}

impl AvatarUrl {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 500;

    /// Reads a URL; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, AvatarUrlError> {
        let text = trimmed(text);
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(AvatarUrlError::TooLong);
        }
        if is_web_url(text) { Ok(Self(text.to_owned())) } else { Err(AvatarUrlError::Invalid) }
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The URL as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 3986 to the letter, where browsers would guess: what they could read in
/// another way than we do (`\`, credentials, an empty host) is no URL here.
fn is_web_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let path = rest.strip_prefix(authority).unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, "80"),
    };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let has_port =
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let has_url_chars = path.matches('#').count() <= 1
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b));
    let has_whole_escapes = path.split('%').skip(1).all(|after| {
        let mut bytes = after.bytes();
        let mut hex = || bytes.next().is_some_and(|b| b.is_ascii_hexdigit());
        hex() && hex()
    });
    is_web && is_host(host) && has_port && has_url_chars && has_whole_escapes
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_what_a_copied_url_brings_along_is_dropped() {
        let copied = AvatarUrl::parse("\u{2068}https://example.org/a.png\u{2069} ");
        assert_eq!(copied.unwrap().as_str(), "https://example.org/a.png");
    }

    #[test]
    fn r10_an_avatar_url_is_http_or_https() {
        for text in [
            "https://example.com",
            "HTTP://example.com:8080/a%20b.png?x=1#y",
            "http://[::1]:80/",
            "http://127.0.0.1/a",
            "https://localhost?x",
        ] {
            assert_eq!(AvatarUrl::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn r10_what_is_no_avatar_url_is_refused() {
        for text in [
            "",
            "example.com/a.png",
            "//example.com",
            "ftp://example.com",
            "javascript://example.com/%0a",
            "data:image/png;base64,AA",
            "https://",
            "https:///a",
            "https://?x",
            "https://u:p@example.com",
            "https://u@example.com",
            "https://exa mple.com",
            "https://example.com/a b",
            "https://example.com/\nx",
            "https://example.com\\a",
            "https://example.com/\"onerror",
            "https://example.com/<",
            "https://example.com/%4",
            "https://example.com/é",
            "https://a..b",
            "https://example.com:99999",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:+1",
            "https://[::g]",
            "https://::1",
            "https://example.com/#a#b",
        ] {
            assert_eq!(AvatarUrl::parse(text).expect_err(text).code(), "avatar_url.invalid");
        }
    }

    #[test]
    fn r10_an_avatar_url_has_at_most_500_characters() {
        let url = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert!(AvatarUrl::parse(&url(500)).is_ok());
        assert_eq!(AvatarUrl::parse(&url(501)).unwrap_err().code(), "avatar_url.too_long");
    }
}
