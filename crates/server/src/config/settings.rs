use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use ipnet::IpNet;
use userdom_domain::Region;
use userdom_infrastructure::persistence::DatabaseUrl;

use super::{
    ConfigError, LogFormat,
    declaration::{Setting, Shown, settings},
    kinds,
    texts::Texts,
};

settings! {
    /// Address and port to listen on. Port 0 takes a free one; the log names it
    "USERDOM_BIND" => bind: SocketAddr, with_default("127.0.0.1:8080"), kinds::ADDRESS;

    /// Folder of the database file, the key and the files of messages of the embedded default
    "USERDOM_DATA_DIR" => data_dir: PathBuf, with_default("./userdom-data"), kinds::PATH;

    /// `sqlite://<path of a file>` or `postgres://<user>:<password>@<host>/<database>`
    "USERDOM_DATABASE_URL" => database: Option<DatabaseUrl>,
        optional("`sqlite://<data dir>/userdom.db`"), kinds::DATABASE_URL,
        Shown::Redacted(kinds::without_credentials);

    /// What links in mail start with; nothing of a request ever is. Set it whenever a proxy stands
    /// before the service. A path is allowed, a query is not
    "USERDOM_PUBLIC_URL" => public_url: Option<String>, optional("`http://<bind>`"),
        kinds::PUBLIC_URL;

    /// At least 32 random bytes in base64 or hex: `openssl rand -base64 32`. Placeholders and
    /// patterns are refused
    "USERDOM_SECRET_KEY" => secret_key: Option<String>, optional("none"), kinds::TEXT,
        Shown::Never;

    /// A file with the key, which nobody but its owner may read (`chmod 600`).
    /// `USERDOM_SECRET_KEY` goes before it
    "USERDOM_SECRET_KEY_FILE" => secret_key_file: Option<PathBuf>,
        optional("`<data dir>/secret.key` on SQLite"), kinds::PATH;

    /// Earlier keys, with commas between: what was made with them stays good. See
    /// [another key](#another-secret-key)
    "USERDOM_PREVIOUS_SECRET_KEYS" => previous_secret_keys: Vec<String>, list("none"),
        kinds::TEXTS, Shown::Never;

    /// `smtps://user:password@host:port` (TLS from the start), or `smtp://…` (plain;
    /// `?tls=required` for STARTTLS)
    "USERDOM_SMTP_URL" => smtp_url: Option<String>,
        optional("none: one file a mail in `<data dir>/mail`"), kinds::SMTP_URL, Shown::Never;

    /// Sender of mail, as `Name <user@host>`
    "USERDOM_MAIL_FROM" => mail_from: String, with_default("Userdom <userdom@localhost>"), kinds::TEXT;

    /// An `http` or `https` URL that takes text messages, see [below](#text-messages)
    "USERDOM_SMS_URL" => sms_url: Option<String>,
        optional("none: one file a message in `<data dir>/sms`"), kinds::HTTP_URL, Shown::Never;

    /// `redis://user:password@host:port/database`: shares the [rate limits](#rate-limits) among
    /// instances. Without TLS
    "USERDOM_REDIS_URL" => redis_url: Option<String>,
        optional("none: each instance counts for itself"), kinds::REDIS_URL, Shown::Never;

    /// Addresses or networks, separated by commas, as in `10.0.0.0/8, ::1`. What a proxy in them
    /// says in `X-Forwarded-For` is believed; of anybody else nothing is
    "USERDOM_TRUSTED_PROXIES" => trusted_proxies: Vec<IpNet>, list("none"),
        kinds::NETWORKS;

    /// [Connections](#connections) at once; 1 to 1000000. Fewer, if the process may not have a
    /// third more files open
    "USERDOM_MAX_CONNECTIONS" => max_connections: usize, with_default("4096"), kinds::CONNECTIONS;

    /// The same from one address, or one IPv6 network of /64; 1 to 1000000. Not for trusted
    /// proxies
    "USERDOM_MAX_CONNECTIONS_PER_ADDRESS" => max_connections_per_address: usize, with_default("1024"),
        kinds::CONNECTIONS;

    /// How long a service that was asked to [stop](#health-and-stop) still serves while it is not
    /// ready; 0 to 3600. A terminal is one at standard input or standard error
    "USERDOM_DRAIN_SECONDS" => drain: Option<Duration>, optional("`5`, or `0` on a terminal"),
        kinds::DRAIN;

    /// A stop ends after so long, whatever hangs, the drain included; 5 to 7200, and at least 5
    /// more than the drain
    "USERDOM_STOP_SECONDS" => stop: Duration, with_default("30"), kinds::STOP;

    /// Origins, separated by commas, as in `https://app.example.org, http://localhost:5173`:
    /// scripts of their pages may [use the API](api.md#from-a-page-of-another-origin). Exact ones:
    /// a scheme, a host and perhaps a port, without path; no `*`
    "USERDOM_CORS_ORIGINS" => cors_origins: Vec<String>, list("none"), kinds::ORIGINS;

    /// `off` for tests and measurements; warned about at the start
    "USERDOM_RATE_LIMITS" => rate_limits: bool, with_default("on"), kinds::SWITCH;

    /// `on`: a change of a user without `If-Match` is refused with 428
    "USERDOM_REQUIRE_IF_MATCH" => requires_if_match: bool, with_default("off"), kinds::SWITCH;

    /// `on`: `GET /graphql` shows `GraphiQL` to browsers. For development: its script comes
    /// from unpkg.com
    "USERDOM_GRAPHIQL" => shows_graphiql: bool, with_default("off"), kinds::SWITCH;

    /// How long an access token lasts; 1 to 1440
    "USERDOM_ACCESS_TOKEN_MINUTES" => access_token_ttl: TimeDelta, with_default("15"), kinds::MINUTES;

    /// A session ends when nobody renews it for so long; 1 to 3650
    "USERDOM_SESSION_IDLE_DAYS" => session_idle_ttl: TimeDelta, with_default("14"), kinds::DAYS;

    /// A session ends after so long in any case; 1 to 3650
    "USERDOM_SESSION_DAYS" => session_ttl: TimeDelta, with_default("90"), kinds::DAYS;

    /// After so many days accounts that never verified an email are erased; 1 to 3650
    "USERDOM_PURGE_UNVERIFIED_DAYS" => unverified_retention: TimeDelta, with_default("7"), kinds::DAYS;

    /// For so many days a deleted account can be restored, then it is erased; 1 to 3650
    "USERDOM_DELETED_RETENTION_DAYS" => deleted_retention: TimeDelta, with_default("30"), kinds::DAYS;

    /// What authenticator apps call this installation: 64 characters at most, no colon
    "USERDOM_ISSUER" => issuer: String, with_default("Userdom"), kinds::ISSUER;

    /// Country of two letters for phone numbers without a calling code
    "USERDOM_DEFAULT_REGION" => default_region: Option<Region>, optional("none"), kinds::REGION;

    /// 8 to 128 characters; 15 is NIST's advice for a single factor
    "USERDOM_PASSWORD_MIN_LENGTH" => password_min_chars: usize, with_default("8"),
        kinds::PASSWORD_LENGTH;

    /// Names, separated by commas, that only admins may give, beside the built-in list (`admin`,
    /// `root`, `support` …)
    "USERDOM_RESERVED_USERNAMES" => reserved_usernames: Vec<String>, list("none"),
        kinds::USERNAMES;

    /// `pretty` or `json`. The variable `RUST_LOG` says which lines are written (default `info`)
    "USERDOM_LOG_FORMAT" => log_format: Option<LogFormat>,
        optional("`pretty` on a terminal, else `json`"), kinds::LOG_FORMAT;
}
