use serde_json::json;

use super::{
    Authenticator, Client, Reply, TestApp,
    given::{PASSWORD, an_address, finish_sign_in, sign_in, verify},
};

/// A user who is there, with a client that has the user's token, if it signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The id.
    pub id: String,
    /// The username.
    pub username: String,
    /// The first email.
    pub email: String,
    /// Its id.
    pub email_id: String,
    /// Calls as this user.
    pub client: Client,
    /// The access token; empty before signing in.
    pub token: String,
    /// The refresh token; empty before signing in.
    pub refresh_token: String,
    /// The telephone, if a second factor is set up.
    pub authenticator: Option<Authenticator>,
    /// The codes on paper, if a second factor is set up.
    pub recovery_codes: Vec<String>,
}

impl Person {
    pub(super) fn new(app: &TestApp, [id, username, email, email_id]: [String; 4]) -> Self {
        let (client, token, refresh_token) = (app.client(), String::new(), String::new());
        let (authenticator, recovery_codes) = (None, Vec::new());
        Self {
            id,
            username,
            email,
            email_id,
            client,
            token,
            refresh_token,
            authenticator,
            recovery_codes,
        }
    }

    /// Goes on with the tokens of this answer.
    #[must_use]
    pub fn with_session(self, app: &TestApp, session: &Reply) -> Self {
        let (token, refresh_token) = (session.at("/access_token"), session.at("/refresh_token"));
        Self { client: app.client().bearer(&token), token, refresh_token, ..self }
    }

    /// Signs in with the usual password and, if there is one, the second factor.
    #[must_use]
    pub fn signs_in(self, app: &TestApp) -> Self {
        let reply = sign_in(app, &self.username, PASSWORD);
        let session = match &self.authenticator {
            Some(telephone) => finish_sign_in(app, &reply.expect(202), &telephone.fresh_code(app)),
            None => reply,
        };
        self.with_session(app, &session.expect(201))
    }

    /// Proves anew who it is, by the usual password.
    #[must_use]
    pub fn reauthenticates(self, app: &TestApp) -> Self {
        let path = "/v1/sessions/current/reauthenticate";
        let session = self.client.post(path, &json!({"password": PASSWORD})).expect(200);
        self.with_session(app, &session)
    }

    /// Sets up an authenticator app, and keeps the recovery codes.
    #[must_use]
    pub fn sets_up_two_factor(self, app: &TestApp) -> Self {
        let path = "/v1/users/me/two-factor/totp";
        let secret = self.client.ask("POST", path).expect(200).at("/secret");
        let telephone = Authenticator::with_secret(&secret);
        let code = json!({"code": telephone.code(app, 0)});
        let codes = self.client.post(&format!("{path}/confirm"), &code).expect(200).json();
        let codes = codes["recovery_codes"].as_array().unwrap().iter();
        let recovery_codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        Self { authenticator: Some(telephone), recovery_codes, ..self }
    }

    /// Adds an email; gives its id.
    pub fn adds_email(&self, email: &str) -> String {
        let body = json!({"email": email, "contact_type": "work"});
        self.client.post("/v1/users/me/emails", &body).expect(201).at("/id")
    }

    /// Adds an email and uses the link in its mail; gives its id.
    pub fn adds_verified_email(&self, app: &TestApp, email: &str) -> String {
        let id = self.adds_email(email);
        verify(app, &app.last_link_token(email)).expect(200);
        id
    }

    /// Adds a mobile phone; gives its id.
    pub fn adds_phone(&self, number: &str) -> String {
        let body = json!({"phone_number": number});
        self.client.post("/v1/users/me/phones", &body).expect(201).at("/id")
    }

    /// Adds a home in this street of Berlin; gives its id.
    pub fn adds_address(&self, street: &str) -> String {
        self.client.post("/v1/users/me/addresses", &an_address(street)).expect(201).at("/id")
    }
}
