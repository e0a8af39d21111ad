use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use userdom_domain::{Lockout, RepositoryError, UniqueKey, UserId, UserSnapshot};
use uuid::{Builder, Uuid};

use super::outbox::StoredEntry;
use crate::ports::{
    ApiKey, AuditEvent, Claim, Login, NewDevice, NewToken, Session, TokenHash, TotpCredential,
};

/// All that is kept: what the tables of a database hold.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: BTreeMap<Uuid, UserSnapshot>,
    pub(super) sessions: BTreeMap<Uuid, Session>,
    pub(super) devices: BTreeMap<Uuid, StoredDevice>,
    pub(super) tokens: BTreeMap<Uuid, StoredToken>,
    /// By user.
    pub(super) totp: BTreeMap<Uuid, StoredTotp>,
    pub(super) recovery_codes: BTreeMap<Uuid, StoredCode>,
    pub(super) api_keys: BTreeMap<Uuid, ApiKey>,
    /// By key, each with its answer.
    pub(super) idempotency_keys: BTreeMap<String, (Claim, Option<Vec<u8>>)>,
    /// The users that the answer under a key is about.
    pub(super) idempotency_subjects: BTreeSet<(String, UserId)>,
    /// Removed users with rows left to wipe, each with the addresses that it had.
    pub(super) erasures: BTreeMap<String, Vec<String>>,
    pub(super) trail: BTreeMap<Uuid, AuditEvent>,
    pub(super) outbox: BTreeMap<Uuid, StoredEntry>,
    last_event: u64,
}

#[derive(Clone)]
pub(super) struct StoredDevice {
    pub(super) new: NewDevice,
    pub(super) last_used_at: DateTime<Utc>,
    pub(super) lockout: Lockout,
}

#[derive(Clone)]
pub(super) struct StoredToken {
    pub(super) token: NewToken,
    /// Used or replaced.
    pub(super) has_ended: bool,
    pub(super) guesses: u32,
}

#[derive(Clone)]
pub(super) struct StoredTotp {
    pub(super) credential: TotpCredential,
    pub(super) guesses: u32,
    pub(super) guesses_since: Option<DateTime<Utc>>,
}

#[derive(Clone)]
pub(super) struct StoredCode {
    pub(super) user_id: UserId,
    pub(super) hash: TokenHash,
    pub(super) is_used: bool,
}

impl State {
    pub(super) fn user_with_login(&self, login: &Login) -> Option<&UserSnapshot> {
        match login {
            Login::Username(name) => self.user_with_name(name.as_str()),
            Login::Email(email) => self.user_with_verified_email(email.as_str()),
            Login::Id(id) => self.users.get(&id.as_uuid()),
        }
    }

    pub(super) fn user_with_name(&self, name: &str) -> Option<&UserSnapshot> {
        self.users.values().find(|user| user.username.eq_ignore_ascii_case(name))
    }

    pub(super) fn user_with_verified_email(&self, address: &str) -> Option<&UserSnapshot> {
        self.users.values().find(|user| {
            let mut verified = user.emails.iter().filter(|email| email.is_verified);
            verified.any(|email| email.email.eq_ignore_ascii_case(address))
        })
    }

    pub(super) fn require_user(&self, id: UserId) -> Result<(), RepositoryError> {
        if self.users.contains_key(&id.as_uuid()) {
            Ok(())
        } else {
            Err(RepositoryError::Transient("there is no such user".into()))
        }
    }

    /// Removes a user with every row that is its own.
    pub(super) fn remove_user(&mut self, id: UserId) -> bool {
        self.sessions.retain(|_, session| session.user_id != id);
        self.devices.retain(|_, device| device.new.user_id != id);
        self.tokens.retain(|_, stored| stored.token.user_id != id);
        self.totp.remove(&id.as_uuid());
        self.recovery_codes.retain(|_, code| code.user_id != id);
        self.api_keys.retain(|_, key| key.created_by != id);
        self.users.remove(&id.as_uuid()).is_some()
    }

    /// The identity of the next event: the time, and then a counter.
    pub(super) fn next_event_id(&mut self, millis: i64) -> Uuid {
        self.last_event += 1;
        let mut rest = [0; 10];
        rest[2..].copy_from_slice(&self.last_event.to_be_bytes());
        let millis = u64::try_from(millis).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }

    /// What the unique indexes of a database would say to this user.
    pub(super) fn check_unique(&self, user: &UserSnapshot) -> Result<(), UniqueKey> {
        let others = || self.users.values().filter(|other| other.id != user.id);
        if others().any(|other| other.username.eq_ignore_ascii_case(&user.username)) {
            return Err(UniqueKey::Username);
        }
        let verified = user.emails.iter().filter(|email| email.is_verified);
        for email in verified {
            if self.user_with_verified_email(&email.email).is_some_and(|owner| owner.id != user.id)
            {
                return Err(UniqueKey::VerifiedEmail);
            }
        }
        let taken: BTreeSet<Uuid> = others().flat_map(child_ids).collect();
        let own = child_ids(user);
        if own.iter().any(|id| taken.contains(id)) || has_repeats(own) {
            return Err(UniqueKey::Identity);
        }
        check_children(user)
    }
}

fn check_children(user: &UserSnapshot) -> Result<(), UniqueKey> {
    if has_repeats(user.emails.iter().map(|email| email.email.as_str())) {
        return Err(UniqueKey::UserEmail);
    }
    if has_repeats(user.phones.iter().map(|phone| phone.phone_number.as_str())) {
        return Err(UniqueKey::UserPhone);
    }
    let emails = user.emails.iter().filter(|email| email.is_default);
    let phones = user.phones.iter().filter(|phone| phone.is_default);
    let addresses = user.addresses.iter().filter(|address| address.is_default);
    if emails.count() > 1
        || has_repeats(phones.map(|phone| &phone.contact_type))
        || has_repeats(addresses.map(|address| &address.contact_type))
    {
        return Err(UniqueKey::Default);
    }
    Ok(())
}

fn child_ids(user: &UserSnapshot) -> Vec<Uuid> {
    let emails = user.emails.iter().map(|email| email.id);
    let phones = user.phones.iter().map(|phone| phone.id);
    emails.chain(phones).chain(user.addresses.iter().map(|address| address.id)).collect()
}

fn has_repeats<T: Ord>(items: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.into_iter().any(|item| !seen.insert(item))
}
