use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fixed number of permits with a short queue before them, first come, first served: what
/// does not fit is turned away instead of piling up.
pub(super) struct Permits {
    state: Mutex<State>,
    changed: Condvar,
    queue: usize,
}

struct State {
    free: usize,
    /// The numbers of the waiting threads, the next one first.
    waiting: VecDeque<u64>,
    next_number: u64,
}

/// One permit; dropping it gives it back.
pub(super) struct Permit<'a>(&'a Permits);

impl Permits {
    /// `permits` at once (at least one), and `queue` callers that may wait.
    pub(super) fn new(permits: usize, queue: usize) -> Self {
        let state = State { free: permits.max(1), waiting: VecDeque::new(), next_number: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), queue }
    }

    /// Takes a permit. `None` at once when the queue is full, and after
    /// `patience` when the turn has not come.
    pub(super) fn take(&self, patience: Duration) -> Option<Permit<'_>> {
        let mut state = self.lock();
        if state.free == 0 || !state.waiting.is_empty() {
            if state.waiting.len() >= self.queue {
                return None;
            }
            let number = state.next_number;
            state.next_number += 1;
            state.waiting.push_back(number);
            (state, _) = self
                .changed
                .wait_timeout_while(state, patience, |state| !state.is_turn_of(number))
                .unwrap_or_else(PoisonError::into_inner);
            let has_turn = state.is_turn_of(number);
            state.waiting.retain(|other| *other != number);
            // Another permit may be free for the next one.
            self.changed.notify_all();
            if !has_turn {
                return None;
            }
        }
        state.free = state.free.checked_sub(1)?;
        Some(Permit(self))
    }

    /// Whether a thread waits for a permit.
    pub(super) fn has_waiters(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    // Nothing can panic while the lock is held, so a poisoned state is still true.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_turn_of(&self, number: u64) -> bool {
        self.free > 0 && self.waiting.front() == Some(&number)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Instant;

    const LONG: Duration = Duration::from_mins(5);

    #[test]
    fn a_full_queue_turns_away_at_once() {
        let permits = Permits::new(1, 0);
        let _held = permits.take(LONG).unwrap();
        let start = Instant::now();
        assert!(permits.take(LONG).is_none());
        assert!(start.elapsed() < LONG);
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
            while permits.lock().waiting.is_empty() {
                thread::yield_now();
            }
            drop(held);
            assert!(waiter.join().unwrap());
        });
    }

    #[test]
    fn c6_permits_are_given_in_the_order_of_asking() {
        const WAITERS: usize = 16;
        let permits = Permits::new(1, WAITERS);
        let order = Mutex::new(Vec::new());
        let held = permits.take(LONG).unwrap();
        thread::scope(|scope| {
            for n in 0..WAITERS {
                let (permits, order) = (&permits, &order);
                scope.spawn(move || {
                    let _permit = permits.take(LONG).unwrap();
                    order.lock().unwrap().push(n);
                });
                while permits.lock().waiting.len() <= n {
                    thread::yield_now();
                }
            }
            drop(held);
        });
        assert!(order.into_inner().unwrap().is_sorted());
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
        assert!(permits.lock().waiting.is_empty());
    }
}
