use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::TokenHash;

/// The TOTP secret of a user, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpCredential {
    /// The user.
    pub user_id: UserId,
    /// The secret as the [`SecretBox`](super::SecretBox) has sealed it.
    pub sealed_secret: Vec<u8>,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
    /// When the first code proved it; before that it opens nothing.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The step of the last code that was accepted (RFC 6238 §5.2).
    pub last_step: Option<i64>,
}

/// Second factors: one TOTP secret and ten recovery codes a user.
pub trait SecondFactorRepository {
    /// The secret of a user, confirmed or not.
    fn find(&mut self, user_id: UserId) -> Result<Option<TotpCredential>, RepositoryError>;

    /// Stores a secret that is not confirmed yet in place of another such one. A
    /// confirmed one is left alone: then the answer is `false`.
    fn set_up(&mut self, credential: &TotpCredential) -> Result<bool, RepositoryError>;

    /// Marks the secret as confirmed by the code of this step; `false` when there is
    /// none to confirm.
    fn confirm(
        &mut self,
        user_id: UserId,
        step: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError>;

    /// Puts the same secret, sealed anew, in place of what is stored, unless that has been
    /// replaced meanwhile.
    fn reseal(&mut self, user_id: UserId, old: &[u8], new: &[u8]) -> Result<(), RepositoryError>;

    /// Uses the code of a step up, in one atomic statement: `false` when this step or a
    /// later one has been used.
    fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool, RepositoryError>;

    /// Counts a guess at the second factor **before** it is checked, in one atomic
    /// statement; `false` when there have been `limit` since `since`. The count starts anew
    /// with the first guess after `since`.
    fn claim_guess(
        &mut self,
        user_id: UserId,
        limit: u32,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError>;

    /// The guess was right: the count is forgotten.
    fn clear_guesses(&mut self, user_id: UserId) -> Result<(), RepositoryError>;

    /// Removes the secret and the recovery codes; `false` when there was no secret.
    fn remove(&mut self, user_id: UserId) -> Result<bool, RepositoryError>;

    /// Puts these recovery codes in place of all others.
    fn replace_recovery_codes(
        &mut self,
        user_id: UserId,
        codes: &[(Uuid, TokenHash)],
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;

    /// Uses a recovery code up, in one atomic statement.
    fn use_recovery_code(
        &mut self,
        user_id: UserId,
        code: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError>;

    /// How many recovery codes are left.
    fn recovery_codes_left(&mut self, user_id: UserId) -> Result<u64, RepositoryError>;
}
