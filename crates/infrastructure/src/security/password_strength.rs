use std::cmp::Ordering;

use userdom_application::ports::{PasswordStrength, WeakPassword};
use userdom_domain::Password;
use zeroize::Zeroizing;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// A header of comments, an empty line, then one password a line, sorted by bytes.
static COMMON: &str = include_str!("../../data/common-passwords.txt");

/// zxcvbn's work grows with the square of the length. What follows the first
/// hundred characters cannot make a password easier to guess.
const JUDGED_CHARS: usize = 100;

/// Judges passwords by the list of common ones and by zxcvbn.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZxcvbnStrength;

impl PasswordStrength for ZxcvbnStrength {
    fn assess(&self, password: &Password, own_words: &[&str]) -> Result<(), WeakPassword> {
        let lower = Zeroizing::new(password.expose().to_lowercase());
        if is_common(lower.trim()) {
            return Err(WeakPassword::Common);
        }
        let start: Zeroizing<String> =
            Zeroizing::new(password.expose().chars().take(JUDGED_CHARS).collect());
        let verdict = zxcvbn(&start, &with_parts(own_words));
        if verdict.score() >= Score::Three {
            return Ok(());
        }
        Err(WeakPassword::Guessable { hint: hint(verdict.feedback()) })
    }
}

/// The words and their parts: zxcvbn knows `jane.doe@example.com` only as a whole.
fn with_parts<'a>(own_words: &[&'a str]) -> Vec<&'a str> {
    let parts = own_words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.filter(|part| part.chars().count() > 2);
    own_words.iter().copied().filter(|word| !word.is_empty()).chain(parts).collect()
}

/// Searches the embedded text itself, so that nothing is built at start.
fn is_common(wanted: &str) -> bool {
    let list = COMMON.split_once("\n\n").map_or(COMMON, |(_, list)| list);
    let mut rest = list.as_bytes();
    while !rest.is_empty() {
        let (left, _) = rest.split_at(rest.len() / 2);
        let start = left.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (before, from_line) = rest.split_at(start);
        let end = from_line.iter().position(|byte| *byte == b'\n').unwrap_or(from_line.len());
        let (line, after) = from_line.split_at(end);
        match line.cmp(wanted.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => rest = after.strip_prefix(b"\n").unwrap_or(after),
            Ordering::Greater => rest = before,
        }
    }
    false
}

fn hint(feedback: Option<&Feedback>) -> String {
    let warning = feedback.and_then(Feedback::warning).map(|warning| clause(&warning.to_string()));
    let advice = feedback.and_then(|feedback| feedback.suggestions().first());
    let advice = advice.map(|advice| clause(&advice.to_string()));
    match (warning, advice) {
        (Some(warning), Some(advice)) => format!("{warning}, so {advice}"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "add another word or two".to_owned(),
    }
}

/// The first sentence of zxcvbn's as a part of ours.
fn clause(sentences: &str) -> String {
    let mut chars = sentences.split('.').next().unwrap_or_default().chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn assess(text: &str, own_words: &[&str]) -> Result<(), WeakPassword> {
        ZxcvbnStrength.assess(&Password::parse(text, 8).unwrap(), own_words)
    }

    fn entries() -> Vec<&'static str> {
        COMMON.split_once("\n\n").unwrap().1.lines().collect()
    }

    #[test]
    fn the_list_is_sorted_unique_and_in_lower_case() {
        let entries = entries();
        assert!(entries.len() > 8_000);
        assert!(entries.is_sorted_by(|a, b| a < b));
        for entry in entries {
            assert!(entry.chars().count() >= 8, "{entry}");
            assert_eq!(entry.to_lowercase(), entry);
        }
    }

    #[test]
    fn r12_every_entry_of_the_list_is_found_and_its_neighbours_are_not() {
        for entry in entries() {
            assert!(is_common(entry), "{entry}");
            assert!(!is_common(&format!("{entry}\u{10ffff}")), "{entry}");
        }
        for other in ["", "\n", "#", "~~~~~~~~~~~~", "password1\npassword2"] {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn r12_a_common_password_is_refused_in_any_case() {
        for text in ["password1", "PassWord1", " password1 ", "iloveyou", "1234567890"] {
            assert_eq!(assess(text, &[]), Err(WeakPassword::Common), "{text}");
        }
    }

    #[test]
    fn r12_a_password_of_own_words_is_refused() {
        let own = ["janedoesmith", "jane.doesmith@quuxcorp.example", "Jane", ""];
        for text in ["janedoesmith", "janedoesmith1", "doesmithquuxcorp", "quuxcorp2024"] {
            let verdict = assess(text, &own);
            assert!(matches!(verdict, Err(WeakPassword::Guessable { .. })), "{text}");
        }
    }

    #[test]
    fn r12_what_can_be_guessed_is_refused_with_a_hint() {
        let message = |text| assess(text, &[]).unwrap_err().to_string();
        assert_eq!(
            message("abcdefghijk"),
            "This password is too easy to guess; sequences like abc or 6543 are easy to guess, \
             so add another word or two"
        );
        for text in ["aaaaaaaaaaaaa", "qwertyasdfgh1", "P@ssw0rd2024", "19870612abc"] {
            let message = message(text);
            assert!(message.len() < 160 && !message.ends_with('.'), "{message}");
        }
    }

    #[test]
    fn r12_a_strong_password_passes() {
        for text in ["correct horse battery staple", "xk7#Qp2!vLm9", "пять медведей едят мёд"]
        {
            assert_eq!(assess(text, &["jane", "jane@example.com"]), Ok(()), "{text}");
        }
    }

    #[test]
    fn r12_the_longest_passwords_are_judged_in_bounded_time() {
        let start = Instant::now();
        for text in ["a".repeat(1024), "ab1!".repeat(256), "p@ssw0rd".repeat(128)] {
            let _ = assess(&text, &["jane", "jane.doe@example.com"]);
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}
