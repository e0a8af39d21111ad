use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment},
    sql_types::{Nullable, Text},
    sqlite::Sqlite,
};
use userdom_domain::{DomainEvent, UserAggregate};

use super::outbox;
use crate::persistence::{
    connection::DbConnection,
    models::{AddressRow, EmailRow, OutboxRow, PhoneRow, ProfileRow, UserRow, UserRows},
    prepared::prepared,
    schema::{user_addresses, user_emails, user_phones, user_profiles, users},
    search::terms,
    unit_of_work::on_either,
};

/// Writes what differs between `before` and `after`, the root first; `false` when
/// the stored version is not the one that `user` was read with.
pub(super) fn update(
    connection: &mut DbConnection,
    before: &UserRows,
    after: &UserRows,
    user: &UserAggregate,
    new_entries: &[OutboxRow],
) -> QueryResult<bool> {
    if !update_root(connection, &before.user, after, user.version())? {
        return Ok(false);
    }
    // Sign-ins count beside the aggregate: another change must not put old counts back.
    let counted = user.events().iter().any(|recorded| {
        matches!(
            recorded.event,
            DomainEvent::LoginSucceeded
                | DomainEvent::LoginFailed
                | DomainEvent::AccountUnlocked
                | DomainEvent::PasswordReset
        )
    });
    if counted {
        update_counters(connection, &before.user, &after.user)?;
    }
    let id = after.user.id.as_str();
    update_profile(connection, before.profile.as_ref(), after.profile.as_ref())?;
    update_emails(connection, id, &before.emails, &after.emails)?;
    update_phones(connection, id, &before.phones, &after.phones)?;
    update_addresses(connection, id, &before.addresses, &after.addresses)?;
    outbox::insert(connection, new_entries)?;
    Ok(true)
}

struct UpdateRoot;

/// A moment is written only when it changes: the stored one may be of a kind that only another
/// application writes (R29). Such a change is rare, and prepared anew each time.
fn update_root(
    connection: &mut DbConnection,
    before: &UserRow,
    rows: &UserRows,
    version: i64,
) -> QueryResult<bool> {
    let after = &rows.user;
    let until = (before.status_until != after.status_until)
        .then(|| users::status_until.eq(after.status_until));
    let password_changed = (before.password_changed_at != after.password_changed_at)
        .then(|| users::password_changed_at.eq(after.password_changed_at));
    let is_usual = until.is_none() && password_changed.is_none();
    let stored = users::table.filter(users::id.eq(&after.id).and(users::version.eq(version)));
    let set = (after, until, password_changed, SetTerms(terms(rows)));
    let update = diesel::update(stored).set(set).returning(users::version);
    let saved = on_either!(connection, c => if is_usual {
        prepared::<UpdateRoot, _>(update).load::<i64>(c)
    } else {
        update.load(c)
    })?;
    Ok(saved.len() == 1)
}

/// Postgres alone has terms. Where another application has made them NULL they stay it: its row
/// may not be among the saved ones.
struct SetTerms(Option<String>);

impl AsChangeset for SetTerms {
    type Target = users::table;
    type Changeset = Self;

    fn as_changeset(self) -> Self {
        self
    }
}

impl QueryFragment<Pg> for SetTerms {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("terms = CASE WHEN terms IS NOT NULL THEN CAST(");
        out.push_bind_param::<Nullable<Text>, _>(&self.0)?;
        out.push_sql(" AS tsvector) END");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for SetTerms {
    fn walk_ast<'b>(&'b self, _: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        Ok(())
    }
}

fn update_counters(
    connection: &mut DbConnection,
    before: &UserRow,
    after: &UserRow,
) -> QueryResult<()> {
    // Unlocking is no sign-in: one that came between must not be forgotten.
    let signed_in = before.last_login_at != after.last_login_at;
    on_either!(connection, c => {
        diesel::update(users::table.filter(users::id.eq(&after.id)))
            .set((
                users::failed_login_attempts.eq(after.failed_login_attempts),
                users::account_locked_until.eq(after.account_locked_until),
                signed_in.then(|| users::last_login_at.eq(after.last_login_at)),
            ))
            .execute(c)
    })
    .map(drop)
}

struct UpdateProfile;

fn update_profile(
    connection: &mut DbConnection,
    before: Option<&ProfileRow>,
    after: Option<&ProfileRow>,
) -> QueryResult<()> {
    let Some(row) = after.filter(|_| before != after) else {
        return Ok(());
    };
    let own = user_profiles::user_id.eq(&row.user_id);
    on_either!(connection, c => match before {
        Some(old) => {
            // That of a profile which is replaced.
            if old.created_at != row.created_at {
                diesel::update(user_profiles::table.filter(own))
                    .set(user_profiles::created_at.eq(row.created_at))
                    .execute(c)?;
            }
            let update = diesel::update(user_profiles::table.filter(own)).set(row);
            let update = update.returning(user_profiles::user_id);
            prepared::<UpdateProfile, _>(update).load::<String>(c).map(|rows| rows.len())
        }
        None => diesel::insert_into(user_profiles::table).values(row).execute(c),
    })
    .map(drop)
}

/// The difference between the rows of one table.
struct Difference<'a, R> {
    removed: Vec<&'a str>,
    /// Defaults that another row, or another type, is about to take: the index
    /// allows one at any moment, so they are given up first.
    released: Vec<&'a str>,
    changed: Vec<&'a R>,
    added: Vec<&'a R>,
}

/// `slot` names the group of a default row, which has one default at a time.
fn difference<'a, R: PartialEq>(
    before: &'a [R],
    after: &'a [R],
    key: impl Fn(&R) -> &str,
    slot: impl Fn(&R) -> Option<&str>,
) -> Difference<'a, R> {
    let find = |rows: &'a [R], wanted: &R| rows.iter().find(|row| key(row) == key(wanted));
    let changed: Vec<&R> =
        after.iter().filter(|row| find(before, row).is_some_and(|old| old != *row)).collect();
    let moves_on = |row: &R| {
        let old = find(before, row).and_then(&slot);
        old.is_some() && old != slot(row)
    };
    Difference {
        removed: before.iter().filter(|row| find(after, row).is_none()).map(&key).collect(),
        released: changed.iter().copied().filter(|row| moves_on(row)).map(&key).collect(),
        changed,
        added: after.iter().filter(|row| find(before, row).is_none()).collect(),
    }
}

/// The same for each of the three tables of contacts; `moment` is written only when it changes,
/// as those of the user are.
macro_rules! update_children {
    ($function:ident, $table:ident, $row:ty, $slot:expr $(, $moment:ident)?) => {
        fn $function(
            connection: &mut DbConnection,
            id: &str,
            before: &[$row],
            after: &[$row],
        ) -> QueryResult<()> {
            struct Change;

            let difference = difference(before, after, |row| &row.uid, $slot);
            let own = $table::user_id.eq(id);
            on_either!(connection, c => {
                if !difference.removed.is_empty() {
                    let gone = $table::uid.eq_any(difference.removed);
                    diesel::delete($table::table.filter(own.and(gone))).execute(c)?;
                }
                if !difference.released.is_empty() {
                    let released = $table::uid.eq_any(difference.released);
                    diesel::update($table::table.filter(own.and(released)))
                        .set($table::is_default.eq(false))
                        .execute(c)?;
                }
                for row in difference.changed {
                    let one = $table::table.filter(own.and($table::uid.eq(&row.uid)));
                    let change = diesel::update(one).set(row).returning($table::uid);
                    prepared::<Change, _>(change).load::<String>(c)?;
                    $(
                        let old = before.iter().find(|old| old.uid == row.uid);
                        if old.is_some_and(|old| old.$moment != row.$moment) {
                            diesel::update(one).set($table::$moment.eq(row.$moment)).execute(c)?;
                        }
                    )?
                }
                for row in difference.added {
                    diesel::insert_into($table::table).values(row).execute(c)?;
                }
            });
            Ok(())
        }
    };
}

update_children!(
    update_emails,
    user_emails,
    EmailRow,
    |row| row.is_default.then_some(""),
    verified_at
);
update_children!(
    update_phones,
    user_phones,
    PhoneRow,
    |row| row.is_default.then_some(row.contact_type.as_str()),
    verified_at
);
update_children!(update_addresses, user_addresses, AddressRow, |row| {
    row.is_default.then_some(row.contact_type.as_str())
});
