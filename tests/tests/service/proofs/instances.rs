//! Two instances on one Postgres, or the only one on SQLite, with what races over them need.

use std::path::Path;

use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use serde_json::{Value, json};
use tempfile::TempDir;
use userdom_application::ports::Clock;
use userdom_infrastructure::external::SystemClock;
use userdom_tests::{
    app::Authenticator,
    databases::{Kind, TestDatabase, sqlite},
    process::{
        Account, Answer, Finish, Launch, PASSWORD, Racer, SECRET_KEY, Service, finished, race,
        userdom,
    },
};

pub(super) struct Instances {
    pub(super) services: Vec<Service>,
    pub(super) database: TestDatabase,
    data: TempDir,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Instances {
    /// Without rate limits: what is raced for has limits of its own.
    pub(super) fn new(kind: Kind) -> Self {
        let (database, data) = (TestDatabase::new(kind), tempfile::tempdir().unwrap());
        let count = if kind == Kind::Postgres { 2 } else { 1 };
        let services = (0..count).map(|_| launch(&database, data.path())).collect();
        Self { services, database, data }
    }

    /// `kill -9` all of them, and new ones on the same database.
    pub(super) fn crash_and_restart(&mut self) {
        let count = self.services.len();
        for mut service in self.services.drain(..) {
            service.kill();
        }
        self.services = (0..count).map(|_| launch(&self.database, self.data.path())).collect();
    }

    pub(super) fn first(&self) -> &Service {
        &self.services[0]
    }

    pub(super) fn last(&self) -> &Service {
        self.services.last().unwrap()
    }

    /// The same request so many times at once, in turns to each instance.
    pub(super) fn race(
        &self,
        times: usize,
        (method, path): (&'static str, &str),
        token: &str,
        body: impl Fn(usize) -> Value,
    ) -> Vec<Finish> {
        let racers: Vec<_> = (0..times)
            .map(|n| Racer {
                url: self.services[n % self.services.len()].url().to_owned(),
                method,
                path: path.to_owned(),
                token: token.to_owned(),
                body: body(n),
            })
            .collect();
        race(&racers)
    }

    /// The texts in the column `value` of a query, on a connection of its own.
    pub(super) fn texts(&self, sql: &str) -> Vec<String> {
        let url = self.database.url();
        let rows: Vec<Row> = match url.strip_prefix("sqlite://") {
            Some(path) => sql_query(sql).load(&mut sqlite(path)),
            None => sql_query(sql).load(&mut PgConnection::establish(url).unwrap()),
        }
        .unwrap();
        rows.into_iter().map(|row| row.value).collect()
    }

    /// Makes an admin as the operator does, beside the running instances (Postgres).
    pub(super) fn admin(&self, username: &str) -> Account {
        let file = self.data.path().join("password");
        std::fs::write(&file, PASSWORD).unwrap();
        let email = format!("{username}@example.org");
        let arguments = [
            "admin",
            "create",
            "--username",
            username,
            "--email",
            &email,
            "--password-file",
            file.to_str().unwrap(),
        ];
        let settings =
            [("USERDOM_DATABASE_URL", self.database.url()), ("USERDOM_SECRET_KEY", SECRET_KEY)];
        let made = finished(userdom(self.data.path(), &settings, &arguments));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.first().signed_in(username, PASSWORD)
    }

    /// Turns the second factor on: the telephone, and the codes on paper.
    pub(super) fn enrol(&self, who: &Account) -> (Authenticator, Vec<String>) {
        let path = "/v1/users/me/two-factor/totp";
        let set_up = self.first().call_as(who, "POST", path, None).expect(200);
        let telephone = Authenticator::with_secret(set_up.body["secret"].as_str().unwrap());
        // The code of the half minute before: that of this one is still to be used.
        let earlier = SystemClock.now() - chrono::TimeDelta::seconds(30);
        let code = json!({"code": telephone.code_at(earlier)});
        let confirm = format!("{path}/confirm");
        let confirmed = self.first().call_as(who, "POST", &confirm, Some(&code)).expect(200);
        let codes = confirmed.body["recovery_codes"].as_array().unwrap().iter();
        (telephone, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
    }

    /// The first half of a sign-in.
    pub(super) fn challenge(&self, username: &str) -> String {
        let half: Answer = self.first().sign_in(username, PASSWORD).expect(202);
        half.body["challenge"].as_str().unwrap().to_owned()
    }
}

fn launch(database: &TestDatabase, data: &Path) -> Service {
    Launch::on(database)
        .with("USERDOM_RATE_LIMITS", "off")
        .with("USERDOM_DATA_DIR", data.to_str().unwrap())
        .start()
}

/// How many of the answers have this status.
pub(super) fn count(finishes: &[Finish], status: u16) -> usize {
    finishes.iter().filter(|(found, _)| *found == status).count()
}

/// Every answer has one of these statuses.
#[track_caller]
pub(super) fn assert_among(finishes: &[Finish], statuses: &[u16]) {
    for (status, body) in finishes {
        assert!(statuses.contains(status), "{status}: {body}");
    }
}
