use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Rouses the outbox workers: after a commit there may be something to send.
#[derive(Debug, Default)]
pub struct Wake {
    calls: Mutex<u64>,
    rouse: Condvar,
}

impl Wake {
    /// There may be something to do.
    pub fn notify(&self) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rouse.notify_all();
    }

    /// Sleeps until there is a [`Wake::notify`] that is not `seen`, or for `at_most`.
    pub fn wait(&self, seen: &mut u64, at_most: Duration) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (calls, _) = self
            .rouse
            .wait_timeout_while(calls, at_most, |calls| calls == seen)
            .unwrap_or_else(PoisonError::into_inner);
        *seen = *calls;
    }
}
