//! The contract that every store keeps, on the two real ones.

use std::sync::Arc;

use userdom_application::{
    ports::{Outbox, Store},
    testing::contract::StoreUnderTest,
};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::databases::{Kind, PatientStore, TestDatabase};

/// The service's store on a database of its own.
struct RealStore {
    database: PatientStore,
    // Dropped last: Postgres drops no database that is connected to.
    _test_database: TestDatabase,
}

impl StoreUnderTest for RealStore {
    fn store(&self) -> &dyn Store {
        &self.database
    }

    fn outbox(&self) -> &dyn Outbox {
        &self.database.0
    }
}

fn open(kind: Kind) -> RealStore {
    let test_database = TestDatabase::new(kind);
    let (database, _) = Database::open(&test_database.parsed(), 4, Arc::new(RandomIds)).unwrap();
    RealStore { database: PatientStore(database), _test_database: test_database }
}

mod sqlite {
    fn store() -> super::RealStore {
        super::open(super::Kind::Sqlite)
    }

    userdom_application::store_contract!(store);
}

mod postgres {
    fn store() -> super::RealStore {
        super::open(super::Kind::Postgres)
    }

    userdom_application::store_contract!(store);
}
