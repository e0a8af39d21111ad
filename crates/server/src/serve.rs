use std::{
    io::{self, IsTerminal},
    net::{SocketAddr, TcpListener},
    path::Path,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use userdom_api::{ApiState, Limits};
use userdom_infrastructure::persistence::DatabaseUrl;

use crate::{
    config::Config,
    error::StartError,
    file_limit, output, telemetry,
    wiring::{self, Service},
    workers::Workers,
};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;
/// For the connections that wait to be accepted when the listener is about to be closed.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(2);
/// For a connection that was accepted to reach the thread that serves it, on a machine that has
/// much else to do.
const HANDED_OVER: Duration = Duration::from_millis(100);
/// How long a service drains that nobody watches.
const DRAIN: Duration = Duration::from_secs(5);
/// What is kept of the time for a stop: to wait for the workers after the server was given up, and
/// to write what the log still holds.
const WORKERS_LAST: Duration = Duration::from_secs(1);
const LOG_LAST: Duration = Duration::from_secs(1);

/// `userdom migrate`.
pub(crate) fn migrate(config: &Config) -> Result<(), StartError> {
    let (_, report) = wiring::open_database(config)?;
    if report.applied.is_empty() {
        return output::print("The schema is up to date.\n");
    }
    let applied = report.applied.iter().map(|name| format!("Applied {name}.\n"));
    output::print(&applied.collect::<String>())
}

/// `userdom serve`: until SIGTERM or SIGINT. Then it drains, and what runs is finished, within the
/// time for a stop.
pub(crate) fn serve(config: &Config, unknown: &[String]) -> Result<(), StartError> {
    let _log = telemetry::start(config.log_format)?;
    for name in unknown {
        tracing::warn!("{name} is set, but there is no such setting");
    }
    if !config.rate_limits {
        tracing::warn!("rate limits are off (USERDOM_RATE_LIMITS): anybody may guess and flood");
    }
    let provider = wiring::email_provider(config)?;
    let service = wiring::build(config)?;
    let listener = TcpListener::bind(config.bind)
        .map_err(|source| StartError::Bind { address: config.bind, source })?;
    // The standard library's queue of 128 new connections is soon full.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| StartError::Server(error.into()))?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let mail = wiring::outbox_dispatcher(&service, provider, public_url.clone());
    let limits = limits(config);
    greet(config, &service, address, &public_url);

    let workers = Workers::start(&service.app, mail, &service.wake)?;
    let mut served = run(config, listener, limits, &service, &public_url, &workers);
    workers.stop();
    let began = served.as_ref().map_or_else(|_| Instant::now(), |stop| stop.began);
    let mut hanging = workers.ended(began + config.stop.saturating_sub(LOG_LAST));
    if let Ok(stop) = &mut served
        && stop.has_cut_off
    {
        hanging.insert(0, "requests");
    }
    served?;
    if hanging.is_empty() {
        tracing::info!("stopped");
        Ok(())
    } else {
        Err(StartError::StopOverdue { seconds: config.stop.as_secs(), hanging: hanging.join(", ") })
    }
}

/// How the server was stopped.
struct Stop {
    began: Instant,
    /// Whether requests still ran when it was over.
    has_cut_off: bool,
}

/// The bounds of connections. For each four there may be a fifth on its way out, and the rest of
/// the files that may be open is left to everything else.
fn limits(config: &Config) -> Limits {
    let wanted = config.max_connections;
    let files = file_limit::raise(wanted + wanted.div_ceil(3));
    let connections = wanted.min(files / 4 * 3).max(1);
    let per_address = config.max_connections_per_address.min(connections);
    if connections < wanted {
        tracing::warn!(
            "no more than {connections} connections at once instead of USERDOM_MAX_CONNECTIONS \
             ({wanted}): the process may have {files} files open"
        );
    }
    tracing::info!(
        "up to {connections} connections at once, {per_address} from one address, of {files} \
         files that may be open"
    );
    let shutdown = config.stop;
    Limits { connections, connections_per_address: per_address, shutdown, ..Limits::default() }
}

fn run(
    config: &Config,
    listener: TcpListener,
    limits: Limits,
    service: &Service,
    public_url: &str,
    workers: &Workers,
) -> Result<Stop, StartError> {
    let (clock, ids) = (Arc::clone(&service.adapters.clock), Arc::clone(&service.adapters.ids));
    let permits = usize::try_from(wiring::connections()).unwrap_or(4) * 4;
    let state = ApiState::new(service.app.clone(), clock, ids, permits)
        .with_trusted_proxies(config.trusted_proxies.clone())
        .with_cors_origins(config.cors_origins.clone())
        .with_public_url(public_url)
        .requiring_if_match(config.requires_if_match)
        .showing_graphiql(config.shows_graphiql);
    let waiting = listener.try_clone().map_err(StartError::Server)?;
    let served = async {
        let mut signals = Signals::new()?;
        let mut server = pin!(userdom_api::server(listener, state.clone(), limits)?);
        let handle = server.handle();
        tokio::select! {
            ended = &mut server => return ended.map(|()| Stop::now()),
            () = signals.next() => {}
        }
        let mut stop = Stop::now();
        state.set_ready(false);
        workers.stop();
        let drain = config.drain.unwrap_or_else(drain_of_surroundings);
        if !drain.is_zero() {
            tracing::info!(
                "draining for {} s: not ready, but everything is served; another signal ends it",
                drain.as_secs()
            );
        }
        tokio::select! {
            ended = &mut server => return ended.map(|()| stop),
            () = sleep(drain) => {}
            () = signals.next() => {}
        }
        tokio::select! {
            ended = &mut server => return ended.map(|()| stop),
            () = is_empty(waiting) => {}
        }
        tracing::info!("stopping: running requests are finished first");
        let others = WORKERS_LAST + LOG_LAST + stop.began.elapsed();
        let left = config.stop.saturating_sub(others);
        let ended = timeout(left, async { tokio::join!(handle.stop(true), &mut server).1 }).await;
        stop.has_cut_off = ended.is_err();
        ended.unwrap_or(Ok(())).map(|()| stop)
    };
    actix_web::rt::System::new().block_on(served).map_err(StartError::Server)
}

impl Stop {
    fn now() -> Self {
        Self { began: Instant::now(), has_cut_off: false }
    }
}

/// What asks the process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// On a terminal nobody waits for a balancer; elsewhere it is to see first that the service goes.
fn drain_of_surroundings() -> Duration {
    if io::stdin().is_terminal() || io::stderr().is_terminal() { Duration::ZERO } else { DRAIN }
}

/// Waits until no connection waits to be accepted: those would be reset with the listener.
async fn is_empty(listener: TcpListener) {
    let waits = || {
        let mut listener = [PollFd::new(&listener, PollFlags::IN)];
        poll(&mut listener, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    };
    let both_times = async {
        // Twice: what was just accepted is on its way to the thread that serves it.
        for _ in 0..2 {
            while waits() {
                sleep(Duration::from_millis(10)).await;
            }
            sleep(HANDED_OVER).await;
        }
    };
    let _ = timeout(BACKLOG_PATIENCE, both_times).await;
}

/// The first lines that a newcomer sees.
fn greet(config: &Config, service: &Service, address: SocketAddr, public_url: &str) {
    for name in &service.report.applied {
        tracing::info!("migration {name} applied");
    }
    tracing::info!(database = %config.database_url(), "Userdom listens on http://{address}");
    tracing::info!("links in mail start with {public_url}");
    if config.smtp_url.is_some() {
        tracing::info!("mail leaves by SMTP");
    } else {
        tracing::info!("mail is written to {}, one file each", shown(&config.mail_dir()));
    }
    if config.sms_url.is_some() {
        tracing::info!("text messages leave by HTTP");
    } else {
        tracing::info!("text messages are written to {}", shown(&config.sms_dir()));
    }
    let hint = match config.database_url() {
        DatabaseUrl::Sqlite(_) => " (stop this process first: SQLite serves one at a time)",
        DatabaseUrl::Postgres(_) => "",
    };
    tracing::info!("make an admin: userdom admin create --username NAME --email ADDRESS{hint}");
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
