//! What users can do, told over a store in memory.

mod access;
mod account;
mod contention;
mod emails;
mod mail_worker;
mod phones_and_addresses;
mod registration;
mod sessions;
mod sign_in;
mod verification;
mod world;
