use userdom_domain::PreferencesError;

use super::CodedError;
use crate::{Fault, Faults, Field};

/// Collects every fault of a request, so that a client learns all of them at once.
///
/// ```
/// use userdom_application::{Field, services::ValidationService};
/// use userdom_domain::{Password, Username};
///
/// let mut validation = ValidationService::default();
/// let username = validation.check(Field::Username, Username::parse("jo"));
/// let password = validation.check(Field::Password, Password::parse("x", 8));
/// assert!(username.is_none() && password.is_none());
/// assert_eq!(validation.finish().unwrap_err().0.len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct ValidationService {
    faults: Vec<Fault>,
}

impl ValidationService {
    /// The value, or `None` with the fault of its field noted.
    pub fn check<T, E: CodedError>(&mut self, field: Field, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.refuse(field, &error)).ok()
    }

    /// Like [`ValidationService::check`] for preferences, whose faults name their keys.
    pub fn check_preferences<T>(&mut self, read: Result<T, Vec<PreferencesError>>) -> Option<T> {
        let note = |errors: Vec<PreferencesError>| {
            for error in errors {
                let key = error.key().map(str::to_owned);
                let field = key.map_or(Field::Preferences, Field::Preference);
                self.refuse(field, &error);
            }
        };
        read.map_err(note).ok()
    }

    /// Notes a fault.
    pub fn refuse(&mut self, field: Field, error: &impl CodedError) {
        self.faults.push(Fault { field, code: error.code(), detail: error.to_string() });
    }

    /// All faults, if there are any.
    pub fn finish(self) -> Result<(), Faults> {
        if self.faults.is_empty() { Ok(()) } else { Err(Faults(self.faults)) }
    }
}
