//! The short texts of a profile (rule R10).

use std::fmt;
use std::str::FromStr;

mod avatar_url;
mod bio;
mod gender;
mod language_tag;
mod time_zone_name;

pub use avatar_url::{AvatarUrl, AvatarUrlError};
pub use bio::{Bio, BioError};
pub use gender::{Gender, GenderError};
pub use language_tag::{LanguageTag, LanguageTagError};
pub use time_zone_name::{TimeZoneName, TimeZoneNameError};

/// The standard traits that every text here has alike.
macro_rules! text_traits {
    ($($name:ident: $error:ident),+) => {$(
        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    )+};
}

text_traits!(
    LanguageTag: LanguageTagError,
    TimeZoneName: TimeZoneNameError,
    AvatarUrl: AvatarUrlError,
    Gender: GenderError,
    Bio: BioError
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn r10_profile_texts_are_read_as_themselves_again(text in any::<String>(), tag in "[a-zA-Z]{1,4}(-[a-zA-Z0-9]{1,5}){0,2}", url in "https?://[a-z.@:\\[\\]0-9]{0,9}[/?#]?[ -~]{0,9}", lines in "[a-z\r\n\t \u{301}\u{344}]{0,20}") {
            for text in [text, tag, url, lines] {
                if let Ok(found) = LanguageTag::parse(&text) {
                    prop_assert_eq!(LanguageTag::parse(found.as_str()), Ok(found.clone()));
                    prop_assert!(found.as_str().len() <= 10);
                }
                if let Ok(found) = TimeZoneName::parse(&text) {
                    prop_assert_eq!(TimeZoneName::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = AvatarUrl::parse(&text) {
                    prop_assert_eq!(AvatarUrl::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = Gender::parse(&text) {
                    prop_assert_eq!(Gender::parse(found.as_str()), Ok(found.clone()));
                }
                if let Ok(found) = Bio::parse(&text) {
                    prop_assert_eq!(Bio::parse(found.as_str()), Ok(found.clone()));
                }
            }
        }
    }
}
