//! How many passwords this machine hashes in a second, one a core and nothing beside it:
//! what `scripts/flood` holds the served sign-ins against. Prints the number alone.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench that fails may panic, and needs the clock"
)]

use std::{
    thread,
    time::{Duration, Instant},
};

use userdom_application::ports::PasswordHasher;
use userdom_domain::Password;
use userdom_infrastructure::security::Argon2Hasher;

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10);
    let cores = thread::available_parallelism().unwrap().get();
    let hasher = Argon2Hasher::new(cores);
    let guess = Password::parse("a wrong guess", Password::MIN_CHARS).unwrap();
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while started.elapsed() < Duration::from_secs(seconds) {
                    hasher.verify(&guess, None).unwrap();
                }
            });
        }
    });
    println!("{:.1}", hasher.verifications() as f64 / started.elapsed().as_secs_f64());
}
