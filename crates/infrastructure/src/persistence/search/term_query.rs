//! A specification as a query over the terms of users ([`terms`](super::terms)).

use userdom_domain::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, UserSpecification,
    UserStatus, UserTest,
};

use super::{
    terms::{END, LETTERS, START, flag, quoted, value},
    text::{
        Normalization::{self, Folded, Lower},
        normalized,
    },
};

/// Every user that satisfies the specification matches the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TermQuery {
    /// The text of a `tsquery`.
    pub(super) query: String,
    /// Every user that matches satisfies the specification as well.
    pub(super) is_exact: bool,
    /// The cost of collecting all matches.
    pub(super) cost: Cost,
}

/// From the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// At most a handful of users match.
    FewMatches,
    /// The index has one list of users for each term of the query.
    TermLists,
    /// Many terms begin with a short prefix, and each has a list.
    PrefixLists,
    /// The absence of a term has no list.
    FullScan,
}

impl TermQuery {
    fn exact(query: String) -> Self {
        Self { query, is_exact: true, cost: Cost::TermLists }
    }

    fn of_flag(name: &str, is_set: bool) -> Self {
        Self::exact(quoted(&flag(name, is_set)))
    }

    fn inexact(self) -> Self {
        Self { is_exact: false, ..self }
    }
}

/// `None` where the terms cannot narrow the search.
pub(super) fn compile_terms(tree: &UserSpecification) -> Option<TermQuery> {
    match tree {
        // The order by username has an index, whose statistics the planner knows.
        Specification::Test(UserTest::Username(test))
            if test.operator == TextOperator::StartsWith =>
        {
            None
        }
        Specification::Test(test) => of_user(test),
        Specification::All(parts) => all(parts.iter().map(compile_terms).collect()),
        Specification::Any(parts) => any_name_prefix(parts).or_else(|| {
            any(parts.iter().map(|part| {
                if let Specification::Test(test) = part {
                    of_user(test)
                } else {
                    compile_terms(part)
                }
            }))
        }),
        Specification::Not(part) => match &**part {
            Specification::Test(UserTest::VerifiedEmail) => {
                Some(TermQuery::of_flag("email", false))
            }
            Specification::Test(UserTest::VerifiedPhone) => {
                Some(TermQuery::of_flag("phone", false))
            }
            Specification::Test(UserTest::TwoFactor) => Some(TermQuery::of_flag("2fa", false)),
            part @ (Specification::Test(_)
            | Specification::All(_)
            | Specification::Any(_)
            | Specification::Not(_)) => {
                let exact = compile_terms(part).filter(|part| part.is_exact);
                exact.map(|part| TermQuery {
                    query: format!("!({})", part.query),
                    cost: Cost::FullScan,
                    ..part
                })
            }
        },
    }
}

fn all(parts: Vec<Option<TermQuery>>) -> Option<TermQuery> {
    let is_exact = parts.iter().all(|part| part.as_ref().is_some_and(|query| query.is_exact));
    let parts: Vec<TermQuery> = parts.into_iter().flatten().collect();
    let costs = || parts.iter().map(|query| query.cost);
    let least = costs().min()?;
    let cost = if least == Cost::FewMatches {
        least
    } else {
        costs().filter(|cost| *cost < Cost::FullScan).max().unwrap_or(least)
    };
    Some(TermQuery { query: joined(&parts, " & "), is_exact, cost })
}

fn any(parts: impl Iterator<Item = Option<TermQuery>>) -> Option<TermQuery> {
    let parts: Vec<TermQuery> = parts.collect::<Option<_>>()?;
    let cost = parts.iter().map(|query| query.cost).max()?;
    let is_exact = parts.iter().all(|query| query.is_exact);
    Some(TermQuery { query: joined(&parts, " | "), is_exact, cost })
}

fn joined(parts: &[TermQuery], between: &str) -> String {
    let queries: Vec<&str> = parts.iter().map(|part| part.query.as_str()).collect();
    format!("({})", queries.join(between))
}

fn of_user(test: &UserTest) -> Option<TermQuery> {
    let is = |code, name: &str| TermQuery::exact(quoted(&value(code, name)));
    match test {
        UserTest::VerifiedEmail => Some(TermQuery::of_flag("email", true)),
        UserTest::VerifiedPhone => Some(TermQuery::of_flag("phone", true)),
        UserTest::TwoFactor => Some(TermQuery::of_flag("2fa", true)),
        UserTest::Username(test) => of_text("u", Lower, test, false).map(few_if_whole(test)),
        UserTest::Role(role) => Some(is("r", role.as_str())),
        // A suspension or ban may have ended meanwhile (R14).
        UserTest::Active | UserTest::Status(UserStatus::Active) => {
            any([UserStatus::Active, UserStatus::Suspended, UserStatus::Banned]
                .into_iter()
                .map(|status| Some(is("s", status.as_str()))))
            .map(TermQuery::inexact)
        }
        UserTest::Status(status @ (UserStatus::Suspended | UserStatus::Banned)) => {
            Some(is("s", status.as_str()).inexact())
        }
        UserTest::Status(status) => Some(is("s", status.as_str())),
        UserTest::FirstName(test) => of_text("f", Folded, test, false),
        UserTest::LastName(test) => of_text("l", Folded, test, false),
        UserTest::DisplayName(test) => of_text("d", Folded, test, false),
        UserTest::Language(test) => of_text("g", Lower, test, false),
        UserTest::TimeZone(test) => of_text("z", Lower, test, false),
        UserTest::Email(one) => of_contact(one, &|test| match test {
            EmailTest::Value(test) => of_text("e", Lower, test, true).map(few_if_whole(test)),
            EmailTest::Domain(test) => of_text("ed", Lower, test, false),
            EmailTest::Type(kind) => Some(is("et", kind.as_str())),
            EmailTest::Verified => Some(TermQuery::exact(quoted("ev"))),
            EmailTest::Default => None,
        }),
        UserTest::Phone(one) => of_contact(one, &|test| match test {
            PhoneTest::Number(test) => of_text("p", Lower, test, true).map(few_if_whole(test)),
            PhoneTest::Type(kind) => Some(is("pt", kind.as_str())),
            PhoneTest::Verified => Some(TermQuery::exact(quoted("pv"))),
            PhoneTest::Default => None,
        }),
        UserTest::Address(one) => of_contact(one, &|test| match test {
            AddressTest::City(test) => of_text("a", Folded, test, true),
            AddressTest::PostalCode(test) => of_text("ap", Lower, test, false),
            AddressTest::Country(country) => Some(is("ac", country.as_ref())),
            AddressTest::Type(kind) => Some(is("at", kind.as_str())),
            AddressTest::Default => None,
        }),
        UserTest::Id(_) | UserTest::Created(_) | UserTest::Updated(_) | UserTest::LastLogin(_) => {
            None
        }
    }
}

/// Terms do not name their contact: that one contact satisfies all parts is more than they say.
fn of_contact<T>(
    tree: &Specification<T>,
    test: &dyn Fn(&T) -> Option<TermQuery>,
) -> Option<TermQuery> {
    match tree {
        Specification::Test(one) => test(one),
        Specification::Any(parts) => any(parts.iter().map(|part| of_contact(part, test))),
        Specification::All(parts) => {
            let query = all(parts.iter().map(|part| of_contact(part, test)).collect());
            if parts.len() == 1 { query } else { query.map(TermQuery::inexact) }
        }
        Specification::Not(_) => None,
    }
}

/// `has_suffix` where the term ends in other columns of its row.
fn of_text(
    code: &str,
    normalization: Normalization,
    test: &TextTest,
    has_suffix: bool,
) -> Option<TermQuery> {
    let wanted = normalized(normalization, test);
    let (term, letters) = (value(code, &wanted), wanted.chars().count());
    let begins = |term: &str| TermQuery::exact(format!("{}:*", quoted(term)));
    match test.operator {
        // A value of so many letters may have had more.
        TextOperator::Equals if letters >= LETTERS => Some(begins(&term).inexact()),
        TextOperator::Equals if has_suffix => Some(begins(&format!("{term}{END}"))),
        TextOperator::Equals => Some(TermQuery::exact(quoted(&term))),
        // Each user would match.
        TextOperator::StartsWith if wanted.is_empty() => None,
        TextOperator::StartsWith if letters > LETTERS => Some(begins(&term).inexact()),
        TextOperator::StartsWith if letters <= START => {
            Some(TermQuery { cost: Cost::PrefixLists, ..begins(&term) })
        }
        TextOperator::StartsWith => Some(begins(&term)),
        TextOperator::Contains | TextOperator::EndsWith => None,
    }
}

/// A whole username, email or number has few matches.
fn few_if_whole(test: &TextTest) -> impl Fn(TermQuery) -> TermQuery {
    let is_whole = test.operator == TextOperator::Equals;
    move |query| if is_whole { TermQuery { cost: Cost::FewMatches, ..query } } else { query }
}

/// A short prefix of any name has a term of its own.
fn any_name_prefix(parts: &[UserSpecification]) -> Option<TermQuery> {
    let Some(Specification::Test(UserTest::Username(start))) = parts.first() else { return None };
    let Specification::Any(all) = UserSpecification::text(&start.text) else { return None };
    let is_start = (1..=START).contains(&start.text.chars().count()) && all == parts;
    is_start.then(|| TermQuery::exact(quoted(&value("q", &start.text))))
}
