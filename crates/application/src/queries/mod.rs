//! What users see.

mod authenticate;
mod export_user;
mod get_user;
mod introspect;
mod list_events;
mod page;
mod search_users;
mod views;

pub use export_user::Export;
pub use introspect::Introspection;
pub use page::Page;
pub use search_users::SearchUsers;
pub use views::{
    AddressView, ApiKeyView, EmailView, EventView, PhoneView, ProfileView, SecurityView,
    SessionView, UserView,
};
