//! What the application needs from the outside, as traits.

mod accounts;
mod api_keys;
mod audit;
mod clock;
mod devices;
mod directory;
mod email_provider;
mod id_generator;
mod idempotency;
mod one_time_tokens;
mod outbox;
mod password_hasher;
mod password_strength;
mod rate_limiter;
mod second_factors;
mod secret_box;
mod sessions;
mod sign_ins;
mod sms_provider;
mod store;
mod token_mint;
mod totp;

pub use accounts::{AccountRepository, Ended, Leftover, Stamp};
pub use api_keys::{ApiKey, ApiKeyRepository, Scope};
pub use audit::{AuditEvent, AuditRepository, Outcome};
pub use clock::Clock;
pub use devices::{DeviceRepository, KnownDevice, NewDevice};
pub use directory::{DirectoryQuery, DirectoryRepository, OrderKey, Place, PlaceValue, UserOrder};
pub use email_provider::{EmailProvider, MailError, OutgoingMail};
pub use id_generator::IdGenerator;
pub use idempotency::{Claim, Claimed, IdempotencyRepository};
pub use one_time_tokens::{NewToken, OneTimeTokenRepository, UsedToken};
pub use outbox::{
    Channel, ClaimedEntry, MailRequest, NewEntry, Notice, Outbox, OutboxContent, OutboxRepository,
    UserMessage,
};
pub use password_hasher::{HashingError, PasswordHasher, Verification};
pub use password_strength::{PasswordStrength, WeakPassword};
pub use rate_limiter::{Exceeded, Limit, Quota, RateLimiter};
pub use second_factors::{SecondFactorRepository, TotpCredential};
pub use secret_box::{OpenedSecret, SecretBox};
pub use sessions::{Session, SessionOwner, SessionRepository};
pub use sign_ins::{Credentials, Login, SignInRepository};
pub use sms_provider::{OutgoingSms, SmsProvider};
pub use store::{Store, UnitOfWork};
pub use token_mint::{SecretToken, TokenHash, TokenKind, TokenMint};
pub use totp::{Enrolment, Totp};
