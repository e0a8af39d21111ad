use userdom_domain::{
    Address, ContactType, EmailAddress, Password, PasswordHash, PhoneNumber, Preferences, User,
    UserAggregate, UserId, UserProfile, Username,
};

use crate::{App, AppError, Caller, Command, Tx, queries::UserView};

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
    pub fn register(&self, request: &RegisterUser) -> Result<UserView, AppError> {
        if request
            .username
            .is_reserved(&self.settings.reserved_usernames)
        {
            return Err(AppError::fault(
                "/username",
                "username.reserved",
                "This username is reserved",
            ));
        }
        self.assess_password(request)?;
        let password_hash = self.adapters.hasher.hash(&request.password)?;
        self.execute(
            &Caller::default(),
            &Register {
                request,
                password_hash,
            },
        )
    }

    fn assess_password(&self, request: &RegisterUser) -> Result<(), AppError> {
        let first = request.profile.first_name().to_string();
        let last = request.profile.last_name().to_string();
        let words = [
            request.username.as_str(),
            request.email.as_str(),
            first.as_str(),
            last.as_str(),
        ];
        self.adapters
            .strength
            .assess(&request.password, &words)
            .map_err(|weak| AppError::fault("/password", weak.code(), weak))
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
        let account = User::new(
            id,
            request.username.clone(),
            self.password_hash.clone(),
            now,
        );
        let mut user = UserAggregate::register(account, None, now);
        user.initialize_profile(request.profile.clone(), now);
        user.set_preferences(request.preferences.clone(), now);

        let email_id = tx.new_email_id();
        user.add_email(
            email_id,
            request.email.clone(),
            ContactType::Primary,
            true,
            now,
        )?;
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
