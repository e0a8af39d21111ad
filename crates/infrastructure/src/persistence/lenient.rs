//! Columns as other applications may have filled them (R29): NULL where the models allow it, and
//! on SQLite a value of any type in any column. Whatever cannot be read is as good as missing.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    sql_types::{Bool, Date, Integer, Nullable, Text, Timestamp},
    sqlite::Sqlite,
};

use super::json_column::{Json, JsonText};

/// A moment that has to be there. Postgres has moments that lie before or after all that can be
/// read; they are the first or the last one.
#[derive(Debug, FromSqlRow)]
pub(crate) struct Moment(NaiveDateTime);

/// The same of one that may be missing.
#[derive(Debug, FromSqlRow)]
pub(crate) struct MaybeMoment(Option<NaiveDateTime>);

/// A day that may be missing.
#[derive(Debug, FromSqlRow)]
pub(crate) struct MaybeDay(Option<NaiveDate>);

/// `false` unless it says otherwise.
#[derive(Debug, FromSqlRow)]
pub(crate) struct Flag(bool);

/// 0 where there is none.
#[derive(Debug, FromSqlRow)]
pub(crate) struct Count(i32);

/// The empty text where there is none.
#[derive(Debug, FromSqlRow)]
pub(crate) struct Words(String);

/// [`Json::MISSING`] where there is none.
#[derive(Debug, FromSqlRow)]
pub(crate) struct MaybeJson(Json);

/// What cannot be read on SQLite, and NULL on either: the key of such a moment in the indexes of
/// migration 10 is the same.
pub(crate) fn unknown_moment() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or_default().into()
}

/// A timestamp of Postgres counts microseconds from the year 2000, and so does its sign.
fn postgres_moment(value: PgValue<'_>) -> NaiveDateTime {
    let is_negative = value.as_bytes().first().is_some_and(|byte| *byte >= 0x80);
    let beyond = if is_negative { FIRST_MOMENT } else { LAST_MOMENT };
    <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).unwrap_or(beyond)
}

/// What stands for `-infinity`; a cursor needs whole microseconds.
pub(crate) const FIRST_MOMENT: NaiveDateTime = NaiveDateTime::MIN;
/// What stands for `infinity`.
pub(crate) const LAST_MOMENT: NaiveDateTime = NaiveDateTime::MAX;

impl FromSql<Timestamp, Pg> for Moment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(postgres_moment(value)))
    }

    fn from_nullable_sql(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        Ok(Self(value.map_or_else(unknown_moment, postgres_moment)))
    }
}

impl FromSql<Nullable<Timestamp>, Pg> for MaybeMoment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Some(postgres_moment(value))))
    }

    fn from_nullable_sql(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        Ok(Self(value.map(postgres_moment)))
    }
}

type SqliteValue<'a> = <Sqlite as Backend>::RawValue<'a>;

fn sqlite_moment(value: Option<SqliteValue<'_>>) -> Option<NaiveDateTime> {
    <NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value?).ok()
}

impl FromSql<Timestamp, Sqlite> for Moment {
    fn from_sql(value: SqliteValue<'_>) -> deserialize::Result<Self> {
        <Self as FromSql<Timestamp, Sqlite>>::from_nullable_sql(Some(value))
    }

    fn from_nullable_sql(value: Option<SqliteValue<'_>>) -> deserialize::Result<Self> {
        Ok(Self(sqlite_moment(value).unwrap_or_else(unknown_moment)))
    }
}

impl FromSql<Nullable<Timestamp>, Sqlite> for MaybeMoment {
    fn from_sql(value: SqliteValue<'_>) -> deserialize::Result<Self> {
        <Self as FromSql<Nullable<Timestamp>, Sqlite>>::from_nullable_sql(Some(value))
    }

    fn from_nullable_sql(value: Option<SqliteValue<'_>>) -> deserialize::Result<Self> {
        Ok(Self(sqlite_moment(value)))
    }
}

/// The rest is read alike on both: as the type of the standard library, if that succeeds.
macro_rules! read_if_possible {
    ($name:ident: $read:ty, $read_type:ty, $sql_type:ty, $backend:ty) => {
        impl FromSql<$sql_type, $backend> for $name {
            fn from_sql(value: <$backend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                <Self as FromSql<$sql_type, $backend>>::from_nullable_sql(Some(value))
            }

            fn from_nullable_sql(
                value: Option<<$backend as Backend>::RawValue<'_>>,
            ) -> deserialize::Result<Self> {
                let read = value.map(<$read as FromSql<$read_type, $backend>>::from_sql);
                Ok(Self(read.and_then(Result::ok).map(Into::into).unwrap_or_default()))
            }
        }
    };
}

read_if_possible!(MaybeDay: NaiveDate, Date, Nullable<Date>, Pg);
read_if_possible!(MaybeDay: NaiveDate, Date, Nullable<Date>, Sqlite);
read_if_possible!(Flag: bool, Bool, Bool, Pg);
read_if_possible!(Flag: bool, Bool, Bool, Sqlite);
read_if_possible!(Count: i32, Integer, Integer, Pg);
read_if_possible!(Count: i32, Integer, Integer, Sqlite);
read_if_possible!(Words: String, Text, Text, Pg);
read_if_possible!(Words: String, Text, Text, Sqlite);

impl<DB: Backend> FromSql<JsonText, DB> for MaybeJson
where
    Json: FromSql<JsonText, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        <Self as FromSql<JsonText, DB>>::from_nullable_sql(Some(value))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        let read = value.and_then(|value| <Json as FromSql<JsonText, DB>>::from_sql(value).ok());
        Ok(Self(read.unwrap_or_else(|| Json(Json::MISSING.to_owned()))))
    }
}

macro_rules! unwrapped {
    ($($name:ident: $inner:ty),+ $(,)?) => {$(
        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )+};
}

unwrapped!(
    Moment: NaiveDateTime,
    MaybeMoment: Option<NaiveDateTime>,
    MaybeDay: Option<NaiveDate>,
    Flag: bool,
    Count: i32,
    Words: String,
    MaybeJson: Json,
);
