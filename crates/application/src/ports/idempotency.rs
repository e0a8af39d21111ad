use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

/// A request that is to have one effect, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The owner, a slash, and the client's key.
    pub key: String,
    /// Stands for what is asked: the same key with another one is a mistake.
    pub fingerprint: [u8; 32],
    /// The same by the secret keys before the present one.
    pub earlier: Vec<[u8; 32]>,
    /// Names this attempt.
    pub attempt: Uuid,
    /// When it may be tried again, should this attempt never end.
    pub claimed_until: DateTime<Utc>,
    /// When the key is forgotten.
    pub expires_at: DateTime<Utc>,
}

impl Claim {
    /// Whether a kept fingerprint is that of the same request.
    pub fn is_same(&self, fingerprint: &[u8]) -> bool {
        fingerprint == self.fingerprint || self.earlier.iter().any(|one| one == fingerprint)
    }
}

/// How a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// This attempt has it.
    Ours,
    /// Another one is at it.
    Running,
    /// It was answered so.
    Answered(Vec<u8>),
    /// It stands for another request.
    Another,
}

/// Requests that have one effect, however often they are sent, with their answers.
pub trait IdempotencyRepository {
    /// Claims a key, in one atomic statement: it is unknown, forgotten at `now`, or the last
    /// attempt never ended.
    fn claim(&mut self, claim: &Claim, now: DateTime<Utc>) -> Result<Claimed, RepositoryError>;

    /// Keeps the answer, which is gone when one of those whom it is about is erased; `false`
    /// when another attempt has taken over.
    fn answer(
        &mut self,
        claim: &Claim,
        answer: &[u8],
        about: &[UserId],
    ) -> Result<bool, RepositoryError>;

    /// Gives the key back, unless another attempt has taken over.
    fn release(&mut self, claim: &Claim) -> Result<(), RepositoryError>;
}
