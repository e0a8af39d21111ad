//! What users do and see: for each noun its commands, its queries and its views.
//!
//! What changes something is a value that [`App::execute`](crate::App::execute) runs. One that is
//! a single transaction is a [`Command`](crate::Command); one that has work outside of
//! transactions, such as hashing a password, is a [`UseCase`](crate::UseCase). What only reads is
//! a method of [`App`](crate::App).

mod accounts;
mod addresses;
mod api_keys;
mod audit;
mod directory;
mod emails;
mod json;
mod page;
mod passwords;
mod phones;
mod privacy;
mod profile;
mod second_factor;
mod sessions;

use userdom_domain::{AddressId, EmailId, PhoneId, UserAggregate};

pub use accounts::{
    ChangeStatus, CreateAdmin, DeleteAccount, RegisterUser, Sanction, SecurityView, SetRoles,
    StatusChange, UpdateAccount, UserView, check_sanction,
};
pub(crate) use accounts::{EndInPast, ReservedUsername};
pub use addresses::{AddAddress, AddressView, RemoveAddress, ReplaceAddress, SetDefaultAddress};
pub(crate) use api_keys::ApiKeyError;
pub use api_keys::{ApiKeyView, CreateApiKey, RemoveApiKey, check_api_key};
pub use audit::EventView;
pub use directory::SearchUsers;
pub use emails::{
    AddEmail, ChangeEmailType, EmailView, RemoveEmail, RequestEmailVerification, SetDefaultEmail,
    VerifyEmail,
};
pub use page::Page;
pub use passwords::{ChangePassword, RequestPasswordReset, ResetPassword};
pub use phones::{
    AddPhone, ChangePhoneType, PhoneView, RemovePhone, RequestPhoneVerification, SetDefaultPhone,
    VerifyPhone,
};
pub use privacy::{EraseUnreadable, EraseUser, Export, ExportInOnePiece, ExportUser, Swept};
pub use profile::{ProfileView, UpdateProfile};
pub use second_factor::{
    ConfirmTotp, FinishSignIn, RemoveTotp, ReplaceRecoveryCodes, SecondFactor, SetUpTotp,
};
pub use sessions::{
    EndSession, EndSessions, Introspection, OpenedSession, Proof, Reauthenticate, RefreshSession,
    SessionView, SignIn, SignInStep, SignOut,
};

use crate::AppError;

/// The changed part of a user, with the user's new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    /// What the client sees.
    pub value: T,
    /// The `ETag`.
    pub version: i64,
}

impl Changed<EmailView> {
    fn email(user: &UserAggregate, id: EmailId) -> Result<Self, AppError> {
        Ok(Self { value: EmailView::of(user.email(id)?), version: user.version() })
    }
}

impl Changed<PhoneView> {
    fn phone(user: &UserAggregate, id: PhoneId) -> Result<Self, AppError> {
        Ok(Self { value: PhoneView::of(user.phone(id)?), version: user.version() })
    }
}

impl Changed<AddressView> {
    fn address(user: &UserAggregate, id: AddressId) -> Result<Self, AppError> {
        Ok(Self { value: AddressView::of(user.address(id)?), version: user.version() })
    }
}
