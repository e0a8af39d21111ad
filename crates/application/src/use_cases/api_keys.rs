use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::json::{maybe_time, time};
use crate::{
    App, AppError, Caller, Command, Faults, Field, Request, Resource, Tx, UseCase,
    commit::Grant,
    policies::{self, GlobalOperation},
    ports::{ApiKey, Outcome, Scope, SecretToken, TokenHash, TokenKind},
    services::ValidationService,
};

/// Creates a key for another service, which is shown this once. Needs a recent proof.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// How people call it: 1 to 100 characters.
    pub name: String,
    /// What it opens; at least one.
    pub scopes: BTreeSet<Scope>,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

impl UseCase for CreateApiKey {
    type Output = (SecretToken, ApiKeyView);

    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError> {
        let key = request.app.adapters.mint.random(TokenKind::ApiKey);
        let token = request.app.hash_of(TokenKind::ApiKey, &key)?;
        let view = request.transaction(|tx| self.create(tx, token))?;
        Ok((key, view))
    }
}

impl CreateApiKey {
    fn create(&self, tx: &mut Tx<'_>, token: TokenHash) -> Result<ApiKeyView, AppError> {
        tx.require_api_key_access()?;
        let key = ApiKey {
            id: tx.new_uuid(),
            name: self.name.trim().to_owned(),
            token,
            scopes: self.scopes.clone(),
            created_by: tx.caller.signed_in()?.user_id,
            created_at: tx.now,
            // Both databases keep microseconds.
            expires_at: self.expires_at.map(|end| end.trunc_subsecs(6)),
            last_used_at: None,
        };
        check_api_key(Some(&key.name), Some(&key.scopes), key.expires_at, tx.now)?;
        tx.uow.api_keys().insert(&key)?;
        tx.audit("api_key.created", Outcome::Success, None, Some(key.id))?;
        Ok(ApiKeyView::of(&key))
    }
}

/// Checks the rules of a key. An adapter that reads fields one by one asks for those that it could
/// read, to report all faults at once.
pub fn check_api_key(
    name: Option<&str>,
    scopes: Option<&BTreeSet<Scope>>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Faults> {
    let mut validation = ValidationService::default();
    if let Some(name) = name.map(str::trim)
        && (!(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control))
    {
        validation.refuse(Field::Name, &ApiKeyError::Name);
    }
    if scopes.is_some_and(BTreeSet::is_empty) {
        validation.refuse(Field::Scopes, &ApiKeyError::NoScope);
    }
    if expires_at.is_some_and(|end| end <= now) {
        validation.refuse(Field::ExpiresAt, &ApiKeyError::ExpiresInPast);
    }
    validation.finish()
}

/// A rule of keys that is broken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiKeyError {
    #[error("A name has 1 to 100 characters, and no control characters")]
    Name,
    #[error("A key without a scope opens nothing")]
    NoScope,
    #[error("The end must lie in the future")]
    ExpiresInPast,
}

userdom_domain::error_codes! {
    ApiKeyError {
        Self::Name => Rule("api_key.name_invalid", "The name of the key is not accepted");
        Self::NoScope => Rule("api_key.no_scope", "A key must have a scope");
        Self::ExpiresInPast =>
            Rule("api_key.expires_in_past", "The end of the key lies in the past");
    }
}

/// Removes a key: it opens nothing from then on. Needs a recent proof.
#[derive(Debug, Clone)]
pub struct RemoveApiKey {
    /// The key.
    pub id: Uuid,
}

impl Command for RemoveApiKey {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.require_api_key_access()?;
        if !tx.uow.api_keys().remove(self.id)? {
            return Err(AppError::NotFound(Resource::ApiKey));
        }
        tx.audit("api_key.removed", Outcome::Success, None, Some(self.id))
    }
}

impl Tx<'_> {
    fn require_api_key_access(&self) -> Result<(), AppError> {
        let actor = self.caller.actor.as_ref();
        policies::authorise_globally(actor, GlobalOperation::ManageApiKeys)?;
        self.commit.note_grant(Grant::Global(GlobalOperation::ManageApiKeys));
        self.require_recent_authentication()
    }
}

impl App {
    /// All keys, the newest first.
    pub fn list_api_keys(&self, caller: &Caller) -> Result<Vec<ApiKeyView>, AppError> {
        policies::authorise_globally(caller.actor.as_ref(), GlobalOperation::ManageApiKeys)?;
        let keys = self.adapters.store.read()?.api_keys().all()?;
        Ok(keys.iter().map(ApiKeyView::of).collect())
    }
}

/// The key of another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct ApiKeyView {
    pub id: Uuid,
    pub name: String,
    pub scopes: Vec<&'static str>,
    pub created_by: Uuid,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub expires_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "maybe_time")]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl ApiKeyView {
    /// A key without what opens anything.
    pub fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            scopes: key.scopes.iter().copied().map(Scope::as_str).collect(),
            created_by: key.created_by.as_uuid(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}
