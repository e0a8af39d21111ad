//! What users see.

mod authenticate;
mod export_user;
mod get_user;
mod introspect;
mod list_events;
mod views;

pub use introspect::Introspection;
pub use views::{
    AddressView, ApiKeyView, EmailView, EventView, PhoneView, ProfileView, SecurityView,
    SessionView, UserView,
};
