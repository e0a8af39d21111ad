//! The world outside the process: clock, identities, mail.

mod file_email_provider;
mod mime;
mod random_ids;
mod smtp_email_provider;
mod system_clock;

pub use file_email_provider::FileEmailProvider;
pub use random_ids::RandomIds;
pub use smtp_email_provider::{MailConfigError, SmtpEmailProvider};
pub use system_clock::SystemClock;
