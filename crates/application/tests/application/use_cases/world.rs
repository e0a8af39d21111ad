use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use userdom_application::{
    Actor, Adapters, App, AppError, Caller, Faults, Field, Settings, SignedInUser,
    ports::{
        Channel, Clock, IdGenerator, NewEntry, Notice, OutboxContent, OutgoingMail, OutgoingSms,
        PasswordStrength, Store, UserMessage,
    },
    services::{EmailService, OutboxDispatcher, Wake},
    testing::{
        AnyStrength, ClockedLimiter, FixedClock, GlassBox, MemoryStore, PlainHasher,
        RecordingProvider, RecordingSms, SequentialIds, StoredEntry, TestMint, TestTotp, given,
    },
    use_cases::{RegisterUser, SignIn, SignInStep},
};
use userdom_domain::{DomainEvent, Preferences, UserAggregate, UserId, UserRole};
use uuid::Uuid;

/// The application with everything around it.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) dispatcher: OutboxDispatcher,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<FixedClock>,
    ids: Arc<SequentialIds>,
    pub(crate) hasher: Arc<PlainHasher>,
    pub(crate) provider: Arc<RecordingProvider>,
    pub(crate) sms: Arc<RecordingSms>,
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
        let (provider, sms) = (Arc::<RecordingProvider>::default(), Arc::<RecordingSms>::default());
        let (ids, wake) = (Arc::<SequentialIds>::default(), Arc::<Wake>::default());
        let adapters = Adapters {
            store: in_front_of(store.clone()),
            clock: clock.clone(),
            ids: ids.clone(),
            mint: Arc::new(TestMint::default()),
            hasher: hasher.clone(),
            strength,
            secrets: Arc::new(GlassBox),
            totp: Arc::new(TestTotp::default()),
            limiter: Arc::new(ClockedLimiter::new(clock.clone())),
        };
        let app = App::new(adapters, settings, wake.clone());
        let emails = EmailService {
            app: app.clone(),
            provider: provider.clone(),
            public_url: "https://id.example.org".to_owned(),
        };
        let outbox = Arc::new(store.clone());
        let dispatcher = OutboxDispatcher { app: app.clone(), outbox, emails, sms: sms.clone() };
        Self { app, dispatcher, store, clock, ids, hasher, provider, sms, wake }
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

    /// Sends a notice to an address, as use cases do.
    pub(crate) fn notify(&self, user: &UserAggregate, to: &str, notice: Notice) {
        let created_at = self.clock.now();
        let id = self.ids.uuid_v7(created_at);
        let content = OutboxContent::Message(UserMessage::Notice { notice, to: given::email(to) });
        let entry = NewEntry { id, user_id: Some(user.id()), content, created_at };
        let mut uow = self.store.begin().unwrap();
        uow.outbox().enqueue(&entry).unwrap();
        uow.commit().unwrap();
    }

    /// Lets the worker do all that is due, and says which mails left.
    pub(crate) fn deliver(&self) -> Vec<OutgoingMail> {
        let before = self.provider.sent().len();
        let takes =
            |channel| self.dispatcher.deliver_due(channel, false, &|| true).unwrap().taken > 0;
        while Channel::ALL.into_iter().any(takes) {}
        self.provider.sent().split_off(before)
    }

    /// Lets the worker do all that is due, and says which text messages left.
    pub(crate) fn deliver_sms(&self) -> Vec<OutgoingSms> {
        let before = self.sms.sent().len();
        self.deliver();
        self.sms.sent().split_off(before)
    }

    /// The kinds of all events of a user, oldest first.
    pub(crate) fn events_of(&self, id: UserId) -> Vec<&'static str> {
        let events = self.store.stored_entries().into_iter();
        let of_user = events.filter(|event| event.user_id == id);
        of_user.filter_map(|event| event.event().map(DomainEvent::kind)).collect()
    }

    /// Registers ada, and gives the token of the link that she gets.
    pub(crate) fn registered_ada(&self) -> (UserAggregate, String) {
        let view = self.app.execute(&by_nobody(), &as_ada()).unwrap();
        let mails = self.deliver();
        (self.user(UserId::from_uuid(view.id)), token_in(&mails[0]))
    }

    pub(crate) fn sign_in(&self, login: &str, password: &str) -> Result<String, AppError> {
        match self.app.execute(&by_nobody(), &attempt(login, password))? {
            SignInStep::Done(opened) => Ok(opened.access_token.expose().to_owned()),
            SignInStep::Challenge(_) => panic!("the second factor is due"),
        }
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
    SignIn { login: login.to_owned(), password: given::password(password), device_token: None }
}

/// The user itself, who has just proved who it is.
pub(crate) fn by(user: &UserAggregate) -> Caller {
    signed_in(user.id(), user.roles().clone())
}

/// Somebody else with this role.
pub(crate) fn by_a(role: UserRole) -> Caller {
    signed_in(given::a_user_id(), BTreeSet::from([role]))
}

fn signed_in(user_id: UserId, roles: BTreeSet<UserRole>) -> Caller {
    let (session_id, authenticated_at) = (Uuid::nil(), given::now());
    let user = SignedInUser { user_id, session_id, roles, authenticated_at };
    Caller { actor: Some(Actor::User(user)), ..Caller::default() }
}

pub(crate) fn by_nobody() -> Caller {
    Caller::default()
}

/// The token in the link of a verification mail.
pub(crate) fn token_in(mail: &OutgoingMail) -> String {
    link_token(mail, "verify-email")
}

/// The token in the link of a mail that leads to this page.
pub(crate) fn link_token(mail: &OutgoingMail, page: &str) -> String {
    let link = format!("https://id.example.org/{page}#token=");
    let (_, rest) = mail.text.split_once(&link).unwrap_or_else(|| panic!("no link: {mail:?}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// What an authenticator app with this secret shows.
pub(crate) fn totp_code(secret: &str, at: DateTime<Utc>) -> String {
    TestTotp::code(secret, at)
}

/// Field and code of the only fault.
#[track_caller]
pub(crate) fn fault<T: std::fmt::Debug>(result: Result<T, AppError>) -> (Field, &'static str) {
    match result {
        Err(AppError::Invalid(Faults(faults))) if faults.len() == 1 => {
            (faults[0].field.clone(), faults[0].code)
        }
        other => panic!("there should be one fault, but: {other:?}"),
    }
}

pub(crate) fn asks_for_mail(stored: &StoredEntry) -> bool {
    matches!(stored.message(), Some(UserMessage::EmailVerification { .. }))
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
