use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Sends log lines to standard output; `RUST_LOG` filters them.
pub(crate) fn start(format: Option<LogFormat>) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let terminal = std::io::stdout().is_terminal();
    let default = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    match format.unwrap_or(default) {
        LogFormat::Pretty => lines.with_target(false).with_ansi(terminal).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).init(),
    }
}
