use actix_web::web;
use userdom_domain::{UserRole, trimmed};

use crate::http::{endpoint::Idempotency, prelude::*};

static INTROSPECTION: View = View {
    name: "Introspection",
    description: "Whose a token is (RFC 7662)",
    members: &[
        member("active", Schema::Flag),
        member("scope", Schema::Text).optional().like("user"),
        member("username", Schema::Text).optional().like("ada"),
        member("token_type", Schema::Text).optional().like("Bearer"),
        member("exp", Schema::Seconds).optional().like_json("1767270600"),
        member("iat", Schema::Seconds).optional().like_json("1767269700"),
        member("sub", Schema::Id).optional(),
        member("roles", UserRole::SCHEMA).list().optional().like_json(r#"["user"]"#),
    ],
};

pub(super) static INTROSPECT: Endpoint = Endpoint {
    takes_basic: true,
    summary: "Whose a token is",
    description: "RFC 7662, for the API key of a service with the scope `introspect`. A token that is not live is `{\"active\": false}`.",
    request: RequestBody::JsonOrForm(&TOKEN_TO_INSPECT),
    responses: &[ok(&INTROSPECTION)],
    idempotency: Idempotency::Ignore,
    graphql: GraphqlField::Query("introspect"),
    ..post(SERVICE, "introspect", "/v1/token/introspect", introspect)
};

static TOKEN_TO_INSPECT: Body<String> =
    Body::new("TokenToInspect", "A token, whosever it is", r#"{"token": "ud_at_…"}"#, |fields| {
        let token = fields.required_token("token");
        // The hint changes nothing, as the standard allows.
        fields.text("token_type_hint");
        token
    });

fn introspect(call: &Call<'_>) -> Answer {
    let token = if call.request.is_form {
        token_of_form(&call.request.body)?
    } else {
        call.body(&TOKEN_TO_INSPECT)?
    };
    Reply::ok(&call.app.introspect(call.caller, &token)?)
}

/// Unknown parameters are allowed there (RFC 7662 §2.1), but none twice.
fn token_of_form(body: &[u8]) -> Result<String, Problem> {
    let malformed =
        |detail: &'static str| Problem::new(code!("request.malformed")).with_detail(detail);
    let text = str::from_utf8(body).map_err(|_| malformed("The body is no form"))?;
    let form = web::Query::<Vec<(String, String)>>::from_query(text);
    let form = form.map_err(|_| malformed("The body is no form"))?.into_inner();
    let mut tokens = form.into_iter().filter(|(name, _)| name == "token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(trimmed(&token).to_owned()),
        _ => Err(malformed("The form must have one token")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Option<String> {
        token_of_form(body.as_bytes()).ok()
    }

    #[test]
    fn a_form_has_one_token_and_whatever_else() {
        assert_eq!(form("token=abc&token_type_hint=access_token&x=1").unwrap(), "abc");
        assert_eq!(form("x=%ff&token=a%20b").unwrap(), "a b");
        assert_eq!(form("token=").unwrap(), "");
        for body in ["", "token=a&token=b", "Token=a", "{\"token\":\"a\"}"] {
            assert!(form(body).is_none(), "{body}");
        }
        assert!(token_of_form(b"token=\xff").is_err());
    }
}
