use icu_locale_core::subtags::{Language, Region, Script, Variant};

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

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
