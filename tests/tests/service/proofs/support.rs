use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use userdom_application::{
    Actor, Adapters, App, AppError, Caller, Settings, SignedInUser,
    ports::{Channel, Clock, Outbox, OutboxContent, TokenKind, TokenMint, UserMessage},
    services::Wake,
    testing::{AnyStrength, GlassBox, PlainHasher, TestMint, TestTotp, given},
    use_cases::{RegisterUser, UserView},
};
use userdom_domain::{Preferences, RepositoryError, UserId, UserRole};
use userdom_infrastructure::{
    external::{RandomIds, SystemClock},
    persistence::Database,
};
use userdom_tests::{
    app::Limiter,
    databases::{Kind, PatientStore, TestDatabase},
};
use uuid::Uuid;

/// Held by tests that measure time, and by those that leave the machine no time.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The application on a real database, with cheap passwords.
pub(super) struct World {
    pub(super) app: App,
    pub(super) database: Database,
    // Dropped last: Postgres drops no database that is connected to.
    pub(super) test_database: TestDatabase,
}

impl World {
    pub(super) fn new(kind: Kind) -> Self {
        let test_database = TestDatabase::new(kind);
        let (database, _) =
            Database::open(&test_database.parsed(), 8, Arc::new(RandomIds)).unwrap();
        let adapters = Adapters {
            store: Arc::new(PatientStore(database.clone())),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            mint: Arc::new(TestMint::default()),
            hasher: Arc::new(PlainHasher::default()),
            strength: Arc::new(AnyStrength),
            secrets: Arc::new(GlassBox),
            totp: Arc::new(TestTotp::default()),
            limiter: Arc::new(Limiter::default()),
        };
        let app = App::new(adapters, Settings::default(), Arc::new(Wake::default()));
        Self { app, database, test_database }
    }

    pub(super) fn register(&self, username: &str, email: &str) -> Result<UserView, AppError> {
        let request = RegisterUser {
            username: given::username(username),
            password: given::password(given::PASSWORD),
            email: given::email(email),
            profile: given::a_profile(),
            phone: None,
            address: None,
            preferences: Preferences::default(),
        };
        self.app.execute(&Caller::default(), &request)
    }

    /// The tokens of all verification links that have not been worked on.
    pub(super) fn verification_tokens(&self) -> Vec<String> {
        let now = SystemClock.now();
        let lease = now + chrono::TimeDelta::minutes(1);
        let events = self.database.claim(Channel::Mail, 10_000, now, lease).unwrap().into_iter();
        events
            .filter_map(|entry| match entry.content {
                OutboxContent::Message(UserMessage::EmailVerification { token_id, .. }) => {
                    let kind = TokenKind::EmailVerification;
                    Some(TestMint::default().derived(kind, token_id).expose().to_owned())
                }
                _ => None,
            })
            .collect()
    }
}

/// The user itself.
pub(super) fn by(user: &UserView) -> Caller {
    let user = SignedInUser {
        user_id: UserId::from_uuid(user.id),
        session_id: Uuid::nil(),
        roles: [UserRole::User].into(),
        authenticated_at: SystemClock.now(),
    };
    Caller { actor: Some(Actor::User(user)), ..Caller::default() }
}

/// Does again what found no connection or no room for its password: the client is asked to come
/// back then, and on a slow machine that is often.
pub(super) fn patiently<T>(mut work: impl FnMut() -> Result<T, AppError>) -> Result<T, AppError> {
    loop {
        match work() {
            Err(AppError::Busy) => {}
            Err(AppError::Store(RepositoryError::Unavailable(cause)))
                if cause.to_string().contains("timed out waiting for connection") => {}
            done => return done,
        }
    }
}

/// The threads' results, in the order in which they were started.
pub(super) fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = |n| {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                start.wait();
                work(n)
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
