use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fixed number of permits with a short queue before them: what does not fit
/// is turned away instead of piling up.
pub(super) struct Permits {
    state: Mutex<State>,
    returned: Condvar,
    queue: usize,
}

struct State {
    free: usize,
    waiting: usize,
}

/// One permit; dropping it gives it back.
pub(super) struct Permit<'a>(&'a Permits);

impl Permits {
    /// `permits` at once (at least one), and `queue` callers that may wait.
    pub(super) fn new(permits: usize, queue: usize) -> Self {
        let state = State { free: permits.max(1), waiting: 0 };
        Self { state: Mutex::new(state), returned: Condvar::new(), queue }
    }

    /// Takes a permit. `None` at once when the queue is full, and after
    /// `patience` when none came back.
    pub(super) fn take(&self, patience: Duration) -> Option<Permit<'_>> {
        let mut state = self.lock();
        if state.free == 0 {
            if state.waiting >= self.queue {
                return None;
            }
            state.waiting += 1;
            (state, _) = self
                .returned
                .wait_timeout_while(state, patience, |state| state.free == 0)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.free = state.free.checked_sub(1)?;
        Some(Permit(self))
    }

    // Nothing can panic while the lock is held, so a poisoned state is still true.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_full_queue_turns_away_at_once() {
        let permits = Permits::new(1, 0);
        let _held = permits.take(LONG).unwrap();
        let start = Instant::now();
        assert!(permits.take(LONG).is_none());
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_waiter_gives_up_when_nothing_comes_back() {
        let permits = Permits::new(1, 1);
        let held = permits.take(LONG).unwrap();
        assert!(permits.take(Duration::from_millis(20)).is_none());
        drop(held);
        assert!(permits.take(LONG).is_some());
    }

    #[test]
    fn a_waiter_gets_the_permit_that_comes_back() {
        let permits = Permits::new(1, 1);
        let held = permits.take(LONG).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| permits.take(LONG).is_some());
            while permits.lock().waiting == 0 {
                thread::yield_now();
            }
            drop(held);
            assert!(waiter.join().unwrap());
        });
    }

    #[test]
    fn there_are_never_more_holders_than_permits_and_none_is_lost() {
        let permits = Permits::new(2, 64);
        let (holders, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    let _permit = permits.take(LONG).unwrap();
                    most.fetch_max(holders.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    holders.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!(most.into_inner() <= 2);
        assert_eq!(permits.lock().free, 2);
        assert_eq!(permits.lock().waiting, 0);
    }
}
