//! Stand-ins for the ports, without chance, cost or network.

mod clock_and_ids;
mod passwords;
mod recording_provider;
mod test_mint;

pub use clock_and_ids::{FixedClock, SequentialIds};
pub use passwords::{AnyStrength, PlainHasher, RefusingStrength};
pub use recording_provider::RecordingProvider;
pub use test_mint::TestMint;
