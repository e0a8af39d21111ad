use diesel::prelude::*;
use userdom_domain::{
    EmailAddress, RepositoryError, UserAggregate, UserId, UserRepository, Username,
};

use super::{
    load_user::{self, Key},
    register_user::{Registration, outbox_rows},
    save_user,
};
use crate::persistence::{
    errors::corrupt,
    mappers::UserRows,
    schema::users,
    unit_of_work::{SqlUnitOfWork, on_either},
};

impl SqlUnitOfWork {
    fn find(&mut self, key: &Key<'_>) -> Result<Option<UserAggregate>, RepositoryError> {
        let found = load_user::load(self.db()?, key);
        let Some(rows) = self.checked(found)? else {
            return Ok(None);
        };
        self.loaded.insert(rows.user.id.clone(), rows.clone());
        let user = UserAggregate::restore(rows.into_snapshot()?).map_err(corrupt)?;
        Ok(Some(user))
    }

    fn insert(&mut self, user: &UserAggregate, rows: UserRows) -> Result<(), RepositoryError> {
        self.refuse_if_reading()?;
        let events = outbox_rows(user, self.ids.as_ref());
        let registration = Registration { rows, events, tokens: Vec::new() };
        if self.is_postgres() && !self.is_open() && self.registration.is_none() {
            self.registration = Some(registration);
            return Ok(());
        }
        let inserted = registration.insert(self.writing()?);
        self.checked(inserted)
    }

    fn update(&mut self, user: &UserAggregate, rows: &UserRows) -> Result<(), RepositoryError> {
        if !self.loaded.contains_key(&rows.user.id) {
            self.find(&Key::Id(&rows.user.id))?;
        }
        let events = outbox_rows(user, self.ids.as_ref());
        let Some(before) = self.loaded.remove(&rows.user.id) else {
            return Err(RepositoryError::Stale);
        };
        let saved = save_user::update(self.writing()?, &before, rows, user, &events);
        if self.checked(saved)? { Ok(()) } else { Err(RepositoryError::Stale) }
    }
}

impl UserRepository for SqlUnitOfWork {
    fn find_by_id(&mut self, id: UserId) -> Result<Option<UserAggregate>, RepositoryError> {
        self.find(&Key::Id(&id.to_string()))
    }

    fn find_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<UserAggregate>, RepositoryError> {
        self.find(&Key::VerifiedEmail(email.as_str()))
    }

    fn find_by_username(
        &mut self,
        username: &Username,
    ) -> Result<Option<UserAggregate>, RepositoryError> {
        self.find(&Key::Username(username.key()))
    }

    fn save(&mut self, user: &mut UserAggregate) -> Result<(), RepositoryError> {
        let mut rows = UserRows::of(user.snapshot());
        rows.user.version = user.version() + 1;
        if user.version() == 0 {
            self.insert(user, rows.clone())?;
        } else {
            self.update(user, &rows)?;
        }
        self.loaded.insert(rows.user.id.clone(), rows);
        let _ = user.mark_saved();
        Ok(())
    }

    fn delete(&mut self, id: UserId) -> Result<bool, RepositoryError> {
        let id = id.to_string();
        self.loaded.remove(&id);
        let deleted = on_either!(self.writing()?, c => {
            diesel::delete(users::table.filter(users::id.eq(&id))).execute(c)
        });
        Ok(self.checked(deleted)? > 0)
    }
}
