//! What users can do, told over a store in memory.

mod access;
mod account;
mod api_keys;
mod audit;
mod contention;
mod devices;
mod emails;
mod erasure;
mod mail_allowances;
mod mail_worker;
mod passwords;
mod phone_verification;
mod phones_and_addresses;
mod policies;
mod pre_hijacking;
mod reauthentication;
mod registration;
mod renewal;
mod sanctions;
mod second_factor;
mod sessions;
mod sign_in;
mod token_life_cycle;
mod trust;
mod verification;
mod world;
