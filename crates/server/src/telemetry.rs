use std::{
    fs::File,
    io::{self, IsTerminal},
    os::fd::AsFd,
    panic::{self, PanicHookInfo},
    time::Duration,
};

use tracing_subscriber::EnvFilter;

use crate::{config::LogFormat, error::StartError, log_queue::LogQueue};

/// What is left of the log at the end may take so long.
const FINISH: Duration = Duration::from_secs(1);

/// The log; when this is dropped, what it still holds is written.
pub(crate) struct Log(LogQueue);

/// Sends log lines to standard output; `RUST_LOG` filters them.
pub(crate) fn start(format: Option<LogFormat>) -> Result<Log, StartError> {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let terminal = io::stdout().is_terminal();
    let default = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    let queue = LogQueue::default();
    // Not through `Stdout`, which keeps what it could not write and puts it before the next line.
    let output = io::stdout().as_fd().try_clone_to_owned().map_err(StartError::Server)?;
    queue.write_to(File::from(output)).map_err(StartError::Server)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(queue.clone());
    // On terminals the library colours lines unless NO_COLOR is set.
    let lines = if terminal { lines } else { lines.with_ansi(false) };
    match format.unwrap_or(default) {
        LogFormat::Pretty => lines.with_target(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).init(),
    }
    // A panic would wait for a reader of standard error that does not read.
    panic::set_hook(Box::new(log_panic));
    Ok(Log(queue))
}

/// Sends warnings to standard error: for commands whose standard output is no log.
pub(crate) fn warn_on_stderr() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .without_time()
        .with_ansi(false)
        .with_writer(io::stderr)
        .init();
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "panicked: {}", panic.payload_as_str().unwrap_or("no message"));
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish(FINISH);
    }
}
