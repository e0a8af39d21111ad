/// A stable code of an error, with what it means whatever the values are.
///
/// Each error type has the list of its codes as `CODES`, and the code of one error as `code()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// What clients see, as in `username.too_short`.
    pub name: &'static str,
    /// One sentence for people.
    pub meaning: &'static str,
    /// What kind of refusal it is.
    pub kind: ErrorKind,
}

/// The kinds of refusals, which a protocol may distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It breaks a rule.
    Rule,
    /// What it names is not there.
    Missing,
    /// What it adds is there already.
    Conflict,
}

impl ErrorCode {
    /// The code of a broken rule.
    pub const fn rule(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, kind: ErrorKind::Rule }
    }

    /// The code of something that is not there.
    pub const fn missing(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, kind: ErrorKind::Missing }
    }

    /// The code of something that is there already.
    pub const fn conflict(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, kind: ErrorKind::Conflict }
    }
}

/// Declares the codes of an error type: a code for each of its variants. A variant that holds
/// another error stands after `else`, and has the code of that one.
///
/// Makes the list `CODES` and the function `code`.
///
/// ```
/// pub enum TicketError {
///     Unreadable,
///     Unknown(u32),
/// }
///
/// userdom_domain::error_codes! {
///     TicketError {
///         Self::Unreadable => rule("ticket.unreadable", "The ticket cannot be read");
///         Self::Unknown(_) => missing("ticket.not_found", "There is no such ticket");
///     }
/// }
///
/// assert_eq!(TicketError::Unknown(7).code(), "ticket.not_found");
/// assert_eq!(TicketError::CODES.len(), 2);
/// ```
#[macro_export]
macro_rules! error_codes {
    (
        $error:ty { $($variant:pat => $kind:ident($name:literal, $meaning:literal);)+ }
        $(else { $outer:pat => $code:expr })?
    ) => {
        impl $error {
            /// All codes of this error, apart from those of an error within it.
            pub const CODES: &'static [$crate::ErrorCode] =
                &[$($crate::ErrorCode::$kind($name, $meaning)),+];

            /// The stable code that clients see.
            pub const fn code(&self) -> &'static str {
                match self {
                    $($variant => $name,)+
                    $($outer => $code,)?
                }
            }
        }
    };
}
