use std::collections::BTreeSet;

use userdom_domain::{
    Address, ContactType, EmailAddress, Password, PasswordHash, PersonName, PhoneNumber,
    Preferences, User, UserAggregate, UserId, UserProfile, UserRole, Username,
};

use super::UserView;
use crate::{App, AppError, Faults, Field, Request, Tx, UseCase, services::ValidationService};

/// Registers a user, who is pending until the link in the mail is used.
///
/// An email that another account has verified looks like success: the new account never gets a
/// link, and a mail informs the owner.
#[derive(Debug, Clone)]
pub struct RegisterUser {
    /// The name to sign in with.
    pub username: Username,
    /// The plain password.
    pub password: Password,
    /// The first email, which becomes the default.
    pub email: EmailAddress,
    /// The names, and whatever else of the profile is known.
    pub profile: UserProfile,
    /// A first phone.
    pub phone: Option<(PhoneNumber, ContactType)>,
    /// A first address.
    pub address: Option<(Address, ContactType)>,
    /// The preferences.
    pub preferences: Preferences,
}

impl UseCase for RegisterUser {
    type Output = UserView;

    fn run(&self, request: &Request<'_>) -> Result<UserView, AppError> {
        let own_words = [
            self.email.as_str(),
            self.profile.first_name().as_str(),
            self.profile.last_name().as_str(),
        ];
        let app = request.app;
        app.check_registration(Some(&self.username), Some(&self.password), &own_words)?;
        let password_hash = app.adapters.hasher.hash(&self.password)?;
        request.transaction(|tx| self.register(tx, password_hash.clone()))
    }
}

impl RegisterUser {
    fn register(&self, tx: &mut Tx<'_>, password_hash: PasswordHash) -> Result<UserView, AppError> {
        let now = tx.now;
        let id = UserId::from_uuid(tx.new_uuid());
        let account = User::new(id, self.username.clone(), password_hash, now);
        let mut user = UserAggregate::register(account, None, now);
        user.initialize_profile(self.profile.clone(), now);
        user.set_preferences(self.preferences.clone(), now);

        let email_id = tx.new_email_id();
        user.add_email(email_id, self.email.clone(), ContactType::Primary, true, now)?;
        if let Some((phone, kind)) = &self.phone {
            user.add_phone(tx.new_phone_id(), phone.clone(), *kind, true, now)?;
        }
        if let Some((address, kind)) = &self.address {
            user.add_address(tx.new_address_id(), address.clone(), *kind, true, now)?;
        }
        let token = tx.send_verification(&mut user, email_id)?;
        tx.save(&mut user)?;
        tx.uow.tokens().issue(&token)?;
        Ok(UserView::of(&user, now))
    }
}

impl App {
    /// Checks the rules that need this installation's lists: reserved usernames (R9) and
    /// passwords that are easy to guess (R12). An adapter that reads fields one by one asks for
    /// those that it could read, to report all faults at once.
    pub fn check_registration(
        &self,
        username: Option<&Username>,
        password: Option<&Password>,
        own_words: &[&str],
    ) -> Result<(), Faults> {
        let mut validation = ValidationService::default();
        if let Some(username) = username {
            validation.check(Field::Username, self.check_reserved(username));
        }
        if let Some(password) = password {
            let mut words = own_words.to_vec();
            words.extend(username.map(Username::as_str));
            let verdict = self.adapters.strength.assess(password, &words);
            validation.check(Field::Password, verdict);
        }
        validation.finish()
    }

    pub(super) fn require_unreserved(&self, username: &Username) -> Result<(), Faults> {
        let mut validation = ValidationService::default();
        validation.check(Field::Username, self.check_reserved(username));
        validation.finish()
    }

    fn check_reserved(&self, username: &Username) -> Result<(), ReservedUsername> {
        let is_reserved = username.is_reserved(&self.settings.reserved_usernames);
        if is_reserved { Err(ReservedUsername) } else { Ok(()) }
    }
}

/// The name poses as the system (R9).
#[derive(Debug, thiserror::Error)]
#[error("This username is reserved")]
pub(crate) struct ReservedUsername;

userdom_domain::error_codes! {
    ReservedUsername {
        Self => Rule("username.reserved", "The username is reserved");
    }
}

/// Creates an admin who can sign in at once, for the operator of the installation.
#[derive(Debug, Clone)]
pub struct CreateAdmin {
    /// The name to sign in with; any is allowed, the operator is the system.
    pub username: Username,
    /// Taken as verified: the operator vouches for it.
    pub email: EmailAddress,
    /// The plain password.
    pub password: Password,
}

impl UseCase for CreateAdmin {
    type Output = UserId;

    fn run(&self, request: &Request<'_>) -> Result<UserId, AppError> {
        let words = [self.username.as_str(), self.email.as_str()];
        request.app.check_registration(None, Some(&self.password), &words)?;
        let password_hash = request.app.adapters.hasher.hash(&self.password)?;
        request.transaction(|tx| self.create(tx, password_hash.clone()))
    }
}

impl CreateAdmin {
    fn create(&self, tx: &mut Tx<'_>, password_hash: PasswordHash) -> Result<UserId, AppError> {
        let now = tx.now;
        let id = UserId::from_uuid(tx.new_uuid());
        let account = User::new(id, self.username.clone(), password_hash, now);
        let name = |text| PersonName::parse(text).map_err(|error| AppError::Internal(error.into()));
        let profile = UserProfile::new(name("Userdom")?, name("Administrator")?, now);
        let mut user = UserAggregate::register(account, Some(profile), now);
        let email_id = tx.new_email_id();
        user.add_email(email_id, self.email.clone(), ContactType::Primary, true, now)?;
        user.verify_email(email_id, now)?;
        user.activate(now)?;
        user.set_roles(BTreeSet::from([UserRole::User, UserRole::Admin]), now)?;
        tx.save(&mut user)?;
        Ok(id)
    }
}
