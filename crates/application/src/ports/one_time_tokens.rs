use chrono::{DateTime, Utc};
use userdom_domain::{EmailAddress, RepositoryError, UserId};
use uuid::Uuid;

use super::{TokenHash, TokenKind};

/// A token to be handed out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The identity.
    pub id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// What it is good for.
    pub kind: TokenKind,
    /// What it is about: the email or the phone to verify, or the user.
    pub target_id: Uuid,
    /// What is stored of it.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// What a token was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedToken {
    /// The token itself.
    pub id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// What it was about.
    pub target_id: Uuid,
}

/// Tokens that are good for one use.
pub trait OneTimeTokenRepository {
    /// Stores a token; older ones of the same user, kind and target end.
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError>;

    /// Whether a token of this user, kind and target was made after a moment, dead or alive.
    fn issued_after(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        moment: DateTime<Utc>,
    ) -> Result<bool, RepositoryError>;

    /// What a live token is about, without using it up. `None` when it is unknown, of
    /// another kind, used, replaced or expired.
    fn peek(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError>;

    /// Uses a token up, in one atomic statement. `None` as [`peek`](Self::peek) says.
    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError>;

    /// Counts a guess at what belongs to a live token (the code behind a challenge)
    /// **before** it is checked, in one atomic statement. `None` when there is no live token or
    /// it has had five guesses.
    fn claim_guess(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError>;

    /// [`claim_guess`](Self::claim_guess) at the live token of this user and target, for
    /// codes that are too short to be looked up by.
    fn claim_guess_at(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError>;

    /// Uses up the token with this identity, in one atomic statement; `false` when it was
    /// used or replaced meanwhile.
    fn consume_by_id(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<bool, RepositoryError>;

    /// Ends the live verification links of other users for this address, if they have not
    /// verified it and are older than `newest` (ids sort by time).
    fn end_older_claims(
        &mut self,
        newest: &UsedToken,
        email: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;

    /// Ends every live token of a user, of any kind.
    fn end_all(&mut self, user_id: UserId, now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Ends the live tokens of a user for one target, of any kind.
    fn end_for(
        &mut self,
        user_id: UserId,
        target_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;
}
