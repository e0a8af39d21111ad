//! The order in which passwords are hashed: first come, first served.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};

use super::{endpoint::Hashing, problem::Problem};

/// A queue that takes longer than this is full.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long a refusal takes: a client that asks again at once would cost more than a hash.
const REFUSAL: Duration = Duration::from_millis(700);
/// When a queue that has become slower than was foreseen lets go of somebody.
const PATIENCE: Duration = Duration::from_secs(3);
/// No password is hashed faster: a request that was refused before says nothing about the pace.
const SHORTEST: Duration = Duration::from_millis(2);
/// The first turns are taken for as long as this, until some have been measured.
const FIRST_PACE: f64 = 0.02;
const FIRST_TURNS: f64 = 2.0;

/// The queues before what hashes passwords: it is slow, and dear to serve.
#[derive(Debug)]
pub(crate) struct HashingQueues {
    strangers: Arc<Turns>,
    own: Arc<Turns>,
}

impl HashingQueues {
    /// Of `permits` requests at once half may hash for strangers and a quarter for users who
    /// have signed in: a flood of either leaves room for everybody else.
    pub(crate) fn new(permits: usize) -> Self {
        Self { strangers: Turns::new((permits / 2).max(1)), own: Turns::new((permits / 4).max(1)) }
    }

    /// Waits for a turn, if a password is hashed.
    pub(crate) async fn turn(&self, hashing: Hashing) -> Result<Option<Turn>, Problem> {
        match hashing {
            // Which one hashes was looked up before.
            Hashing::Nothing | Hashing::InBody(_) => Ok(None),
            Hashing::Own => self.own.turn().await.map(Some),
            Hashing::Strangers => self.strangers.turn().await.map(Some),
        }
    }
}

/// So many at once, and before them a queue of two seconds.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Serves waiting requests in the order in which they came.
    places: Arc<Semaphore>,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    waiting: u32,
    /// How many turns of late have ended, and in how many seconds, while others waited.
    turns: f64,
    seconds: f64,
    /// When the last turn ended, if others waited.
    last: Option<Instant>,
}

/// A request that hashes; gives its place to the next when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Arc<Turns>,
    began: Instant,
    _place: OwnedSemaphorePermit,
}

/// A request that waits; leaves the queue when dropped.
struct Waiting<'a>(&'a Turns);

impl Turns {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        let (turns, seconds) = (FIRST_TURNS, FIRST_TURNS * FIRST_PACE);
        let queue = Queue { waiting: 0, turns, seconds, last: None };
        Arc::new(Self { places: Arc::new(Semaphore::new(places)), queue: Mutex::new(queue) })
    }

    /// Waits for a turn, holding nothing that others need. Refuses whoever would have to wait
    /// for longer than two seconds.
    pub(crate) async fn turn(self: &Arc<Self>) -> Result<Turn, Problem> {
        let Some(_waiting) = self.enter() else {
            sleep(REFUSAL).await;
            return Err(Problem::new(code!("service.busy")));
        };
        match timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => {
                Ok(Turn { turns: Arc::clone(self), began: Instant::now(), _place: place })
            }
            Ok(Err(closed)) => Err(Problem::internal(closed)),
            Err(_) => Err(Problem::new(code!("service.busy"))),
        }
    }

    fn enter(&self) -> Option<Waiting<'_>> {
        let mut queue = self.queue();
        if queue.seconds_to_wait() >= LONGEST_WAIT.as_secs_f64() {
            return None;
        }
        queue.waiting += 1;
        Some(Waiting(self))
    }

    // Nothing can panic while the lock is held, so a poisoned queue is still true.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn seconds_to_wait(&self) -> f64 {
        self.seconds / self.turns * f64::from(self.waiting)
    }

    /// A turn has ended. What was measured a second ago counts for a third.
    fn ended(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let seconds = now.duration_since(last).as_secs_f64();
            let fading = (-seconds).exp();
            self.turns = self.turns * fading + 1.0;
            self.seconds = self.seconds * fading + seconds;
        }
        self.last = (self.waiting > 0).then_some(now);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.queue().waiting -= 1;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.began) >= SHORTEST {
            self.turns.queue().ended(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        runtime::Builder,
        task::{JoinHandle, yield_now},
        time::advance,
    };

    /// Time passes only when a test says so, or when everybody sleeps.
    fn with_paused_time(test: impl Future<Output = ()>) {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn c6_who_has_signed_in_waits_in_a_queue_of_its_own() {
        with_paused_time(async {
            let queues = HashingQueues::new(1);
            assert!(queues.turn(Hashing::Nothing).await.unwrap().is_none());
            let _stranger = queues.turn(Hashing::Strangers).await.unwrap();
            let _own = queues.turn(Hashing::Own).await.unwrap();
            assert!(queues.turn(Hashing::Own).await.is_err());
            assert!(queues.turn(Hashing::Nothing).await.is_ok());
        });
    }

    type Log = Arc<Mutex<Vec<usize>>>;

    /// A request that works for so long when its turn has come, and notes that it has.
    fn comes(turns: &Arc<Turns>, log: &Log, n: usize, work: Duration) -> JoinHandle<bool> {
        let (turns, log) = (Arc::clone(turns), Arc::clone(log));
        tokio::spawn(async move {
            let Ok(_turn) = turns.turn().await else { return false };
            log.lock().unwrap().push(n);
            sleep(work).await;
            true
        })
    }

    async fn served(clients: Vec<JoinHandle<bool>>) -> usize {
        let mut served = 0;
        for client in clients {
            served += usize::from(client.await.unwrap());
        }
        served
    }

    const WORK: Duration = Duration::from_millis(40);

    #[test]
    fn c6_turns_come_in_the_order_of_asking() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(2), Log::default());
            let mut clients = Vec::new();
            for n in 0..64 {
                clients.push(comes(&turns, &log, n, WORK));
                yield_now().await;
            }
            assert_eq!(served(clients).await, 64);
            assert!(log.lock().unwrap().is_sorted());
        });
    }

    /// The places are never empty while somebody waits, so that no time is lost.
    #[test]
    fn c6_what_is_served_in_a_flood_is_as_much_as_the_places_can_serve() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(2), Log::default());
            let started = Instant::now();
            let mut clients = Vec::new();
            for second in 0..10 {
                for n in 0..1_000 {
                    clients.push(comes(&turns, &log, second * 1_000 + n, WORK));
                }
                yield_now().await;
                sleep(Duration::from_secs(1)).await;
            }
            let served = served(clients).await;
            let possible = started.elapsed().as_millis() / WORK.as_millis() * 2;
            assert!(served as u128 * 100 >= possible * 99, "{served} of {possible}");
        });
    }

    #[test]
    fn c6_who_would_wait_for_more_than_two_seconds_is_refused_within_one() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(2), Log::default());
            // The pace is known: 40 ms of two at once are 20 ms.
            served((0..64).map(|n| comes(&turns, &log, n, WORK)).collect()).await;
            let started = Instant::now();
            let clients = (0..500).map(|n| {
                let client = comes(&turns, &log, n, WORK);
                tokio::spawn(async move { (client.await.unwrap(), started.elapsed()) })
            });
            let mut done = Vec::new();
            for client in clients.collect::<Vec<_>>() {
                done.push(client.await.unwrap());
            }
            let (served, refused): (Vec<_>, Vec<_>) = done.into_iter().partition(|(ok, _)| *ok);
            assert!((95..=104).contains(&served.len()), "{}", served.len());
            assert!(served.iter().all(|(_, took)| *took <= LONGEST_WAIT + WORK * 2));
            assert!(refused.iter().all(|(_, took)| *took < Duration::from_secs(1)));
        });
    }

    #[test]
    fn c6_a_pace_that_slows_down_shortens_the_queue() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(1), Log::default());
            let slow = Duration::from_millis(500);
            served((0..30).map(|n| comes(&turns, &log, n, slow)).collect()).await;
            let _first = turns.turn().await.unwrap();
            let waiting: Vec<_> = (0..10).map(|n| comes(&turns, &log, n, slow)).collect();
            yield_now().await;
            assert!(turns.queue().waiting <= 6, "{:?}", turns.queue());
            drop(waiting);
        });
    }

    #[test]
    fn c6_who_hashes_nothing_does_not_lengthen_the_queue() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(2), Log::default());
            served((0..64).map(|n| comes(&turns, &log, n, WORK)).collect()).await;
            let refused = (0..1_000).map(|n| comes(&turns, &log, n, Duration::ZERO));
            served(refused.collect()).await;
            let _first = turns.turn().await.unwrap();
            let _second = turns.turn().await.unwrap();
            let waiting: Vec<_> = (0..500).map(|n| comes(&turns, &log, n, WORK)).collect();
            yield_now().await;
            assert!(turns.queue().waiting <= 104, "{:?}", turns.queue());
            drop(waiting);
        });
    }

    #[test]
    fn whoever_goes_away_leaves_the_queue() {
        with_paused_time(async {
            let (turns, log) = (Turns::new(1), Log::default());
            let turn = turns.turn().await.unwrap();
            let clients: Vec<_> = (0..10).map(|n| comes(&turns, &log, n, WORK)).collect();
            yield_now().await;
            assert_eq!(turns.queue().waiting, 10);
            clients.iter().take(9).for_each(JoinHandle::abort);
            advance(Duration::from_millis(1)).await;
            assert_eq!(turns.queue().waiting, 1);
            drop(turn);
            for (n, client) in clients.into_iter().enumerate() {
                assert_eq!(client.await.is_ok(), n == 9);
            }
            assert_eq!(turns.queue().waiting, 0);
        });
    }
}
