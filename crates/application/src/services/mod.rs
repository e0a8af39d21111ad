//! What serves more than one use case.

mod email_service;
mod mail_texts;
mod validation_service;
mod wake;

pub use email_service::EmailService;
pub use validation_service::{CodedError, ValidationService};
pub use wake::Wake;
