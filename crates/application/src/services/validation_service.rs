use std::fmt::Display;

use userdom_domain::{
    AddressErrors, AvatarUrlError, BioError, BirthDateError, ContactTypeError, CountryError,
    DisplayNameError, EmailAddressError, GenderError, LanguageTagError, PasswordError,
    PersonNameError, PhoneNumberError, PreferencesError, TimeZoneNameError, UsernameError,
};

use crate::{Fault, FaultKind, Faults, ports::WeakPassword};

/// A domain error with its stable code.
pub trait CodedError: Display {
    /// The code that clients see.
    fn code(&self) -> &'static str;
}

macro_rules! coded {
    ($($error:ty),+ $(,)?) => {$(
        impl CodedError for $error {
            fn code(&self) -> &'static str {
                self.code()
            }
        }
    )+};
}

coded!(
    AvatarUrlError,
    BioError,
    BirthDateError,
    ContactTypeError,
    CountryError,
    DisplayNameError,
    EmailAddressError,
    GenderError,
    LanguageTagError,
    PasswordError,
    PersonNameError,
    PhoneNumberError,
    PreferencesError,
    TimeZoneNameError,
    UsernameError,
    WeakPassword,
);

/// Collects every fault of a request, so that a client learns all of them at once.
///
/// ```
/// use userdom_application::services::ValidationService;
/// use userdom_domain::{EmailAddress, Username};
///
/// let mut validation = ValidationService::default();
/// let username = validation.check("/username", Username::parse("jo"));
/// let email = validation.check("/email", EmailAddress::parse("nobody"));
/// assert!(username.is_none() && email.is_none());
/// assert_eq!(validation.finish().unwrap_err().0.len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct ValidationService {
    faults: Vec<Fault>,
}

impl ValidationService {
    /// The value, or `None` with its fault noted under the JSON pointer.
    pub fn check<T, E: CodedError>(&mut self, pointer: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer, error.code(), &error, FaultKind::Rule);
                None
            }
        }
    }

    /// Like [`ValidationService::check`] for preferences, whose faults name their keys.
    pub fn check_preferences<T>(
        &mut self,
        pointer: &str,
        read: Result<T, Vec<PreferencesError>>,
    ) -> Option<T> {
        let errors = match read {
            Ok(value) => return Some(value),
            Err(errors) => errors,
        };
        for error in errors {
            let key = error.key().map(|key| format!("/{key}")).unwrap_or_default();
            self.check::<T, _>(&format!("{pointer}{key}"), Err(error));
        }
        None
    }

    /// Like [`ValidationService::check`] for an address, whose faults name their fields.
    pub fn check_address<T>(&mut self, pointer: &str, read: Result<T, AddressErrors>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(errors) => {
                for fault in errors.faults() {
                    let field = format!("{pointer}/{}", fault.field());
                    self.add(&field, fault.code(), fault, FaultKind::Rule);
                }
                None
            }
        }
    }

    /// Notes a fault.
    pub fn add(
        &mut self,
        pointer: &str,
        code: &'static str,
        detail: impl Display,
        kind: FaultKind,
    ) {
        self.faults.push(Fault {
            pointer: pointer.to_owned(),
            code,
            detail: detail.to_string(),
            kind,
        });
    }

    /// Whether nothing is wrong so far.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// All faults, if there are any.
    pub fn finish(self) -> Result<(), Faults> {
        if self.faults.is_empty() { Ok(()) } else { Err(Faults(self.faults)) }
    }
}
