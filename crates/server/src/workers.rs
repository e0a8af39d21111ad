//! The threads beside the server.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use userdom_application::{
    App,
    ports::Channel,
    services::{OutboxDispatcher, Round, Wake},
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

/// Threads that work until they are stopped; what each has in hand is finished.
#[derive(Debug)]
pub(crate) struct Workers {
    running: Vec<Worker>,
    /// Each thread has a sender, so that this ends with the last of them.
    ended: Receiver<()>,
    ends: Sender<()>,
}

#[derive(Debug)]
struct Worker {
    name: &'static str,
    thread: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
    wake: Arc<Wake>,
}

impl Workers {
    /// Starts all of them. `wake` rouses those that send.
    pub(crate) fn start(
        app: &App,
        messages: OutboxDispatcher,
        wake: &Arc<Wake>,
    ) -> Result<Self, StartError> {
        let (ends, ended) = mpsc::channel();
        let mut workers = Self { running: Vec::new(), ended, ends };
        // A receiver of one channel that hangs does not hold up the other.
        let messages = Arc::new(messages);
        for (name, channel) in [("mail", Channel::Mail), ("text message", Channel::Sms)] {
            let messages = Arc::clone(&messages);
            workers.spawn(name, Arc::clone(wake), move |wake, stopping| {
                deliver(&messages, channel, wake, stopping);
            })?;
        }
        // Removes what nobody needs any more.
        let sweeping = app.clone();
        workers.spawn("sweeping", Arc::default(), move |wake, stopping| {
            sweep(&sweeping, wake, stopping);
        })?;
        // Wipes what is left of users who were removed.
        let erasing = app.clone();
        workers.spawn("erasing", Arc::default(), move |wake, stopping| {
            erase(&erasing, wake, stopping);
        })?;
        // Lets the directory find what other applications have written.
        let indexing = app.clone();
        workers.spawn("indexing", Arc::default(), move |wake, stopping| {
            index(&indexing, wake, stopping);
        })?;
        Ok(workers)
    }

    fn spawn(
        &mut self,
        name: &'static str,
        wake: Arc<Wake>,
        work: impl FnOnce(&Wake, &AtomicBool) + Send + 'static,
    ) -> Result<(), StartError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, rouse, ends) = (Arc::clone(&stopping), Arc::clone(&wake), self.ends.clone());
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _ends = ends;
                work(&rouse, &stop);
            })
            .map_err(StartError::Server)?;
        self.running.push(Worker { name, thread, stopping, wake });
        Ok(())
    }

    /// Asks them to end, and returns at once.
    pub(crate) fn stop(&self) {
        for worker in &self.running {
            worker.stopping.store(true, Ordering::Release);
            worker.wake.notify();
        }
    }

    /// Waits until all have ended, until `deadline` at most. The names of those that have not.
    pub(crate) fn ended(self, deadline: Instant) -> Vec<&'static str> {
        drop(self.ends);
        // No one sends anything: it ends when the last sender is dropped.
        let _ = self.ended.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let mut hanging = Vec::new();
        for Worker { name, thread, .. } in self.running {
            // The sender is dropped a moment before the thread has ended.
            if !thread.is_finished() && Instant::now() >= deadline {
                hanging.push(name);
            } else if thread.join().is_err() {
                tracing::error!("the {name} worker panicked");
            }
        }
        hanging
    }
}

fn deliver(service: &OutboxDispatcher, channel: Channel, wake: &Wake, stopping: &AtomicBool) {
    let goes_on = || !stopping.load(Ordering::Acquire);
    let (mut healthy, mut is_slow, mut seen) = (true, false, 0);
    while goes_on() {
        let round = || service.deliver_due(channel, is_slow, &goes_on);
        // One message that breaks the worker must not end all of them.
        let Ok(round) = catch_unwind(AssertUnwindSafe(round)) else {
            tracing::error!(?channel, "an outbox worker panicked, and goes on");
            wake.wait(&mut seen, POLL);
            continue;
        };
        // An outage is logged once, not once a second.
        if let (Err(error), true) = (&round, healthy) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(?channel, error, "the outbox waits");
        }
        healthy = round.is_ok();
        let mut taken = 0;
        if let Ok(round) = round {
            Round { taken, is_slow } = round;
        }
        if taken == 0 {
            wake.wait(&mut seen, POLL);
        }
    }
}

fn sweep(app: &App, wake: &Wake, stopping: &AtomicBool) {
    let mut seen = 0;
    wake.wait(&mut seen, FIRST_SWEEP);
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
        wake.wait(&mut seen, pause);
    }
}

fn erase(app: &App, wake: &Wake, stopping: &AtomicBool) {
    let goes_on = || !stopping.load(Ordering::Acquire);
    let (mut healthy, mut seen) = (true, 0);
    while goes_on() {
        let finished = catch_unwind(AssertUnwindSafe(|| app.finish_erasures(&goes_on)));
        let is_well = matches!(finished, Ok(Ok(_)));
        match finished {
            Ok(Ok(0)) => {}
            Ok(Ok(users)) => tracing::info!(users, "erasures finished"),
            // An outage is logged once, not once a second.
            Ok(Err(error)) if healthy => {
                tracing::warn!(error = &error as &dyn std::error::Error, "erasures wait");
            }
            Ok(Err(_)) => {}
            Err(_) => tracing::error!("the eraser panicked, and goes on"),
        }
        healthy = is_well;
        wake.wait(&mut seen, POLL);
    }
}

fn index(app: &App, wake: &Wake, stopping: &AtomicBool) {
    let goes_on = || !stopping.load(Ordering::Acquire);
    let mut seen = 0;
    while goes_on() {
        match catch_unwind(AssertUnwindSafe(|| app.index_directory(&goes_on))) {
            Ok(Ok(0)) => {}
            Ok(Ok(rows)) => tracing::info!(rows, "the directory has read foreign rows"),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "directory not indexed");
            }
            Err(_) => tracing::error!("the indexer panicked, and goes on"),
        }
        wake.wait(&mut seen, INDEX_EVERY);
    }
}
