//! How views are written as JSON.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

/// RFC 3339 in UTC, with as many decimals as the moment has. Its years have four digits: what
/// lies beyond, another application wrote (R29).
pub(super) fn time<S: Serializer>(
    moment: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let moment = match moment.year() {
        ..0 => return serializer.serialize_str("0000-01-01T00:00:00Z"),
        10_000.. => return serializer.serialize_str("9999-12-31T23:59:59Z"),
        0..=9999 => moment,
    };
    serializer.collect_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
pub(super) fn maybe_time<S: Serializer>(
    moment: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => time(moment, serializer),
        None => serializer.serialize_none(),
    }
}

/// Keys with the texts of their values, in their order.
pub(super) fn raw_entries<S: Serializer>(
    entries: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (key, json) in entries {
        // What many readers of JSON do not take, such as half a surrogate pair, is shown as text.
        if serde_json::from_str::<serde_json::Value>(json).is_ok() {
            map.serialize_entry(key, &serde_json::from_str::<&RawValue>(json).ok())?;
        } else {
            map.serialize_entry(key, json)?;
        }
    }
    map.end()
}
