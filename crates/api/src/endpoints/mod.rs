//! The endpoints of the API; a file a noun. Each endpoint is a value beside its handler.

pub(crate) mod addresses;
mod api_keys;
mod audit_events;
mod batch;
pub(crate) mod directory;
mod emails;
mod export;
mod introspection;
mod passwords;
mod phones;
mod profile;
mod registration;
mod sessions;
mod sign_in;
mod status;
mod two_factor;
mod users;

use serde::Serialize;
use serde_json::Value;
use userdom_application::use_cases;

use crate::http::{endpoint::Endpoint, problem::Problem};

/// All of them. Those of one path stand together; of paths that fit, the first one is meant.
pub(crate) static ENDPOINTS: &[&Endpoint] = &[
    &sign_in::SIGN_IN,
    &sign_in::FINISH_SIGN_IN,
    &sessions::REFRESH,
    &sessions::SIGN_OUT,
    &sessions::REAUTHENTICATE,
    &emails::VERIFY,
    &passwords::REQUEST_RESET,
    &passwords::RESET,
    &introspection::INTROSPECT,
    &api_keys::LIST,
    &api_keys::CREATE,
    &api_keys::REMOVE,
    &batch::BATCH,
    &directory::SEARCH,
    &registration::REGISTER,
    &directory::BY_EMAIL,
    &directory::BY_USERNAME,
    &users::SHOW,
    &users::UPDATE,
    &users::DELETE,
    &profile::SHOW,
    &profile::UPDATE,
    &emails::LIST,
    &emails::ADD,
    &emails::UPDATE,
    &emails::REMOVE,
    &emails::SET_DEFAULT,
    &emails::SEND_VERIFICATION,
    &phones::LIST,
    &phones::ADD,
    &phones::UPDATE,
    &phones::REMOVE,
    &phones::SET_DEFAULT,
    &phones::SEND_CODE,
    &phones::VERIFY,
    &addresses::LIST,
    &addresses::ADD,
    &addresses::REPLACE,
    &addresses::REMOVE,
    &addresses::SET_DEFAULT,
    &sessions::LIST,
    &sessions::END_ALL,
    &sessions::END,
    &passwords::CHANGE,
    &two_factor::SET_UP,
    &two_factor::REMOVE,
    &two_factor::CONFIRM,
    &two_factor::REPLACE_CODES,
    &status::ACTIVATE,
    &status::SUSPEND,
    &status::REINSTATE,
    &status::BAN,
    &status::UNBAN,
    &status::RESTORE,
    &status::UNLOCK,
    &status::SET_ROLES,
    &export::EXPORT,
    &audit_events::LIST,
];

/// A part of a list, and where the rest begins.
#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl<T> Page<T> {
    /// A list that always fits on one page.
    fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, total: None }
    }
}

impl<T> From<use_cases::Page<T>> for Page<T> {
    fn from(page: use_cases::Page<T>) -> Self {
        let (items, cursors): (Vec<_>, Vec<_>) = page.items.into_iter().unzip();
        let next_cursor = cursors.into_iter().next_back().filter(|_| page.has_more);
        Self { items, next_cursor, total: page.total }
    }
}

/// The same page with its items as JSON.
fn as_json<T: Serialize>(page: use_cases::Page<T>) -> Result<use_cases::Page<Value>, Problem> {
    let use_cases::Page { items, has_more, total } = page;
    let items = items.into_iter().map(|(item, cursor)| Ok((serde_json::to_value(item)?, cursor)));
    let items: Result<_, serde_json::Error> = items.collect();
    Ok(use_cases::Page { items: items.map_err(Problem::internal)?, has_more, total })
}
