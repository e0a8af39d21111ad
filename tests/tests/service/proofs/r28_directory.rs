//! R28: a specification means the same in memory, on SQLite and on Postgres, in the same
//! order.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree,
    test_runner::{Config, TestError, TestRunner},
};
use userdom_application::{
    ports::{DirectoryQuery, OrderKey, Store, UserOrder},
    testing::{MemoryStore, given},
};
use userdom_domain::{
    Address, AddressDraft, AddressTest, ContactType, Country, EmailTest, PersonName, PhoneTest,
    ProfileChanges, Specification, StatusNote, TextOperator, TextTest, TimeRange, User,
    UserAggregate, UserId, UserProfile, UserRole, UserSpecification, UserStatus, UserTest,
};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::databases::{Kind, PatientStore, TestDatabase};

use super::support::alone;

const POPULATIONS: u32 = 6;
const QUESTIONS: usize = 120;

const NAMES: [&str; 17] = [
    "José",
    "Jose",
    "JOSEF",
    "Łukasz",
    "Großmann",
    "Ωμέγα",
    "ωμεγα",
    "Иванов",
    "O'Brien",
    "50%",
    "a_b",
    "李",
    "Li",
    "राम",
    "रोमी",
    "O’Brien",
    "がい",
];
/// Some people have one name.
const LAST_NAMES: [&str; 8] = ["", "Jose", "Wei", "राम", "रम", "O‘Brien", "Großmann-‐", "かい"];
/// The beginnings of full names.
const FULL_NAMES: [&str; 10] =
    ["jose j", "li w", "li ", "Li Wei", "राम र", "o'brien o", "josé ", "が", "li  w", " jose"];
const CITIES: [&str; 5] = ["Köln", "Koln", "KÖLN", "São Paulo", "Y"];
const DOMAINS: [&str; 3] = ["example.org", "mail.example.org", "example.com"];
const PHONES: [&str; 4] = ["+1-202-555-0143", "(202) 555-0143", "+44 20 7946 0018", "5551234567"];
const PIECES: [&str; 16] =
    ["jos", "É", "ł", "ss", "ωμ", "%", "_", "'", "50", "example", "ORG", "ko", "", "20", "o", "李"];

const WHOLE_TEXTS: [&str; 7] =
    ["ada0", "bob", "ada0.0@example.org", "+12025550143", "50667", "utc", "de-at"];

#[derive(Debug, Clone)]
struct Person {
    names: Option<(&'static str, &'static str, Option<&'static str>)>,
    language: &'static str,
    emails: Vec<(&'static str, ContactType, bool)>,
    phones: Vec<(&'static str, ContactType, bool)>,
    addresses: Vec<(&'static str, &'static str, ContactType)>,
    roles: Vec<UserRole>,
    status: UserStatus,
    /// In hours from now.
    until: Option<i64>,
    created: i64,
    last_login: Option<i64>,
    two_factor: bool,
    failures: usize,
}

fn now() -> DateTime<Utc> {
    given::now()
}

fn hour(hours: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(hours)
}

fn kinds() -> impl Strategy<Value = ContactType> {
    select(vec![ContactType::Home, ContactType::Work, ContactType::Primary])
}

fn statuses() -> impl Strategy<Value = UserStatus> {
    select(UserStatus::ALL.to_vec())
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let names = (select(&NAMES), select(&LAST_NAMES), option::of(select(&NAMES)));
    let contacts = (
        vec((select(&DOMAINS), kinds(), any::<bool>()), 1..4),
        vec((select(&PHONES), kinds(), any::<bool>()), 0..3),
        vec((select(&CITIES), select(&["DEU", "BRA", "IRL"]), kinds()), 0..3),
    );
    let account = (
        vec(select(UserRole::ALL.to_vec()), 1..3),
        statuses(),
        option::of(-3..3_i64),
        -4..4_i64,
        option::of(-4..4_i64),
        any::<bool>(),
        0..7_usize,
    );
    let person = (option::weighted(0.9, names), select(&["en", "de-AT", "pt"]), contacts, account);
    let person = person.prop_map(|(names, language, contacts, account)| {
        let (emails, phones, addresses) = contacts;
        let (roles, status, until, created, last_login, two_factor, failures) = account;
        Person {
            names,
            language,
            emails,
            phones,
            addresses,
            roles,
            status,
            until,
            created,
            last_login,
            two_factor,
            failures,
        }
    });
    vec(person, 25..40)
}

/// The user that the description stands for; what the rules forbid it does without.
fn user(number: usize, person: &Person) -> UserAggregate {
    let at = hour(person.created);
    let username = ["ada", "Ada_", "BOB", "o.bob", "x-y"][number % 5];
    let account = User::new(
        given::a_user_id(),
        given::username(&format!("{username}{number}")),
        userdom_application::testing::PlainHasher::hash_of(given::PASSWORD),
        at,
    );
    let mut user = UserAggregate::register(account, None, at);
    if let Some((first, last, display)) = person.names {
        let name = |text| PersonName::parse_last(text).unwrap();
        let mut profile = UserProfile::new(name(first), name(last), at);
        let changes = ProfileChanges {
            display_name: display.map_or(userdom_domain::Patch::Keep, |text| {
                userdom_domain::Patch::Set(text.parse().unwrap())
            }),
            preferred_language: Some(person.language.parse().unwrap()),
            ..ProfileChanges::default()
        };
        profile.update(changes, at).unwrap();
        user.initialize_profile(profile, at);
    }
    for (n, (domain, kind, verified)) in person.emails.iter().enumerate() {
        let id = given::an_email_id();
        let address = given::email(&format!("{username}{number}.{n}@{domain}"));
        let _ = user.add_email(id, address, *kind, false, at);
        if *verified {
            let _ = user.verify_email(id, at);
        }
    }
    for (phone, kind, verified) in &person.phones {
        let id = given::a_phone_id();
        let _ = user.add_phone(id, given::phone(phone), *kind, false, at);
        if *verified {
            let _ = user.verify_phone(id, at);
        }
    }
    for (n, (city, country, kind)) in person.addresses.iter().enumerate() {
        let draft = AddressDraft {
            street_line1: "Street 1".to_owned(),
            city: (*city).to_owned(),
            state: if *country == "BRA" { "SP".to_owned() } else { "Leinster".to_owned() },
            postal_code: match *country {
                "DEU" => "50667".to_owned(),
                "BRA" => "01310-100".to_owned(),
                _ => "D02 AF30".to_owned(),
            },
            country: Some((*country).to_owned()),
            ..AddressDraft::default()
        };
        let address = Address::parse(&draft).unwrap();
        user.add_address(given::an_address_id(), address, *kind, n == 0, at).unwrap();
    }
    user.set_roles(person.roles.iter().copied().collect(), at).unwrap();
    user.set_two_factor(person.two_factor, at);
    if let Some(hours) = person.last_login {
        user.record_login(hour(hours));
    }
    for _ in 0..person.failures {
        user.record_failed_login(now());
    }
    enter(&mut user, person);
    user
}

fn enter(user: &mut UserAggregate, person: &Person) {
    let at = hour(-5);
    let note = || StatusNote::new("spam", user_id(), person.until.map(hour)).unwrap();
    if person.status != UserStatus::Pending {
        user.activate(at).unwrap();
    }
    match person.status {
        UserStatus::Pending | UserStatus::Active => {}
        UserStatus::Suspended => user.suspend(note(), at).unwrap(),
        UserStatus::Banned => user.ban(note(), at).unwrap(),
        UserStatus::Deleted => user.delete(at).unwrap(),
    }
}

fn user_id() -> UserId {
    UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").unwrap()
}

fn texts() -> impl Strategy<Value = TextTest> {
    let operator = select(vec![
        TextOperator::Equals,
        TextOperator::StartsWith,
        TextOperator::Contains,
        TextOperator::EndsWith,
    ]);
    let text = prop_oneof![
        select(&PIECES),
        select(&NAMES),
        select(&CITIES),
        select(&DOMAINS),
        select(&WHOLE_TEXTS),
    ];
    (operator, text).prop_map(|(operator, text)| TextTest { operator, text: text.to_owned() })
}

fn ranges() -> impl Strategy<Value = TimeRange> {
    (option::of(-5..5_i64), option::of(-5..5_i64))
        .prop_map(|(from, before)| TimeRange { from: from.map(hour), before: before.map(hour) })
}

fn trees<T: Clone + std::fmt::Debug + 'static>(
    test: impl Strategy<Value = T> + 'static,
    depth: u32,
) -> BoxedStrategy<Specification<T>> {
    test.prop_map(Specification::Test)
        .prop_recursive(depth, 10, 3, |part| {
            prop_oneof![
                vec(part.clone(), 0..4).prop_map(Specification::All),
                vec(part.clone(), 0..4).prop_map(Specification::Any),
                part.prop_map(|part| Specification::Not(Box::new(part))),
            ]
        })
        .boxed()
}

fn specifications() -> BoxedStrategy<UserSpecification> {
    let email = prop_oneof![
        texts().prop_map(EmailTest::Value),
        texts().prop_map(EmailTest::Domain),
        kinds().prop_map(EmailTest::Type),
        Just(EmailTest::Verified),
        Just(EmailTest::Default),
    ];
    let phone = prop_oneof![
        texts().prop_map(PhoneTest::Number),
        kinds().prop_map(PhoneTest::Type),
        Just(PhoneTest::Verified),
        Just(PhoneTest::Default),
    ];
    let country = select(vec!["DEU", "BRA", "USA"]).prop_map(|code| Country::parse(code).unwrap());
    let address = prop_oneof![
        texts().prop_map(AddressTest::City),
        texts().prop_map(AddressTest::PostalCode),
        country.prop_map(AddressTest::Country),
        kinds().prop_map(AddressTest::Type),
        Just(AddressTest::Default),
    ];
    let account = prop_oneof![
        Just(UserTest::Active),
        Just(UserTest::Id(user_id())),
        texts().prop_map(UserTest::Username),
        statuses().prop_map(UserTest::Status),
        select(UserRole::ALL.to_vec()).prop_map(UserTest::Role),
        Just(UserTest::VerifiedEmail),
        Just(UserTest::VerifiedPhone),
        Just(UserTest::TwoFactor),
        ranges().prop_map(UserTest::Created),
        ranges().prop_map(UserTest::Updated),
        ranges().prop_map(UserTest::LastLogin),
    ];
    let profile = prop_oneof![
        texts().prop_map(UserTest::FirstName),
        texts().prop_map(UserTest::LastName),
        texts().prop_map(UserTest::DisplayName),
        texts().prop_map(UserTest::Language),
        texts().prop_map(UserTest::TimeZone),
    ];
    let contacts = prop_oneof![
        trees(email, 2).prop_map(UserTest::Email),
        trees(phone, 2).prop_map(UserTest::Phone),
        trees(address, 2).prop_map(UserTest::Address),
    ];
    let test = prop_oneof![account, profile, contacts];
    let start = prop_oneof![
        select(&PIECES),
        select(&NAMES),
        select(&FULL_NAMES),
        select(&["ada0.", "+1"]),
    ];
    prop_oneof![
        8 => trees(test, 3),
        1 => start.prop_map(UserSpecification::text),
    ]
    .boxed()
}

/// The filter, the order, and how many at a time; the index puts the user whose id is asked for.
type Question = (UserSpecification, UserOrder, u32, Index);

fn questions() -> impl Strategy<Value = Vec<Question>> {
    let order = (select(&OrderKey::ALL), any::<bool>())
        .prop_map(|(by, descending)| UserOrder { by, descending });
    vec((specifications(), order, 1..9_u32, any::<Index>()), QUESTIONS)
}

/// All pages one after the other.
fn walk(store: &dyn Store, question: &Question) -> Vec<UserId> {
    let (specification, order, limit, _) = question;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query =
            DirectoryQuery { specification, order: *order, after, limit: *limit, now: now() };
        let page = store.read().unwrap().directory().page(&query).unwrap();
        found.extend(page.iter().map(UserAggregate::id));
        match page.last() {
            Some(last) if page.len() == *limit as usize => after = Some(order.place(last)),
            _ => return found,
        }
    }
}

fn count(store: &dyn Store, specification: &UserSpecification) -> u64 {
    store.read().unwrap().directory().count(specification, now()).unwrap()
}

fn fill(store: &dyn Store, users: &[UserAggregate]) {
    let mut uow = store.begin().unwrap();
    for user in users {
        uow.users().save(&mut user.clone()).unwrap();
    }
    uow.commit().unwrap();
}

fn with_id(question: &mut Question, users: &[UserAggregate]) {
    if let Specification::Test(UserTest::Id(id)) = &mut question.0 {
        *id = question.3.get(users).id();
    }
}

const KINDS: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::Postgres];

/// The population in a memory, in a database of each kind, and in one whose terms are still to
/// be written of every other user.
struct Stores {
    users: Vec<UserAggregate>,
    memory: MemoryStore,
    databases: [(PatientStore, TestDatabase); 3],
}

impl Stores {
    fn with(people: &[Person]) -> Self {
        let users: Vec<_> =
            people.iter().enumerate().map(|(number, person)| user(number, person)).collect();
        let memory = MemoryStore::new();
        fill(&memory, &users);
        let databases = KINDS.map(|kind| {
            let database = TestDatabase::new(kind);
            let ids = Arc::new(RandomIds);
            let (store, _) = Database::open(&database.parsed(), 2, ids).unwrap();
            let store = PatientStore(store);
            fill(&store, &users);
            (store, database)
        });
        databases[2].1.execute(
            "UPDATE users SET terms = NULL \
             WHERE (SELECT COUNT(*) FROM users v WHERE v.id < users.id) % 2 = 0",
        );
        Self { users, memory, databases }
    }
}

/// Seen to fail with accents kept in the keys of cities, with LIKE for "contains", and with
/// the end of a key left out of "equals".
#[test]
fn r28_every_test_of_a_text_means_the_same_everywhere() {
    let _alone = alone();
    let mut runner = TestRunner::deterministic();
    let people = people().new_tree(&mut runner).unwrap().current();
    let index = any::<Index>().new_tree(&mut runner).unwrap().current();
    let stores = Stores::with(&people);
    let fields: [fn(TextTest) -> UserTest; 12] = [
        UserTest::Username,
        UserTest::FirstName,
        UserTest::LastName,
        UserTest::DisplayName,
        UserTest::Language,
        UserTest::TimeZone,
        |test| UserTest::Email(EmailTest::Value(test).into()),
        |test| UserTest::Email(EmailTest::Domain(test).into()),
        |test| UserTest::Phone(PhoneTest::Number(test).into()),
        |test| UserTest::Address(AddressTest::City(test).into()),
        |test| UserTest::Address(AddressTest::PostalCode(test).into()),
        |test| {
            let other = EmailTest::Domain(TextTest::contains("le.com"));
            UserTest::Email(Specification::any([EmailTest::Value(test).into(), other.into()]))
        },
    ];
    let operators = [
        TextOperator::Equals,
        TextOperator::StartsWith,
        TextOperator::Contains,
        TextOperator::EndsWith,
    ];
    let texts = [&PIECES[..], &NAMES, &CITIES, &DOMAINS, &WHOLE_TEXTS].concat();
    let order = UserOrder { by: OrderKey::LastName, descending: false };
    let mut telling = 0;
    for (n, field) in fields.iter().enumerate() {
        for (operator, text) in operators.iter().flat_map(|o| texts.iter().map(move |t| (*o, *t))) {
            let test = field(TextTest { operator, text: text.to_owned() });
            let question = (test.into(), order, 100, index);
            let expected = walk(&stores.memory, &question);
            for ((store, _), kind) in stores.databases.iter().zip(KINDS) {
                assert_eq!(walk(store, &question), expected, "{n}, {kind:?}: {:?}", question.0);
            }
            telling += usize::from((1..stores.users.len()).contains(&expected.len()));
        }
    }
    assert!(telling > 250, "only {telling} questions divide the users");
}

/// Seen to fail with `status` read as it was set, with an open end of a suspension left to
/// be NULL, and with the places of a page compared by id alone.
#[test]
fn r28_memory_sqlite_and_postgres_find_the_same_users_in_the_same_order() {
    let _alone = alone();
    let config = Config {
        cases: POPULATIONS,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let asked = std::cell::Cell::new((0, 0));
    let strategy = (people(), questions());
    runner
        .run(&strategy, |(people, mut questions)| {
            let Stores { users, memory, databases } = Stores::with(&people);
            for question in &mut questions {
                with_id(question, &users);
                let expected = walk(&memory, question);
                for ((store, _), kind) in databases.iter().zip(KINDS) {
                    prop_assert_eq!(
                        &walk(store, question),
                        &expected,
                        "{:?}: {:?}",
                        kind,
                        question
                    );
                    prop_assert_eq!(count(store, &question.0), expected.len() as u64);
                }
                let (all, some) = asked.get();
                let is_telling = !expected.is_empty() && expected.len() < users.len();
                asked.set((all + 1, some + usize::from(is_telling)));
            }
            Ok(())
        })
        .unwrap_or_else(|failure| match failure {
            TestError::Abort(reason) | TestError::Fail(reason, _) => panic!("{reason}"),
        });
    let (all, telling) = asked.get();
    assert!(telling * 3 > all, "only {telling} of {all} questions divide the users");
}
