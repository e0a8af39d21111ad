//! What the post of each country asks for (R7), and the names of the countries:
//! the one reader of `data/address-rules.tsv`, whose header names its sources.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexBuilder};

use super::country::Country;

const DATA: &str = include_str!("../../data/address-rules.tsv");

/// The layout for a country that has none of its own: every part is shown.
const PLAIN_FORMAT: &str = "%A%n%C%n%S%n%Z";

/// One line of the data file; the header says what the columns hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row {
    pub(crate) alpha2: &'static str,
    pub(crate) alpha3: &'static str,
    pub(crate) name: &'static str,
    pub(crate) spellings: &'static str,
    needed: &'static str,
    postal_form: &'static str,
    format: &'static str,
    latin_format: &'static str,
    prefixes: &'static str,
    #[cfg(test)]
    pub(crate) examples: &'static str,
}

struct PostalRules {
    row: Row,
    /// Compiled when the country is first met; most never are.
    form: OnceLock<Option<Regex>>,
}

static RULES: LazyLock<HashMap<&'static str, PostalRules>> = LazyLock::new(|| {
    rows().map(|row| (row.alpha3, PostalRules { row, form: OnceLock::new() })).collect()
});

/// All countries of ISO 3166-1, and Kosovo.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    DATA.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_default();
        Row {
            alpha2: next(),
            alpha3: next(),
            name: next(),
            spellings: next(),
            needed: next(),
            postal_form: next(),
            format: next(),
            latin_format: next(),
            prefixes: next(),
            #[cfg(test)]
            examples: next(),
        }
    })
}

pub(crate) fn needs_city(country: Country) -> bool {
    needs(country, 'C')
}

pub(crate) fn needs_state(country: Country) -> bool {
    needs(country, 'S')
}

pub(crate) fn needs_postal_code(country: Country) -> bool {
    needs(country, 'Z')
}

fn needs(country: Country, field: char) -> bool {
    RULES.get(country.as_str()).is_some_and(|rules| rules.row.needed.contains(field))
}

/// The form of a whole postal code in ASCII capitals; `None` where there are no postal codes.
pub(crate) fn postal_form(country: Country) -> Option<&'static Regex> {
    let rules = RULES.get(country.as_str())?;
    rules.form.get_or_init(|| compile(rules.row.postal_form)).as_ref()
}

/// What people write before a postal code: the codes of the country, what its post once asked
/// for, and what an address of the country shows there.
pub(crate) fn prefixes(country: Country) -> impl Iterator<Item = &'static str> {
    let row = RULES.get(country.as_str()).map(|rules| rules.row).unwrap_or_default();
    let shown = [row.format, row.latin_format].map(shown_before_code);
    let known = row.prefixes.split('|').chain([row.alpha3, row.alpha2]).chain(shown);
    known.filter(|prefix| !prefix.is_empty())
}

/// The text between the postal code and the field before it, without the signs at its ends.
fn shown_before_code(format: &'static str) -> &'static str {
    let before = format.split_once("%Z").map_or("", |(before, _)| before);
    let text = before.rsplit_once('%').map_or(before, |(_, field)| field.get(1..).unwrap_or(""));
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The letters and signs with which each postal code of the country begins: `LV-`, `AD`.
pub(crate) fn fixed_start(country: Country) -> &'static str {
    let form = RULES.get(country.as_str()).map_or("", |rules| rules.row.postal_form);
    let is_fixed = |c: char| c.is_ascii_uppercase() || matches!(c, ' ' | '-');
    let (start, rest) = form.split_at(form.find(|c| !is_fixed(c)).unwrap_or(form.len()));
    // What may be left out, or be something else, is no fixed start.
    if rest.starts_with(['?', '*', '|', '{']) || form.contains('|') { "" } else { start }
}

fn compile(form: &str) -> Option<Regex> {
    if form.is_empty() {
        return None;
    }
    // Without Unicode `\d` is an ASCII digit, as the data means it.
    RegexBuilder::new(&format!("^(?:{form})$")).unicode(false).build().ok()
}

/// How the country lays an address out: `%A` street, `%C` city, `%S` state,
/// `%Z` postal code, `%n` the end of a line, all else as it stands.
///
/// Some countries write their own script from the large to the small, and
/// Latin letters the other way round.
pub(crate) fn format(country: Country, latin: bool) -> &'static str {
    let row = RULES.get(country.as_str()).map(|rules| rules.row).unwrap_or_default();
    match (row.format, row.latin_format) {
        ("", _) => PLAIN_FORMAT,
        (_, own) if latin && !own.is_empty() => own,
        (own, _) => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(text: &str) -> Country {
        Country::parse(text).unwrap()
    }

    #[test]
    fn r7_at_least_60_countries_have_a_postal_form_and_every_form_compiles() {
        let with_form: Vec<Row> = rows().filter(|row| !row.postal_form.is_empty()).collect();
        assert!(with_form.len() >= 60, "{}", with_form.len());
        for row in with_form {
            assert!(postal_form(country(row.alpha3)).is_some(), "{}", row.alpha3);
        }
    }

    #[test]
    fn r7_a_form_is_for_the_whole_text_in_ascii_digits() {
        let form = postal_form(country("DEU")).unwrap();
        assert!(form.is_match("10115"));
        assert!(!form.is_match("101156"));
        assert!(!form.is_match("10115\n"));
        assert!(!form.is_match("١٠١١٥"));
        // An alternative at the top must not escape the anchors.
        let form = postal_form(country("GBR")).unwrap();
        assert!(form.is_match("SW1A 1AA") && form.is_match("GIR 0AA"));
        assert!(!form.is_match("GIR 0AAX") && !form.is_match("xBFPO 61"));
    }

    #[test]
    fn r7_every_country_that_needs_a_postal_code_has_a_form() {
        for row in rows() {
            let country = country(row.alpha3);
            assert!(!needs_postal_code(country) || postal_form(country).is_some(), "{country}");
        }
    }

    #[test]
    fn r7_what_a_country_needs_comes_from_the_data() {
        let needs = |text| {
            let country = country(text);
            (needs_city(country), needs_state(country), needs_postal_code(country))
        };
        assert_eq!(needs("USA"), (true, true, true));
        assert_eq!(needs("DEU"), (true, false, true));
        assert_eq!(needs("IRL"), (true, false, false));
        assert_eq!(needs("HKG"), (false, true, false));
        assert_eq!(needs("ARE"), (false, true, false));
        assert_eq!(needs("SGP"), (false, false, true));
    }

    #[test]
    fn r7_every_format_shows_the_street_and_knows_its_parts_only() {
        for row in rows() {
            for latin in [false, true] {
                let format = format(country(row.alpha3), latin);
                assert!(format.contains("%A"), "{}", row.alpha3);
                for part in format.split('%').skip(1) {
                    assert!(
                        part.starts_with(['A', 'C', 'S', 'Z', 'n']),
                        "{}: {format}",
                        row.alpha3
                    );
                }
            }
        }
    }
}
