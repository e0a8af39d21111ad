//! Stand-ins for the ports, without chance, cost or network.

mod clock_and_ids;
mod clocked_limiter;
mod guarded_store;
mod passwords;
mod recording;
mod second_factor;
mod test_mint;

pub use clock_and_ids::{FixedClock, SequentialIds};
pub use clocked_limiter::ClockedLimiter;
pub use guarded_store::{Guard, GuardedStore};
pub use passwords::{AnyStrength, PlainHasher, RefusingStrength};
pub use recording::{Recording, RecordingProvider, RecordingSms};
pub use second_factor::{GlassBox, TestTotp};
pub use test_mint::TestMint;
