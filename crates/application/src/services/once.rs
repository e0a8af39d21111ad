use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use userdom_domain::{RepositoryError, UserId};

use crate::{
    Actor, App, AppError, Caller,
    ports::{Claim, Claimed, UnitOfWork},
};

/// For how long a repeated request gets the first answer.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After so long an attempt without an answer is taken for dead; requests have seconds.
const LONGEST_ATTEMPT: TimeDelta = TimeDelta::minutes(1);

/// A transaction that is committed only with the answer that it led to.
#[derive(Default)]
pub(crate) struct Held {
    uow: Mutex<Option<Box<dyn UnitOfWork>>>,
    about: Mutex<BTreeSet<UserId>>,
}

impl Held {
    /// Commits what is held: a use case goes on with another transaction, and what came
    /// before must last, such as the count of an attempt.
    pub(crate) fn let_go(&self) -> Result<(), RepositoryError> {
        self.take().map_or(Ok(()), UnitOfWork::commit)
    }

    /// Holds a transaction. All of it is sent, so that nothing but its commit can fail.
    pub(crate) fn keep(&self, mut uow: Box<dyn UnitOfWork>) -> Result<(), RepositoryError> {
        uow.flush()?;
        *locked(&self.uow) = Some(uow);
        Ok(())
    }

    /// The answer will be about this user.
    pub(crate) fn concerns(&self, user_id: UserId) {
        locked(&self.about).insert(user_id);
    }

    /// What is held; dropping it undoes it.
    pub(crate) fn take(&self) -> Option<Box<dyn UnitOfWork>> {
        locked(&self.uow).take()
    }
}

/// A panic elsewhere leaves nothing half done in there.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a request with a key goes on.
#[expect(missing_debug_implementations, reason = "an application has ports, which are traits")]
pub enum Once {
    /// It was answered so before.
    Answered(Vec<u8>),
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
    /// one. The answer, once there is one, is kept for a day.
    pub fn once(&self, caller: &Caller, key: &str, request: &[&[u8]]) -> Result<Once, AppError> {
        let whose = match &caller.actor {
            Some(Actor::User(user)) => user.user_id.to_string(),
            Some(Actor::Service(service)) => service.key_id.to_string(),
            None => String::new(),
        };
        let (now, mint) = (self.now(), &self.adapters.mint);
        let claim = Claim {
            key: format!("{whose}/{key}"),
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
                let app = Self { held: Some(Arc::clone(&held)), ..self.clone() };
                Ok(Once::Turn(Box::new(Turn { app, held, claim, is_over: false })))
            }
            Claimed::Running => Err(AppError::StillRunning),
            Claimed::Another => Err(AppError::KeyOfAnotherRequest),
            Claimed::Answered(sealed) => {
                let opened = self.adapters.secrets.open(&sealed, claim.key.as_bytes());
                let opened = opened
                    .ok_or_else(|| AppError::Internal("a kept answer cannot be opened".into()))?;
                Ok(Once::Answered(opened.secret.to_vec()))
            }
        }
    }
}

impl Turn {
    /// The application, whose last transaction waits for the answer.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Keeps the answer, in the transaction of the effect. It is sealed, since it may hold
    /// tokens.
    pub fn answer(mut self, answer: &[u8]) -> Result<(), AppError> {
        let sealed = self.app.adapters.secrets.seal(answer, self.claim.key.as_bytes());
        let mut uow = match self.held.take() {
            Some(uow) => uow,
            None => self.app.adapters.store.begin()?,
        };
        let about: Vec<UserId> = locked(&self.held.about).iter().copied().collect();
        if !uow.idempotency().answer(&self.claim, &sealed, &about)? {
            // Dropping the unit of work undoes the effect; the other attempt has its own.
            self.is_over = true;
            return Err(AppError::StillRunning);
        }
        uow.commit()?;
        self.is_over = true;
        self.app.wake.notify();
        Ok(())
    }

    /// Undoes what is still held, and keeps an answer that has no effect.
    pub fn refuse(self, answer: &[u8]) -> Result<(), AppError> {
        drop(self.held.take());
        self.answer(answer)
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
