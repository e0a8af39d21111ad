//! What users see.

mod authenticate;
mod get_user;
mod views;

pub use views::{
    AddressView, EmailView, PhoneView, ProfileView, SecurityView, SessionView, UserView,
};
