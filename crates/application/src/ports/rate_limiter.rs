/// What may be done how often, and counted by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Sign-ins from one client address.
    SignInAddress,
    /// Sign-ins as one login, known or not, whose password was wrong.
    SignInLogin,
    /// Registrations from one client address.
    RegisterAddress,
    /// Password resets and verification mails asked for from one client address.
    MailAddress,
    /// Mails that anybody can have sent to one email address.
    MailTarget,
    /// Those of them that tell of accounts which claim the address: the rest is for whoever
    /// wants its account back.
    ClaimTarget,
    /// Mails to emails that one user adds.
    MailUser,
    /// Text messages to one phone number.
    SmsTarget,
    /// Text messages to the phones of one user.
    SmsUser,
    /// Codes and proofs entered for one user.
    CodeUser,
    /// Tokens presented from one client address: resets, verifications, refreshes, challenges.
    TokenAddress,
    /// Requests with an idempotency key of one user: each may leave an answer for a day.
    KeysUser,
    /// Requests with an idempotency key of one service.
    KeysService,
}

/// So many within so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub allowed: u32,
    /// Within how many seconds.
    pub seconds: u32,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SignInAddress,
        Self::SignInLogin,
        Self::RegisterAddress,
        Self::MailAddress,
        Self::MailTarget,
        Self::ClaimTarget,
        Self::MailUser,
        Self::SmsTarget,
        Self::SmsUser,
        Self::CodeUser,
        Self::TokenAddress,
        Self::KeysUser,
        Self::KeysService,
    ];

    /// The name in headers and keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignInAddress => "sign-in-address",
            Self::SignInLogin => "sign-in-login",
            Self::RegisterAddress => "register-address",
            Self::MailAddress => "mail-address",
            Self::MailTarget => "mail-target",
            Self::ClaimTarget => "claim-target",
            Self::MailUser => "mail-user",
            Self::SmsTarget => "sms-target",
            Self::SmsUser => "sms-user",
            Self::CodeUser => "code-user",
            Self::TokenAddress => "token-address",
            Self::KeysUser => "keys-user",
            Self::KeysService => "keys-service",
        }
    }

    /// How often.
    pub const fn quota(self) -> Quota {
        match self {
            Self::SignInAddress | Self::TokenAddress => Quota { allowed: 30, seconds: 60 },
            Self::SignInLogin => Quota { allowed: 20, seconds: 300 },
            Self::RegisterAddress | Self::MailUser => Quota { allowed: 20, seconds: 3600 },
            Self::MailAddress => Quota { allowed: 30, seconds: 3600 },
            Self::MailTarget | Self::SmsTarget => Quota { allowed: 3, seconds: 3600 },
            Self::ClaimTarget => Quota { allowed: 2, seconds: 3600 },
            Self::SmsUser => Quota { allowed: 10, seconds: 3600 },
            Self::CodeUser => Quota { allowed: 10, seconds: 600 },
            Self::KeysUser => Quota { allowed: 300, seconds: 3600 },
            Self::KeysService => Quota { allowed: 600, seconds: 60 },
        }
    }
}

/// Too many: come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Which limit.
    pub limit: Limit,
    /// Seconds until the next one passes, rounded up.
    pub retry_after: u64,
}

/// Counts what may not happen too often.
pub trait RateLimiter: Send + Sync {
    /// Counts one more; when it is too many it does not count.
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded>;

    /// Takes the last one that passed back: it was not of the kind that is counted.
    fn give_back(&self, limit: Limit, key: &str);
}
