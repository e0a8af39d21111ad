use icu_properties::{CodePointMapData, props::Script};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::as_typed::{is_dash, is_invisible};

/// How a text is compared; never with regard to case (R28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOperator {
    /// The same text.
    Equals,
    /// Begins with it.
    StartsWith,
    /// Has it somewhere.
    Contains,
    /// Ends with it.
    EndsWith,
}

/// A test of a text (R28). Names and cities are compared without regard to accents as
/// well, by [`folded`]; everything else by [`plain`].
///
/// ```
/// use userdom_domain::{TextTest, folded, plain};
///
/// assert!(TextTest::starts_with("jose").holds_for("José", folded));
/// assert!(!TextTest::starts_with("jose").holds_for("José", plain));
/// assert!(TextTest::contains("EXAMPLE").holds_for("ada@example.org", plain));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTest {
    /// How.
    pub operator: TextOperator,
    /// With what.
    pub text: String,
}

impl TextTest {
    /// The same text.
    pub fn equals(text: impl Into<String>) -> Self {
        Self { operator: TextOperator::Equals, text: text.into() }
    }

    /// Begins with the text.
    pub fn starts_with(text: impl Into<String>) -> Self {
        Self { operator: TextOperator::StartsWith, text: text.into() }
    }

    /// Has the text somewhere.
    pub fn contains(text: impl Into<String>) -> Self {
        Self { operator: TextOperator::Contains, text: text.into() }
    }

    /// Ends with the text.
    pub fn ends_with(text: impl Into<String>) -> Self {
        Self { operator: TextOperator::EndsWith, text: text.into() }
    }

    /// Whether it holds for a value, both read by `key` ([`plain`] or [`folded`]).
    pub fn holds_for(&self, value: &str, key: fn(&str) -> String) -> bool {
        let (value, text) = (key(value), key(&self.text));
        match self.operator {
            TextOperator::Equals => value == text,
            TextOperator::StartsWith => value.starts_with(&text),
            TextOperator::Contains => value.contains(&text),
            TextOperator::EndsWith => value.ends_with(&text),
        }
    }
}

/// A text in lower case, ASCII letters only, as both databases know it.
///
/// ```
/// assert_eq!(userdom_domain::plain("Ada@Example.ORG"), "ada@example.org");
/// ```
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).map(|c| c.to_ascii_lowercase()).collect()
}

/// A text as its reader compares it (R30): without case, without the accents of Latin, Greek and
/// Cyrillic letters, without the points that Hebrew and Arabic are mostly written without, and
/// without what cannot be seen. What carries meaning stays: vowel signs, tone marks, the voicing
/// marks of kana.
///
/// What has no base letter in Unicode's tables (ø, ł, ß, …) is written as people do who lack the
/// key; all apostrophes are one, and all hyphens.
///
/// ```
/// use userdom_domain::folded;
///
/// assert_eq!(folded("Ångström"), "angstrom");
/// assert_eq!(folded("Großmann‐Łukasz"), "grossmann-lukasz");
/// assert_eq!(folded("Ελένη"), "ελενη");
/// assert_eq!(folded("O’Brien"), folded("o'brien"));
/// assert_ne!(folded("राम"), folded("रोमी"));
/// ```
pub fn folded(text: &str) -> String {
    // Upper case first: it is what makes "ss" of "ß".
    let signs = text.chars().map(one_of_its_kind).filter(|c| !is_invisible(*c));
    let one_case = signs.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let letters: String = one_case.flat_map(|c| base_letters(c).chars().chain(other(c))).collect();
    let mut accents = Accents { of_letter: false };
    let kept = letters.nfkd().map(one_of_its_kind).filter(|c| !c.is_control() && accents.keep(*c));
    kept.filter(|c| !is_invisible(*c)).nfc().collect()
}

/// Which marks are accents: that depends on the letter before them.
struct Accents {
    /// Whether the letter before is Latin, Greek or Cyrillic.
    of_letter: bool,
}

impl Accents {
    fn keep(&mut self, c: char) -> bool {
        if is_combining_mark(c) {
            return !self.of_letter && !is_optional_point(c);
        }
        let script = CodePointMapData::<Script>::new().get(c);
        self.of_letter = [Script::Latin, Script::Greek, Script::Cyrillic].contains(&script);
        true
    }
}

/// The points and cantillation marks of Hebrew, the vowel signs and hamzas above and below of
/// Arabic: one name is written with them or without, as the root collation for searches has it.
fn is_optional_point(mark: char) -> bool {
    matches!(mark, '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
        | '\u{5c7}' | '\u{64b}'..='\u{655}' | '\u{670}')
}

/// One apostrophe and one hyphen for all that people type and programs put in their place.
fn one_of_its_kind(c: char) -> char {
    match c {
        '`' | '\u{b4}' | '\u{2b9}' | '\u{2bb}' | '\u{2bc}' | '\u{2c8}' | '\u{55a}' | '\u{5f3}'
        | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{a78c}' | '\u{ff07}' => '\'',
        // The mark of a long vowel is a letter.
        '\u{30fc}' | '\u{ff70}' => c,
        _ if is_dash(c) => '-',
        _ => c,
    }
}

/// Lower-case letters that Unicode does not take apart.
fn base_letters(letter: char) -> &'static str {
    match letter {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        _ => "",
    }
}

fn other(letter: char) -> Option<char> {
    base_letters(letter).is_empty().then_some(letter)
}

/// By what names are sorted and found: the [`folded`] text, and the text itself after
/// U+0001, so that two names never share one.
///
/// ```
/// use userdom_domain::sortable;
///
/// assert!(sortable("Adam") < sortable("ádám") && sortable("ádám") < sortable("Adams"));
/// ```
pub fn sortable(text: &str) -> String {
    format!("{}\u{1}{text}", folded(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r28_each_operator_compares_as_it_says() {
        let holds = |test: TextTest| test.holds_for("Łódź-Śródmieście", folded);
        assert!(holds(TextTest::equals("lodz-SRODMIESCIE")));
        assert!(holds(TextTest::starts_with("łódź")));
        assert!(holds(TextTest::contains("Z-S")));
        assert!(holds(TextTest::ends_with("scie")));
        assert!(!holds(TextTest::equals("lodz")));
        assert!(!holds(TextTest::starts_with("odz")));
        assert!(!holds(TextTest::contains("z s")));
        assert!(!holds(TextTest::ends_with("sci")));
    }

    #[test]
    fn r30_case_and_the_accents_of_three_scripts_are_dropped() {
        for (one, other) in [
            ("JOSÉ", "jose"),
            ("Nguyễn Thị Minh Khai", "nguyen thi minh khai"),
            ("Ångström", "ANGSTROM"),
            ("Ζωή Παππά", "ζωη ΠΑΠΠΑ"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσευς"),
            ("Фёдор", "федор"),
            ("İnci", "inci"),
            ("ＡＤＡ", "ada"),
            ("ﬁona", "FIONA"),
            ("Zoe\u{308}", "Zoë"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn r30_what_carries_meaning_stays() {
        for (one, other) in [
            ("राम", "रोमी"),
            ("राम", "रम"),
            ("कि", "की"),
            ("काल", "कल"),
            ("कण", "कं"),
            ("ड", "ड़"),
            ("க", "கி"),
            ("సీత", "సత"),
            ("ಕ", "ಕು"),
            ("ക", "കാ"),
            ("මල", "මල්"),
            ("রাম", "রমা"),
            ("ਸਿੰਘ", "ਸਘ"),
            ("ก่า", "กา"),
            ("กิ", "กี"),
            ("ລາວ", "ລວ"),
            ("ភូមិ", "ភម"),
            ("မောင်", "မင"),
            ("བོད", "བད"),
            ("か", "が"),
            ("は", "ぱ"),
            ("ハ", "バ"),
            ("ﾊ", "ﾊﾞ"),
            ("한", "하"),
            ("ー", "-"),
            ("يا", "ي"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
            assert_eq!(folded(one), folded(&one.nfd().collect::<String>()), "{one}");
        }
        assert_eq!(folded("ガ"), folded("ｶﾞ"));
        // Part by part as well: a letter with a voicing mark has no part without it.
        assert!(!TextTest::contains("か").holds_for("ながい", folded));
        assert!(!TextTest::starts_with("は").holds_for("ぱぴ", folded));
    }

    #[test]
    fn r30_points_that_are_mostly_left_out_are_dropped() {
        for (one, other) in
            [("דָּוִד", "דוד"), ("مُحَمَّد", "محمد"), ("أحمد", "احمد"), ("شِہاب\u{200c}", "شہاب")]
        {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn r30_apostrophes_are_one_and_hyphens_are_one() {
        for sign in ["'", "’", "ʼ", "‘", "ʻ", "`", "´", "′", "＇", "׳"] {
            assert_eq!(folded(&format!("O{sign}Brien")), "o'brien", "{sign}");
        }
        for sign in ["-", "‐", "‑", "–", "−", "－", "־", "\u{ad}-"] {
            assert_eq!(folded(&format!("Anne{sign}Marie")), "anne-marie", "{sign}");
        }
        assert_ne!(folded("O'Brien"), folded("OBrien"));
        assert_ne!(folded("Anne-Marie"), folded("Anne Marie"));
    }

    #[test]
    fn r30_what_cannot_be_seen_makes_no_difference() {
        for sign in ["\u{200b}", "\u{200d}", "\u{ad}", "\u{2066}", "\u{fe0f}"] {
            assert_eq!(folded(&format!("A{sign}da")), "ada", "{sign:?}");
        }
    }

    #[test]
    fn signs_of_patterns_are_letters_like_any_other() {
        for sign in ["%", "_", "\\", "*", "'"] {
            assert!(!TextTest::contains(sign).holds_for("abc", plain), "{sign}");
            assert!(TextTest::equals(sign).holds_for(sign, folded), "{sign}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC*") {
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
            prop_assert_eq!(plain(&plain(&text)), plain(&text));
        }

        #[test]
        fn what_is_folded_has_no_control_character(text in ".*") {
            prop_assert!(!folded(&text).chars().chain(plain(&text).chars()).any(char::is_control));
        }

        #[test]
        fn upper_and_lower_case_fold_alike(text in "\\PC*") {
            prop_assert_eq!(folded(&text.to_uppercase()), folded(&text));
        }

        #[test]
        fn names_sort_by_their_folded_form_first(one in "\\PC{1,5}", other in "\\PC{1,5}") {
            if folded(&one) < folded(&other) {
                prop_assert!(sortable(&one) < sortable(&other));
            }
        }
    }
}
