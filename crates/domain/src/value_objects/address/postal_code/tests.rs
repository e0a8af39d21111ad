use super::*;
use crate::{
    AddressDraft,
    value_objects::address::tests::{draft, faults, us},
};

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
            let Some(line) = full.lines().find(|line| line.contains(&address.postal_code)) else {
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
