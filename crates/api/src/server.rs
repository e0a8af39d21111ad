//! The server: connections with deadlines and bounds, and the application behind them.
//!
//! The HTTP implementation has a deadline for the first head of a connection alone, and reads
//! bodies that nobody wants without end. So it gets a stream that counts what goes through
//! ([`connection`]) and hands over one request at a time ([`framing`]); what a connection waits
//! for and until when is plain data ([`progress`]); and [`admission`] says how many connections
//! there are, and which one leaves for another.

mod admission;
mod connection;
mod framing;
mod progress;
#[cfg(test)]
mod tests;
mod waiting;

use std::{
    future::poll_fn, io, net::TcpListener, pin::pin, rc::Rc, sync::Arc, task::Poll,
    thread::available_parallelism, time::Duration,
};

use actix_http::{HttpService, KeepAlive, Request};
use actix_service::{apply_fn_factory, map_config};
use actix_web::{
    App,
    body::{BoxBody, MessageBody},
    dev::{AppConfig, Response, Server, Service},
    http::ConnectionType,
};
use tokio::{
    net::TcpStream,
    task::yield_now,
    time::{Instant, sleep, sleep_until, timeout},
};

use self::{
    admission::{Admission, Slot},
    connection::{AnswerBody, ClientStream, Connection, InFlight},
    progress::{Overdue, READ_AHEAD},
};
use crate::{
    http::{ApiState, codes::Code, problem::Problem},
    middleware, routes,
};

/// For a client to hear that there is no place for it.
const REFUSAL: Duration = Duration::from_millis(100);

/// For what a client has sent before a stop to be read.
const LAST_READ: Duration = Duration::from_millis(50);

/// How much the server takes, and how long it waits for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Threads that serve connections.
    pub workers: usize,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address, or one IPv6 network of /64; trusted proxies have no such
    /// bound.
    pub connections_per_address: usize,
    /// For the head of each request to arrive, from its first byte; for the first one from the
    /// start of the connection.
    pub request_head: Duration,
    /// For a client to take an answer, or 64 KiB of a larger one.
    pub write: Duration,
    /// Between two requests of a connection.
    pub keep_alive: Duration,
    /// For a client to hear why its connection is closed.
    pub farewell: Duration,
    /// For running requests to end when the server stops.
    pub shutdown: Duration,
}

impl Default for Limits {
    /// One worker a core, and times that suit a service behind a proxy.
    fn default() -> Self {
        Self {
            workers: available_parallelism().map_or(1, usize::from),
            connections: 4096,
            connections_per_address: 1024,
            request_head: Duration::from_secs(10),
            write: Duration::from_secs(30),
            keep_alive: Duration::from_secs(30),
            farewell: Duration::from_secs(2),
            shutdown: Duration::from_secs(25),
        }
    }
}

/// Serves on the listener until its handle stops it; signals are the caller's business.
pub fn server(listener: TcpListener, state: ApiState, limits: Limits) -> io::Result<Server> {
    // Each worker has its own pool: any of them may hold all the permits.
    let threads = state.permits.available_permits().max(1);
    let admission = Arc::new(Admission::new(&limits, Arc::clone(&state.trusted_proxies)));
    let builder = Server::build()
        .workers(limits.workers)
        .worker_max_blocking_threads(threads)
        // Of those beyond the bound one leaves for each: they have to be accepted for that.
        .max_concurrent_connections(
            (limits.connections + limits.connections.div_ceil(4) + 1).div_ceil(limits.workers),
        )
        .shutdown_timeout(limits.shutdown.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let factory = move || {
        let (routes_state, serving) = (state.clone(), Rc::new(state.clone()));
        let stopping = stopping.clone();
        let app = App::new().configure(|config| routes(config, routes_state));
        let app = map_config(app, |()| AppConfig::default());
        // The deadlines are ours: those of the library are for the first request alone.
        let http = HttpService::build()
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(Duration::ZERO)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move {
                    stopping.notified().await;
                    // The library begins no request after this, not even one that has arrived:
                    // so that is read first.
                    sleep(LAST_READ).await;
                    yield_now().await;
                }
            })
            .on_connect_ext(|stream: &ClientStream, data| {
                data.insert(Rc::clone(&stream.0));
            })
            .h1(apply_fn_factory(app, move |request, app| handle(request, app, &serving)));
        let (admission, state) = (Arc::clone(&admission), state.clone());
        apply_fn_factory(http, move |stream: TcpStream, http| {
            let peer = stream.peer_addr().ok();
            let slot = peer.and_then(|peer| admission.admit(peer.ip()));
            let connection = Connection::new(stream);
            let attended = slot.map(|slot| {
                let dispatcher = http.call((ClientStream(Rc::clone(&connection)), peer));
                (slot, dispatcher)
            });
            let state = state.clone();
            async move {
                if let Some((slot, dispatcher)) = attended {
                    // The place is taken until the connection is closed.
                    let end = watch(&connection, &slot, &limits, dispatcher).await;
                    close(&connection, end, &slot, limits.farewell, &state).await;
                } else {
                    tracing::debug!("connection refused");
                    connection.say(&answer_in_full(code!("service.busy"), &state)).await;
                    let _ = timeout(REFUSAL, connection.hang_up(READ_AHEAD)).await;
                }
                Ok(())
            }
        })
    };
    Ok(builder.listen("http", listener, factory)?.run())
}

/// Has a request answered, and tells its connection when. A service that is about to stop lets its
/// clients go after each answer, so that they come to another instance next.
fn handle<S>(
    mut request: Request,
    app: &S,
    state: &Rc<ApiState>,
) -> impl Future<Output = Result<Response<AnswerBody>, S::Error>> + use<S>
where
    S: Service<Request>,
    S::Response: Into<Response<BoxBody>>,
    S::Future: 'static,
{
    let connection = request.conn_data::<Rc<Connection>>().cloned();
    let in_flight = connection.map(|connection| InFlight::begin(&connection, &mut request));
    let (answer, state) = (app.call(request), Rc::clone(state));
    async move {
        let mut answer: Response<BoxBody> = answer.await?.into();
        let has_open_body = in_flight.as_ref().is_some_and(InFlight::has_open_body);
        if has_open_body || !state.is_ready() {
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
        Ok(answer.map_body(|_, body| AnswerBody::new(body, in_flight)))
    }
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Both sides are done with it, or the client is gone.
    Done,
    /// The client took too long.
    Overdue(Overdue),
    /// Another connection needs its place.
    Displaced,
}

/// Serves the requests of a connection until that is over, or its client takes too long.
async fn watch(
    connection: &Connection,
    slot: &Slot,
    limits: &Limits,
    dispatcher: impl Future,
) -> End {
    let mut dispatcher = pin!(dispatcher);
    let mut must_go = pin!(slot.must_go());
    let mut is_displaced = false;
    let mut timer = pin!(sleep_until(Instant::now() + limits.request_head));
    poll_fn(|cx| {
        loop {
            if dispatcher.as_mut().poll(cx).is_ready() {
                return Poll::Ready(End::Done);
            }
            if !connection.progress().takes_up_reading() {
                break;
            }
        }
        let (waits_since, deadline) = {
            let progress = connection.progress();
            (progress.waits_since(), progress.deadline(limits))
        };
        slot.waits_since(waits_since);
        is_displaced = is_displaced || must_go.as_mut().poll(cx).is_ready();
        // What the service works on is finished first.
        if is_displaced && waits_since.is_some() {
            return Poll::Ready(End::Displaced);
        }
        let Some((deadline, overdue)) = deadline else { return Poll::Pending };
        loop {
            if deadline <= Instant::now() {
                return Poll::Ready(End::Overdue(overdue));
            }
            // Most deadlines are moved before they come, so the timer is not set for each.
            if deadline < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Closes a connection so that its client learns why, if it listens.
async fn close(
    connection: &Connection,
    end: End,
    slot: &Slot,
    patience: Duration,
    state: &ApiState,
) {
    if end != End::Done {
        tracing::debug!(?end, "connection closed");
    }
    let last_words = match end {
        End::Overdue(Overdue::Head { has_begun: true }) => Some(code!("request.timeout")),
        End::Done | End::Displaced | End::Overdue(_) => connection.progress().refusal(),
    };
    let last_words = last_words.map(|code| answer_in_full(code, state));
    let is_stalled = connection.progress().is_stalled();
    if is_stalled {
        // Else the kernel would go on trying for minutes.
        connection.forget_unsent();
    } else if let Some(last_words) = last_words {
        connection.say(&last_words).await;
    }
    let room = connection.progress().farewell().filter(|_| !is_stalled);
    if let Some(room) = room {
        tokio::select! {
            // Another one has its place.
            () = slot.must_go() => {}
            _ = timeout(patience, connection.hang_up(room)) => {}
        }
    }
}

/// A problem as it goes over the wire, where no request is at hand.
fn answer_in_full(code: &'static Code, state: &ApiState) -> Vec<u8> {
    let request_id = state.new_request_id();
    let mut response = Problem::new(code).respond(&request_id);
    middleware::add_headers(response.headers_mut(), &request_id, state.serves_other_origins());
    let status = response.status();
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n").into_bytes();
    for (name, value) in response.headers() {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    answer.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    answer.extend_from_slice(&body);
    answer
}
