//! A large directory, and what it is asked: for the test of the plans and for the bench.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use userdom_domain::{
    AddressTest, ContactType, Country, EmailTest, PhoneTest, Specification, TextTest, TimeRange,
    UserId, UserRole, UserSpecification, UserStatus, UserTest,
};

const SEED: &str = include_str!("../support/seed_postgres.sql");

/// Fills an empty database with so many users.
pub fn seed(url: &str, users: u32) {
    let mut connection = PgConnection::establish(url).unwrap();
    connection.batch_execute(&SEED.replace("{users}", &users.to_string())).unwrap();
}

type Named = (&'static str, UserSpecification);

/// Each filter of the directory under its name, with values that most users have, that some
/// have and that few have.
pub fn filters() -> Vec<Named> {
    [of_values(), of_parts()].concat()
}

/// Who has an email that satisfies the test.
pub fn email(test: EmailTest) -> UserSpecification {
    UserTest::Email(test.into()).into()
}

/// Who has a phone that satisfies the test.
pub fn phone(test: PhoneTest) -> UserSpecification {
    UserTest::Phone(test.into()).into()
}

/// Who has an address that satisfies the test.
pub fn address(test: AddressTest) -> UserSpecification {
    UserTest::Address(test.into()).into()
}

fn of_values() -> Vec<Named> {
    let not = |test: UserTest| UserSpecification::not(test);
    let country = |code| address(AddressTest::Country(Country::parse(code).unwrap()));
    let range = |from: &str, before: &str| TimeRange {
        from: from.parse().ok(),
        before: before.parse().ok(),
    };
    let (spring, summer) = ("2021-03-01T00:00:00Z", "2021-06-01T00:00:00Z");
    let id = UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").unwrap();
    vec![
        ("everybody", UserSpecification::all([])),
        ("id", UserTest::Id(id).into()),
        ("username eq", UserTest::Username(TextTest::equals("user777")).into()),
        ("username sw, many", UserTest::Username(TextTest::starts_with("user")).into()),
        ("username sw, few", UserTest::Username(TextTest::starts_with("user77")).into()),
        ("status active", UserTest::Status(UserStatus::Active).into()),
        ("status pending", UserTest::Status(UserStatus::Pending).into()),
        ("status suspended", UserTest::Status(UserStatus::Suspended).into()),
        ("status banned", UserTest::Status(UserStatus::Banned).into()),
        ("status deleted", UserTest::Status(UserStatus::Deleted).into()),
        ("role user", UserTest::Role(UserRole::User).into()),
        ("role premium", UserTest::Role(UserRole::Premium).into()),
        ("role guest", UserTest::Role(UserRole::Guest).into()),
        ("role moderator", UserTest::Role(UserRole::Moderator).into()),
        ("role admin", UserTest::Role(UserRole::Admin).into()),
        ("email_verified", UserTest::VerifiedEmail.into()),
        ("email not verified", not(UserTest::VerifiedEmail)),
        ("phone_verified", UserTest::VerifiedPhone.into()),
        ("phone not verified", not(UserTest::VerifiedPhone)),
        ("two_factor", UserTest::TwoFactor.into()),
        ("no two_factor", not(UserTest::TwoFactor)),
        ("created between", UserTest::Created(range(spring, summer)).into()),
        ("created after", UserTest::Created(range(summer, "")).into()),
        ("updated between", UserTest::Updated(range(spring, summer)).into()),
        ("last login between", UserTest::LastLogin(range(spring, summer)).into()),
        ("last login before", UserTest::LastLogin(range("", spring)).into()),
        ("last login never", not(UserTest::LastLogin(TimeRange::default()))),
        ("first_name eq", UserTest::FirstName(TextTest::equals("frimona")).into()),
        ("first_name sw", UserTest::FirstName(TextTest::starts_with("fr")).into()),
        ("last_name eq", UserTest::LastName(TextTest::equals("golingson")).into()),
        ("last_name sw", UserTest::LastName(TextTest::starts_with("go")).into()),
        ("display_name sw", UserTest::DisplayName(TextTest::starts_with("frimo go")).into()),
        ("language common", UserTest::Language(TextTest::equals("en")).into()),
        ("language some", UserTest::Language(TextTest::equals("de")).into()),
        ("language rare", UserTest::Language(TextTest::equals("is")).into()),
        ("timezone common", UserTest::TimeZone(TextTest::equals("utc")).into()),
        ("timezone rare", UserTest::TimeZone(TextTest::equals("atlantic/reykjavik")).into()),
        ("email eq", email(EmailTest::Value(TextTest::equals("user777@gmail.com")))),
        ("email sw", email(EmailTest::Value(TextTest::starts_with("frimo")))),
        ("email_domain common", email(EmailTest::Domain(TextTest::equals("gmail.com")))),
        ("email_domain some", email(EmailTest::Domain(TextTest::equals("mail7.example")))),
        ("email_domain rare", email(EmailTest::Domain(TextTest::equals("company77.example")))),
        ("emails.type common", email(EmailTest::Type(ContactType::Work))),
        ("emails.type rare", email(EmailTest::Type(ContactType::Emergency))),
        ("emails.type none", email(EmailTest::Type(ContactType::Billing))),
        ("emails verified", email(EmailTest::Verified)),
        ("phone eq", phone(PhoneTest::Number(TextTest::equals("+12027654321")))),
        ("phone sw", phone(PhoneTest::Number(TextTest::starts_with("+1202777")))),
        ("phones.type rare", phone(PhoneTest::Type(ContactType::Emergency))),
        ("phones verified", phone(PhoneTest::Verified)),
        ("city", address(AddressTest::City(TextTest::equals("city77")))),
        ("city sw", address(AddressTest::City(TextTest::starts_with("city7")))),
        ("postal_code", address(AddressTest::PostalCode(TextTest::equals("00777")))),
        ("postal_code sw", address(AddressTest::PostalCode(TextTest::starts_with("777")))),
        ("country common", country("USA")),
        ("country some", country("FRA")),
        ("country rare", country("ISL")),
        ("addresses.type rare", address(AddressTest::Type(ContactType::Billing))),
        ("work email at one company", {
            UserTest::Email(Specification::all([
                EmailTest::Type(ContactType::Work).into(),
                EmailTest::Domain(TextTest::equals("mail8.example")).into(),
            ]))
            .into()
        }),
        ("q of one letter", UserSpecification::text("f")),
        ("q of two", UserSpecification::text("fr")),
        ("q of three", UserSpecification::text("fri")),
        ("q of a name", UserSpecification::text("frimona golingson")),
        ("q of a username", UserSpecification::text("user777")),
        ("q of nobody", UserSpecification::text("xyzzy")),
        ("q of a name in a country", {
            UserSpecification::all([country("USA"), UserSpecification::text("frimona golingson")])
        }),
    ]
}

/// Who has a part of a text, or an end of it.
fn of_parts() -> Vec<Named> {
    vec![
        ("username co, some", UserTest::Username(TextTest::contains("777")).into()),
        ("username co, few", UserTest::Username(TextTest::contains("77777")).into()),
        ("username co, nobody", UserTest::Username(TextTest::contains("zq")).into()),
        ("username ew", UserTest::Username(TextTest::ends_with("7777")).into()),
        ("first_name co", UserTest::FirstName(TextTest::contains("rimona")).into()),
        ("last_name co", UserTest::LastName(TextTest::contains("olingsona")).into()),
        ("last_name ew", UserTest::LastName(TextTest::ends_with("ingsona")).into()),
        ("display_name co", UserTest::DisplayName(TextTest::contains("mona goling")).into()),
        ("display_name ew", UserTest::DisplayName(TextTest::ends_with("a golingson")).into()),
        ("language co", UserTest::Language(TextTest::contains("s")).into()),
        ("timezone co", UserTest::TimeZone(TextTest::contains("reykj")).into()),
        ("timezone ew", UserTest::TimeZone(TextTest::ends_with("vik")).into()),
        ("email co, some", email(EmailTest::Value(TextTest::contains("777")))),
        ("email co, few", email(EmailTest::Value(TextTest::contains("777@mail7")))),
        ("email co, nobody", email(EmailTest::Value(TextTest::contains("zq")))),
        ("email ew", email(EmailTest::Value(TextTest::ends_with("company777.example")))),
        ("email_domain co", email(EmailTest::Domain(TextTest::contains("company77")))),
        ("email_domain ew", email(EmailTest::Domain(TextTest::ends_with("777.example")))),
        ("phone co, some", phone(PhoneTest::Number(TextTest::contains("777")))),
        ("phone co, few", phone(PhoneTest::Number(TextTest::contains("77777")))),
        ("phone ew", phone(PhoneTest::Number(TextTest::ends_with("7777")))),
        ("city co", address(AddressTest::City(TextTest::contains("y777")))),
        ("city ew", address(AddressTest::City(TextTest::ends_with("777")))),
        ("postal_code co", address(AddressTest::PostalCode(TextTest::contains("7777")))),
        ("postal_code ew", address(AddressTest::PostalCode(TextTest::ends_with("777")))),
        ("username or email co", {
            UserSpecification::any([
                UserTest::Username(TextTest::contains("77777")).into(),
                email(EmailTest::Value(TextTest::contains("77777"))),
            ])
        }),
    ]
}
