//! The world outside the process: clock, identities, messages.

mod file_email_provider;
mod file_sms_provider;
mod http_sms_provider;
mod mime;
mod private_file;
mod random_ids;
mod smtp_email_provider;
mod system_clock;

pub use file_email_provider::FileEmailProvider;
pub use file_sms_provider::FileSmsProvider;
pub use http_sms_provider::{HttpSmsProvider, SmsUrlError};
pub use random_ids::RandomIds;
pub use smtp_email_provider::{MailConfigError, SmtpEmailProvider};
pub use system_clock::SystemClock;
