//! What the law gives users a right to: to get all data, and to be forgotten.

mod erasure;
mod export;
mod sweep;
mod unreadable;

pub use erasure::EraseUser;
pub use export::{Export, ExportInOnePiece, ExportUser};
pub use sweep::Swept;
pub use unreadable::EraseUnreadable;
