use chrono::TimeDelta;
use userdom_domain::{UserId, one_time_code};

use super::{OpenedSession, sessions::record_failure};
use crate::{
    AppError, Command, Request, Tx, UseCase,
    policies::Operation,
    ports::{
        Enrolment, Limit, Notice, Outcome, SecretToken, TokenHash, TokenKind, TotpCredential,
        UsedToken,
    },
};

/// So many guesses at the second factor has an account within [`GUESSES_SINCE`].
const GUESSES: u32 = 100;
const GUESSES_SINCE: TimeDelta = TimeDelta::days(1);
const RECOVERY_CODES: usize = 10;

/// The second step of a sign-in: opens the session when the second factor is right. Five guesses
/// a challenge, a hundred an account and day; a wrong one and a dead challenge get the same answer.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub struct FinishSignIn {
    /// The challenge of the first step.
    pub challenge: String,
    /// The proof.
    pub proof: SecondFactor,
    /// The device token of an earlier sign-in on this device.
    pub device_token: Option<String>,
}

/// A proof of the second factor.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub enum SecondFactor {
    /// A code of the authenticator app.
    Totp(String),
    /// One of the ten codes on paper.
    RecoveryCode(String),
}

impl UseCase for FinishSignIn {
    type Output = OpenedSession;

    fn run(&self, request: &Request<'_>) -> Result<OpenedSession, AppError> {
        let challenge = request.app.adapters.mint.hash(TokenKind::Challenge, &self.challenge);
        let claimed = request.step(|tx| claim_challenge(tx, challenge.as_ref()))?;
        let finished = match &claimed {
            Some(challenge) => request.transaction(|tx| self.finish(tx, challenge)),
            None => Err(AppError::SignInRefused),
        };
        if let Err(AppError::SignInRefused) = finished {
            record_failure(request, claimed.map(|challenge| challenge.user_id))?;
        }
        finished
    }
}

/// Counts a guess at a challenge; `None` when there is nothing to guess at, or no guess is left.
fn claim_challenge(
    tx: &mut Tx<'_>,
    challenge: Option<&TokenHash>,
) -> Result<Option<UsedToken>, AppError> {
    let Some(hash) = challenge else {
        return Ok(None);
    };
    let claimed = tx.uow.tokens().claim_guess(TokenKind::Challenge, hash, tx.now)?;
    match claimed {
        Some(challenge) if tx.claim_guess(challenge.user_id)? => Ok(Some(challenge)),
        Some(_) | None => Ok(None),
    }
}

impl FinishSignIn {
    /// Every refusal is an error, which undoes what was done up to it.
    fn finish(&self, tx: &mut Tx<'_>, challenge: &UsedToken) -> Result<OpenedSession, AppError> {
        let UsedToken { id, user_id, target_id } = *challenge;
        let device_id = (target_id != id).then_some(target_id);
        let before = tx.uow.users().find_by_id(user_id)?;
        // The lock of the account does not count on a known device, as at the password.
        if device_id.is_none() && before.is_some_and(|user| user.is_locked(tx.now)) {
            return Err(AppError::SignInRefused);
        }
        tx.uow.sign_ins().record_login(user_id, device_id, tx.now)?;
        let user = tx.user_let_in(user_id)?;
        let is_right = user.two_factor_enabled()
            && match &self.proof {
                SecondFactor::Totp(code) => tx.use_code(user_id, code)?,
                SecondFactor::RecoveryCode(code) => tx.use_recovery_code(user_id, code)?,
            };
        if !is_right || !tx.uow.tokens().consume_by_id(id, tx.now)? {
            return Err(AppError::SignInRefused);
        }
        tx.uow.second_factors().clear_guesses(user_id)?;
        let device_token = self.device_token.as_deref();
        let device = tx.app.device_hash(device_token);
        tx.sign_in_opened(&user, device, device.and(device_token))
    }
}

/// Makes a secret for the caller's authenticator app; it counts once a code has confirmed it.
/// Needs a recent proof.
#[derive(Debug, Clone)]
pub struct SetUpTotp {
    /// The user.
    pub user_id: UserId,
}

impl UseCase for SetUpTotp {
    type Output = Enrolment;

    fn run(&self, request: &Request<'_>) -> Result<Enrolment, AppError> {
        let secret = request.app.adapters.totp.new_secret();
        request.transaction(|tx| self.set_up(tx, &secret))
    }
}

impl SetUpTotp {
    fn set_up(&self, tx: &mut Tx<'_>, secret: &[u8]) -> Result<Enrolment, AppError> {
        let user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        let adapters = &tx.app.adapters;
        let credential = TotpCredential {
            user_id: self.user_id,
            sealed_secret: adapters.secrets.seal(secret, self.user_id.as_uuid().as_bytes()),
            created_at: tx.now,
            confirmed_at: None,
            last_step: None,
        };
        if !tx.uow.second_factors().set_up(&credential)? {
            return Err(AppError::SecondFactorEnabled);
        }
        tx.audit("two_factor.set_up", Outcome::Success, Some(self.user_id), None)?;
        let (issuer, account) = (&tx.app.settings().issuer, user.username());
        Ok(adapters.totp.enrolment(secret, issuer, account))
    }
}

/// Turns the second factor on, and gives ten recovery codes that are shown this once.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the code is secret")]
pub struct ConfirmTotp {
    /// The user.
    pub user_id: UserId,
    /// A code of the app.
    pub code: String,
}

impl UseCase for ConfirmTotp {
    type Output = Vec<SecretToken>;

    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError> {
        // Counted for the caller: nobody uses up the tries of somebody else.
        if let Ok(caller) = request.caller.signed_in() {
            let limiter = &request.app.adapters.limiter;
            limiter.check(Limit::CodeUser, &caller.user_id.to_string())?;
        }
        if !request.step(|tx| self.claim_guess(tx))? {
            return Err(AppError::CodeNotValid);
        }
        request.transaction(|tx| self.confirm(tx))
    }
}

impl ConfirmTotp {
    /// `false` when no guess is left.
    fn claim_guess(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        tx.unconfirmed_totp(self.user_id)?;
        tx.claim_guess(self.user_id)
    }

    fn confirm(&self, tx: &mut Tx<'_>) -> Result<Vec<SecretToken>, AppError> {
        let mut user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        let session_id = tx.caller.signed_in()?.session_id;
        let credential = tx.unconfirmed_totp(self.user_id)?;
        let step = tx.step_of(&credential, &self.code)?.ok_or(AppError::CodeNotValid)?;
        if !tx.uow.second_factors().confirm(self.user_id, step, tx.now)? {
            return Err(AppError::SecondFactorMissing);
        }
        let confirmed = tx.confirmed_totp(self.user_id)?;
        if confirmed.is_none_or(|confirmed| confirmed.sealed_secret != credential.sealed_secret) {
            // Another secret was set up meanwhile, of which this code proves nothing.
            return Err(AppError::Contended);
        }
        tx.uow.second_factors().clear_guesses(self.user_id)?;
        let codes = tx.new_recovery_codes(self.user_id)?;
        user.set_two_factor(true, tx.now);
        tx.notify_verified_emails(&user, Notice::TwoFactorEnabled)?;
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id, Some(session_id))?;
        Ok(codes)
    }
}

/// Turns the second factor off. Needs a recent proof.
#[derive(Debug, Clone)]
pub struct RemoveTotp {
    /// The user.
    pub user_id: UserId,
}

impl Command for RemoveTotp {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        if !tx.uow.second_factors().remove(self.user_id)? {
            return Err(AppError::SecondFactorMissing);
        }
        if !user.two_factor_enabled() {
            // It was set up and never confirmed.
            let user_id = Some(self.user_id);
            return tx.audit("two_factor.set_up_removed", Outcome::Success, user_id, None);
        }
        user.set_two_factor(false, tx.now);
        tx.notify_verified_emails(&user, Notice::TwoFactorDisabled)?;
        tx.save(&mut user)
    }
}

/// Replaces the recovery codes by ten new ones. Needs a recent proof.
#[derive(Debug, Clone)]
pub struct ReplaceRecoveryCodes {
    /// The user.
    pub user_id: UserId,
}

impl Command for ReplaceRecoveryCodes {
    type Output = Vec<SecretToken>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        if tx.confirmed_totp(self.user_id)?.is_none() {
            return Err(AppError::SecondFactorMissing);
        }
        let codes = tx.new_recovery_codes(self.user_id)?;
        user.record_new_recovery_codes(tx.now);
        tx.notify_verified_emails(&user, Notice::RecoveryCodesReplaced)?;
        tx.save(&mut user)?;
        Ok(codes)
    }
}

/// Checks a code of a user that has signed in.
pub(super) fn prove_by_totp(
    request: &Request<'_>,
    user_id: UserId,
    code: &str,
) -> Result<(), AppError> {
    let is_claimed = request.step(|tx| tx.claim_guess(user_id))?;
    let proved = if is_claimed {
        request.step(|tx| {
            if !tx.use_code(user_id, code)? {
                return Err(AppError::ProofRefused);
            }
            Ok(tx.uow.second_factors().clear_guesses(user_id)?)
        })
    } else {
        Err(AppError::ProofRefused)
    };
    if let Err(AppError::ProofRefused) = proved {
        record_failure(request, Some(user_id))?;
    }
    proved
}

impl Tx<'_> {
    /// Counts a guess at the second factor; `false` when there have been too many. To be
    /// committed before the guess is checked.
    fn claim_guess(&mut self, user_id: UserId) -> Result<bool, AppError> {
        let since = self.now - GUESSES_SINCE;
        Ok(self.uow.second_factors().claim_guess(user_id, GUESSES, since, self.now)?)
    }

    /// The secret of the user's authenticator app, if it has been confirmed.
    fn confirmed_totp(&mut self, user_id: UserId) -> Result<Option<TotpCredential>, AppError> {
        let credential = self.uow.second_factors().find(user_id)?;
        Ok(credential.filter(|credential| credential.confirmed_at.is_some()))
    }

    /// The step that a code belongs to, if it is right at this moment. A secret that was
    /// sealed with an earlier key is sealed anew, so that the key can be let go of.
    fn step_of(
        &mut self,
        credential: &TotpCredential,
        code: &str,
    ) -> Result<Option<i64>, AppError> {
        let adapters = &self.app.adapters;
        let (user_id, sealed) = (credential.user_id, &credential.sealed_secret);
        let opened = adapters.secrets.open(sealed, user_id.as_uuid().as_bytes());
        let opened = opened.ok_or_else(|| {
            AppError::Internal("the secret key does not open a stored secret".into())
        })?;
        let code = one_time_code(code);
        let step = adapters.totp.step_of(&opened.secret, &code, self.now.timestamp());
        if step.is_some() && opened.is_outdated {
            let anew = adapters.secrets.seal(&opened.secret, user_id.as_uuid().as_bytes());
            self.uow.second_factors().reseal(user_id, sealed, &anew)?;
        }
        Ok(step)
    }

    /// Uses up the code of an authenticator app: `false` when it is wrong or was used.
    fn use_code(&mut self, user_id: UserId, code: &str) -> Result<bool, AppError> {
        let Some(credential) = self.confirmed_totp(user_id)? else {
            return Ok(false);
        };
        let Some(step) = self.step_of(&credential, code)? else {
            return Ok(false);
        };
        Ok(self.uow.second_factors().use_step(user_id, step)?)
    }

    fn new_recovery_codes(&mut self, user_id: UserId) -> Result<Vec<SecretToken>, AppError> {
        let mint = &self.app.adapters.mint;
        let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| mint.recovery_code()).collect();
        let hashes: Vec<_> = codes
            .iter()
            .map(|code| (self.new_uuid(), mint.recovery_code_hash(user_id, code.expose())))
            .collect();
        self.uow.second_factors().replace_recovery_codes(user_id, &hashes, self.now)?;
        Ok(codes)
    }

    fn use_recovery_code(&mut self, user_id: UserId, code: &str) -> Result<bool, AppError> {
        let mut is_right = false;
        for mint in self.app.adapters.mint.of_all_keys() {
            let hash = mint.recovery_code_hash(user_id, code);
            is_right = self.uow.second_factors().use_recovery_code(user_id, &hash, self.now)?;
            if is_right {
                break;
            }
        }
        if is_right {
            let (actor, kind) = (Some(user_id), "two_factor.recovery_code_used");
            self.audit_by(actor, kind, Outcome::Success, actor, None)?;
        }
        Ok(is_right)
    }

    fn unconfirmed_totp(&mut self, user_id: UserId) -> Result<TotpCredential, AppError> {
        match self.uow.second_factors().find(user_id)? {
            Some(credential) if credential.confirmed_at.is_none() => Ok(credential),
            Some(_) => Err(AppError::SecondFactorEnabled),
            None => Err(AppError::SecondFactorMissing),
        }
    }
}
