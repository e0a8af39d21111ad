use std::{cmp::Ordering, collections::BTreeSet};

use userdom_application::ports::{PasswordStrength, WeakPassword};
use userdom_domain::Password;
use zeroize::Zeroizing;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// A header of comments, an empty line, then one password a line, sorted by bytes.
static COMMON: &str = include_str!("../../data/common-passwords.txt");

/// zxcvbn looks up every substring, forwards, backwards and once for each way to read the
/// password as l33t. This much of it takes a few milliseconds; any ten characters fit.
const WORK_OF_A_WINDOW: u64 = 160_000;
/// Of a password that does not fit one window, so many are judged.
const WINDOWS: usize = 3;
/// The limit of the user's own words for zxcvbn: it reads all of them each time.
const OWN_WORDS: usize = 64;

/// How zxcvbn reads l33t: each letter with the characters that stand for it. It tries each
/// choice of one character for each letter, and two where a character stands for two letters;
/// those are counted twice at one of the letters.
const L33T: [&[(char, u64)]; 12] = [
    &[('4', 1), ('@', 1)],
    &[('8', 1)],
    &[('(', 1), ('{', 1), ('[', 1), ('<', 1)],
    &[('3', 1)],
    &[('6', 1), ('9', 1)],
    &[('1', 1), ('!', 1), ('|', 1)],
    &[('1', 2), ('|', 2), ('7', 1)],
    &[('0', 1)],
    &[('$', 1), ('5', 1)],
    &[('+', 1), ('7', 2)],
    &[('%', 1)],
    &[('2', 1)],
];

/// Judges passwords by the list of common ones and by zxcvbn.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZxcvbnStrength;

impl PasswordStrength for ZxcvbnStrength {
    /// A password that is too much work for zxcvbn is judged in parts, and is as strong as
    /// its strongest part: the text beside that part only makes it harder to guess.
    fn assess(&self, password: &Password, own_words: &[&str]) -> Result<(), WeakPassword> {
        let lower = Zeroizing::new(password.expose().to_lowercase());
        if is_common(lower.trim()) {
            return Err(WeakPassword::Common);
        }
        let chars: Zeroizing<Vec<char>> = Zeroizing::new(password.expose().chars().collect());
        let own_words = with_parts(own_words, chars.len());
        let mut first_hint = None;
        for window in windows(&chars) {
            let window: Zeroizing<String> = Zeroizing::new(window.iter().collect());
            let verdict = zxcvbn(&window, &own_words);
            if verdict.score() >= Score::Three {
                return Ok(());
            }
            first_hint.get_or_insert_with(|| hint(verdict.feedback()));
        }
        Err(WeakPassword::Guessable { hint: first_hint.unwrap_or_else(|| hint(None)) })
    }
}

/// The whole password, if it fits; else its first windows, each as long as fits.
fn windows(password: &[char]) -> Vec<&[char]> {
    if work(password) <= WORK_OF_A_WINDOW {
        return vec![password];
    }
    let mut windows = Vec::with_capacity(WINDOWS);
    // A window that cuts the last of many equal words would take the rest for a strange one.
    let mut rest = repeated_unit(password);
    while !rest.is_empty() && windows.len() < WINDOWS {
        let fits = |length: &usize| work(rest.split_at(*length).0) <= WORK_OF_A_WINDOW;
        let length = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
        let (window, after) = rest.split_at(length);
        windows.push(window);
        rest = after;
    }
    windows
}

/// The unit that the text repeats from its start to its end, perhaps cut off the last time.
fn repeated_unit(text: &[char]) -> &[char] {
    let repeats =
        |length: &usize| text.iter().skip(*length).eq(text.iter().take(text.len() - length));
    let length = (1..=text.len() / 2).find(repeats).unwrap_or(text.len());
    text.split_at(length).0
}

/// Characters that zxcvbn hashes for one dictionary, at most; the constants are measured.
fn work(text: &[char]) -> u64 {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let substrings = length.saturating_add(4).saturating_pow(3) / 6;
    (2 + l33t_readings(text)).saturating_mul(substrings)
}

fn l33t_readings(text: &[char]) -> u64 {
    let present = |letter: &&[(char, u64)]| -> u64 {
        letter.iter().filter(|(c, _)| text.contains(c)).map(|(_, weight)| weight).sum()
    };
    let choices = L33T.iter().map(present).filter(|choices| *choices > 0);
    choices.reduce(|all, choices| all * choices).unwrap_or(0)
}

/// The words and their parts: zxcvbn knows `jane.doe@example.com` only as a whole. Words
/// longer than the password cannot be in it.
fn with_parts<'a>(own_words: &[&'a str], longest: usize) -> Vec<&'a str> {
    let parts = own_words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.filter(|part| part.chars().count() > 2);
    let words = own_words.iter().copied().filter(|word| !word.is_empty()).chain(parts);
    let mut known = BTreeSet::new();
    let fitting = words.filter(|word| word.chars().count() <= longest && known.insert(*word));
    fitting.take(OWN_WORDS).collect()
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

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    /// Seen to fail with the first hundred characters judged whole.
    #[test]
    fn r12_the_work_of_judging_is_bounded_whatever_the_password_is() {
        let l33t = "4@8({[<3691!|0$5+7%2";
        let mut texts = vec![
            "4@8({[<3691!|0$5+7%2\"*5".to_owned(),
            l33t.repeat(51),
            "p@ssw0rd".repeat(128),
            "a".repeat(1024),
            "10l1!1|".repeat(146),
            "31415926535897932384626433832795028841971".repeat(24),
            (0..1024 / 3).filter_map(|n| char::from_u32(0x4e00 + n * 7)).collect(),
        ];
        texts.extend((1..20).map(|n| l33t.chars().step_by(n).chain("abc".chars()).collect()));
        for text in texts {
            let text = chars(&text);
            let windows = windows(&text);
            assert!(!windows.is_empty() && windows.len() <= WINDOWS);
            for window in windows {
                assert!(work(window) <= WORK_OF_A_WINDOW, "{window:?}");
            }
        }
    }

    #[test]
    fn r12_the_work_is_bounded_for_any_mixture() {
        let alphabet = chars("4@8({[<3691!|0$5+7%2abé漢");
        let mut random = 88_172_645_463_325_252_usize;
        for length in 8..300 {
            let text: Vec<_> = (0..length)
                .map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    alphabet[random % alphabet.len().min(length)]
                })
                .collect();
            let windows = windows(&text);
            assert!(windows.len() <= WINDOWS);
            assert!(windows.iter().all(|window| work(window) <= WORK_OF_A_WINDOW));
            assert!(windows[0].len() >= 10.min(length), "{text:?}");
            assert!(text.starts_with(&windows.concat()));
        }
    }

    /// Ten characters without a pattern are strong, so that a long password of such
    /// characters is not refused because it is judged in parts.
    #[test]
    fn r12_any_ten_characters_are_judged_together() {
        let characters: BTreeSet<char> =
            L33T.iter().flat_map(|letter| letter.iter().map(|(c, _)| *c)).collect();
        let characters: Vec<_> = characters.into_iter().collect();
        assert_eq!(characters.len(), 20);
        for chosen in 0..1u32 << 20 {
            if chosen.count_ones() == 10 {
                let bits = characters.iter().enumerate();
                let text: Vec<_> =
                    bits.filter(|(n, _)| chosen >> n & 1 == 1).map(|(_, c)| *c).collect();
                assert!(work(&text) <= WORK_OF_A_WINDOW, "{text:?}");
            }
        }
    }

    #[test]
    fn r12_a_password_that_is_judged_in_parts_is_as_strong_as_its_strongest() {
        let weak = [
            "engineering".repeat(7),
            "engineering".repeat(90),
            format!("{}engin", "engineering".repeat(8)),
            "p@ssw0rd".repeat(128),
            "a".repeat(1024),
            "iloveyou".repeat(13),
            "1234567890!@#$%^&*()".to_owned(),
            "1234567890-=!@#$%^&*()_+".to_owned(),
        ];
        for text in weak {
            let verdict = assess(&text, &[]);
            assert!(matches!(verdict, Err(WeakPassword::Guessable { .. })), "{text}: {verdict:?}");
        }
        let strong = [
            "4@8({[<3691!|0$5+7%2\"*5".to_owned(),
            "c0rr3ct-h0r$3-b@773ry-$74pl3!".to_owned(),
            format!("{}xk7#Qp2!vLm9", "a".repeat(80)),
            "correct4horse@battery(staple{unicorn[purple<eleven!crowbar|seven+ladder$".to_owned(),
            "Zf9+{|q1@7<T$0(5m!6[4Kv%3x8".repeat(9),
        ];
        for text in strong {
            assert_eq!(assess(&text, &["jane", "jane@example.com"]), Ok(()), "{text}");
        }
    }

    #[test]
    fn r12_own_words_are_read_up_to_a_bound() {
        let emails: Vec<_> = (0..20).map(|n| format!("{}@example.org", "ab-".repeat(n))).collect();
        let emails: Vec<_> = emails.iter().map(String::as_str).collect();
        assert!(with_parts(&emails, 1024).len() <= OWN_WORDS);
        assert_eq!(
            with_parts(&["jane", "jane.doe@example.com", "Doe"], 8),
            ["jane", "Doe", "doe", "example", "com"]
        );
    }
}
