use crate::as_typed::trimmed;

/// A BCP 47 language tag in canonical case, at most 10 characters (rule R10).
///
/// A longer tag is shortened as a look-up shortens it (RFC 4647 §3.4). The default is `en`.
///
/// ```
/// use userdom_domain::LanguageTag;
///
/// assert_eq!(LanguageTag::parse("PT-br")?.as_str(), "pt-BR");
/// assert_eq!(LanguageTag::parse("ca-valencia")?.as_str(), "ca");
/// assert_eq!(LanguageTag::default().as_str(), "en");
/// assert!(LanguageTag::parse("english").is_err());
/// # Ok::<(), userdom_domain::LanguageTagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LanguageTag(String);

/// The text is not a language tag (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Language must be a BCP 47 tag, such as en or pt-BR")]
pub struct LanguageTagError;

crate::error_codes! {
    LanguageTagError {
        Self => Rule("language.invalid", "The language is no BCP 47 tag");
    }
}

impl LanguageTag {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 10;
    const MOST_LETTERS: usize = 3;

    /// Reads a tag; what surrounds it is dropped, letter case does not matter.
    pub fn parse(text: &str) -> Result<Self, LanguageTagError> {
        let tag = oxilangtag::LanguageTag::parse_and_normalize(trimmed(text));
        let tag = tag.map_err(|_| LanguageTagError)?;
        // Languages of more letters are well-formed, but none is registered; `x-…` names none.
        let primary = tag.as_str().split('-').next().unwrap_or_default();
        if primary.len() > Self::MOST_LETTERS || primary.eq_ignore_ascii_case("x") {
            return Err(LanguageTagError);
        }
        Ok(Self(looked_up(tag.as_str()).to_owned()))
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

/// The tag without as many of its last subtags as it takes to fit; a subtag of one character
/// says what follows, and goes with it.
fn looked_up(tag: &str) -> &str {
    let mut tag = tag;
    while tag.len() > LanguageTag::MAX_CHARS {
        let Some((shorter, _)) = tag.rsplit_once('-') else { break };
        tag = shorter;
        while let Some((rest, single)) = tag.rsplit_once('-')
            && single.len() == 1
        {
            tag = rest;
        }
    }
    tag
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
    fn r10_a_longer_tag_is_shortened_by_look_up_and_never_refused() {
        for (text, tag) in [
            ("ca-valencia", "ca"),
            ("CA-ES-Valencia", "ca-ES"),
            ("zh-hant-hk-x-private", "zh-Hant-HK"),
            ("zh-Hant-HK-a-bb", "zh-Hant-HK"),
            ("de-DE-u-co-phonebk", "de-DE-u-co"),
            ("de-u-co-phonebk", "de-u-co"),
            ("en-a-bbb-x-a-ccc", "en-a-bbb"),
            ("sl-rozaj-biske-1994", "sl-rozaj"),
            ("zh-cmn-Hans-CN", "zh-cmn"),
            ("cel-gaulish", "cel"),
            ("i-klingon", "i-klingon"),
            ("zh-min-nan", "zh-min-nan"),
            ("en-US-x-twain", "en-US"),
        ] {
            let read = LanguageTag::parse(text).expect(text);
            assert_eq!(read.as_str(), tag, "{text}");
            assert_eq!(LanguageTag::parse(read.as_str()), Ok(read), "{text}");
        }
        let long = format!("de-variant1-x{}", "-12345678".repeat(1_000));
        assert_eq!(LanguageTag::parse(&long).unwrap().as_str(), "de");
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
            "x-private",
            "en-x",
            "en-US-US",
            "de\0",
            "дe",
            "root",
            "12",
        ] {
            assert_eq!(LanguageTag::parse(text).expect_err(text).code(), "language.invalid");
        }
    }
}
