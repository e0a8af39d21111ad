//! What people type and copy without meaning it (R4, R6, R7, R12): spaces and invisible
//! characters around a text, separators in a code, digits of another script.

use icu_properties::{
    CodePointSetData, CodePointSetDataBorrowed, props::DefaultIgnorableCodePoint,
};
use rlibphonenumber::PHONE_NUMBER_UTIL;

const INVISIBLE: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Whether Unicode has nothing shown for it (`Default_Ignorable_Code_Point`), such as U+200B,
/// U+FEFF, or the isolates U+2066 to U+2069 that telephones copy around numbers.
pub(crate) fn is_invisible(c: char) -> bool {
    INVISIBLE.contains(c)
}

/// Whether it joins words or groups of digits: `-`, `‐`, `–`, `−`, `ー` and their like.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{30fc}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '\u{ff70}'
    )
}

/// The ASCII digit for a decimal digit of any script, and every other character as it is.
pub(crate) fn ascii_digit(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    PHONE_NUMBER_UTIL.normalize_digits_only(c.to_string()).chars().next().unwrap_or(c)
}

/// The text without white space and invisible characters around it: a login or a token as it
/// was copied (R12).
///
/// ```
/// assert_eq!(userdom_domain::trimmed("\u{2068}ada\u{2069} \n"), "ada");
/// assert_eq!(userdom_domain::trimmed("\u{feff}"), "");
/// ```
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// A one-time code as it was meant: without spaces, dashes and invisible characters, its digits
/// and letters those of ASCII (R12).
///
/// ```
/// assert_eq!(userdom_domain::one_time_code(" 123\u{2011}456\u{200b}"), "123456");
/// assert_eq!(userdom_domain::one_time_code("۱۲۳ ۴۵۶"), "123456");
/// assert_eq!(userdom_domain::one_time_code("ｘ７ｋ２ｍ-9qp4t"), "x7k2m9qp4t");
/// ```
pub fn one_time_code(text: &str) -> String {
    let signs = text.chars().filter(|c| !c.is_whitespace() && !is_dash(*c) && !is_invisible(*c));
    signs.map(narrow).map(ascii_digit).collect()
}

/// The ASCII character for its full-width form, and every other character as it is.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use icu_properties::{CodePointMapData, props::GeneralCategory};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r12_a_digit_of_any_script_has_its_value() {
        let category = CodePointMapData::<GeneralCategory>::new();
        let digits = (0x80..=0x10_ffff).filter_map(char::from_u32);
        let digits: Vec<char> =
            digits.filter(|c| category.get(*c) == GeneralCategory::DecimalNumber).collect();
        assert!(digits.len() > 600, "{}", digits.len());
        // Unicode keeps the ten digits of a script in a row, from zero on.
        for ten in digits.chunks(10) {
            assert_eq!(ten.iter().map(|c| ascii_digit(*c)).collect::<String>(), "0123456789");
        }
    }

    #[test]
    fn r12_what_is_no_digit_stays() {
        for c in ['a', '0', '９', 'é', '²', '①', '一', '½'] {
            let digit = ascii_digit(c);
            assert!(digit == c || c == '９', "{c} {digit}");
        }
    }

    #[test]
    fn r4_white_space_and_what_cannot_be_seen_are_trimmed_at_the_ends_alone() {
        for around in [
            "\u{200b}", "\u{feff}", "\u{2066}", "\u{2069}", "\u{ad}", "\u{fe0f}", "\u{3000}",
            "\t\r\n",
        ] {
            assert_eq!(trimmed(&format!("{around}a{around}b{around}")), format!("a{around}b"));
        }
    }

    proptest! {
        #[test]
        fn r12_a_code_is_read_as_itself_again(text in any::<String>()) {
            let code = one_time_code(&text);
            prop_assert_eq!(one_time_code(&code), code);
        }
    }
}
