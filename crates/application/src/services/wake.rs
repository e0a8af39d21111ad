use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Rouses the outbox worker: after a commit there may be something to send.
#[derive(Debug, Default)]
pub struct Wake {
    due: Mutex<bool>,
    rouse: Condvar,
}

impl Wake {
    /// There may be something to do.
    pub fn notify(&self) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.rouse.notify_one();
    }

    /// Sleeps until the next [`Wake::notify`], or for `at_most`.
    pub fn wait(&self, at_most: Duration) {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut due, _) = self
            .rouse
            .wait_timeout_while(due, at_most, |due| !*due)
            .unwrap_or_else(PoisonError::into_inner);
        *due = false;
    }
}
