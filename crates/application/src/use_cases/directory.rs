use userdom_domain::{EmailAddress, RepositoryError, UserSpecification, Username};

use super::{
    UserView,
    page::{Page, cut},
};
use crate::{
    App, AppError, Caller, Resource,
    policies::{self, GlobalOperation},
    ports::{DirectoryQuery, Place, UserOrder},
};

/// A search of the directory.
#[derive(Debug, Clone)]
pub struct SearchUsers {
    /// The test that users must pass.
    pub specification: UserSpecification,
    /// In which order.
    pub order: UserOrder,
    /// The cursor of the page before; `None` is the beginning.
    pub cursor: Option<String>,
    /// How many at most; at least one.
    pub limit: u32,
    /// Whether to count all users that the search finds.
    pub with_total: bool,
}

/// So many rows of a table in one transaction, which holds SQLite's only writer.
const INDEX_BATCH: u32 = 500;

impl App {
    /// Whether the caller may search at all.
    pub fn check_search(caller: &Caller) -> Result<(), AppError> {
        policies::authorise_globally(caller.actor.as_ref(), GlobalOperation::SearchUsers)
    }

    /// A page of the users that a search finds.
    pub fn search_users(
        &self,
        caller: &Caller,
        search: &SearchUsers,
    ) -> Result<Page<UserView>, AppError> {
        Self::check_search(caller)?;
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let context = search.context();
        let after = match &search.cursor {
            Some(cursor) => Some(self.read_cursor(&context, cursor)?),
            None => None,
        };
        let now = self.now();
        let mut reader = self.adapters.store.read()?;
        let query = DirectoryQuery {
            specification: &search.specification,
            order: search.order,
            after,
            limit: search.limit.saturating_add(1),
            now,
        };
        let mut found = reader.directory().page(&query)?;
        let has_more = cut(&mut found, search.limit);
        let total = if search.with_total {
            Some(reader.directory().count(&search.specification, now)?)
        } else {
            None
        };
        let mint = &self.adapters.mint;
        let items = found.iter().map(|user| {
            let place = search.order.place(user).to_bytes();
            (self.view_for(actor, user), mint.cursor(&context, &place))
        });
        Ok(Page { items: items.collect(), has_more, total })
    }

    fn read_cursor(&self, context: &str, cursor: &str) -> Result<Place, AppError> {
        let place = self.adapters.mint.read_cursor_of_any_key(context, cursor);
        place.and_then(|bytes| Place::from_bytes(&bytes)).ok_or(AppError::CursorNotValid)
    }

    /// The user who has verified this email (R21).
    pub fn get_user_by_email(
        &self,
        caller: &Caller,
        email: &EmailAddress,
    ) -> Result<UserView, AppError> {
        Self::check_search(caller)?;
        let found = self.adapters.store.read()?.users().find_by_email(email)?;
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        Ok(self.view_for(actor, &found.ok_or(AppError::NotFound(Resource::User))?))
    }

    /// The user with this name (R9).
    pub fn get_user_by_username(
        &self,
        caller: &Caller,
        username: &Username,
    ) -> Result<UserView, AppError> {
        Self::check_search(caller)?;
        let found = self.adapters.store.read()?.users().find_by_username(username)?;
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        Ok(self.view_for(actor, &found.ok_or(AppError::NotFound(Resource::User))?))
    }

    /// Reads what other applications have written into the shared tables, so that the
    /// directory finds it, while `goes_on` says so. Says how many rows; several instances may do
    /// it at once.
    pub fn index_directory(&self, goes_on: &dyn Fn() -> bool) -> Result<u64, RepositoryError> {
        let mut indexed = 0;
        while goes_on() {
            let mut uow = self.adapters.store.begin()?;
            let rows = uow.directory().index(INDEX_BATCH)?;
            uow.commit()?;
            indexed += rows;
            if rows == 0 {
                break;
            }
        }
        Ok(indexed)
    }
}

impl SearchUsers {
    /// What a cursor is good for: the next page of the same search, however long.
    fn context(&self) -> String {
        format!("users {:?} {:?}", self.order, self.specification)
    }
}
