use chrono::{DateTime, Utc};
use userdom_application::ports::OrderKey;
use userdom_domain::{
    AddressTest, ContactType, EmailTest, PhoneTest, Specification, TextOperator, TextTest,
    TimeRange, UserRole, UserSpecification, UserStatus, UserTest,
};

use super::{
    Dialect,
    text::{Kept, text},
};
use crate::persistence::sql::Sql;

/// Who satisfies the specification, as a condition on `u`.
pub(in crate::persistence) fn condition(
    dialect: Dialect,
    specification: &UserSpecification,
    now: DateTime<Utc>,
) -> Sql {
    let compiler = Compiler { dialect, now };
    match dialect {
        Dialect::Sqlite => compiler.users("u", specification, Pace::AtOnce),
        Dialect::Postgres => compiler.indexed(specification),
    }
}

/// What must be true in the row of `u` of all who come between two places of the order, if the
/// specification says so.
pub(super) fn stretch(
    dialect: Dialect,
    specification: &UserSpecification,
    now: DateTime<Utc>,
    order: OrderKey,
) -> Option<Sql> {
    let is_start =
        |test: &TextTest| matches!(test.operator, TextOperator::Equals | TextOperator::StartsWith);
    let is_stretch = |part: &&UserSpecification| match (part, order) {
        (Specification::Test(UserTest::Created(_)), OrderKey::Created)
        | (Specification::Test(UserTest::LastLogin(_)), OrderKey::LastLogin) => true,
        (Specification::Test(UserTest::Username(test)), OrderKey::Username)
        | (Specification::Test(UserTest::LastName(test)), OrderKey::LastName) => is_start(test),
        _ => false,
    };
    let compiler = Compiler { dialect, now };
    let parts = conjuncts(specification).into_iter().filter(is_stretch);
    let parts: Vec<Sql> = parts.map(|part| compiler.users("u", part, Pace::UserByUser)).collect();
    (!parts.is_empty()).then(|| Sql::joined(parts, " AND "))
}

pub(super) struct Compiler {
    pub(super) dialect: Dialect,
    pub(super) now: DateTime<Utc>,
}

/// How what is not in the row of the user itself is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As the planner likes; an *any* is a union, whose parts are served by an index each.
    AtOnce,
    /// As the planner likes, inside NOT or another OR, where a union would be in its way.
    Within,
    /// For each user whom the terms find, or the order comes upon.
    UserByUser,
}

impl Compiler {
    /// `row` is the name of the row of `users`.
    pub(super) fn users(&self, row: &str, tree: &UserSpecification, pace: Pace) -> Sql {
        match tree {
            Specification::Any(parts)
                if pace == Pace::AtOnce && !parts.iter().all(is_of_user_alone) =>
            {
                Sql::new(format!("{row}.id IN ")).then(self.union(parts))
            }
            tree => combined(tree, &|part, is_whole| {
                let pace = if pace == Pace::AtOnce && !is_whole { Pace::Within } else { pace };
                match part {
                    Specification::Test(test) => self.user(row, test, pace),
                    part => self.users(row, part, pace),
                }
            }),
        }
    }

    /// The ids of those who satisfy any of the parts, some of them more than once.
    fn union(&self, parts: &[UserSpecification]) -> Sql {
        Sql::joined(parts.iter().map(|part| self.select(part)).collect(), " UNION ALL ")
    }

    /// The ids of those who satisfy one part of an *any*.
    fn select(&self, part: &UserSpecification) -> Sql {
        let rows = if let Specification::Test(test) = part { self.rows(test) } else { None };
        rows.unwrap_or_else(|| {
            Sql::new("SELECT v.id FROM users v WHERE ").then(self.users("v", part, Pace::Within))
        })
    }

    fn user(&self, row: &str, test: &UserTest, pace: Pace) -> Sql {
        let dialect = self.dialect;
        let column = |name: &str| format!("{row}.{name}");
        let has = |select: Sql| {
            // With an OFFSET the planner does not think of collecting them all.
            let (user, end) = match (pace, test) {
                (Pace::UserByUser, UserTest::Language(_) | UserTest::TimeZone(_)) => {
                    ("c.user_id", " OFFSET 0")
                }
                // As the indexes of the contacts compare it.
                (Pace::UserByUser, _) => ("c.user_id COLLATE \"C\"", " OFFSET 0"),
                (Pace::AtOnce | Pace::Within, _) => ("c.user_id", ""),
            };
            Sql::new("EXISTS (").then(select).push(format!(" AND {user} = {row}.id{end})"))
        };
        match test {
            UserTest::Active => Sql::joined(
                vec![
                    self.status(row, UserStatus::Active),
                    Sql::new(column("email_verified")),
                    Sql::new(format!(
                        "({row}.account_locked_until IS NULL OR {} <= ",
                        dialect.moment_key(&column("account_locked_until"))
                    ))
                    .then(dialect.moment(self.now.naive_utc()))
                    .push(")"),
                ],
                " AND ",
            ),
            UserTest::Id(id) => Sql::new(format!("{row}.id = ")).text(id.to_string()),
            UserTest::Username(test) => {
                text(dialect, &dialect.lower(&column("username")), Kept::Lower, test)
            }
            UserTest::Status(status) => self.status(row, *status),
            UserTest::Role(role) => self.role(row, *role),
            UserTest::VerifiedEmail => Sql::new(column("email_verified")),
            UserTest::VerifiedPhone => Sql::new(column("phone_verified")),
            UserTest::TwoFactor => Sql::new(column("two_factor_enabled")),
            UserTest::Created(range) => {
                self.within(&dialect.moment_key(&column("created_at")), *range, "TRUE")
            }
            UserTest::Updated(range) => {
                self.within(&dialect.moment_key(&column("updated_at")), *range, "TRUE")
            }
            UserTest::LastLogin(range) => {
                let moment = dialect.last_login(row);
                let ever = format!("{moment} > {}", dialect.before_all_time());
                self.within(&moment, *range, &ever)
            }
            UserTest::FirstName(test) => {
                text(dialect, &column("first_name_key"), Kept::Folded, test)
            }
            // As the order by last name has it, so that one index serves both.
            UserTest::LastName(test) => {
                text(dialect, &format!("COALESCE({row}.last_name_key, '')"), Kept::Folded, test)
            }
            UserTest::DisplayName(test) => {
                text(dialect, &column("display_name_key"), Kept::Folded, test)
            }
            // The domain may know more tests than this store does, but not today.
            _ => self.rows(test).map_or_else(|| Sql::new("FALSE"), has),
        }
    }

    /// The rows that satisfy a test of what is not in the row of the user, as `c.user_id`.
    pub(super) fn rows(&self, test: &UserTest) -> Option<Sql> {
        match test {
            UserTest::Language(test) => Some(self.profiles("c.preferred_language", test)),
            UserTest::TimeZone(test) => Some(self.profiles("c.timezone", test)),
            UserTest::Email(one) => Some(self.emails(one)),
            UserTest::Phone(one) => Some(self.phones(one)),
            UserTest::Address(one) => Some(self.addresses(one)),
            _ => None,
        }
    }

    /// The status that counts now (R14).
    fn status(&self, row: &str, status: UserStatus) -> Sql {
        let now = self.dialect.moment(self.now.naive_utc());
        let until = self.dialect.maybe_moment_key(&format!("{row}.status_until"));
        let is = Sql::new(format!("{row}.status = ")).text(status.as_str());
        match status {
            UserStatus::Active => Sql::new("(")
                .then(is)
                .push(format!(
                    " OR ({row}.status IN ('suspended', 'banned') AND {until} IS NOT NULL \
                 AND {until} <= "
                ))
                .then(now)
                .push("))"),
            UserStatus::Suspended | UserStatus::Banned => Sql::new("(")
                .then(is)
                .push(format!(" AND ({until} IS NULL OR {until} > "))
                .then(now)
                .push("))"),
            UserStatus::Pending | UserStatus::Deleted => is,
        }
    }

    /// Not a value but a part of the text: the rare roles have an index each.
    fn role(&self, row: &str, role: UserRole) -> Sql {
        Sql::new(match self.dialect {
            Dialect::Postgres => format!("CAST({row}.roles AS TEXT) LIKE '%\"{role}\"%'"),
            Dialect::Sqlite => format!("{row}.roles LIKE '%\"{role}\"%'"),
        })
    }

    /// `otherwise` stands for a range that is open at the start.
    fn within(&self, key: &str, range: TimeRange, otherwise: &str) -> Sql {
        let moment = |moment: DateTime<Utc>| self.dialect.moment(moment.naive_utc());
        let from = match range.from {
            Some(from) => Sql::new(format!("({key} >= ")).then(moment(from)),
            None => Sql::new(format!("({otherwise}")),
        };
        match range.before {
            Some(before) => from.push(format!(" AND {key} < ")).then(moment(before)).push(")"),
            None => from.push(")"),
        }
    }

    fn profiles(&self, column: &str, test: &TextTest) -> Sql {
        let column = self.dialect.lower(column);
        let select = Sql::new("SELECT c.user_id FROM user_profiles c WHERE ");
        select.then(text(self.dialect, &column, Kept::Lower, test))
    }

    fn emails(&self, tree: &Specification<EmailTest>) -> Sql {
        let dialect = self.dialect;
        let one = |test: &EmailTest| match test {
            EmailTest::Value(test) => text(dialect, &dialect.lower("c.email"), Kept::Lower, test),
            EmailTest::Domain(test) => text(dialect, &dialect.domain("c.email"), Kept::Lower, test),
            EmailTest::Type(kind) => is_of_type(*kind),
            EmailTest::Verified => Sql::new("c.is_verified"),
            EmailTest::Default => Sql::new("c.is_default"),
        };
        Sql::new("SELECT c.user_id FROM user_emails c WHERE ").then(contacts(tree, &one))
    }

    fn phones(&self, tree: &Specification<PhoneTest>) -> Sql {
        let one = |test: &PhoneTest| match test {
            PhoneTest::Number(test) => text(self.dialect, "c.number_key", Kept::Keyed, test),
            PhoneTest::Type(kind) => is_of_type(*kind),
            PhoneTest::Verified => Sql::new("c.is_verified"),
            PhoneTest::Default => Sql::new("c.is_default"),
        };
        Sql::new("SELECT c.user_id FROM user_phones c WHERE ").then(contacts(tree, &one))
    }

    fn addresses(&self, tree: &Specification<AddressTest>) -> Sql {
        let dialect = self.dialect;
        let one = |test: &AddressTest| match test {
            AddressTest::City(test) => text(dialect, "c.city_key", Kept::Folded, test),
            AddressTest::PostalCode(test) => {
                text(dialect, &dialect.lower("c.postal_code"), Kept::Lower, test)
            }
            AddressTest::Country(country) => Sql::new("c.country = ").text(country.to_string()),
            AddressTest::Type(kind) => is_of_type(*kind),
            AddressTest::Default => Sql::new("c.is_default"),
        };
        Sql::new("SELECT c.user_id FROM user_addresses c WHERE ").then(contacts(tree, &one))
    }
}

/// What must all be satisfied.
pub(super) fn conjuncts(tree: &UserSpecification) -> Vec<&UserSpecification> {
    match tree {
        Specification::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        part => vec![part],
    }
}

/// Whether the columns of `users` answer it.
pub(super) fn is_of_user_alone(tree: &UserSpecification) -> bool {
    match tree {
        Specification::Test(
            UserTest::Email(_)
            | UserTest::Phone(_)
            | UserTest::Address(_)
            | UserTest::Language(_)
            | UserTest::TimeZone(_),
        ) => false,
        Specification::Test(_) => true,
        Specification::All(parts) | Specification::Any(parts) => parts.iter().all(is_of_user_alone),
        Specification::Not(part) => is_of_user_alone(part),
    }
}

/// *All*, *any* and *not* of what `part` says; it is told whether every row that is sought
/// must satisfy the part.
fn combined<T>(tree: &Specification<T>, part: &dyn Fn(&Specification<T>, bool) -> Sql) -> Sql {
    match tree {
        Specification::Test(_) => part(tree, true),
        Specification::All(parts) if parts.is_empty() => Sql::new("TRUE"),
        Specification::Any(parts) if parts.is_empty() => Sql::new("FALSE"),
        Specification::All(parts) => {
            Sql::joined(parts.iter().map(|one| part(one, true)).collect(), " AND ")
        }
        Specification::Any(parts) => {
            Sql::joined(parts.iter().map(|one| part(one, false)).collect(), " OR ")
        }
        Specification::Not(one) => Sql::new("NOT (").then(part(one, false)).push(")"),
    }
}

fn contacts<T>(tree: &Specification<T>, test: &dyn Fn(&T) -> Sql) -> Sql {
    combined(tree, &|part, _| match part {
        Specification::Test(one) => test(one),
        part => contacts(part, test),
    })
}

fn is_of_type(kind: ContactType) -> Sql {
    Sql::new("c.contact_type = ").text(kind.as_str())
}
