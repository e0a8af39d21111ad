//! Any text for every value object: none panics, and what is accepted is accepted again as it
//! shows itself, and is then the same.

#![no_main]

use std::fmt::Display;

use libfuzzer_sys::fuzz_target;
use userdom_domain::{
    Address, AddressDraft, AvatarUrl, Bio, ContactType, Country, DisplayName, EmailAddress, Gender,
    LanguageTag, Password, PasswordHash, PersonName, PhoneNumber, Preferences, Region,
    TimeZoneName, UserId, Username,
};

fn stays<T: PartialEq + Display, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) {
    if let Ok(value) = parse(text) {
        let again = parse(&value.to_string()).unwrap_or_else(|_| panic!("{value} is refused"));
        assert!(again == value, "{value} becomes {again}");
    }
}

fuzz_target!(|text: &str| {
    stays(text, UserId::parse);
    stays(text, EmailAddress::parse);
    stays(text, ContactType::parse);
    stays(text, Country::parse);
    stays(text, Username::parse);
    stays(text, PersonName::parse);
    stays(text, DisplayName::parse);
    stays(text, Bio::parse);
    stays(text, Gender::parse);
    stays(text, LanguageTag::parse);
    stays(text, TimeZoneName::parse);
    stays(text, AvatarUrl::parse);
    let _ = Password::parse(text, 8);
    let _ = Password::guess(text);
    let _ = PasswordHash::parse(text);
    for region in [None, Region::parse("US").ok(), Region::parse("DE").ok()] {
        let _ = PhoneNumber::parse(text, region);
    }
    let mut parts = text.splitn(6, '\n').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let draft = AddressDraft {
        country: Some(part()),
        postal_code: part(),
        state: part(),
        city: part(),
        street_line1: part(),
        street_line2: Some(part()),
    };
    if let Ok(address) = Address::parse(&draft) {
        let _ = address.full_address();
    }
    let (key, value) = text.split_once('=').unwrap_or((text, text));
    let _ = Preferences::from_entries([(key.to_owned(), value.to_owned())]);
});
