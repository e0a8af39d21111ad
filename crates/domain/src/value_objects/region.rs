use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region as KnownRegion, RegionStr};

/// A country whose numbering plan is known: an ISO 3166 alpha-2 code (R6).
///
/// ```
/// use userdom_domain::{PhoneNumber, Region};
///
/// let germany = Region::parse("de")?;
/// assert_eq!(germany.as_str(), "DE");
/// let phone = PhoneNumber::parse("030 1234 5678", Some(germany)).unwrap();
/// assert_eq!(phone.e164(), Some("+493012345678"));
/// # Ok::<(), userdom_domain::RegionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    pub(super) known: KnownRegion,
    code: RegionStr,
}

/// The text is not the alpha-2 code of a country with a known numbering plan (R6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown region: two letters of ISO 3166 are expected, such as US")]
pub struct RegionError;

impl Region {
    /// Reads an alpha-2 code, in either case.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let known = KnownRegion::from_code(text.trim()).map_err(|_| RegionError)?;
        if PHONE_NUMBER_UTIL.get_country_code_for_region(known).is_none() {
            return Err(RegionError);
        }
        Ok(Self { known, code: known.as_region_str() })
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        self.code.as_str()
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_a_region_is_an_alpha_2_code_with_a_numbering_plan() {
        assert_eq!(Region::parse(" gb ").unwrap().to_string(), "GB");
        for text in ["", "USA", "ZZ", "001", "U1", "é"] {
            assert_eq!(Region::parse(text), Err(RegionError), "{text}");
        }
    }
}
