use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Command, FaultKind, Tx,
    policies::{self, GlobalOperation},
    ports::{ApiKey, Outcome, Scope, SecretToken, TokenHash, TokenKind},
    queries::ApiKeyView,
    services::{Grant, ValidationService},
};

/// A key for another service.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// What it opens; at least one.
    pub scopes: BTreeSet<Scope>,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

impl App {
    /// Makes a key; it is shown this once. Needs a recent proof.
    pub fn create_api_key(
        &self,
        caller: &Caller,
        request: &NewApiKey,
    ) -> Result<(SecretToken, ApiKeyView), AppError> {
        let key = self.adapters.mint.random(TokenKind::ApiKey);
        let token = self.hash_of(TokenKind::ApiKey, &key)?;
        let view = self.execute(caller, &Create { request, token })?;
        Ok((key, view))
    }

    /// All keys, the newest first.
    pub fn list_api_keys(&self, caller: &Caller) -> Result<Vec<ApiKeyView>, AppError> {
        policies::authorise_globally(caller.actor.as_ref(), GlobalOperation::ManageApiKeys)?;
        let keys = self.adapters.store.read()?.api_keys().all()?;
        Ok(keys.iter().map(ApiKeyView::of).collect())
    }

    /// Removes a key: it opens nothing from then on. Needs a recent proof.
    pub fn remove_api_key(&self, caller: &Caller, id: Uuid) -> Result<(), AppError> {
        self.execute(caller, &Remove { id })
    }
}

impl Tx<'_> {
    fn may_change_api_keys(&self) -> Result<(), AppError> {
        let actor = self.caller.actor.as_ref();
        policies::authorise_globally(actor, GlobalOperation::ManageApiKeys)?;
        self.was_granted(Grant::Global(GlobalOperation::ManageApiKeys));
        self.require_recent_authentication()
    }
}

struct Create<'a> {
    request: &'a NewApiKey,
    token: TokenHash,
}

impl Command for Create<'_> {
    type Output = ApiKeyView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<ApiKeyView, AppError> {
        tx.may_change_api_keys()?;
        let key = ApiKey {
            id: tx.new_uuid(),
            name: self.request.name.trim().to_owned(),
            token: self.token,
            scopes: self.request.scopes.clone(),
            created_by: tx.caller.signed_in()?.user_id,
            created_at: tx.now,
            // Both databases keep microseconds.
            expires_at: self.request.expires_at.map(|end| end.trunc_subsecs(6)),
            last_used_at: None,
        };
        let mut validation = ValidationService::default();
        let (name, scopes) = (Some(key.name.as_str()), Some(&key.scopes));
        judge_api_key(&mut validation, name, scopes, key.expires_at, tx.now);
        validation.finish()?;
        tx.uow.api_keys().insert(&key)?;
        tx.audit("api_key.created", Outcome::Success, None, Some(key.id))?;
        Ok(ApiKeyView::of(&key))
    }
}

/// The rules of a key, asked of as much of it as could be read: for a door that wants to
/// tell all faults at once.
pub fn judge_api_key(
    validation: &mut ValidationService,
    name: Option<&str>,
    scopes: Option<&BTreeSet<Scope>>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) {
    let mut refuse = |pointer, code, detail| validation.add(pointer, code, detail, FaultKind::Rule);
    if let Some(name) = name.map(str::trim)
        && (!(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control))
    {
        let detail = "A name has 1 to 100 characters, and no control characters";
        refuse("/name", "api_key.name_invalid", detail);
    }
    if scopes.is_some_and(BTreeSet::is_empty) {
        refuse("/scopes", "api_key.no_scope", "A key without a scope opens nothing");
    }
    if expires_at.is_some_and(|end| end <= now) {
        refuse("/expires_at", "api_key.expires_in_past", "The end must lie in the future");
    }
}

struct Remove {
    id: Uuid,
}

impl Command for Remove {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.may_change_api_keys()?;
        if !tx.uow.api_keys().remove(self.id)? {
            return Err(AppError::NotFound("api_key"));
        }
        tx.audit("api_key.removed", Outcome::Success, None, Some(self.id))
    }
}
