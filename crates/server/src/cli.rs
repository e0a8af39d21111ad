use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A user directory and account service.
#[derive(Debug, Parser)]
#[command(
    name = "userdom",
    version,
    after_help = "Every setting is an environment variable (USERDOM_BIND, …) or a key of the \
                  file given by --config (bind, …). `userdom settings` explains them all."
)]
pub(crate) struct Cli {
    /// A TOML file with settings; the environment goes before it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve HTTP; this is what happens without a subcommand.
    Serve,
    /// Bring the database up to date and leave.
    Migrate,
    /// Write a copy of the SQLite database to a new file, beside the running service.
    Backup {
        /// The new file; nothing is overwritten.
        file: PathBuf,
    },
    /// Put a copy in the place of the SQLite database, which no process may serve.
    Restore {
        /// The copy; it stays as it is.
        file: PathBuf,
    },
    /// Look after admins.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Print every setting with its source, secrets hidden.
    CheckConfig,
    /// Print what can be set, with defaults and meanings, as a table of the manual.
    Settings,
    /// Print every error code with its status and meaning, as a page of the manual.
    Errors,
    /// Print the API as an OpenAPI document.
    Openapi,
    /// Print the API as a GraphQL schema.
    GraphqlSchema,
    /// Print the secret with which the endpoint of `USERDOM_SMS_URL` checks signatures.
    SmsSecret,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make an admin who can sign in at once.
    Create(CreateAdmin),
}

#[derive(Debug, Args)]
pub(crate) struct CreateAdmin {
    /// The name to sign in with.
    #[arg(long)]
    pub(crate) username: String,
    /// The email, taken as verified.
    #[arg(long)]
    pub(crate) email: String,
    /// A file whose first line is the password; without it one is made and printed.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}
