//! What the application needs from the outside, as traits.

mod clock;
mod email_provider;
mod id_generator;
mod outbox;
mod password_hasher;
mod password_strength;
mod store;
mod token_mint;

pub use clock::Clock;
pub use email_provider::{EmailProvider, MailError, OutgoingMail};
pub use id_generator::IdGenerator;
pub use outbox::{ClaimedEvent, Outbox};
pub use password_hasher::{HashingError, PasswordHasher, Verification};
pub use password_strength::{PasswordStrength, WeakPassword};
pub use store::{
    Credentials, Login, NewSession, NewToken, OneTimeTokenRepository, SessionOwner,
    SessionRepository, SignInRepository, Store, UnitOfWork, UsedToken,
};
pub use token_mint::{SecretToken, TokenHash, TokenKind, TokenMint};
