//! A postal code as people type it (R7).

use unicode_normalization::UnicodeNormalization;

use super::{Address, AddressError, clean, present};
use crate::{
    as_typed::{ascii_digit, is_dash, is_invisible},
    value_objects::{country::Country, postal_rules},
};

/// Longer than any code with its prefix.
const LONGEST: usize = 40;
const POSTAL_MARKS: [char; 3] = ['\u{3012}', '\u{3020}', '\u{3036}'];

/// The postal code as the country writes it. Where it has no form the text is kept.
pub(super) fn read(text: &str, country: Option<Country>) -> Result<String, AddressError> {
    let Some((country, form)) =
        country.and_then(|country| Some((country, postal_rules::postal_form(country)?)))
    else {
        return clean("postal_code", text, Address::MAX_POSTAL_CODE);
    };
    let invalid = if country == Country::default() {
        AddressError::InvalidZipCode
    } else {
        AddressError::InvalidPostalCode { country }
    };
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    // Cleaned without white space runs, so that they do not count as length.
    let code = clean("postal_code", &seen, usize::MAX).map_err(|_| invalid.clone())?;
    let code = plain(&code);
    if code.is_empty() {
        let is_needed = postal_rules::needs_postal_code(country);
        return present(code, is_needed, AddressError::PostalCodeRequired);
    }
    if code.len() > LONGEST {
        return Err(invalid);
    }
    let fits = |code: &String| code.len() <= Address::MAX_POSTAL_CODE && form.is_match(code);
    let readings = readings(&code, country);
    if let Some(code) = readings.iter().find(|code| fits(code)) {
        return Ok(code.clone());
    }
    // The USA has a form of its own (R7), to which the separators belong.
    let parted = (country != Country::default()).then(|| readings.iter().flat_map(|it| parted(it)));
    parted.into_iter().flatten().find(fits).ok_or(invalid)
}

/// In ASCII capitals, with one kind of dash, single spaces, and no postal mark.
fn plain(code: &str) -> String {
    let signs = code.nfkc().filter(|c| !POSTAL_MARKS.contains(c));
    let signs = signs.map(|c| if is_dash(c) { '-' } else { ascii_digit(c).to_ascii_uppercase() });
    let text: String = signs.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What may be meant, the likeliest first: the code as it stands, without the prefix of its
/// country, and with the prefix that is a part of the code.
fn readings(code: &str, country: Country) -> Vec<String> {
    let mut readings = vec![code.to_owned()];
    for prefix in postal_rules::prefixes(country) {
        if let Some(rest) = code.strip_prefix(prefix) {
            readings.push(rest.trim_start_matches([' ', '-', '.']).to_owned());
        }
    }
    let own = postal_rules::fixed_start(country);
    if !own.is_empty() {
        let completed: Vec<_> = readings.iter().map(|rest| format!("{own}{rest}")).collect();
        readings.extend(completed);
    }
    readings
}

/// The same letters and digits without a separator, or with one at each place.
fn parted(code: &str) -> impl Iterator<Item = String> {
    let signs: String = code.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let places = 1..signs.len();
    let whole = signs.clone();
    let parted = places.filter_map(move |at| {
        let halves = signs.split_at_checked(at);
        halves.map(|(left, right)| [format!("{left} {right}"), format!("{left}-{right}")])
    });
    std::iter::once(whole).chain(parted.flatten())
}

#[cfg(test)]
mod tests;
