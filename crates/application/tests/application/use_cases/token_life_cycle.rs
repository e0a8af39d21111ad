//! A7: however the steps of verification, reset and email change follow each other, no password
//! and no verified flag changes without a live, unused token of the right kind and user.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use userdom_application::{
    AppError,
    ports::{Clock, OutgoingMail},
    testing::given,
    use_cases::{AddEmail, DeleteAccount, RegisterUser, RemoveEmail},
};
use userdom_domain::{ContactType, EmailId, UserAggregate, UserId, UserStatus};

use super::requests::{
    refresh_session, request_reset, request_verification, reset_password, verify_email,
};
use super::world::{World, as_ada, by, by_nobody};

const USERS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Resend {
        user: usize,
        email: usize,
    },
    AddEmail {
        user: usize,
        address: usize,
    },
    RemoveEmail {
        user: usize,
        email: usize,
    },
    AskReset {
        user: usize,
        email: usize,
    },
    Deliver,
    Wait {
        minutes: i64,
    },
    /// Presents the token of an earlier mail, as one of the two kinds.
    Verify {
        mail: usize,
    },
    Reset {
        mail: usize,
    },
    Delete {
        user: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (user, email) = (0..USERS, 0..3_usize);
    let wait = prop_oneof![Just(1), Just(29), Just(30), Just(60 * 24)];
    let step = prop_oneof![
        2 => (user.clone(), email.clone()).prop_map(|(user, email)| Step::Resend { user, email }),
        2 => (user.clone(), email.clone())
            .prop_map(|(user, address)| Step::AddEmail { user, address }),
        1 => (user.clone(), email.clone())
            .prop_map(|(user, email)| Step::RemoveEmail { user, email }),
        2 => (user.clone(), email).prop_map(|(user, email)| Step::AskReset { user, email }),
        6 => Just(Step::Deliver),
        2 => wait.prop_map(|minutes| Step::Wait { minutes }),
        5 => (0..8_usize).prop_map(|mail| Step::Verify { mail }),
        5 => (0..8_usize).prop_map(|mail| Step::Reset { mail }),
        1 => user.prop_map(|user| Step::Delete { user }),
    ];
    prop::collection::vec(step, 1..30)
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Verification,
    Reset,
}

/// A link that was mailed: what the test knows of it without asking the service.
#[derive(Debug, Clone)]
struct Link {
    kind: Kind,
    username: String,
    address: String,
    token: String,
    ends_at: DateTime<Utc>,
    is_used: bool,
}

/// The service, and a model of it that knows only the mails.
struct Model {
    world: World,
    users: Vec<UserId>,
    links: Vec<Link>,
    passwords: u32,
}

/// Verified addresses and the password of a user.
type Seen = BTreeMap<UserId, (Vec<String>, String)>;

impl Model {
    fn new() -> Self {
        let world = World::new();
        let register = |n: usize| {
            let request = RegisterUser {
                username: given::username(&format!("user{n}")),
                email: given::email(&format!("user{n}@example.org")),
                ..as_ada()
            };
            UserId::from_uuid(world.app.execute(&by_nobody(), &request).unwrap().id)
        };
        let users = (0..USERS).map(register).collect();
        Self { world, users, links: Vec::new(), passwords: 0 }
    }

    fn user(&self, n: usize) -> UserAggregate {
        self.world.user(self.users[n])
    }

    fn email(&self, user: usize, n: usize) -> (EmailId, String) {
        let user = self.user(user);
        let email = &user.emails()[n % user.emails().len()];
        (email.id(), email.email().as_str().to_owned())
    }

    fn seen(&self) -> Seen {
        let of = |id: &UserId| {
            let user = self.world.user(*id);
            let verified = user.emails().iter().filter(|email| email.is_verified());
            let verified = verified.map(|email| email.email().as_str().to_owned()).collect();
            (*id, (verified, user.password_hash().as_str().to_owned()))
        };
        self.users.iter().map(of).collect()
    }

    fn take(&mut self, mail: &OutgoingMail) {
        let pages =
            [(Kind::Verification, "/verify-email#token="), (Kind::Reset, "/reset-password#token=")];
        for (kind, page) in pages {
            let Some((_, rest)) = mail.text.split_once(page) else { continue };
            let (_, name) = mail.text.split_once("with the username ").unwrap();
            let username = name.split('.').next().unwrap().to_owned();
            // The mail itself says until when.
            let ends_at = if let Some((_, until)) = mail.text.split_once("works until ") {
                let until = until.split(" UTC").next().unwrap();
                let until = chrono::NaiveDateTime::parse_from_str(until, "%d %B %Y, %H:%M");
                until.unwrap().and_utc() + TimeDelta::minutes(1)
            } else {
                assert!(mail.text.contains("works for 30 minutes after this mail was sent"));
                self.world.clock.now() + TimeDelta::minutes(30)
            };
            let token = rest.split_whitespace().next().unwrap().to_owned();
            // A newer link ends the older ones: for a reset of the same user, for a verification
            // of the same address; the claim of somebody else if it was asked for before.
            for older in self.links.iter_mut().filter(|link| link.kind == kind) {
                let same_user = older.username == username;
                let same_address = older.address == mail.to.as_str();
                older.is_used |= match kind {
                    Kind::Reset => same_user,
                    Kind::Verification => same_address && (same_user || older.token < token),
                };
            }
            self.links.push(Link {
                kind,
                username,
                address: mail.to.as_str().to_owned(),
                token,
                ends_at,
                is_used: false,
            });
        }
    }

    fn apply(&mut self, step: &Step) {
        let app = self.world.app.clone();
        match *step {
            Step::Resend { user, email } => {
                let (email_id, _) = self.email(user, email);
                let _ = app.execute(
                    &by(&self.user(user)),
                    &request_verification(self.users[user], email_id),
                );
            }
            Step::AddEmail { user, address } => {
                let add = AddEmail {
                    user_id: self.users[user],
                    email: given::email(&format!("more{address}@example.org")),
                    contact_type: ContactType::Work,
                    is_default: false,
                };
                let _ = app.execute(&by(&self.user(user)), &add);
            }
            Step::RemoveEmail { user, email } => {
                let (email_id, _) = self.email(user, email);
                let remove = RemoveEmail { user_id: self.users[user], email_id };
                let _ = app.execute(
                    &super::trust::proved_before(
                        &by(&self.user(user)),
                        &self.world,
                        TimeDelta::zero(),
                    ),
                    &remove,
                );
            }
            Step::AskReset { user, email } => {
                let (_, address) = self.email(user, email);
                let _ = app.execute(&by_nobody(), &request_reset(&given::email(&address)));
            }
            Step::Deliver => {
                for mail in self.world.deliver() {
                    self.take(&mail);
                }
            }
            Step::Wait { minutes } => self.world.clock.advance(TimeDelta::minutes(minutes)),
            Step::Verify { mail } => self.present(mail, Kind::Verification),
            Step::Reset { mail } => self.present(mail, Kind::Reset),
            Step::Delete { user } => {
                let delete = DeleteAccount { user_id: self.users[user] };
                let _ = app.execute(&by(&self.user(user)), &delete);
            }
        }
    }

    /// Presents a token of any kind where one of this kind is expected, and holds what has
    /// changed against what the mails allow.
    fn present(&mut self, mail: usize, kind: Kind) {
        if self.links.is_empty() {
            return;
        }
        let n = self.links.len();
        let index = n - 1 - mail % n;
        let link = self.links[index].clone();
        let before = self.seen();
        self.passwords += 1;
        let password = given::password(&format!("password number {}", self.passwords));
        let stranger = super::trust::from_somewhere();
        let done = match kind {
            Kind::Verification => {
                self.world.app.execute(&stranger, &verify_email(&link.token)).map(drop)
            }
            Kind::Reset => {
                self.world.app.execute(&stranger, &reset_password(&link.token, &password))
            }
        };
        let after = self.seen();
        let changed: Vec<_> =
            self.users.iter().filter(|user| before[user] != after[user]).copied().collect();
        if done.is_err() {
            assert_eq!(changed, [], "a refused {kind:?} changed something: {link:?}");
            return;
        }
        let owner = self
            .users
            .iter()
            .copied()
            .find(|id| self.world.user(*id).username().as_str() == link.username);
        assert_eq!(link.kind, kind, "{link:?}");
        assert!(!link.is_used, "used twice or replaced: {link:?}");
        assert!(self.world.clock.now() < link.ends_at, "too late: {link:?}");
        assert!(changed.iter().all(|user| Some(*user) == owner), "{link:?} changed {changed:?}");
        let owner = self.world.user(owner.unwrap());
        assert_ne!(owner.status(), UserStatus::Deleted, "{link:?}");
        self.links[index].is_used = true;
        if kind == Kind::Reset {
            // It ends everything else that opens the account.
            for other in self.links.iter_mut().filter(|other| other.username == link.username) {
                other.is_used = true;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Seen to fail with an end that is not looked at, and with tokens that are not used up.
    #[test]
    fn a7_nothing_changes_without_a_live_token_of_the_right_kind(steps in steps()) {
        let mut model = Model::new();
        for step in &steps {
            let before = model.seen();
            model.apply(step);
            if !matches!(step, Step::Verify { .. } | Step::Reset { .. }) {
                let after = model.seen();
                for (user, (verified, hash)) in &after {
                    assert_eq!(hash, &before[user].1, "{step:?} changed a password");
                    let new = verified.iter().find(|email| !before[user].0.contains(email));
                    assert_eq!(new, None, "{step:?} verified an address");
                }
            }
        }
    }
}

#[test]
fn a7_a_token_of_one_kind_is_noise_at_every_other_door() {
    use super::trust::{ada, challenge, enrol, finish, from_somewhere, open};
    use userdom_application::use_cases::SecondFactor;

    let world = World::new();
    let user = ada(&world);
    let session = open(&world, "ada");
    enrol(&world, &session);
    world.clock.advance(TimeDelta::minutes(1));
    let half = challenge(&world, "ada");
    world.deliver();
    let add = AddEmail {
        user_id: user.id(),
        email: given::email("more@example.org"),
        contact_type: ContactType::Work,
        is_default: false,
    };
    world.app.execute(&by(&world.user(user.id())), &add).unwrap();
    let verification = super::world::token_in(&world.deliver()[0]);
    world.app.execute(&by_nobody(), &request_reset(&given::email("ada@example.org"))).unwrap();
    let reset = super::world::link_token(&world.deliver()[0], "reset-password");
    let refresh = session.refresh_token.expose().to_owned();
    let access = session.access_token.expose().to_owned();
    let tokens = [&access, &refresh, &half, &verification, &reset];
    let new = given::password("a longer horse");
    for (n, token) in tokens.into_iter().enumerate() {
        let caller = from_somewhere();
        let attempts: [Result<(), AppError>; 5] = [
            if n == 0 { Ok(()) } else { world.app.authenticate(token).map(drop) },
            if n == 1 {
                Ok(())
            } else {
                world.app.execute(&caller, &refresh_session(token)).map(drop)
            },
            if n == 2 {
                Ok(())
            } else {
                let proof = SecondFactor::Totp("000000".to_owned());
                finish(&world, token, proof).map(drop)
            },
            if n == 3 {
                Ok(())
            } else {
                world.app.execute(&caller, &verify_email(token)).map(drop)
            },
            if n == 4 { Ok(()) } else { world.app.execute(&caller, &reset_password(token, &new)) },
        ];
        for (attempt, result) in attempts.into_iter().enumerate() {
            assert_eq!(result.is_ok(), attempt == n, "token {n} in attempt {attempt}: {result:?}");
        }
    }
}
