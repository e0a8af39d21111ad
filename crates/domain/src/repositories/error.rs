use std::error::Error;

/// What must be unique in the whole directory, or within one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// R9: usernames, without regard to case.
    Username,
    /// R21: the owner of a verified email.
    VerifiedEmail,
    /// R19: an email within one user.
    UserEmail,
    /// R22: a phone within one user.
    UserPhone,
    /// R19, R22: the default of a kind within one user.
    Default,
    /// An identity that is there already.
    Identity,
}

/// Why a repository did not do as asked. "Not found" is no error but `None`.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// Somebody else has it.
    #[error("{0:?} is taken")]
    Duplicate(UniqueKey),
    /// The user has been changed since it was read (R27).
    #[error("the user has changed since it was read")]
    Stale,
    /// The database gave way to another transaction; try again.
    #[error("the database asks for another try")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    /// The database cannot be reached, is full, or is too busy.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row that is no sound user.
    #[error("the row {row} of {table} is corrupt")]
    Corrupt {
        /// The table's name.
        table: String,
        /// The row's identity.
        row: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Anything else, a defect most likely.
    #[error("the database failed")]
    Other(#[source] Box<dyn Error + Send + Sync>),
}
