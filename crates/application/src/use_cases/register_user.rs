use userdom_domain::{
    Address, ContactType, EmailAddress, Password, PasswordHash, PhoneNumber, Preferences, User,
    UserAggregate, UserId, UserProfile, Username,
};

use crate::{
    App, AppError, Caller, Command, Tx,
    queries::UserView,
    services::{CodedError, ValidationService},
};

/// What somebody registers with.
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

impl App {
    /// Registers a user, who is pending until the link in the mail is used.
    ///
    /// An email that another account has verified looks like success: the new
    /// account never gets a link, and the owner is told by mail.
    pub fn register(&self, caller: &Caller, request: &RegisterUser) -> Result<UserView, AppError> {
        let mut validation = ValidationService::default();
        self.judge_registration(
            &mut validation,
            Some(&request.username),
            Some(&request.password),
            &[
                request.email.as_str(),
                request.profile.first_name().as_str(),
                request.profile.last_name().as_str(),
            ],
        );
        validation.finish()?;
        let password_hash = self.adapters.hasher.hash(&request.password)?;
        self.execute(caller, &Register { request, password_hash })
    }

    /// The rules that need this installation's lists: reserved usernames (R9) and
    /// passwords that are easy to guess (R12). For a door that has found other
    /// faults already, and wants to tell all of them at once.
    pub fn judge_registration(
        &self,
        validation: &mut ValidationService,
        username: Option<&Username>,
        password: Option<&Password>,
        own_words: &[&str],
    ) {
        if let Some(username) = username {
            validation.check("/username", self.check_reserved(username));
        }
        if let Some(password) = password {
            let mut words = own_words.to_vec();
            words.extend(username.map(Username::as_str));
            let verdict = self.adapters.strength.assess(password, &words);
            validation.check("/password", verdict);
        }
    }

    pub(crate) fn check_reserved(&self, username: &Username) -> Result<(), ReservedUsername> {
        let reserved = username.is_reserved(&self.settings.reserved_usernames);
        if reserved { Err(ReservedUsername) } else { Ok(()) }
    }
}

/// The name poses as the system (R9).
#[derive(Debug, thiserror::Error)]
#[error("This username is reserved")]
pub(crate) struct ReservedUsername;

impl CodedError for ReservedUsername {
    fn code(&self) -> &'static str {
        "username.reserved"
    }
}

struct Register<'a> {
    request: &'a RegisterUser,
    password_hash: PasswordHash,
}

impl Command for Register<'_> {
    type Output = UserView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserView, AppError> {
        let (request, now) = (self.request, tx.now);
        let id = UserId::from_uuid(tx.new_uuid());
        let account = User::new(id, request.username.clone(), self.password_hash.clone(), now);
        let mut user = UserAggregate::register(account, None, now);
        user.initialize_profile(request.profile.clone(), now);
        user.set_preferences(request.preferences.clone(), now);

        let email_id = tx.new_email_id();
        user.add_email(email_id, request.email.clone(), ContactType::Primary, true, now)?;
        if let Some((phone, kind)) = &request.phone {
            user.add_phone(tx.new_phone_id(), phone.clone(), *kind, true, now)?;
        }
        if let Some((address, kind)) = &request.address {
            user.add_address(tx.new_address_id(), address.clone(), *kind, true, now)?;
        }
        let token = tx.send_verification(&mut user, email_id)?;
        tx.save(&mut user)?;
        tx.uow.tokens().issue(&token)?;
        Ok(UserView::of(&user, now))
    }
}
