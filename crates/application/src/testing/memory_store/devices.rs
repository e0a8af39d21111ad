use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use userdom_domain::{Lockout, RepositoryError, UniqueKey, UserId};
use uuid::Uuid;

use super::{MemoryUnitOfWork, State, state::StoredDevice};
use crate::ports::{DeviceRepository, KnownDevice, NewDevice, TokenHash};

/// So many devices of a user are remembered.
const DEVICES: usize = 10;

impl DeviceRepository for MemoryUnitOfWork {
    fn remember(&mut self, device: &NewDevice) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(device.user_id)?;
        let same_token = |other: &StoredDevice| other.new.token == device.token;
        if state.devices.contains_key(&device.id) || state.devices.values().any(same_token) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        let stored = StoredDevice {
            new: device.clone(),
            last_used_at: device.created_at,
            lockout: Lockout::default(),
        };
        state.devices.insert(device.id, stored);
        let own = state.devices.values().filter(|other| other.new.user_id == device.user_id);
        let mut own: Vec<_> =
            own.map(|other| Reverse((other.last_used_at, other.new.id))).collect();
        own.sort();
        for Reverse((_, id)) in own.into_iter().skip(DEVICES) {
            state.devices.remove(&id);
        }
        Ok(())
    }

    fn renew(
        &mut self,
        user_id: UserId,
        token: &TokenHash,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        let Some(id) = state.live_device(user_id.as_uuid(), token, now).map(|it| it.new.id) else {
            return Ok(false);
        };
        let device = state.devices.get_mut(&id).unwrap();
        device.last_used_at = now;
        device.new.expires_at = expires_at;
        Ok(true)
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<KnownDevice>, RepositoryError> {
        let own = self.state.devices.values().filter(|device| device.new.user_id == user_id);
        let live = own.filter(|device| device.new.expires_at > now);
        let mut live: Vec<_> = live
            .map(|device| KnownDevice {
                id: device.new.id,
                created_at: device.new.created_at,
                last_used_at: device.last_used_at,
                expires_at: device.new.expires_at,
            })
            .collect();
        live.sort_by_key(|device| Reverse((device.created_at, device.id)));
        Ok(live)
    }

    fn forget_all(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        self.writable()?.devices.retain(|_, device| device.new.user_id != user_id);
        Ok(())
    }
}

impl State {
    pub(super) fn live_device(
        &self,
        user_id: Uuid,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Option<&StoredDevice> {
        self.devices.values().find(|device| {
            device.new.user_id.as_uuid() == user_id
                && device.new.token == *token
                && device.new.expires_at > now
        })
    }
}
