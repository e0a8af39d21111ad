//! The threads beside the server.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use userdom_application::{
    App,
    services::{EmailService, Wake},
};

use crate::error::StartError;

/// How often the outbox is looked into for what another instance, or time, made due.
const POLL: Duration = Duration::from_secs(1);
/// Instances that start together, or are restarted all the time, do not sweep at once.
const FIRST_SWEEP: Duration = Duration::from_mins(1);
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How long what another application has written may stay out of the directory.
const INDEX_EVERY: Duration = Duration::from_secs(30);

/// A thread that works until it is told to stop; what it has in hand is finished.
pub(crate) struct Worker {
    name: &'static str,
    thread: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
    wake: Arc<Wake>,
}

impl Worker {
    /// Sends what waits in the outbox.
    pub(crate) fn outbox(service: EmailService, wake: Arc<Wake>) -> Result<Self, StartError> {
        Self::start("outbox", wake, move |wake, stopping| deliver(&service, wake, stopping))
    }

    /// Removes what nobody needs any more.
    pub(crate) fn sweeper(app: App) -> Result<Self, StartError> {
        let wake = Arc::new(Wake::default());
        Self::start("sweeper", wake, move |wake, stopping| sweep(&app, wake, stopping))
    }

    /// Lets the directory find what other applications have written.
    pub(crate) fn indexer(app: App) -> Result<Self, StartError> {
        let wake = Arc::new(Wake::default());
        Self::start("indexer", wake, move |wake, stopping| index(&app, wake, stopping))
    }

    fn start(
        name: &'static str,
        wake: Arc<Wake>,
        work: impl FnOnce(&Wake, &AtomicBool) + Send + 'static,
    ) -> Result<Self, StartError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, rouse) = (Arc::clone(&stopping), Arc::clone(&wake));
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&rouse, &stop))
            .map_err(StartError::Server)?;
        Ok(Self { name, thread, stopping, wake })
    }

    /// Returns when the thread has ended.
    pub(crate) fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        self.wake.notify();
        if self.thread.join().is_err() {
            tracing::error!("the {} worker panicked", self.name);
        }
    }
}

fn deliver(service: &EmailService, wake: &Wake, stopping: &AtomicBool) {
    let mut healthy = true;
    while !stopping.load(Ordering::Acquire) {
        // One message that breaks the worker must not end all of them.
        let Ok(delivered) = catch_unwind(AssertUnwindSafe(|| service.deliver_due())) else {
            tracing::error!("the outbox worker panicked, and goes on");
            wake.wait(POLL);
            continue;
        };
        // An outage is told once, not once a second.
        if let (Err(error), true) = (&delivered, healthy) {
            tracing::warn!(error = error as &dyn std::error::Error, "the outbox waits");
        }
        healthy = delivered.is_ok();
        if !matches!(delivered, Ok(1..)) {
            wake.wait(POLL);
        }
    }
}

fn sweep(app: &App, wake: &Wake, stopping: &AtomicBool) {
    wake.wait(FIRST_SWEEP);
    while !stopping.load(Ordering::Acquire) {
        match catch_unwind(AssertUnwindSafe(|| app.sweep())) {
            Ok(Ok(swept)) => tracing::info!(?swept, "swept"),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "not swept, this hour");
            }
            Err(_) => tracing::error!("the sweeper panicked, and goes on"),
        }
        wake.wait(SWEEP_EVERY);
    }
}

fn index(app: &App, wake: &Wake, stopping: &AtomicBool) {
    while !stopping.load(Ordering::Acquire) {
        match catch_unwind(AssertUnwindSafe(|| app.index_directory())) {
            Ok(Ok(0)) => {}
            Ok(Ok(rows)) => tracing::info!(rows, "the directory has read foreign rows"),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "directory not indexed");
            }
            Err(_) => tracing::error!("the indexer panicked, and goes on"),
        }
        wake.wait(INDEX_EVERY);
    }
}
