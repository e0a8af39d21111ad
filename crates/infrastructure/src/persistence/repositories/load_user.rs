use std::{marker::PhantomData, sync::LazyLock};

use diesel::{
    PgConnection, SqliteConnection,
    deserialize::{self, FromSql, FromSqlRow},
    dsl::SqlTypeOf,
    pg::{Pg, PgValue},
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Nullable, Record, Text},
};

use crate::persistence::{
    connection::DbConnection,
    models::{AddressRow, EmailRow, PhoneRow, ProfileRow, Row, UserRow, UserRows},
    schema::{user_emails, users},
};

/// What a user is found by.
pub(crate) enum Key<'a> {
    Id(&'a str),
    /// In canonical form.
    VerifiedEmail(&'a str),
    /// In lower case.
    Username(&'a str),
}

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

pub(crate) fn load(connection: &mut DbConnection, key: &Key<'_>) -> QueryResult<Option<UserRows>> {
    match connection {
        DbConnection::Postgres(pg) => match key {
            Key::Id(value) => LoadBy::<ById>::new(value).get_result(pg),
            Key::Username(value) => LoadBy::<ByUsername>::new(value).get_result(pg),
            Key::VerifiedEmail(value) => LoadBy::<ByVerifiedEmail>::new(value).get_result(pg),
        }
        .optional(),
        DbConnection::Sqlite(sqlite) => load_sqlite(sqlite, key),
    }
}

fn load_sqlite(c: &mut SqliteConnection, key: &Key<'_>) -> QueryResult<Option<UserRows>> {
    let user: Option<UserRow> = match key {
        Key::Id(id) => users::table.filter(users::id.eq(id)).first(c).optional()?,
        Key::Username(name) => {
            users::table.filter(lower(users::username).eq(name)).first(c).optional()?
        }
        Key::VerifiedEmail(email) => {
            let owner = user_emails::table
                .filter(lower(user_emails::email).eq(email).and(user_emails::is_verified))
                .select(user_emails::user_id);
            users::table.filter(users::id.eq_any(owner)).first(c).optional()?
        }
    };
    let Some(user) = user else { return Ok(None) };
    let profile = ProfileRow::belonging_to(&user).select(ProfileRow::as_select());
    Ok(Some(UserRows {
        profile: profile.first(c).optional()?,
        emails: EmailRow::belonging_to(&user).select(EmailRow::as_select()).load(c)?,
        phones: PhoneRow::belonging_to(&user).select(PhoneRow::as_select()).load(c)?,
        addresses: AddressRow::belonging_to(&user).select(AddressRow::as_select()).load(c)?,
        user,
    }))
}

/// Many users with their children, in the same order, by one statement for each table. For one
/// user this would be slower: Diesel prepares an IN anew each time.
pub(super) fn with_children(
    c: &mut SqliteConnection,
    users: Vec<UserRow>,
) -> QueryResult<Vec<UserRows>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let profiles = ProfileRow::belonging_to(&users).select(ProfileRow::as_select()).load(c)?;
    let emails = EmailRow::belonging_to(&users).select(EmailRow::as_select()).load(c)?;
    let phones = PhoneRow::belonging_to(&users).select(PhoneRow::as_select()).load(c)?;
    let addresses = AddressRow::belonging_to(&users).select(AddressRow::as_select()).load(c)?;
    let children = profiles
        .grouped_by(&users)
        .into_iter()
        .zip(emails.grouped_by(&users))
        .zip(phones.grouped_by(&users))
        .zip(addresses.grouped_by(&users));
    let whole = children.collect::<Vec<_>>().into_iter().zip(users);
    let whole = whole.map(|((((mut profiles, emails), phones), addresses), user)| UserRows {
        user,
        profile: profiles.pop(),
        emails,
        phones,
        addresses,
    });
    Ok(whole.collect())
}

/// A whole user by one statement, and so in one round trip and of one moment: joins would multiply
/// the children with each other. The source of `u` follows.
pub(super) static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, ({} = u.id), ARRAY({} COLLATE \"C\" = u.id), ARRAY({} COLLATE \"C\" = u.id), \
         ARRAY({} COLLATE \"C\" = u.id) FROM ",
        columns_of::<UserRow>("u"),
        select_nested::<ProfileRow>(),
        select_nested::<EmailRow>(),
        select_nested::<PhoneRow>(),
        select_nested::<AddressRow>(),
    )
});

fn columns_of<R: Row>(alias: &str) -> String {
    R::COLUMNS.iter().map(|column| format!("{alias}.{column}")).collect::<Vec<_>>().join(", ")
}

fn select_nested<R: Row>() -> String {
    format!("SELECT ROW({}) FROM {} c WHERE c.user_id", columns_of::<R>("c"), R::TABLE)
}

/// The SQL types of the columns of [`SELECT`].
pub(super) type Columns = (
    users::SqlType,
    Nullable<NestedSql<ProfileRow>>,
    Array<NestedSql<EmailRow>>,
    Array<NestedSql<PhoneRow>>,
    Array<NestedSql<AddressRow>>,
);

type NestedSql<R> = Record<SqlTypeOf<<R as Selectable<Pg>>::SelectExpression>>;

/// A row that came as one value.
#[derive(FromSqlRow)]
pub(crate) struct Nested<R>(R);

impl<R, S> FromSql<Record<S>, Pg> for Nested<R>
where
    R: Queryable<S, Pg>,
    R::Row: FromSql<Record<S>, Pg>,
{
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        R::build(R::Row::from_sql(value)?).map(Self)
    }
}

impl Queryable<Columns, Pg> for UserRows {
    type Row = (
        UserRow,
        Option<Nested<ProfileRow>>,
        Vec<Nested<EmailRow>>,
        Vec<Nested<PhoneRow>>,
        Vec<Nested<AddressRow>>,
    );

    fn build((user, profile, emails, phones, addresses): Self::Row) -> deserialize::Result<Self> {
        Ok(Self {
            user,
            profile: profile.map(|Nested(row)| row),
            emails: emails.into_iter().map(|Nested(row)| row).collect(),
            phones: phones.into_iter().map(|Nested(row)| row).collect(),
            addresses: addresses.into_iter().map(|Nested(row)| row).collect(),
        })
    }
}

/// The statement for one kind of key; each kind is a prepared statement of its own.
struct LoadBy<'a, K> {
    value: &'a str,
    kind: PhantomData<K>,
}

impl<'a, K> LoadBy<'a, K> {
    fn new(value: &'a str) -> Self {
        Self { value, kind: PhantomData }
    }
}

struct ById;
struct ByUsername;
struct ByVerifiedEmail;

/// The SQL around the value.
trait Condition {
    const BEFORE: &'static str;
    const AFTER: &'static str = "";
}

impl Condition for ById {
    const BEFORE: &'static str = "users u WHERE u.id = ";
}

impl Condition for ByUsername {
    const BEFORE: &'static str = "users u WHERE lower(u.username) = ";
}

impl Condition for ByVerifiedEmail {
    const BEFORE: &'static str = "users u WHERE u.id = \
        (SELECT v.user_id FROM user_emails v WHERE v.is_verified AND lower(v.email) = ";
    const AFTER: &'static str = ")";
}

impl<K: 'static> QueryId for LoadBy<'_, K> {
    type QueryId = LoadBy<'static, K>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<K> Query for LoadBy<'_, K> {
    type SqlType = Columns;
}

impl<K: Condition> QueryFragment<Pg> for LoadBy<'_, K> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&SELECT);
        out.push_sql(K::BEFORE);
        out.push_bind_param::<Text, _>(self.value)?;
        out.push_sql(K::AFTER);
        Ok(())
    }
}

impl<K> RunQueryDsl<PgConnection> for LoadBy<'_, K> {}
