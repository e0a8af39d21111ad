use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UniqueKey, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::{MemoryUnitOfWork, state::StoredToken};
use crate::ports::{
    NewSession, NewToken, OneTimeTokenRepository, SessionOwner, SessionRepository, TokenHash,
    TokenKind, UsedToken,
};

impl SessionRepository for MemoryUnitOfWork {
    fn insert(&mut self, session: &NewSession) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(session.user_id)?;
        let same_token = |other: &NewSession| other.access_token == session.access_token;
        if state.sessions.contains_key(&session.id) || state.sessions.values().any(same_token) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        state.sessions.insert(session.id, session.clone());
        Ok(())
    }

    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError> {
        let live = |session: &&NewSession| {
            session.access_token == *access_token && session.access_expires_at > now
        };
        let Some(session) = self.state.sessions.values().find(live) else {
            return Ok(None);
        };
        let user = &self.state.users[&session.user_id.as_uuid()];
        Ok(Some(SessionOwner {
            session_id: session.id,
            user_id: session.user_id,
            roles: user.roles.iter().filter_map(|role| UserRole::parse(role)).collect(),
            status: UserStatus::parse(&user.status).unwrap(),
            status_until: user.status_until,
        }))
    }

    fn end(&mut self, session_id: Uuid) -> Result<bool, RepositoryError> {
        Ok(self.writable()?.sessions.remove(&session_id).is_some())
    }

    fn end_all(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        self.writable()?.sessions.retain(|_, session| session.user_id != user_id);
        Ok(())
    }
}

impl OneTimeTokenRepository for MemoryUnitOfWork {
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(token.user_id)?;
        let same_hash = |other: &StoredToken| other.token.hash == token.hash;
        if state.tokens.contains_key(&token.id) || state.tokens.values().any(same_hash) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        for older in state.tokens.values_mut() {
            let same_kind = older.token.kind == token.kind;
            older.has_ended |= same_kind && older.token.target_id == token.target_id;
        }
        let stored = StoredToken { token: token.clone(), has_ended: false };
        state.tokens.insert(token.id, stored);
        Ok(())
    }

    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let live = |stored: &&mut StoredToken| {
            let token = &stored.token;
            let is_meant = token.kind == kind && token.hash == *hash;
            is_meant && !stored.has_ended && token.expires_at > now
        };
        Ok(self.writable()?.tokens.values_mut().find(live).map(|stored| {
            stored.has_ended = true;
            UsedToken { user_id: stored.token.user_id, target_id: stored.token.target_id }
        }))
    }

    fn issued_since(
        &mut self,
        kind: TokenKind,
        target_id: Uuid,
        since: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let counts = |stored: &&StoredToken| {
            let token = &stored.token;
            token.kind == kind && token.target_id == target_id && token.created_at >= since
        };
        Ok(self.state.tokens.values().filter(counts).count() as u64)
    }
}
