//! The terms of a user, by which the inverted index of Postgres finds it: what the user is said
//! to be, and what a specification asks for, in the same words (ADR 20).
//!
//! A term is a code and a value. Those of emails, phones and cities end in what else their row
//! says, so that a write by another application shows: the triggers of migration 5 make the
//! same texts.

use userdom_domain::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, UserRole,
    UserSpecification, UserStatus, UserTest, folded, plain,
};

use super::text::Kept;
use crate::persistence::{
    mappers::UserRows,
    models::{AddressRow, EmailRow, PhoneRow},
};

/// So many letters of a value are kept.
const LETTERS: usize = 200;
/// With so many letters a search for any name begins, or with one or two.
const START: usize = 3;
/// Postgres takes less than 1 MiB.
const MOST_BYTES: usize = 1_000_000;
const END: char = '\u{1}';

/// What a user is found by, as the text of a `tsvector`; `None` when a key is still to be
/// written, or when it would be too much.
pub(in crate::persistence) fn terms(rows: &UserRows) -> Option<String> {
    let user = &rows.user;
    let names =
        [("f", &user.first_name_key), ("l", &user.last_name_key), ("d", &user.display_name_key)];
    let username = user.username.to_ascii_lowercase();
    let mut terms = vec![
        value("u", &username),
        value("s", &user.status),
        flag("email", user.email_verified),
        flag("phone", user.phone_verified),
        flag("2fa", user.two_factor_enabled),
    ];
    for role in UserRole::ALL {
        if user.roles.0.contains(&format!("\"{role}\"")) {
            terms.push(value("r", role.as_str()));
        }
    }
    starts(&mut terms, &username);
    for (code, key) in names {
        if let Some((name, _)) = key.as_ref()?.split_once(END) {
            terms.push(value(code, name));
            starts(&mut terms, name);
        }
    }
    if let Some(profile) = &rows.profile {
        terms.push(value("g", &profile.preferred_language.to_ascii_lowercase()));
        terms.push(value("z", &profile.timezone.to_ascii_lowercase()));
    }
    rows.emails.iter().for_each(|email| of_email(&mut terms, email));
    for phone in &rows.phones {
        of_phone(&mut terms, phone)?;
    }
    for address in &rows.addresses {
        of_address(&mut terms, address)?;
    }
    let text = terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" ");
    (text.len() < MOST_BYTES).then_some(text)
}

fn of_email(terms: &mut Vec<String>, row: &EmailRow) {
    let email = row.email.to_ascii_lowercase();
    let rest = format!("{}{}{}", row.contact_type, sign(row.is_verified), sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("e", &email)));
    starts(terms, &email);
    terms.push(value("ed", email.split('@').nth(1).unwrap_or_default()));
    terms.push(value("et", &row.contact_type));
    terms.extend(row.is_verified.then(|| "ev".to_owned()));
}

fn of_phone(terms: &mut Vec<String>, row: &PhoneRow) -> Option<()> {
    let (number, _) = row.number_key.as_ref()?.split_once(END)?;
    let rest = format!("{}{}{}", row.contact_type, sign(row.is_verified), sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("p", number)));
    terms.push(value("pt", &row.contact_type));
    terms.extend(row.is_verified.then(|| "pv".to_owned()));
    Some(())
}

fn of_address(terms: &mut Vec<String>, row: &AddressRow) -> Option<()> {
    let (city, _) = row.city_key.as_ref()?.split_once(END)?;
    let postal_code = row.postal_code.to_ascii_lowercase();
    let (country, kind) = (&row.country, &row.contact_type);
    let rest = format!("{postal_code}{END}{country}{END}{kind}{}", sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("a", city)));
    terms.push(value("ap", &postal_code));
    terms.push(value("ac", country));
    terms.push(value("at", kind));
    Some(())
}

/// Of what a search for any name looks at.
fn starts(terms: &mut Vec<String>, text: &str) {
    for letters in 1..=START.min(text.chars().count()) {
        let term = format!("q:{}", text.chars().take(letters).collect::<String>());
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
}

fn value(code: &str, value: &str) -> String {
    let letters: String = value.chars().take(LETTERS).collect();
    format!("{code}:{letters}")
}

/// Both answers have a term: an inverted index finds who has something, not who lacks it.
fn flag(name: &str, is_set: bool) -> String {
    format!("{}{name}", sign(is_set))
}

fn sign(is_set: bool) -> char {
    if is_set { '+' } else { '-' }
}

/// As `tsvector` and `tsquery` read a term that may have any letter.
fn quoted(term: &str) -> String {
    format!("'{}'", term.replace('\\', "\\\\").replace('\'', "''"))
}

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
            Specification::Test(test) if is_flag(test).is_some() => {
                is_flag(test).map(|name| Told::by(quoted(&flag(name, false))))
            }
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

fn is_flag(test: &UserTest) -> Option<&'static str> {
    match test {
        UserTest::VerifiedEmail => Some("email"),
        UserTest::VerifiedPhone => Some("phone"),
        UserTest::TwoFactor => Some("2fa"),
        _ => None,
    }
}

fn told_of_user(test: &UserTest) -> Option<Told> {
    let is = |code, name: &str| Told::by(quoted(&value(code, name)));
    match test {
        UserTest::VerifiedEmail | UserTest::VerifiedPhone | UserTest::TwoFactor => {
            is_flag(test).map(|name| Told::by(quoted(&flag(name, true))))
        }
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
            _ => None,
        }),
        UserTest::Phone(one) => told_of_one(one, &|test| match test {
            PhoneTest::Number(test) => told_of_text("p", Kept::Lower, test, true).map(few_if(test)),
            PhoneTest::Type(kind) => Some(is("pt", kind.as_str())),
            PhoneTest::Verified => Some(Told::by(quoted("pv"))),
            _ => None,
        }),
        UserTest::Address(one) => told_of_one(one, &|test| match test {
            AddressTest::City(test) => told_of_text("a", Kept::Folded, test, true),
            AddressTest::PostalCode(test) => told_of_text("ap", Kept::Lower, test, false),
            AddressTest::Country(country) => Some(is("ac", country.as_ref())),
            AddressTest::Type(kind) => Some(is("at", kind.as_str())),
            _ => None,
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
    let sought = match kept {
        Kept::Folded => folded(&test.text),
        Kept::Lower | Kept::Keyed => plain(&test.text),
    };
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
