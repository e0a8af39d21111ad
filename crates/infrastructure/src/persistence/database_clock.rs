use std::{
    io,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use userdom_application::ports::Clock;

use super::Database;
use crate::external::SystemClock;

/// How often the clocks are compared.
const EVERY: Duration = Duration::from_mins(1);
/// How often the machine's clock and the connections are checked for a jump or a failover.
const TICK: Duration = Duration::from_secs(1);
/// The error of a measurement.
const NOISE: TimeDelta = TimeDelta::milliseconds(5);
/// A difference that is logged.
const MUCH: TimeDelta = TimeDelta::seconds(2);
/// A jump of the machine's clock.
const JUMP: TimeDelta = TimeDelta::milliseconds(500);

/// The database's clock, so that instances on machines with different clocks agree on deadlines:
/// the machine's clock, corrected by the difference measured in the last minute.
#[derive(Debug, Clone, Default)]
pub struct DatabaseClock {
    /// By how many microseconds the machine's clock is ahead.
    ahead: Arc<AtomicI64>,
}

impl DatabaseClock {
    /// Compares the clocks, now and again and again, until the last clone is gone. On SQLite there
    /// is nothing to compare.
    pub fn follow(&self, database: &Database) -> io::Result<()> {
        self.compare(database);
        if database.is_shared() {
            let (ahead, database) = (Arc::downgrade(&self.ahead), database.clone());
            let follow = move || follow(&ahead, &database);
            thread::Builder::new().name("clock".to_owned()).spawn(follow)?;
        }
        Ok(())
    }

    /// An outage is reported by other callers; meanwhile the last measurement holds.
    fn compare(&self, database: &Database) {
        let Ok(Some(ahead)) = database.machine_is_ahead(&SystemClock) else { return };
        let before = self.machine_is_ahead();
        if (ahead - before).abs() <= NOISE {
            return;
        }
        self.ahead.store(ahead.num_microseconds().unwrap_or_default(), Ordering::Relaxed);
        if ahead.abs() > MUCH {
            let side = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
            let seconds = ahead.abs().as_seconds_f64();
            tracing::warn!(
                "this machine's clock is {seconds:.1} s {side} the database's, which counts"
            );
        } else if before.abs() > MUCH {
            tracing::info!("this machine's clock agrees with the database's again");
        }
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() - self.machine_is_ahead()
    }

    fn machine_is_ahead(&self) -> TimeDelta {
        TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed))
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread that has nothing else to do")]
fn follow(ahead: &Weak<AtomicI64>, database: &Database) {
    let mut last = (Instant::now(), SystemClock.now(), database.connection_failures());
    loop {
        thread::sleep(TICK);
        let Some(ahead) = ahead.upgrade() else { return };
        let (since, machine, failures) = last;
        let passed = TimeDelta::from_std(since.elapsed()).unwrap_or_default();
        let was_set = (SystemClock.now() - machine - passed).abs() > JUMP;
        if was_set || database.connection_failures() != failures || since.elapsed() >= EVERY {
            DatabaseClock { ahead }.compare(database);
            last = (Instant::now(), SystemClock.now(), database.connection_failures());
        }
    }
}
