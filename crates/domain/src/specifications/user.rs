use chrono::{DateTime, Utc};

use super::{AddressTest, EmailTest, PhoneTest, Specification, TextTest, folded, plain};
use crate::{UserAggregate, UserId, UserProfile, UserRole, UserStatus};

/// A question that a user answers with yes or no (R28).
///
/// ```
/// use chrono::{DateTime, Utc};
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// use userdom_domain::{EmailTest, TextTest, UserRole, UserSpecification, UserTest};
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
/// let at_gmail = EmailTest::Domain(TextTest::equals("gmail.com"));
/// let plain_gmail_user = UserSpecification::all([
///     UserTest::Email(at_gmail.into()).into(),
///     UserSpecification::not(UserTest::Role(UserRole::Admin)),
/// ]);
/// assert!(plain_gmail_user.is_satisfied_by(&example::john(), now));
/// ```
pub type UserSpecification = Specification<UserTest>;

/// One test of a user (R28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserTest {
    /// May sign in: active, verified, not locked (R16).
    Active,
    /// Has this identity.
    Id(UserId),
    /// The username.
    Username(TextTest),
    /// Has this status now: a suspension or ban that has ended is none (R14).
    Status(UserStatus),
    /// Has the role.
    Role(UserRole),
    /// The default email is verified.
    VerifiedEmail,
    /// Any phone is verified.
    VerifiedPhone,
    /// Signing in asks for a second factor.
    TwoFactor,
    /// Registered within the range.
    Created(TimeRange),
    /// Changed last within the range.
    Updated(TimeRange),
    /// Signed in last within the range; a user that never did is in no range.
    LastLogin(TimeRange),
    /// The first name; a user without a profile has none.
    FirstName(TextTest),
    /// The last name; a user without a profile has none.
    LastName(TextTest),
    /// The name that others see; a user without a profile has none.
    DisplayName(TextTest),
    /// The BCP 47 tag; a user without a profile has none.
    Language(TextTest),
    /// The IANA name; a user without a profile has none.
    TimeZone(TextTest),
    /// Has an email that satisfies all of this.
    Email(Specification<EmailTest>),
    /// Has a phone that satisfies all of this.
    Phone(Specification<PhoneTest>),
    /// Has an address that satisfies all of this.
    Address(Specification<AddressTest>),
}

/// From `from` on, and before `before`; an end that is `None` is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment inside.
    pub from: Option<DateTime<Utc>>,
    /// The first moment after.
    pub before: Option<DateTime<Utc>>,
}

impl TimeRange {
    /// Whether the moment lies inside.
    pub fn contains(&self, moment: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= moment)
            && self.before.is_none_or(|before| moment < before)
    }
}

/// A first name of more words is not looked for in a full name.
const MOST_WORDS: usize = 6;

impl UserSpecification {
    /// The username, a name, the full name or an email starts with this text, without regard to
    /// case and accents.
    ///
    /// ```
    /// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
    /// use userdom_domain::UserSpecification;
    ///
    /// let now = "2026-01-01T12:00:00Z".parse().unwrap();
    /// assert!(UserSpecification::text("jöhn d").is_satisfied_by(&example::john(), now));
    /// ```
    pub fn text(start: &str) -> Self {
        let text = folded(start);
        let text = text.trim_start();
        let start = TextTest::starts_with(text);
        let by_one_text = [
            UserTest::Username(start.clone()).into(),
            UserTest::FirstName(start.clone()).into(),
            UserTest::LastName(start.clone()).into(),
            UserTest::DisplayName(start.clone()).into(),
            UserTest::Email(EmailTest::Value(start).into()).into(),
        ];
        Self::any(by_one_text.into_iter().chain(Self::full_name_starts_with(text)))
    }

    /// "First Last" starts with a text that has a space in it: a first name ends at one of its
    /// spaces, and the last name goes on there.
    fn full_name_starts_with(text: &str) -> impl Iterator<Item = Self> {
        let spaces = text.match_indices(' ').take(MOST_WORDS);
        spaces.filter_map(|(at, _)| {
            let (first, last) = (text.get(..at)?, text.get(at + 1..)?);
            Some(Self::all([
                UserTest::FirstName(TextTest::equals(first)).into(),
                UserTest::LastName(TextTest::starts_with(last)).into(),
            ]))
        })
    }

    /// The answer of one user at the time `now`.
    pub fn is_satisfied_by(&self, user: &UserAggregate, now: DateTime<Utc>) -> bool {
        self.holds(&|test| test.is_satisfied_by(user, now))
    }
}

impl UserTest {
    fn is_satisfied_by(&self, user: &UserAggregate, now: DateTime<Utc>) -> bool {
        let account = user.user();
        let in_profile = |test: &TextTest, key, text: fn(&UserProfile) -> String| {
            user.profile().is_some_and(|profile| test.holds_for(&text(profile), key))
        };
        match self {
            Self::Active => account.is_active(now),
            Self::Id(id) => user.id() == *id,
            Self::Username(test) => test.holds_for(account.username().as_str(), plain),
            Self::Status(status) => account.known_status_at(now) == Some(*status),
            Self::Role(role) => account.has_role(*role),
            Self::VerifiedEmail => account.email_verified(),
            Self::VerifiedPhone => account.phone_verified(),
            Self::TwoFactor => account.two_factor_enabled(),
            Self::Created(range) => range.contains(account.created_at()),
            Self::Updated(range) => range.contains(account.updated_at()),
            Self::LastLogin(range) => {
                account.last_login_at().is_some_and(|moment| range.contains(moment))
            }
            Self::FirstName(test) => in_profile(test, folded, |it| it.first_name().to_string()),
            Self::LastName(test) => in_profile(test, folded, |it| it.last_name().to_string()),
            Self::DisplayName(test) => in_profile(test, folded, UserProfile::display_name),
            Self::Language(test) => {
                in_profile(test, plain, |it| it.preferred_language().to_string())
            }
            Self::TimeZone(test) => in_profile(test, plain, |it| it.timezone().to_string()),
            Self::Email(one) => user.emails().iter().any(|email| one.is_satisfied_by(email)),
            Self::Phone(one) => user.phones().iter().any(|phone| one.is_satisfied_by(phone)),
            Self::Address(one) => user.addresses().iter().any(|entry| one.is_satisfied_by(entry)),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{ContactType, Country, StatusNote, example};

    fn now() -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn r28_each_test_reads_what_its_name_says() {
        let mut john = example::john();
        john.verify_email(john.emails()[0].id(), now()).unwrap();
        let from_now = TimeRange { from: Some(now()), before: None };
        let new_york = Specification::all([
            AddressTest::City(TextTest::equals("new york")).into(),
            AddressTest::PostalCode(TextTest::starts_with("100")).into(),
            AddressTest::Country(Country::default()).into(),
            AddressTest::Default.into(),
        ]);
        let work_phone = Specification::all([
            PhoneTest::Number(TextTest::equals("+15559876543")).into(),
            PhoneTest::Type(ContactType::Work).into(),
        ]);
        let yes = [
            UserTest::Active,
            UserTest::Id(john.id()),
            UserTest::Username(TextTest::contains("N_D")),
            UserTest::Role(UserRole::User),
            UserTest::Status(UserStatus::Active),
            UserTest::VerifiedEmail,
            UserTest::Created(from_now),
            UserTest::Updated(from_now),
            UserTest::FirstName(TextTest::equals("JOHN")),
            UserTest::LastName(TextTest::starts_with("dö")),
            UserTest::DisplayName(TextTest::ends_with("n doe")),
            UserTest::Language(TextTest::equals("EN")),
            UserTest::TimeZone(TextTest::equals("utc")),
            UserTest::Email(EmailTest::Domain(TextTest::equals("company.com")).into()),
            UserTest::Email(EmailTest::Verified.into()),
            UserTest::Phone(work_phone),
            UserTest::Address(new_york),
        ];
        for test in yes {
            assert!(test.is_satisfied_by(&john, now()), "{test:?}");
        }
        let no = [
            UserTest::Id(UserId::from_parts(now(), [9; 10])),
            UserTest::Username(TextTest::equals("john")),
            UserTest::Role(UserRole::Admin),
            UserTest::Status(UserStatus::Banned),
            UserTest::VerifiedPhone,
            UserTest::TwoFactor,
            UserTest::Created(TimeRange { from: None, before: Some(now()) }),
            UserTest::LastLogin(TimeRange::default()),
            UserTest::Email(EmailTest::Domain(TextTest::equals("mail.com")).into()),
            UserTest::Phone(PhoneTest::Verified.into()),
            UserTest::Address(AddressTest::Type(ContactType::Billing).into()),
        ];
        for test in no {
            assert!(!test.is_satisfied_by(&john, now()), "{test:?}");
        }
    }

    #[test]
    fn r28_a_text_is_the_start_of_a_name_or_an_email() {
        let john = example::john();
        let is_meant = |text| UserSpecification::text(text).is_satisfied_by(&john, now());
        for text in ["", "JOHN_", "John D", "dó", "john.doe@c", "john.doe@G"] {
            assert!(is_meant(text), "{text}");
        }
        for text in ["ohn", "doe j", "company", "john%", "john_doe_"] {
            assert!(!is_meant(text), "{text}");
        }
    }

    #[test]
    fn r10_the_full_name_is_searched_beside_the_display_name() {
        let mut john = example::john();
        let name = |text| crate::PersonName::parse(text).unwrap();
        let changes = crate::ProfileChanges {
            first_name: Some(name("Anna Maria")),
            last_name: Some(name("de la Cruz")),
            display_name: crate::Patch::Set(crate::DisplayName::parse("Mimi").unwrap()),
            ..crate::ProfileChanges::default()
        };
        john.update_profile(changes, now()).unwrap();
        let is_meant = |text| UserSpecification::text(text).is_satisfied_by(&john, now());
        for text in [
            "anna",
            "ANNA maria",
            "anna maria ",
            "Ánna Maria de",
            "anna maria de la cruz",
            "mimi",
            " anna",
        ] {
            assert!(is_meant(text), "{text}");
        }
        for text in ["maria", "anna de", "anna maria  de", "anna maria cruz", "mimi de", "la cruz"]
        {
            assert!(!is_meant(text), "{text}");
        }
    }

    #[test]
    fn r28_one_contact_must_satisfy_all_that_is_asked_of_it() {
        let john = example::john();
        let work_at_gmail = Specification::all([
            EmailTest::Type(ContactType::Work).into(),
            EmailTest::Domain(TextTest::equals("gmail.com")).into(),
        ]);
        assert!(!UserTest::Email(work_at_gmail).is_satisfied_by(&john, now()));
    }

    #[test]
    fn r14_a_suspension_that_has_ended_is_none() {
        let mut john = example::john();
        let note = StatusNote::new("spam", john.id(), Some(now() + TimeDelta::hours(1))).unwrap();
        john.suspend(note, now()).unwrap();
        let later = now() + TimeDelta::hours(1);
        let has = |status, at| UserTest::Status(status).is_satisfied_by(&john, at);
        assert!(has(UserStatus::Suspended, now()) && !has(UserStatus::Active, now()));
        assert!(has(UserStatus::Active, later) && !has(UserStatus::Suspended, later));
    }
}
