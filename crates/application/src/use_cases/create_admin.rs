use std::collections::BTreeSet;

use userdom_domain::{
    ContactType, EmailAddress, Password, PasswordHash, PersonName, User, UserAggregate, UserId,
    UserProfile, UserRole, Username,
};

use crate::{App, AppError, Caller, Command, Tx, services::ValidationService};

/// The first admin of an installation, made by whoever runs it.
#[derive(Debug, Clone)]
pub struct CreateAdmin {
    /// The name to sign in with; any is allowed, the operator is the system.
    pub username: Username,
    /// Taken as verified: the operator vouches for it.
    pub email: EmailAddress,
    /// The plain password.
    pub password: Password,
}

impl App {
    /// Makes an admin who can sign in at once.
    pub fn create_admin(&self, request: &CreateAdmin) -> Result<UserId, AppError> {
        let words = [request.username.as_str(), request.email.as_str()];
        let mut validation = ValidationService::default();
        let verdict = self.adapters.strength.assess(&request.password, &words);
        validation.check("/password", verdict);
        validation.finish()?;
        let password_hash = self.adapters.hasher.hash(&request.password)?;
        self.execute(&Caller::default(), &Create { request, password_hash })
    }
}

struct Create<'a> {
    request: &'a CreateAdmin,
    password_hash: PasswordHash,
}

impl Command for Create<'_> {
    type Output = UserId;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserId, AppError> {
        let (request, now) = (self.request, tx.now);
        let id = UserId::from_uuid(tx.new_uuid());
        let account = User::new(id, request.username.clone(), self.password_hash.clone(), now);
        let name = |text| PersonName::parse(text).map_err(|error| AppError::Internal(error.into()));
        let profile = UserProfile::new(name("Userdom")?, name("Administrator")?, now);
        let mut user = UserAggregate::register(account, Some(profile), now);
        let email_id = tx.new_email_id();
        user.add_email(email_id, request.email.clone(), ContactType::Primary, true, now)?;
        user.verify_email(email_id, now)?;
        user.activate(now)?;
        user.set_roles(BTreeSet::from([UserRole::User, UserRole::Admin]), now)?;
        tx.save(&mut user)?;
        Ok(id)
    }
}
