use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{AddressId, EmailId, PhoneId, RepositoryError, UserAggregate, UserId};
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Commit, Resource,
    commit::Grant,
    policies::{self, Operation},
    ports::{MailRequest, NewEntry, NewToken, OutboxContent, TokenKind, UnitOfWork, UserMessage},
};

/// Something that a caller wants done. [`App::execute`] runs it.
pub trait UseCase {
    /// What the caller gets.
    type Output;

    /// Carries it out.
    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError>;
}

/// A use case that is one transaction.
pub trait Command {
    /// What the caller gets.
    type Output;

    /// Does its work. May run more than once: each time in a new transaction.
    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError>;
}

impl<C: Command> UseCase for C {
    type Output = C::Output;

    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError> {
        request.transaction(|tx| self.apply(tx))
    }
}

/// What a use case runs with.
#[expect(missing_debug_implementations, reason = "an application has ports, which are traits")]
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) commit: &'a Commit,
}

impl Request<'_> {
    /// How often a transaction is tried when others are in the way.
    const TRIES: u32 = 3;

    /// Runs the last transaction of the use case. When another writer was faster, it is tried
    /// again, unless the caller named a version.
    pub fn transaction<T>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        self.with_retries(self.commit, work)
    }

    /// Runs a transaction before the last one. It is committed at once: what it does must last,
    /// whatever the answer is (R31).
    pub fn step<T>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        if let Commit::WithBatch(_) = self.commit {
            return Err(AppError::Internal("an atomic batch has no steps that last".into()));
        }
        self.with_retries(&Commit::AtOnce, work)
    }

    fn with_retries<T>(
        &self,
        commit: &Commit,
        work: impl Fn(&mut Tx<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let mut tries = 1;
        loop {
            match self.attempt(commit, &work) {
                Err(AppError::Contended) if self.caller.if_match.is_some() => {
                    return Err(AppError::StaleVersion);
                }
                Err(AppError::Contended | AppError::Store(RepositoryError::Transient(_)))
                    if tries < Self::TRIES && commit.can_retry() =>
                {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn attempt<T>(
        &self,
        commit: &Commit,
        work: impl Fn(&mut Tx<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let (app, caller) = (self.app, self.caller);
        let uow = commit.take_open()?.map_or_else(|| app.adapters.store.begin(), Ok)?;
        // What a step was allowed is noted for the answer too, which is kept with the last one.
        let mut tx = Tx { uow, now: app.now(), app, caller, commit: self.commit };
        let output = work(&mut tx)?;
        commit.finish(tx.uow)?;
        app.wake.notify();
        Ok(output)
    }
}

/// A transaction, with what a use case needs inside it.
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct Tx<'a> {
    /// The repositories.
    pub uow: Box<dyn UnitOfWork>,
    /// The time at which the command runs.
    pub now: DateTime<Utc>,
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) commit: &'a Commit,
}

impl Tx<'_> {
    /// The user to be changed: it exists, the caller may do this to it, and has
    /// seen its present version.
    pub fn user_for(
        &mut self,
        operation: Operation,
        id: UserId,
    ) -> Result<UserAggregate, AppError> {
        let Some(user) = self.uow.users().find_by_id(id)? else {
            let is_known = self.caller.actor.is_some();
            return Err(if is_known {
                AppError::NotFound(Resource::User)
            } else {
                AppError::Unauthenticated
            });
        };
        policies::authorise(self.caller.actor.as_ref(), operation, &user)?;
        self.commit.note_subject(id);
        self.commit.note_grant(Grant::User(operation, id));
        self.caller.check_version(user.version())?;
        Ok(user)
    }

    /// The caller was authenticated not longer than fifteen minutes ago.
    pub fn require_recent_authentication(&self) -> Result<(), AppError> {
        self.commit.note_grant(Grant::RecentProof);
        self.app.require_recent_authentication(self.caller, self.now)
    }

    /// Ends everything that opens the account: sessions and one-time tokens.
    pub fn shut_out(&mut self, user_id: UserId) -> Result<(), AppError> {
        self.uow.sessions().end_all(user_id, None)?;
        Ok(self.uow.tokens().end_all(user_id, self.now)?)
    }

    /// Sends a message to a user, once the transaction is committed.
    pub(crate) fn send(&mut self, user_id: UserId, message: UserMessage) -> Result<(), AppError> {
        // The entry of a message with a token has the id of the token.
        let id = match &message {
            UserMessage::EmailVerification { token_id, .. }
            | UserMessage::PhoneCode { token_id, .. } => *token_id,
            UserMessage::Notice { .. } => self.new_uuid(),
        };
        self.enqueue(id, Some(user_id), OutboxContent::Message(message))
    }

    /// Leaves a request for a mail to the worker.
    pub(crate) fn request_mail(&mut self, request: MailRequest) -> Result<(), AppError> {
        let id = self.new_uuid();
        self.enqueue(id, None, OutboxContent::MailRequest(request))
    }

    fn enqueue(
        &mut self,
        id: Uuid,
        user_id: Option<UserId>,
        content: OutboxContent,
    ) -> Result<(), AppError> {
        let created_at = self.now;
        Ok(self.uow.outbox().enqueue(&NewEntry { id, user_id, content, created_at })?)
    }

    /// The token that belongs to `id` ([`TokenMint::derived`]), ready to be issued.
    pub fn derived_token(
        &self,
        kind: TokenKind,
        id: Uuid,
        user_id: UserId,
        target_id: Uuid,
        ttl: TimeDelta,
    ) -> Result<NewToken, AppError> {
        let hash = self.app.hash_of(kind, &self.app.adapters.mint.derived(kind, id))?;
        let (created_at, expires_at) = (self.now, self.now + ttl);
        Ok(NewToken { id, user_id, kind, target_id, hash, created_at, expires_at })
    }

    /// A new identity of an email.
    pub fn new_email_id(&self) -> EmailId {
        EmailId::from_uuid(self.new_uuid())
    }

    /// A new identity of a phone.
    pub fn new_phone_id(&self) -> PhoneId {
        PhoneId::from_uuid(self.new_uuid())
    }

    /// A new identity of an address.
    pub fn new_address_id(&self) -> AddressId {
        AddressId::from_uuid(self.new_uuid())
    }

    pub(crate) fn new_uuid(&self) -> Uuid {
        self.app.adapters.ids.uuid_v7(self.now)
    }
}
