use proptest::prelude::*;

use super::*;

pub(super) fn draft(country: &str, city: &str, state: &str, postal_code: &str) -> AddressDraft {
    AddressDraft {
        street_line1: "1 Main St".into(),
        street_line2: None,
        city: city.into(),
        state: state.into(),
        postal_code: postal_code.into(),
        country: Some(country.into()),
    }
}

pub(super) fn us(postal_code: &str) -> AddressDraft {
    draft("USA", "New York", "NY", postal_code)
}

pub(super) fn faults(draft: &AddressDraft) -> Vec<AddressError> {
    Address::parse(draft).map_or_else(|errors| errors.faults().to_vec(), |_| Vec::new())
}

fn full(country: &str, city: &str, state: &str, postal_code: &str) -> String {
    Address::parse(&draft(country, city, state, postal_code)).unwrap().full_address()
}

#[test]
fn r7_street_city_and_postal_code_are_required_and_all_faults_are_named_at_once() {
    let blank =
        AddressDraft { street_line1: " ".into(), city: "\u{a0}".into(), ..AddressDraft::default() };
    assert_eq!(
        Address::parse(&blank).unwrap_err().to_string(),
        "Street address is required; City is required; State is required; Postal code is required"
    );
    let fields: Vec<_> = faults(&blank).iter().map(AddressError::field).collect();
    assert_eq!(fields, ["street_line1", "city", "state", "postal_code"]);
}

#[test]
fn r7_the_country_is_the_usa_unless_another_is_named() {
    for country in [None, Some(""), Some("  "), Some("usa"), Some("us"), Some("United States")] {
        let address =
            Address::parse(&AddressDraft { country: country.map(Into::into), ..us("10001") })
                .unwrap();
        assert_eq!(address.country().as_str(), "USA", "{country:?}");
    }
}

#[test]
fn r7_what_a_copied_text_brings_along_is_dropped() {
    for city in ["\u{2068}Berlin\u{2069} ", " \u{2068} Berlin\u{2069}\u{a0}\u{200b}"] {
        let address = Address::parse(&draft("\u{2068}DEU\u{2069} ", city, "", "10115")).unwrap();
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
        ("street_line1", AddressDraft { street_line1: "1 Main St\nUSA".into(), ..base.clone() }),
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
    let draft =
        AddressDraft { city: " Mu\u{308}nchen\u{3000}".into(), ..draft("DEU", "", "", "80331") };
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
