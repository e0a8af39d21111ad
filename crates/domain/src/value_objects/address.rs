mod draft;
mod error;
mod format;
mod postal_code;

use unicode_normalization::UnicodeNormalization;

pub use draft::AddressDraft;
pub use error::{AddressError, AddressErrors};

use super::as_stored::AsStored;
use super::country::Country;
use super::person_name::{is_control, is_copied_along};
use super::postal_rules;
use crate::as_typed::trimmed;

/// A postal address that the post of its country can deliver to (R7).
///
/// Text is trimmed and NFC, without control characters. A part that the country
/// does not need may be absent: it is then the empty string.
///
/// ```
/// use userdom_domain::{Address, AddressDraft};
///
/// let address = Address::parse(&AddressDraft {
///     street_line1: "Invalidenstraße 1".into(),
///     city: "Berlin".into(),
///     postal_code: "10115".into(),
///     country: Some("Germany".into()),
///     ..AddressDraft::default()
/// })?;
/// assert_eq!(address.country().as_str(), "DEU");
/// assert_eq!(address.full_address(), "Invalidenstraße 1\n10115 Berlin\nDEU");
/// assert_eq!(Address::parse(&address.to_draft())?, address);
/// # Ok::<(), userdom_domain::AddressErrors>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    street_line1: String,
    street_line2: Option<String>,
    city: String,
    state: String,
    postal_code: String,
    country: AsStored<Country>,
}

impl Address {
    /// The greatest length of a street line, in characters.
    pub const MAX_STREET_LINE: usize = 255;
    /// The greatest length of a city, in characters.
    pub const MAX_CITY: usize = 100;
    /// The greatest length of a state, in characters.
    pub const MAX_STATE: usize = 50;
    /// The greatest length of a postal code, in characters.
    pub const MAX_POSTAL_CODE: usize = 20;

    /// Checks a draft by the rules of its country and names every fault at once.
    ///
    /// While the country is unknown, only what holds everywhere is checked.
    pub fn parse(draft: &AddressDraft) -> Result<Self, AddressErrors> {
        let mut faults = Faults(Vec::new());
        let name = draft.country.as_deref().map(trimmed).filter(|name| !name.is_empty());
        let country = name.map_or_else(|| Ok(Country::default()), Country::parse);
        let needs =
            |rule: fn(Country) -> bool| country.as_ref().is_ok_and(|country| rule(*country));

        let street_line1 = faults.keep(
            clean("street_line1", &draft.street_line1, Self::MAX_STREET_LINE)
                .and_then(|text| present(text, true, AddressError::StreetRequired)),
        );
        let street_line2 = draft.street_line2.as_deref().unwrap_or_default();
        let street_line2 = faults.keep(clean("street_line2", street_line2, Self::MAX_STREET_LINE));
        let city = faults.keep(clean("city", &draft.city, Self::MAX_CITY).and_then(|text| {
            present(text, needs(postal_rules::needs_city), AddressError::CityRequired)
        }));
        let state = faults.keep(clean("state", &draft.state, Self::MAX_STATE).and_then(|text| {
            present(text, needs(postal_rules::needs_state), AddressError::StateRequired)
        }));
        let postal_code =
            faults.keep(postal_code::read(&draft.postal_code, country.as_ref().ok().copied()));
        let country = faults.keep(country.map_err(AddressError::from));

        if faults.0.is_empty() {
            Ok(Self {
                street_line1,
                street_line2: Some(street_line2).filter(|line| !line.is_empty()),
                city,
                state,
                postal_code,
                country: country.into(),
            })
        } else {
            Err(AddressErrors(faults.0))
        }
    }

    /// A stored address as it stands (R29), whatever its country asks for.
    pub fn from_stored(draft: AddressDraft) -> Self {
        let text = draft.country.unwrap_or_else(|| Country::default().as_str().to_owned());
        let country = Country::parse(&text).unwrap_or(Country::UNKNOWN);
        Self {
            street_line1: draft.street_line1,
            street_line2: draft.street_line2,
            city: draft.city,
            state: draft.state,
            postal_code: draft.postal_code,
            country: AsStored::read(&text, country, country.as_str()),
        }
    }

    /// The address as a draft, which [`Address::parse`] reads back as the same address.
    pub fn to_draft(&self) -> AddressDraft {
        AddressDraft {
            street_line1: self.street_line1.clone(),
            street_line2: self.street_line2.clone(),
            city: self.city.clone(),
            state: self.state.clone(),
            postal_code: self.postal_code.clone(),
            country: Some(self.country_text().to_owned()),
        }
    }

    /// Street and number, 1 to 255 characters.
    pub fn street_line1(&self) -> &str {
        &self.street_line1
    }

    /// The second street line, at most 255 characters.
    pub fn street_line2(&self) -> Option<&str> {
        self.street_line2.as_deref()
    }

    /// The city, at most 100 characters; empty where none is needed and none was given.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// The state, at most 50 characters; empty where none is needed and none was given.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The postal code, at most 20 characters, in capitals where the country has a
    /// form for it; empty where none is needed and none was given.
    pub fn postal_code(&self) -> &str {
        &self.postal_code
    }

    /// The country; of an address that another application stored it may be unknown.
    pub fn country(&self) -> Country {
        self.country.get()
    }

    /// The country as it is stored: its alpha-3 code, or what another application wrote.
    pub fn country_text(&self) -> &str {
        let country: &'static str = self.country.get().as_str();
        self.country.odd_text().unwrap_or(country)
    }

    /// The address as it stands on an envelope, in the order the country writes
    /// it, its alpha-3 code last; lines are parted by `\n`.
    ///
    /// A state or postal code that the country's own order has no place for is left out.
    pub fn full_address(&self) -> String {
        format::lay_out(self)
    }
}

struct Faults(Vec<AddressError>);

impl Faults {
    /// Notes the fault; the value that stands in for the missing one is never seen.
    fn keep<T: Default>(&mut self, result: Result<T, AddressError>) -> T {
        result.unwrap_or_else(|fault| {
            self.0.push(fault);
            T::default()
        })
    }
}

fn clean(field: &'static str, text: &str, max: usize) -> Result<String, AddressError> {
    // A line break or a tab is refused wherever it stands.
    let is_space = |c: char| c.is_whitespace() && !is_control(c);
    let text = text.trim_matches(|c| is_space(c) || is_copied_along(c));
    if text.chars().any(is_control) {
        return Err(AddressError::ControlCharacter { field });
    }
    let text: String = text.nfc().collect();
    if text.chars().count() > max { Err(AddressError::TooLong { field, max }) } else { Ok(text) }
}

fn present(text: String, is_needed: bool, missing: AddressError) -> Result<String, AddressError> {
    if is_needed && text.is_empty() { Err(missing) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
