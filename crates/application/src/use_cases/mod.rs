//! What users do: one file a noun, one type a verb.
//!
//! A use case that fits into one transaction is a [`Command`](crate::Command)
//! for [`App::execute`](crate::App::execute). One that hashes a password does
//! that first, outside, and is a method of [`App`](crate::App).

mod api_keys;
mod change_status;
mod create_admin;
mod delete_account;
mod erase_unreadable;
mod erase_user;
mod index_directory;
mod manage_address;
mod manage_phone;
mod manage_sessions;
mod open_session;
mod passwords;
mod register_user;
mod second_factor;
mod sign_in;
mod sign_out;
mod update_account;
mod update_email;
mod update_profile;
mod verify_phone;

use userdom_domain::{AddressId, EmailId, PhoneId, UserAggregate};

pub use api_keys::{NewApiKey, judge_api_key};
pub use change_status::{ChangeStatus, Sanction, SetRoles, StatusChange, judge_sanction};
pub use create_admin::CreateAdmin;
pub use delete_account::DeleteAccount;
pub use erase_unreadable::EraseUnreadable;
pub use erase_user::{EraseUser, Swept};
pub use manage_address::{AddAddress, RemoveAddress, ReplaceAddress, SetDefaultAddress};
pub use manage_phone::{AddPhone, ChangePhoneType, RemovePhone, SetDefaultPhone};
pub use manage_sessions::{EndSession, EndSessions, Proof};
pub use open_session::OpenedSession;
pub use passwords::ChangePassword;
pub use register_user::RegisterUser;
pub use second_factor::{FinishSignIn, SecondFactor};
pub use sign_in::{SignIn, SignInStep};
pub use update_account::UpdateAccount;
pub use update_email::{AddEmail, ChangeEmailType, RemoveEmail, SetDefaultEmail};
pub use update_profile::UpdateProfile;

use crate::{
    AppError,
    queries::{AddressView, EmailView, PhoneView},
};

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
