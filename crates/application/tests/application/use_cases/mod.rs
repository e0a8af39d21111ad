//! What users can do, told over a store in memory.

mod access;
mod account;
mod contention;
mod emails;
mod mail_worker;
mod passwords;
mod phone_verification;
mod phones_and_addresses;
mod policies;
mod pre_hijacking;
mod registration;
mod second_factor;
mod sessions;
mod sign_in;
mod trust;
mod verification;
mod world;
