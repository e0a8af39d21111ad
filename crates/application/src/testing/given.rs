//! Users and values that read as prose: `given::an_active_user().with_phone("+44 20 7946 0018").build()`.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use userdom_domain::{
    Address, AddressDraft, AddressId, ContactType, EmailAddress, EmailId, Password, PasswordHash,
    PersonName, PhoneId, PhoneNumber, User, UserAggregate, UserId, UserProfile, UserRole, Username,
};

use super::PlainHasher;

/// The password of every user who has not been given another.
pub const PASSWORD: &str = "correct horse battery staple";

/// When every user here registers: a moment with microseconds.
pub fn now() -> DateTime<Utc> {
    "2026-01-01T12:00:00.123456Z".parse().unwrap()
}

/// Ten bytes that nobody else has in this process; later ones are greater.
pub fn fresh() -> [u8; 10] {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let count = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&count.to_be_bytes());
    bytes
}

/// A new identity of a user.
pub fn a_user_id() -> UserId {
    UserId::from_parts(now(), fresh())
}

/// A new identity of an email.
pub fn an_email_id() -> EmailId {
    EmailId::from_parts(now(), fresh())
}

/// A new identity of a phone.
pub fn a_phone_id() -> PhoneId {
    PhoneId::from_parts(now(), fresh())
}

/// A new identity of an address.
pub fn an_address_id() -> AddressId {
    AddressId::from_parts(now(), fresh())
}

/// A username.
pub fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

/// An email address.
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A phone number.
pub fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

/// A plain password.
pub fn password(text: &str) -> Password {
    Password::guess(text).unwrap()
}

/// An address in Berlin.
pub fn address(street: &str) -> Address {
    let draft = AddressDraft {
        street_line1: street.to_owned(),
        city: "Berlin".to_owned(),
        postal_code: "10115".to_owned(),
        country: Some("DEU".to_owned()),
        ..AddressDraft::default()
    };
    Address::parse(&draft).unwrap()
}

/// A profile of Ada Lovelace.
pub fn a_profile() -> UserProfile {
    let name = |text| PersonName::parse(text).unwrap();
    UserProfile::new(name("Ada"), name("Lovelace"), now())
}

/// A user who has registered and verified nothing.
pub fn a_pending_user() -> UserBuilder {
    UserBuilder::new(false)
}

/// A user who has verified the first email, and can sign in.
pub fn an_active_user() -> UserBuilder {
    UserBuilder::new(true)
}

/// A user to be; every one has names and ids of its own.
#[derive(Debug, Clone)]
#[must_use]
pub struct UserBuilder {
    is_active: bool,
    id: UserId,
    username: Username,
    password_hash: PasswordHash,
    email: EmailAddress,
    unverified_emails: Vec<EmailAddress>,
    phones: Vec<PhoneNumber>,
    addresses: Vec<Address>,
    roles: BTreeSet<UserRole>,
}

impl UserBuilder {
    fn new(is_active: bool) -> Self {
        let id = a_user_id();
        let number = id.as_uuid().as_u128() & 0xffff_ffff;
        Self {
            is_active,
            id,
            username: username(&format!("user{number}")),
            password_hash: PlainHasher::hash_of(PASSWORD),
            email: email(&format!("user{number}@example.org")),
            unverified_emails: Vec::new(),
            phones: Vec::new(),
            addresses: Vec::new(),
            roles: BTreeSet::from([UserRole::User]),
        }
    }

    /// Called so.
    pub fn with_username(mut self, text: &str) -> Self {
        self.username = username(text);
        self
    }

    /// With this first email: verified for an active user, not for a pending one.
    pub fn with_email(mut self, text: &str) -> Self {
        self.email = email(text);
        self
    }

    /// With one more email.
    pub fn with_unverified_email(mut self, text: &str) -> Self {
        self.unverified_emails.push(email(text));
        self
    }

    /// With a mobile phone; the first one is the default.
    pub fn with_phone(mut self, text: &str) -> Self {
        self.phones.push(phone(text));
        self
    }

    /// With a home in this street of Berlin; the first one is the default.
    pub fn with_address(mut self, street: &str) -> Self {
        self.addresses.push(address(street));
        self
    }

    /// With this stored password.
    pub fn with_password_hash(mut self, hash: PasswordHash) -> Self {
        self.password_hash = hash;
        self
    }

    /// With this role beside `user`.
    pub fn with_role(mut self, role: UserRole) -> Self {
        self.roles.insert(role);
        self
    }

    /// The user, not saved yet.
    pub fn build(self) -> UserAggregate {
        let now = now();
        let account = User::new(self.id, self.username, self.password_hash, now);
        let mut user = UserAggregate::register(account, Some(a_profile()), now);
        let first = an_email_id();
        user.add_email(first, self.email, ContactType::Primary, true, now).unwrap();
        if self.is_active {
            user.verify_email(first, now).unwrap();
            user.activate(now).unwrap();
        }
        for email in self.unverified_emails {
            user.add_email(an_email_id(), email, ContactType::Home, false, now).unwrap();
        }
        for (n, phone) in self.phones.into_iter().enumerate() {
            user.add_phone(a_phone_id(), phone, ContactType::Mobile, n == 0, now).unwrap();
        }
        for (n, address) in self.addresses.into_iter().enumerate() {
            user.add_address(an_address_id(), address, ContactType::Home, n == 0, now).unwrap();
        }
        if self.roles.len() > 1 {
            user.set_roles(self.roles, now).unwrap();
        }
        user
    }
}
