//! The repositories of one unit of work: one file a port.

mod events;
mod load_user;
mod register_user;
mod save_user;
mod sessions;
mod sign_ins;
mod tokens;
mod users;

pub(crate) use register_user::Registration;
