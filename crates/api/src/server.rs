use std::{io, net::TcpListener, thread::available_parallelism, time::Duration};

use actix_web::{App, HttpServer, dev::Server};

use crate::{ApiState, routes};

/// How much the server takes, and how long it waits for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Threads that serve connections.
    pub workers: usize,
    /// For the head of a request to arrive.
    pub request_head: Duration,
    /// Between two requests of a connection.
    pub keep_alive: Duration,
    /// For a connection to close.
    pub disconnect: Duration,
    /// For running requests to end when the server stops.
    pub shutdown: Duration,
}

impl Default for Limits {
    /// One worker a core, and times that suit a service behind a proxy.
    fn default() -> Self {
        Self {
            workers: available_parallelism().map_or(1, usize::from),
            request_head: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            disconnect: Duration::from_secs(5),
            shutdown: Duration::from_secs(25),
        }
    }
}

/// Serves on the listener until its handle stops it; signals are the caller's business.
pub fn server(listener: TcpListener, state: ApiState, limits: Limits) -> io::Result<Server> {
    // Each worker has its own pool: any of them may hold all the permits.
    let threads = state.permits.available_permits().max(1);
    let factory = move || App::new().configure(|config| routes(config, state.clone()));
    let server = HttpServer::new(factory)
        .workers(limits.workers)
        .worker_max_blocking_threads(threads)
        .client_request_timeout(limits.request_head)
        .keep_alive(limits.keep_alive)
        .client_disconnect_timeout(limits.disconnect)
        .shutdown_timeout(limits.shutdown.as_secs())
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}
