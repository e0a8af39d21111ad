//! The filter grammar of SCIM (RFC 7644 §3.4.2.2) over the fields of a user.

mod attributes;
mod grammar;
mod meaning;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_application::services::CodedError;

pub(crate) use meaning::read;

/// Why a text is no filter: where, counted in characters from 1, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterError {
    pub(crate) at: usize,
    pub(crate) what: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At character {}: {}", self.at, self.what)
    }
}

impl CodedError for FilterError {
    fn code(&self) -> &'static str {
        code!("filter.invalid").name
    }
}

/// The next moment that the store can distinguish from this one.
pub(crate) fn just_after(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment + TimeDelta::microseconds(1)
}
