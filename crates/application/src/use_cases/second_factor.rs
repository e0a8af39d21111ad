use chrono::TimeDelta;
use userdom_domain::{Notice, UserId, one_time_code};

use super::{OpenedSession, sign_in::RecordFailure};
use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{
        Enrolment, Limit, Outcome, SecretToken, TokenHash, TokenKind, TotpCredential, UsedToken,
    },
};

/// So many guesses at the second factor has an account within [`GUESSES_SINCE`].
const GUESSES: u32 = 100;
const GUESSES_SINCE: TimeDelta = TimeDelta::days(1);
const RECOVERY_CODES: usize = 10;

/// The second step of a sign-in.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub struct FinishSignIn {
    /// What the first step gave.
    pub challenge: String,
    /// What is shown.
    pub proof: SecondFactor,
    /// What an earlier sign-in on this device gave.
    pub device_token: Option<String>,
}

/// What a second factor is proved by.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub enum SecondFactor {
    /// A code of the authenticator app.
    Totp(String),
    /// One of the ten codes on paper.
    RecoveryCode(String),
}

impl App {
    /// Opens the session when the second factor is right. Five guesses a challenge, a
    /// hundred an account and day; a wrong one and a dead challenge get the same answer.
    pub fn finish_sign_in(
        &self,
        caller: &Caller,
        request: &FinishSignIn,
    ) -> Result<OpenedSession, AppError> {
        let challenge = self.adapters.mint.hash(TokenKind::Challenge, &request.challenge);
        let claimed = self.execute_step(caller, &ClaimAtChallenge { challenge })?;
        let finished = match &claimed {
            Some(challenge) => self.execute(caller, &Finish { challenge, request }),
            None => Err(AppError::SignInRefused),
        };
        if let Err(AppError::SignInRefused) = finished {
            let user_id = claimed.map(|challenge| challenge.user_id);
            self.execute_step(caller, &RecordFailure { user_id })?;
        }
        finished
    }

    /// Makes a secret for the caller's authenticator app; it counts once a code has
    /// confirmed it. Needs a recent proof.
    pub fn set_up_totp(&self, caller: &Caller, user_id: UserId) -> Result<Enrolment, AppError> {
        let secret = self.adapters.totp.new_secret();
        self.execute(caller, &SetUp { user_id, secret: &secret })
    }

    /// Turns the second factor on, and gives ten recovery codes that are shown this once.
    pub fn confirm_totp(
        &self,
        caller: &Caller,
        user_id: UserId,
        code: &str,
    ) -> Result<Vec<SecretToken>, AppError> {
        // Counted for whoever asks: nobody uses up the tries of somebody else.
        if let Ok(asking) = caller.signed_in() {
            self.adapters.limiter.check(Limit::CodeUser, &asking.user_id.to_string())?;
        }
        if !self.execute_step(caller, &ClaimAtSetUp { user_id })? {
            return Err(AppError::CodeNotValid);
        }
        self.execute(caller, &Confirm { user_id, code })
    }

    /// Turns the second factor off. Needs a recent proof.
    pub fn remove_totp(&self, caller: &Caller, user_id: UserId) -> Result<(), AppError> {
        self.execute(caller, &Remove { user_id })
    }

    /// Ten new recovery codes in place of the old ones. Needs a recent proof.
    pub fn replace_recovery_codes(
        &self,
        caller: &Caller,
        user_id: UserId,
    ) -> Result<Vec<SecretToken>, AppError> {
        self.execute(caller, &ReplaceRecoveryCodes { user_id })
    }

    /// Checks a code of somebody who has signed in ([`App::reauthenticate`]).
    pub(super) fn prove_by_totp(
        &self,
        caller: &Caller,
        user_id: UserId,
        code: &str,
    ) -> Result<(), AppError> {
        let claimed = self.execute_step(caller, &ClaimGuess { user_id })?;
        let proved = if claimed {
            self.execute_step(caller, &UseCode { user_id, code })
        } else {
            Err(AppError::ProofRefused)
        };
        if let Err(AppError::ProofRefused) = proved {
            self.execute_step(caller, &RecordFailure { user_id: Some(user_id) })?;
        }
        proved
    }
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
}

struct ClaimAtChallenge {
    challenge: Option<TokenHash>,
}

impl Command for ClaimAtChallenge {
    /// `None` when there is nothing to guess at, or no guess is left.
    type Output = Option<UsedToken>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let Some(hash) = &self.challenge else {
            return Ok(None);
        };
        let claimed = tx.uow.tokens().claim_guess(TokenKind::Challenge, hash, tx.now)?;
        match claimed {
            Some(challenge) if tx.claim_guess(challenge.user_id)? => Ok(Some(challenge)),
            Some(_) | None => Ok(None),
        }
    }
}

/// Every refusal is an error, which undoes what was done up to it.
struct Finish<'a> {
    challenge: &'a UsedToken,
    request: &'a FinishSignIn,
}

impl Command for Finish<'_> {
    type Output = OpenedSession;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<OpenedSession, AppError> {
        let UsedToken { id, user_id, target_id } = *self.challenge;
        let device_id = (target_id != id).then_some(target_id);
        let before = tx.uow.users().find_by_id(user_id)?;
        // The lock of the account does not count on a known device, as at the password.
        if device_id.is_none() && before.is_some_and(|user| user.is_locked(tx.now)) {
            return Err(AppError::SignInRefused);
        }
        tx.uow.sign_ins().record_login(user_id, device_id, tx.now)?;
        let user = tx.user_let_in(user_id)?;
        let is_right = user.two_factor_enabled()
            && match &self.request.proof {
                SecondFactor::Totp(code) => tx.use_code(user_id, code)?,
                SecondFactor::RecoveryCode(code) => tx.use_recovery_code(user_id, code)?,
            };
        if !is_right || !tx.uow.tokens().consume_by_id(id, tx.now)? {
            return Err(AppError::SignInRefused);
        }
        tx.uow.second_factors().clear_guesses(user_id)?;
        let device_token = self.request.device_token.as_deref();
        let device = tx.app.device_hash(device_token);
        tx.sign_in_opened(&user, device, device.and(device_token))
    }
}

impl Tx<'_> {
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
}

struct SetUp<'a> {
    user_id: UserId,
    secret: &'a [u8],
}

impl Command for SetUp<'_> {
    type Output = Enrolment;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Enrolment, AppError> {
        let user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        let adapters = &tx.app.adapters;
        let credential = TotpCredential {
            user_id: self.user_id,
            sealed_secret: adapters.secrets.seal(self.secret, self.user_id.as_uuid().as_bytes()),
            created_at: tx.now,
            confirmed_at: None,
            last_step: None,
        };
        if !tx.uow.second_factors().set_up(&credential)? {
            return Err(AppError::SecondFactorEnabled);
        }
        tx.audit("two_factor.set_up", Outcome::Success, Some(self.user_id), None)?;
        let (issuer, account) = (&tx.app.settings().issuer, user.username());
        Ok(adapters.totp.enrolment(self.secret, issuer, account))
    }
}

struct ClaimAtSetUp {
    user_id: UserId,
}

impl Command for ClaimAtSetUp {
    /// `false` when no guess is left.
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        tx.unconfirmed_totp(self.user_id)?;
        tx.claim_guess(self.user_id)
    }
}

impl Tx<'_> {
    fn unconfirmed_totp(&mut self, user_id: UserId) -> Result<TotpCredential, AppError> {
        match self.uow.second_factors().find(user_id)? {
            Some(credential) if credential.confirmed_at.is_none() => Ok(credential),
            Some(_) => Err(AppError::SecondFactorEnabled),
            None => Err(AppError::SecondFactorMissing),
        }
    }
}

struct Confirm<'a> {
    user_id: UserId,
    code: &'a str,
}

impl Command for Confirm<'_> {
    type Output = Vec<SecretToken>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageSecondFactor, self.user_id)?;
        tx.require_recent_authentication()?;
        let session_id = tx.caller.signed_in()?.session_id;
        let credential = tx.unconfirmed_totp(self.user_id)?;
        let step = tx.step_of(&credential, self.code)?.ok_or(AppError::CodeNotValid)?;
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
        user.tell(Notice::TwoFactorEnabled, tx.now);
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id, Some(session_id))?;
        Ok(codes)
    }
}

struct Remove {
    user_id: UserId,
}

impl Command for Remove {
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
        user.tell(Notice::TwoFactorDisabled, tx.now);
        tx.save(&mut user)
    }
}

struct ReplaceRecoveryCodes {
    user_id: UserId,
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
        let user_id = Some(self.user_id);
        tx.audit("two_factor.recovery_codes_replaced", Outcome::Success, user_id, None)?;
        user.tell(Notice::RecoveryCodesReplaced, tx.now);
        tx.save(&mut user)?;
        Ok(codes)
    }
}

struct ClaimGuess {
    user_id: UserId,
}

impl Command for ClaimGuess {
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        tx.claim_guess(self.user_id)
    }
}

struct UseCode<'a> {
    user_id: UserId,
    code: &'a str,
}

impl Command for UseCode<'_> {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        if !tx.use_code(self.user_id, self.code)? {
            return Err(AppError::ProofRefused);
        }
        Ok(tx.uow.second_factors().clear_guesses(self.user_id)?)
    }
}
