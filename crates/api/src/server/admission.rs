//! How many connections there may be, and which one makes room for another.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ipnet::IpNet;
use tokio::{sync::Notify, time::Instant};

use super::Limits;

/// An operator learns once in so long that connections are at their bound.
const WARN_EVERY: Duration = Duration::from_mins(1);
/// The server is working on a request: it does not wait for the client.
const NOT_WAITING: u64 = u64::MAX;

/// Counts connections, in all and by the address of the client.
///
/// A newcomer beyond a bound takes the place of the connection that has waited longest for its
/// client: so quick clients are served, however many slow ones there are.
pub(super) struct Admission {
    in_all: usize,
    per_address: usize,
    /// For whole groups of clients: what is open for one of these is bounded in all alone.
    proxies: Arc<[IpNet]>,
    started: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    count: usize,
    by_source: HashMap<IpAddr, Vec<Arc<Occupant>>>,
    closed_since_warning: u64,
    warned: Option<Instant>,
}

/// What another thread may know of a connection.
#[derive(Debug)]
struct Occupant {
    source: IpAddr,
    /// Milliseconds since the start of the server.
    waits_since: AtomicU64,
    is_displaced: AtomicBool,
    must_go: Notify,
}

/// The place of a connection; free again when this is dropped.
pub(super) struct Slot {
    occupant: Arc<Occupant>,
    admission: Arc<Admission>,
}

impl Admission {
    pub(super) fn new(limits: &Limits, proxies: Arc<[IpNet]>) -> Self {
        Self {
            in_all: limits.connections.max(1),
            per_address: limits.connections_per_address.max(1),
            proxies,
            started: Instant::now(),
            open: Mutex::default(),
        }
    }

    /// A place for a connection from this address; `None` if nobody can make room.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let address = address.to_canonical();
        let is_proxy = self.proxies.iter().any(|network| network.contains(&address));
        let source = source(address);
        let mut open = self.lock();
        let of_source = open.by_source.get(&source).map_or(&[][..], Vec::as_slice);
        let makes_room = if !is_proxy && of_source.len() >= self.per_address {
            Some(longest_waiting(of_source.iter()))
        } else if open.count >= self.in_all {
            Some(longest_waiting(open.by_source.values().flatten()))
        } else {
            None
        };
        if makes_room.is_some() {
            open.warn();
        }
        if let Some(makes_room) = makes_room {
            let leaving = makes_room?;
            open.remove(&leaving);
            leaving.is_displaced.store(true, Ordering::Release);
            leaving.must_go.notify_one();
        }
        let waits_since = AtomicU64::new(self.milliseconds(Instant::now()));
        let (is_displaced, must_go) = (AtomicBool::default(), Notify::new());
        let occupant = Arc::new(Occupant { source, waits_since, is_displaced, must_go });
        open.count += 1;
        open.by_source.entry(source).or_default().push(Arc::clone(&occupant));
        Some(Slot { occupant, admission: Arc::clone(self) })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn milliseconds(&self, time: Instant) -> u64 {
        u64::try_from(time.saturating_duration_since(self.started).as_millis()).unwrap_or(0)
    }
}

impl Open {
    fn remove(&mut self, occupant: &Arc<Occupant>) {
        let Some(of_source) = self.by_source.get_mut(&occupant.source) else { return };
        if let Some(at) = of_source.iter().position(|other| Arc::ptr_eq(other, occupant)) {
            of_source.swap_remove(at);
            self.count -= 1;
        }
        if of_source.is_empty() {
            self.by_source.remove(&occupant.source);
        }
    }

    fn warn(&mut self) {
        self.closed_since_warning += 1;
        if self.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            tracing::warn!(
                open = self.count,
                closed = self.closed_since_warning,
                "connections are at a bound: those that wait longest for their clients are closed"
            );
            self.warned = Some(Instant::now());
            self.closed_since_warning = 0;
        }
    }
}

impl Slot {
    /// Says since when it is the client's turn, if it is.
    pub(super) fn waits_since(&self, since: Option<Instant>) {
        let since = since.map_or(NOT_WAITING, |since| self.admission.milliseconds(since));
        self.occupant.waits_since.store(since, Ordering::Relaxed);
    }

    /// Ends when another connection needs the place.
    pub(super) async fn must_go(&self) {
        if !self.occupant.is_displaced.load(Ordering::Acquire) {
            self.occupant.must_go.notified().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.admission.lock().remove(&self.occupant);
    }
}

fn longest_waiting<'a>(
    occupants: impl Iterator<Item = &'a Arc<Occupant>>,
) -> Option<Arc<Occupant>> {
    let waits_since = |occupant: &Arc<Occupant>| occupant.waits_since.load(Ordering::Relaxed);
    let waiting = occupants.map(|occupant| (waits_since(occupant), occupant));
    let waiting = waiting.filter(|(since, _)| *since != NOT_WAITING);
    waiting.min_by_key(|(since, _)| *since).map(|(_, occupant)| Arc::clone(occupant))
}

/// What counts as one client: an IPv4 address, or an IPv6 network of /64.
fn source(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
