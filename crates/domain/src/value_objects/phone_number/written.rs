//! A number as it is written, and what the metadata of its country makes of it.

use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{
    NumberLengthType, ParseError, PhoneNumber as Parsed, PhoneNumberFormat, Region as KnownRegion,
};

use super::{PhoneNumber, PhoneNumberError};
use crate::as_typed::{ascii_digit, is_dash, is_invisible, narrow};

/// A plus, digits with separators, and an extension with its marker.
const SHAPE: &str = r"^[ (]*(?P<plus>\+?)(?P<number>[0-9 ().\-/]*?)(?:[ ,;]*(?:extension|extn|ext|x|#)[ .:=]*(?P<ext>[0-9]{1,11})#?)?$";

// A pattern that does not compile would refuse every number; the tests hold it.
static SHAPE_REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPE).ok());

/// Calling codes that are understood without a "+".
const GUESSED: [&str; 2] = ["44", "61"];

/// A number taken apart, before any metadata is asked.
pub(super) struct Written {
    pub(super) input: String,
    pub(super) is_international: bool,
    /// Without "+" or "00".
    pub(super) digits: String,
    pub(super) extension: Option<String>,
}

impl Written {
    pub(super) fn read(text: &str) -> Result<Self, PhoneNumberError> {
        let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let input = seen.trim();
        if input.chars().nth(PhoneNumber::MAX_CHARS).is_some() {
            return Err(PhoneNumberError::TooLong);
        }
        let plain = input.chars().map(plain_char).collect::<Option<String>>();
        let plain = plain.ok_or(PhoneNumberError::InvalidCharacter)?;
        let captures = SHAPE_REGEX.as_ref().and_then(|shape| shape.captures(&plain));
        let captures = captures.ok_or(PhoneNumberError::InvalidCharacter)?;
        let part = |name| captures.name(name).map_or("", |found| found.as_str());

        let digits: String = part("number").chars().filter(char::is_ascii_digit).collect();
        let (is_international, digits) = match digits.strip_prefix("00") {
            Some(rest) if part("plus").is_empty() => (true, rest.to_owned()),
            _ => (!part("plus").is_empty(), digits),
        };
        if digits.len() > PhoneNumber::MAX_DIGITS {
            return Err(PhoneNumberError::TooManyDigits);
        }
        let extension = Some(part("ext")).filter(|ext| !ext.is_empty()).map(str::to_owned);
        Ok(Self { input: input.to_owned(), is_international, digits, extension })
    }

    pub(super) fn check_least_digits(&self) -> Result<(), PhoneNumberError> {
        if self.digits.len() < PhoneNumber::MIN_DIGITS {
            return Err(PhoneNumberError::TooFewDigits);
        }
        Ok(())
    }

    /// The reading that no default region changes, if there is one.
    pub(super) fn everywhere_alike(&self) -> Result<Option<Parsed>, PhoneNumberError> {
        let international = format!("+{}", self.digits);
        if self.is_international {
            return match possible(&international, None) {
                Ok(parsed) => Ok(Some(parsed)),
                Err(PhoneNumberError::NotPossible)
                    if self.digits.len() < PhoneNumber::MIN_DIGITS =>
                {
                    Err(PhoneNumberError::TooFewDigits)
                }
                Err(other) => Err(other),
            };
        }
        self.check_least_digits()?;
        if self.digits.len() == 11 && self.digits.starts_with('1') {
            return possible(&international, None).map(Some);
        }
        // A guess by the first digits, so it must be a number that is in use.
        if GUESSED.iter().any(|code| self.digits.starts_with(code)) {
            return Ok(possible(&international, None).ok().filter(Parsed::is_valid));
        }
        Ok(None)
    }

    /// The reading as a number of one country. What only looks like its calling
    /// code is not believed here either: 614-555-0100 is no Australian number.
    pub(super) fn national_in(&self, region: KnownRegion) -> Result<Parsed, PhoneNumberError> {
        let parsed = possible(&self.digits, Some(region))?;
        let code = parsed.country_code.to_string();
        let is_guess = GUESSED.contains(&code.as_str()) && self.digits.starts_with(&code);
        if is_guess && !parsed.is_valid() {
            return Err(PhoneNumberError::NotPossible);
        }
        Ok(parsed)
    }

    pub(super) fn with_extension(&self, number: &str, marker: &str) -> String {
        match &self.extension {
            Some(extension) => format!("{number}{marker}{extension}"),
            None => number.to_owned(),
        }
    }
}

/// Digits of any script, and the forms of "+" and of the separators that come
/// with a foreign keyboard or a copied text. Control characters have none.
fn plain_char(c: char) -> Option<char> {
    match ascii_digit(narrow(c)) {
        plain @ ' '..='~' => Some(plain.to_ascii_lowercase()),
        dash if is_dash(dash) => Some('-'),
        space if space.is_whitespace() && !space.is_control() => Some(' '),
        _ => None,
    }
}

/// Asks the metadata: a number that its country could assign.
fn possible(number: &str, region: Option<KnownRegion>) -> Result<Parsed, PhoneNumberError> {
    let parsed = metadata_reading(number, region)?;
    // libphonenumber drops one trunk prefix. Where another is left behind it, the
    // E.164 form names two numbers, and could not be stored and read again.
    if metadata_reading(&e164(&parsed), None)? != parsed {
        return Err(PhoneNumberError::NotPossible);
    }
    let length = parsed.is_possible_with_reason();
    if parsed.national_number == 0 || length != Ok(NumberLengthType::IsPossible) {
        return Err(PhoneNumberError::NotPossible);
    }
    // What counts is the whole number: a default region adds its calling code,
    // and a trunk prefix goes.
    let digits = e164(&parsed).len() - "+".len();
    if digits > PhoneNumber::MAX_DIGITS {
        return Err(PhoneNumberError::TooManyDigits);
    }
    if digits < PhoneNumber::MIN_DIGITS && !parsed.is_valid() {
        return Err(PhoneNumberError::TooFewDigits);
    }
    Ok(parsed)
}

fn metadata_reading(number: &str, region: Option<KnownRegion>) -> Result<Parsed, PhoneNumberError> {
    Parsed::parse(number, region).map_err(|error| {
        if error == ParseError::InvalidCountryCode {
            PhoneNumberError::UnknownCallingCode
        } else {
            PhoneNumberError::NotPossible
        }
    })
}

pub(super) fn e164(parsed: &Parsed) -> String {
    format!("+{}{}", parsed.country_code, parsed.get_national_significant_number())
}

pub(super) fn international(written: &Written, parsed: &Parsed) -> String {
    written.with_extension(&parsed.format_as(PhoneNumberFormat::International), " ext. ")
}
