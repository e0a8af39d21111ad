use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{
    AddressId, DomainEvent, EmailId, PhoneId, Region, RepositoryError, UserAggregate, UserId,
};
use uuid::Uuid;

use crate::{
    Actor, AppError, Caller,
    policies::{self, Operation},
    ports::{
        AuditEvent, Clock, IdGenerator, Limit, NewToken, Outcome, PasswordHasher, PasswordStrength,
        RateLimiter, SecretBox, SecretToken, Store, TokenHash, TokenKind, TokenMint, Totp,
        UnitOfWork,
    },
    services::{Ending, Grant, Wake},
};

/// What an installation can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The least number of characters of a password (R12).
    pub password_min_chars: usize,
    /// For phone numbers without a calling code (R6).
    pub default_region: Option<Region>,
    /// Usernames that pose as the system, beside those that the domain knows (R9).
    pub reserved_usernames: Vec<String>,
    /// How long an access token lasts.
    pub access_token_ttl: TimeDelta,
    /// How long the link in a verification mail works.
    pub verification_ttl: TimeDelta,
    /// How long the link in a reset mail works.
    pub reset_ttl: TimeDelta,
    /// How long the code in a text message works.
    pub code_ttl: TimeDelta,
    /// How long the second factor may take after the password.
    pub challenge_ttl: TimeDelta,
    /// When a session ends that nobody renews.
    pub session_idle_ttl: TimeDelta,
    /// When a session ends in any case.
    pub session_ttl: TimeDelta,
    /// How long the client that lost the answer may repeat a refresh.
    pub refresh_grace: TimeDelta,
    /// How long a proof of who one is holds.
    pub recent_authentication: TimeDelta,
    /// How long a device on which nobody signs in is remembered.
    pub device_ttl: TimeDelta,
    /// When accounts that never verified an email are erased.
    pub unverified_retention: TimeDelta,
    /// How long a deleted account can be restored; then it is erased.
    pub deleted_retention: TimeDelta,
    /// What authenticator apps call this installation.
    pub issuer: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_min_chars: 8,
            default_region: None,
            reserved_usernames: Vec::new(),
            access_token_ttl: TimeDelta::minutes(15),
            verification_ttl: TimeDelta::hours(24),
            reset_ttl: TimeDelta::minutes(30),
            code_ttl: TimeDelta::minutes(10),
            challenge_ttl: TimeDelta::minutes(5),
            session_idle_ttl: TimeDelta::days(14),
            session_ttl: TimeDelta::days(90),
            refresh_grace: TimeDelta::seconds(10),
            recent_authentication: TimeDelta::minutes(15),
            device_ttl: TimeDelta::days(180),
            unverified_retention: TimeDelta::days(7),
            deleted_retention: TimeDelta::days(30),
            issuer: "Userdom".to_owned(),
        }
    }
}

/// What the application is built on.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct Adapters {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identities.
    pub ids: Arc<dyn IdGenerator>,
    /// Tokens.
    pub mint: Arc<dyn TokenMint>,
    /// Password hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Password strength.
    pub strength: Arc<dyn PasswordStrength>,
    /// Seals secrets that must be read again.
    pub secrets: Arc<dyn SecretBox>,
    /// One-time passwords by time.
    pub totp: Arc<dyn Totp>,
    /// What may not happen too often.
    pub limiter: Arc<dyn RateLimiter>,
}

/// The application: every use case is carried out here.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct App {
    pub(crate) adapters: Adapters,
    pub(crate) settings: Arc<Settings>,
    pub(crate) wake: Arc<Wake>,
    /// When the last transaction of a request is committed.
    pub(crate) ending: Ending,
}

/// A use case that runs within one transaction.
pub trait Command {
    /// What the caller gets.
    type Output;

    /// Does it. May run more than once: each time in a new transaction.
    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError>;
}

impl App {
    /// How often a command is tried when others are in the way.
    const TRIES: u32 = 3;

    /// Builds the application. `wake` rouses the outbox worker after each commit.
    pub fn new(adapters: Adapters, settings: Settings, wake: Arc<Wake>) -> Self {
        Self { adapters, settings: Arc::new(settings), wake, ending: Ending::AtOnce }
    }

    /// What the installation has set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the store answers right now.
    pub fn is_ready(&self) -> bool {
        self.adapters.store.ping().is_ok()
    }

    /// Carries out a command, the last of a use case, in a transaction of its own. When another
    /// writer was faster it is tried again, unless the caller named a version.
    pub fn execute<C: Command>(&self, caller: &Caller, command: &C) -> Result<C::Output, AppError> {
        self.run(caller, command, &self.ending)
    }

    /// Carries out a command before the last of a use case. It is committed at once: what it
    /// does must last, whatever the answer is (R31).
    pub(crate) fn execute_step<C: Command>(
        &self,
        caller: &Caller,
        command: &C,
    ) -> Result<C::Output, AppError> {
        if let Ending::Together(_) = self.ending {
            return Err(AppError::Internal("an atomic batch has no steps that last".into()));
        }
        self.run(caller, command, &Ending::AtOnce)
    }

    fn run<C: Command>(
        &self,
        caller: &Caller,
        command: &C,
        ending: &Ending,
    ) -> Result<C::Output, AppError> {
        let is_alone = !matches!(ending, Ending::Together(_));
        let mut tries = 1;
        loop {
            match self.attempt(caller, command, ending) {
                Err(AppError::Contended) if caller.if_match.is_some() => {
                    return Err(AppError::StaleVersion);
                }
                Err(AppError::Contended | AppError::Store(RepositoryError::Transient(_)))
                    if tries < Self::TRIES && is_alone =>
                {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn attempt<C: Command>(
        &self,
        caller: &Caller,
        command: &C,
        ending: &Ending,
    ) -> Result<C::Output, AppError> {
        let uow = match ending {
            Ending::AtOnce => None,
            Ending::WithAnswer(held) if held.is_empty() => None,
            Ending::WithAnswer(_) => {
                return Err(AppError::Internal("a use case has two last commands".into()));
            }
            Ending::Together(held) => held.take(),
        };
        let uow = uow.map_or_else(|| self.adapters.store.begin(), Ok)?;
        let mut tx = Tx { uow, app: self, caller, now: self.adapters.clock.now() };
        let output = command.apply(&mut tx)?;
        match ending.held() {
            Some(held) => held.keep(tx.uow)?,
            None => tx.uow.commit()?,
        }
        self.wake.notify();
        Ok(output)
    }

    /// Carries out commands in one transaction: all that `work` has the given application do,
    /// or nothing. None of them may hash a password meanwhile.
    pub fn all_or_nothing<T, E: From<AppError>>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let held = self.ending.held().cloned().unwrap_or_default();
        let done = work(&Self { ending: Ending::Together(Arc::clone(&held)), ..self.clone() });
        if done.is_err() {
            drop(held.take());
        } else if let Ending::AtOnce = self.ending {
            held.commit().map_err(AppError::from)?;
            self.wake.notify();
        }
        done
    }

    /// Counts a request from the caller's address, before it costs anything.
    pub fn count_request(&self, caller: &Caller, limit: Limit) -> Result<(), AppError> {
        Ok(self.adapters.limiter.check(limit, &caller.origin.ip_address)?)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.adapters.clock.now()
    }

    /// [`Tx::require_recent_authentication`] for whoever only reads.
    pub(crate) fn require_recent_authentication(
        &self,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<(), AppError> {
        let holds_until =
            caller.signed_in()?.authenticated_at + self.settings.recent_authentication;
        if now <= holds_until { Ok(()) } else { Err(AppError::ReauthenticationRequired) }
    }

    /// What is stored of a token that the mint has just made.
    pub(crate) fn hash_of(
        &self,
        kind: TokenKind,
        token: &SecretToken,
    ) -> Result<TokenHash, AppError> {
        let hash = self.adapters.mint.hash(kind, token.expose());
        hash.ok_or_else(|| AppError::Internal("the mint refuses its own token".into()))
    }
}

/// How an event is called in the audit trail, and what of the user it is about; `None`
/// for what only asks for a message.
fn audited(event: &DomainEvent) -> Option<(&'static str, Option<Uuid>)> {
    let target = match event {
        DomainEvent::NoticeDue { .. } => return None,
        DomainEvent::EmailAdded { email_id }
        | DomainEvent::EmailRemoved { email_id }
        | DomainEvent::EmailVerified { email_id }
        | DomainEvent::DefaultEmailChanged { email_id }
        | DomainEvent::EmailTypeChanged { email_id }
        | DomainEvent::EmailVerificationRequested { email_id, .. } => Some(email_id.as_uuid()),
        DomainEvent::PhoneAdded { phone_id }
        | DomainEvent::PhoneRemoved { phone_id }
        | DomainEvent::PhoneVerified { phone_id }
        | DomainEvent::DefaultPhoneChanged { phone_id }
        | DomainEvent::PhoneTypeChanged { phone_id }
        | DomainEvent::PhoneVerificationRequested { phone_id, .. } => Some(phone_id.as_uuid()),
        DomainEvent::AddressAdded { address_id }
        | DomainEvent::AddressChanged { address_id }
        | DomainEvent::AddressRemoved { address_id }
        | DomainEvent::DefaultAddressChanged { address_id } => Some(address_id.as_uuid()),
        DomainEvent::UserRegistered
        | DomainEvent::UserActivated
        | DomainEvent::UserSuspended
        | DomainEvent::UserReinstated
        | DomainEvent::UserBanned
        | DomainEvent::UserUnbanned
        | DomainEvent::UserDeleted
        | DomainEvent::UserRestored
        | DomainEvent::UsernameChanged
        | DomainEvent::RolesChanged
        | DomainEvent::PreferencesChanged
        | DomainEvent::PasswordChanged
        | DomainEvent::PasswordReset
        | DomainEvent::AccountUnlocked
        | DomainEvent::TwoFactorEnabled
        | DomainEvent::TwoFactorDisabled
        | DomainEvent::LoginSucceeded
        | DomainEvent::LoginFailed
        | DomainEvent::ProfileChanged => None,
    };
    Some((event.kind(), target))
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
            let stranger = self.caller.actor.is_none();
            return Err(if stranger {
                AppError::Unauthenticated
            } else {
                AppError::NotFound("user")
            });
        };
        policies::authorise(self.caller.actor.as_ref(), operation, &user)?;
        self.concerns(id);
        self.was_granted(Grant::User(operation, id));
        self.caller.check_version(user.version())?;
        Ok(user)
    }

    /// Stores the user, if anything has happened to it, and puts what has into the
    /// audit trail.
    pub fn save(&mut self, user: &mut UserAggregate) -> Result<(), AppError> {
        self.concerns(user.id());
        if user.events().is_empty() {
            return Ok(());
        }
        let events: Vec<_> = user.events().iter().filter_map(|it| audited(&it.event)).collect();
        self.uow.users().save(user)?;
        for (kind, target_id) in events {
            self.audit(kind, Outcome::Success, Some(user.id()), target_id)?;
        }
        Ok(())
    }

    /// Puts a line into the audit trail.
    pub fn audit(
        &mut self,
        kind: &str,
        outcome: Outcome,
        user_id: Option<UserId>,
        target_id: Option<Uuid>,
    ) -> Result<(), AppError> {
        let actor_id = self.caller.actor.as_ref().and_then(Actor::user_id);
        self.audit_by(actor_id, kind, outcome, user_id, target_id)
    }

    /// [`Tx::audit`] for somebody who proves who it is only in this very transaction.
    pub(crate) fn audit_by(
        &mut self,
        actor_id: Option<UserId>,
        kind: &str,
        outcome: Outcome,
        user_id: Option<UserId>,
        target_id: Option<Uuid>,
    ) -> Result<(), AppError> {
        if let Some(user_id) = user_id {
            self.concerns(user_id);
        }
        let (actor, origin) = (self.caller.actor.as_ref(), &self.caller.origin);
        let api_key_id = match actor {
            Some(Actor::Service(service)) => Some(service.key_id),
            Some(Actor::User(_)) | None => None,
        };
        let event = AuditEvent {
            id: self.new_uuid(),
            occurred_at: self.now,
            kind: kind.to_owned(),
            outcome,
            actor_id,
            api_key_id,
            user_id,
            target_id,
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
            request_id: origin.request_id.clone(),
        };
        Ok(self.uow.audit().append(&event)?)
    }

    /// The caller has proved who it is, not longer than fifteen minutes ago.
    pub fn require_recent_authentication(&self) -> Result<(), AppError> {
        self.was_granted(Grant::RecentProof);
        self.app.require_recent_authentication(self.caller, self.now)
    }

    /// The answer is about this user.
    pub(crate) fn concerns(&self, user_id: UserId) {
        if let Some(held) = self.app.ending.held() {
            held.concerns(user_id);
        }
    }

    /// The answer is for whoever is still allowed this.
    pub(crate) fn was_granted(&self, grant: Grant) {
        if let Some(held) = self.app.ending.held() {
            held.was_granted(grant);
        }
    }

    /// Ends everything that opens the account: sessions and one-time tokens.
    pub fn shut_out(&mut self, user_id: UserId) -> Result<(), AppError> {
        self.uow.sessions().end_all(user_id, None)?;
        Ok(self.uow.tokens().end_all(user_id, self.now)?)
    }

    /// Asks for the mail that verifies an email, and makes its token. Older links end.
    pub fn send_verification(
        &mut self,
        user: &mut UserAggregate,
        email_id: EmailId,
    ) -> Result<NewToken, AppError> {
        let id = self.new_uuid();
        user.request_email_verification(email_id, id, self.now)?;
        let ttl = self.app.settings.verification_ttl;
        self.derived_token(TokenKind::EmailVerification, id, user.id(), email_id.as_uuid(), ttl)
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
