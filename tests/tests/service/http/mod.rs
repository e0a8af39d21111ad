//! What clients rely on, through the real door: one file a noun.

mod addresses;
mod conventions;
mod emails;
mod health_and_page;
mod limits;
mod odd_texts;
mod ownership;
mod parsers;
mod passwords;
mod phones;
mod profile;
mod races;
mod registration;
mod sessions;
mod shown;
mod users;
mod verification;
mod walk;
