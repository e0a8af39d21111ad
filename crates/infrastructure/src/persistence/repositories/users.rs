use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use userdom_domain::{
    EmailAddress, RepositoryError, UserAggregate, UserId, UserRepository, UserRole, Username,
};

use super::{
    load_user::{self, Key},
    outbox::outbox_rows,
    register_user::Registration,
    save_user,
};
use crate::persistence::{
    connection::DbConnection,
    conversions::readable_id,
    json_column::Json,
    models::{UserRows, roles},
    schema::users,
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// The roles as text, to look for one in it.
fn roles_text() -> SqlLiteral<Text> {
    sql::<Text>("CAST(roles AS TEXT)")
}

impl SqlUnitOfWork {
    fn find(&mut self, key: &Key<'_>) -> Result<Option<UserAggregate>, RepositoryError> {
        let found = load_user::load(self.db()?, key);
        let Some(rows) = self.checked(found)? else {
            return Ok(None);
        };
        self.loaded.insert(rows.user.id.clone(), rows.clone());
        Ok(Some(UserAggregate::restore(rows.try_into()?)))
    }

    fn insert(&mut self, user: &UserAggregate, rows: UserRows) -> Result<(), RepositoryError> {
        self.refuse_if_reading()?;
        let mut outbox = outbox_rows(user, self.ids.as_ref());
        outbox.append(&mut self.messages);
        let registration = Registration { rows, outbox, tokens: Vec::new() };
        if self.is_postgres() && !self.is_open() && self.registration.is_none() {
            self.registration = Some(registration);
            return Ok(());
        }
        let inserted = registration.insert(self.writing()?, &[]);
        self.checked(inserted)
    }

    fn update(&mut self, user: &UserAggregate, rows: &UserRows) -> Result<(), RepositoryError> {
        if !self.loaded.contains_key(&rows.user.id) {
            self.find(&Key::Id(&rows.user.id))?;
        }
        let mut outbox = outbox_rows(user, self.ids.as_ref());
        outbox.append(&mut self.messages);
        let Some(before) = self.loaded.remove(&rows.user.id) else {
            return Err(RepositoryError::Stale);
        };
        let mut rows = rows.clone();
        rows.user.keep_roles(&before.user);
        let saved = save_user::update(self.writing()?, &before, &rows, user, &outbox);
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
        let mut rows = UserRows::from(user.snapshot());
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

    fn lock_admins(&mut self) -> Result<Vec<UserId>, RepositoryError> {
        let (writing, admin) = (self.writing()?, "%\"admin\"%");
        let found: QueryResult<Vec<(String, Json)>> = match writing {
            // In the order of their ids, so that two of these never wait for each other.
            DbConnection::Postgres(pg) => users::table
                .filter(users::status.eq("active").and(roles_text().like(admin)))
                .order(users::id)
                .select((users::id, users::roles))
                .for_update()
                .load(pg),
            // There is one writer at a time.
            DbConnection::Sqlite(sqlite) => users::table
                .filter(users::status.eq("active").and(roles_text().like(admin)))
                .select((users::id, users::roles))
                .load(sqlite),
        };
        // Roles that only look like it, and users that cannot be read, are no admins.
        let admins = self.checked(found)?.into_iter();
        let admins = admins.filter(|(_, stored)| roles(stored).contains(&UserRole::Admin));
        Ok(admins.filter_map(|(id, _)| readable_id("users", &id)).collect())
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
