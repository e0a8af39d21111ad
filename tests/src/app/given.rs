//! Users that read as prose: `given::a_verified_user(&app).with_username("ada").signed_in()`.

use serde_json::{Value, json};
use userdom_application::{Caller, use_cases::CreateAdmin};
use userdom_domain::{EmailAddress, Password, Username};

pub use super::person::Person;
use super::{Client, Reply, TestApp};

/// The password of every user who has not been given another.
pub const PASSWORD: &str = "correct horse battery staple";

/// The key of another service.
#[derive(Debug, Clone)]
pub struct ServiceKey {
    /// The id.
    pub id: String,
    /// The key itself.
    pub key: String,
    /// Calls with the key.
    pub client: Client,
    /// Who made it.
    pub admin: Person,
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
    roles: Option<Vec<&'static str>>,
    has_second_factor: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Registered,
    Verified,
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
    Somebody::new(app, State::Verified, "mona").with_roles(&["user", "moderator"])
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
        let (email, roles) = (None, None);
        Self { app, state, username, email, password, roles, has_second_factor: false }
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

    /// With these roles and no others.
    pub fn with_roles(self, roles: &[&'static str]) -> Self {
        Self { roles: Some(roles.to_vec()), ..self }
    }

    /// With an authenticator app and recovery codes.
    pub fn with_two_factor(self) -> Self {
        Self { has_second_factor: true, ..self }
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
        let (app, password, has_second_factor) =
            (self.app, self.password.clone(), self.has_second_factor);
        let person = self.present();
        let session = sign_in(app, &person.username, &password).expect(201);
        let person = person.with_session(app, &session);
        if has_second_factor { person.sets_up_two_factor(app) } else { person }
    }

    /// Signed in, and was suspended then: the token is dead.
    pub fn suspended(self) -> Person {
        self.shut_out_by("suspend")
    }

    /// Signed in, and was banned then: the token is dead.
    pub fn banned(self) -> Person {
        self.shut_out_by("ban")
    }

    /// Signed in, and has deleted itself then: the token is dead.
    pub fn deleted(self) -> Person {
        let person = self.signed_in();
        person.client.delete("/v1/users/me").expect(204);
        person
    }

    fn shut_out_by(self, action: &str) -> Person {
        let app = self.app;
        let person = self.signed_in();
        let path = format!("/v1/users/{}/{action}", person.id);
        another_admin(app).client.post(&path, &json!({"reason": "spam"})).expect(200);
        person
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
        if let Some(roles) = &self.roles {
            let roles = json!(roles);
            app.execute(&format!("UPDATE users SET roles = '{roles}' WHERE id = '{id}'"));
        }
        Person::new(app, [id, self.username, email, email_id])
    }

    fn made_by_the_operator(self, email: String) -> Person {
        let request = CreateAdmin {
            username: Username::parse(&self.username).unwrap(),
            email: EmailAddress::parse(&email).unwrap(),
            password: Password::parse(&self.password, Password::MIN_CHARS).unwrap(),
        };
        let id = self.app.app.execute(&Caller::default(), &request).unwrap().to_string();
        let of_user = format!("SELECT uid AS value FROM user_emails WHERE user_id = '{id}'");
        let email_id = self.app.texts(&of_user).remove(0);
        Person::new(self.app, [id, self.username, email, email_id])
    }
}

/// An admin beside all others.
pub fn another_admin(app: &TestApp) -> Person {
    an_admin(app).with_username(&format!("warden{}", app.count("users"))).signed_in()
}

/// A key with these scopes, which another admin has made.
pub fn an_api_key(app: &TestApp, scopes: &[&str]) -> ServiceKey {
    let admin = another_admin(app);
    let body = json!({"name": "a service", "scopes": scopes});
    let made = admin.client.post("/v1/api-keys", &body).expect(201);
    let key = made.at("/key");
    ServiceKey { id: made.at("/id"), client: app.client().bearer(&key), key, admin }
}

/// Asks for a session.
pub fn sign_in(app: &TestApp, login: &str, password: &str) -> Reply {
    app.client().post("/v1/sessions", &json!({"login": login, "password": password}))
}

/// Shows a code of the authenticator app for the challenge of a sign-in.
pub fn finish_sign_in(app: &TestApp, challenge: &Reply, code: &str) -> Reply {
    let body = json!({"challenge": challenge.at("/challenge"), "totp": code});
    app.client().post("/v1/sessions/challenge", &body)
}

/// Presents the token of a mail.
pub fn verify(app: &TestApp, token: &str) -> Reply {
    app.client().post("/v1/email-verifications", &json!({"token": token}))
}

/// An address in Berlin.
pub fn an_address(street: &str) -> Value {
    json!({"street_line1": street, "city": "Berlin", "postal_code": "10115", "country": "DEU"})
}
