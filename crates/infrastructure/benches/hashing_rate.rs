//! How many passwords this machine hashes in a second with Argon2id at OWASP's least, one a core,
//! in memory that is used again, and nothing beside it: the limit that `scripts/flood` holds the
//! served sign-ins against. Prints the number alone.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench that fails may panic, and needs the clock"
)]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10);
    let cores = thread::available_parallelism().unwrap().get();
    let params = Params::new(19_456, 2, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (hashes, started) = (AtomicU64::new(0), Instant::now());
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut memory = vec![Block::default(); argon2.params().block_count()];
                let mut out = [0; 32];
                while started.elapsed() < Duration::from_secs(seconds) {
                    let salt = b"somesaltsomesalt";
                    let password = b"a wrong guess";
                    argon2
                        .hash_password_into_with_memory(password, salt, &mut out, &mut memory)
                        .unwrap();
                    hashes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{:.1}", hashes.into_inner() as f64 / started.elapsed().as_secs_f64());
}
