use chrono::{DateTime, Utc};
use userdom_domain::{EmailAddress, Password, UserAggregate, UserId, UserStatus, Username};
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Command, Tx,
    ports::{Credentials, Login, NewSession, SecretToken, TokenHash, TokenKind, Verification},
    queries::{SessionView, UserView},
};

/// Somebody who wants to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// A username or a verified email, as typed.
    pub login: String,
    /// The guess.
    pub password: Password,
    /// The client's own name for itself.
    pub user_agent: String,
    /// Where the client calls from.
    pub ip_address: String,
}

/// A session that has just been opened.
#[derive(Debug)]
pub struct SignedIn {
    /// Shown this once.
    pub access_token: SecretToken,
    /// Seconds until the token ends.
    pub expires_in: i64,
    /// The session.
    pub session: SessionView,
    /// Who signed in.
    pub user: UserView,
}

impl App {
    /// Opens a session. An unknown login, a locked account, a wrong password and
    /// an account that cannot sign in get the same answer after the same work.
    ///
    /// The attempt is counted before the password is checked, and the check runs
    /// outside of any transaction (R17).
    pub fn sign_in(&self, request: &SignIn) -> Result<SignedIn, AppError> {
        let caller = Caller::default();
        let claimed = match read_login(&request.login) {
            Some(login) => self.execute(&caller, &ClaimAttempt { login })?,
            None => None,
        };
        let stored = claimed.as_ref().map(|credentials| &credentials.password_hash);
        let verdict = match (self.adapters.hasher.verify(&request.password, stored), &claimed) {
            (Ok(verdict), _) => verdict,
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(credentials)) => {
                // A busy service must not lock its users out.
                self.execute(&caller, &ReturnAttempt { user_id: credentials.user_id })?;
                return Err(error.into());
            }
        };
        let (Some(credentials), Verification::Right { outdated }) = (claimed, verdict) else {
            return Err(AppError::SignInRefused);
        };
        if let Err(error) = self.upgrade_hash(&credentials, &request.password, outdated) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the hash stays as it is");
        }
        let access_token = self.adapters.mint.random(TokenKind::Access);
        let hash = self.adapters.mint.hash(TokenKind::Access, access_token.expose());
        let hash =
            hash.ok_or_else(|| AppError::Internal("the mint refuses its own token".into()))?;
        let user_id = credentials.user_id;
        let opened =
            self.execute(&caller, &OpenSession { request, credentials: &credentials, hash });
        if opened.is_err() {
            // The password was right; that the service failed is not held against anybody.
            self.execute(&caller, &ReturnAttempt { user_id })?;
        }
        let (session, user) = opened?.ok_or(AppError::SignInRefused)?;
        let expires_in = self.settings.access_token_ttl.num_seconds();
        Ok(SignedIn { access_token, expires_in, session, user })
    }

    fn upgrade_hash(
        &self,
        credentials: &Credentials,
        password: &Password,
        outdated: bool,
    ) -> Result<(), AppError> {
        if !outdated {
            return Ok(());
        }
        let stronger = self.adapters.hasher.hash(password)?;
        let mut uow = self.adapters.store.begin()?;
        uow.sign_ins().upgrade_hash(credentials.user_id, &credentials.password_hash, &stronger)?;
        Ok(uow.commit()?)
    }
}

/// `None` for a text that is nobody's login.
fn read_login(text: &str) -> Option<Login> {
    if text.contains('@') {
        EmailAddress::parse(text).ok().map(Login::Email)
    } else {
        Username::parse(text).ok().map(Login::Username)
    }
}

struct ClaimAttempt {
    login: Login,
}

impl Command for ClaimAttempt {
    type Output = Option<Credentials>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        Ok(tx.uow.sign_ins().claim_attempt(&self.login, tx.now)?)
    }
}

struct ReturnAttempt {
    user_id: UserId,
}

impl Command for ReturnAttempt {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        Ok(tx.uow.sign_ins().return_attempt(self.user_id)?)
    }
}

struct OpenSession<'a> {
    request: &'a SignIn,
    credentials: &'a Credentials,
    hash: TokenHash,
}

impl Command for OpenSession<'_> {
    /// `None` when the password was right but the account cannot sign in.
    type Output = Option<(SessionView, UserView)>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let user_id = self.credentials.user_id;
        let Some(user) = tx.uow.users().find_by_id(user_id)? else {
            return Ok(None);
        };
        if !lets_in(&user, tx.now) {
            tx.uow.sign_ins().clear_attempts(user_id)?;
            return Ok(None);
        }
        tx.uow.sign_ins().record_login(user_id, tx.now)?;
        let session = self.session(tx.new_uuid(), &user, tx);
        tx.uow.sessions().insert(&session)?;
        let view = UserView { last_login_at: Some(tx.now), ..UserView::of(&user, tx.now) };
        Ok(Some((SessionView::of(&session), view)))
    }
}

/// What this attempt itself has counted does not stand in its way.
fn lets_in(user: &UserAggregate, now: DateTime<Utc>) -> bool {
    user.user().status_at(now) == UserStatus::Active && user.user().email_verified()
}

impl OpenSession<'_> {
    fn session(&self, id: Uuid, user: &UserAggregate, tx: &Tx<'_>) -> NewSession {
        NewSession {
            id,
            user_id: user.id(),
            access_token: self.hash,
            access_expires_at: tx.now + tx.app.settings().access_token_ttl,
            created_at: tx.now,
            user_agent: self.request.user_agent.chars().take(255).collect(),
            ip_address: self.request.ip_address.clone(),
        }
    }
}
