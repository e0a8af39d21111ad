//! The store in memory keeps the contract that the ones with a database keep.

userdom_application::store_contract!(userdom_application::testing::MemoryStore::new);
