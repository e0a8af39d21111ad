use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_domain::{RepositoryError, UserRole, UserSnapshot};

use super::{AddressRow, EmailRow, PhoneRow, ProfileRow, columns};
use crate::persistence::{
    conversions::{maybe_utc, naive, read_uuid, utc},
    json_column::Json,
    keys,
    lenient::{Count, Flag, MaybeJson, MaybeMoment, Moment, Words, or_default},
    schema::users,
};

columns! {
    /// `UserModel`. The columns without update are counted beside the aggregate, or written only
    /// when they change.
    #[derive(PartialEq, Eq, Identifiable, Queryable, AsChangeset)]
    UserRow of users (..) {
        id: String,
        username: String as Words,
        password_hash: String as Words,
        status: String as Words,
        roles: Json as MaybeJson,
        email_verified: bool as Flag,
        phone_verified: bool as Flag,
        two_factor_enabled: bool as Flag,
        failed_login_attempts: i32 as Count [skip_update],
        account_locked_until: Option<NaiveDateTime> as MaybeMoment [skip_update],
        created_at: NaiveDateTime as Moment [skip_update],
        updated_at: NaiveDateTime as Moment,
        last_login_at: Option<NaiveDateTime> as MaybeMoment [skip_update],
        password_changed_at: NaiveDateTime as Moment [skip_update],
        preferences: Json as MaybeJson,
        version: i64,
        status_reason: Option<String>,
        status_actor: Option<String>,
        status_until: Option<NaiveDateTime> as MaybeMoment [skip_update],
        status_before: Option<String>,
        first_name_key: Option<String>,
        last_name_key: Option<String>,
        display_name_key: Option<String>,
    }
}

/// All rows of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRows {
    pub(crate) user: UserRow,
    pub(crate) profile: Option<ProfileRow>,
    pub(crate) emails: Vec<EmailRow>,
    pub(crate) phones: Vec<PhoneRow>,
    pub(crate) addresses: Vec<AddressRow>,
}

impl From<UserSnapshot> for UserRows {
    fn from(s: UserSnapshot) -> Self {
        let id = s.id.to_string();
        let [first_name_key, last_name_key, display_name_key] = match &s.profile {
            Some(profile) => keys::of_names(
                &profile.first_name,
                &profile.last_name,
                profile.display_name.as_deref(),
            ),
            None => keys::OF_NO_NAMES,
        }
        .map(Some);
        Self {
            profile: s.profile.map(|profile| ProfileRow::new(&id, profile)),
            emails: s.emails.into_iter().map(|email| EmailRow::new(&id, email)).collect(),
            phones: s.phones.into_iter().map(|phone| PhoneRow::new(&id, phone)).collect(),
            addresses: s.addresses.into_iter().map(|one| AddressRow::new(&id, one)).collect(),
            user: UserRow {
                id,
                username: s.username,
                password_hash: s.password_hash,
                status: s.status,
                roles: Json(serde_json::Value::from(s.roles).to_string()),
                email_verified: s.email_verified,
                phone_verified: s.phone_verified,
                two_factor_enabled: s.two_factor_enabled,
                failed_login_attempts: i32::try_from(s.failed_login_attempts).unwrap_or(i32::MAX),
                account_locked_until: naive(s.account_locked_until),
                created_at: s.created_at.naive_utc(),
                updated_at: s.updated_at.naive_utc(),
                last_login_at: naive(s.last_login_at),
                password_changed_at: s.password_changed_at.naive_utc(),
                preferences: Json(s.preferences),
                version: s.version,
                status_reason: s.status_reason,
                status_actor: s.status_actor,
                status_until: naive(s.status_until),
                status_before: s.status_before,
                first_name_key,
                last_name_key,
                display_name_key,
            },
        }
    }
}

impl TryFrom<UserRows> for UserSnapshot {
    type Error = RepositoryError;

    fn try_from(rows: UserRows) -> Result<Self, RepositoryError> {
        let UserRows { user, profile, emails, phones, addresses } = rows;
        Ok(Self {
            id: read_uuid("users", &user.id)?,
            username: user.username,
            password_hash: user.password_hash,
            status: or_default(user.status, "pending"),
            roles: role_names(&user.roles),
            email_verified: user.email_verified,
            phone_verified: user.phone_verified,
            two_factor_enabled: user.two_factor_enabled,
            failed_login_attempts: u32::try_from(user.failed_login_attempts).unwrap_or(0),
            account_locked_until: maybe_utc(user.account_locked_until),
            created_at: utc(user.created_at),
            updated_at: utc(user.updated_at),
            last_login_at: maybe_utc(user.last_login_at),
            password_changed_at: utc(user.password_changed_at),
            preferences: user.preferences.0,
            version: user.version,
            status_reason: user.status_reason,
            status_actor: user.status_actor,
            status_until: maybe_utc(user.status_until),
            status_before: user.status_before,
            profile: profile.map(Into::into),
            emails: emails.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            phones: phones.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            addresses: addresses.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl UserRow {
    /// Keeps the roles of `before` as they are written, where they say the same (R29).
    pub(crate) fn keep_roles(&mut self, before: &Self) {
        let sorted = |roles: &Json| {
            let mut names = role_names(roles);
            names.sort_unstable();
            names.dedup();
            if names.is_empty() { vec![UserRole::User.as_str().to_owned()] } else { names }
        };
        if sorted(&before.roles) == sorted(&self.roles) {
            self.roles = before.roles.clone();
        }
    }
}

/// The names in the JSON of `users.roles`; none if it is not a list of texts (R29).
fn role_names(stored: &Json) -> Vec<String> {
    let items: Vec<serde_json::Value> = serde_json::from_str(&stored.0).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The roles in the JSON of `users.roles`; an unknown one grants nothing.
pub(crate) fn roles(stored: &Json) -> BTreeSet<UserRole> {
    let names = role_names(stored);
    if names.is_empty() {
        return BTreeSet::from([UserRole::User]);
    }
    names.iter().filter_map(|name| UserRole::parse(name)).collect()
}
