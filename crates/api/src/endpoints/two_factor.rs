use serde_json::json;
use userdom_application::{
    ports::SecretToken,
    use_cases::{ConfirmTotp, RemoveTotp, ReplaceRecoveryCodes, SetUpTotp},
};

use super::phones::CODE;
use crate::http::prelude::*;

static ENROLMENT: View = View {
    name: "Enrolment",
    description: "What an authenticator app needs",
    members: &[
        member("secret", Schema::Text).like("JBSWY3DPEHPK3PXP"),
        member("otpauth_uri", Schema::Text)
            .like("otpauth://totp/Userdom:ada?secret=JBSWY3DPEHPK3PXP&issuer=Userdom"),
        member("qr_svg", Schema::Text).like("<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>"),
    ],
};

static RECOVERY_CODES: View = View {
    name: "RecoveryCodes",
    description: "Codes on paper, shown this once",
    members: &[member("recovery_codes", Schema::Text).list().like_json(r#"["7hq2-k9fw-3m8d"]"#)],
};

pub(super) static SET_UP: Endpoint = Endpoint {
    summary: "A secret for the authenticator app",
    description: "For the user alone, after a recent proof. Nothing is on before the first code is confirmed.",
    request: RequestBody::Empty,
    responses: &[ok(&ENROLMENT)],
    refusals: codes!["reauthentication_required", "two_factor.already_enabled"],
    ..post(ACCOUNTS, "setUpTotp", "/v1/users/{id}/two-factor/totp", set_up)
};

fn set_up(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.require_empty_body()?;
    let enrolment = call.execute(&SetUpTotp { user_id })?;
    Reply::ok(&json!({
        "secret": enrolment.secret.as_str(),
        "otpauth_uri": enrolment.otpauth_uri.as_str(),
        "qr_svg": enrolment.qr_svg.as_str(),
    }))
}

pub(super) static CONFIRM: Endpoint = Endpoint {
    summary: "Turn the second factor on",
    description: "Takes a code of the authenticator app. The ten recovery codes are shown this once.",
    request: RequestBody::Json(&CODE),
    responses: &[ok(&RECOVERY_CODES)],
    refusals: codes![
        "reauthentication_required",
        "two_factor.already_enabled",
        "two_factor.not_enabled",
        "code.not_valid",
        "rate_limit.exceeded",
    ],
    checks_code: true,
    ..post(ACCOUNTS, "confirmTotp", "/v1/users/{id}/two-factor/totp/confirm", confirm)
};

fn confirm(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    show(&call.execute(&ConfirmTotp { user_id, code: call.body(&CODE)? })?)
}

pub(super) static REMOVE: Endpoint = Endpoint {
    summary: "Turn the second factor off",
    description: "For the user alone, after a recent proof.",
    refusals: codes!["reauthentication_required", "two_factor.not_enabled"],
    ..delete(ACCOUNTS, "removeTotp", "/v1/users/{id}/two-factor/totp", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    call.execute(&RemoveTotp { user_id: call.user_id()? })?;
    Ok(Reply::done())
}

pub(super) static REPLACE_CODES: Endpoint = Endpoint {
    summary: "New recovery codes in place of the old",
    description: "For the user alone, after a recent proof. The old ones are worth nothing.",
    request: RequestBody::Empty,
    responses: &[ok(&RECOVERY_CODES)],
    refusals: codes!["reauthentication_required", "two_factor.not_enabled"],
    ..post(ACCOUNTS, "replaceRecoveryCodes", "/v1/users/{id}/two-factor/recovery-codes", replace)
};

fn replace(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.require_empty_body()?;
    show(&call.execute(&ReplaceRecoveryCodes { user_id })?)
}

fn show(codes: &[SecretToken]) -> Answer {
    let codes: Vec<_> = codes.iter().map(SecretToken::expose).collect();
    Reply::ok(&json!({"recovery_codes": codes}))
}
