use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::postal_rules;
use crate::as_typed::trimmed;

/// A country of ISO 3166-1, or Kosovo (`XKX`), kept by its alpha-3 code (R7). The default is the USA.
///
/// ```
/// use userdom_domain::Country;
///
/// let country = Country::parse("germany")?;
/// assert_eq!(country.as_str(), "DEU");
/// assert_eq!(country.alpha2(), "DE");
/// assert_eq!(country.name(), "Germany");
/// assert_eq!(Country::parse("uk")?, Country::parse("GBR")?);
/// assert_eq!(Country::default().as_str(), "USA");
/// assert!(Country::parse("Atlantis").is_err());
/// # Ok::<(), userdom_domain::CountryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country {
    alpha3: &'static str,
    alpha2: &'static str,
    name: &'static str,
}

/// Why a text is not accepted as a country (R7).
///
/// ```
/// use userdom_domain::Country;
///
/// let error = Country::parse("Atlantis").unwrap_err();
/// assert_eq!(error.code(), "country.unknown");
/// assert_eq!(error.to_string(), "Unknown country: Atlantis");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountryError {
    /// Neither a code nor an English name of a country.
    #[error("Unknown country: {text}")]
    Unknown {
        /// What was given: the first 60 characters, without control characters.
        text: String,
    },
}

crate::error_codes! {
    CountryError {
        Self::Unknown { .. } => Rule("country.unknown", "The country is unknown");
    }
}

/// Every code and name, folded.
static BY_SPELLING: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for row in postal_rules::rows() {
        let country = Country { alpha3: row.alpha3, alpha2: row.alpha2, name: row.name };
        for spelling in row.spellings.split('|').chain([row.alpha2, row.alpha3]) {
            found.insert(spelling.to_lowercase(), country);
        }
    }
    found
});

impl Country {
    /// What a stored text stands for that names no country (R29).
    pub(crate) const UNKNOWN: Self = Self { alpha3: "", alpha2: "", name: "" };

    /// No name is nearly as long, in bytes.
    const LONGEST: usize = 200;

    /// Reads an alpha-2 or alpha-3 code or an English name, in any case, with
    /// or without accents and with white space around it.
    pub fn parse(text: &str) -> Result<Self, CountryError> {
        let trimmed = trimmed(text);
        let known =
            if trimmed.len() > Self::LONGEST { None } else { BY_SPELLING.get(&fold(trimmed)) };
        known.copied().ok_or_else(|| CountryError::Unknown {
            text: trimmed.chars().filter(|c| !c.is_control()).take(60).collect(),
        })
    }

    /// The alpha-3 code: `USA`, `GBR`.
    pub const fn as_str(&self) -> &'static str {
        self.alpha3
    }

    /// The alpha-2 code: `US`, `GB`.
    pub const fn alpha2(&self) -> &'static str {
        self.alpha2
    }

    /// The English short name: `United States`, `United Kingdom`.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// The spelling under which a name is looked up; `fold` in `make_address_rules.py` does the same.
fn fold(name: &str) -> String {
    let text: String = name
        .nfd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '.' | '\'' | '’' | 'ʼ'))
        .collect::<String>()
        .to_lowercase()
        .replace('&', " and ");
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | ',' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .collect();
    let text = words.join(" ");
    text.strip_prefix("the ").map_or_else(|| text.clone(), str::to_owned)
}

impl Default for Country {
    fn default() -> Self {
        Self { alpha3: "USA", alpha2: "US", name: "United States" }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha3)
    }
}

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl AsRef<str> for Country {
    fn as_ref(&self) -> &str {
        self.alpha3
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r7_codes_and_names_are_read_in_any_case_and_alpha_3_is_kept() {
        for (text, alpha3) in [
            ("us", "USA"),
            ("usa", "USA"),
            (" U.S.A. ", "USA"),
            ("United States", "USA"),
            ("the united states of america", "USA"),
            ("UK", "GBR"),
            ("Great Britain", "GBR"),
            ("Germany", "DEU"),
            ("South Korea", "KOR"),
            ("Korea, Republic of", "KOR"),
            ("Côte d'Ivoire", "CIV"),
            ("cote d’ivoire", "CIV"),
            ("Ivory Coast", "CIV"),
            ("Trinidad & Tobago", "TTO"),
            ("trinidad and tobago", "TTO"),
            ("Turkey", "TUR"),
            ("Türkiye", "TUR"),
            ("Hong Kong", "HKG"),
            ("United Arab Emirates", "ARE"),
            ("Guinea-Bissau", "GNB"),
            ("Kosovo", "XKX"),
            ("xk", "XKX"),
            ("the Republic of Kosovo", "XKX"),
            ("\u{2068}Germany\u{2069}", "DEU"),
        ] {
            assert_eq!(Country::parse(text).unwrap().as_str(), alpha3, "{text}");
        }
    }

    #[test]
    fn r7_every_country_is_read_by_each_of_its_codes_and_names() {
        let mut count = 0;
        for row in postal_rules::rows() {
            count += 1;
            for text in row.spellings.split('|').chain([row.alpha2, row.alpha3, row.name]) {
                let country = Country::parse(text).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(country.as_str(), row.alpha3, "{text}");
                assert_eq!((country.alpha2(), country.name()), (row.alpha2, row.name));
            }
        }
        assert_eq!(count, 250);
    }

    #[test]
    fn r7_the_default_is_the_usa() {
        assert_eq!(Country::default(), Country::parse("USA").unwrap());
    }

    #[test]
    fn r7_an_unknown_country_is_refused_and_named() {
        for text in ["", "Atlantis", "ZZ", "XXX", "ZZZ", "US/A", "840"] {
            let error = Country::parse(text).unwrap_err();
            assert_eq!(error.code(), "country.unknown");
            assert_eq!(error.to_string(), format!("Unknown country: {text}"));
        }
    }

    #[test]
    fn r7_the_message_names_60_characters_without_line_breaks() {
        let error = Country::parse(&format!("A\n{}", "ß".repeat(1_000))).unwrap_err();
        assert_eq!(error.to_string(), format!("Unknown country: A{}", "ß".repeat(59)));
    }

    proptest! {
        #[test]
        fn r7_parse_never_panics_and_knows_its_own_output(text in "\\PC{0,80}") {
            if let Ok(country) = Country::parse(&text) {
                prop_assert_eq!(Country::parse(country.as_str()), Ok(country));
            }
        }
    }
}
