//! Every example of docs/api.md is run, in the order of the page, and every answer that it shows is
//! compared with the one that comes: the same members, of the same types.

use std::process::Command;

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Authenticator, Client, TestApp,
        given::{self, Person, ServiceKey},
    },
    on_both,
};

const GUIDE: &str = include_str!("../../../../docs/api.md");
const PASSWORD: &str = "correct-horse-battery-staple";
/// Set by the guide's own example of a reset.
const NEW_PASSWORD: &str = "brass lantern over the weir";
const LEFT_OUT: &str = "…";

/// A block of code, with what a comment before it says about it.
struct Block {
    line: usize,
    language: &'static str,
    directive: Option<&'static str>,
    text: String,
}

fn blocks() -> Vec<Block> {
    let (mut blocks, mut open, mut directive) = (Vec::new(), None::<Block>, None);
    for (n, line) in GUIDE.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let directive = directive.take();
                open = Some(Block { line: n + 1, language, directive, text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text += line;
                block.text.push('\n');
            }
            (None, None) => {
                let comment = line.strip_prefix("<!-- ").and_then(|it| it.strip_suffix(" -->"));
                directive = comment.or(directive);
            }
        }
    }
    blocks
}

/// The users of the guide.
struct Story<'a> {
    app: &'a TestApp,
    ada: Person,
    password: &'static str,
    mona: Client,
    key: ServiceKey,
    telephone: Authenticator,
    /// The answer to the last thing that was asked.
    last: Value,
}

impl<'a> Story<'a> {
    fn new(app: &'a TestApp) -> Self {
        let ada = given::a_verified_user(app).with_username("ada").with_password(PASSWORD);
        let ada = ada.present();
        let ada = signed_in(app, ada, PASSWORD);
        let preferences = json!({"preferences": {"crm.tabs": [1, 2]}});
        ada.client.patch("/v1/users/me", &preferences).expect(200);
        ada.adds_phone("+1-555-123-4567");
        ada.adds_address("12 St James Square");
        let tess = given::a_verified_user(app).with_username("tess").with_password(PASSWORD);
        let tess = signed_in(app, tess.present(), PASSWORD).sets_up_two_factor(app);
        let mona = given::a_moderator(app).with_username("mona").signed_in().client;
        given::a_verified_user(app).with_username("angela").present();
        let key = given::an_api_key(app, &["introspect"]);
        let telephone = tess.authenticator.unwrap();
        Self { app, ada, password: PASSWORD, mona, key, telephone, last: Value::Null }
    }

    fn asks(&mut self, client: &Client, method: &str, path: &str, body: &str) {
        let path = match path.strip_prefix("..") {
            Some(path) => path.to_owned(),
            None => format!("/v1{path}"),
        };
        let kind = if body.is_empty() { "" } else { "application/json" };
        let body = self.filled_in(body);
        let reply = client.send(method, &path, kind, body.as_bytes());
        assert!(reply.status < 300, "{method} {path}: {}", reply.text);
        self.last = reply.json();
    }

    /// With what stands in the place of tokens, codes and versions.
    fn filled_in(&self, text: &str) -> String {
        let mut text = text.replace("ud_at_…", &self.ada.token);
        text = text.replace("ud_rt_…", &self.ada.refresh_token);
        if text.contains("ud_ev_…") {
            text = text.replace("ud_ev_…", &self.app.last_link_token("grace@example.org"));
        }
        if text.contains("ud_pr_…") {
            text = text.replace("ud_pr_…", &self.app.last_link_token("ada@example.org"));
        }
        if text.contains("ud_ch_…") {
            text = text.replace("ud_ch_…", self.last["challenge"].as_str().unwrap());
            text = text.replace("492039", &self.telephone.fresh_code(self.app));
        }
        if text.contains("\"if_match\"") {
            let version = self.ada.client.get("/v1/users/me").json()["version"].to_string();
            text = text.replace("\\\"4\\\"", &format!("\\\"{version}\\\""));
        }
        assert!(!text.contains(LEFT_OUT), "nothing stands for what is left out in {text}");
        text
    }

    /// Runs a command as it stands.
    fn shell(&mut self, block: &Block) {
        let answer = tempfile::NamedTempFile::new().unwrap();
        // The status comes last, and the body goes elsewhere, whatever else the example asks for.
        let curl =
            "curl() { command curl -sS \"$@\" --no-include -o \"$ANSWER\" -w '%{http_code}'; }";
        let script = format!("{curl}\n{}", self.filled_in(&block.text));
        let bearer = |client: &Client| format!("authorization: {}", client.sends("authorization"));
        let output = Command::new("bash")
            .args(["-euc", &script])
            .env("URL", format!("{}/v1", self.app.url))
            .env("AUTH", bearer(&self.ada.client))
            .env("MODERATOR", bearer(&self.mona))
            .env("ANSWER", answer.path())
            .output()
            .unwrap();
        let printed =
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let text = std::fs::read_to_string(answer.path()).unwrap();
        assert!(
            printed.starts_with('2') && printed.len() == 3,
            "line {}: {printed}: {text}",
            block.line
        );
        self.last = serde_json::from_str(&text).unwrap_or_default();
        self.goes_on_with_the_answer(block);
    }

    /// Tokens that an answer replaced are spent.
    fn goes_on_with_the_answer(&mut self, block: &Block) {
        let is_adas = self.last["user"]["username"] == "ada";
        if is_adas {
            let text = |name: &str| self.last[name].as_str().unwrap().to_owned();
            let (token, refresh_token) = (text("access_token"), text("refresh_token"));
            let client = self.app.client().bearer(&token);
            self.ada = Person { client, token, refresh_token, ..self.ada.clone() };
        }
        if block.text.contains("new_password") {
            self.password = NEW_PASSWORD;
            self.ada = signed_in(self.app, self.ada.clone(), self.password);
        }
    }

    /// The call that a comment tells: `METHOD PATH [as WHO] [BODY]`.
    fn called(&mut self, call: &str) {
        let (call, body) = match call.split_once(" {") {
            Some((call, body)) => (call, format!("{{{body}")),
            None => (call, String::new()),
        };
        let words: Vec<_> = call.split(' ').collect();
        let client = match words.get(2..) {
            Some(["as", "key"]) => self.key.client.clone(),
            Some(["as", "anybody"]) => self.app.client(),
            _ => self.ada.client.clone(),
        };
        self.asks(&client, words[0], words[1], &body);
        if words.last() == Some(&"one") {
            self.last = self.last["items"][0].clone();
        }
    }

    fn runs(&mut self, block: &Block) {
        match (block.language, block.directive) {
            ("sh", None) => self.shell(block),
            ("graphql", None) => {
                let as_moderator = block.text.contains("users(");
                let client = if as_moderator { self.mona.clone() } else { self.ada.client.clone() };
                let body = json!({"query": block.text}).to_string();
                self.asks(&client, "POST", "../graphql", &body);
                assert!(self.last["errors"].is_null(), "line {}: {}", block.line, self.last);
            }
            ("filter", None) => {
                for filter in block.text.lines() {
                    let mona = self.mona.clone();
                    let query =
                        "query($it: String) { users(filter: {expression: $it}) { totalCount } }";
                    let body = json!({"query": query, "variables": {"it": filter}}).to_string();
                    self.asks(&mona, "POST", "../graphql", &body);
                    assert!(self.last["errors"].is_null(), "{filter}: {}", self.last);
                }
            }
            ("json", directive) => {
                if let Some(asked) = directive.and_then(|it| it.strip_prefix("asks: ")) {
                    let (method, path) = asked.split_once(' ').unwrap();
                    let client = self.ada.client.clone();
                    return self.asks(&client, method, path, &block.text);
                }
                if let Some(directive) = directive {
                    let call = directive.strip_prefix("answers: ");
                    self.called(call.unwrap_or_else(|| panic!("line {}: {directive}", block.line)));
                }
                let shown = serde_json::from_str(&block.text)
                    .unwrap_or_else(|error| panic!("line {}: {error}", block.line));
                same_shape(&shown, &self.last, &format!("line {}", block.line));
            }
            (language, directive) => panic!("line {}: {language}, {directive:?}", block.line),
        }
    }
}

fn signed_in(app: &TestApp, person: Person, password: &str) -> Person {
    let session = given::sign_in(app, &person.username, password).expect(201);
    person.with_session(app, &session)
}

/// The same members, of the same types; `"…"` stands for any others.
#[track_caller]
fn same_shape(shown: &Value, real: &Value, at: &str) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (name, value) in shown.iter().filter(|(name, _)| *name != LEFT_OUT) {
                let real = real.get(name).unwrap_or_else(|| panic!("{at}: there is no {name}"));
                same_shape(value, real, &format!("{at}/{name}"));
            }
            let is_told = |name: &&String| shown.contains_key(*name);
            let untold: Vec<_> = real.keys().filter(|name| !is_told(name)).collect();
            assert!(untold.is_empty() || shown.contains_key(LEFT_OUT), "{at}: {untold:?}");
        }
        (Value::Array(shown), Value::Array(real)) => {
            for (n, value) in shown.iter().enumerate() {
                let real = real.get(n).or(real.last());
                let real = real.unwrap_or_else(|| panic!("{at}: nothing is there"));
                same_shape(value, real, &format!("{at}/{n}"));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (shown, real) => {
            let is_same = std::mem::discriminant(shown) == std::mem::discriminant(real);
            assert!(is_same, "{at}: {shown} is {real}");
        }
    }
}

/// Seen to fail with a member of an answer, a path and a field of a filter renamed in the guide.
fn every_example_of_the_guide_is_true(app: &TestApp) {
    let mut story = Story::new(app);
    let blocks = blocks();
    assert!(blocks.len() > 25, "{}", blocks.len());
    for block in &blocks {
        story.runs(block);
    }
}

on_both!(every_example_of_the_guide_is_true);
