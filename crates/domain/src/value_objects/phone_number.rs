use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber as Parsed, PhoneNumberFormat,
    Region as KnownRegion, RegionStr,
};

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

impl PhoneNumberError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "phone.too_long",
            Self::InvalidCharacter => "phone.invalid_character",
            Self::TooFewDigits => "phone.too_few_digits",
            Self::TooManyDigits => "phone.too_many_digits",
            Self::UnknownCallingCode => "phone.unknown_calling_code",
            Self::NotPossible => "phone.not_possible",
        }
    }
}

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
    known: KnownRegion,
    code: RegionStr,
}

/// The text is not the alpha-2 code of a country with a known numbering plan (R6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown region: two letters of ISO 3166 are expected, such as US")]
pub struct RegionError;

impl RegionError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        "region.unknown"
    }
}

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
    /// The input is kept, with one exception: a number that can be understood
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

    /// The input as kept, trimmed.
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

/// A plus, digits with separators, and an extension with its marker.
const SHAPE: &str = r"^[ (]*(?P<plus>\+?)(?P<number>[0-9 ().\-/]*?)(?:[ ,;]*(?:extension|extn|ext|x|#)[ .:=]*(?P<ext>[0-9]{1,11})#?)?$";

// A pattern that does not compile would refuse every number; the tests hold it.
static SHAPE_REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPE).ok());

/// Calling codes that are understood without a "+".
const GUESSED: [&str; 2] = ["44", "61"];

/// A number taken apart, before any metadata is asked.
struct Written {
    input: String,
    is_international: bool,
    /// Without "+" or "00".
    digits: String,
    extension: Option<String>,
}

impl Written {
    fn read(text: &str) -> Result<Self, PhoneNumberError> {
        let input = text.trim();
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

    fn check_least_digits(&self) -> Result<(), PhoneNumberError> {
        if self.digits.len() < PhoneNumber::MIN_DIGITS {
            return Err(PhoneNumberError::TooFewDigits);
        }
        Ok(())
    }

    /// The reading that no default region changes, if there is one.
    fn everywhere_alike(&self) -> Result<Option<Parsed>, PhoneNumberError> {
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
    fn national_in(&self, region: KnownRegion) -> Result<Parsed, PhoneNumberError> {
        let parsed = possible(&self.digits, Some(region))?;
        let code = parsed.country_code.to_string();
        let is_guess = GUESSED.contains(&code.as_str()) && self.digits.starts_with(&code);
        if is_guess && !parsed.is_valid() {
            return Err(PhoneNumberError::NotPossible);
        }
        Ok(parsed)
    }

    fn with_extension(&self, number: &str, marker: &str) -> String {
        match &self.extension {
            Some(extension) => format!("{number}{marker}{extension}"),
            None => number.to_owned(),
        }
    }
}

/// Digits of any script, and the forms of "+" and of the separators that come
/// with a foreign keyboard or a copied text. Other control characters have none.
fn plain_char(c: char) -> Option<char> {
    match c {
        ' '..='~' => Some(c.to_ascii_lowercase()),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff0d}' => Some('-'),
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).map(|wide| wide.to_ascii_lowercase())
        }
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' => Some(' '),
        _ if c.is_whitespace() && !c.is_control() => Some(' '),
        _ => PHONE_NUMBER_UTIL.normalize_digits_only(c.to_string()).chars().next(),
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
    Parsed::parse(number, region).map_err(|error| match error {
        ParseError::InvalidCountryCode => PhoneNumberError::UnknownCallingCode,
        _ => PhoneNumberError::NotPossible,
    })
}

fn e164(parsed: &Parsed) -> String {
    format!("+{}{}", parsed.country_code, parsed.get_national_significant_number())
}

fn international(written: &Written, parsed: &Parsed) -> String {
    written.with_extension(&parsed.format_as(PhoneNumberFormat::International), " ext. ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rlibphonenumber::PhoneNumberType;

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn phone_in(region: &str, text: &str) -> PhoneNumber {
        PhoneNumber::parse(text, Some(Region::parse(region).unwrap()))
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn code(text: &str) -> &'static str {
        PhoneNumber::parse(text, None).expect_err(text).code()
    }

    #[test]
    fn r6_all_forms_of_a_number_are_kept() {
        let us = phone(" +1 (555) 123-4567 ");
        assert_eq!(us.as_str(), "+1 (555) 123-4567");
        assert_eq!(us.e164(), Some("+15551234567"));
        assert_eq!(
            (us.calling_code(), us.national(), us.extension()),
            ("+1", "(555) 123-4567", None)
        );
        let uk = phone("+44 20 7946 0018");
        assert_eq!((uk.calling_code(), uk.national()), ("+44", "020 7946 0018"));
    }

    #[test]
    fn r6_fewer_than_10_digits_are_refused() {
        let error = PhoneNumber::parse("555-1234", None).unwrap_err();
        assert_eq!(error.to_string(), "Phone number must have at least 10 digits");
        for text in ["", "+", "00", "123456789", "555-1234 ext. 123"] {
            assert_eq!(code(text), "phone.too_few_digits", "{text}");
        }
        let german = Region::parse("DE").unwrap();
        assert_eq!(
            PhoneNumber::parse("030 12345", Some(german)),
            Err(PhoneNumberError::TooFewDigits)
        );
    }

    #[test]
    fn r6_a_short_number_is_accepted_when_international_and_valid() {
        assert_eq!(phone("+298 201234").e164(), Some("+298201234"));
        assert_eq!(phone("00298 201234").e164(), Some("+298201234"));
        assert_eq!(code("+298 000000"), "phone.too_few_digits");
        assert_eq!(code("298 201234"), "phone.too_few_digits");
    }

    #[test]
    fn r6_eleven_digits_that_start_with_1_are_plus_1() {
        assert_eq!(phone("1 555 123 4567").e164(), Some("+15551234567"));
        assert_eq!(phone_in("GB", "15551234567").e164(), Some("+15551234567"));
    }

    #[test]
    fn r6_digits_that_start_with_44_or_61_need_to_be_valid() {
        assert_eq!(phone("442079460018").e164(), Some("+442079460018"));
        assert_eq!(phone("61 2 9374 4000").e164(), Some("+61293744000"));
        let ohio = phone("614-555-0100");
        assert_eq!(
            (ohio.calling_code(), ohio.e164(), ohio.national()),
            ("+??", None, "6145550100")
        );
        assert_eq!(phone("4412345678").calling_code(), "+??");
        assert_eq!(phone_in("US", "614-555-0100").e164(), Some("+16145550100"));
        let australia = Region::parse("AU").unwrap();
        assert_eq!(
            PhoneNumber::parse("614-555-0100", Some(australia)),
            Err(PhoneNumberError::NotPossible)
        );
    }

    #[test]
    fn r6_a_leading_00_is_a_plus() {
        assert_eq!(phone("0044 20 7946 0018").key(), phone("+44 20 7946 0018").key());
    }

    #[test]
    fn r6_the_default_region_reads_national_numbers() {
        assert_eq!(phone_in("US", "(555) 123-4567").e164(), Some("+15551234567"));
        assert_eq!(phone_in("GB", "020 7946 0018").e164(), Some("+442079460018"));
        assert_eq!(phone_in("IT", "06 1234 5678").e164(), Some("+390612345678"));
        assert_eq!(phone_in("US", "+44 20 7946 0018").calling_code(), "+44");
        let us = Region::parse("US").unwrap();
        assert_eq!(
            PhoneNumber::parse("0171 123 4567 89", Some(us)),
            Err(PhoneNumberError::NotPossible)
        );
    }

    #[test]
    fn r6_without_a_region_the_calling_code_is_unknown() {
        let number = phone("(030) 1234-5678");
        assert_eq!((number.calling_code(), number.national()), ("+??", "03012345678"));
        assert_eq!((number.e164(), number.key()), (None, "03012345678"));
    }

    #[test]
    fn r6_more_than_15_digits_are_refused() {
        assert_eq!(code("1234567890123456"), "phone.too_many_digits");
        assert_eq!(code("+1234567890123456"), "phone.too_many_digits");
        assert_eq!(phone("123456789012345").calling_code(), "+??");
        let germany = Region::parse("DE").unwrap();
        let long = PhoneNumber::parse("30123456789012", Some(germany));
        assert_eq!(long, Err(PhoneNumberError::TooManyDigits));
    }

    #[test]
    fn r6_an_unassigned_calling_code_is_refused() {
        for text in ["+999 123 456 7890", "00999 1234567890", "+0 123 456 7890", "+210 1234567"] {
            assert_eq!(code(text), "phone.unknown_calling_code", "{text}");
        }
    }

    #[test]
    fn r6_a_length_that_no_number_of_the_country_has_is_refused() {
        for text in ["+1 555 123 45678", "+1 000 000 0000", "+298 12345678"] {
            assert_eq!(code(text), "phone.not_possible", "{text}");
        }
    }

    #[test]
    fn r6_letters_and_stray_signs_are_refused() {
        for text in [
            "1-800-FLOWERS",
            "call +1 555 123 4567",
            "+1 555 123 4567 abc",
            "++1 555 123 4567",
            "1+5551234567",
            "555\n1234567",
            "5551234567\0",
            "tel:+15551234567",
            "555*123*4567",
            "+1 555 123 4567 x",
            "①⑤⑤⑤①②③④⑤⑥⑦",
        ] {
            assert_eq!(code(text), "phone.invalid_character", "{text:?}");
        }
    }

    #[test]
    fn r6_possible_is_enough_where_a_plus_is_given() {
        assert_eq!(phone("+1-555-123-4567").e164(), Some("+15551234567"));
    }

    #[test]
    fn r6_numbers_of_every_country_are_accepted_and_survive_their_row() {
        for known in PHONE_NUMBER_UTIL.get_supported_regions() {
            let region = Region::parse(&known.to_string()).ok();
            for kind in [PhoneNumberType::FixedLine, PhoneNumberType::Mobile] {
                let found = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(known, kind);
                let Ok(example) = found else { continue };
                let number = phone(&e164(&example));
                assert_eq!(number.e164(), Some(e164(&example).as_str()), "{known} {kind:?}");
                check(&example.format_as(PhoneNumberFormat::National), region).unwrap();
                check(&example.format_as(PhoneNumberFormat::International), region).unwrap();
            }
        }
    }

    #[test]
    fn r6_extensions_are_kept() {
        for text in [
            "+1 555 123 4567 ext. 12",
            "+1 555 123 4567 x12",
            "+1 555 123 4567x12",
            "+1 555 123 4567 #12",
            "+1 555 123 4567, Extension: 12",
            "+1 555 123 4567;ext=12",
        ] {
            let number = phone(text);
            assert_eq!(number.extension(), Some("12"), "{text}");
            assert_eq!(number.key(), "+15551234567;ext=12");
            assert_eq!(number.national(), "(555) 123-4567 ext. 12");
            assert_eq!(number.e164(), Some("+15551234567"));
        }
        assert_ne!(phone("+15551234567 x12").key(), phone("+15551234567 x13").key());
        assert_eq!(phone("(030) 1234-5678 x9").key(), "03012345678;ext=9");
    }

    #[test]
    fn r6_digits_and_separators_of_other_scripts_are_read() {
        assert_eq!(phone("＋１ ５５５ １２３ ４５６７").e164(), Some("+15551234567"));
        assert_eq!(phone("+١٥٥٥١٢٣٤٥٦٧").e164(), Some("+15551234567"));
        assert_eq!(phone("+1\u{a0}555\u{2011}123\u{2013}4567").e164(), Some("+15551234567"));
    }

    #[test]
    fn r6_the_input_has_at_most_50_characters() {
        assert_eq!(phone(&format!("+1{}5551234567", " ".repeat(38))).as_str().len(), 50);
        assert_eq!(code(&format!("+1{}5551234567", " ".repeat(39))), "phone.too_long");
    }

    #[test]
    fn r6_a_region_is_an_alpha_2_code_with_a_numbering_plan() {
        assert_eq!(Region::parse(" gb ").unwrap().to_string(), "GB");
        for text in ["", "USA", "ZZ", "001", "U1", "é"] {
            assert_eq!(Region::parse(text).unwrap_err().code(), "region.unknown", "{text}");
        }
    }

    #[test]
    fn r6_a_number_dialled_from_abroad_is_kept_in_international_form() {
        let number = phone_in("US", "011 44 20 7946 0018");
        assert_eq!(number.as_str(), "+44 20 7946 0018");
        assert_eq!(PhoneNumber::restore(number.as_str(), Some("+44")), Ok(number));
    }

    #[test]
    fn r6_a_stored_number_comes_back_as_it_was() {
        for number in [
            phone("614-555-0100"),
            phone_in("US", "614-555-0100"),
            phone_in("CA", "614-555-0100"),
            phone_in("JE", "01534 123456"),
            phone_in("IT", "06 1234 5678 x7"),
        ] {
            assert_eq!(
                PhoneNumber::restore(number.as_str(), Some(number.calling_code())),
                Ok(number)
            );
        }
    }

    #[test]
    fn r6_a_stored_calling_code_that_does_not_fit_is_not_believed() {
        for guess in [Some("+61"), Some("+800"), Some("+0"), Some("nonsense"), Some(""), None] {
            assert_eq!(
                PhoneNumber::restore("614-555-0100", guess),
                Ok(phone("614-555-0100")),
                "{guess:?}"
            );
        }
        assert_eq!(PhoneNumber::restore("+15551234567", Some("+??")), Ok(phone("+15551234567")));
    }

    fn check(text: &str, region: Option<Region>) -> Result<(), TestCaseError> {
        if let Ok(number) = PhoneNumber::parse(text, region) {
            prop_assert_eq!(PhoneNumber::parse(number.as_str(), region), Ok(number.clone()));
            prop_assert_eq!(
                PhoneNumber::restore(number.as_str(), Some(number.calling_code())),
                Ok(number.clone())
            );
            prop_assert!(number.calling_code().len() <= 5, "{:?}", number);
            for text in [number.as_str(), number.national(), number.key()] {
                prop_assert!(text.chars().count() <= 50, "{:?}", number);
            }
            if let Some(e164) = number.e164() {
                let again = phone(e164);
                prop_assert_eq!(again.e164(), Some(e164));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn r6_any_text_is_read_or_refused(text in any::<String>(), code in any::<String>()) {
            check(&text, None)?;
            let _ = PhoneNumber::restore(&text, Some(&code));
            let _ = Region::parse(&code);
        }

        #[test]
        fn r6_a_number_survives_its_row(start in r"(|\+|00|0|1|011|010|0011|810|44|61|119|8)", rest in "[0-9]{5,13}", end in "(| x[0-9]{1,11})", region in "[A-Z]{2}") {
            check(&format!("{start}{rest}{end}"), Region::parse(&region).ok())?;
        }
    }
}
