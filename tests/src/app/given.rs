//! Users that read as prose: `given::a_verified_user(&app).with_username("ada").signed_in()`.

use serde_json::{Value, json};
use userdom_application::use_cases::CreateAdmin;
use userdom_domain::{EmailAddress, Password, Username};

use super::{Client, Reply, TestApp};

/// The password of every user who has not been given another.
pub const PASSWORD: &str = "correct horse battery staple";

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
}

/// A user to be.
#[must_use]
#[expect(missing_debug_implementations, reason = "the application has ports, which are traits")]
pub struct Somebody<'a> {
    app: &'a TestApp,
    state: State,
    username: String,
    email: Option<String>,
    password: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Registered,
    Verified,
    Moderator,
    Admin,
}

/// Has registered and verified nothing.
pub fn a_registered_user(app: &TestApp) -> Somebody<'_> {
    Somebody::new(app, State::Registered, "ada")
}

/// Has used the link in the mail.
pub fn a_verified_user(app: &TestApp) -> Somebody<'_> {
    Somebody::new(app, State::Verified, "ada")
}

/// Looks after other users.
pub fn a_moderator(app: &TestApp) -> Somebody<'_> {
    Somebody::new(app, State::Moderator, "mona")
}

/// Looks after everything.
pub fn an_admin(app: &TestApp) -> Somebody<'_> {
    Somebody::new(app, State::Admin, "hedy")
}

/// What somebody of this name registers with.
pub fn a_registration(username: &str) -> Value {
    json!({
        "username": username,
        "password": PASSWORD,
        "email": format!("{username}@example.org"),
        "first_name": "Ada",
        "last_name": "Lovelace",
    })
}

impl<'a> Somebody<'a> {
    fn new(app: &'a TestApp, state: State, username: &str) -> Self {
        let (username, password) = (username.to_owned(), PASSWORD.to_owned());
        Self { app, state, username, email: None, password }
    }

    /// Called so; the email follows the name.
    pub fn with_username(self, username: &str) -> Self {
        Self { username: username.to_owned(), ..self }
    }

    /// With this email.
    pub fn with_email(self, email: &str) -> Self {
        Self { email: Some(email.to_owned()), ..self }
    }

    /// With this password.
    pub fn with_password(self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self }
    }

    /// Is there, and has not signed in.
    pub fn present(self) -> Person {
        let email = self.email.clone();
        let email =
            email.unwrap_or_else(|| format!("{}@example.org", self.username.to_lowercase()));
        if self.state == State::Admin {
            self.made_by_the_operator(email)
        } else {
            self.registered(email)
        }
    }

    /// Is there, and has signed in.
    pub fn signed_in(self) -> Person {
        let (app, password) = (self.app, self.password.clone());
        let person = self.present();
        let token = sign_in(app, &person.username, &password).expect(201).at("/access_token");
        Person { client: app.client().bearer(&token), token, ..person }
    }

    fn registered(self, email: String) -> Person {
        let app = self.app;
        let mut body = a_registration(&self.username);
        body["email"] = json!(email);
        body["password"] = json!(self.password);
        let user = app.client().post("/v1/users", &body).expect(201);
        let (id, email_id) = (user.at("/id"), user.at("/emails/0/id"));
        if self.state != State::Registered {
            verify(app, &app.last_link_token(&email)).expect(200);
        }
        if self.state == State::Moderator {
            let roles = r#"["user","moderator"]"#;
            app.execute(&format!("UPDATE users SET roles = '{roles}' WHERE id = '{id}'"));
        }
        let client = app.client();
        Person { id, username: self.username, email, email_id, client, token: String::new() }
    }

    fn made_by_the_operator(self, email: String) -> Person {
        let request = CreateAdmin {
            username: Username::parse(&self.username).unwrap(),
            email: EmailAddress::parse(&email).unwrap(),
            password: Password::parse(&self.password, Password::MIN_CHARS).unwrap(),
        };
        let id = self.app.app.create_admin(&request).unwrap().to_string();
        let of_user = format!("SELECT uid AS value FROM user_emails WHERE user_id = '{id}'");
        let email_id = self.app.texts(&of_user).remove(0);
        let client = self.app.client();
        Person { id, username: self.username, email, email_id, client, token: String::new() }
    }
}

/// Asks for a session.
pub fn sign_in(app: &TestApp, login: &str, password: &str) -> Reply {
    app.client().post("/v1/sessions", &json!({"login": login, "password": password}))
}

/// Presents the token of a mail.
pub fn verify(app: &TestApp, token: &str) -> Reply {
    app.client().post("/v1/email-verifications", &json!({"token": token}))
}

impl Person {
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

/// An address in Berlin.
pub fn an_address(street: &str) -> Value {
    json!({"street_line1": street, "city": "Berlin", "postal_code": "10115", "country": "DEU"})
}
