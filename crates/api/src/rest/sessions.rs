use actix_web::HttpResponse;
use serde::Serialize;
use userdom_application::{
    queries::{SessionView, UserView},
    use_cases::SignIn,
};
use userdom_domain::{Password, UserId};

use crate::{answers::created, body::Fields, call::Call, problem::Answer};

/// A session, with the token that is shown this once.
#[derive(Serialize)]
struct Opened<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    session: &'a SessionView,
    user: &'a UserView,
}

/// `POST /v1/sessions`: signs in.
pub(super) async fn open(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (user_agent, ip_address) = (call.user_agent(), call.client_address());
    let signed_in = call
        .run(move |app| {
            let mut fields = Fields::of(&body)?;
            let login = fields.required_text("login");
            let password = fields.required("password", Password::guess);
            let request = fields.finish(|| {
                Some(SignIn { login: login?, password: password?, user_agent, ip_address })
            })?;
            Ok(app.sign_in(&request)?)
        })
        .await?;
    call.known_as(UserId::from_uuid(signed_in.user.id));
    let opened = Opened {
        access_token: signed_in.access_token.expose(),
        token_type: "Bearer",
        expires_in: signed_in.expires_in,
        session: &signed_in.session,
        user: &signed_in.user,
    };
    Ok(created("/v1/sessions/current".to_owned(), signed_in.user.version, &opened))
}

/// `DELETE /v1/sessions/current`: signs out.
pub(super) async fn close(call: Call) -> Answer {
    call.signed_in(|app, caller| Ok(app.sign_out(caller)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
