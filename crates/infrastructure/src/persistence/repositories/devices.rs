use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types::Text};
use userdom_application::ports::{DeviceRepository, KnownDevice, NewDevice, TokenHash};
use userdom_domain::{RepositoryError, UserId};

use crate::persistence::{
    models::DeviceRow,
    prepared::prepared,
    schema::known_devices::{self as devices, dsl},
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Of the devices of a user ten are remembered.
const FORGET_OLDEST: &str = "\
DELETE FROM known_devices WHERE user_id = $1 AND id NOT IN (SELECT id FROM known_devices \
WHERE user_id = $1 ORDER BY last_used_at DESC, id DESC LIMIT 10) RETURNING id";

struct ForgetOldest;
struct Renew;

#[derive(QueryableByName)]
struct Forgotten {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "what returns nothing is not kept prepared")]
    id: String,
}

impl DeviceRepository for SqlUnitOfWork {
    fn remember(&mut self, device: &NewDevice) -> Result<(), RepositoryError> {
        let row = DeviceRow::from(device);
        let remembered = on_either!(self.writing()?, c => {
            diesel::insert_into(devices::table).values(&row).execute(c).and_then(|_| {
                let forget = diesel::sql_query(FORGET_OLDEST).bind::<Text, _>(&row.user_id);
                prepared::<ForgetOldest, _>(forget).load::<Forgotten>(c)
            })
        });
        self.checked(remembered).map(drop)
    }

    fn renew(
        &mut self,
        user_id: UserId,
        token: &TokenHash,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let live = devices::table
            .filter(dsl::token_hash.eq(token.0.as_slice()))
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::expires_at.gt(now.naive_utc()));
        let renew = diesel::update(live)
            .set((
                dsl::expires_at.eq(expires_at.naive_utc()),
                dsl::last_used_at.eq(now.naive_utc()),
            ))
            .returning(dsl::id);
        let renewed = on_either!(self.writing()?, c => {
            prepared::<Renew, _>(renew).load::<String>(c)
        });
        Ok(!self.checked(renewed)?.is_empty())
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<KnownDevice>, RepositoryError> {
        let rows = on_either!(self.db()?, c => {
            devices::table
                .filter(dsl::user_id.eq(user_id.to_string()))
                .filter(dsl::expires_at.gt(now.naive_utc()))
                .order((dsl::created_at.desc(), dsl::id.desc()))
                .select(DeviceRow::as_select())
                .load(c)
        });
        self.checked(rows)?.into_iter().map(TryInto::try_into).collect()
    }

    fn forget_all(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        let own = devices::table.filter(dsl::user_id.eq(user_id.to_string()));
        let forgotten = on_either!(self.writing()?, c => diesel::delete(own).execute(c));
        self.checked(forgotten).map(drop)
    }
}
