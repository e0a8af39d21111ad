use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use userdom_domain::UserId;
use uuid::Uuid;

use crate::{
    Actor, App, AppError, Caller, Commit,
    commit::{Grant, Pending},
    policies,
    ports::{Claim, Claimed, Limit},
};

/// For how long a repeated request gets the first answer.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After so long an attempt without an answer is taken for dead; requests have seconds.
const LONGEST_ATTEMPT: TimeDelta = TimeDelta::minutes(1);

/// An answer with what it was given for, as it is sealed.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    grants: Vec<Grant>,
    answer: String,
}

/// How a request with a key goes on.
#[expect(missing_debug_implementations, reason = "an application has ports, which are traits")]
pub enum Once {
    /// It was answered so before.
    Answered(String),
    /// It is to be carried out.
    Turn(Box<Turn>),
}

/// The right to carry a request out. Dropped without an answer, the key is free again and
/// what was still held is undone.
#[expect(missing_debug_implementations, reason = "an application has ports, which are traits")]
pub struct Turn {
    app: App,
    commit: Commit,
    pending: Arc<Pending>,
    claim: Claim,
    is_over: bool,
}

impl App {
    /// Claims the client's key for a request, of which `request` says all that makes it that
    /// one. The answer, once there is one, is kept for a day, for callers who may still have it.
    pub fn once(&self, caller: &Caller, key: &str, request: &[&[u8]]) -> Result<Once, AppError> {
        let owner = self.allow_key(caller)?;
        let (now, mint) = (self.now(), &self.adapters.mint);
        let claim = Claim {
            key: format!("{owner}/{key}"),
            fingerprint: mint.fingerprint(request),
            earlier: mint.previous().iter().map(|mint| mint.fingerprint(request)).collect(),
            attempt: self.adapters.ids.uuid_v7(now),
            claimed_until: now + LONGEST_ATTEMPT,
            expires_at: now + KEPT,
        };
        let mut uow = self.adapters.store.begin()?;
        let claimed = uow.idempotency().claim(&claim, now)?;
        uow.commit()?;
        match claimed {
            Claimed::Ours => {
                let (app, pending) = (self.clone(), Arc::<Pending>::default());
                let commit = Commit::WithAnswer(Arc::clone(&pending));
                if let Some(user_id) = caller.actor.as_ref().and_then(Actor::user_id) {
                    commit.note_subject(user_id);
                }
                Ok(Once::Turn(Box::new(Turn { app, commit, pending, claim, is_over: false })))
            }
            Claimed::Running => Err(AppError::StillRunning),
            Claimed::Another => Err(AppError::KeyOfAnotherRequest),
            Claimed::Answered(sealed) => {
                let kept = self.open_kept(&claim, &sealed)?;
                kept.grants.iter().try_for_each(|grant| self.grant_again(caller, *grant))?;
                Ok(Once::Answered(kept.answer))
            }
        }
    }

    /// The name under which the caller's keys are kept. Each has an allowance of keys; strangers
    /// are held to those of their addresses.
    fn allow_key(&self, caller: &Caller) -> Result<String, AppError> {
        let (limit, owner) = match &caller.actor {
            Some(Actor::User(user)) => (Limit::KeysUser, user.user_id.to_string()),
            Some(Actor::Service(service)) => (Limit::KeysService, service.key_id.to_string()),
            None => return Ok(String::new()),
        };
        self.adapters.limiter.check(limit, &owner)?;
        Ok(owner)
    }

    fn open_kept(&self, claim: &Claim, sealed: &[u8]) -> Result<KeptAnswer, AppError> {
        let opened = self.adapters.secrets.open(sealed, claim.key.as_bytes());
        let opened =
            opened.ok_or_else(|| AppError::Internal("a kept answer cannot be opened".into()))?;
        serde_json::from_slice(&opened.secret).map_err(|error| AppError::Internal(error.into()))
    }

    fn grant_again(&self, caller: &Caller, grant: Grant) -> Result<(), AppError> {
        match grant {
            Grant::User(operation, user_id) => {
                let mut reader = self.adapters.store.read()?;
                Self::readable(&mut *reader, caller, operation, user_id).map(drop)
            }
            Grant::Global(operation) => {
                policies::authorise_globally(caller.actor.as_ref(), operation)
            }
            Grant::RecentProof => self.require_recent_authentication(caller, self.now()),
            Grant::Session { user_id, session_id } => self.session_lives(user_id, session_id),
        }
    }

    fn session_lives(&self, user_id: UserId, session_id: Uuid) -> Result<(), AppError> {
        let (mut reader, now) = (self.adapters.store.read()?, self.now());
        let is_open = reader.sessions().find(session_id, now)?.is_some();
        let user = reader.users().find_by_id(user_id)?;
        let lives = is_open && user.is_some_and(|user| user.lets_in(now));
        if lives { Ok(()) } else { Err(AppError::Unauthenticated) }
    }
}

impl Turn {
    /// Makes the last transaction of the request wait for the answer.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Keeps the answer, in the transaction of the effect. It is sealed, since it may hold
    /// tokens.
    pub fn answer(mut self, answer: String) -> Result<(), AppError> {
        let grants = self.pending.grants();
        let kept = serde_json::to_vec(&KeptAnswer { grants, answer });
        let kept = kept.map_err(|error| AppError::Internal(error.into()))?;
        let sealed = self.app.adapters.secrets.seal(&kept, self.claim.key.as_bytes());
        let mut uow = match self.pending.take() {
            Some(uow) => uow,
            None => self.app.adapters.store.begin()?,
        };
        if !uow.idempotency().answer(&self.claim, &sealed, &self.pending.subjects())? {
            // Dropping the unit of work undoes the effect; the other attempt has its own.
            self.is_over = true;
            return Err(AppError::StillRunning);
        }
        uow.commit()?;
        self.is_over = true;
        self.app.wake.notify();
        Ok(())
    }

    /// Commits what a refusal leaves behind, as it is without a key (R31). The refusal itself is
    /// kept if it is given, else the key is free again.
    pub fn refuse(self, refusal: Option<String>) -> Result<(), AppError> {
        self.pending.commit()?;
        refusal.map_or(Ok(()), |refusal| self.answer(refusal))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        drop(self.pending.take());
        let released = self.app.adapters.store.begin().and_then(|mut uow| {
            uow.idempotency().release(&self.claim)?;
            uow.commit()
        });
        // Then it is free after a minute.
        if let Err(error) = released {
            tracing::warn!(error = &error as &dyn std::error::Error, "a key stays claimed");
        }
    }
}
