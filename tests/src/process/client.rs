//! What a client of the service does.

use std::{collections::BTreeMap, fs, time::Duration};

use serde_json::{Value, json};
use ureq::{Agent, http};

use super::{PATIENCE, Service, eventually};

/// The password of every account that is made here.
pub const PASSWORD: &str = "correct horse battery staple 47";

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The version in the `ETag`.
    pub fn version(&self) -> i64 {
        self.headers["etag"].trim_matches('"').parse().unwrap()
    }

    /// The answer, which must be this one.
    #[expect(clippy::return_self_not_must_use, reason = "often the status is all that counts")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Whether it is a problem document of this code.
    pub fn is_problem(&self, code: &str) -> bool {
        self.headers.get("content-type").is_some_and(|t| t == "application/problem+json")
            && self.body["code"] == code
            && self.body["status"] == self.status
    }
}

/// Somebody who has registered, verified the email and signed in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The identity.
    pub id: String,
    /// What it signs in as.
    pub username: String,
    /// Its access token.
    pub token: String,
}

pub(super) fn agent() -> Agent {
    Agent::new_with_config(
        Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(5)))
            .max_idle_connections_per_host(64)
            .proxy(None)
            .build(),
    )
}

impl Service {
    /// Sends a request; an error is one of the connection.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let mut request =
            http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            None => self.agent.run(request.body(()).unwrap()),
            Some(body) => {
                let merge = method == "PATCH";
                let kind = if merge { "application/merge-patch+json" } else { "application/json" };
                let request = request.header("content-type", kind);
                self.agent.run(request.body(body.to_string()).unwrap())
            }
        };
        let mut response = response?;
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, body, text })
    }

    /// `GET`, by nobody.
    pub fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send("GET", path, &[], None)
    }

    /// A request by nobody, which must be answered.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, &[], body).unwrap()
    }

    /// A request by an account, which must be answered.
    #[track_caller]
    pub fn call_as(&self, who: &Account, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", who.token);
        self.send(method, path, &[("authorization", &bearer)], body).unwrap()
    }

    /// A request by an account that has seen a version.
    #[track_caller]
    pub fn call_if(
        &self,
        who: &Account,
        version: i64,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let (bearer, tag) = (format!("Bearer {}", who.token), format!("\"{version}\""));
        let headers = [("authorization", bearer.as_str()), ("if-match", tag.as_str())];
        self.send(method, path, &headers, body).unwrap()
    }

    /// Registers somebody with the email `<username>@example.org`.
    pub fn register(&self, username: &str) -> Answer {
        self.call("POST", "/v1/users", Some(&registration(username)))
    }

    /// Signs in.
    pub fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.call("POST", "/v1/sessions", Some(&json!({"login": login, "password": password})))
    }

    /// The token of the verification link that was mailed to an address.
    pub fn mailed_token(&self, address: &str) -> String {
        self.mailed_link(address, "verify-email")
    }

    /// The token of the link to a page that was mailed to an address.
    pub fn mailed_link(&self, address: &str, page: &str) -> String {
        let folder = self.data().join("mail");
        eventually("the mail", PATIENCE, || {
            let files = fs::read_dir(&folder).ok()?.filter_map(Result::ok);
            let paths = files
                .map(|file| file.path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
            let mut mails = paths.filter_map(|path| fs::read_to_string(path).ok());
            mails.find_map(|mail| {
                let is_to = mail.contains(&format!("To: {address}\r\n"));
                link_in(&mail, page).filter(|_| is_to)
            })
        })
    }

    /// Registers, verifies by the mailed link and signs in.
    pub fn account(&self, username: &str) -> Account {
        self.account_with(username, &format!("{username}@example.org"))
    }

    /// The same, with this email.
    pub fn account_with(&self, username: &str, email: &str) -> Account {
        let mut body = registration(username);
        body["email"] = json!(email);
        self.call("POST", "/v1/users", Some(&body)).expect(201);
        let token = self.mailed_token(email);
        let verified = self.call("POST", "/v1/email-verifications", Some(&json!({"token": token})));
        verified.expect(200);
        self.signed_in(username, PASSWORD)
    }

    /// Signs somebody in who must be let in.
    #[track_caller]
    pub fn signed_in(&self, username: &str, password: &str) -> Account {
        let opened = self.sign_in(username, password).expect(201);
        Account {
            id: opened.body["user"]["id"].as_str().unwrap().to_owned(),
            username: username.to_owned(),
            token: opened.body["access_token"].as_str().unwrap().to_owned(),
        }
    }
}

/// What somebody of this name registers with.
pub fn registration(username: &str) -> Value {
    json!({
        "username": username,
        "password": PASSWORD,
        "email": format!("{username}@example.org"),
        "first_name": "Ada",
        "last_name": "Lovelace",
    })
}

/// The token in a mail, whose text may be quoted-printable.
pub fn token_in(mail: &str) -> Option<String> {
    link_in(mail, "verify-email")
}

fn link_in(mail: &str, page: &str) -> Option<String> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once(&format!("/{page}#token="))?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))?;
    Some(rest[..end].to_owned())
}
