//! Userdom, the service: a user directory in one binary.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test that fails may panic"
    )
)]

mod admin;
mod cli;
mod config;
mod error;
mod serve;
mod telemetry;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use userdom_infrastructure::external::HttpSmsProvider;

use crate::{
    cli::{AdminCommand, Cli, Command},
    config::Config,
    error::StartError,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("userdom: {}", error.with_causes());
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), StartError> {
    let config = Config::load(cli.config.as_deref())?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(&config),
        Command::Migrate => serve::migrate(&config),
        Command::Admin { command: AdminCommand::Create(request) } => {
            admin::create(&config, &request)
        }
        Command::CheckConfig => {
            print!("{}", config.report());
            Ok(())
        }
        Command::Openapi => {
            print!("{}", *userdom_api::OPENAPI);
            Ok(())
        }
        Command::GraphqlSchema => {
            print!("{}", *userdom_api::GRAPHQL_SCHEMA);
            Ok(())
        }
        Command::SmsSecret => {
            let key = wiring::secret_key(&config)?;
            println!("{}", *HttpSmsProvider::signing_secret(&key));
            Ok(())
        }
    }
}
