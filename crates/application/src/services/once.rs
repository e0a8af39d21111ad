use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use crate::{
    Actor, App, AppError, Caller,
    policies::{self, GlobalOperation, Operation},
    ports::{Claim, Claimed, Limit, UnitOfWork},
};

/// For how long a repeated request gets the first answer.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After so long an attempt without an answer is taken for dead; requests have seconds.
const LONGEST_ATTEMPT: TimeDelta = TimeDelta::minutes(1);

/// When the last transaction of a request is committed. Every other one is committed at once
/// ([`App::execute_step`]).
#[derive(Clone, Default)]
pub(crate) enum Ending {
    /// As soon as its command is done.
    #[default]
    AtOnce,
    /// With the answer that is kept for a repeated request.
    WithAnswer(Arc<Held>),
    /// With all other commands of the request.
    Together(Arc<Held>),
}

impl Ending {
    pub(crate) fn held(&self) -> Option<&Arc<Held>> {
        match self {
            Self::AtOnce => None,
            Self::WithAnswer(held) | Self::Together(held) => Some(held),
        }
    }
}

/// A transaction that is not committed yet, and what its answer depends on.
#[derive(Default)]
pub(crate) struct Held {
    uow: Mutex<Option<Box<dyn UnitOfWork>>>,
    subjects: Mutex<BTreeSet<UserId>>,
    grants: Mutex<Vec<Grant>>,
}

impl Held {
    /// Commits what is held.
    pub(crate) fn commit(&self) -> Result<(), RepositoryError> {
        self.take().map_or(Ok(()), UnitOfWork::commit)
    }

    /// Holds a transaction. All of it is sent, so that nothing but its commit can fail.
    pub(crate) fn keep(&self, mut uow: Box<dyn UnitOfWork>) -> Result<(), RepositoryError> {
        uow.flush()?;
        *locked(&self.uow) = Some(uow);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        locked(&self.uow).is_none()
    }

    /// What is held; dropping it undoes it.
    pub(crate) fn take(&self) -> Option<Box<dyn UnitOfWork>> {
        locked(&self.uow).take()
    }

    /// The answer is about this user: it goes when the user is erased.
    pub(crate) fn concerns(&self, user_id: UserId) {
        locked(&self.subjects).insert(user_id);
    }

    /// The request was allowed this: so must be whoever repeats it.
    pub(crate) fn was_granted(&self, grant: Grant) {
        let mut grants = locked(&self.grants);
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
}

/// A panic elsewhere leaves nothing half done in there.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a request was allowed because of how things stood; asked again before its answer is
/// given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Grant {
    /// To do something to a user.
    User(Operation, UserId),
    /// To do something that is about no single user.
    Global(GlobalOperation),
    /// To do what needs a recent proof.
    RecentProof,
    /// To have the tokens of a session.
    Session { user_id: UserId, session_id: Uuid },
}

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
    held: Arc<Held>,
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
                let held = Arc::<Held>::default();
                if let Some(user_id) = caller.actor.as_ref().and_then(Actor::user_id) {
                    held.concerns(user_id);
                }
                let app = Self { ending: Ending::WithAnswer(Arc::clone(&held)), ..self.clone() };
                Ok(Once::Turn(Box::new(Turn { app, held, claim, is_over: false })))
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
    /// The application, whose last transaction waits for the answer.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Keeps the answer, in the transaction of the effect. It is sealed, since it may hold
    /// tokens.
    pub fn answer(mut self, answer: String) -> Result<(), AppError> {
        let grants = locked(&self.held.grants).clone();
        let kept = serde_json::to_vec(&KeptAnswer { grants, answer });
        let kept = kept.map_err(|error| AppError::Internal(error.into()))?;
        let sealed = self.app.adapters.secrets.seal(&kept, self.claim.key.as_bytes());
        let mut uow = match self.held.take() {
            Some(uow) => uow,
            None => self.app.adapters.store.begin()?,
        };
        let subjects: Vec<UserId> = locked(&self.held.subjects).iter().copied().collect();
        if !uow.idempotency().answer(&self.claim, &sealed, &subjects)? {
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
        self.held.commit()?;
        refusal.map_or(Ok(()), |refusal| self.answer(refusal))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        drop(self.held.take());
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
