use chrono::TimeDelta;
use userdom_domain::Region;

/// What an installation can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The least number of characters of a password (R12).
    pub password_min_chars: usize,
    /// For phone numbers without a calling code (R6).
    pub default_region: Option<Region>,
    /// Usernames that pose as the system, beside those that the domain knows (R9).
    pub reserved_usernames: Vec<String>,
    /// How long an access token lasts.
    pub access_token_ttl: TimeDelta,
    /// How long the link in a verification mail works.
    pub verification_ttl: TimeDelta,
    /// How long the link in a reset mail works.
    pub reset_ttl: TimeDelta,
    /// How long the code in a text message works.
    pub code_ttl: TimeDelta,
    /// How long the second factor may take after the password.
    pub challenge_ttl: TimeDelta,
    /// When a session ends that nobody renews.
    pub session_idle_ttl: TimeDelta,
    /// When a session ends in any case.
    pub session_ttl: TimeDelta,
    /// How long the client that lost the answer may repeat a refresh.
    pub refresh_grace: TimeDelta,
    /// How long an authentication counts as recent.
    pub recent_authentication: TimeDelta,
    /// How long a device on which nobody signs in is remembered.
    pub device_ttl: TimeDelta,
    /// When accounts that never verified an email are erased.
    pub unverified_retention: TimeDelta,
    /// How long a deleted account can be restored; then it is erased.
    pub deleted_retention: TimeDelta,
    /// What authenticator apps call this installation.
    pub issuer: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_min_chars: 8,
            default_region: None,
            reserved_usernames: Vec::new(),
            access_token_ttl: TimeDelta::minutes(15),
            verification_ttl: TimeDelta::hours(24),
            reset_ttl: TimeDelta::minutes(30),
            code_ttl: TimeDelta::minutes(10),
            challenge_ttl: TimeDelta::minutes(5),
            session_idle_ttl: TimeDelta::days(14),
            session_ttl: TimeDelta::days(90),
            refresh_grace: TimeDelta::seconds(10),
            recent_authentication: TimeDelta::minutes(15),
            device_ttl: TimeDelta::days(180),
            unverified_retention: TimeDelta::days(7),
            deleted_retention: TimeDelta::days(30),
            issuer: "Userdom".to_owned(),
        }
    }
}
