use super::*;
use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn phone_in(region: &str, text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, Some(Region::parse(region).unwrap()))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn code(text: &str) -> &'static str {
    PhoneNumber::parse(text, None).expect_err(text).code()
}

#[test]
fn r6_all_forms_of_a_number_are_kept() {
    let us = phone(" +1 (555) 123-4567 ");
    assert_eq!(us.as_str(), "+1 (555) 123-4567");
    assert_eq!(us.e164(), Some("+15551234567"));
    assert_eq!((us.calling_code(), us.national(), us.extension()), ("+1", "(555) 123-4567", None));
    let uk = phone("+44 20 7946 0018");
    assert_eq!((uk.calling_code(), uk.national()), ("+44", "020 7946 0018"));
}

#[test]
fn r6_fewer_than_10_digits_are_refused() {
    let error = PhoneNumber::parse("555-1234", None).unwrap_err();
    assert_eq!(error.to_string(), "Phone number must have at least 10 digits");
    for text in ["", "+", "00", "123456789", "555-1234 ext. 123"] {
        assert_eq!(code(text), "phone.too_few_digits", "{text}");
    }
    let german = Region::parse("DE").unwrap();
    assert_eq!(PhoneNumber::parse("030 12345", Some(german)), Err(PhoneNumberError::TooFewDigits));
}

#[test]
fn r6_a_short_number_is_accepted_when_international_and_valid() {
    assert_eq!(phone("+298 201234").e164(), Some("+298201234"));
    assert_eq!(phone("00298 201234").e164(), Some("+298201234"));
    assert_eq!(code("+298 000000"), "phone.too_few_digits");
    assert_eq!(code("298 201234"), "phone.too_few_digits");
}

#[test]
fn r6_eleven_digits_that_start_with_1_are_plus_1() {
    assert_eq!(phone("1 555 123 4567").e164(), Some("+15551234567"));
    assert_eq!(phone_in("GB", "15551234567").e164(), Some("+15551234567"));
}

#[test]
fn r6_digits_that_start_with_44_or_61_need_to_be_valid() {
    assert_eq!(phone("442079460018").e164(), Some("+442079460018"));
    assert_eq!(phone("61 2 9374 4000").e164(), Some("+61293744000"));
    let ohio = phone("614-555-0100");
    assert_eq!((ohio.calling_code(), ohio.e164(), ohio.national()), ("+??", None, "6145550100"));
    assert_eq!(phone("4412345678").calling_code(), "+??");
    assert_eq!(phone_in("US", "614-555-0100").e164(), Some("+16145550100"));
    let australia = Region::parse("AU").unwrap();
    assert_eq!(
        PhoneNumber::parse("614-555-0100", Some(australia)),
        Err(PhoneNumberError::NotPossible)
    );
}

#[test]
fn r6_a_leading_00_is_a_plus() {
    assert_eq!(phone("0044 20 7946 0018").key(), phone("+44 20 7946 0018").key());
}

#[test]
fn r6_the_default_region_reads_national_numbers() {
    assert_eq!(phone_in("US", "(555) 123-4567").e164(), Some("+15551234567"));
    assert_eq!(phone_in("GB", "020 7946 0018").e164(), Some("+442079460018"));
    assert_eq!(phone_in("IT", "06 1234 5678").e164(), Some("+390612345678"));
    assert_eq!(phone_in("US", "+44 20 7946 0018").calling_code(), "+44");
    let us = Region::parse("US").unwrap();
    assert_eq!(
        PhoneNumber::parse("0171 123 4567 89", Some(us)),
        Err(PhoneNumberError::NotPossible)
    );
}

#[test]
fn r6_without_a_region_the_calling_code_is_unknown() {
    let number = phone("(030) 1234-5678");
    assert_eq!((number.calling_code(), number.national()), ("+??", "03012345678"));
    assert_eq!((number.e164(), number.key()), (None, "03012345678"));
}

#[test]
fn r6_more_than_15_digits_are_refused() {
    assert_eq!(code("1234567890123456"), "phone.too_many_digits");
    assert_eq!(code("+1234567890123456"), "phone.too_many_digits");
    assert_eq!(phone("123456789012345").calling_code(), "+??");
    let germany = Region::parse("DE").unwrap();
    let long = PhoneNumber::parse("30123456789012", Some(germany));
    assert_eq!(long, Err(PhoneNumberError::TooManyDigits));
}

#[test]
fn r6_an_unassigned_calling_code_is_refused() {
    for text in ["+999 123 456 7890", "00999 1234567890", "+0 123 456 7890", "+210 1234567"] {
        assert_eq!(code(text), "phone.unknown_calling_code", "{text}");
    }
}

#[test]
fn r6_a_length_that_no_number_of_the_country_has_is_refused() {
    for text in ["+1 555 123 45678", "+1 000 000 0000", "+298 12345678"] {
        assert_eq!(code(text), "phone.not_possible", "{text}");
    }
}

#[test]
fn r6_letters_and_stray_signs_are_refused() {
    for text in [
        "1-800-FLOWERS",
        "call +1 555 123 4567",
        "+1 555 123 4567 abc",
        "++1 555 123 4567",
        "1+5551234567",
        "555\n1234567",
        "5551234567\0",
        "tel:+15551234567",
        "555*123*4567",
        "+1 555 123 4567 x",
        "①⑤⑤⑤①②③④⑤⑥⑦",
    ] {
        assert_eq!(code(text), "phone.invalid_character", "{text:?}");
    }
}

#[test]
fn r6_possible_is_enough_where_a_plus_is_given() {
    assert_eq!(phone("+1-555-123-4567").e164(), Some("+15551234567"));
}

#[test]
fn r6_numbers_of_every_country_are_accepted_and_survive_their_row() {
    for known in PHONE_NUMBER_UTIL.get_supported_regions() {
        let region = Region::parse(&known.to_string()).ok();
        for kind in [PhoneNumberType::FixedLine, PhoneNumberType::Mobile] {
            let found = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(known, kind);
            let Ok(example) = found else { continue };
            let number = phone(&e164(&example));
            assert_eq!(number.e164(), Some(e164(&example).as_str()), "{known} {kind:?}");
            check(&example.format_as(PhoneNumberFormat::National), region).unwrap();
            check(&example.format_as(PhoneNumberFormat::International), region).unwrap();
        }
    }
}

#[test]
fn r6_extensions_are_kept() {
    for text in [
        "+1 555 123 4567 ext. 12",
        "+1 555 123 4567 x12",
        "+1 555 123 4567x12",
        "+1 555 123 4567 #12",
        "+1 555 123 4567, Extension: 12",
        "+1 555 123 4567;ext=12",
    ] {
        let number = phone(text);
        assert_eq!(number.extension(), Some("12"), "{text}");
        assert_eq!(number.key(), "+15551234567;ext=12");
        assert_eq!(number.national(), "(555) 123-4567 ext. 12");
        assert_eq!(number.e164(), Some("+15551234567"));
    }
    assert_ne!(phone("+15551234567 x12").key(), phone("+15551234567 x13").key());
    assert_eq!(phone("(030) 1234-5678 x9").key(), "03012345678;ext=9");
}

#[test]
fn r6_digits_and_separators_of_other_scripts_are_read() {
    assert_eq!(phone("＋１ ５５５ １２３ ４５６７").e164(), Some("+15551234567"));
    assert_eq!(phone("+١٥٥٥١٢٣٤٥٦٧").e164(), Some("+15551234567"));
    assert_eq!(phone("+1\u{a0}555\u{2011}123\u{2013}4567").e164(), Some("+15551234567"));
}

#[test]
fn r6_the_input_has_at_most_50_characters() {
    assert_eq!(phone(&format!("+1{}5551234567", " ".repeat(38))).as_str().len(), 50);
    assert_eq!(code(&format!("+1{}5551234567", " ".repeat(39))), "phone.too_long");
}

#[test]
fn r6_a_number_dialled_from_abroad_is_kept_in_international_form() {
    let number = phone_in("US", "011 44 20 7946 0018");
    assert_eq!(number.as_str(), "+44 20 7946 0018");
    assert_eq!(PhoneNumber::restore(number.as_str(), Some("+44")), Ok(number));
}

#[test]
fn r6_a_stored_number_comes_back_as_it_was() {
    for number in [
        phone("614-555-0100"),
        phone_in("US", "614-555-0100"),
        phone_in("CA", "614-555-0100"),
        phone_in("JE", "01534 123456"),
        phone_in("IT", "06 1234 5678 x7"),
    ] {
        assert_eq!(PhoneNumber::restore(number.as_str(), Some(number.calling_code())), Ok(number));
    }
}

#[test]
fn r6_a_stored_calling_code_that_does_not_fit_is_not_believed() {
    for guess in [Some("+61"), Some("+800"), Some("+0"), Some("nonsense"), Some(""), None] {
        assert_eq!(
            PhoneNumber::restore("614-555-0100", guess),
            Ok(phone("614-555-0100")),
            "{guess:?}"
        );
    }
    assert_eq!(PhoneNumber::restore("+15551234567", Some("+??")), Ok(phone("+15551234567")));
}

fn check(text: &str, region: Option<Region>) -> Result<(), TestCaseError> {
    if let Ok(number) = PhoneNumber::parse(text, region) {
        prop_assert_eq!(PhoneNumber::parse(number.as_str(), region), Ok(number.clone()));
        prop_assert_eq!(
            PhoneNumber::restore(number.as_str(), Some(number.calling_code())),
            Ok(number.clone())
        );
        prop_assert!(number.calling_code().len() <= 5, "{:?}", number);
        for text in [number.as_str(), number.national(), number.key()] {
            prop_assert!(text.chars().count() <= 50, "{:?}", number);
        }
        if let Some(e164) = number.e164() {
            let again = phone(e164);
            prop_assert_eq!(again.e164(), Some(e164));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn r6_any_text_is_read_or_refused(text in any::<String>(), code in any::<String>()) {
        check(&text, None)?;
        let _ = PhoneNumber::restore(&text, Some(&code));
        let _ = Region::parse(&code);
    }

    #[test]
    fn r6_a_number_survives_its_row(start in r"(|\+|00|0|1|011|010|0011|810|44|61|119|8)", rest in "[0-9]{5,13}", end in "(| x[0-9]{1,11})", region in "[A-Z]{2}") {
        check(&format!("{start}{rest}{end}"), Region::parse(&region).ok())?;
    }
}
