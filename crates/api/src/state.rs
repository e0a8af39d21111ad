use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use userdom_application::{
    App,
    ports::{Clock, IdGenerator},
};

/// What every request has at hand; cheap to clone.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Clone)]
pub struct ApiState {
    pub(crate) app: App,
    pub(crate) permits: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    ready: Arc<AtomicBool>,
}

impl ApiState {
    /// The door to `app`. At most `permits` requests run in it at once: some hash
    /// passwords while others use the store's connections. Ready from the start.
    pub fn new(app: App, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>, permits: usize) -> Self {
        let permits = Arc::new(Semaphore::new(permits));
        Self { app, permits, clock, ids, ready: Arc::new(AtomicBool::new(true)) }
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

    pub(crate) fn new_request_id(&self) -> String {
        self.ids.uuid_v7(self.clock.now()).to_string()
    }
}
