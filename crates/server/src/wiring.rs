//! Builds the service: which adapter stands behind which port.

use std::{
    fs::{DirBuilder, create_dir_all},
    path::Path,
    sync::Arc,
    thread::available_parallelism,
};

use userdom_application::{
    Adapters, App, Settings,
    ports::{EmailProvider, RateLimiter, SmsProvider},
    services::{EmailService, OutboxDispatcher, Wake},
};
use userdom_infrastructure::{
    external::{FileEmailProvider, FileSmsProvider, HttpSmsProvider, RandomIds, SmtpEmailProvider},
    persistence::{Database, DatabaseClock, DatabaseUrl, MigrationReport},
    security::{
        Argon2Hasher, AuthenticatorTotp, HmacTokenMint, KeyedSecretBox, LocalLimiter, NoLimits,
        RedisLimiter, SecretKey, ZxcvbnStrength,
    },
};

use crate::{config::Config, error::StartError};

/// Everything that the subcommands build on.
pub(crate) struct Service {
    pub(crate) app: App,
    pub(crate) adapters: Adapters,
    pub(crate) database: Database,
    pub(crate) sms: Arc<dyn SmsProvider>,
    pub(crate) report: MigrationReport,
    pub(crate) wake: Arc<Wake>,
}

/// About twice the database's cores serve it best.
pub(crate) fn connections() -> u32 {
    u32::try_from(cores() * 2).unwrap_or(u32::MAX).max(4)
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

pub(crate) fn build(config: &Config) -> Result<Service, StartError> {
    let (key, previous) = (secret_key(config)?, previous_secret_keys(config)?);
    let clock = DatabaseClock::default();
    let (sms, limiter) = (sms_provider(config, &key, &clock)?, limiter(config, &key)?);
    let ids = Arc::new(RandomIds);
    let (database, report) = open_database(config)?;
    clock.follow(&database).map_err(StartError::Server)?;
    let adapters = Adapters {
        store: Arc::new(database.clone()),
        clock: Arc::new(clock),
        ids,
        mint: Arc::new(token_mint(&key, &previous)?),
        hasher: Arc::new(Argon2Hasher::new(cores())),
        strength: Arc::new(ZxcvbnStrength),
        secrets: Arc::new(KeyedSecretBox::new(&key, &previous)),
        totp: Arc::new(AuthenticatorTotp),
        limiter,
    };
    let wake = Arc::new(Wake::default());
    let app = App::new(adapters.clone(), settings(config), Arc::clone(&wake));
    Ok(Service { app, adapters, database, sms, report, wake })
}

/// The settings of the application, from those of the installation.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        password_min_chars: config.password_min_chars,
        default_region: config.default_region,
        reserved_usernames: config.reserved_usernames.clone(),
        access_token_ttl: config.access_token_ttl,
        session_idle_ttl: config.session_idle_ttl,
        session_ttl: config.session_ttl,
        unverified_retention: config.unverified_retention,
        deleted_retention: config.deleted_retention,
        issuer: config.issuer.clone(),
        ..Settings::default()
    }
}

fn token_mint(key: &SecretKey, previous: &[SecretKey]) -> Result<HmacTokenMint, StartError> {
    let mint = |key: &SecretKey| HmacTokenMint::new(key.as_bytes());
    let before = previous.iter().map(mint).collect::<Result<Vec<_>, _>>()?;
    Ok(mint(key)?.after(before))
}

/// Where mail goes. Built first, so that a wrong setting is found out before
/// anything is made.
pub(crate) fn email_provider(config: &Config) -> Result<Arc<dyn EmailProvider>, StartError> {
    Ok(match &config.smtp_url {
        Some(url) => Arc::new(SmtpEmailProvider::from_url(url, &config.mail_from)?),
        None => Arc::new(FileEmailProvider::new(config.mail_dir(), &config.mail_from)?),
    })
}

fn sms_provider(
    config: &Config,
    key: &SecretKey,
    clock: &DatabaseClock,
) -> Result<Arc<dyn SmsProvider>, StartError> {
    Ok(match &config.sms_url {
        Some(url) => Arc::new(HttpSmsProvider::new(url, key, Arc::new(clock.clone()))?),
        None => Arc::new(FileSmsProvider::new(config.sms_dir())),
    })
}

fn limiter(config: &Config, key: &SecretKey) -> Result<Arc<dyn RateLimiter>, StartError> {
    Ok(match &config.redis_url {
        _ if !config.rate_limits => Arc::new(NoLimits),
        Some(url) => Arc::new(RedisLimiter::new(url, key)?),
        None => Arc::new(LocalLimiter::new()),
    })
}

/// Sends the messages of the outbox.
pub(crate) fn outbox_dispatcher(
    service: &Service,
    provider: Arc<dyn EmailProvider>,
    public_url: String,
) -> OutboxDispatcher {
    let app = service.app.clone();
    OutboxDispatcher {
        app: app.clone(),
        outbox: Arc::new(service.database.clone()),
        emails: EmailService { app, provider, public_url },
        sms: Arc::clone(&service.sms),
    }
}

pub(crate) fn open_database(config: &Config) -> Result<(Database, MigrationReport), StartError> {
    let url = config.database_url();
    make_database_folder(&url)?;
    Database::open(&url, connections(), Arc::new(RandomIds))
        .map_err(|source| StartError::Database { url: url.to_string(), source })
}

/// The folder of an SQLite file.
pub(crate) fn make_database_folder(url: &DatabaseUrl) -> Result<(), StartError> {
    match url {
        DatabaseUrl::Sqlite(path) => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => make_private_dir(folder),
            _ => Ok(()),
        },
        DatabaseUrl::Postgres(_) => Ok(()),
    }
}

pub(crate) fn secret_key(config: &Config) -> Result<SecretKey, StartError> {
    if let Some(text) = &config.secret_key {
        return Ok(SecretKey::parse(text)?);
    }
    if let Some(path) = &config.secret_key_file {
        return Ok(SecretKey::load(path)?);
    }
    if let DatabaseUrl::Sqlite(_) = config.database_url() {
        make_private_dir(&config.data_dir)?;
    }
    Ok(SecretKey::load_or_create(&config.data_dir.join("secret.key"))?)
}

fn previous_secret_keys(config: &Config) -> Result<Vec<SecretKey>, StartError> {
    let keys = config.previous_secret_keys.iter();
    Ok(keys.map(|text| SecretKey::parse(text)).collect::<Result<_, _>>()?)
}

/// Nobody else on the machine has business in there.
fn make_private_dir(path: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return Ok(());
    }
    let failed = |source| StartError::DataDir { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        create_dir_all(parent).map_err(failed)?;
    }
    DirBuilder::new().mode(0o700).create(path).map_err(failed)
}
