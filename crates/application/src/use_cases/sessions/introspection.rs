use serde::Serialize;
use uuid::Uuid;

use super::authentication::may_come_in;
use crate::{
    App, AppError, Caller,
    policies::{self, GlobalOperation},
    ports::{ApiKey, SessionOwner, TokenKind},
};

/// The owner of a token (RFC 7662 §2.2). One that is not live shows nothing but that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of RFC 7662")]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<&'static str>>,
}

impl App {
    /// The owner of an access token or a key; anything else is not active.
    pub fn introspect(&self, caller: &Caller, token: &str) -> Result<Introspection, AppError> {
        policies::authorise_globally(caller.actor.as_ref(), GlobalOperation::Introspect)?;
        let (mint, now) = (&self.adapters.mint, self.now());
        if let Some(hash) = mint.hash(TokenKind::Access, token) {
            let owner = self.adapters.store.read()?.sessions().find_owner(&hash, now)?;
            let owner = owner.filter(|owner| may_come_in(owner, now));
            return Ok(owner.map_or_else(Introspection::default, |owner| of_session(&owner)));
        }
        if let Some(hash) = mint.hash(TokenKind::ApiKey, token) {
            let key = self.adapters.store.read()?.api_keys().find_live(&hash, now)?;
            return Ok(key.map_or_else(Introspection::default, |key| of_key(&key)));
        }
        Ok(Introspection::default())
    }
}

fn of_session(owner: &SessionOwner) -> Introspection {
    let roles: Vec<_> = owner.roles.iter().map(|role| role.as_str()).collect();
    Introspection {
        active: true,
        scope: Some(roles.join(" ")),
        username: Some(owner.username.clone()),
        token_type: Some("Bearer"),
        exp: Some(owner.access_expires_at.timestamp()),
        iat: Some(owner.issued_at.timestamp()),
        sub: Some(owner.user_id.as_uuid()),
        roles: Some(roles),
    }
}

fn of_key(key: &ApiKey) -> Introspection {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    Introspection {
        active: true,
        scope: Some(scopes.join(" ")),
        username: None,
        token_type: Some("Bearer"),
        exp: key.expires_at.map(|end| end.timestamp()),
        iat: Some(key.created_at.timestamp()),
        sub: Some(key.id),
        roles: None,
    }
}
