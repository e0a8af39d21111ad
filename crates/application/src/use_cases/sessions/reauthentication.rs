use userdom_domain::{Password, UserId};

use super::{
    OpenedSession,
    sign_in::{check_password, claim_attempt},
};
use crate::{
    AppError, Request, SignedInUser, Tx, UseCase,
    ports::{Limit, Login, Outcome},
    use_cases::second_factor::prove_by_totp,
};

/// A new proof of identity from a user that has signed in.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub enum Proof {
    /// The password.
    Password(Password),
    /// A code of the authenticator app.
    Totp(String),
}

/// Authenticates a signed-in user anew: a wrong proof counts like a wrong sign-in. The session gets new
/// tokens.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the proof is secret")]
pub struct Reauthenticate {
    /// The proof.
    pub proof: Proof,
}

impl UseCase for Reauthenticate {
    type Output = OpenedSession;

    fn run(&self, request: &Request<'_>) -> Result<OpenedSession, AppError> {
        let user = request.caller.signed_in()?;
        prove(request, user.user_id, &self.proof)?;
        request.transaction(|tx| renew(tx, user))
    }
}

fn renew(tx: &mut Tx<'_>, caller: &SignedInUser) -> Result<OpenedSession, AppError> {
    let SignedInUser { user_id, session_id, .. } = *caller;
    let user = tx.uow.users().find_by_id(user_id)?;
    let user = user.filter(|user| user.lets_in(tx.now)).ok_or(AppError::Unauthenticated)?;
    let session = tx.current_session(session_id)?;
    let renewed = tx.rotate_session(session, tx.now, &user)?.ok_or(AppError::Contended)?;
    tx.audit("session.reauthenticated", Outcome::Success, Some(user_id), Some(session_id))?;
    Ok(renewed)
}

/// Checks a proof of a user that has signed in.
pub(in crate::use_cases) fn prove(
    request: &Request<'_>,
    user_id: UserId,
    proof: &Proof,
) -> Result<(), AppError> {
    request.app.adapters.limiter.check(Limit::CodeUser, &user_id.to_string())?;
    match proof {
        Proof::Password(password) => prove_by_password(request, user_id, password),
        Proof::Totp(code) => prove_by_totp(request, user_id, code),
    }
}

fn prove_by_password(
    request: &Request<'_>,
    user_id: UserId,
    password: &Password,
) -> Result<(), AppError> {
    let claimed = claim_attempt(request, Some(&Login::Id(user_id)), None)?;
    match (check_password(request, claimed.as_ref(), password)?, claimed) {
        (Some(_), Some(credentials)) => request.step(|tx| {
            Ok(tx.uow.sign_ins().clear_attempts(credentials.user_id, credentials.device_id)?)
        }),
        (None, _) | (Some(_), None) => Err(AppError::ProofRefused),
    }
}
