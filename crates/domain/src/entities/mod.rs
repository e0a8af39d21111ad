//! What has an identity: the account and all that hangs on it.

mod lockout;
mod patch;
mod user;
mod user_address;
mod user_email;
mod user_phone;
mod user_profile;
mod user_role;
mod user_status;

pub use lockout::Lockout;
pub use patch::Patch;
pub(crate) use user::IncompleteNote;
pub use user::User;
pub use user_address::UserAddress;
pub use user_email::UserEmail;
pub(crate) use user_phone::KeptNumber;
pub use user_phone::UserPhone;
pub use user_profile::{BirthDateError, ProfileChanges, UserProfile};
pub use user_role::UserRole;
pub use user_status::{StatusNote, StatusNoteError, UserStatus};
