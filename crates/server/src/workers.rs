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
/// How soon a sweep that met an outage tries again.
const SWEEP_AGAIN: Duration = Duration::from_secs(30);
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

    /// Wipes what is left of users who were removed.
    pub(crate) fn eraser(app: App) -> Result<Self, StartError> {
        let wake = Arc::new(Wake::default());
        Self::start("eraser", wake, move |wake, stopping| erase(&app, wake, stopping))
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
        let goes_on = || !stopping.load(Ordering::Acquire);
        let mut pause = SWEEP_EVERY;
        if let Ok(swept) = catch_unwind(AssertUnwindSafe(|| app.sweep_while(&goes_on))) {
            tracing::info!(?swept, "swept");
            if swept.met_outage {
                pause = SWEEP_AGAIN;
            }
        } else {
            tracing::error!("the sweeper panicked, and goes on");
        }
        wake.wait(pause);
    }
}

fn erase(app: &App, wake: &Wake, stopping: &AtomicBool) {
    let goes_on = || !stopping.load(Ordering::Acquire);
    let mut healthy = true;
    while goes_on() {
        let finished = catch_unwind(AssertUnwindSafe(|| app.finish_erasures(&goes_on)));
        let is_well = matches!(finished, Ok(Ok(_)));
        match finished {
            Ok(Ok(0)) => {}
            Ok(Ok(users)) => tracing::info!(users, "erasures finished"),
            // An outage is told once, not once a second.
            Ok(Err(error)) if healthy => {
                tracing::warn!(error = &error as &dyn std::error::Error, "erasures wait");
            }
            Ok(Err(_)) => {}
            Err(_) => tracing::error!("the eraser panicked, and goes on"),
        }
        healthy = is_well;
        wake.wait(POLL);
    }
}

fn index(app: &App, wake: &Wake, stopping: &AtomicBool) {
    let goes_on = || !stopping.load(Ordering::Acquire);
    while goes_on() {
        match catch_unwind(AssertUnwindSafe(|| app.index_directory(&goes_on))) {
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
