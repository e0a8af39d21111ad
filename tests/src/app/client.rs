use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};
use ureq::{
    Agent,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request},
};

use super::{conformity, graphql_call::GraphqlCall};

const JSON: &str = "application/json";
const SECONDS: Duration = Duration::from_mins(5);

/// Texts that would show how the service is built inside.
const INSIDES: [&str; 14] = [
    "select ",
    "insert into",
    "update users",
    "constraint",
    "user_emails",
    "one_time_tokens",
    "diesel",
    "sqlite",
    "postgres",
    "panicked",
    ".rs:",
    "/src/",
    "backtrace",
    "serde",
];

/// Somebody who calls the service. Every method that changes it gives another one.
#[derive(Debug, Clone)]
#[must_use]
pub struct Client {
    agent: Agent,
    url: String,
    headers: HeaderMap,
    interface: Interface,
}

/// Through which a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// As it stands in the test.
    Rest,
    /// As the same GraphQL operation, where there is one.
    Graphql,
    /// As the only operation of a batch, for a caller with a token.
    Batch,
}

impl Client {
    pub(super) fn of(url: &str, interface: Interface) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(SECONDS))
            .user_agent("userdom-tests")
            .build();
        Self { agent: config.into(), url: url.to_owned(), headers: HeaderMap::new(), interface }
    }

    /// At another server.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// With this access token.
    pub fn bearer(&self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// From this address, as a proxy tells it.
    pub fn from(&self, address: &str) -> Self {
        self.header("x-forwarded-for", address)
    }

    /// With one more header.
    pub fn header(&self, name: &'static str, value: &str) -> Self {
        self.header_bytes(name, value.as_bytes()).expect("a header's value")
    }

    /// With this header alone under its name.
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.remove(name);
        other.header(name, value)
    }

    /// With one more header; `None` for bytes that no client can send.
    pub fn header_bytes(&self, name: &'static str, value: &[u8]) -> Option<Self> {
        let mut other = self.clone();
        let value = HeaderValue::from_bytes(value).ok()?;
        other.headers.append(HeaderName::from_static(name), value);
        Some(other)
    }

    /// What it sends under this name.
    pub fn sends(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// With the version of the user that the reply shows.
    pub fn if_match(&self, seen: &Reply) -> Self {
        self.header("if-match", seen.header("etag"))
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", b"")
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// `POST` with a form.
    pub fn post_form(&self, path: &str, form: &str) -> Reply {
        self.send("POST", path, "application/x-www-form-urlencoded", form.as_bytes())
    }

    /// `PUT` with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, "application/json", body.to_string().as_bytes())
    }

    /// `PATCH` with a JSON merge patch.
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, "application/merge-patch+json", body.to_string().as_bytes())
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, "", b"")
    }

    /// `POST` or `PUT` that needs no body.
    pub fn ask(&self, method: &str, path: &str) -> Reply {
        self.send(method, path, "", b"")
    }

    /// Any request; an empty content type sends neither it nor a body.
    pub fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Reply {
        self.try_send(method, path, content_type, body).expect("the service answers")
    }

    /// Like [`Client::send`]; `None` for a URL that no client can send.
    #[track_caller]
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Option<Reply> {
        let call = self.graphql_call(method, path, content_type, body);
        if let Some(call) = call {
            let sent = call.body();
            let reply = self.through_rest("POST", "/graphql", JSON, sent.as_bytes())?;
            if let Some(reply) = call.read(reply) {
                return Some(reply);
            }
        }
        if self.interface == Interface::Batch
            && let Some(batch) = self.batch(method, path, body)
        {
            let reply =
                self.through_rest("POST", "/v1/batch", JSON, batch.to_string().as_bytes())?;
            return Some(only_operation(reply));
        }
        self.through_rest(method, path, content_type, body)
    }

    /// A batch of this call alone, if a batch can say it.
    fn batch(&self, method: &str, path: &str, body: &[u8]) -> Option<Value> {
        let can_be_said = self.headers.contains_key("authorization") && path != "/v1/batch";
        let mut operation = json!({"method": method, "path": path});
        if !body.is_empty() {
            operation["body"] = serde_json::from_slice(body).ok()?;
        }
        if let Some(if_match) = self.headers.get("if-match") {
            operation["if_match"] = json!(if_match.to_str().ok()?);
        }
        can_be_said.then(|| json!({"operations": [operation]}))
    }

    /// The same operation in GraphQL, if it is to be used and there is one.
    fn graphql_call(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Option<GraphqlCall> {
        let header = |name: &str| self.headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let is_plain = ["", JSON, "application/merge-patch+json"].contains(&content_type)
            && header("if-none-match").is_none()
            && self.headers.get_all("if-match").iter().count() < 2;
        let is_wanted = self.interface == Interface::Graphql && is_plain;
        is_wanted.then(|| GraphqlCall::of(method, path, body, header("if-match"))).flatten()
    }

    #[track_caller]
    fn through_rest(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Option<Reply> {
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(verb).uri(format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = if content_type.is_empty() {
            self.agent.run(request.body(()).ok()?)
        } else {
            self.agent.run(request.header("content-type", content_type).body(body).ok()?)
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        let reply = Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.body_mut().read_to_string().expect("a body of text"),
            is_translated: false,
        };
        conformity::check(method, path, &reply);
        Some(reply)
    }

    /// Sends bytes as they are, and gives the first answer as it comes back.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(SECONDS)).unwrap();
        stream.write_all(bytes).unwrap();
        let (mut answer, mut chunk) = (Vec::new(), [0; 4096]);
        while !is_whole(&answer) {
            // The service may hang up on garbage before it has read all of it.
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(length) => answer.extend_from_slice(&chunk[..length]),
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The answer of the only operation of a batch, as REST would give it.
fn only_operation(batch: Reply) -> Reply {
    if batch.status != 200 {
        return batch;
    }
    let result = batch.json()["results"][0].clone();
    let body = result.get("body").map(Value::to_string).unwrap_or_default();
    let status = u16::try_from(result["status"].as_u64().unwrap()).unwrap();
    let kind = if status >= 400 { "application/problem+json" } else { JSON };
    let mut reply = Reply { status, text: body, is_translated: true, ..batch };
    reply.set_header("content-type", kind);
    for name in ["etag", "location"] {
        if let Some(value) = result[name].as_str() {
            reply.set_header(name, value);
        }
    }
    reply
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    answer.len() >= head.len() + 4 + length
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// Whether it was GraphQL's: REST's own headers are not there then.
    pub is_translated: bool,
}

#[expect(clippy::return_self_not_must_use, reason = "to have expected it is enough")]
impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} with no JSON: {:?}", self.status, self.text))
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> String {
        let json = self.json();
        let text = json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer} of {json}")).to_owned()
    }

    /// A header, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn set_header(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Fails unless this is the problem with this status and code, and a problem
    /// document in every respect (V7).
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.problem_code().as_str()), (status, code), "{}", self.text);
        self
    }

    /// Fails unless these are the faulty fields, in any order.
    #[track_caller]
    pub fn expect_faults(self, status: u16, faults: &[(&str, &str)]) -> Self {
        let reply = self.expect_problem(status, "request.invalid");
        let mut found = reply.faults();
        let mut wanted: Vec<_> =
            faults.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        reply
    }

    /// The code of a problem, after a look at all that every problem has (V7).
    #[track_caller]
    pub fn problem_code(&self) -> String {
        assert!(self.status >= 400, "{} is no problem: {}", self.status, self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        let text = |name: &str| {
            let member = body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}"));
            assert!(!member.is_empty(), "{name} is empty in {body}");
            member.to_owned()
        };
        let code = text("code");
        assert!(text("type").ends_with(&code), "{body}");
        assert_eq!(body["status"], self.status, "{body}");
        assert_eq!(text("request_id"), self.header("x-request-id"));
        let shown = format!("{} {}", text("title"), text("detail")).to_lowercase();
        for inside in INSIDES {
            assert!(!shown.contains(inside), "{inside:?} in {body}");
        }
        let known = ["type", "title", "status", "detail", "code", "request_id", "errors"];
        for member in body.as_object().unwrap().keys() {
            assert!(known.contains(&member.as_str()), "{member} in {body}");
        }
        code
    }

    /// The faulty fields of a problem: pointers and codes.
    #[track_caller]
    pub fn faults(&self) -> Vec<(String, String)> {
        let body = self.json();
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors in {body}"));
        let text = |error: &Value, name| error[name].as_str().unwrap().to_owned();
        errors
            .iter()
            .map(|error| {
                assert!(!text(error, "detail").is_empty(), "{error}");
                (text(error, "pointer"), text(error, "code"))
            })
            .collect()
    }
}
