//! Every code that a client can see, with its status, its meaning, and a hint.

mod table;

use std::{fmt, sync::LazyLock};

use userdom_application::services::{CodedError, VALUE_CODES};
use userdom_domain::{ErrorCode, ErrorKind, UserError};

use table::{FIELDS, PROBLEMS};

/// A code of a problem, or of a faulty field in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// The member `code` of a problem or of a faulty field.
    pub(crate) name: &'static str,
    /// The HTTP status; for a field, that of a request in which nothing else is faulty.
    pub(crate) status: u16,
    /// The title of the problem.
    pub(crate) meaning: &'static str,
    /// The detail, where it is always the same sentence and not the title.
    pub(crate) hint: Option<&'static str>,
}

/// All codes: of the problems, then of the faults of single fields.
static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| problems().chain(faults()).collect());

fn problems() -> impl Iterator<Item = Code> {
    PROBLEMS.iter().chain(USER_ERRORS).copied()
}

fn faults() -> impl Iterator<Item = Code> {
    FIELDS.iter().copied().chain(VALUE_CODES.iter().copied().flatten().map(Code::of))
}

impl Code {
    const fn new(status: u16, name: &'static str, meaning: &'static str) -> Self {
        Self { name, status, meaning, hint: None }
    }

    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// A code of the domain, with the status of its kind.
    const fn of(code: &ErrorCode) -> Self {
        let status = match code.kind {
            ErrorKind::Rule => 422,
            ErrorKind::Missing => 404,
            ErrorKind::Conflict => 409,
        };
        Self::new(status, code.name, code.meaning)
    }

    /// The code of this name, if there is one.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        CODES.iter().find(|code| code.name == name)
    }

    /// The code of this name, for the compiler: see [`code!`].
    #[expect(clippy::panic, reason = "the compiler evaluates it, and reports the name")]
    pub(crate) const fn named(name: &str) -> Self {
        match (found(PROBLEMS, name), found(USER_ERRORS, name), found(FIELDS, name)) {
            (Some(code), ..) | (_, Some(code), _) | (.., Some(code)) => code,
            (None, None, None) => panic!("there is no such code"),
        }
    }

    /// Its row in the document.
    fn row(&self) -> String {
        let hint = self.hint.map(|hint| format!(". In detail: {hint}")).unwrap_or_default();
        format!("| {} | {} | {}{hint} |\n", self.name, self.status, self.meaning)
    }
}

/// The refusals of the aggregate, with their statuses.
const USER_ERRORS: &[Code] = &{
    let mut codes = [Code::new(0, "", ""); UserError::CODES.len()];
    let (mut places, mut errors) = (codes.as_mut_slice(), UserError::CODES);
    while let ([place, other_places @ ..], [error, other_errors @ ..]) = (places, errors) {
        *place = Code::of(error);
        (places, errors) = (other_places, other_errors);
    }
    codes
};

const fn found(mut codes: &[Code], name: &str) -> Option<Code> {
    while let [code, rest @ ..] = codes {
        if are_equal(code.name, name) {
            return Some(*code);
        }
        codes = rest;
    }
    None
}

const fn are_equal(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([a, rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

/// The code of a problem or a field by its name. A name that is not declared does not compile.
macro_rules! code {
    ($name:literal) => {
        const { &$crate::http::codes::Code::named($name) }
    };
}

/// Several codes, as a slice.
macro_rules! codes {
    ($($name:literal),* $(,)?) => {
        &[$(code!($name)),*]
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hint.unwrap_or(self.meaning))
    }
}

/// A field whose fault has no text but the meaning of its code.
impl CodedError for &'static Code {
    fn code(&self) -> &'static str {
        self.name
    }
}

/// The text of `docs/errors.md`.
pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let table = |heading: &str, codes: &mut dyn Iterator<Item = Code>| {
        let rows: String = codes.map(|code| code.row()).collect();
        format!("\n## {heading}\n\n| code | status | meaning |\n|---|---|---|\n{rows}")
    };
    let introduction = include_str!("codes/introduction.md").to_owned();
    introduction + &table("Problems", &mut problems()) + &table("Faulty fields", &mut faults())
});

#[cfg(test)]
mod tests;
