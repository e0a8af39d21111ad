use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{
    EmailAddress, PasswordHash, RepositoryError, UserId, UserRepository, UserRole, UserStatus,
    Username,
};
use uuid::Uuid;

use super::{TokenHash, TokenKind};

/// Where everything is kept.
pub trait Store: Send + Sync {
    /// Begins a unit of work that may write. Dropping it undoes it.
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError>;

    /// Begins a unit of work that only reads; it never waits for a writer.
    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError>;

    /// Whether the store answers right now.
    fn ping(&self) -> Result<(), RepositoryError>;
}

/// One transaction, and the repositories inside it.
pub trait UnitOfWork {
    /// Whole users.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Sign-in attempts.
    fn sign_ins(&mut self) -> &mut dyn SignInRepository;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Tokens that are good for one use.
    fn tokens(&mut self) -> &mut dyn OneTimeTokenRepository;
    /// Makes all of it last.
    fn commit(self: Box<Self>) -> Result<(), RepositoryError>;
}

/// What somebody signs in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The username, in any case.
    Username(Username),
    /// A verified email (R21).
    Email(EmailAddress),
}

/// What an attempt is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who tries to sign in.
    pub user_id: UserId,
    /// What the guess must match.
    pub password_hash: PasswordHash,
}

/// The counter of R17, apart from the aggregate: strangers' failures must not
/// get in the way of the owner's changes.
pub trait SignInRepository {
    /// Counts an attempt as failed **before** the password is checked, in one
    /// atomic statement, so that parallel attempts never get more than five
    /// checks. `None` when there is no such user or the account is locked.
    fn claim_attempt(
        &mut self,
        login: &Login,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError>;

    /// The password was right, though the account cannot sign in: the claimed
    /// attempts are forgotten.
    fn clear_attempts(&mut self, user_id: UserId) -> Result<(), RepositoryError>;

    /// The claimed attempt was not checked after all: it does not count.
    fn return_attempt(&mut self, user_id: UserId) -> Result<(), RepositoryError>;

    /// The user signed in at `now`: the claimed attempts are forgotten.
    fn record_login(&mut self, user_id: UserId, now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Replaces the hash of the same password by a stronger one, unless the
    /// password has been changed meanwhile.
    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), RepositoryError>;
}

/// A session to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The identity.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// What is stored of the access token.
    pub access_token: TokenHash,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// The client's own name for itself, 255 characters at most.
    pub user_agent: String,
    /// Where the client calls from.
    pub ip_address: String,
}

/// The owner of an access token that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOwner {
    /// The session.
    pub session_id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// What the user may do now.
    pub roles: BTreeSet<UserRole>,
    /// Where the account stands now.
    pub status: UserStatus,
    /// When a timed suspension or ban ends.
    pub status_until: Option<DateTime<Utc>>,
}

/// Sessions.
pub trait SessionRepository {
    /// Opens a session.
    fn insert(&mut self, session: &NewSession) -> Result<(), RepositoryError>;

    /// Whose access token this is, if it has not ended at `now`.
    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError>;

    /// Ends one session; `false` when there was none.
    fn end(&mut self, session_id: Uuid) -> Result<bool, RepositoryError>;

    /// Ends every session of a user.
    fn end_all(&mut self, user_id: UserId) -> Result<(), RepositoryError>;
}

/// A token to be handed out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The identity.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is good for.
    pub kind: TokenKind,
    /// What it is about: the email to verify.
    pub target_id: Uuid,
    /// What is stored of it.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// What a used token was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedToken {
    /// Whose it was.
    pub user_id: UserId,
    /// What it was about.
    pub target_id: Uuid,
}

/// Tokens that are good for one use.
pub trait OneTimeTokenRepository {
    /// Stores a token; older ones of the same kind and target end.
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError>;

    /// Uses a token up, in one atomic statement. `None` when it is unknown, of
    /// another kind, used, replaced or expired.
    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError>;

    /// How many were issued for a target since a moment.
    fn issued_since(
        &mut self,
        kind: TokenKind,
        target_id: Uuid,
        since: DateTime<Utc>,
    ) -> Result<u64, RepositoryError>;
}
