//! What the targets share: a directory in memory.

use std::sync::Arc;

use userdom_api::ApiState;
use userdom_application::{
    Adapters, App, Caller, Settings,
    ports::{Exceeded, Limit, RateLimiter, Store},
    services::Wake,
    testing::{
        AnyStrength, FixedClock, GlassBox, MemoryStore, PlainHasher, SequentialIds, TestMint,
        TestTotp, given,
    },
    use_cases::{SignIn, SignInStep},
};
use userdom_domain::UserRole;

struct NoLimits;

impl RateLimiter for NoLimits {
    fn check(&self, _: Limit, _: &str) -> Result<(), Exceeded> {
        Ok(())
    }
    fn give_back(&self, _: Limit, _: &str) {}
}

/// An empty directory but for one admin; its access token, and the ids in paths.
pub fn house() -> (ApiState, String, [String; 2]) {
    let (store, clock) = (MemoryStore::new(), Arc::new(FixedClock::default()));
    let adapters = Adapters {
        store: Arc::new(store.clone()),
        clock: clock.clone(),
        ids: Arc::new(SequentialIds::default()),
        mint: Arc::new(TestMint::default()),
        hasher: Arc::new(PlainHasher::default()),
        strength: Arc::new(AnyStrength),
        secrets: Arc::new(GlassBox),
        totp: Arc::new(TestTotp::default()),
        limiter: Arc::new(NoLimits),
    };
    let user = given::an_active_user().with_username("ada").with_role(UserRole::Admin);
    let mut user = user.with_unverified_email("more@example.org").build();
    let mut uow = store.begin().expect("a store in memory");
    uow.users().save(&mut user).expect("an empty store");
    uow.commit().expect("a store in memory");
    let app = App::new(adapters, Settings::default(), Arc::new(Wake::default()));
    let (login, password) = ("ada".to_owned(), given::password(given::PASSWORD));
    let request = SignIn { login, password, device_token: None };
    let Ok(SignInStep::Done(session)) = app.sign_in(&Caller::default(), &request) else {
        panic!("the admin signs in");
    };
    let token = session.access_token.expose().to_owned();
    let ids = [user.id().to_string(), user.emails()[1].id().to_string()];
    (ApiState::new(app, clock, Arc::new(SequentialIds::default()), 4), token, ids)
}
