//! A directory of a million users on Postgres: how long look-ups and pages take inside the
//! service, and what the indexes cost those who write. Run by `scripts/scale`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a bench that fails may panic"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Text, Timestamp},
};
use userdom_application::{
    ports::{DirectoryQuery, OrderKey, Place, PlaceValue, Store, UserOrder},
    testing::given,
};
use userdom_domain::{UserAggregate, UserId, UserSpecification};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    databases::{Kind, TestDatabase},
    directory,
};

const LOOK_UPS: usize = 5_000;
const PAGES: usize = 100;
const PAGES_OF_PAIRS: usize = 3;
const SLOWEST_PAIRS: usize = 100;
const WRITES: usize = 1_000;
/// As the API asks for it: one more than the page has.
const LIMIT: u32 = 51;
const USUAL: UserOrder = UserOrder { by: OrderKey::Created, descending: false };

fn main() {
    let users: u32 =
        std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(1_000_000);
    let database = TestDatabase::new(Kind::Postgres);
    let before = Instant::now();
    directory::seed(database.url(), users);
    println!("seeded {users} users in {:.0} s", before.elapsed().as_secs_f64());
    let (store, _) = Database::open(&database.parsed(), 2, Arc::new(RandomIds)).unwrap();
    let mut pg = PgConnection::establish(database.url()).unwrap();
    pg.batch_execute("VACUUM ANALYZE").unwrap();

    look_ups(&store, &mut pg, users);
    pages(&store, &mut pg, users);
    pairs(&store);
    writes(&store, &mut pg);
}

/// Sorted, in milliseconds.
fn times(count: usize, mut work: impl FnMut(usize)) -> Vec<f64> {
    let mut times: Vec<f64> = (0..count)
        .map(|n| {
            let before = Instant::now();
            work(n);
            before.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

fn at(times: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rank in a short list"
    )]
    let rank = (times.len() as f64 * share).ceil() as usize;
    times[rank.max(1) - 1]
}

fn line(name: &str, times: &[f64], limit: f64) {
    let (half, most) = (at(times, 0.5), at(times, 0.99));
    println!("| {name} | {half:.2} ms | {most:.2} ms | {:.2} |", most / limit);
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
}

fn look_ups(store: &Database, pg: &mut PgConnection, users: u32) {
    let step = (users / 5_000).max(1);
    let known: Vec<Known> = sql_query(format!(
        "SELECT u.id, u.username, e.email FROM users u JOIN user_emails e ON e.user_id = u.id \
         WHERE e.is_verified AND e.id % {step} = 0 ORDER BY md5(u.id) LIMIT {LOOK_UPS}"
    ))
    .load(pg)
    .unwrap();
    println!("\n| look-up | median | p99 | of the limit 2 ms |\n|---|---|---|---|");
    let of = |n: usize| &known[n % known.len()];
    let mut uow = store.read().unwrap();
    line(
        "id",
        &times(LOOK_UPS, |n| found(uow.users().find_by_id(UserId::parse(&of(n).id).unwrap()))),
        2.0,
    );
    line(
        "username",
        &times(LOOK_UPS, |n| {
            found(uow.users().find_by_username(&given::username(&of(n).username)));
        }),
        2.0,
    );
    line(
        "email",
        &times(LOOK_UPS, |n| found(uow.users().find_by_email(&given::email(&of(n).email)))),
        2.0,
    );
}

fn found<E: std::fmt::Debug>(user: Result<Option<UserAggregate>, E>) {
    assert!(user.unwrap().is_some());
}

fn page(
    store: &Database,
    specification: &UserSpecification,
    order: UserOrder,
    after: Option<&Place>,
) -> Vec<UserAggregate> {
    let (after, now) = (after.cloned(), given::now());
    let query = DirectoryQuery { specification, order, after, limit: LIMIT, now };
    store.read().unwrap().directory().page(&query).unwrap()
}

fn try_page(store: &Database, specification: &UserSpecification) -> Option<usize> {
    let query = DirectoryQuery {
        specification,
        order: USUAL,
        after: None,
        limit: LIMIT,
        now: given::now(),
    };
    store.read().unwrap().directory().page(&query).ok().map(|users| users.len())
}

#[derive(QueryableByName)]
struct Stands {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Timestamp)]
    created_at: chrono::NaiveDateTime,
}

fn pages(store: &Database, pg: &mut PgConnection, users: u32) {
    let depth = u64::from(users) * 9 / 10;
    let deep: Stands = sql_query(format!(
        "SELECT id, created_at FROM users ORDER BY created_at, id OFFSET {depth} LIMIT 1"
    ))
    .get_result(pg)
    .unwrap();
    let moment = PlaceValue::Moment(Some(deep.created_at.and_utc()));
    let deep = Place { value: moment, id: UserId::parse(&deep.id).unwrap() };

    println!(
        "\n| filter | found on the first page | first page, p99 | page after user {depth}, p99 | the worse, of the limit 50 ms |"
    );
    println!("|---|---|---|---|---|");
    for (name, specification) in directory::filters() {
        let users = page(store, &specification, USUAL, None).len();
        let first = times(PAGES, |_| drop(page(store, &specification, USUAL, None)));
        let later = times(PAGES, |_| drop(page(store, &specification, USUAL, Some(&deep))));
        let (first, later) = (at(&first, 0.99), at(&later, 0.99));
        println!(
            "| {name} | {users} | {first:.1} ms | {later:.1} ms | {:.2} |",
            first.max(later) / 50.0
        );
    }

    println!(
        "\n| order | first page, p99 | the page after the 200th, p99 | of the limit 50 ms |\n|---|---|---|---|"
    );
    let everybody = UserSpecification::all([]);
    for by in OrderKey::ALL {
        for descending in [false, true] {
            let order = UserOrder { by, descending };
            let mut place = None;
            for _ in 0..4 {
                let users = page(store, &everybody, order, place.as_ref());
                place = users.last().map(|user| order.place(user));
            }
            let first = at(&times(PAGES, |_| drop(page(store, &everybody, order, None))), 0.99);
            let later =
                at(&times(PAGES, |_| drop(page(store, &everybody, order, place.as_ref()))), 0.99);
            let way = if descending { "down" } else { "up" };
            println!(
                "| {by:?}, {way} | {first:.1} ms | {later:.1} ms | {:.2} |",
                first.max(later) / 50.0
            );
        }
    }
}

/// Every two filters together, and the slowest of them as often as one filter alone.
fn pairs(store: &Database) {
    let filters = directory::filters();
    let mut all = Vec::new();
    for (n, (one, first)) in filters.iter().enumerate() {
        for (other, second) in &filters[n + 1..] {
            let both = UserSpecification::all([first.clone(), second.clone()]);
            let took = at(&pages_of(store, &both, PAGES_OF_PAIRS), 1.0);
            all.push((took, format!("{one} and {other}"), both));
        }
    }
    slowest_first(&mut all);
    println!(
        "\n{} pairs of filters, the slowest of {PAGES_OF_PAIRS} first pages each: \
         half of them are under {:.1} ms, 95 of 100 under {:.1} ms",
        all.len(),
        all[all.len() / 2].0,
        all[all.len() / 20].0
    );

    all.truncate(SLOWEST_PAIRS);
    for (took, _, both) in &mut all {
        *took = at(&pages_of(store, both, PAGES), 0.99);
    }
    slowest_first(&mut all);
    let over = all.iter().filter(|(took, ..)| *took > 100.0).count();
    println!("\nof the {SLOWEST_PAIRS} slowest, {over} are over 100 ms at p99 of {PAGES} pages");
    println!("\n| the slowest pairs | first page, p99 | of the limit 100 ms |\n|---|---|---|");
    for (took, names, _) in all.iter().take(25) {
        println!("| {names} | {took:.1} ms | {:.2} |", took / 100.0);
    }
}

fn pages_of(store: &Database, specification: &UserSpecification, count: usize) -> Vec<f64> {
    // What takes longest of all is given up by the store itself.
    times(count, |_| {
        try_page(store, specification);
    })
}

fn slowest_first(pairs: &mut [(f64, String, UserSpecification)]) {
    pairs.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
}

/// What the indexes of migrations 4 to 7 cost writers.
fn writes(store: &Database, pg: &mut PgConnection) {
    println!(
        "\n| write, one after the other | with all indexes | without those of the directory | ratio |\n|---|---|---|---|"
    );
    let with = [register(store), change(store), sign_in(store)];
    let indexes: Vec<Name> = sql_query(
        "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname IN (\
         'ix_users_created_at', 'ix_users_updated_at', 'ix_users_last_login_at', \
         'ix_users_username_key', 'ix_users_last_name_key', 'ix_users_status', 'ix_users_admin', \
         'ix_users_terms', 'ix_users_without_terms', 'ix_users_grams', 'ix_user_profiles_grams', \
         'ix_user_emails_grams', 'ix_user_phones_grams', 'ix_user_addresses_grams')",
    )
    .load(pg)
    .unwrap();
    for index in &indexes {
        pg.batch_execute(&format!("DROP INDEX {}", index.name)).unwrap();
    }
    let without = [register(store), change(store), sign_in(store)];
    for (name, (with, without)) in
        ["register", "rename", "record a sign-in"].iter().zip(with.iter().zip(without))
    {
        let ratio = with.as_secs_f64() / without.as_secs_f64();
        println!("| {name} | {with:.2?} | {without:.2?} | {ratio:.2} |");
    }
    println!("\n{} indexes were dropped for it", indexes.len());
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The median of a registration, the hashing of its password apart.
fn register(store: &Database) -> Duration {
    let took = times(WRITES, |_| {
        let name = format!("bench{}", given::an_email_id().as_uuid().simple());
        let user = given::an_active_user().with_username(&name);
        let user = user.with_email(&format!("{name}@example.net"));
        let user = user.with_phone("+1-202-555-0143").with_address("Street 1");
        let mut uow = store.begin().unwrap();
        uow.users().save(&mut user.with_unverified_email("a@work.example").build()).unwrap();
        uow.commit().unwrap();
    });
    Duration::from_secs_f64(at(&took, 0.5) / 1000.0)
}

fn some_users(store: &Database) -> Vec<UserId> {
    page(store, &UserSpecification::all([]), USUAL, None).iter().map(UserAggregate::id).collect()
}

/// The median of a change that is read and saved.
fn change(store: &Database) -> Duration {
    let users = some_users(store);
    let took = times(WRITES, |n| {
        let mut uow = store.begin().unwrap();
        let mut user = uow.users().find_by_id(users[n % users.len()]).unwrap().unwrap();
        user.rename(
            given::username(&format!("renamed{}", given::an_email_id().as_uuid().simple())),
            given::now(),
        );
        uow.users().save(&mut user).unwrap();
        uow.commit().unwrap();
    });
    Duration::from_secs_f64(at(&took, 0.5) / 1000.0)
}

/// The median of what a sign-in writes into the user's row.
fn sign_in(store: &Database) -> Duration {
    let users = some_users(store);
    let took = times(WRITES, |n| {
        let mut uow = store.begin().unwrap();
        uow.sign_ins().record_login(users[n % users.len()], None, given::now()).unwrap();
        uow.commit().unwrap();
    });
    Duration::from_secs_f64(at(&took, 0.5) / 1000.0)
}
