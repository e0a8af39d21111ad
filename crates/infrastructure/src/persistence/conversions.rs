//! Values as the tables hold them: moments in UTC without a zone, identities as text.

use chrono::{DateTime, NaiveDateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::errors::corrupt_value;

pub(crate) fn utc(moment: NaiveDateTime) -> DateTime<Utc> {
    moment.and_utc()
}

pub(crate) fn maybe_utc(moment: Option<NaiveDateTime>) -> Option<DateTime<Utc>> {
    moment.map(utc)
}

pub(crate) fn naive(moment: Option<DateTime<Utc>>) -> Option<NaiveDateTime> {
    moment.map(|moment| moment.naive_utc())
}

/// Reads an identity, which has one spelling only: no key would match another one.
pub(crate) fn read_uuid(table: &'static str, text: &str) -> Result<Uuid, RepositoryError> {
    let id = Uuid::parse_str(text).map_err(|error| corrupt_value(table, text, error))?;
    if id.to_string() == text {
        return Ok(id);
    }
    Err(corrupt_value(table, text, NotCanonical))
}

/// The identity of a user; an unreadable one is left out, with a warning (R29).
pub(crate) fn readable_id(table: &'static str, text: &str) -> Option<UserId> {
    match read_uuid(table, text) {
        Ok(id) => Some(UserId::from_uuid(id)),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a user that cannot be read");
            None
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("an identity is a UUID of 36 characters in lower case")]
struct NotCanonical;

/// The 32 bytes of a hash or seed.
pub(crate) fn read_hash(
    table: &'static str,
    row: &str,
    bytes: &[u8],
) -> Result<[u8; 32], RepositoryError> {
    bytes
        .try_into()
        .map_err(|error: std::array::TryFromSliceError| corrupt_value(table, row, error))
}

/// As much of a text as a column holds.
pub(crate) fn fitting(text: &str, chars: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(chars).collect()
}
