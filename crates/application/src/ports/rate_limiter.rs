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
    /// Mails that anybody can have sent to one email address. Only a mail that leaves counts.
    MailTarget,
    /// Those of them that verify one email of one account: the rest is for other accounts
    /// that claim the same address.
    ClaimUser,
    /// Those of them that inform the owner of an address that another account claims it: the
    /// rest is for the owner's resets.
    OwnerNotice,
    /// Mails to emails that one user adds.
    MailUser,
    /// Text messages to one phone number.
    SmsTarget,
    /// Those of them that one user asks for: the rest is for other users with the same number.
    SmsClaim,
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
    pub const ALL: [Self; 15] = [
        Self::SignInAddress,
        Self::SignInLogin,
        Self::RegisterAddress,
        Self::MailAddress,
        Self::MailTarget,
        Self::ClaimUser,
        Self::OwnerNotice,
        Self::MailUser,
        Self::SmsTarget,
        Self::SmsClaim,
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
            Self::ClaimUser => "claim-user",
            Self::OwnerNotice => "owner-notice",
            Self::MailUser => "mail-user",
            Self::SmsTarget => "sms-target",
            Self::SmsClaim => "sms-claim",
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
            Self::ClaimUser | Self::SmsClaim => Quota { allowed: 2, seconds: 3600 },
            Self::OwnerNotice => Quota { allowed: 1, seconds: 3600 },
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
    /// Counts one more of each; when one of them is too many, none counts.
    fn check_all(&self, limits: &[(Limit, &str)]) -> Result<(), Exceeded> {
        for (passed, (limit, key)) in limits.iter().enumerate() {
            if let Err(exceeded) = self.check(*limit, key) {
                limits.iter().take(passed).for_each(|(limit, key)| self.give_back(*limit, key));
                return Err(exceeded);
            }
        }
        Ok(())
    }

    /// Counts one more; when it is too many it does not count.
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded>;

    /// Takes the last one that passed back: it was not of the kind that is counted.
    fn give_back(&self, limit: Limit, key: &str);
}
