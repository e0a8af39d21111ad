//! A deadline for the answers of Postgres. libpq waits as long as the kernel does, and behind a
//! proxy that goes on acknowledging that is for ever: so the socket of an overdue connection is
//! shut down, which libpq takes for a server that has gone.

use std::{
    collections::HashSet,
    fs,
    os::fd::RawFd,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::sys::socket::{Shutdown, SockaddrIn, SockaddrIn6, SockaddrStorage, getpeername, shutdown};

/// How often sockets are checked.
const EVERY: Duration = Duration::from_millis(100);
const IDLE: u64 = u64::MAX;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// The socket of a new connection is the one that was not there before, so connections are opened
/// one at a time.
static OPENING: Mutex<()> = Mutex::new(());

/// The time for each host, and for Diesel's first statements, which `connect_timeout` leaves out.
const OPENING_STEP: Duration = Duration::from_secs(2);

/// The sockets that are watched.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deadlines(Arc<Watched>);

#[derive(Debug, Default)]
struct Watched {
    sockets: Mutex<Vec<Weak<Socket>>>,
    opening: Mutex<Option<Opening>>,
}

/// A connection on its way.
#[derive(Debug)]
struct Opening {
    /// The names of the sockets before it.
    before: HashSet<String>,
    /// Where its server may listen.
    ports: Vec<u16>,
    ends_at: Instant,
}

/// The socket of a connection, and until when its server has time.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: RawFd,
    /// A number of a file is used again, the name of a socket is not.
    name: String,
    ends_at: AtomicU64,
}

impl Deadlines {
    /// Watches until the last clone is gone.
    #[expect(clippy::disallowed_methods, reason = "a thread that has nothing else to do")]
    pub(crate) fn watch(&self) -> std::io::Result<()> {
        let watched = Arc::downgrade(&self.0);
        let watch = move || {
            while let Some(watched) = watched.upgrade() {
                watched.cut_overdue();
                drop(watched);
                thread::sleep(EVERY);
            }
        };
        thread::Builder::new().name("deadlines".to_owned()).spawn(watch).map(drop)
    }

    /// Opens a connection, and finds its socket. `None` where there is none to watch: a server on
    /// the same machine may be reached by a socket in a folder.
    pub(crate) fn open<T, E>(
        &self,
        url: &str,
        open: impl FnOnce() -> Result<T, E>,
    ) -> Result<(T, Option<Arc<Socket>>), E> {
        let _one_at_a_time = locked(&OPENING);
        let before = sockets().into_iter().map(|(_, name)| name).collect();
        let steps = u32::try_from(hosts(url).split(',').count() + 1).unwrap_or(u32::MAX);
        let ends_at = Instant::now() + OPENING_STEP * steps;
        let opening = Opening { before, ports: ports(url), ends_at };
        *locked(&self.0.opening) = Some(opening);
        let opened = open();
        let opening = locked(&self.0.opening).take();
        let opened = opened?;
        let found = opening.and_then(|opening| opening.sockets().next());
        let socket =
            found.map(|(fd, name)| Arc::new(Socket { fd, name, ends_at: AtomicU64::new(IDLE) }));
        if let Some(socket) = &socket {
            locked(&self.0.sockets).push(Arc::downgrade(socket));
        }
        Ok((opened, socket))
    }
}

impl Watched {
    fn cut_overdue(&self) {
        let is_there = |socket: &Weak<Socket>| {
            socket.upgrade().is_some_and(|socket| {
                socket.cut_if_overdue();
                true
            })
        };
        locked(&self.sockets).retain(is_there);
        let opening = locked(&self.opening);
        let overdue = opening.as_ref().filter(|opening| opening.ends_at <= Instant::now());
        for (fd, _) in overdue.into_iter().flat_map(Opening::sockets) {
            let _ = shutdown(fd, Shutdown::Both);
        }
    }
}

impl Opening {
    /// The sockets to the server that were not there before.
    fn sockets(&self) -> impl Iterator<Item = (RawFd, String)> {
        let is_to_server =
            |fd: RawFd| port_of_peer(fd).is_some_and(|port| self.ports.contains(&port));
        let new = sockets().into_iter().filter(|(_, name)| !self.before.contains(name));
        new.filter(move |(fd, _)| is_to_server(*fd))
    }
}

impl Socket {
    /// The socket is shut down after this time, unless [`Socket::end_deadline`] is called before.
    pub(crate) fn start_deadline(&self, time: Duration) {
        self.ends_at.store(milliseconds(START.elapsed() + time), Ordering::Relaxed);
    }

    /// The server has answered everything.
    pub(crate) fn end_deadline(&self) {
        self.ends_at.store(IDLE, Ordering::Relaxed);
    }

    fn cut_if_overdue(&self) {
        let is_overdue = milliseconds(START.elapsed()) >= self.ends_at.load(Ordering::Relaxed);
        if is_overdue && name_of(self.fd).is_some_and(|name| name == self.name) {
            self.end_deadline();
            tracing::warn!("the database does not answer: a connection is given up");
            let _ = shutdown(self.fd, Shutdown::Both);
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(IDLE)
}

/// The open sockets of this process, each with its name.
fn sockets() -> Vec<(RawFd, String)> {
    let files = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let fds = files.filter_map(|file| file.file_name().to_str()?.parse().ok());
    fds.filter_map(|fd| Some((fd, name_of(fd)?))).collect()
}

/// `socket:[4711]`, if the file is a socket.
fn name_of(fd: RawFd) -> Option<String> {
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
    link.to_str().filter(|name| name.starts_with("socket:")).map(str::to_owned)
}

fn port_of_peer(fd: RawFd) -> Option<u16> {
    let peer = getpeername::<SockaddrStorage>(fd).ok()?;
    let v4 = peer.as_sockaddr_in().map(SockaddrIn::port);
    v4.or_else(|| peer.as_sockaddr_in6().map(SockaddrIn6::port))
}

/// The hosts of a URL as libpq reads it, with their ports.
fn hosts(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts)
}

/// The ports of all hosts of a URL.
fn ports(url: &str) -> Vec<u16> {
    const USUAL: u16 = 5432;
    let of_hosts = hosts(url).split(',').filter_map(|host| {
        let (_, port) = host.rsplit_once(':')?;
        port.parse().ok()
    });
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let of_query = query.split('&').filter_map(|part| part.strip_prefix("port="));
    let of_query =
        of_query.flat_map(|ports| ports.split([',', '%'])).filter_map(|port| port.parse().ok());
    of_hosts.chain(of_query).chain([USUAL]).collect()
}

/// Poisoning is ignored: no critical section can panic halfway.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read,
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[test]
    fn the_ports_of_all_hosts_are_known() {
        for (url, expected) in [
            ("postgres://ada:p%40:1@db/users", &[5432][..]),
            ("postgres://db:5433,[::1]:5434,other/users?a=b", &[5433, 5434, 5432]),
            ("postgres:///users?host=/run&port=5435", &[5435, 5432]),
        ] {
            assert_eq!(ports(url), expected, "{url}");
        }
    }

    /// Seen to fail: Diesel sets the time zone while it opens a connection; when the server fell
    /// silent then, nothing was ever opened again.
    #[test]
    fn a_server_that_falls_silent_while_a_connection_is_opened_is_taken_for_gone() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let deadlines = Deadlines::default();
        deadlines.watch().unwrap();
        let opened = deadlines.open(&format!("postgres://{address}/users"), || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.read(&mut [0])
        });
        assert_eq!(opened.unwrap().0, 0);
    }

    /// Seen to fail: with a watch that cuts nothing the read never ended.
    #[test]
    fn a_server_that_is_silent_for_too_long_is_taken_for_gone() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let deadlines = Deadlines::default();
        deadlines.watch().unwrap();
        let url = format!("postgres://{address}/users");
        let open = || deadlines.open(&url, || TcpStream::connect(address)).unwrap();
        let ((mut asked, socket), (idle, other)) = (open(), open());
        let (socket, other) = (socket.unwrap(), other.unwrap());
        assert_ne!(socket.name, other.name);
        let started = Instant::now();
        socket.start_deadline(Duration::from_millis(300));
        assert_eq!(asked.read(&mut [0]).unwrap(), 0);
        assert!(started.elapsed() >= Duration::from_millis(300));
        other.start_deadline(Duration::from_mins(5));
        other.end_deadline();
        assert!(idle.peer_addr().is_ok());
    }
}
