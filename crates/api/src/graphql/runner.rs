//! Runs operations for the root fields of one request.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use chrono::{DateTime, Utc};
use userdom_application::{Actor, App, AppError, Caller, Commit};

use crate::http::{
    call::{Call, KnownAs, Request},
    dispatch::dispatch,
    endpoint::{Access, Endpoint, Method},
    idempotency::Key,
    problem::{Answer, Problem},
};

/// The caller of one request, with what all its fields share.
pub(super) struct Runner {
    app: App,
    stranger: Caller,
    token: Option<String>,
    pub(super) key: Option<String>,
    now: DateTime<Utc>,
    pub(super) requires_if_match: bool,
    /// Whether the operation that hashes a password was counted.
    pub(super) is_counted: bool,
    /// The caller, until something changes that might change what the token is worth.
    actor: Mutex<Option<Actor>>,
    known: Mutex<Option<KnownAs>>,
    /// How many operations have run under the request's key.
    keyed: AtomicUsize,
}

/// A root field that is to run, as REST would have it.
pub(super) struct Field<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) request: Request,
    /// The version that an edit is of.
    pub(super) version: Option<i64>,
    /// All of its arguments, for its idempotency key.
    pub(super) arguments: &'a [u8],
}

impl Runner {
    pub(super) fn new(
        app: App,
        stranger: Caller,
        token: Option<String>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            app,
            stranger,
            token,
            key: None,
            now,
            requires_if_match: false,
            is_counted: false,
            actor: Mutex::default(),
            known: Mutex::default(),
            keyed: AtomicUsize::default(),
        }
    }

    pub(super) fn request_id(&self) -> &str {
        &self.stranger.origin.request_id
    }

    /// The caller as the access log names it.
    pub(super) fn known(&self) -> Option<KnownAs> {
        *locked(&self.known)
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.actor().is_ok()
    }

    /// The bearer of the token; it is looked up once for all fields that only read.
    fn actor(&self) -> Result<Actor, Problem> {
        let token = self.token.as_deref().ok_or(AppError::Unauthenticated)?;
        let mut kept = locked(&self.actor);
        if let Some(actor) = &*kept {
            return Ok(actor.clone());
        }
        let actor = self.app.authenticate(token)?;
        self.note(KnownAs::from(&actor));
        Ok(kept.insert(actor).clone())
    }

    fn note(&self, known: KnownAs) {
        known.record();
        locked(&self.known).get_or_insert(known);
    }

    /// Carries out the operation of a field.
    pub(super) fn run(&self, mut field: Field<'_>) -> Answer {
        let caller = self.caller(field.endpoint, field.version)?;
        if self.requires_if_match && field.endpoint.edits && field.version.is_none() {
            return Err(Problem::new(code!("if_match.required")));
        }
        field.request.token.clone_from(&self.token);
        let answer = self.answer(&caller, &field);
        if field.endpoint.method != Method::Get {
            *locked(&self.actor) = None;
        }
        if let Some(known) = answer.as_ref().ok().and_then(|reply| reply.known) {
            self.note(known);
        }
        answer
    }

    /// The caller, if the operation wants one.
    pub(super) fn caller(
        &self,
        endpoint: &Endpoint,
        version: Option<i64>,
    ) -> Result<Caller, Problem> {
        let stranger = self.stranger.clone();
        match endpoint.access {
            Access::Open | Access::Optional => Ok(stranger),
            Access::Required => {
                let if_match = version.map(|version| vec![version]);
                Ok(Caller { actor: Some(self.actor()?), if_match, ..stranger })
            }
        }
    }

    /// With a key, each operation has one of its own: what is sent again does what is still
    /// missing. Mutations run one after the other, so that their numbers are always the same.
    fn answer(&self, caller: &Caller, field: &Field<'_>) -> Answer {
        let key = self.key.as_deref().filter(|_| field.endpoint.method == Method::Post);
        let key = key.map(|key| format!("{key}/{}", self.keyed.fetch_add(1, Relaxed)));
        let fingerprint = [field.endpoint.path.as_bytes(), field.arguments];
        let key = key.as_deref().map(|text| Key { text, owner: caller, request: &fingerprint });
        let call = self.call_of(caller, &field.request);
        dispatch(field.endpoint, &call, key.as_ref())
    }

    pub(super) fn call_of<'a>(&'a self, caller: &'a Caller, request: &'a Request) -> Call<'a> {
        let (app, now, requires_if_match) = (&self.app, self.now, self.requires_if_match);
        let is_counted = self.is_counted;
        Call {
            app,
            caller,
            commit: &Commit::AtOnce,
            request,
            now,
            requires_if_match,
            key: None,
            is_counted,
        }
    }
}

/// Poisoning is ignored: no critical section can panic halfway.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
