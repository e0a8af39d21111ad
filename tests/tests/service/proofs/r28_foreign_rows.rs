//! R28: what another application writes into the shared tables is found as it is. On Postgres
//! users are found by terms that the service keeps; triggers forget those that may be wrong.

use std::{thread, time::Duration};

use diesel::{Connection, PgConnection, RunQueryDsl, connection::SimpleConnection, sql_query};
use userdom_application::{
    ports::{DirectoryQuery, OrderKey, Store, UserOrder},
    testing::given,
};
use userdom_domain::{
    AddressTest, ContactType, Country, EmailTest, PhoneTest, Specification, TextTest, UserId,
    UserSpecification, UserStatus, UserTest,
};
use userdom_tests::{
    databases::Kind,
    directory::{address, email, phone},
    process::eventually,
};

use super::support::World;

impl World {
    /// Ada with a phone and an address, and nothing that waits for the indexer.
    fn with_ada() -> [Self; 2] {
        Kind::BOTH.map(|kind| {
            let world = Self::new(kind);
            let ada = given::an_active_user().with_username("ada").with_email("ada@example.org");
            let ada = ada.with_phone("+1-202-555-0143").with_address("Street 1");
            let mut uow = world.database.begin().unwrap();
            uow.users().save(&mut ada.build()).unwrap();
            uow.commit().unwrap();
            assert_eq!(world.app.index_directory(&|| true).unwrap(), 0);
            world
        })
    }

    fn finds(&self, test: impl Into<UserSpecification>) -> bool {
        let query = DirectoryQuery {
            specification: &UserSpecification::all([test.into()]),
            order: UserOrder { by: OrderKey::Created, descending: false },
            after: None,
            limit: 2,
            now: given::now(),
        };
        !self.database.read().unwrap().directory().page(&query).unwrap().is_empty()
    }

    fn ada(&self) -> UserId {
        let user = self.database.read().unwrap().users().find_by_username(&given::username("ada"));
        user.unwrap().unwrap().id()
    }
}

/// Each write, what finds Ada after it, and what found her before.
fn writes() -> Vec<(&'static str, UserSpecification, UserSpecification)> {
    let domain = |name: &str| email(EmailTest::Domain(TextTest::equals(name)));
    let country = |code| address(AddressTest::Country(Country::parse(code).unwrap()));
    let status = |status| UserSpecification::from(UserTest::Status(status));
    let not = |test: UserSpecification| UserSpecification::not(test);
    vec![
        (
            "INSERT INTO user_emails (user_id, email) SELECT id, 'New@Other.example' FROM users",
            domain("other.example"),
            not(domain("other.example")),
        ),
        (
            "UPDATE user_emails SET contact_type = 'billing' WHERE email = 'New@Other.example'",
            email(EmailTest::Type(ContactType::Billing)),
            not(email(EmailTest::Type(ContactType::Billing))),
        ),
        (
            "DELETE FROM user_emails WHERE email = 'New@Other.example'",
            not(domain("other.example")),
            domain("other.example"),
        ),
        (
            "UPDATE user_phones SET is_verified = TRUE",
            phone(PhoneTest::Verified),
            not(phone(PhoneTest::Verified)),
        ),
        (
            "DELETE FROM user_phones",
            not(phone(PhoneTest::Type(ContactType::Mobile))),
            phone(PhoneTest::Type(ContactType::Mobile)),
        ),
        (
            "INSERT INTO user_addresses (user_id, street_line1, city, state, postal_code, country) \
             SELECT id, 'Rue 1', 'Paris', 'Paris', '75001', 'FRA' FROM users",
            country("FRA"),
            not(country("FRA")),
        ),
        (
            "UPDATE user_addresses SET country = 'ITA' WHERE country = 'FRA'",
            country("ITA"),
            country("FRA"),
        ),
        ("DELETE FROM user_addresses WHERE country = 'ITA'", not(country("ITA")), country("ITA")),
        (
            "UPDATE user_profiles SET preferred_language = 'sv'",
            UserTest::Language(TextTest::equals("sv")).into(),
            UserTest::Language(TextTest::equals("en")).into(),
        ),
        (
            "UPDATE users SET username = 'Lovelace'",
            UserTest::Username(TextTest::equals("lovelace")).into(),
            UserTest::Username(TextTest::equals("ada")).into(),
        ),
        (
            "UPDATE users SET status = 'banned'",
            status(UserStatus::Banned),
            status(UserStatus::Active),
        ),
        ("DELETE FROM user_profiles", not(any_language()), any_language()),
    ]
}

fn any_language() -> UserSpecification {
    UserTest::Language(TextTest::starts_with("sv")).into()
}

/// Seen to fail without each of the triggers of migration 5, and with `terms IS NULL` left out
/// of the search.
#[test]
fn r28_what_another_application_writes_is_found_at_once() {
    for world in World::with_ada() {
        for (write, after, before) in writes() {
            assert!(world.finds(before.clone()), "before {write}");
            world.test_database.execute(write);
            let found = (world.finds(after.clone()), world.finds(before.clone()));
            assert_eq!(found, (true, false), "after {write}");
            world.app.index_directory(&|| true).unwrap();
            let found = (world.finds(after), world.finds(before));
            assert_eq!(found, (true, false), "after {write}, indexed");
        }
    }
}

/// The display name that is shown is the one that is found.
#[test]
fn r28_an_empty_display_name_is_found_as_the_full_name() {
    let shown = || UserTest::DisplayName(TextTest::equals("ada lovelace"));
    for world in World::with_ada() {
        for write in [
            "UPDATE user_profiles SET display_name = ''",
            "UPDATE users SET first_name_key = NULL, last_name_key = NULL, display_name_key = NULL",
        ] {
            world.test_database.execute(write);
            world.app.index_directory(&|| true).unwrap();
            assert!(world.finds(shown()), "{write}");
        }
        // What is saved is found at once.
        let mut uow = world.database.begin().unwrap();
        let mut ada = uow.users().find_by_username(&given::username("ada")).unwrap().unwrap();
        ada.rename(given::username("lovelace"), given::now());
        uow.users().save(&mut ada).unwrap();
        uow.commit().unwrap();
        assert!(world.finds(shown()));
        assert_eq!(world.app.index_directory(&|| true).unwrap(), 0, "nothing waits");
    }
}

/// Each is read once, and what waits beside it as well.
#[test]
fn r29_what_is_no_text_stops_no_index() {
    for (world, odd) in World::with_ada().into_iter().zip([
        "UPDATE user_addresses SET city = X'41'; \
         UPDATE user_phones SET phone_number = X'35353531323334'; \
         UPDATE user_profiles SET first_name = X'41'",
        "ALTER TABLE user_addresses ALTER city DROP NOT NULL; \
         ALTER TABLE user_phones ALTER phone_number DROP NOT NULL; \
         ALTER TABLE user_profiles ALTER first_name DROP NOT NULL; \
         UPDATE user_addresses SET city = NULL; \
         UPDATE user_phones SET phone_number = NULL; \
         UPDATE user_profiles SET first_name = NULL",
    ]) {
        let bob = given::an_active_user().with_username("bob").with_email("bob@example.org");
        let mut uow = world.database.begin().unwrap();
        uow.users().save(&mut bob.with_address("Street 2").build()).unwrap();
        uow.commit().unwrap();
        world.test_database.execute(odd);
        world.test_database.execute(
            "UPDATE user_profiles SET last_name = 'Hopper' WHERE user_id = \
             (SELECT id FROM users WHERE username = 'bob')",
        );
        let index = || {
            let mut uow = world.database.begin().unwrap();
            let rows = uow.directory().index(100).unwrap();
            uow.commit().unwrap();
            rows
        };
        assert!(index() >= 5, "two addresses, a phone, and the names of two");
        assert_eq!(index(), 0, "they are read again and again");
        assert!(world.finds(UserTest::LastName(TextTest::equals("hopper"))));
    }
}

const WAITING: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
    AND wait_event_type = 'Lock'";
const FOREIGN_EMAIL: &str =
    "INSERT INTO user_emails (user_id, email) SELECT id, 'new@other.example' FROM users";

fn at_the_other() -> UserSpecification {
    email(EmailTest::Domain(TextTest::equals("other.example")))
}

/// Seen to fail with the terms written whether or not they had been forgotten.
#[test]
fn r28_a_save_does_not_cover_up_what_came_between() {
    let [_, world] = World::with_ada();
    let mut uow = world.database.begin().unwrap();
    let mut ada = uow.users().find_by_username(&given::username("ada")).unwrap().unwrap();
    world.test_database.execute(FOREIGN_EMAIL);
    ada.rename(given::username("lovelace"), given::now());
    uow.users().save(&mut ada).unwrap();
    uow.commit().unwrap();
    assert!(world.finds(at_the_other()));
    world.app.index_directory(&|| true).unwrap();
    assert!(world.finds(at_the_other()));
    assert!(world.finds(UserTest::Username(TextTest::equals("lovelace"))));
}

/// Unlike an INSERT, whose foreign key waits for the user's row by itself.
const CHANGE: &str = "UPDATE user_emails SET contact_type = 'billing'";

fn for_bills() -> UserSpecification {
    email(EmailTest::Type(ContactType::Billing))
}

/// Seen to fail with the trigger left to those users whose terms are not NULL.
#[test]
fn r28_who_writes_while_the_indexer_reads_is_read_again() {
    let [_, world] = World::with_ada();
    let ada = world.ada();
    world.test_database.execute("UPDATE users SET terms = NULL");
    let mut indexer = world.database.begin().unwrap();
    assert_eq!(indexer.directory().index(100).unwrap(), 1);
    thread::scope(|scope| {
        let writer = scope.spawn(|| world.test_database.execute(CHANGE));
        let mut observer = PgConnection::establish(world.test_database.url()).unwrap();
        eventually("the writer", Duration::from_secs(5), || {
            (sql_query(WAITING).execute(&mut observer).unwrap() > 0).then_some(())
        });
        indexer.commit().unwrap();
        writer.join().unwrap();
    });
    assert!(world.finds(for_bills()));
    assert!(world.app.index_directory(&|| true).unwrap() > 0, "{ada} waits for its terms");
    assert!(world.finds(for_bills()));
}

/// Seen to fail with the users read without being locked.
#[test]
fn r28_the_indexer_passes_by_who_is_being_written() {
    let [_, world] = World::with_ada();
    world.test_database.execute("UPDATE users SET terms = NULL");
    let mut writer = PgConnection::establish(world.test_database.url()).unwrap();
    writer.batch_execute(&format!("BEGIN; {FOREIGN_EMAIL}")).unwrap();
    assert_eq!(world.app.index_directory(&|| true).unwrap(), 0);
    writer.batch_execute("COMMIT").unwrap();
    assert!(world.finds(at_the_other()));
    assert_eq!(world.app.index_directory(&|| true).unwrap(), 1);
    assert!(world.finds(at_the_other()));
}

/// Seen to fail with the terms taken to say of which contact they are.
#[test]
fn r28_one_contact_must_satisfy_all_that_is_asked_of_it() {
    for world in World::with_ada() {
        let bob = given::an_active_user().with_username("bob").with_email("bob@example.org");
        let mut uow = world.database.begin().unwrap();
        uow.users().save(&mut bob.with_unverified_email("bob@work.example").build()).unwrap();
        uow.commit().unwrap();
        let at = |domain| EmailTest::Domain(TextTest::equals(domain)).into();
        let both =
            |domain| UserTest::Email(Specification::all([at(domain), EmailTest::Verified.into()]));
        assert!(world.finds(both("example.org")));
        assert!(!world.finds(both("work.example")));
    }
}
