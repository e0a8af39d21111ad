//! What a specification asks for, in the terms of users.

use userdom_domain::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, UserSpecification,
    UserStatus, UserTest,
};

use super::{
    terms::{END, LETTERS, START, flag, quoted, value},
    text::{Kept, sought},
};

/// What the terms tell of a specification: nobody satisfies it without matching the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The text of a `tsquery`.
    pub(super) query: String,
    /// Everybody who matches satisfies the specification.
    pub(super) exactly: bool,
    /// What it takes to collect all who match.
    pub(super) effort: Effort,
}

/// From the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effort {
    /// At most a handful match.
    Little,
    /// One list of users is read for each term.
    Usual,
    /// Many terms begin with the few letters that are asked for.
    Much,
    /// Who is found by lacking a term is looked for everywhere.
    All,
}

impl Told {
    fn by(query: String) -> Self {
        Self { query, exactly: true, effort: Effort::Usual }
    }

    fn by_flag(name: &str, is_set: bool) -> Self {
        Self::by(quoted(&flag(name, is_set)))
    }

    fn roughly(self) -> Self {
        Self { exactly: false, ..self }
    }
}

/// `None` when the terms tell nothing.
pub(super) fn told(tree: &UserSpecification) -> Option<Told> {
    match tree {
        // The order by username has an index, whose statistics the planner knows.
        Specification::Test(UserTest::Username(test))
            if test.operator == TextOperator::StartsWith =>
        {
            None
        }
        Specification::Test(test) => told_of_user(test),
        Specification::All(parts) => all(parts.iter().map(told).collect()),
        Specification::Any(parts) => told_of_start(parts).or_else(|| {
            any(parts.iter().map(|part| match part {
                Specification::Test(test) => told_of_user(test),
                part => told(part),
            }))
        }),
        Specification::Not(part) => match &**part {
            Specification::Test(UserTest::VerifiedEmail) => Some(Told::by_flag("email", false)),
            Specification::Test(UserTest::VerifiedPhone) => Some(Told::by_flag("phone", false)),
            Specification::Test(UserTest::TwoFactor) => Some(Told::by_flag("2fa", false)),
            part => told(part).filter(|told| told.exactly).map(|told| Told {
                query: format!("!({})", told.query),
                effort: Effort::All,
                ..told
            }),
        },
    }
}

fn all(parts: Vec<Option<Told>>) -> Option<Told> {
    let exactly = parts.iter().all(|part| part.as_ref().is_some_and(|told| told.exactly));
    let parts: Vec<Told> = parts.into_iter().flatten().collect();
    let efforts = || parts.iter().map(|told| told.effort);
    let effort = match efforts().min()? {
        Effort::Little => Effort::Little,
        least => efforts().filter(|effort| *effort < Effort::All).max().unwrap_or(least),
    };
    Some(Told { query: joined(&parts, " & "), exactly, effort })
}

fn any(parts: impl Iterator<Item = Option<Told>>) -> Option<Told> {
    let parts: Vec<Told> = parts.collect::<Option<_>>()?;
    let effort = parts.iter().map(|told| told.effort).max()?;
    let exactly = parts.iter().all(|told| told.exactly);
    Some(Told { query: joined(&parts, " | "), exactly, effort })
}

fn joined(parts: &[Told], between: &str) -> String {
    let queries: Vec<&str> = parts.iter().map(|told| told.query.as_str()).collect();
    format!("({})", queries.join(between))
}

fn told_of_user(test: &UserTest) -> Option<Told> {
    let is = |code, name: &str| Told::by(quoted(&value(code, name)));
    match test {
        UserTest::VerifiedEmail => Some(Told::by_flag("email", true)),
        UserTest::VerifiedPhone => Some(Told::by_flag("phone", true)),
        UserTest::TwoFactor => Some(Told::by_flag("2fa", true)),
        UserTest::Username(test) => told_of_text("u", Kept::Lower, test, false).map(few_if(test)),
        UserTest::Role(role) => Some(is("r", role.as_str())),
        // A suspension or ban may have ended meanwhile (R14).
        UserTest::Active | UserTest::Status(UserStatus::Active) => {
            any([UserStatus::Active, UserStatus::Suspended, UserStatus::Banned]
                .into_iter()
                .map(|status| Some(is("s", status.as_str()))))
            .map(Told::roughly)
        }
        UserTest::Status(status @ (UserStatus::Suspended | UserStatus::Banned)) => {
            Some(is("s", status.as_str()).roughly())
        }
        UserTest::Status(status) => Some(is("s", status.as_str())),
        UserTest::FirstName(test) => told_of_text("f", Kept::Folded, test, false),
        UserTest::LastName(test) => told_of_text("l", Kept::Folded, test, false),
        UserTest::DisplayName(test) => told_of_text("d", Kept::Folded, test, false),
        UserTest::Language(test) => told_of_text("g", Kept::Lower, test, false),
        UserTest::TimeZone(test) => told_of_text("z", Kept::Lower, test, false),
        UserTest::Email(one) => told_of_one(one, &|test| match test {
            EmailTest::Value(test) => told_of_text("e", Kept::Lower, test, true).map(few_if(test)),
            EmailTest::Domain(test) => told_of_text("ed", Kept::Lower, test, false),
            EmailTest::Type(kind) => Some(is("et", kind.as_str())),
            EmailTest::Verified => Some(Told::by(quoted("ev"))),
            EmailTest::Default => None,
        }),
        UserTest::Phone(one) => told_of_one(one, &|test| match test {
            PhoneTest::Number(test) => told_of_text("p", Kept::Lower, test, true).map(few_if(test)),
            PhoneTest::Type(kind) => Some(is("pt", kind.as_str())),
            PhoneTest::Verified => Some(Told::by(quoted("pv"))),
            PhoneTest::Default => None,
        }),
        UserTest::Address(one) => told_of_one(one, &|test| match test {
            AddressTest::City(test) => told_of_text("a", Kept::Folded, test, true),
            AddressTest::PostalCode(test) => told_of_text("ap", Kept::Lower, test, false),
            AddressTest::Country(country) => Some(is("ac", country.as_ref())),
            AddressTest::Type(kind) => Some(is("at", kind.as_str())),
            AddressTest::Default => None,
        }),
        _ => None,
    }
}

/// The terms do not say which contact they are of: that all of it is true of one is more.
fn told_of_one<T>(tree: &Specification<T>, test: &dyn Fn(&T) -> Option<Told>) -> Option<Told> {
    match tree {
        Specification::Test(one) => test(one),
        Specification::Any(parts) => any(parts.iter().map(|part| told_of_one(part, test))),
        Specification::All(parts) => {
            let told = all(parts.iter().map(|part| told_of_one(part, test)).collect());
            if parts.len() == 1 { told } else { told.map(Told::roughly) }
        }
        Specification::Not(_) => None,
    }
}

/// `goes_on` when the term ends in what else its row says.
fn told_of_text(code: &str, kept: Kept, test: &TextTest, goes_on: bool) -> Option<Told> {
    let sought = sought(kept, test);
    let (term, letters) = (value(code, &sought), sought.chars().count());
    let begins = |term: &str| Told::by(format!("{}:*", quoted(term)));
    match test.operator {
        // A value of so many letters may have had more.
        TextOperator::Equals if letters >= LETTERS => Some(begins(&term).roughly()),
        TextOperator::Equals if goes_on => Some(begins(&format!("{term}{END}"))),
        TextOperator::Equals => Some(Told::by(quoted(&term))),
        // Each user would match.
        TextOperator::StartsWith if sought.is_empty() => None,
        TextOperator::StartsWith if letters > LETTERS => Some(begins(&term).roughly()),
        TextOperator::StartsWith if letters <= START => {
            Some(Told { effort: Effort::Much, ..begins(&term) })
        }
        TextOperator::StartsWith => Some(begins(&term)),
        TextOperator::Contains | TextOperator::EndsWith => None,
    }
}

/// Who shares a username, an email or a number with others shares it with few.
fn few_if(test: &TextTest) -> impl Fn(Told) -> Told {
    let is_whole = test.operator == TextOperator::Equals;
    move |told| if is_whole { Told { effort: Effort::Little, ..told } } else { told }
}

/// The few letters with which any name may begin: they have a term of their own.
fn told_of_start(parts: &[UserSpecification]) -> Option<Told> {
    let Some(Specification::Test(UserTest::Username(start))) = parts.first() else { return None };
    let Specification::Any(all) = UserSpecification::text(&start.text) else { return None };
    let is_start = (1..=START).contains(&start.text.chars().count()) && all == parts;
    is_start.then(|| Told::by(quoted(&value("q", &start.text))))
}
