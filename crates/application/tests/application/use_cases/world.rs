use std::{collections::BTreeSet, sync::Arc};

use userdom_application::{
    Actor, Adapters, App, AppError, Caller, Faults, Settings,
    ports::{OutgoingMail, PasswordStrength, Store},
    services::{EmailService, Wake},
    testing::{
        AnyStrength, FixedClock, MemoryStore, PlainHasher, RecordingProvider, SequentialIds,
        TestMint, given,
    },
    use_cases::{RegisterUser, SignIn},
};
use userdom_domain::{DomainEvent, Preferences, UserAggregate, UserId, UserRole};
use uuid::Uuid;

/// The application with everything around it.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) mails: EmailService,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hasher: Arc<PlainHasher>,
    pub(crate) provider: Arc<RecordingProvider>,
    pub(crate) wake: Arc<Wake>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), Arc::new(AnyStrength), |store| Arc::new(store))
    }

    /// `in_front_of` may put something between the application and the store.
    pub(crate) fn with(
        settings: Settings,
        strength: Arc<dyn PasswordStrength>,
        in_front_of: impl FnOnce(MemoryStore) -> Arc<dyn Store>,
    ) -> Self {
        let store = MemoryStore::new();
        let (clock, hasher) = (Arc::new(FixedClock::default()), Arc::new(PlainHasher::default()));
        let (provider, wake) = (Arc::new(RecordingProvider::default()), Arc::new(Wake::default()));
        let mint = Arc::new(TestMint::default());
        let adapters = Adapters {
            store: in_front_of(store.clone()),
            clock: clock.clone(),
            ids: Arc::new(SequentialIds::default()),
            mint: mint.clone(),
            hasher: hasher.clone(),
            strength,
        };
        let mails = EmailService {
            store: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            provider: provider.clone(),
            mint,
            clock: clock.clone(),
            public_url: "https://id.example.org".to_owned(),
        };
        let app = App::new(adapters, settings, wake.clone());
        Self { app, mails, store, clock, hasher, provider, wake }
    }

    /// Stores a user, with no event left to work on.
    pub(crate) fn has(&self, mut user: UserAggregate) -> UserAggregate {
        self.save(&mut user);
        self.deliver();
        user
    }

    pub(crate) fn save(&self, user: &mut UserAggregate) {
        let mut uow = self.store.begin().unwrap();
        uow.users().save(user).unwrap();
        uow.commit().unwrap();
    }

    /// The user as stored now.
    pub(crate) fn user(&self, id: UserId) -> UserAggregate {
        self.store.read().unwrap().users().find_by_id(id).unwrap().unwrap()
    }

    /// Changes a user behind the application's back.
    pub(crate) fn change(&self, id: UserId, change: impl FnOnce(&mut UserAggregate)) {
        let mut user = self.user(id);
        change(&mut user);
        self.save(&mut user);
    }

    /// Lets the worker do all that is due, and says which mails left.
    pub(crate) fn deliver(&self) -> Vec<OutgoingMail> {
        let before = self.provider.sent().len();
        while self.mails.deliver_due().unwrap() > 0 {}
        self.provider.sent().split_off(before)
    }

    /// The kinds of all events of a user, oldest first.
    pub(crate) fn events_of(&self, id: UserId) -> Vec<&'static str> {
        let events = self.store.stored_events().into_iter();
        events.filter(|event| event.user_id == id).map(|event| event.event.kind()).collect()
    }

    /// Registers ada, and gives the token of the link that she gets.
    pub(crate) fn registered_ada(&self) -> (UserAggregate, String) {
        let view = self.app.register(&as_ada()).unwrap();
        let mails = self.deliver();
        (self.user(UserId::from_uuid(view.id)), token_in(&mails[0]))
    }

    pub(crate) fn sign_in(&self, login: &str, password: &str) -> Result<String, AppError> {
        let signed_in = self.app.sign_in(&attempt(login, password))?;
        Ok(signed_in.access_token.expose().to_owned())
    }
}

pub(crate) fn as_ada() -> RegisterUser {
    RegisterUser {
        username: given::username("Ada"),
        password: given::password(given::PASSWORD),
        email: given::email("ada@example.org"),
        profile: given::a_profile(),
        phone: None,
        address: None,
        preferences: Preferences::default(),
    }
}

pub(crate) fn attempt(login: &str, password: &str) -> SignIn {
    SignIn {
        login: login.to_owned(),
        password: given::password(password),
        user_agent: "a test".to_owned(),
        ip_address: "192.0.2.1".to_owned(),
    }
}

/// The user itself.
pub(crate) fn by(user: &UserAggregate) -> Caller {
    let actor =
        Actor { user_id: user.id(), session_id: Uuid::nil(), roles: user.user().roles().clone() };
    Caller { actor: Some(actor), if_match: None }
}

/// Somebody else with this role.
pub(crate) fn by_a(role: UserRole) -> Caller {
    let actor = Actor {
        user_id: given::a_user_id(),
        session_id: Uuid::nil(),
        roles: BTreeSet::from([role]),
    };
    Caller { actor: Some(actor), if_match: None }
}

pub(crate) fn by_nobody() -> Caller {
    Caller::default()
}

/// The token in the link of a verification mail.
pub(crate) fn token_in(mail: &OutgoingMail) -> String {
    let (_, rest) = mail.text.split_once("https://id.example.org/verify-email#token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Pointer and code of the only fault.
#[track_caller]
pub(crate) fn fault<T: std::fmt::Debug>(result: Result<T, AppError>) -> (String, &'static str) {
    match result {
        Err(AppError::Invalid(Faults(faults))) if faults.len() == 1 => {
            (faults[0].pointer.clone(), faults[0].code)
        }
        other => panic!("there should be one fault, but: {other:?}"),
    }
}

pub(crate) fn asks_for_mail(event: &DomainEvent) -> bool {
    matches!(event, DomainEvent::EmailVerificationRequested { .. })
}

macro_rules! assert_err {
    ($result:expr, $expected:pat) => {
        match $result {
            Err($expected) => {}
            other => panic!("should be {}, but: {other:?}", stringify!($expected)),
        }
    };
}
pub(crate) use assert_err;
