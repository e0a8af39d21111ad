//! The usage example of the original design: build a user with two emails, two phones and two
//! addresses, validate it, ask it a few things.
//!
//! `cargo run -p userdom-domain --example user_registration`

use std::error::Error;

use chrono::{DateTime, NaiveDate, Utc};
use userdom_domain::{
    Address, AddressDraft, AddressId, ContactType, EmailAddress, EmailId, LanguageTag,
    PasswordHash, PersonName, PhoneId, PhoneNumber, ProfileChanges, User, UserAggregate, UserId,
    UserProfile, Username,
};

fn main() -> Result<(), Box<dyn Error>> {
    // The domain has no clock and no randomness: whoever calls it brings both.
    let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;

    // 1. Create user ID
    let user_id = UserId::from_parts(now, [1; 10]);

    // 2. Create main user entity
    let mut user = User::new(
        user_id,
        Username::parse("john_doe")?,
        PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?,
        now,
    );
    user.activate(now)?;

    // 3. Create user profile
    let mut profile = UserProfile::new(PersonName::parse("John")?, PersonName::parse("Doe")?, now);
    profile.set_date_of_birth(NaiveDate::from_ymd_opt(1990, 1, 1), now)?;
    let language = ProfileChanges {
        preferred_language: Some(LanguageTag::parse("en")?),
        ..ProfileChanges::default()
    };
    profile.update(language, now)?;

    // 4. Add emails
    let email1 = EmailAddress::parse("john.doe@gmail.com")?;
    let email2 = EmailAddress::parse("john.doe@company.com")?;

    // 5. Add phones
    let phone1 = PhoneNumber::parse("+1-555-123-4567", None)?;
    let phone2 = PhoneNumber::parse("+1-555-987-6543", None)?;

    // 6. Add addresses
    let address1 = Address::parse(&AddressDraft {
        street_line1: "123 Main St".to_owned(),
        city: "New York".to_owned(),
        state: "NY".to_owned(),
        postal_code: "10001".to_owned(),
        country: Some("USA".to_owned()),
        ..AddressDraft::default()
    })?;
    let address2 = Address::parse(&AddressDraft {
        street_line1: "456 Office Blvd".to_owned(),
        street_line2: Some("Suite 100".to_owned()),
        city: "New York".to_owned(),
        state: "NY".to_owned(),
        postal_code: "10002".to_owned(),
        country: Some("USA".to_owned()),
    })?;

    // 7. Create aggregate
    let mut aggregate = UserAggregate::register(user, Some(profile), now);
    let id = |n| EmailId::from_parts(now, [n; 10]);
    aggregate.add_email(id(2), email1, ContactType::Primary, true, now)?;
    aggregate.add_email(id(3), email2, ContactType::Work, false, now)?;
    let id = |n| PhoneId::from_parts(now, [n; 10]);
    aggregate.add_phone(id(4), phone1, ContactType::Mobile, true, now)?;
    aggregate.add_phone(id(5), phone2, ContactType::Work, false, now)?;
    let id = |n| AddressId::from_parts(now, [n; 10]);
    aggregate.add_address(id(6), address1, ContactType::Home, true, now)?;
    aggregate.add_address(id(7), address2, ContactType::Work, false, now)?;

    // 8. Validate aggregate
    let errors = aggregate.validate();
    if errors.is_empty() {
        println!("User aggregate is valid");
    } else {
        println!("Validation errors: {errors:?}");
    }

    // 9. Business operations
    if let Some(default) = aggregate.default_email() {
        println!("Default email: {}", default.email());
    }
    println!("Active: {}", aggregate.is_active(now));
    println!(
        "Has work address: {}",
        aggregate.addresses_by_type(ContactType::Work).next().is_some()
    );
    Ok(())
}
