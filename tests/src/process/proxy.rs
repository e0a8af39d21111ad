//! A TCP proxy between the service and what it depends on.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use super::pause;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Stalled,
    Broken,
    Over,
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<Mode>,
    /// How often connections were stranded.
    strandings: AtomicU32,
    streams: Mutex<Vec<TcpStream>>,
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    fn cut(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// A proxy that can break, stall and be whole again.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of `target`, as `host:port`.
    pub fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, streams) = (Mutex::new(Mode::Open), Mutex::new(Vec::new()));
        let shared = Arc::new(Shared { mode, strandings: AtomicU32::new(0), streams });
        let (kept, target) = (Arc::clone(&shared), target.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                match kept.mode() {
                    Mode::Over => return,
                    Mode::Broken => drop(client),
                    Mode::Open | Mode::Stalled => drop(connect(client, &target, &kept)),
                }
            }
        });
        Self { address, shared }
    }

    /// In front of the server of a URL, with the URL that leads through the proxy.
    pub fn before(url: &str) -> (Self, String) {
        let (front, rest) = url.split_once("://").unwrap();
        let (server, path) = rest.split_once('/').unwrap();
        let (user, host) = server.rsplit_once('@').unwrap();
        let proxy = Self::to(host);
        let url = format!("{front}://{user}@{}/{path}", proxy.address);
        (proxy, url)
    }

    /// Cuts every connection and lets nobody in.
    pub fn break_off(&self) {
        self.set(Mode::Broken);
        self.shared.cut();
    }

    /// Lets connections live, but nothing through.
    pub fn stall(&self) {
        self.set(Mode::Stalled);
    }

    /// Lets nothing through on the connections that there are, for ever, and is whole for new
    /// ones: as when an address is that of another server now.
    pub fn strand(&self) {
        self.shared.strandings.fetch_add(1, Ordering::Relaxed);
        self.set(Mode::Open);
    }

    /// Is whole again.
    pub fn restore(&self) {
        self.set(Mode::Open);
    }

    fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Mode::Over);
        self.shared.cut();
        // Rouses the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn connect(client: TcpStream, target: &str, shared: &Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        shared.streams.lock().unwrap().push(stream.try_clone()?);
    }
    forward(client.try_clone()?, server.try_clone()?, Arc::clone(shared));
    forward(server, client, Arc::clone(shared));
    Ok(())
}

fn forward(mut from: TcpStream, mut to: TcpStream, shared: Arc<Shared>) {
    let born = shared.strandings.load(Ordering::Relaxed);
    thread::spawn(move || {
        let is_stuck =
            || shared.mode() == Mode::Stalled || shared.strandings.load(Ordering::Relaxed) != born;
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            while is_stuck() && shared.mode() != Mode::Over {
                pause(Duration::from_millis(10));
            }
            if shared.mode() != Mode::Open || to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // The end does not get through either.
        while is_stuck() && shared.mode() != Mode::Over {
            pause(Duration::from_millis(10));
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
