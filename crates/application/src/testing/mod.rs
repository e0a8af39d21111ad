//! What tests are made of: a store in memory, stand-ins for the other ports,
//! users that read as prose, and the contract that every store must keep.

#![expect(clippy::missing_panics_doc, reason = "a test that fails panics")]

pub mod contract;
mod doubles;
pub mod given;
mod memory_store;

pub use doubles::{
    AnyStrength, ClockedLimiter, FixedClock, GlassBox, Guard, GuardedStore, PlainHasher, Recording,
    RecordingProvider, RecordingSms, RefusingStrength, SequentialIds, TestMint, TestTotp,
};
pub use memory_store::{MemoryStore, StoredEntry};
