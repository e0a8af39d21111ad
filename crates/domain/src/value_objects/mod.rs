//! Values without an identity: immutable, and valid from the moment they exist.

mod address;
mod as_stored;
mod contact_type;
mod country;
mod display_name;
mod email_address;
mod email_provider;
mod ids;
mod json;
mod password;
mod person_name;
mod phone_number;
mod postal_rules;
mod preferences;
mod profile_texts;
mod region;
mod username;

pub(crate) use as_stored::AsStored;

pub use address::{Address, AddressDraft, AddressError, AddressErrors};
pub use contact_type::{ContactType, ContactTypeError};
pub use country::{Country, CountryError};
pub use display_name::{DisplayName, DisplayNameError};
pub use email_address::{EmailAddress, EmailAddressError};
pub use email_provider::EmailProvider;
pub use ids::{AddressId, EmailId, IdError, PhoneId, UserId};
pub use json::{json_members, json_object};
pub use password::{Password, PasswordError, PasswordHash, PasswordHashError};
pub use person_name::{PersonName, PersonNameError};
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use preferences::{Preferences, PreferencesError, Theme};
pub use profile_texts::{
    AvatarUrl, AvatarUrlError, Bio, BioError, Gender, GenderError, LanguageTag, LanguageTagError,
    TimeZoneName, TimeZoneNameError,
};
pub use region::{Region, RegionError};
pub use username::{Username, UsernameError};
