//! Which users are meant: questions as data.

use chrono::{DateTime, Utc};

use crate::{Country, UserAggregate, UserProfile, UserRole, UserStatus};

/// A question that a user answers with yes or no (R28).
///
/// The tree is data: [`UserSpecification::is_satisfied_by`] reads it in memory, and
/// a store can read the same tree as SQL.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use userdom_domain::{UserRole, UserSpecification, example};
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
/// let plain_gmail_user = UserSpecification::all([
///     UserSpecification::EmailDomain("gmail.com".to_owned()),
///     UserSpecification::not(UserSpecification::Role(UserRole::Admin)),
/// ]);
/// assert!(plain_gmail_user.is_satisfied_by(&example::john(), now));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserSpecification {
    /// May sign in: active, verified, not locked (R16).
    Active,
    /// The default email is verified.
    VerifiedEmail,
    /// Has the role.
    Role(UserRole),
    /// Has the status, as it was set.
    Status(UserStatus),
    /// Registered within the range.
    Created(TimeRange),
    /// Signed in last within the range; who never did is in no range.
    LastLogin(TimeRange),
    /// Has any email of this domain, in canonical form.
    EmailDomain(String),
    /// Has any address in this country.
    Country(Country),
    /// The username, a name or an email starts with this text, without regard to case.
    Text(String),
    /// All of these; of none of them, everybody.
    All(Vec<Self>),
    /// Any of these; of none of them, nobody.
    Any(Vec<Self>),
    /// Who does not satisfy it.
    Not(Box<Self>),
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

impl UserSpecification {
    /// Who satisfies all of them.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::All(parts.into_iter().collect())
    }

    /// Who satisfies at least one of them.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(parts.into_iter().collect())
    }

    /// Who does not satisfy it.
    #[expect(clippy::should_implement_trait, reason = "the seed's and the rule's own word")]
    pub fn not(part: Self) -> Self {
        Self::Not(Box::new(part))
    }

    /// The answer of one user at the time `now`.
    pub fn is_satisfied_by(&self, user: &UserAggregate, now: DateTime<Utc>) -> bool {
        match self {
            Self::Active => user.user().is_active(now),
            Self::VerifiedEmail => user.user().email_verified(),
            Self::Role(role) => user.user().has_role(*role),
            Self::Status(status) => user.user().status() == *status,
            Self::Created(range) => range.contains(user.user().created_at()),
            Self::LastLogin(range) => {
                user.user().last_login_at().is_some_and(|moment| range.contains(moment))
            }
            Self::EmailDomain(domain) => {
                user.emails().iter().any(|email| email.email().domain() == domain)
            }
            Self::Country(country) => {
                user.addresses().iter().any(|entry| entry.address().country() == *country)
            }
            Self::Text(text) => starts_with(user, &text.to_lowercase()),
            Self::All(parts) => parts.iter().all(|part| part.is_satisfied_by(user, now)),
            Self::Any(parts) => parts.iter().any(|part| part.is_satisfied_by(user, now)),
            Self::Not(part) => !part.is_satisfied_by(user, now),
        }
    }
}

fn starts_with(user: &UserAggregate, text: &str) -> bool {
    let names = user.profile().map(|profile: &UserProfile| {
        [profile.first_name().to_string(), profile.last_name().to_string(), profile.display_name()]
    });
    user.user().username().as_str().to_lowercase().starts_with(text)
        || user.emails().iter().any(|email| email.email().as_str().starts_with(text))
        || names.into_iter().flatten().any(|name| name.to_lowercase().starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    fn now() -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn r28_each_leaf_reads_what_its_name_says() {
        let john = example::john();
        let yes = [
            UserSpecification::Active,
            UserSpecification::Role(UserRole::User),
            UserSpecification::Status(UserStatus::Active),
            UserSpecification::Created(TimeRange { from: Some(now()), before: None }),
            UserSpecification::EmailDomain("company.com".to_owned()),
            UserSpecification::Country(Country::default()),
            UserSpecification::Text("JOHN".to_owned()),
            UserSpecification::VerifiedEmail,
        ];
        let mut john_verified = john.clone();
        john_verified.verify_email(john.emails()[0].id(), now()).unwrap();
        for leaf in yes {
            assert!(leaf.is_satisfied_by(&john_verified, now()), "{leaf:?}");
        }
        let no = [
            UserSpecification::Active,
            UserSpecification::VerifiedEmail,
            UserSpecification::Role(UserRole::Admin),
            UserSpecification::Status(UserStatus::Banned),
            UserSpecification::Created(TimeRange { from: None, before: Some(now()) }),
            UserSpecification::LastLogin(TimeRange::default()),
            UserSpecification::EmailDomain("mail.com".to_owned()),
            UserSpecification::Country(Country::parse("DEU").unwrap()),
            UserSpecification::Text("ohn".to_owned()),
        ];
        for leaf in no {
            assert!(!leaf.is_satisfied_by(&john, now()), "{leaf:?}");
        }
    }

    #[test]
    fn r28_all_any_and_not_combine_as_in_logic() {
        let (yes, no) = (UserSpecification::all([]), UserSpecification::any([]));
        let john = example::john();
        let holds = |tree: UserSpecification| tree.is_satisfied_by(&john, now());
        assert!(holds(yes.clone()));
        assert!(!holds(no.clone()));
        assert!(!holds(UserSpecification::all([yes.clone(), no.clone()])));
        assert!(holds(UserSpecification::any([yes, no.clone()])));
        assert!(holds(UserSpecification::not(no)));
    }
}
