//! Columns as other applications may have filled them (R29): NULL where the models allow it, and
//! on SQLite a value of any type in any column. An unreadable value counts as missing.

use std::{borrow::Cow, ops::RangeInclusive};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
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

/// A text, or the default of its column where there is none.
pub(crate) fn or_default(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

/// An unreadable moment of SQLite, and NULL on either: its key in the indexes of migration 13 is
/// the same.
pub(crate) fn unknown_moment() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or_default().into()
}

/// A timestamp of Postgres counts microseconds from the year 2000, and so does its sign.
fn postgres_moment(value: PgValue<'_>) -> NaiveDateTime {
    let is_negative = value.as_bytes().first().is_some_and(|byte| *byte >= 0x80);
    let beyond = if is_negative { FIRST_MOMENT } else { LAST_MOMENT };
    <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).unwrap_or(beyond)
}

/// `-infinity`; a cursor needs whole microseconds.
pub(crate) const FIRST_MOMENT: NaiveDateTime = NaiveDateTime::MIN;
/// `infinity`.
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
    let text = <String as FromSql<Text, Sqlite>>::from_sql(value?).ok()?;
    moment_of(&text)
}

/// A moment as SQLite's own `strftime` reads it, in UTC and to the microsecond: the key that lists
/// are sorted by (`SQLITE_MOMENT_KEY`) and the moment of the user are one. A day or an hour too much, such
/// as February 31 or 24:00, is the one that comes next.
fn moment_of(text: &str) -> Option<NaiveDateTime> {
    let (text, micros) = without_decimals(text)?;
    let mut rest = Rest(&text);
    let year = rest.number(4, 1..=9999)?;
    let month = rest.after(b'-')?.number(2, 1..=12)?;
    let day = rest.after(b'-')?.number(2, 1..=31)?;
    rest.skip(|byte| is_space(byte) || byte == b'T');
    let mut seconds = 0;
    if !rest.0.is_empty() {
        seconds += 3600 * rest.number(2, 0..=24)?;
        seconds += 60 * rest.after(b':')?.number(2, 0..=59)?;
        if rest.after(b':').is_some() {
            seconds += rest.number(2, 0..=59)?;
            if let Some(decimals) = rest.0.strip_prefix('.') {
                // Behind those that were cut out: a second dot.
                rest.0 = decimals;
                rest.number(1, 0..=9)?;
                rest.skip(|byte| byte.is_ascii_digit());
            }
        }
        seconds -= rest.offset()?;
    }
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, 1)?;
    let midnight = first.and_time(NaiveTime::MIN) + TimeDelta::days(day - 1);
    let moment = midnight + TimeDelta::seconds(seconds) + TimeDelta::microseconds(micros);
    (0..=9999).contains(&moment.year()).then_some(moment)
}

/// Cuts out the digits behind the first dot; of them six count.
fn without_decimals(text: &str) -> Option<(Cow<'_, str>, i64)> {
    let Some((whole, rest)) = text.split_once('.') else {
        return Some((text.into(), 0));
    };
    let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = &rest[..rest.len() - behind.len()];
    let micros = format!("{digits:0<6}").get(..6)?.parse().ok()?;
    Some((format!("{whole}{behind}").into(), micros))
}

/// The bytes that SQLite skips in a moment.
fn is_space(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

/// The rest of a text.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize, range: RangeInclusive<i64>) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|number| is_number && range.contains(number))?;
        self.0 = rest;
        Some(number)
    }

    /// Skips a byte, if it comes next.
    fn after(&mut self, byte: u8) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(char::from(byte))?;
        Some(self)
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        self.0 = self.0.trim_start_matches(|letter| u8::try_from(letter).is_ok_and(&is_skipped));
    }

    /// The seconds of an offset from UTC at the end: 0 for a `Z`, or nothing.
    fn offset(&mut self) -> Option<i64> {
        self.skip(is_space);
        let sign = match self.0.bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(b'Z' | b'z') => 0,
            Some(_) => return None,
            None => return Some(0),
        };
        self.0 = &self.0[1..];
        let mut seconds = 0;
        if sign != 0 {
            seconds += 3600 * self.number(2, 0..=14)?;
            seconds += 60 * self.after(b':')?.number(2, 0..=59)?;
        }
        self.skip(is_space);
        self.0.is_empty().then_some(sign * seconds)
    }
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

#[cfg(test)]
mod tests {
    use diesel::{Connection, RunQueryDsl, SqliteConnection, prelude::*, sql_query};

    use super::*;
    use crate::persistence::search::Dialect;

    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        written: String,
        #[diesel(sql_type = Text)]
        key: String,
        #[diesel(sql_type = Timestamp, deserialize_as = Moment)]
        moment: NaiveDateTime,
    }

    /// Every way to write a moment that the parts below give: 30,000 of them.
    const PARTS: [&[&str]; 5] = [
        &[
            "2026-01-01",
            "2024-02-29",
            "2026-02-31",
            "2026-13-01",
            "2026-01-00",
            "0000-01-01",
            "0001-01-01",
            "9999-12-31",
            "26-1-1",
            "2026-1-01",
            "-2026-01-01",
            "",
        ],
        &["", " ", "T", "  T ", "t", "\t"],
        &[
            "", "10:00", "10:00:00", "23:59:59", "24:00:00", "25:00:00", "10:60", "1:00",
            "10:00:60", "1000", "now",
        ],
        &["", ".", ".5", ".123456", ".1234567", ".5.5", ".x"],
        &["", "Z", "z", " Z", "Z ", "+02:00", "-14:59", "+15:00", "+0200", " +02:00 ", "+02", "x"],
    ];

    /// Seen to fail with Diesel's reader, and with a key that takes 2026-02-31 as it stands.
    #[test]
    fn r29_a_moment_is_read_as_it_is_sorted() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        sql_query("CREATE TABLE texts (written TIMESTAMP)").execute(&mut sqlite).unwrap();
        for parts in
            ["0", "12", "2460000.5", "X'323032362D30312D30312031303A30303A30302E303030303030'"]
        {
            sql_query(format!("INSERT INTO texts VALUES ({parts})")).execute(&mut sqlite).unwrap();
        }
        let tables: Vec<String> = PARTS
            .iter()
            .enumerate()
            .map(|(n, parts)| {
                let values: Vec<_> = parts.iter().map(|part| format!("('{part}')")).collect();
                format!("(SELECT column1 AS p{n} FROM (VALUES {}))", values.join(", "))
            })
            .collect();
        let all = format!(
            "INSERT INTO texts SELECT p0 || p1 || p2 || p3 || p4 FROM {}",
            tables.join(", ")
        );
        assert!(sql_query(all).execute(&mut sqlite).unwrap() > 30_000);
        let key = Dialect::Sqlite.moment_key("written");
        let select = format!("SELECT written, {key} AS key, written AS moment FROM texts");
        let rows: Vec<Row> = sql_query(select).load(&mut sqlite).unwrap();
        for row in rows {
            let read = row.moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
            assert_eq!(read, row.key, "{:?}", row.written);
        }
        let after = format!("SELECT COUNT(*) FROM texts WHERE typeof({key}) <> 'text'");
        let blobs: i64 =
            diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("({after})")))
                .get_result(&mut sqlite)
                .unwrap();
        assert_eq!(blobs, 0, "another type is sorted elsewhere");
    }
}
