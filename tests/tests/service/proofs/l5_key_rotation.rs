use std::sync::Arc;

use chrono::TimeDelta;
use userdom_application::{
    Adapters, App, AppError, Caller, Settings,
    ports::{Channel, Clock},
    services::{EmailService, OutboxDispatcher, Wake},
    testing::{AnyStrength, FixedClock, PlainHasher, RecordingProvider, RecordingSms, given},
    use_cases::{
        AddEmail, ConfirmTotp, CreateAdmin, FinishSignIn, OpenedSession, RefreshSession,
        SecondFactor, SetUpTotp, SignIn, SignInStep, VerifyEmail,
    },
};
use userdom_domain::{ContactType, UserId};
use userdom_infrastructure::{
    external::RandomIds,
    persistence::Database,
    security::{AuthenticatorTotp, HmacTokenMint, KeyedSecretBox, SecretKey},
};
use userdom_tests::{
    app::{Authenticator, Limiter},
    databases::{Kind, TestDatabase},
};

const OLD: &str = "8f1d03a45be7c2961f70d8e94ab35c26de01973f684acb50e2197d3b86f4a05c";
const NEW: &str = "5c04fa68b3d7912e05bca4861f6973e1ad20c53b4e8d9af7061c29e7b54ad308";

/// A database and a clock, which outlive each start of the service.
struct Installation {
    database: Database,
    clock: Arc<FixedClock>,
    mail: Arc<RecordingProvider>,
    // Dropped last: Postgres drops no database that is connected to.
    _test_database: TestDatabase,
}

impl Installation {
    fn new(kind: Kind) -> Self {
        let test_database = TestDatabase::new(kind);
        let (database, _) =
            Database::open(&test_database.parsed(), 4, Arc::new(RandomIds)).unwrap();
        let (clock, mail) = (Arc::<FixedClock>::default(), Arc::<RecordingProvider>::default());
        Self { database, clock, mail, _test_database: test_database }
    }

    /// The service with this secret key, after those.
    fn started_with(&self, key: &str, previous: &[&str]) -> OutboxDispatcher {
        let key = SecretKey::parse(key).unwrap();
        let previous: Vec<_> = previous.iter().map(|it| SecretKey::parse(it).unwrap()).collect();
        let mint = |key: &SecretKey| HmacTokenMint::new(key.as_bytes()).unwrap();
        let adapters = Adapters {
            store: Arc::new(self.database.clone()),
            clock: self.clock.clone(),
            ids: Arc::new(RandomIds),
            mint: Arc::new(mint(&key).after(previous.iter().map(mint))),
            hasher: Arc::new(PlainHasher::default()),
            strength: Arc::new(AnyStrength),
            secrets: Arc::new(KeyedSecretBox::new(&key, &previous)),
            totp: Arc::new(AuthenticatorTotp),
            limiter: Arc::new(Limiter::default()),
        };
        let app = App::new(adapters, Settings::default(), Arc::new(Wake::default()));
        let (provider, public_url) = (self.mail.clone(), "https://id.example.org".to_owned());
        OutboxDispatcher {
            app: app.clone(),
            outbox: Arc::new(self.database.clone()),
            emails: EmailService { app, provider, public_url },
            sms: Arc::new(RecordingSms::default()),
        }
    }
}

fn challenge(app: &App) -> String {
    let request = SignIn {
        login: "chief".to_owned(),
        password: given::password(given::PASSWORD),
        device_token: None,
    };
    match app.execute(&Caller::default(), &request).unwrap() {
        SignInStep::Challenge(challenge) => challenge.expose().to_owned(),
        SignInStep::Done(_) => panic!("the second factor was not asked for"),
    }
}

fn finish(app: &App, proof: SecondFactor) -> Result<OpenedSession, AppError> {
    let request = FinishSignIn { challenge: challenge(app), proof, device_token: None };
    app.execute(&Caller::default(), &request)
}

fn refresh(app: &App, session: &OpenedSession) -> Result<OpenedSession, AppError> {
    let refresh_token = session.refresh_token.expose().to_owned();
    app.execute(&Caller::default(), &RefreshSession { refresh_token })
}

/// Seen to fail without the earlier key: nobody could renew a session, and the secret of the
/// authenticator app stayed closed.
fn another_secret_key_shuts_nobody_out(kind: Kind) {
    let installation = Installation::new(kind);
    let before = installation.started_with(OLD, &[]);
    let chief = CreateAdmin {
        username: given::username("chief"),
        email: given::email("chief@example.org"),
        password: given::password(given::PASSWORD),
    };
    let user_id: UserId = before.app.execute(&Caller::default(), &chief).unwrap();
    let request = SignIn {
        login: "chief".to_owned(),
        password: given::password(given::PASSWORD),
        device_token: None,
    };
    let SignInStep::Done(session) = before.app.execute(&Caller::default(), &request).unwrap()
    else {
        panic!("there is no second factor yet")
    };
    let actor = before.app.authenticate(session.access_token.expose()).unwrap();
    let caller = Caller { actor: Some(actor), ..Caller::default() };
    let secret = before.app.execute(&caller, &SetUpTotp { user_id }).unwrap().secret;
    let telephone = Authenticator::with_secret(&secret);
    let code = || telephone.code_at(installation.clock.now());
    let on_paper = before.app.execute(&caller, &ConfirmTotp { user_id, code: code() }).unwrap();
    let email = given::email("chief@work.example");
    let contact_type = ContactType::Work;
    let add = AddEmail { user_id, email, contact_type, is_default: false };
    before.app.execute(&caller, &add).unwrap();

    installation.clock.advance(TimeDelta::minutes(1));
    let rotated = installation.started_with(NEW, &[OLD]);
    rotated.app.authenticate(session.access_token.expose()).unwrap();
    let renewed = refresh(&rotated.app, &session).unwrap();
    while rotated.deliver_due(Channel::Mail, false, &|| true).unwrap().taken > 0 {}
    let mails = installation.mail.sent();
    let link = mails.iter().find_map(|mail| mail.text.split_once("/verify-email#token="));
    let link = link.unwrap().1.split_whitespace().next().unwrap();
    rotated.app.execute(&Caller::default(), &VerifyEmail { token: link.to_owned() }).unwrap();
    finish(&rotated.app, SecondFactor::Totp(code())).unwrap();
    let first = on_paper[0].expose().to_owned();
    finish(&rotated.app, SecondFactor::RecoveryCode(first)).unwrap();

    // The old key is let go of: what was used since is of the new one.
    installation.clock.advance(TimeDelta::minutes(1));
    let after = installation.started_with(NEW, &[]);
    refresh(&after.app, &renewed).unwrap();
    finish(&after.app, SecondFactor::Totp(code())).unwrap();
    let unused = on_paper[1].expose().to_owned();
    assert!(matches!(
        finish(&after.app, SecondFactor::RecoveryCode(unused)),
        Err(AppError::SignInRefused)
    ));
}

#[test]
fn l5_another_secret_key_shuts_nobody_out_on_sqlite() {
    another_secret_key_shuts_nobody_out(Kind::Sqlite);
}

#[test]
fn l5_another_secret_key_shuts_nobody_out_on_postgres() {
    another_secret_key_shuts_nobody_out(Kind::Postgres);
}
