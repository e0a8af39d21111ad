//! The service inside the test's own process: the real HTTP interface, the real use cases and a
//! real database. Only the clock, the ids, the limits and the way out of messages are the
//! test's.

mod authenticator;
mod client;
mod conformity;
mod doubles;
pub mod given;
mod graphql_call;
mod person;

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{dev::ServerHandle, rt::System};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_query, sql_types::Text,
};
use ipnet::IpNet;
use userdom_api::{ApiState, Limits};
use userdom_application::{
    Adapters, App, Settings,
    ports::{Channel, Clock, OutgoingMail, OutgoingSms, TokenKind, TokenMint},
    services::{EmailService, OutboxDispatcher, Wake},
    testing::{ClockedLimiter, FixedClock, RecordingProvider, RecordingSms, SequentialIds},
    use_cases::Swept,
};
use userdom_infrastructure::{
    persistence::{Database, DatabaseUrl},
    security::{
        Argon2Hasher, AuthenticatorTotp, HmacTokenMint, KeyedSecretBox, SecretKey, ZxcvbnStrength,
    },
};

pub use authenticator::Authenticator;
pub use client::{Client, Interface, Reply};
pub use doubles::Limiter;

use crate::{
    databases::{Kind, PatientStore, TestDatabase},
    statements,
};

/// What every link in mail starts with.
pub const PUBLIC_URL: &str = "https://directory.example.org";

const KEY: &str = "8f1d03a45be7c2961f70d8e94ab35c26de01973f684acb50e2197d3b86f4a05c";
const CONNECTIONS: u32 = 4;
const PERMITS: usize = 16;

/// A running service with a database of its own; both are gone when it is dropped.
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct TestApp {
    /// The use cases behind the interfaces.
    pub app: App,
    /// Stands still until the test moves it.
    pub clock: Arc<FixedClock>,
    /// The mails that left.
    pub mail: Arc<RecordingProvider>,
    /// The text messages that left.
    pub sms: Arc<RecordingSms>,
    /// Counts nothing until the test wants it to.
    pub limiter: Arc<Limiter>,
    /// Counts how often a password was really hashed.
    pub hasher: Arc<Argon2Hasher>,
    /// What `http://host:port` is.
    pub url: String,
    interface: Interface,
    worker: OutboxDispatcher,
    state: ApiState,
    servers: Mutex<Vec<(ServerHandle, JoinHandle<()>)>>,
    // Dropped last, after all that has connections to it.
    database: TestDatabase,
}

impl TestApp {
    /// The service on an empty database, with cheap password hashes.
    pub fn start(kind: Kind) -> Self {
        let cheap = Argon2Hasher::with_params(PERMITS, 8, 1).expect("parameters argon2 takes");
        Self::start_with(kind, cheap)
    }

    /// The service with another hasher, such as the one of production.
    pub fn start_with(kind: Kind, hasher: Argon2Hasher) -> Self {
        Self::build(kind, hasher, Vec::new())
    }

    /// The service behind a proxy that it trusts: [`Client::from`] is believed.
    pub fn start_behind_a_proxy(kind: Kind) -> Self {
        let cheap = Argon2Hasher::with_params(PERMITS, 8, 1).expect("parameters argon2 takes");
        Self::build(kind, cheap, vec!["127.0.0.0/8".parse().unwrap()])
    }

    fn build(kind: Kind, hasher: Argon2Hasher, trusted_proxies: Vec<IpNet>) -> Self {
        statements::count();
        let database = TestDatabase::new(kind);
        // Its events stand in one table with what the application puts there.
        let event_ids = Arc::new(SequentialIds::after(1 << 40));
        let (store, _) = Database::open(&database.parsed(), CONNECTIONS, event_ids).unwrap();
        let clock = Arc::new(FixedClock::default());
        let (hasher, limiter) = (Arc::new(hasher), Arc::new(Limiter::default()));
        let key = SecretKey::parse(KEY).unwrap();
        let adapters = Adapters {
            store: Arc::new(PatientStore(store.clone())),
            clock: clock.clone(),
            ids: Arc::new(SequentialIds::default()),
            mint: Arc::new(HmacTokenMint::new(key.as_bytes()).unwrap()),
            hasher: hasher.clone(),
            strength: Arc::new(ZxcvbnStrength),
            secrets: Arc::new(KeyedSecretBox::new(&key, &[])),
            totp: Arc::new(AuthenticatorTotp),
            limiter: limiter.clone(),
        };
        let app = App::new(adapters, Settings::default(), Arc::new(Wake::default()));
        let (mail, sms) = (Arc::<RecordingProvider>::default(), Arc::<RecordingSms>::default());
        let emails = EmailService {
            app: app.clone(),
            provider: mail.clone(),
            public_url: PUBLIC_URL.to_owned(),
        };
        let outbox = Arc::new(store);
        let worker = OutboxDispatcher { app: app.clone(), outbox, emails, sms: sms.clone() };
        // Request ids come from a row of their own: users keep theirs, however often they call.
        let request_ids = Arc::new(SequentialIds::default());
        let state = ApiState::new(app.clone(), clock.clone(), request_ids, PERMITS);
        let state = state.with_trusted_proxies(trusted_proxies);
        let (url, server) = serve(state.clone(), Limits::default());
        let servers = Mutex::new(vec![server]);
        let interface = Interface::Rest;
        Self {
            app,
            clock,
            mail,
            sms,
            limiter,
            hasher,
            url,
            interface,
            worker,
            state,
            servers,
            database,
        }
    }

    /// Somebody without a token.
    pub fn client(&self) -> Client {
        Client::of(&self.url, self.interface)
    }

    /// The same service, called through another interface.
    #[must_use]
    pub fn through(mut self, interface: Interface) -> Self {
        self.interface = interface;
        self
    }

    /// The URL of another server of the same application, which wants `If-Match` for every edit.
    pub fn requiring_if_match(&self) -> String {
        let (url, server) = serve(self.state.clone().requiring_if_match(true), Limits::default());
        self.servers.lock().unwrap().push(server);
        url
    }

    /// `host:port` of another server of the same application, with other limits for clients.
    pub fn with_limits(&self, limits: Limits) -> String {
        let (url, server) = serve(self.state.clone(), limits);
        self.servers.lock().unwrap().push(server);
        url.trim_start_matches("http://").to_owned()
    }

    /// The SQL statements that `work` sends to the database.
    pub fn statements_of<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<String>) {
        let url = self.connects_to();
        let before = statements::sent_to(&url).len();
        let done = work();
        (done, statements::sent_to(&url).split_off(before))
    }

    /// How many transactions `work` commits.
    pub fn commits_of<T>(&self, work: impl FnOnce() -> T) -> (T, usize) {
        let url = self.connects_to();
        let commits = || {
            let sent = statements::all_sent_to(&url);
            sent.iter().filter(|query| query.starts_with("COMMIT")).count()
        };
        let before = commits();
        let done = work();
        (done, commits() - before)
    }

    /// As `USERDOM_DATABASE_URL` has it.
    pub fn database_url(&self) -> String {
        self.database.url().to_owned()
    }

    fn connects_to(&self) -> String {
        match self.database.parsed() {
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            DatabaseUrl::Postgres(url) => url,
        }
    }

    /// How the database would find the rows of a statement, if it used every index that it can.
    pub fn plan_of(&self, statement: &str) -> String {
        let (sql, _) = statement.split_once(" -- binds").unwrap_or((statement, ""));
        let lines: Vec<String> = match self.database.parsed() {
            DatabaseUrl::Sqlite(_) => {
                let plan = sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
                let steps: Vec<Step> = plan.load(&mut self.database.sqlite()).unwrap();
                steps.into_iter().map(|step| step.detail).collect()
            }
            DatabaseUrl::Postgres(url) => {
                let mut pg = PgConnection::establish(&url).unwrap();
                pg.batch_execute(
                    "SET enable_seqscan = off; SET enable_hashjoin = off; \
                     SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan",
                )
                .unwrap();
                pg.batch_execute(&format!("PREPARE it AS {sql}")).unwrap();
                let most = (1..20).take_while(|n| sql.contains(&format!("${n}"))).count();
                let nulls = vec!["NULL"; most].join(", ");
                let values = if most == 0 { String::new() } else { format!("({nulls})") };
                let plan = sql_query(format!("EXPLAIN EXECUTE it{values}"));
                let steps: Vec<PlanLine> = plan.load(&mut pg).unwrap();
                steps.into_iter().map(|step| step.line).collect()
            }
        };
        lines.join("\n")
    }

    /// Which database it runs on.
    pub fn kind(&self) -> Kind {
        match self.database.parsed() {
            DatabaseUrl::Sqlite(_) => Kind::Sqlite,
            DatabaseUrl::Postgres(_) => Kind::Postgres,
        }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn after(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Counts by the test's clock from here on what may not happen too often.
    pub fn limit(&self) {
        self.limiter.count_with(Arc::new(ClockedLimiter::new(self.clock.clone())));
    }

    /// Removes what nobody needs any more, as the service does every hour.
    pub fn sweep(&self) -> Swept {
        self.app.sweep()
    }

    /// Sends all mail that is due, as the worker does.
    pub fn deliver_mail(&self) {
        let takes = |channel| self.worker.deliver_due(channel, false, &|| true).unwrap().taken > 0;
        while Channel::ALL.into_iter().any(takes) {}
    }

    /// The mails that this address has got, oldest first.
    pub fn mails_to(&self, email: &str) -> Vec<OutgoingMail> {
        self.deliver_mail();
        self.mail.sent().into_iter().filter(|mail| mail.to.as_str() == email).collect()
    }

    /// The token in the newest link that this address has got.
    pub fn last_link_token(&self, email: &str) -> String {
        let mails = self.mails_to(email);
        let mut tokens = mails.iter().filter_map(|mail| mail.text.split_once("#token="));
        let (_, rest) = tokens.next_back().unwrap_or_else(|| panic!("no link was sent to {email}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// The tokens of the verification links whose mails have not left yet.
    pub fn links_on_their_way(&self) -> Vec<String> {
        let messages = "SELECT CAST(payload AS TEXT) AS value FROM outbox_events \
                      WHERE kind = 'message.email_verification' AND processed_at IS NULL";
        let mint = HmacTokenMint::new(SecretKey::parse(KEY).unwrap().as_bytes()).unwrap();
        let link = |payload: &String| {
            let payload: serde_json::Value = serde_json::from_str(payload).unwrap();
            let id = payload["token_id"].as_str().unwrap().parse().unwrap();
            mint.derived(TokenKind::EmailVerification, id).expose().to_owned()
        };
        self.texts(messages).iter().map(link).collect()
    }

    /// The text messages that this number (E.164) has got, oldest first.
    pub fn messages_to(&self, number: &str) -> Vec<OutgoingSms> {
        self.deliver_mail();
        self.sms.sent().into_iter().filter(|message| message.to == number).collect()
    }

    /// The six digits in the newest message that this number (E.164) has got.
    pub fn last_code(&self, number: &str) -> String {
        let messages = self.messages_to(number);
        let newest = messages.last().unwrap_or_else(|| panic!("nothing was sent to {number}"));
        let mut words = newest.body.split(|c: char| !c.is_ascii_digit());
        words.find(|word| word.len() == 6).expect("a code of six digits").to_owned()
    }

    /// Runs SQL behind the service's back, on a connection of its own.
    pub fn execute(&self, sql: &str) {
        self.database.execute(sql);
    }

    /// The texts in the column `value` of a query.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        self.reader()(sql)
    }

    /// [`TestApp::texts`] of many queries, on one connection.
    fn reader(&self) -> Reader {
        let values = |rows: Vec<Row>| rows.into_iter().map(|row| row.value).collect();
        match self.database.parsed() {
            DatabaseUrl::Sqlite(_) => {
                let mut connection = self.database.sqlite();
                Box::new(move |sql| values(sql_query(sql).load(&mut connection).unwrap()))
            }
            DatabaseUrl::Postgres(url) => {
                let mut connection = PgConnection::establish(&url).unwrap();
                Box::new(move |sql| values(sql_query(sql).load(&mut connection).unwrap()))
            }
        }
    }

    /// Every row of every table, with its table; bytes are in hex.
    pub fn everything(&self) -> Vec<(String, String)> {
        let tables = match self.kind() {
            Kind::Postgres => {
                "SELECT table_name AS value FROM information_schema.tables \
                               WHERE table_schema = 'public'"
            }
            Kind::Sqlite => "SELECT name AS value FROM sqlite_master WHERE type = 'table'",
        };
        let (mut all, mut texts) = (Vec::new(), self.reader());
        for table in texts(tables) {
            let rows = match self.kind() {
                Kind::Postgres => format!("SELECT row_to_json(t)::text AS value FROM {table} t"),
                Kind::Sqlite => {
                    let columns =
                        texts(&format!("SELECT name AS value FROM pragma_table_info('{table}')"));
                    let shown: Vec<_> = columns
                        .iter()
                        .map(|name| {
                            format!(
                                "coalesce(CASE typeof({name}) WHEN 'blob' THEN hex({name}) \
                                 ELSE CAST({name} AS TEXT) END, '')"
                            )
                        })
                        .collect();
                    format!("SELECT {} AS value FROM {table}", shown.join(" || ' ' || "))
                }
            };
            all.extend(texts(&rows).into_iter().map(|row| (table.clone(), row)));
        }
        all
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> usize {
        self.texts(&format!("SELECT 'row' AS value FROM {table}")).len()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        for (handle, thread) in self.servers.get_mut().unwrap().drain(..) {
            drop(handle.stop(false));
            let stopped = thread.join();
            assert!(stopped.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

/// Gives the texts in the column `value` of a query.
type Reader = Box<dyn FnMut(&str) -> Vec<String>>;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

fn serve(state: ApiState, limits: Limits) -> (String, (ServerHandle, JoinHandle<()>)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    let limits = Limits { workers: 2, shutdown: Duration::from_secs(1), ..limits };
    let thread = std::thread::spawn(move || {
        System::new().block_on(async move {
            let server = userdom_api::server(listener, state, limits).unwrap();
            sender.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    (url, (receiver.recv().expect("the server starts"), thread))
}

/// Makes four tests of each function that takes a `&TestApp`: those of [`on_both!`] and the same
/// through GraphQL (G3).
#[macro_export]
macro_rules! through_rest_and_graphql {
    ($($name:ident),+ $(,)?) => {
        $crate::on_both!($($name),+);

        mod through_graphql {$(
            mod $name {
                use userdom_tests::{app::{Interface, TestApp}, databases::Kind};

                #[test]
                fn sqlite() {
                    super::super::$name(&TestApp::start(Kind::Sqlite).through(Interface::Graphql));
                }

                #[test]
                fn postgres() {
                    super::super::$name(&TestApp::start(Kind::Postgres).through(Interface::Graphql));
                }
            }
        )+}
    };
}

/// Makes two tests of each function that takes a `&TestApp`: `name::sqlite` and
/// `name::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use userdom_tests::{app::TestApp, databases::Kind};

            #[test]
            fn sqlite() {
                super::$name(&TestApp::start(Kind::Sqlite));
            }

            #[test]
            fn postgres() {
                super::$name(&TestApp::start(Kind::Postgres));
            }
        }
    )+};
}
