use chrono::{DateTime, Utc};
use userdom_application::ports::OrderKey;
use userdom_domain::{
    AddressTest, ContactType, EmailTest, PhoneTest, Specification, TextOperator, TextTest,
    TimeRange, UserRole, UserSpecification, UserStatus, UserTest,
};

use self::JoinStrategy::{Exists, PerRow, Union};
use super::{
    Dialect,
    text::Normalization::{Folded, Keyed, Lower},
    text::text,
};
use crate::persistence::sql::Sql;

/// The specification as a condition on the row `u`.
pub(in crate::persistence) fn condition(
    dialect: Dialect,
    specification: &UserSpecification,
    now: DateTime<Utc>,
) -> Sql {
    let compiler = Compiler { dialect, now };
    match dialect {
        Dialect::Sqlite => compiler.users("u", specification, Union),
        Dialect::Postgres => compiler.indexed(specification),
    }
}

/// The conjuncts that bound the sort key of an order, as a condition on the row `u`.
pub(super) fn sort_key_bounds(
    dialect: Dialect,
    specification: &UserSpecification,
    now: DateTime<Utc>,
    order: OrderKey,
) -> Option<Sql> {
    let is_start =
        |test: &TextTest| matches!(test.operator, TextOperator::Equals | TextOperator::StartsWith);
    let is_bound = |part: &&UserSpecification| match (part, order) {
        (Specification::Test(UserTest::Created(_)), OrderKey::Created)
        | (Specification::Test(UserTest::LastLogin(_)), OrderKey::LastLogin) => true,
        (Specification::Test(UserTest::Username(test)), OrderKey::Username)
        | (Specification::Test(UserTest::LastName(test)), OrderKey::LastName) => is_start(test),
        _ => false,
    };
    let compiler = Compiler { dialect, now };
    let parts = conjuncts(specification).into_iter().filter(is_bound);
    let parts: Vec<Sql> = parts.map(|part| compiler.users("u", part, PerRow)).collect();
    (!parts.is_empty()).then(|| Sql::joined(parts, " AND "))
}

pub(super) struct Compiler {
    pub(super) dialect: Dialect,
    pub(super) now: DateTime<Utc>,
}

/// How a condition reaches the tables beside `users`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinStrategy {
    /// As the planner likes; an *any* is a union of ids, each part by its own index.
    Union,
    /// As the planner likes: inside NOT or another OR a union would be in its way.
    Exists,
    /// A lookup for each row that the terms or the order give.
    PerRow,
}

impl Compiler {
    /// `row` is the name of the row of `users`.
    pub(super) fn users(&self, row: &str, tree: &UserSpecification, strategy: JoinStrategy) -> Sql {
        if let Specification::Any(parts) = tree
            && strategy == Union
            && !parts.iter().all(is_of_user_alone)
        {
            return Sql::new(format!("{row}.id IN ")).then(self.union(parts));
        }
        combined(tree, &|part, is_whole| {
            let strategy = if strategy == Union && !is_whole { Exists } else { strategy };
            if let Specification::Test(test) = part {
                self.user(row, test, strategy)
            } else {
                self.users(row, part, strategy)
            }
        })
    }

    /// The ids of the users that satisfy any of the parts, with duplicates.
    fn union(&self, parts: &[UserSpecification]) -> Sql {
        let ids = |part: &UserSpecification| {
            let rows = if let Specification::Test(test) = part { self.rows(test) } else { None };
            rows.unwrap_or_else(|| {
                Sql::new("SELECT v.id FROM users v WHERE ").then(self.users("v", part, Exists))
            })
        };
        Sql::joined(parts.iter().map(ids), " UNION ALL ")
    }

    fn user(&self, row: &str, test: &UserTest, strategy: JoinStrategy) -> Sql {
        let dialect = self.dialect;
        let column = |name: &str| format!("{row}.{name}");
        let moment = |name: &str| dialect.moment_key(&column(name));
        let has = |select: Sql| {
            // OFFSET 0 is an optimisation fence: the subquery stays a lookup.
            let (user, end) = match (strategy, test) {
                (PerRow, UserTest::Language(_) | UserTest::TimeZone(_)) => {
                    ("c.user_id", " OFFSET 0")
                }
                // The collation of the indexes of contacts.
                (PerRow, _) => ("c.user_id COLLATE \"C\"", " OFFSET 0"),
                (Union | Exists, _) => ("c.user_id", ""),
            };
            Sql::new("EXISTS (").then(select).push(format!(" AND {user} = {row}.id{end})"))
        };
        match test {
            UserTest::Active => {
                let lock = column("account_locked_until");
                let end = moment("account_locked_until");
                let is_open = Sql::new(format!("({lock} IS NULL OR {end} <= "))
                    .then(dialect.moment(self.now.naive_utc()))
                    .push(")");
                let status = self.status(row, UserStatus::Active);
                Sql::joined([status, Sql::new(column("email_verified")), is_open], " AND ")
            }
            UserTest::Id(id) => Sql::new(format!("{row}.id = ")).text(id.to_string()),
            UserTest::Username(test) => self.lower(&column("username"), test),
            UserTest::Status(status) => self.status(row, *status),
            UserTest::Role(role) => self.role(row, *role),
            UserTest::VerifiedEmail => Sql::new(column("email_verified")),
            UserTest::VerifiedPhone => Sql::new(column("phone_verified")),
            UserTest::TwoFactor => Sql::new(column("two_factor_enabled")),
            UserTest::Created(range) => self.within(&moment("created_at"), *range, "TRUE"),
            UserTest::Updated(range) => self.within(&moment("updated_at"), *range, "TRUE"),
            UserTest::LastLogin(range) => {
                let moment = dialect.last_login(row);
                self.within(&moment, *range, &format!("{moment} > {}", dialect.before_all_time()))
            }
            UserTest::FirstName(test) => self.folded(&column("first_name_key"), test),
            // The expression of the order by last name, so that one index serves both.
            UserTest::LastName(test) => {
                self.folded(&format!("COALESCE({row}.last_name_key, '')"), test)
            }
            UserTest::DisplayName(test) => self.folded(&column("display_name_key"), test),
            UserTest::Language(test) => has(self.languages(test)),
            UserTest::TimeZone(test) => has(self.time_zones(test)),
            UserTest::Email(one) => has(self.emails(one)),
            UserTest::Phone(one) => has(self.phones(one)),
            UserTest::Address(one) => has(self.addresses(one)),
        }
    }

    /// The rows beside `users` that satisfy a test, as `c.user_id`; `None` if the test is of the
    /// row of `users` alone.
    pub(super) fn rows(&self, test: &UserTest) -> Option<Sql> {
        match test {
            UserTest::Language(test) => Some(self.languages(test)),
            UserTest::TimeZone(test) => Some(self.time_zones(test)),
            UserTest::Email(one) => Some(self.emails(one)),
            UserTest::Phone(one) => Some(self.phones(one)),
            UserTest::Address(one) => Some(self.addresses(one)),
            UserTest::Active
            | UserTest::Id(_)
            | UserTest::Username(_)
            | UserTest::Status(_)
            | UserTest::Role(_)
            | UserTest::VerifiedEmail
            | UserTest::VerifiedPhone
            | UserTest::TwoFactor
            | UserTest::Created(_)
            | UserTest::Updated(_)
            | UserTest::LastLogin(_)
            | UserTest::FirstName(_)
            | UserTest::LastName(_)
            | UserTest::DisplayName(_) => None,
        }
    }

    fn languages(&self, test: &TextTest) -> Sql {
        self.profiles("c.preferred_language", test)
    }

    fn time_zones(&self, test: &TextTest) -> Sql {
        self.profiles("c.timezone", test)
    }

    /// The status that counts now (R14).
    fn status(&self, row: &str, status: UserStatus) -> Sql {
        let now = self.dialect.moment(self.now.naive_utc());
        let until = self.dialect.maybe_moment_key(&format!("{row}.status_until"));
        let is = Sql::new(format!("({row}.status = ")).text(status.as_str());
        match status {
            UserStatus::Active => is
                .push(format!(
                    " OR ({row}.status IN ('suspended', 'banned') AND {until} IS NOT NULL \
                     AND {until} <= "
                ))
                .then(now)
                .push("))"),
            UserStatus::Suspended | UserStatus::Banned => {
                is.push(format!(" AND ({until} IS NULL OR {until} > ")).then(now).push("))")
            }
            UserStatus::Pending | UserStatus::Deleted => is.push(")"),
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

    fn lower(&self, column: &str, test: &TextTest) -> Sql {
        text(self.dialect, &self.dialect.lower(column), Lower, test)
    }

    fn folded(&self, key: &str, test: &TextTest) -> Sql {
        text(self.dialect, key, Folded, test)
    }

    fn profiles(&self, column: &str, test: &TextTest) -> Sql {
        rows_of("user_profiles").then(self.lower(column, test))
    }

    fn emails(&self, tree: &Specification<EmailTest>) -> Sql {
        contacts("user_emails", tree, &|test| match test {
            EmailTest::Value(test) => self.lower("c.email", test),
            EmailTest::Domain(test) => {
                text(self.dialect, &self.dialect.domain("c.email"), Lower, test)
            }
            EmailTest::Type(kind) => is_of_type(*kind),
            EmailTest::Verified => Sql::new("c.is_verified"),
            EmailTest::Default => Sql::new("c.is_default"),
        })
    }

    fn phones(&self, tree: &Specification<PhoneTest>) -> Sql {
        contacts("user_phones", tree, &|test| match test {
            PhoneTest::Number(test) => text(self.dialect, "c.number_key", Keyed, test),
            PhoneTest::Type(kind) => is_of_type(*kind),
            PhoneTest::Verified => Sql::new("c.is_verified"),
            PhoneTest::Default => Sql::new("c.is_default"),
        })
    }

    fn addresses(&self, tree: &Specification<AddressTest>) -> Sql {
        contacts("user_addresses", tree, &|test| match test {
            AddressTest::City(test) => self.folded("c.city_key", test),
            AddressTest::PostalCode(test) => self.lower("c.postal_code", test),
            AddressTest::Country(country) => Sql::new("c.country = ").text(country.to_string()),
            AddressTest::Type(kind) => is_of_type(*kind),
            AddressTest::Default => Sql::new("c.is_default"),
        })
    }
}

/// The parts of an *all*.
pub(super) fn conjuncts(tree: &UserSpecification) -> Vec<&UserSpecification> {
    if let Specification::All(parts) = tree {
        parts.iter().flat_map(conjuncts).collect()
    } else {
        vec![tree]
    }
}

/// Whether the columns of `users` alone decide it.
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

/// *All*, *any* and *not* of the parts; `part` is given whether every wanted row must satisfy it.
fn combined<T>(tree: &Specification<T>, part: &dyn Fn(&Specification<T>, bool) -> Sql) -> Sql {
    match tree {
        Specification::Test(_) => part(tree, true),
        Specification::All(parts) if parts.is_empty() => Sql::new("TRUE"),
        Specification::Any(parts) if parts.is_empty() => Sql::new("FALSE"),
        Specification::All(parts) => Sql::joined(parts.iter().map(|one| part(one, true)), " AND "),
        Specification::Any(parts) => Sql::joined(parts.iter().map(|one| part(one, false)), " OR "),
        Specification::Not(one) => Sql::new("NOT (").then(part(one, false)).push(")"),
    }
}

fn contacts<T>(table: &str, tree: &Specification<T>, test: &dyn Fn(&T) -> Sql) -> Sql {
    fn condition<T>(tree: &Specification<T>, test: &dyn Fn(&T) -> Sql) -> Sql {
        combined(tree, &|part, _| {
            if let Specification::Test(one) = part { test(one) } else { condition(part, test) }
        })
    }
    rows_of(table).then(condition(tree, test))
}

fn rows_of(table: &str) -> Sql {
    Sql::new(format!("SELECT c.user_id FROM {table} c WHERE "))
}

fn is_of_type(kind: ContactType) -> Sql {
    Sql::new("c.contact_type = ").text(kind.as_str())
}
