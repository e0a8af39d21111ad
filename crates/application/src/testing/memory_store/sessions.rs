use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UniqueKey, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::MemoryUnitOfWork;
use crate::ports::{Session, SessionOwner, SessionRepository, TokenHash};

impl SessionRepository for MemoryUnitOfWork {
    fn insert(&mut self, session: &Session) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(session.user_id)?;
        let same_token = |other: &Session| other.access_token == session.access_token;
        if state.sessions.contains_key(&session.id) || state.sessions.values().any(same_token) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        state.sessions.insert(session.id, session.clone());
        let own = state.sessions.values().filter(|other| other.user_id == session.user_id);
        let mut own: Vec<_> = own.map(|other| (other.last_used_at, other.id)).collect();
        own.sort_unstable();
        for (_, oldest) in own.iter().rev().skip(Session::MOST as usize) {
            state.sessions.remove(oldest);
        }
        Ok(())
    }

    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError> {
        let mut live = self.state.sessions.values().filter(|session| is_live(session, now));
        let session = live.find(|session| {
            session.access_token == *access_token && session.access_expires_at > now
        });
        Ok(session.and_then(|session| {
            let user = self.state.users.get(&session.user_id.as_uuid())?;
            Some(SessionOwner {
                session_id: session.id,
                user_id: session.user_id,
                username: user.username.clone(),
                roles: user.roles.iter().filter_map(|role| UserRole::parse(role)).collect(),
                status: UserStatus::parse(&user.status).unwrap(),
                status_until: user.status_until,
                authenticated_at: session.authenticated_at,
                last_used_at: session.last_used_at,
                issued_at: session.rotated_at,
                access_expires_at: session.access_expires_at,
            })
        }))
    }

    fn find(
        &mut self,
        session_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, RepositoryError> {
        let session = self.state.sessions.get(&session_id);
        Ok(session.filter(|session| is_live(session, now)).cloned())
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Session>, RepositoryError> {
        let newest_first = self.state.sessions.values().rev();
        let page = newest_first.filter(|session| {
            let is_on_page = before.is_none_or(|before| session.id < before);
            session.user_id == user_id && is_on_page && is_live(session, now)
        });
        Ok(page.take(limit as usize).cloned().collect())
    }

    fn rotate(&mut self, session: &Session) -> Result<bool, RepositoryError> {
        let Some(stored) = self.writable()?.sessions.get_mut(&session.id) else {
            return Ok(false);
        };
        if stored.generation + 1 != session.generation {
            return Ok(false);
        }
        *stored = Session {
            id: stored.id,
            user_id: stored.user_id,
            seed: stored.seed,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            ..session.clone()
        };
        Ok(true)
    }

    fn touch(&mut self, session_id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        if let Some(session) = self.writable()?.sessions.get_mut(&session_id) {
            session.last_used_at = session.last_used_at.max(now);
        }
        Ok(())
    }

    fn end(&mut self, user_id: UserId, session_id: Uuid) -> Result<bool, RepositoryError> {
        let sessions = &mut self.writable()?.sessions;
        let is_own = sessions.get(&session_id).is_some_and(|session| session.user_id == user_id);
        if is_own {
            sessions.remove(&session_id);
        }
        Ok(is_own)
    }

    fn end_all(&mut self, user_id: UserId, except: Option<Uuid>) -> Result<u64, RepositoryError> {
        let sessions = &mut self.writable()?.sessions;
        let before = sessions.len();
        sessions.retain(|id, session| session.user_id != user_id || Some(*id) == except);
        Ok((before - sessions.len()) as u64)
    }
}

fn is_live(session: &Session, now: DateTime<Utc>) -> bool {
    session.idle_expires_at > now && session.expires_at > now
}
