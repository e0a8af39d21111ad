use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use crate::{
    App, AppError,
    policies::{GlobalOperation, Operation},
    ports::UnitOfWork,
};

/// When the last transaction of a use case is committed. The ones before it are committed at
/// once, always.
#[expect(missing_debug_implementations, reason = "a unit of work is a trait")]
#[derive(Clone, Default)]
pub enum Commit {
    /// As soon as its work is done.
    #[default]
    AtOnce,
    /// With the answer that is kept for a repeated request.
    WithAnswer(Arc<Pending>),
    /// With all other transactions of the request.
    WithBatch(Arc<Pending>),
}

impl Commit {
    /// The open transaction that the use case adds to; `None` where it begins its own.
    pub(crate) fn take_open(&self) -> Result<Option<Box<dyn UnitOfWork>>, AppError> {
        match self {
            Self::AtOnce => Ok(None),
            Self::WithAnswer(pending) if pending.is_empty() => Ok(None),
            Self::WithAnswer(_) => {
                Err(AppError::Internal("a use case has two last transactions".into()))
            }
            Self::WithBatch(pending) => Ok(pending.take()),
        }
    }

    /// Commits a transaction whose work is done, or leaves that for later.
    pub(crate) fn finish(&self, uow: Box<dyn UnitOfWork>) -> Result<(), RepositoryError> {
        match self.pending() {
            Some(pending) => pending.keep(uow),
            None => uow.commit(),
        }
    }

    /// Whether a failed transaction may be tried again. One of a batch may not: the work of the
    /// operations before would be lost.
    pub(crate) fn can_retry(&self) -> bool {
        match self {
            Self::AtOnce | Self::WithAnswer(_) => true,
            Self::WithBatch(_) => false,
        }
    }

    /// Notes a user that the answer is about: the kept answer is deleted when the user is erased.
    pub(crate) fn note_subject(&self, user_id: UserId) {
        if let Some(pending) = self.pending() {
            locked(&pending.subjects).insert(user_id);
        }
    }

    /// Notes what the request was allowed: a request that repeats it must be allowed the same.
    pub(crate) fn note_grant(&self, grant: Grant) {
        if let Some(pending) = self.pending() {
            let mut grants = locked(&pending.grants);
            if !grants.contains(&grant) {
                grants.push(grant);
            }
        }
    }

    pub(crate) fn pending(&self) -> Option<&Arc<Pending>> {
        match self {
            Self::AtOnce => None,
            Self::WithAnswer(pending) | Self::WithBatch(pending) => Some(pending),
        }
    }
}

impl App {
    /// Runs use cases in one transaction: all that `work` executes with the given [`Commit`], or
    /// nothing. None of them may hash a password meanwhile.
    pub fn all_or_nothing<T, E: From<AppError>>(
        &self,
        commit: &Commit,
        work: impl FnOnce(&Commit) -> Result<T, E>,
    ) -> Result<T, E> {
        let pending = commit.pending().cloned().unwrap_or_default();
        let done = work(&Commit::WithBatch(Arc::clone(&pending)));
        if done.is_err() {
            drop(pending.take());
        } else if let Commit::AtOnce = commit {
            pending.commit().map_err(AppError::from)?;
            self.wake.notify();
        }
        done
    }
}

/// A transaction that is not committed yet, and what its answer depends on.
#[expect(missing_debug_implementations, reason = "a unit of work is a trait")]
#[derive(Default)]
pub struct Pending {
    uow: Mutex<Option<Box<dyn UnitOfWork>>>,
    subjects: Mutex<BTreeSet<UserId>>,
    grants: Mutex<Vec<Grant>>,
}

impl Pending {
    pub(crate) fn commit(&self) -> Result<(), RepositoryError> {
        self.take().map_or(Ok(()), UnitOfWork::commit)
    }

    /// The open transaction, if there is one; dropping it undoes its work.
    pub(crate) fn take(&self) -> Option<Box<dyn UnitOfWork>> {
        locked(&self.uow).take()
    }

    /// The users that the answer is about.
    pub(crate) fn subjects(&self) -> Vec<UserId> {
        locked(&self.subjects).iter().copied().collect()
    }

    /// What the request was allowed.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        locked(&self.grants).clone()
    }

    /// Keeps a transaction open. Its statements are sent first, so that only the commit can fail.
    fn keep(&self, mut uow: Box<dyn UnitOfWork>) -> Result<(), RepositoryError> {
        uow.flush()?;
        *locked(&self.uow) = Some(uow);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        locked(&self.uow).is_none()
    }
}

/// Poisoning is ignored: no critical section can panic halfway.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something that a request was allowed. It is checked again before the kept answer is given
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Grant {
    /// An operation on a user.
    User(Operation, UserId),
    /// An operation that is about no single user.
    Global(GlobalOperation),
    /// An operation that needs a recent proof of identity.
    RecentProof,
    /// The tokens of a session.
    Session { user_id: UserId, session_id: Uuid },
}
