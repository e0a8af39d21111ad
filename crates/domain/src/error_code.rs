/// A stable code of an error, with its meaning, which is the same for all values.
///
/// Each error type that clients see has its codes as `CODES`, and the code of one error as `code()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The code in answers, such as `username.too_short`.
    pub name: &'static str,
    /// One sentence for people.
    pub meaning: &'static str,
    /// The kind of refusal.
    pub kind: ErrorKind,
}

/// The kinds of refusals, for which a protocol may have different statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request breaks a rule.
    Rule,
    /// The part that the request names does not exist.
    Missing,
    /// The part that the request adds exists already.
    Conflict,
}

/// Declares the codes of an error type: a code for each of its variants. A variant that holds
/// another error stands after `else`, and has the code of that one.
///
/// ```
/// pub enum TicketError {
///     Unreadable,
///     Unknown(u32),
/// }
///
/// userdom_domain::error_codes! {
///     TicketError {
///         Self::Unreadable => Rule("ticket.unreadable", "The ticket cannot be read");
///         Self::Unknown(_) => Missing("ticket.not_found", "There is no such ticket");
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
            pub const CODES: &'static [$crate::ErrorCode] = &[$($crate::ErrorCode {
                name: $name,
                meaning: $meaning,
                kind: $crate::ErrorKind::$kind,
            }),+];

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
