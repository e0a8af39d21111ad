use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

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

/// A text without case and accents, in any script; what has no base letter in Unicode's
/// tables (ø, ł, ß, …) is written as people do who lack the key.
///
/// ```
/// use userdom_domain::folded;
///
/// assert_eq!(folded("Ångström"), "angstrom");
/// assert_eq!(folded("Großmann-Łukasz"), "grossmann-lukasz");
/// assert_eq!(folded("Ελένη"), "ελενη");
/// ```
pub fn folded(text: &str) -> String {
    // Upper case first: it is what makes "ss" of "ß".
    let one_case = text.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let letters: String = one_case.flat_map(|c| base_letters(c).chars().chain(other(c))).collect();
    letters.nfkd().filter(|c| !is_combining_mark(*c) && !c.is_control()).collect()
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
