//! The store in memory keeps the contract that the ones with a database keep.

mod memory {
    userdom_application::store_contract!(userdom_application::testing::MemoryStore::new);
}

/// A behaviour that no macro names would never be tested.
#[test]
fn every_behaviour_is_on_the_list() {
    let list = include_str!("../../src/testing/contract.rs");
    let modules = [
        include_str!("../../src/testing/contract/account.rs"),
        include_str!("../../src/testing/contract/concurrency.rs"),
        include_str!("../../src/testing/contract/emails.rs"),
        include_str!("../../src/testing/contract/outbox.rs"),
        include_str!("../../src/testing/contract/phones_and_addresses.rs"),
        include_str!("../../src/testing/contract/saving.rs"),
        include_str!("../../src/testing/contract/sessions.rs"),
        include_str!("../../src/testing/contract/sign_ins.rs"),
        include_str!("../../src/testing/contract/tokens.rs"),
        include_str!("../../src/testing/contract/uniqueness.rs"),
        include_str!("../../src/testing/contract/units_of_work.rs"),
    ];
    for function in modules.iter().flat_map(|module| module.split("\npub fn ").skip(1)) {
        let name = function.split('(').next().unwrap();
        assert!(list.lines().any(|line| line.trim() == name), "{name}");
    }
}
