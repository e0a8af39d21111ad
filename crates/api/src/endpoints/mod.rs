//! Every operation of the API; a file a noun.

pub(crate) mod addresses;
pub(crate) mod api_keys;
pub(crate) mod audit_events;
pub(crate) mod directory;
pub(crate) mod emails;
pub(crate) mod passwords;
pub(crate) mod phones;
pub(crate) mod profile;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod two_factor;
pub(crate) mod users;

use serde::Serialize;
use userdom_application::queries;

/// A part of a list, and where the rest begins.
#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

fn page_of<T>(page: queries::Page<T>) -> Page<T> {
    let (items, cursors): (Vec<_>, Vec<_>) = page.items.into_iter().unzip();
    let next_cursor = cursors.into_iter().next_back().filter(|_| page.has_more);
    Page { items, next_cursor, total: page.total }
}

impl<T> Page<T> {
    /// A list that always fits on one page.
    fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, total: None }
    }
}
