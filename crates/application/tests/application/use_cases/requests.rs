//! Use cases as tests ask for them.

use userdom_application::use_cases::{
    ConfirmTotp, ExportInOnePiece, ExportUser, Proof, Reauthenticate, RefreshSession, RemoveApiKey,
    RemoveTotp, ReplaceRecoveryCodes, RequestEmailVerification, RequestPasswordReset,
    RequestPhoneVerification, ResetPassword, SetUpTotp, SignOut, VerifyEmail, VerifyPhone,
};
use userdom_domain::{EmailAddress, EmailId, Password, PhoneId, UserId};
use uuid::Uuid;

pub(crate) fn verify_email(token: &str) -> VerifyEmail {
    VerifyEmail { token: token.to_owned() }
}

pub(crate) fn request_verification(user_id: UserId, email_id: EmailId) -> RequestEmailVerification {
    RequestEmailVerification { user_id, email_id }
}

pub(crate) fn request_reset(email: &EmailAddress) -> RequestPasswordReset {
    RequestPasswordReset { email: email.clone() }
}

pub(crate) fn reset_password(token: &str, new: &Password) -> ResetPassword {
    ResetPassword { token: token.to_owned(), new: new.clone() }
}

pub(crate) fn refresh_session(token: &str) -> RefreshSession {
    RefreshSession { refresh_token: token.to_owned() }
}

pub(crate) fn sign_out() -> SignOut {
    SignOut
}

pub(crate) fn reauthenticate(proof: &Proof) -> Reauthenticate {
    Reauthenticate { proof: proof.clone() }
}

pub(crate) fn set_up_totp(user_id: UserId) -> SetUpTotp {
    SetUpTotp { user_id }
}

pub(crate) fn confirm_totp(user_id: UserId, code: &str) -> ConfirmTotp {
    ConfirmTotp { user_id, code: code.to_owned() }
}

pub(crate) fn remove_totp(user_id: UserId) -> RemoveTotp {
    RemoveTotp { user_id }
}

pub(crate) fn replace_recovery_codes(user_id: UserId) -> ReplaceRecoveryCodes {
    ReplaceRecoveryCodes { user_id }
}

pub(crate) fn request_code(user_id: UserId, phone_id: PhoneId) -> RequestPhoneVerification {
    RequestPhoneVerification { user_id, phone_id }
}

pub(crate) fn verify_phone(user_id: UserId, phone_id: PhoneId, code: &str) -> VerifyPhone {
    VerifyPhone { user_id, phone_id, code: code.to_owned() }
}

pub(crate) fn export_user(user_id: UserId) -> ExportUser {
    ExportUser { user_id }
}

pub(crate) fn export_in_one_piece(user_id: UserId) -> ExportInOnePiece {
    ExportInOnePiece { user_id }
}

pub(crate) fn remove_api_key(id: Uuid) -> RemoveApiKey {
    RemoveApiKey { id }
}
