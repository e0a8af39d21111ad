use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    AppError, Caller, Commit, Request, Settings, UseCase,
    ports::{
        Clock, IdGenerator, Limit, PasswordHasher, PasswordStrength, RateLimiter, SecretBox,
        SecretToken, Store, TokenHash, TokenKind, TokenMint, Totp,
    },
    services::Wake,
};

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
///
/// What changes something is a value that [`App::execute`] runs ([`UseCase`]). What only reads is
/// a method.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct App {
    pub(crate) adapters: Adapters,
    pub(crate) settings: Arc<Settings>,
    pub(crate) wake: Arc<Wake>,
}

impl App {
    /// Builds the application. `wake` rouses the outbox worker after each commit.
    pub fn new(adapters: Adapters, settings: Settings, wake: Arc<Wake>) -> Self {
        Self { adapters, settings: Arc::new(settings), wake }
    }

    /// The settings of the installation.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the store answers right now.
    pub fn is_ready(&self) -> bool {
        self.adapters.store.ping().is_ok()
    }

    /// Carries out a use case and commits what it did.
    pub fn execute<U: UseCase>(
        &self,
        caller: &Caller,
        use_case: &U,
    ) -> Result<U::Output, AppError> {
        self.execute_with(&Commit::AtOnce, caller, use_case)
    }

    /// Carries out a use case. Its last transaction is committed when `commit` says.
    pub fn execute_with<U: UseCase>(
        &self,
        commit: &Commit,
        caller: &Caller,
        use_case: &U,
    ) -> Result<U::Output, AppError> {
        use_case.run(&Request { app: self, caller, commit })
    }

    /// Counts a request from the caller's address, before it costs anything.
    pub fn count_request(&self, caller: &Caller, limit: Limit) -> Result<(), AppError> {
        Ok(self.adapters.limiter.check(limit, &caller.origin.ip_address)?)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.adapters.clock.now()
    }

    /// Whether the caller was authenticated within the last minutes.
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
