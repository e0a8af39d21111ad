mod error;
mod format;
mod postal_code;

use unicode_normalization::UnicodeNormalization;

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

/// An address as somebody wrote it, unchecked: what [`Address::parse`] reads (R7).
///
/// ```
/// use userdom_domain::{Address, AddressDraft};
///
/// let faults = Address::parse(&AddressDraft::default()).unwrap_err();
/// assert_eq!(faults.faults().len(), 4);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressDraft {
    /// Street and number.
    pub street_line1: String,
    /// Flat, floor, company; blank is absent.
    pub street_line2: Option<String>,
    /// City, town, post town.
    pub city: String,
    /// State, province, emirate, prefecture.
    pub state: String,
    /// ZIP, postcode, PLZ, Eircode.
    pub postal_code: String,
    /// Code or English name ([`Country::parse`]); absent or blank is the USA.
    pub country: Option<String>,
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(country: &str, city: &str, state: &str, postal_code: &str) -> AddressDraft {
        AddressDraft {
            street_line1: "1 Main St".into(),
            street_line2: None,
            city: city.into(),
            state: state.into(),
            postal_code: postal_code.into(),
            country: Some(country.into()),
        }
    }

    fn us(postal_code: &str) -> AddressDraft {
        draft("USA", "New York", "NY", postal_code)
    }

    fn faults(draft: &AddressDraft) -> Vec<AddressError> {
        Address::parse(draft).map_or_else(|errors| errors.faults().to_vec(), |_| Vec::new())
    }

    fn full(country: &str, city: &str, state: &str, postal_code: &str) -> String {
        Address::parse(&draft(country, city, state, postal_code)).unwrap().full_address()
    }

    #[test]
    fn r7_street_city_and_postal_code_are_required_and_all_faults_are_named_at_once() {
        let blank = AddressDraft {
            street_line1: " ".into(),
            city: "\u{a0}".into(),
            ..AddressDraft::default()
        };
        assert_eq!(
            Address::parse(&blank).unwrap_err().to_string(),
            "Street address is required; City is required; State is required; Postal code is required"
        );
        let fields: Vec<_> = faults(&blank).iter().map(AddressError::field).collect();
        assert_eq!(fields, ["street_line1", "city", "state", "postal_code"]);
    }

    #[test]
    fn r7_a_us_zip_code_has_five_digits_or_zip_plus_4() {
        for code in [
            "10001",
            "10001-1234",
            "10001 1234",
            " 10001 ",
            "10001  1234",
            "10001\u{a0}1234",
            "１０００１",
            "١٠٠٠١",
            "１０００１－１２３４",
            "10001\u{2013}1234",
            "\u{2068}10001\u{2069}",
            "US-10001",
            "USA 10001",
        ] {
            assert_eq!(faults(&us(code)), [], "{code}");
        }
        for code in ["1000", "100011", "10001-", "10001-123", "100011234", "10001--1234", "1000A"] {
            assert_eq!(faults(&us(code)), [AddressError::InvalidZipCode], "{code}");
        }
        assert_eq!(AddressError::InvalidZipCode.to_string(), "Invalid US ZIP code format");
    }

    #[test]
    fn r7_a_zip_code_with_a_line_break_is_refused() {
        for code in ["10001\n", "\n10001", "10001\n1234", "10001\t1234", "10001\r\n"] {
            assert_eq!(faults(&us(code)), [AddressError::InvalidZipCode], "{code:?}");
        }
    }

    #[test]
    fn r7_the_country_is_the_usa_unless_another_is_named() {
        for country in [None, Some(""), Some("  "), Some("usa"), Some("us"), Some("United States")]
        {
            let address =
                Address::parse(&AddressDraft { country: country.map(Into::into), ..us("10001") })
                    .unwrap();
            assert_eq!(address.country().as_str(), "USA", "{country:?}");
        }
    }

    #[test]
    fn r7_what_a_copied_text_brings_along_is_dropped() {
        for city in ["\u{2068}Berlin\u{2069} ", " \u{2068} Berlin\u{2069}\u{a0}\u{200b}"] {
            let address =
                Address::parse(&draft("\u{2068}DEU\u{2069} ", city, "", "10115")).unwrap();
            assert_eq!(address.city(), "Berlin", "{city:?}");
        }
        for city in ["\u{2068}Berlin\u{2069}\n", "\u{2028}Berlin", "Ber\u{2069}lin", "Berlin\t "] {
            let found = faults(&draft("DEU", city, "", "10115"));
            assert_eq!(found, [AddressError::ControlCharacter { field: "city" }], "{city:?}");
        }
        let nowhere = AddressDraft { country: Some("\u{2068}\u{2069} ".into()), ..us("10001") };
        assert_eq!(Address::parse(&nowhere).unwrap().country().as_str(), "USA");
    }

    #[test]
    fn r7_an_unknown_country_is_refused_beside_what_is_wrong_everywhere() {
        let draft = AddressDraft { street_line1: String::new(), ..draft("Atlantis", "", "", "") };
        let faults = faults(&draft);
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0], AddressError::StreetRequired);
        assert_eq!((faults[1].code(), faults[1].field()), ("country.unknown", "country"));
    }

    #[test]
    fn r7_another_countrys_postal_code_has_that_countrys_form() {
        let error = &faults(&draft("Germany", "Berlin", "", "1011"))[0];
        assert_eq!(error.to_string(), "Invalid postal code format for DEU");
        assert_eq!(error.code(), "address.invalid_postal_code");
        assert_eq!(faults(&draft("DEU", "Berlin", "", "10115-1234")).len(), 1);
    }

    #[test]
    fn r7_a_postal_code_is_kept_in_capitals_with_single_spaces() {
        let address = Address::parse(&draft("uk", "London", "", " sw1a   1aa ")).unwrap();
        assert_eq!(address.postal_code(), "SW1A 1AA");
    }

    fn code(country: &str, typed: &str) -> String {
        let typed = draft(country, "City", "State", typed);
        Address::parse(&typed).map_or_else(|errors| errors.to_string(), |it| it.postal_code)
    }

    #[test]
    fn r7_a_postal_code_is_read_as_it_is_typed() {
        for (country, typed, kept) in [
            ("MUS", "r5133", "R5133"),
            ("MUS", "42602", "42602"),
            ("XKX", "XK-10000", "10000"),
            ("SWE", "１１３ ４０", "113 40"),
            ("SWE", "SE-113 40", "113 40"),
            ("SWE", "S 11340", "11340"),
            ("SWE", "113\u{2011}40", "11340"),
            ("LTU", "LT-04340", "04340"),
            ("LTU", "lt\u{2013}04340", "04340"),
            ("LTU", "LTU 04340", "04340"),
            ("LUX", "L-2998", "2998"),
            ("LUX", "L2998", "2998"),
            ("LVA", "1050", "LV-1050"),
            ("LVA", "LV1050", "LV-1050"),
            ("AND", "500", "AD500"),
            ("SLV", "1101", "CP 1101"),
            ("BRB", "BB 23026", "BB23026"),
            ("JPN", "〒100-0001", "100-0001"),
            ("JPN", "〒１００ー０００１", "100-0001"),
            ("JPN", "1000001", "1000001"),
            ("IRN", "۱۱۹۳۶-۵۴۳۲۱", "11936-54321"),
            ("EGY", "١١٥١١", "11511"),
            ("IND", "११०००१", "110001"),
            ("NLD", "NL-1234ab", "1234AB"),
            ("POL", "00 950", "00-950"),
            ("PRT", "1000205", "1000-205"),
            ("GBR", "sw1a-1aa", "SW1A1AA"),
            ("CAN", "K1A-0B1", "K1A0B1"),
            ("DEU", "D-10115", "10115"),
            ("DEU", "10\u{200b}115", "10115"),
            ("SGP", "Singapore 546080", "546080"),
            ("ALA", "AX-22100", "22100"),
        ] {
            assert_eq!(code(country, typed), kept, "{country} {typed}");
        }
        for (country, typed) in [
            ("SWE", "NO-11340"),
            ("LUX", "L-"),
            ("LUX", "LL-2998"),
            ("DEU", "D-D-10115"),
            ("DEU", "1011"),
            ("DEU", "10115\n"),
            ("DEU", "一〇一一五"),
            ("MUS", "R51334"),
            ("MUS", "X5133"),
        ] {
            assert!(code(country, typed).contains("format for"), "{country} {typed}");
        }
    }

    /// Every country has an example, and may have others.
    fn examples() -> impl Iterator<Item = (postal_rules::Row, &'static str)> {
        let of = |row: postal_rules::Row| row.examples.split('|').map(move |code| (row, code));
        postal_rules::rows().filter(|row| !row.examples.is_empty()).flat_map(of)
    }

    #[test]
    fn r7_each_countrys_examples_are_read_with_and_without_its_prefixes() {
        assert!(examples().count() > 180);
        for (row, example) in examples() {
            let country = Country::parse(row.alpha3).unwrap();
            let kept = code(row.alpha3, example);
            assert!(postal_rules::postal_form(country).unwrap().is_match(&kept), "{kept}");
            assert_eq!(kept, example.to_uppercase(), "{country}");
            let own = postal_rules::fixed_start(country);
            let bare = example.strip_prefix(own).unwrap_or(example);
            assert_eq!(code(row.alpha3, bare), kept, "{country} without its prefix");
            for prefix in postal_rules::prefixes(country) {
                for dash in ["", " ", "-", "\u{2013}", " - "] {
                    let typed = format!("{prefix}{dash}{bare}");
                    let read = code(row.alpha3, &typed);
                    // Where the prefix may be a part of the code, it is kept as it was typed.
                    let is_kept = read.starts_with(prefix) && read.ends_with(bare);
                    assert!(read == kept || is_kept, "{country} {typed}: {read}");
                }
            }
            for zero in ['٠', '०', '０'] {
                let of_script = |c: char| match c.to_digit(10) {
                    Some(digit) => char::from_u32(u32::from(zero) + digit).unwrap(),
                    None => c,
                };
                let typed: String = example.chars().map(of_script).collect();
                assert_eq!(code(row.alpha3, &typed), kept, "{country} {typed}");
            }
        }
    }

    #[test]
    fn r7_what_is_formatted_can_be_pasted_back() {
        for (row, example) in examples() {
            for (city, street) in [("Ville", "1 Main St"), ("村", "村一")] {
                let draft = AddressDraft {
                    street_line1: street.into(),
                    city: city.into(),
                    state: city.into(),
                    postal_code: example.into(),
                    country: Some(row.alpha3.into()),
                    ..AddressDraft::default()
                };
                let address = Address::parse(&draft).unwrap();
                let full = address.full_address();
                let Some(line) = full.lines().find(|line| line.contains(&address.postal_code))
                else {
                    continue;
                };
                // The part of the line that is not the city or the state.
                let printed = line.replace(street, "").replace(city, "");
                let printed = printed.trim_matches([' ', ',', '-', '/']);
                let again = AddressDraft { postal_code: printed.into(), ..draft };
                assert_eq!(Address::parse(&again), Ok(address), "{line:?} gave {printed:?}");
            }
        }
    }

    #[test]
    fn r7_ireland_is_storable_without_a_postal_code_and_checks_a_given_one() {
        assert_eq!(full("IRL", "Cork", "", ""), "1 Main St\nCork\nIRL");
        assert_eq!(full("Ireland", "Dublin", "", "d02 af30"), "1 Main St\nDublin\nD02 AF30\nIRL");
        assert_eq!(faults(&draft("IRL", "Cork", "", "12")).len(), 1);
    }

    #[test]
    fn r7_hong_kong_is_storable_without_city_and_postal_code() {
        let address = Address::parse(&draft("Hong Kong", "", "Kowloon", "")).unwrap();
        assert_eq!((address.city(), address.postal_code()), ("", ""));
        assert_eq!(address.full_address(), "1 Main St\nKowloon\nHKG");
        assert_eq!(faults(&draft("HKG", "Mong Kok", "", "")), [AddressError::StateRequired]);
    }

    #[test]
    fn r7_the_united_arab_emirates_are_storable_and_a_given_postal_code_is_kept() {
        assert_eq!(full("UAE", "", "Dubai", ""), "1 Main St\nDubai\nARE");
        let address = Address::parse(&draft("ARE", "Deira", "Dubai", " p.o. 42 ")).unwrap();
        assert_eq!(address.postal_code(), "p.o. 42");
    }

    #[test]
    fn r7_a_control_character_is_refused_in_any_field() {
        let base = us("10001");
        for (field, draft) in [
            (
                "street_line1",
                AddressDraft { street_line1: "1 Main St\nUSA".into(), ..base.clone() },
            ),
            ("street_line2", AddressDraft { street_line2: Some("\0".into()), ..base.clone() }),
            ("city", AddressDraft { city: "New York\n".into(), ..base.clone() }),
            ("state", AddressDraft { state: "N\u{2028}Y".into(), ..base.clone() }),
            ("city", AddressDraft { city: "\u{202e}kroY weN".into(), ..base.clone() }),
        ] {
            assert_eq!(faults(&draft), [AddressError::ControlCharacter { field }]);
        }
        let uae = draft("ARE", "", "Dubai", "1\n2");
        assert_eq!(faults(&uae), [AddressError::ControlCharacter { field: "postal_code" }]);
    }

    #[test]
    fn r7_every_field_fits_its_column() {
        let fits = AddressDraft {
            street_line1: "ß".repeat(255),
            street_line2: Some("x".repeat(255)),
            city: "x".repeat(100),
            state: "x".repeat(50),
            postal_code: "x".repeat(20),
            country: Some("ARE".into()),
        };
        assert_eq!(faults(&fits), []);
        let longer = |text: &str| format!("{text}x");
        let faults = faults(&AddressDraft {
            street_line1: longer(&fits.street_line1),
            street_line2: fits.street_line2.as_deref().map(longer),
            city: longer(&fits.city),
            state: longer(&fits.state),
            postal_code: longer(&fits.postal_code),
            country: fits.country.clone(),
        });
        assert_eq!(faults.len(), 5);
        assert!(faults.iter().all(|fault| fault.code() == "address.too_long"));
        assert_eq!(faults[0].to_string(), "Street address must be at most 255 characters");
    }

    #[test]
    fn r7_text_is_trimmed_and_nfc() {
        let draft = AddressDraft {
            city: " Mu\u{308}nchen\u{3000}".into(),
            ..draft("DEU", "", "", "80331")
        };
        assert_eq!(Address::parse(&draft).unwrap().city(), "München");
    }

    proptest! {
        #[test]
        fn r7_parse_never_panics_and_is_idempotent_on_its_own_output(
            texts in proptest::array::uniform5(any::<String>()),
            postal_code in "[ 0-9A-Za-z-]{0,9}|.{0,9}",
            country in "[A-Z]{2,3}|ARE|HKG|IRL|USA|JPN|.{0,9}",
        ) {
            let [street_line1, street_line2, city, state, other] = texts;
            for postal_code in [postal_code, other] {
                let draft = AddressDraft {
                    street_line1: street_line1.clone(),
                    street_line2: Some(street_line2.clone()),
                    city: city.clone(),
                    state: state.clone(),
                    postal_code,
                    country: Some(country.clone()),
                };
                if let Ok(address) = Address::parse(&draft) {
                    prop_assert_eq!(Address::parse(&address.to_draft()), Ok(address.clone()));
                    prop_assert!(address.full_address().lines().all(|line| !line.is_empty()));
                }
            }
        }

        #[test]
        fn r7_an_accepted_address_survives_the_round_trip(
            texts in proptest::array::uniform4("\\PC{1,60}"),
            zip in "[0-9]{5}([- ][0-9]{4})?",
        ) {
            let [street_line1, street_line2, city, state] = texts;
            let draft = AddressDraft {
                street_line1, street_line2: Some(street_line2), city, state, postal_code: zip, country: None,
            };
            if let Ok(address) = Address::parse(&draft) {
                prop_assert_eq!(Address::parse(&address.to_draft()), Ok(address));
            }
        }
    }
}
