//! How the texts of settings are read.

use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;
use userdom_domain::{Region, Username};
use userdom_infrastructure::{persistence::DatabaseUrl, security::RedisLimiter};

use super::LogFormat;

/// A kind of values: how a text is read, and what to say of a text that is none of them.
pub(super) struct Kind<T> {
    pub(super) expected: &'static str,
    pub(super) read: fn(&str) -> Option<T>,
}

const fn kind<T>(expected: &'static str, read: fn(&str) -> Option<T>) -> Kind<T> {
    Kind { expected, read }
}

pub(super) const TEXT: Kind<String> = kind("text", |text| Some(text.to_owned()));

pub(super) const TEXTS: Kind<Vec<String>> =
    kind("texts with commas between", |text| list(text, |part| Some(part.to_owned())));

pub(super) const PATH: Kind<PathBuf> = kind("a path", |text| Some(text.into()));

pub(super) const SWITCH: Kind<bool> = kind("on or off", |text| match text {
    "on" => Some(true),
    "off" => Some(false),
    _ => None,
});

pub(super) const LOG_FORMAT: Kind<LogFormat> = kind("pretty or json", |text| match text {
    "pretty" => Some(LogFormat::Pretty),
    "json" => Some(LogFormat::Json),
    _ => None,
});

pub(super) const CONNECTIONS: Kind<usize> =
    kind("a number of connections from 1 to 1000000", |text| number(text, 1..=1_000_000));

pub(super) const PASSWORD_LENGTH: Kind<usize> =
    kind("a number from 8 to 128", |text| number(text, 8..=128));

pub(super) const MINUTES: Kind<TimeDelta> = kind("a number of minutes from 1 to 1440", |text| {
    number(text, 1..=1440).map(TimeDelta::minutes)
});

pub(super) const DAYS: Kind<TimeDelta> =
    kind("a number of days from 1 to 3650", |text| number(text, 1..=3650).map(TimeDelta::days));

pub(super) const DRAIN: Kind<Duration> = kind("a number of seconds from 0 to 3600", |text| {
    number(text, 0..=3600).map(Duration::from_secs)
});

pub(super) const STOP: Kind<Duration> = kind("a number of seconds from 5 to 7200", |text| {
    number(text, 5..=7200).map(Duration::from_secs)
});

pub(super) const ADDRESS: Kind<SocketAddr> =
    kind("an address and a port, as in 127.0.0.1:8080", |text| text.parse().ok());

pub(super) const NETWORKS: Kind<Vec<IpNet>> =
    kind("addresses or networks with commas between, as in 10.0.0.0/8, ::1", networks);

pub(super) const DATABASE_URL: Kind<DatabaseUrl> =
    kind("sqlite://<path of a file> or postgres://<user>:<password>@<host>/<database>", |text| {
        text.parse().ok()
    });

pub(super) const PUBLIC_URL: Kind<String> =
    kind("an http or https URL without query, as in https://accounts.example.org", public_url);

pub(super) const HTTP_URL: Kind<String> = kind("an http or https URL", |text| {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| text.to_owned())
});

pub(super) const SMTP_URL: Kind<String> = kind("smtp(s)://user:password@host:port", |text| {
    (text.starts_with("smtp://") || text.starts_with("smtps://")).then(|| text.to_owned())
});

pub(super) const REDIS_URL: Kind<String> =
    kind("redis://user:password@host:port/database (TLS is not supported)", |text| {
        RedisLimiter::accepts(text).then(|| text.to_owned())
    });

pub(super) const ORIGINS: Kind<Vec<String>> = kind(
    "origins with commas between, as in https://app.example.org, http://localhost:5173: http or \
     https, a host and perhaps a port, without path, and neither * nor null",
    origins,
);

/// Authenticator apps take a colon for the end of the name.
pub(super) const ISSUER: Kind<String> =
    kind("a name of 1 to 64 characters without a colon", |text| {
        let is_name =
            text.chars().count() <= 64 && !text.contains(|c: char| c == ':' || c.is_control());
        is_name.then(|| text.to_owned())
    });

pub(super) const REGION: Kind<Region> =
    kind("a country of two letters, as in US", |text| Region::parse(text).ok());

pub(super) const USERNAMES: Kind<Vec<String>> = kind("usernames with commas between", |text| {
    list(text, |name| Username::parse(name).ok().map(|name| name.to_string()))
});

/// The URL of a database as it may be shown.
pub(super) fn without_credentials(text: &str) -> String {
    text.parse().map_or_else(|_| "(hidden)".to_owned(), |url: DatabaseUrl| url.to_string())
}

fn number<N: FromStr + PartialOrd>(text: &str, range: RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|part| read(part.trim())).collect()
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    list(text, |part| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok())
}

/// Without the slash at its end: links are put behind it.
fn public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (web && plain).then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// Each as a browser sends it: small letters, no port that the scheme has anyway, no slash.
fn origins(text: &str) -> Option<Vec<String>> {
    list(text, |part| {
        let url = Url::parse(part).ok()?;
        let web = matches!(url.scheme(), "http" | "https");
        let origin = url.origin().ascii_serialization();
        // What is more than an origin, such as a path or a name, would be lost without a word.
        let is_plain = url.as_str() == format!("{origin}/") && !url.as_str().contains('*');
        (web && is_plain).then_some(origin)
    })
}
