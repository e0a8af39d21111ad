//! What clients rely on, through the real door: one file a noun.

mod addresses;
mod administration;
mod conventions;
mod directory;
mod emails;
mod export_and_erase;
mod health_and_page;
mod limits;
mod odd_texts;
mod ownership;
mod parsers;
mod passwords;
mod phones;
mod profile;
mod races;
mod rate_limits;
mod recovery;
mod registration;
mod second_factor;
mod session_renewal;
mod sessions;
mod shown;
mod users;
mod verification;
mod walk;
