//! Userdom, the service: a user directory in one binary.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::wildcard_enum_match_arm,
        reason = "a test that fails may panic"
    )
)]

mod admin;
mod cli;
mod config;
mod copies;
mod error;
mod file_limit;
mod log_queue;
mod output;
mod serve;
mod telemetry;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use userdom_infrastructure::external::HttpSmsProvider;

use crate::{
    cli::{AdminCommand, Cli, Command},
    config::Loaded,
    error::StartError,
};

fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(refused) if refused.use_stderr() => {
            output::complain(&refused.render().to_string());
            return ExitCode::from(2);
        }
        // Help that was asked for.
        Err(help) => output::print(&help.render().to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("userdom: {}\n", error.with_causes()));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), StartError> {
    let Loaded { config, report, unknown } = Loaded::load(cli.config.as_deref())?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(&config, &unknown),
        Command::Migrate => {
            telemetry::warn_on_stderr();
            serve::migrate(&config)
        }
        Command::Backup { file } => copies::back_up(&config, &file),
        Command::Restore { file } => copies::restore(&config, &file),
        Command::Admin { command: AdminCommand::Create(request) } => {
            telemetry::warn_on_stderr();
            admin::create(&config, &request)
        }
        Command::CheckConfig => output::print(&report),
        Command::Settings => output::print(&config::manual()),
        Command::Errors => output::print(&userdom_api::ERRORS),
        Command::Openapi => output::print(&userdom_api::OPENAPI),
        Command::GraphqlSchema => output::print(&userdom_api::GRAPHQL_SCHEMA),
        Command::SmsSecret => {
            let key = wiring::secret_key(&config)?;
            output::print(&format!("{}\n", *HttpSmsProvider::signing_secret(&key)))
        }
    }
}
