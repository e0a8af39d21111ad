use std::{error::Error, fmt::Write as _, io, net::SocketAddr, path::PathBuf};

use userdom_application::AppError;
use userdom_infrastructure::{
    external::{MailConfigError, SmsUrlError},
    persistence::{CopyError, OpenError},
    security::{RedisUrlError, SecretKeyError, ShortKeyError},
};

use crate::config::ConfigError;

/// Why the command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the secret key: set USERDOM_SECRET_KEY or USERDOM_SECRET_KEY_FILE")]
    SecretKey(#[from] SecretKeyError),
    #[error(transparent)]
    ShortKey(#[from] ShortKeyError),
    #[error("USERDOM_SMTP_URL or USERDOM_MAIL_FROM")]
    Smtp(#[from] MailConfigError),
    #[error("USERDOM_SMS_URL")]
    Sms(#[from] SmsUrlError),
    #[error("USERDOM_REDIS_URL")]
    Redis(#[from] RedisUrlError),
    #[error("the data folder {}", path.display())]
    DataDir { path: PathBuf, source: io::Error },
    #[error("the database {url}")]
    Database { url: String, source: OpenError },
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error("{address} cannot be listened on; set USERDOM_BIND to another address or port")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("the server failed")]
    Server(#[source] io::Error),
    #[error("the password file {}", path.display())]
    PasswordFile { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Refused(String),
    #[error("standard output cannot be written")]
    Output(#[source] io::Error),
    #[error(
        "the admin {username} was made, but nobody has seen the password; reset it by mail, or \
         make another admin"
    )]
    PasswordNotShown { username: String, source: Box<StartError> },
    #[error("the {seconds} s for a stop are over, and these hang: {hanging}")]
    StopOverdue { seconds: u64, hanging: String },
    #[error("the admin could not be made")]
    App(#[from] AppError),
}

impl StartError {
    /// 2 for what the caller can mend by other settings or arguments, 3 for a stop that took too
    /// long, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::SecretKey(_)
            | Self::ShortKey(_)
            | Self::Smtp(_)
            | Self::Sms(_)
            | Self::Redis(_)
            | Self::PasswordFile { .. }
            | Self::Refused(_) => 2,
            Self::StopOverdue { .. } => 3,
            Self::DataDir { .. }
            | Self::Database { .. }
            | Self::Copy(_)
            | Self::Bind { .. }
            | Self::Server(_)
            | Self::Output(_)
            | Self::PasswordNotShown { .. }
            | Self::App(_) => 1,
        }
    }

    /// The error with what caused it, each once.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        text
    }
}
