use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use actix_web::web::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use userdom_application::{
    App,
    ports::{Clock, IdGenerator},
};

use super::hashing_queue::HashingQueues;

/// What every request has at hand; cheap to clone.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct ApiState {
    pub(crate) app: App,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) hashing: Arc<HashingQueues>,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) cors_origins: Arc<[String]>,
    /// The URL by which clients reach it.
    public_url: Arc<str>,
    openapi: Arc<OnceLock<Bytes>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    ready: Arc<AtomicBool>,
    pub(crate) requires_if_match: bool,
    pub(crate) shows_graphiql: bool,
}

impl ApiState {
    /// An API of `app`. At most `permits` requests run in it at once. Ready from the start.
    pub fn new(app: App, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>, permits: usize) -> Self {
        let hashing = Arc::new(HashingQueues::new(permits));
        let permits = Arc::new(Semaphore::new(permits));
        let (trusted_proxies, ready) = (Arc::default(), Arc::new(AtomicBool::new(true)));
        Self {
            app,
            permits,
            hashing,
            trusted_proxies,
            cors_origins: Arc::default(),
            public_url: Arc::from("/"),
            openapi: Arc::default(),
            clock,
            ids,
            ready,
            requires_if_match: false,
            shows_graphiql: false,
        }
    }

    /// Trusts `X-Forwarded-For` of proxies in these networks. Without any, the client is the peer
    /// of the connection.
    #[must_use]
    pub fn with_trusted_proxies(self, networks: Vec<IpNet>) -> Self {
        Self { trusted_proxies: networks.into(), ..self }
    }

    /// Lets scripts of pages from these origins use the API: each as a browser sends it.
    #[must_use]
    pub fn with_cors_origins(self, origins: Vec<String>) -> Self {
        Self { cors_origins: origins.into(), ..self }
    }

    pub(crate) fn serves_other_origins(&self) -> bool {
        !self.cors_origins.is_empty()
    }

    /// The URL by which clients reach it; without one, that of the OpenAPI document itself.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        Self { public_url: url.into(), openapi: Arc::default(), ..self }
    }

    /// The OpenAPI document, written once for the URL by which clients reach the service.
    pub(crate) fn openapi(&self, write: impl FnOnce(&str) -> String) -> Bytes {
        self.openapi.get_or_init(|| write(&self.public_url).into()).clone()
    }

    /// Whether a change of a user must name the version that the client has seen (`If-Match`).
    #[must_use]
    pub fn requiring_if_match(self, requires_if_match: bool) -> Self {
        Self { requires_if_match, ..self }
    }

    /// Whether `GET /graphql` shows `GraphiQL`, for development.
    #[must_use]
    pub fn showing_graphiql(self, shows_graphiql: bool) -> Self {
        Self { shows_graphiql, ..self }
    }

    /// What `/readyz` says; a stopping service turns it off before it stops listening.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// By how much the machine's own clock is ahead of the one that counts.
    pub(crate) fn machine_is_ahead(&self) -> TimeDelta {
        self.clock.machine_is_ahead()
    }

    pub(crate) fn new_request_id(&self) -> String {
        self.ids.uuid_v7(self.clock.now()).to_string()
    }
}
