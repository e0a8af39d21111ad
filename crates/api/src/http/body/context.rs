use chrono::{DateTime, Utc};
use userdom_application::App;
use userdom_domain::Region;

/// What values are judged by. No application judges a request that is only described.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'a> {
    pub(crate) app: Option<&'a App>,
    pub(crate) now: DateTime<Utc>,
}

impl Context<'_> {
    pub(crate) fn default_region(self) -> Option<Region> {
        self.app.and_then(|app| app.settings().default_region)
    }

    pub(crate) fn password_min_chars(self) -> usize {
        self.app.map_or(0, |app| app.settings().password_min_chars)
    }
}
