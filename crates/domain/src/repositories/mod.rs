//! Where users are kept, as the domain sees it.

mod email_repository;
mod error;
mod user_repository;

pub use email_repository::EmailRepository;
pub use error::{RepositoryError, UniqueKey};
pub use user_repository::UserRepository;
