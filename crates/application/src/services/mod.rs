//! What serves more than one use case.

mod coded_error;
mod email_service;
mod idempotency;
mod merge_patch;
mod messages;
mod outbox_dispatcher;
mod validation_service;
mod wake;

use chrono::{DateTime, Utc};
use userdom_domain::{UserAggregate, UserStatus};

pub use coded_error::{CodedError, VALUE_CODES};
pub use email_service::EmailService;
pub use idempotency::{Once, Turn};
pub(crate) use merge_patch::merge_members;
pub use merge_patch::merge_patch;
pub use outbox_dispatcher::{OutboxDispatcher, Round};
pub use validation_service::ValidationService;
pub use wake::Wake;

/// Nobody writes to a banned or deleted user, and no link opens anything of theirs.
pub(crate) fn is_shut_out(user: &UserAggregate, now: DateTime<Utc>) -> bool {
    matches!(user.status_at(now), UserStatus::Banned | UserStatus::Deleted)
}
