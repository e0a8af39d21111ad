use userdom_domain::{EmailAddress, Password, UserAggregate, UserId, Username, trimmed};
use uuid::Uuid;

use super::OpenedSession;
use crate::{
    App, AppError, Request, Tx, UseCase,
    ports::{
        Credentials, Limit, Login, NewDevice, NewToken, Outcome, SecretToken, TokenHash, TokenKind,
        Verification,
    },
};

/// Opens a session, or asks for the second factor. An unknown login, a locked account, a wrong
/// password and an account that cannot sign in get the same answer after the same work.
///
/// The attempt is counted before the password is checked, and the check runs outside of any
/// transaction (R17).
#[derive(Debug, Clone)]
pub struct SignIn {
    /// A username or a verified email, as typed.
    pub login: String,
    /// The guess.
    pub password: Password,
    /// The device token of an earlier sign-in on this device.
    pub device_token: Option<String>,
}

/// The result of a right password.
#[derive(Debug)]
pub enum SignInStep {
    /// A session.
    Done(Box<OpenedSession>),
    /// The second factor is due ([`FinishSignIn`](crate::use_cases::FinishSignIn)).
    Challenge(SecretToken),
}

impl UseCase for SignIn {
    type Output = SignInStep;

    fn run(&self, request: &Request<'_>) -> Result<SignInStep, AppError> {
        let (app, limiter) = (request.app, &request.app.adapters.limiter);
        let device = app.device_hash(self.device_token.as_deref());
        if device.is_none() {
            limiter.check(Limit::SignInLogin, &login_key(&self.login))?;
        }
        let login = read_login(&self.login);
        let claimed = claim_attempt(request, login.as_ref(), device.as_ref())?;
        let outdated = check_password(request, claimed.as_ref(), &self.password)?;
        let Some((mut credentials, outdated)) = claimed.zip(outdated) else {
            return Err(AppError::SignInRefused);
        };
        if device.is_none() {
            // Or strangers would see in what is left to them that the owner has signed in.
            limiter.give_back(Limit::SignInLogin, &login_key(&self.login));
        }
        if outdated && let Err(error) = app.upgrade_hash(&mut credentials, &self.password) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the hash stays as it is");
        }
        let device_token = device.and(self.device_token.as_deref());
        match request.transaction(|tx| next_step(tx, &credentials, device, device_token)) {
            Ok(Some(step)) => Ok(step),
            Ok(None) => Err(AppError::SignInRefused),
            Err(AppError::SignInRefused) => {
                // The password was right, but the account lets nobody in any more.
                request.step(|tx| tx.refuse(&credentials))?;
                Err(AppError::SignInRefused)
            }
            Err(error) => {
                // The password was right; that the service failed is not held against anybody.
                return_attempt(request, &credentials)?;
                Err(error)
            }
        }
    }
}

/// Counts an attempt at a login, and finds what it is checked against.
pub(super) fn claim_attempt(
    request: &Request<'_>,
    login: Option<&Login>,
    device: Option<&TokenHash>,
) -> Result<Option<Credentials>, AppError> {
    request.step(|tx| match login {
        Some(login) => Ok(tx.uow.sign_ins().claim_attempt(login, device, tx.now)?),
        None => Ok(None),
    })
}

fn return_attempt(request: &Request<'_>, credentials: &Credentials) -> Result<(), AppError> {
    let Credentials { user_id, device_id, .. } = *credentials;
    request.step(|tx| Ok(tx.uow.sign_ins().return_attempt(user_id, device_id)?))
}

/// Puts a refused sign-in into the audit trail.
pub(in crate::use_cases) fn record_failure(
    request: &Request<'_>,
    user_id: Option<UserId>,
) -> Result<(), AppError> {
    request.step(|tx| tx.audit("session.refused", Outcome::Failure, user_id, None))
}

/// Checks a password whose attempt is counted: `None` when it is wrong, else whether its hash is
/// outdated. A wrong one is put on record.
pub(super) fn check_password(
    request: &Request<'_>,
    claimed: Option<&Credentials>,
    guess: &Password,
) -> Result<Option<bool>, AppError> {
    let stored = claimed.map(|credentials| &credentials.password_hash);
    match (request.app.adapters.hasher.verify(guess, stored), claimed) {
        (Ok(Verification::Right { outdated }), Some(_)) => Ok(Some(outdated)),
        (Ok(_), _) => {
            record_failure(request, claimed.map(|credentials| credentials.user_id))?;
            Ok(None)
        }
        (Err(error), None) => Err(error.into()),
        (Err(error), Some(credentials)) => {
            // A busy service must not lock its users out.
            return_attempt(request, credentials)?;
            Err(error.into())
        }
    }
}

impl App {
    pub(in crate::use_cases) fn device_hash(&self, presented: Option<&str>) -> Option<TokenHash> {
        self.adapters.mint.hash(TokenKind::Device, presented?)
    }

    /// Stores a stronger hash of a password that was right. Before the last command of the
    /// sign-in, which may stay open until its answer is kept: nothing is hashed meanwhile (R31).
    /// An account that lets nobody in keeps its hash, or the time would tell that the password
    /// was right.
    fn upgrade_hash(
        &self,
        credentials: &mut Credentials,
        password: &Password,
    ) -> Result<(), AppError> {
        let user_id = credentials.user_id;
        let user = self.adapters.store.read()?.users().find_by_id(user_id)?;
        if !user.is_some_and(|user| user.lets_in(self.now())) {
            return Ok(());
        }
        let stronger = self.adapters.hasher.hash(password)?;
        let mut uow = self.adapters.store.begin()?;
        let old = &credentials.password_hash;
        if uow.sign_ins().upgrade_hash(user_id, old, &stronger)? {
            uow.commit()?;
            credentials.password_hash = stronger;
        }
        Ok(())
    }
}

/// `None` for a text that is nobody's login. What another application stored may break our
/// rules (R29).
fn read_login(text: &str) -> Option<Login> {
    let text = trimmed(text);
    // No database keeps U+0000, and no column so long a text.
    if text.contains('\0') || text.chars().nth(LONGEST_LOGIN).is_some() {
        return None;
    }
    if text.contains('@') {
        Some(Login::Email(EmailAddress::to_look_up(text)))
    } else {
        Some(Login::Username(Username::from_stored(text.to_owned())))
    }
}

/// What the longest column of logins holds, in characters.
const LONGEST_LOGIN: usize = 255;

/// The same for every way to write a login, and short whatever somebody sends.
fn login_key(text: &str) -> String {
    trimmed(text).to_lowercase().chars().take(320).collect()
}

/// What a right password leads to; `None` when the account lets nobody in: refused here and now,
/// which takes as long as to refuse a wrong password.
fn next_step(
    tx: &mut Tx<'_>,
    credentials: &Credentials,
    device: Option<TokenHash>,
    device_token: Option<&str>,
) -> Result<Option<SignInStep>, AppError> {
    let Credentials { user_id, device_id, .. } = *credentials;
    let user = tx.uow.users().find_by_id(user_id)?;
    let Some(user) = user.filter(|user| user.lets_in(tx.now)) else {
        return tx.refuse(credentials).map(|()| None);
    };
    let has_second_factor = user.two_factor_enabled();
    if has_second_factor {
        // What others have guessed stays counted until the second factor is right.
        tx.uow.sign_ins().return_attempt(user_id, device_id)?;
    } else {
        tx.uow.sign_ins().record_login(user_id, device_id, tx.now)?;
    }
    let user = tx.user_let_in(user_id)?;
    if user.password_hash() != &credentials.password_hash {
        // Changed while the guess was checked: what was right is no more.
        return Err(AppError::SignInRefused);
    }
    if user.two_factor_enabled() != has_second_factor {
        return Err(AppError::Contended);
    }
    if has_second_factor {
        return Ok(Some(SignInStep::Challenge(tx.challenge(user_id, device_id)?)));
    }
    let opened = tx.sign_in_opened(&user, device, device_token)?;
    Ok(Some(SignInStep::Done(Box::new(opened))))
}

impl Tx<'_> {
    fn refuse(&mut self, credentials: &Credentials) -> Result<(), AppError> {
        let Credentials { user_id, device_id, .. } = *credentials;
        self.uow.sign_ins().clear_attempts(user_id, device_id)?;
        self.audit("session.refused", Outcome::Failure, Some(user_id), None)
    }

    /// The user, if it may sign in. Read after the sign-in was noted in its row, which
    /// keeps out whoever is about to suspend it or to change the password.
    pub(in crate::use_cases) fn user_let_in(
        &mut self,
        user_id: UserId,
    ) -> Result<UserAggregate, AppError> {
        let user = self.uow.users().find_by_id(user_id)?;
        user.filter(|user| user.lets_in(self.now)).ok_or(AppError::SignInRefused)
    }

    /// The session of a sign-in that has come to its end, with the token of its device.
    pub(in crate::use_cases) fn sign_in_opened(
        &mut self,
        user: &UserAggregate,
        device: Option<TokenHash>,
        device_token: Option<&str>,
    ) -> Result<OpenedSession, AppError> {
        let mut opened = self.open_session(user)?;
        opened.device_token = Some(self.device_token(user.id(), device, device_token)?);
        let (user_id, session_id) = (Some(user.id()), Some(opened.session.id));
        self.audit_by(user_id, "session.opened", Outcome::Success, user_id, session_id)?;
        Ok(opened)
    }

    /// The token of a device that is known already, or a new one.
    fn device_token(
        &mut self,
        user_id: UserId,
        device: Option<TokenHash>,
        presented: Option<&str>,
    ) -> Result<SecretToken, AppError> {
        let expires_at = self.now + self.app.settings.device_ttl;
        if let (Some(token), Some(presented)) = (device, presented)
            && self.uow.devices().renew(user_id, &token, self.now, expires_at)?
        {
            return Ok(SecretToken::new(presented.to_owned()));
        }
        let fresh = self.app.adapters.mint.random(TokenKind::Device);
        let token = self.app.hash_of(TokenKind::Device, &fresh)?;
        let (id, created_at) = (self.new_uuid(), self.now);
        self.uow.devices().remember(&NewDevice { id, user_id, token, created_at, expires_at })?;
        Ok(fresh)
    }

    /// What stands between the password and the second factor. It is about the known
    /// device, where attempts are counted, or else about itself: each sign-in has its own.
    fn challenge(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<SecretToken, AppError> {
        let challenge = self.app.adapters.mint.random(TokenKind::Challenge);
        let id = self.new_uuid();
        self.uow.tokens().issue(&NewToken {
            id,
            user_id,
            kind: TokenKind::Challenge,
            target_id: device_id.unwrap_or(id),
            hash: self.app.hash_of(TokenKind::Challenge, &challenge)?,
            created_at: self.now,
            expires_at: self.now + self.app.settings.challenge_ttl,
        })?;
        Ok(challenge)
    }
}
