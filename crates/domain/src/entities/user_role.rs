use std::fmt;

/// What a user may do; a higher role is greater (R15).
///
/// ```
/// use userdom_domain::UserRole;
///
/// assert!(UserRole::Admin > UserRole::Moderator);
/// assert_eq!(UserRole::parse("premium"), Some(UserRole::Premium));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserRole {
    /// Looks around.
    Guest,
    /// The default.
    User,
    /// Pays.
    Premium,
    /// Looks after other users.
    Moderator,
    /// Looks after everything.
    Admin,
}

impl UserRole {
    /// All five, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Guest, Self::User, Self::Premium, Self::Moderator, Self::Admin];

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::User => "user",
            Self::Premium => "premium",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
