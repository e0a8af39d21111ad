// John Doe of the original design, for documentation and tests. Included, so no inner comment.

use chrono::{DateTime, NaiveDate, Utc};

use userdom_domain::{
    Address, AddressDraft, AddressId, ContactType, EmailAddress, EmailId, PasswordHash, PersonName,
    PhoneId, PhoneNumber, User, UserAggregate, UserId, UserProfile, Username,
};

/// John at noon of 1 January 2026: two emails, two phones and two addresses, active, nothing
/// verified.
///
/// # Panics
/// Never: the example is constant, and tested.
#[allow(unreachable_pub, clippy::expect_used, reason = "several tests include this constant")]
pub fn john() -> UserAggregate {
    try_john().expect("John is a sound user")
}

fn try_john() -> Result<UserAggregate, Box<dyn std::error::Error>> {
    let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
    let account = User::new(
        UserId::from_parts(now, [1; 10]),
        Username::parse("john_doe")?,
        PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?,
        now,
    );
    let mut profile = UserProfile::new(PersonName::parse("John")?, PersonName::parse("Doe")?, now);
    profile.set_date_of_birth(NaiveDate::from_ymd_opt(1990, 1, 1), now)?;

    let mut john = UserAggregate::register(account, Some(profile), now);
    john.activate(now)?;
    for (n, email, kind) in [
        (2, "john.doe@gmail.com", ContactType::Primary),
        (3, "john.doe@company.com", ContactType::Work),
    ] {
        john.add_email(
            EmailId::from_parts(now, [n; 10]),
            EmailAddress::parse(email)?,
            kind,
            false,
            now,
        )?;
    }
    for (n, phone, kind) in
        [(4, "+1-555-123-4567", ContactType::Mobile), (5, "+1-555-987-6543", ContactType::Work)]
    {
        let number = PhoneNumber::parse(phone, None)?;
        john.add_phone(PhoneId::from_parts(now, [n; 10]), number, kind, n == 4, now)?;
    }
    for (n, street, suite, postal_code, kind) in [
        (6, "123 Main St", None, "10001", ContactType::Home),
        (7, "456 Office Blvd", Some("Suite 100"), "10002", ContactType::Work),
    ] {
        let address = Address::parse(&AddressDraft {
            street_line1: street.to_owned(),
            street_line2: suite.map(str::to_owned),
            city: "New York".to_owned(),
            state: "NY".to_owned(),
            postal_code: postal_code.to_owned(),
            country: Some("USA".to_owned()),
        })?;
        john.add_address(AddressId::from_parts(now, [n; 10]), address, kind, n == 6, now)?;
    }
    Ok(john)
}
