use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberFormat};

#[cfg(test)]
mod tests;
mod written;

use super::region::Region;
use written::{Written, e164, international};

/// A phone number (rule R6): the input as kept, at most 50 characters, and what
/// libphonenumber's metadata makes of it.
///
/// ```
/// use userdom_domain::PhoneNumber;
///
/// let phone = PhoneNumber::parse("+1-555-123-4567 ext. 12", None)?;
/// assert_eq!(phone.e164(), Some("+15551234567"));
/// assert_eq!(phone.calling_code(), "+1");
/// assert_eq!(phone.national(), "(555) 123-4567 ext. 12");
/// assert_eq!(phone.extension(), Some("12"));
/// assert!(PhoneNumber::parse("555-1234", None).is_err());
/// # Ok::<(), userdom_domain::PhoneNumberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    input: String,
    calling_code: String,
    e164: Option<String>,
    national: String,
    extension: Option<String>,
    key: String,
}

/// Why a text is not a phone number (R6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneNumberError {
    /// More than 50 characters.
    #[error("Phone number must be at most 50 characters")]
    TooLong,
    /// A letter, or anything else that does not belong in a number.
    #[error("Phone number may contain only digits, separators, a leading '+' and an extension")]
    InvalidCharacter,
    /// Fewer than 10 digits, and not a valid international number.
    #[error("Phone number must have at least 10 digits")]
    TooFewDigits,
    /// More than 15 digits.
    #[error("Phone number must have at most 15 digits")]
    TooManyDigits,
    /// The `+` is followed by a calling code that no country has.
    #[error("Phone number has an unknown calling code")]
    UnknownCallingCode,
    /// No number of its country has this length.
    #[error("Phone number is not possible in its country")]
    NotPossible,
}

crate::error_codes! {
    PhoneNumberError {
        Self::TooLong => Rule("phone.too_long", "The phone number is too long");
        Self::InvalidCharacter =>
            Rule("phone.invalid_character", "The phone number has a character that is not allowed");
        Self::TooFewDigits => Rule("phone.too_few_digits", "The phone number has too few digits");
        Self::TooManyDigits =>
            Rule("phone.too_many_digits", "The phone number has too many digits");
        Self::UnknownCallingCode =>
            Rule("phone.unknown_calling_code", "The calling code is not assigned");
        Self::NotPossible => Rule("phone.not_possible", "No such phone number is possible");
    }
}

impl PhoneNumber {
    /// The greatest length of the input, in characters.
    pub const MAX_CHARS: usize = 50;
    /// The least number of digits, unless the number is international and valid.
    pub const MIN_DIGITS: usize = 10;
    /// The greatest number of digits, the calling code included (E.164).
    pub const MAX_DIGITS: usize = 15;
    /// The calling code of a number whose country is not known.
    pub const UNKNOWN_CALLING_CODE: &'static str = "+??";

    /// Reads a number. One written without a calling code belongs to
    /// `default_region`; with none its calling code stays unknown.
    ///
    /// Invisible characters are dropped wherever they stand, and what is left is kept,
    /// with one exception: a number that can be understood
    /// only from within another country (`011 44 …` in the USA) is kept in its
    /// international form, so that [`PhoneNumber::restore`] reads it alike.
    pub fn parse(text: &str, default_region: Option<Region>) -> Result<Self, PhoneNumberError> {
        let written = Written::read(text)?;
        if let Some(parsed) = written.everywhere_alike()? {
            return Ok(Self::known(&written, &parsed));
        }
        let Some(region) = default_region else {
            return Ok(Self::unknown(&written));
        };
        let parsed = written.national_in(region.known)?;
        let number = Self::known(&written, &parsed);
        match Self::restore(&written.input, Some(&number.calling_code)) {
            Ok(restored) if restored == number => Ok(number),
            _ => Self::parse(&international(&written, &parsed), None),
        }
    }

    /// Reads a stored number again, by its input and its calling code: a number
    /// that [`PhoneNumber::parse`] has made comes back equal, whatever the
    /// default region was.
    ///
    /// A calling code that does not fit the number is not believed: other
    /// applications guess it by the first digits. Such a number is read as
    /// [`PhoneNumber::parse`] does without a region.
    pub fn restore(text: &str, calling_code: Option<&str>) -> Result<Self, PhoneNumberError> {
        let written = Written::read(text)?;
        if calling_code == Some(Self::UNKNOWN_CALLING_CODE) && !written.is_international {
            written.check_least_digits()?;
            return Ok(Self::unknown(&written));
        }
        if let Some(parsed) = written.everywhere_alike()? {
            return Ok(Self::known(&written, &parsed));
        }
        let main_region = calling_code
            .and_then(|code| code.strip_prefix('+'))
            .and_then(|digits| digits.parse().ok())
            .and_then(|digits: i32| PHONE_NUMBER_UTIL.get_region_for_country_code(digits));
        let parsed = main_region.and_then(|region| written.national_in(region).ok());
        Ok(parsed
            .map(|parsed| Self::known(&written, &parsed))
            .filter(|number| Some(number.calling_code.as_str()) == calling_code)
            .unwrap_or_else(|| Self::unknown(&written)))
    }

    /// A stored number as it stands (R29): one that is no number has no international form.
    pub fn from_stored(text: &str, calling_code: Option<&str>) -> Self {
        Self::restore(text, calling_code).unwrap_or_else(|_| Self {
            input: text.to_owned(),
            calling_code: calling_code.unwrap_or(Self::UNKNOWN_CALLING_CODE).to_owned(),
            e164: None,
            national: text.to_owned(),
            extension: None,
            key: text.to_owned(),
        })
    }

    fn known(written: &Written, parsed: &Parsed) -> Self {
        let calling_code = format!("+{}", parsed.country_code);
        let e164 = e164(parsed);
        Self {
            input: written.input.clone(),
            key: written.with_extension(&e164, ";ext="),
            national: written
                .with_extension(&parsed.format_as(PhoneNumberFormat::National), " ext. "),
            e164: Some(e164),
            calling_code,
            extension: written.extension.clone(),
        }
    }

    fn unknown(written: &Written) -> Self {
        Self {
            input: written.input.clone(),
            calling_code: Self::UNKNOWN_CALLING_CODE.to_owned(),
            e164: None,
            national: written.with_extension(&written.digits, " ext. "),
            extension: written.extension.clone(),
            key: written.with_extension(&written.digits, ";ext="),
        }
    }

    /// The input as kept, trimmed and without invisible characters.
    pub fn as_str(&self) -> &str {
        &self.input
    }

    /// The number as `+15551234567`, without its extension; `None` while the
    /// calling code is unknown.
    pub fn e164(&self) -> Option<&str> {
        self.e164.as_deref()
    }

    /// The calling code, `+1` to `+999`, or `+??` when it is unknown.
    pub fn calling_code(&self) -> &str {
        &self.calling_code
    }

    /// The number as it is written in its country, with its extension; the bare
    /// digits when the calling code is unknown.
    pub fn national(&self) -> &str {
        &self.national
    }

    /// The digits of the extension.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// What two inputs for the same number share: `+15551234567;ext=12`.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, None)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.input)
    }
}

impl AsRef<str> for PhoneNumber {
    fn as_ref(&self) -> &str {
        &self.input
    }
}
