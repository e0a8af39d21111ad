use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use tokio::signal::unix::{SignalKind, signal};
use userdom_api::{ApiState, Limits};
use userdom_infrastructure::persistence::DatabaseUrl;

use crate::{
    config::Config,
    error::StartError,
    file_limit, output, telemetry,
    wiring::{self, House},
    workers::Worker,
};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// `userdom migrate`.
pub(crate) fn migrate(config: &Config) -> Result<(), StartError> {
    let (_, report) = wiring::open_database(config)?;
    if report.applied.is_empty() {
        return output::print("The schema is up to date.\n");
    }
    let applied = report.applied.iter().map(|name| format!("Applied {name}.\n"));
    output::print(&applied.collect::<String>())
}

/// `userdom serve`: until SIGTERM or SIGINT, then what runs is finished first.
pub(crate) fn serve(config: &Config) -> Result<(), StartError> {
    let _log = telemetry::start(config.log_format, config.log_colors)?;
    for name in &config.unknown {
        tracing::warn!("{name} is set, but there is no such setting");
    }
    if !config.rate_limits {
        tracing::warn!("rate limits are off (USERDOM_RATE_LIMITS): anybody may guess and flood");
    }
    let provider = wiring::email_provider(config)?;
    let house = wiring::build(config)?;
    let listener = TcpListener::bind(config.bind)
        .map_err(|source| StartError::Bind { address: config.bind, source })?;
    // The standard library's queue of 128 new connections is soon full.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| StartError::Server(error.into()))?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let mail = wiring::email_service(&house, provider, public_url.clone());
    let limits = limits(config);
    greet(config, &house, address, &public_url);

    let outbox = Worker::outbox(mail, Arc::clone(&house.wake))?;
    let sweeper = Worker::sweeper(house.app.clone())?;
    let eraser = Worker::eraser(house.app.clone())?;
    let indexer = Worker::indexer(house.app.clone())?;
    let served = run(config, listener, limits, &house, &public_url);
    outbox.stop();
    sweeper.stop();
    eraser.stop();
    indexer.stop();
    served
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
    Limits { connections, connections_per_address: per_address, ..Limits::default() }
}

fn run(
    config: &Config,
    listener: TcpListener,
    limits: Limits,
    house: &House,
    public_url: &str,
) -> Result<(), StartError> {
    let (clock, ids) = (Arc::clone(&house.adapters.clock), Arc::clone(&house.adapters.ids));
    let permits = usize::try_from(wiring::connections()).unwrap_or(4) * 4;
    let state = ApiState::new(house.app.clone(), clock, ids, permits)
        .with_trusted_proxies(config.trusted_proxies.clone())
        .with_cors_origins(config.cors_origins.clone())
        .with_public_url(public_url)
        .requiring_if_match(config.requires_if_match)
        .showing_graphiql(config.shows_graphiql);
    actix_web::rt::System::new().block_on(async move {
        let server =
            userdom_api::server(listener, state.clone(), limits).map_err(StartError::Server)?;
        let handle = server.handle();
        let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Server)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Server)?;
        actix_web::rt::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: running requests are finished first");
            state.set_ready(false);
            handle.stop(true).await;
        });
        server.await.map_err(StartError::Server)?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// The first lines that a newcomer sees.
fn greet(config: &Config, house: &House, address: SocketAddr, public_url: &str) {
    for name in &house.report.applied {
        tracing::info!("migration {name} applied");
    }
    tracing::info!(database = %config.database_url, "Userdom listens on http://{address}");
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
    let hint = match config.database_url {
        DatabaseUrl::Sqlite(_) => " (stop this process first: SQLite serves one at a time)",
        DatabaseUrl::Postgres(_) => "",
    };
    tracing::info!("make an admin: userdom admin create --username NAME --email ADDRESS{hint}");
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
