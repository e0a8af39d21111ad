//! The faulty fields of a request, each under its JSON pointer (RFC 6901). A parameter of the query
//! has a question mark and its name instead.

use std::fmt::Display;

use userdom_application::{self as application, Field, services::CodedError};
use userdom_domain::{AddressErrors, PreferencesError};

use super::{codes::Code, problem::Problem};

/// Whether a field could not be read at all, or breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Missing, unknown, or of a wrong type.
    Malformed,
    Rule,
}

/// One faulty field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) pointer: String,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) kind: FaultKind,
}

impl From<application::Fault> for Fault {
    fn from(fault: application::Fault) -> Self {
        let application::Fault { field, code, detail } = fault;
        Self { pointer: pointer(&field), code, detail, kind: FaultKind::Rule }
    }
}

fn pointer(field: &Field) -> String {
    match field {
        Field::Username => at("", "username"),
        Field::Password => at("", "password"),
        Field::NewPassword => at("", "new_password"),
        Field::DateOfBirth => at("", "date_of_birth"),
        Field::Preferences => at("", "preferences"),
        Field::Preference(key) => at("/preferences", key),
        Field::Reason => at("", "reason"),
        Field::Until => at("", "until"),
        Field::Name => at("", "name"),
        Field::Scopes => at("", "scopes"),
        Field::ExpiresAt => at("", "expires_at"),
    }
}

/// The pointer of a member of an object.
pub(crate) fn at(object: &str, name: &str) -> String {
    format!("{object}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Collects all faults of a request, so that a client learns all of them at once.
#[derive(Debug, Default)]
pub(crate) struct FaultList(Vec<Fault>);

impl FaultList {
    /// The value, or `None` with its fault noted.
    pub(crate) fn check<T, E: CodedError>(
        &mut self,
        pointer: &str,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.add(pointer, &error, FaultKind::Rule)).ok()
    }

    /// The same for preferences, whose faults name their keys.
    pub(crate) fn check_preferences<T>(
        &mut self,
        pointer: &str,
        read: Result<T, Vec<PreferencesError>>,
    ) -> Option<T> {
        let note = |errors: Vec<PreferencesError>| {
            for error in errors {
                let field = error.key().map_or_else(|| pointer.to_owned(), |key| at(pointer, key));
                self.add(&field, &error, FaultKind::Rule);
            }
        };
        read.map_err(note).ok()
    }

    /// The same for an address, whose faults name their fields.
    pub(crate) fn check_address<T>(
        &mut self,
        pointer: &str,
        read: Result<T, AddressErrors>,
    ) -> Option<T> {
        let note = |errors: AddressErrors| {
            for fault in errors.faults() {
                self.add(&at(pointer, fault.field()), fault, FaultKind::Rule);
            }
        };
        read.map_err(note).ok()
    }

    /// Notes the faults that the application finds.
    pub(crate) fn extend(&mut self, checked: Result<(), application::Faults>) {
        if let Err(faults) = checked {
            self.0.extend(faults.0.into_iter().map(Fault::from));
        }
    }

    pub(crate) fn add(&mut self, pointer: &str, error: &impl CodedError, kind: FaultKind) {
        let (pointer, detail) = (pointer.to_owned(), error.to_string());
        self.0.push(Fault { pointer, code: error.code(), detail, kind });
    }

    /// Notes a field that cannot be read.
    pub(crate) fn malformed(&mut self, pointer: &str, code: &Code, detail: impl Display) {
        let (pointer, detail) = (pointer.to_owned(), detail.to_string());
        self.0.push(Fault { pointer, code: code.name, detail, kind: FaultKind::Malformed });
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.0.is_empty()
    }

    /// All faults as one problem, if there are any.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.is_clean() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }

    #[cfg(test)]
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.0
    }
}
