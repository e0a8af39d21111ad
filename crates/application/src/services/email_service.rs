use std::sync::Arc;

use crate::{App, ports::EmailProvider};

/// Writes the mails: each kind in a file of its own (`messages/`).
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct EmailService {
    /// Knows the users and their tokens.
    pub app: App,
    /// Sends mail.
    pub provider: Arc<dyn EmailProvider>,
    /// What every link starts with; never taken from a request.
    pub public_url: String,
}
