use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{AddressId, EmailId, PhoneId, Region, RepositoryError, UserAggregate, UserId};
use uuid::Uuid;

use crate::{
    AppError, Caller,
    policies::{self, Operation},
    ports::{
        Clock, IdGenerator, NewToken, PasswordHasher, PasswordStrength, Store, TokenKind,
        TokenMint, UnitOfWork,
    },
    services::Wake,
};

/// What an installation can set.
#[derive(Debug, Clone)]
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_min_chars: 8,
            default_region: None,
            reserved_usernames: Vec::new(),
            access_token_ttl: TimeDelta::minutes(15),
            verification_ttl: TimeDelta::hours(24),
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
}

/// The application: every use case is carried out here.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct App {
    pub(crate) adapters: Adapters,
    pub(crate) settings: Arc<Settings>,
    pub(crate) wake: Arc<Wake>,
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
        Self { adapters, settings: Arc::new(settings), wake }
    }

    /// What the installation has set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the store answers right now.
    pub fn is_ready(&self) -> bool {
        self.adapters.store.ping().is_ok()
    }

    /// Carries out a command in a transaction of its own. When another writer
    /// was faster it is tried again, unless the caller named a version.
    pub fn execute<C: Command>(&self, caller: &Caller, command: &C) -> Result<C::Output, AppError> {
        let mut tries = 1;
        loop {
            match self.attempt(caller, command) {
                Err(AppError::Contended) if caller.if_match.is_some() => {
                    return Err(AppError::StaleVersion);
                }
                Err(AppError::Contended | AppError::Store(RepositoryError::Transient(_)))
                    if tries < Self::TRIES =>
                {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    fn attempt<C: Command>(&self, caller: &Caller, command: &C) -> Result<C::Output, AppError> {
        let mut tx = Tx {
            uow: self.adapters.store.begin()?,
            app: self,
            caller,
            now: self.adapters.clock.now(),
        };
        let output = command.apply(&mut tx)?;
        tx.uow.commit()?;
        self.wake.notify();
        Ok(output)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.adapters.clock.now()
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
        match &self.caller.if_match {
            Some(versions) if !versions.contains(&user.version()) => Err(AppError::StaleVersion),
            _ => Ok(user),
        }
    }

    /// Stores the user, if anything has happened to it.
    pub fn save(&mut self, user: &mut UserAggregate) -> Result<(), AppError> {
        if user.events().is_empty() {
            return Ok(());
        }
        Ok(self.uow.users().save(user)?)
    }

    /// Asks for the mail that verifies an email, and makes its token. Older links end.
    pub fn send_verification(
        &mut self,
        user: &mut UserAggregate,
        email_id: EmailId,
    ) -> Result<NewToken, AppError> {
        let id = self.new_uuid();
        user.request_email_verification(email_id, id, self.now)?;
        let kind = TokenKind::EmailVerification;
        let mint = &self.app.adapters.mint;
        let hash = mint.hash(kind, mint.derived(kind, id).expose());
        let hash =
            hash.ok_or_else(|| AppError::Internal("the mint refuses its own token".into()))?;
        Ok(NewToken {
            id,
            user_id: user.id(),
            kind,
            target_id: email_id.as_uuid(),
            hash,
            created_at: self.now,
            expires_at: self.now + self.app.settings.verification_ttl,
        })
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
