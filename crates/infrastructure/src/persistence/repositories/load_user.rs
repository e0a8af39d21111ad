use std::{collections::HashMap, marker::PhantomData};

use diesel::{
    PgConnection, SqliteConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Bool, Date, Nullable, Record, Text, Timestamp},
};

use crate::persistence::{
    connection::DbConnection,
    lenient::{Flag, MaybeDay, MaybeMoment, Moment, Words},
    mappers::UserRows,
    models::{AddressRow, EmailRow, PhoneRow, ProfileRow, UserRow},
    schema::{user_addresses, user_emails, user_phones, user_profiles, users},
};

/// By what a user is found.
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
        DbConnection::Postgres(pg) => load_postgres(pg, key),
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
    let id = user.id.as_str();
    let profile = user_profiles::table
        .filter(user_profiles::user_id.eq(id))
        .select(ProfileRow::as_select())
        .first(c)
        .optional()?;
    let emails = user_emails::table
        .filter(user_emails::user_id.eq(id))
        .select(EmailRow::as_select())
        .load(c)?;
    let phones = user_phones::table
        .filter(user_phones::user_id.eq(id))
        .select(PhoneRow::as_select())
        .load(c)?;
    let addresses = user_addresses::table
        .filter(user_addresses::user_id.eq(id))
        .select(AddressRow::as_select())
        .load(c)?;
    Ok(Some(UserRows { user, profile, emails, phones, addresses }))
}

/// Many users with what hangs on them, in the same order; each table is asked once. For
/// one user this would be slower: Diesel prepares an IN anew each time.
pub(super) fn with_children(
    c: &mut SqliteConnection,
    users: Vec<UserRow>,
) -> QueryResult<Vec<UserRows>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let profiles: Vec<ProfileRow> = user_profiles::table
        .filter(user_profiles::user_id.eq_any(&ids))
        .select(ProfileRow::as_select())
        .load(c)?;
    let emails: Vec<EmailRow> = user_emails::table
        .filter(user_emails::user_id.eq_any(&ids))
        .select(EmailRow::as_select())
        .load(c)?;
    let phones: Vec<PhoneRow> = user_phones::table
        .filter(user_phones::user_id.eq_any(&ids))
        .select(PhoneRow::as_select())
        .load(c)?;
    let addresses: Vec<AddressRow> = user_addresses::table
        .filter(user_addresses::user_id.eq_any(&ids))
        .select(AddressRow::as_select())
        .load(c)?;

    let mut profiles = by_user(profiles, |row| &row.user_id);
    let mut emails = by_user(emails, |row| &row.user_id);
    let mut phones = by_user(phones, |row| &row.user_id);
    let mut addresses = by_user(addresses, |row| &row.user_id);
    let whole = users.into_iter().map(|user| UserRows {
        profile: profiles.remove(&user.id).and_then(|mut found| found.pop()),
        emails: emails.remove(&user.id).unwrap_or_default(),
        phones: phones.remove(&user.id).unwrap_or_default(),
        addresses: addresses.remove(&user.id).unwrap_or_default(),
        user,
    });
    Ok(whole.collect())
}

fn by_user<R>(rows: Vec<R>, user: impl Fn(&R) -> &String) -> HashMap<String, Vec<R>> {
    let mut sorted: HashMap<String, Vec<R>> = HashMap::new();
    for row in rows {
        sorted.entry(user(&row).clone()).or_default().push(row);
    }
    sorted
}

/// A whole user by one statement, and so in one round trip and of one moment.
/// Joins would multiply the children with each other. What `u` is follows.
pub(super) const SELECT: &str = "\
SELECT u.id, u.username, u.password_hash, u.status, u.roles, u.email_verified, u.phone_verified, \
u.two_factor_enabled, u.failed_login_attempts, u.account_locked_until, u.created_at, u.updated_at, \
u.last_login_at, u.password_changed_at, u.preferences, u.version, u.status_reason, u.status_actor, \
u.status_until, u.status_before, u.first_name_key, u.last_name_key, u.display_name_key, \
(SELECT ROW(p.first_name, p.last_name, p.display_name, p.date_of_birth, p.gender, \
p.preferred_language, p.timezone, p.bio, p.avatar_url, p.created_at, p.updated_at) \
FROM user_profiles p WHERE p.user_id = u.id), \
ARRAY(SELECT ROW(e.uid, e.email, e.provider, e.contact_type, e.is_verified, e.is_default, \
e.created_at, e.verified_at) FROM user_emails e WHERE e.user_id COLLATE \"C\" = u.id), \
ARRAY(SELECT ROW(t.uid, t.phone_number, t.country_code, t.formatted_number, t.contact_type, \
t.is_verified, t.is_default, t.created_at, t.verified_at, t.number_key) FROM user_phones t WHERE t.user_id COLLATE \"C\" = u.id), \
ARRAY(SELECT ROW(a.uid, a.street_line1, a.street_line2, a.city, a.state, a.postal_code, a.country, \
a.contact_type, a.is_default, a.created_at, a.city_key) FROM user_addresses a WHERE a.user_id COLLATE \"C\" = u.id) \
FROM ";

/// What [`SELECT`] gives for each user.
pub(super) type Columns = (
    users::SqlType,
    Nullable<ProfileRecord>,
    Array<EmailRecord>,
    Array<PhoneRecord>,
    Array<AddressRecord>,
);

type ProfileRecord = Record<(
    Text,
    Text,
    Nullable<Text>,
    Nullable<Date>,
    Nullable<Text>,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Timestamp,
    Timestamp,
)>;
type EmailRecord =
    Record<(Text, Text, Nullable<Text>, Text, Bool, Bool, Timestamp, Nullable<Timestamp>)>;
type PhoneRecord = Record<(
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Bool,
    Bool,
    Timestamp,
    Nullable<Timestamp>,
    Nullable<Text>,
)>;
type AddressRecord = Record<(
    Text,
    Text,
    Nullable<Text>,
    Text,
    Text,
    Text,
    Text,
    Text,
    Bool,
    Timestamp,
    Nullable<Text>,
)>;

/// The statement for one kind of key; each kind is a prepared statement of its own.
struct LoadBy<'a, K> {
    value: &'a str,
    kind: PhantomData<K>,
}

struct ById;
struct ByUsername;
struct ByVerifiedEmail;

/// What stands around the value.
trait Condition {
    const BEFORE: &'static str;
    const AFTER: &'static str;
}

impl Condition for ById {
    const BEFORE: &'static str = "users u WHERE u.id = ";
    const AFTER: &'static str = "";
}

impl Condition for ByUsername {
    const BEFORE: &'static str = "users u WHERE lower(u.username) = ";
    const AFTER: &'static str = "";
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
        out.push_sql(SELECT);
        out.push_sql(K::BEFORE);
        out.push_bind_param::<Text, _>(self.value)?;
        out.push_sql(K::AFTER);
        Ok(())
    }
}

impl<K> RunQueryDsl<PgConnection> for LoadBy<'_, K> {}

fn load_postgres(pg: &mut PgConnection, key: &Key<'_>) -> QueryResult<Option<UserRows>> {
    match key {
        Key::Id(value) => first(LoadBy { value, kind: PhantomData::<ById> }, pg),
        Key::Username(value) => first(LoadBy { value, kind: PhantomData::<ByUsername> }, pg),
        Key::VerifiedEmail(value) => {
            first(LoadBy { value, kind: PhantomData::<ByVerifiedEmail> }, pg)
        }
    }
}

type ProfileTuple = (
    Words,
    Words,
    Option<String>,
    MaybeDay,
    Option<String>,
    Words,
    Words,
    Option<String>,
    Option<String>,
    Moment,
    Moment,
);
type EmailTuple = (Words, Words, Option<String>, Words, Flag, Flag, Moment, MaybeMoment);
type PhoneTuple = (
    Words,
    Words,
    Option<String>,
    Option<String>,
    Words,
    Flag,
    Flag,
    Moment,
    MaybeMoment,
    Option<String>,
);
type AddressTuple =
    (Words, Words, Option<String>, Words, Words, Words, Words, Words, Flag, Moment, Option<String>);
pub(super) type Loaded =
    (UserRow, Option<ProfileTuple>, Vec<EmailTuple>, Vec<PhoneTuple>, Vec<AddressTuple>);

fn first<K: Condition + 'static>(
    statement: LoadBy<'_, K>,
    pg: &mut PgConnection,
) -> QueryResult<Option<UserRows>> {
    let found: Option<Loaded> = statement.get_result(pg).optional()?;
    Ok(found.map(user_rows))
}

pub(super) fn user_rows((user, profile, emails, phones, addresses): Loaded) -> UserRows {
    let id = &user.id;
    UserRows {
        profile: profile.map(|record| profile_row(id, record)),
        emails: emails.into_iter().map(|record| email_row(id, record)).collect(),
        phones: phones.into_iter().map(|record| phone_row(id, record)).collect(),
        addresses: addresses.into_iter().map(|record| address_row(id, record)).collect(),
        user,
    }
}

fn profile_row(id: &str, record: ProfileTuple) -> ProfileRow {
    let (
        first_name,
        last_name,
        display_name,
        date_of_birth,
        gender,
        preferred_language,
        timezone,
        bio,
        avatar_url,
        created_at,
        updated_at,
    ) = record;
    ProfileRow {
        user_id: id.to_owned(),
        first_name: first_name.into(),
        last_name: last_name.into(),
        display_name,
        date_of_birth: date_of_birth.into(),
        gender,
        preferred_language: preferred_language.into(),
        timezone: timezone.into(),
        bio,
        avatar_url,
        created_at: created_at.into(),
        updated_at: updated_at.into(),
    }
}

fn email_row(id: &str, record: EmailTuple) -> EmailRow {
    let (uid, email, provider, contact_type, is_verified, is_default, created_at, verified_at) =
        record;
    EmailRow {
        user_id: id.to_owned(),
        uid: uid.into(),
        email: email.into(),
        provider,
        contact_type: contact_type.into(),
        is_verified: is_verified.into(),
        is_default: is_default.into(),
        created_at: created_at.into(),
        verified_at: verified_at.into(),
    }
}

fn phone_row(id: &str, record: PhoneTuple) -> PhoneRow {
    let (
        uid,
        phone_number,
        country_code,
        formatted_number,
        contact_type,
        is_verified,
        is_default,
        created_at,
        verified_at,
        number_key,
    ) = record;
    PhoneRow {
        user_id: id.to_owned(),
        uid: uid.into(),
        phone_number: phone_number.into(),
        country_code,
        formatted_number,
        contact_type: contact_type.into(),
        is_verified: is_verified.into(),
        is_default: is_default.into(),
        created_at: created_at.into(),
        verified_at: verified_at.into(),
        number_key,
    }
}

fn address_row(id: &str, record: AddressTuple) -> AddressRow {
    let (
        uid,
        street_line1,
        street_line2,
        city,
        state,
        postal_code,
        country,
        contact_type,
        is_default,
        created_at,
        city_key,
    ) = record;
    AddressRow {
        user_id: id.to_owned(),
        uid: uid.into(),
        street_line1: street_line1.into(),
        street_line2,
        city: city.into(),
        state: state.into(),
        postal_code: postal_code.into(),
        country: country.into(),
        contact_type: contact_type.into(),
        is_default: is_default.into(),
        created_at: created_at.into(),
        city_key,
    }
}
