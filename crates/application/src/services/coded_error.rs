use std::fmt::Display;

use userdom_domain::{
    AddressError, AvatarUrlError, BioError, BirthDateError, ContactTypeError, CountryError,
    DisplayNameError, EmailAddressError, ErrorCode, GenderError, LanguageTagError, PasswordError,
    PersonNameError, PhoneNumberError, PreferencesError, StatusNoteError, TimeZoneNameError,
    UsernameError,
};

use crate::{
    ports::WeakPassword,
    use_cases::{ApiKeyError, EndInPast, ReservedUsername},
};

/// An error of a value with its stable code.
pub trait CodedError: Display {
    /// The code that clients see.
    fn code(&self) -> &'static str;
}

/// Makes coded errors of error types, and the list of all their codes.
macro_rules! coded {
    ($($error:ty),+ $(,)?) => {
        $(
            impl CodedError for $error {
                fn code(&self) -> &'static str {
                    self.code()
                }
            }
        )+

        /// The codes of all values that are refused here or in the domain.
        pub const VALUE_CODES: &[&[ErrorCode]] = &[$(<$error>::CODES),+];
    };
}

coded! {
    UsernameError, ReservedUsername, PasswordError, WeakPassword, EmailAddressError,
    PhoneNumberError, AddressError, CountryError, ContactTypeError, PersonNameError,
    DisplayNameError, BirthDateError, GenderError, LanguageTagError, TimeZoneNameError, BioError,
    AvatarUrlError, PreferencesError, StatusNoteError, EndInPast, ApiKeyError,
}
