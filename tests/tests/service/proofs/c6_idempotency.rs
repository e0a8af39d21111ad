//! C6: a request with a key has one effect, whatever dies in between.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use userdom_application::{
    Adapters, App, AppError, Caller, Commit, Settings,
    ports::{HashingError, PasswordHasher, Store, Verification},
    services::{Once, Wake},
    testing::{
        AnyStrength, FixedClock, GlassBox, GuardedStore, PlainHasher, TestMint, TestTotp, given,
    },
    use_cases::{RegisterUser, SignIn, SignInStep},
};
use userdom_domain::{Password, PasswordHash, Preferences, RepositoryError};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    app::Limiter,
    databases::{Kind, TestDatabase},
};

fn dead() -> RepositoryError {
    RepositoryError::Unavailable("the process is dead".into())
}

/// A process on the database, which dies after so many commits.
fn process(database: &Database, clock: &Arc<FixedClock>, commits: i64) -> App {
    process_with(database, clock, commits, Arc::new(PlainHasher::default()))
}

fn process_with(
    database: &Database,
    clock: &Arc<FixedClock>,
    commits: i64,
    hasher: Arc<dyn PasswordHasher>,
) -> App {
    let left = Arc::new(AtomicI64::new(commits));
    let commits = Arc::clone(&left);
    let begin = move || if left.load(Ordering::SeqCst) > 0 { Ok(()) } else { Err(dead()) };
    let commit =
        move || if commits.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err(dead()) };
    let store = database.clone();
    let adapters = Adapters {
        store: Arc::new(GuardedStore { store, begin: Arc::new(begin), commit: Arc::new(commit) }),
        clock: clock.clone(),
        ids: Arc::new(RandomIds),
        mint: Arc::new(TestMint::default()),
        hasher,
        strength: Arc::new(AnyStrength),
        secrets: Arc::new(GlassBox),
        totp: Arc::new(TestTotp::default()),
        limiter: Arc::new(Limiter::default()),
    };
    App::new(adapters, Settings::default(), Arc::new(Wake::default()))
}

/// The id of the user that a request with the key has registered; `None` when the process
/// died on the way.
fn register(app: &App) -> Option<String> {
    let request = RegisterUser {
        username: given::username("ada"),
        password: given::password(given::PASSWORD),
        email: given::email("ada@example.org"),
        profile: given::a_profile(),
        phone: None,
        address: None,
        preferences: Preferences::default(),
    };
    match app.once(&Caller::default(), "key", &[b"register ada"]).ok()? {
        Once::Answered(kept) => Some(kept),
        Once::Turn(turn) => {
            let user = app.execute_with(turn.commit(), &Caller::default(), &request).ok()?;
            let id = user.id.to_string();
            turn.answer(id.clone()).ok()?;
            Some(id)
        }
    }
}

fn sign_in(app: &App) -> Option<String> {
    let (login, password) = ("ada".to_owned(), given::password(given::PASSWORD));
    let request = SignIn { login, password, device_token: None };
    match app.once(&Caller::default(), "key", &[b"sign in"]).ok()? {
        Once::Answered(kept) => Some(kept),
        Once::Turn(turn) => {
            match app.execute_with(turn.commit(), &Caller::default(), &request).ok()? {
                SignInStep::Done(session) => {
                    let token = session.access_token.expose().to_owned();
                    turn.answer(token.clone()).ok()?;
                    Some(token)
                }
                SignInStep::Challenge(_) => None,
            }
        }
    }
}

fn open(kind: Kind) -> (Database, TestDatabase) {
    let test_database = TestDatabase::new(kind);
    let (database, _) = Database::open(&test_database.parsed(), 4, Arc::new(RandomIds)).unwrap();
    (database, test_database)
}

/// Lets a process die after each of its commits in turn, and sends the request again to
/// another one; `effects` counts what is there then. How often the first one got through.
fn dies_after_every_commit(
    kind: Kind,
    before: fn(&Database),
    request: fn(&App) -> Option<String>,
    effects: fn(&Database) -> usize,
) -> Vec<bool> {
    let survives = |commits| {
        let (database, _test_database) = open(kind);
        before(&database);
        let clock = Arc::new(FixedClock::default());
        let first = request(&process(&database, &clock, commits));
        // Whatever a dead process has claimed is free after a minute.
        clock.advance(chrono::TimeDelta::minutes(1));
        let again = request(&process(&database, &clock, 100)).expect("the second one lives");
        assert_eq!(effects(&database), 1, "dead after {commits} commits");
        if let Some(first) = &first {
            assert_eq!(*first, again, "dead after {commits} commits");
        }
        let third = request(&process(&database, &clock, 100)).unwrap();
        assert_eq!(third, again);
        first.is_some()
    };
    (0..5).map(survives).collect()
}

fn nothing(_: &Database) {}

fn users(database: &Database) -> usize {
    let found = database.read().unwrap().users().find_by_username(&given::username("ada"));
    usize::from(found.unwrap().is_some())
}

fn an_active_user(database: &Database) {
    let mut uow = database.begin().unwrap();
    uow.users().save(&mut given::an_active_user().with_username("ada").build()).unwrap();
    uow.commit().unwrap();
}

fn sessions(database: &Database) -> usize {
    let ada = given::username("ada");
    let mut reader = database.read().unwrap();
    let ada = reader.users().find_by_username(&ada).unwrap().unwrap();
    reader.sessions().of_user(ada.id(), given::now(), None, 99).unwrap().len()
}

/// Seen to fail on both databases with an answer that is kept in a transaction after that of
/// the effect: the second process finds the username taken.
fn c6_a_registration_has_one_effect(kind: Kind) {
    let got_through = dies_after_every_commit(kind, nothing, register, users);
    // The claim, and then the effect with its answer.
    assert_eq!(got_through, [false, false, true, true, true]);
}

/// Seen to fail on both databases with an answer that is kept in a transaction after that of
/// the effect.
fn c6_a_sign_in_has_one_effect(kind: Kind) {
    let got_through = dies_after_every_commit(kind, an_active_user, sign_in, sessions);
    // The claim, the count of the attempt, and then the session with its answer.
    assert_eq!(got_through, [false, false, false, true, true]);
}

/// Hashes with the only connection of the database in hand, for which it does not wait.
struct GreedyHasher {
    hasher: PlainHasher,
    database: Database,
}

impl GreedyHasher {
    fn take_every_connection(&self) -> Result<(), HashingError> {
        let failed = |error: RepositoryError| HashingError::Failed(error.into());
        drop(self.database.begin().map_err(failed)?);
        drop(self.database.read().map_err(failed)?);
        Ok(())
    }
}

impl PasswordHasher for GreedyHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError> {
        self.take_every_connection()?;
        self.hasher.hash(password)
    }

    fn verify(
        &self,
        guess: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Verification, HashingError> {
        self.take_every_connection()?;
        self.hasher.verify(guess, stored)
    }
}

/// R31: the database has one connection, and the hasher needs it.
fn r31_no_password_is_hashed_while_a_connection_is_held(kind: Kind) {
    let test_database = TestDatabase::new(kind);
    let (database, _) = Database::open(&test_database.parsed(), 1, Arc::new(RandomIds)).unwrap();
    let hasher = PlainHasher::default();
    let hasher = Arc::new(GreedyHasher { hasher, database: database.clone() });
    let clock = Arc::new(FixedClock::default());
    let app = process_with(&database, &clock, 100, hasher);
    let old = PlainHasher::outdated_hash_of(given::PASSWORD);
    let ada = given::an_active_user().with_username("ada").with_password_hash(old);
    let mut uow = database.begin().unwrap();
    uow.users().save(&mut ada.build()).unwrap();
    uow.commit().unwrap();
    let with_key = |key: &str, work: &dyn Fn(&Commit) -> Result<(), AppError>| {
        let Once::Turn(turn) = app.once(&Caller::default(), key, &[key.as_bytes()]).unwrap() else {
            panic!("{key} is new")
        };
        match work(turn.commit()) {
            Ok(()) => turn.answer("done".to_owned()).unwrap(),
            Err(AppError::SignInRefused) => turn.refuse(None).unwrap(),
            Err(error) => panic!("{key}: {error:?}"),
        }
    };
    let sign_in = |login: &'static str, password: &'static str| {
        let app = &app;
        move |commit: &Commit| {
            let (login, password) = (login.to_owned(), given::password(password));
            let request = SignIn { login, password, device_token: None };
            app.execute_with(commit, &Caller::default(), &request).map(drop)
        }
    };
    with_key("wrong", &sign_in("ada", "wrong horse battery staple"));
    with_key("unknown", &sign_in("nobody", given::PASSWORD));
    with_key("upgraded", &sign_in("ada", given::PASSWORD));
    with_key("right", &sign_in("ada", given::PASSWORD));
    assert_eq!(sessions(&database), 2);
    let mut reader = database.read().unwrap();
    let ada = reader.users().find_by_username(&given::username("ada")).unwrap().unwrap();
    assert_eq!(*ada.password_hash(), PlainHasher::hash_of(given::PASSWORD));
}

#[test]
fn r31_no_password_is_hashed_while_a_connection_is_held_on_sqlite() {
    r31_no_password_is_hashed_while_a_connection_is_held(Kind::Sqlite);
}

#[test]
fn r31_no_password_is_hashed_while_a_connection_is_held_on_postgres() {
    r31_no_password_is_hashed_while_a_connection_is_held(Kind::Postgres);
}

#[test]
fn c6_a_registration_has_one_effect_on_sqlite() {
    c6_a_registration_has_one_effect(Kind::Sqlite);
}

#[test]
fn c6_a_registration_has_one_effect_on_postgres() {
    c6_a_registration_has_one_effect(Kind::Postgres);
}

#[test]
fn c6_a_sign_in_has_one_effect_on_sqlite() {
    c6_a_sign_in_has_one_effect(Kind::Sqlite);
}

#[test]
fn c6_a_sign_in_has_one_effect_on_postgres() {
    c6_a_sign_in_has_one_effect(Kind::Postgres);
}
