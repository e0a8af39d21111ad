use userdom_application::ports::SecretToken;
use userdom_domain::one_time_code;
use zeroize::Zeroizing;

use super::random_bytes;

/// Crockford's base32: no letter that reads like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARS: usize = 10;

/// A new code of 50 bits, such as `x7k2m-9qp4t`.
pub(super) fn random() -> SecretToken {
    let bytes = Zeroizing::new(random_bytes::<CHARS>());
    let mut text = String::with_capacity(CHARS + 1);
    for (at, byte) in bytes.iter().enumerate() {
        if at == CHARS / 2 {
            text.push('-');
        }
        // Five of a byte's bits: 256 is a multiple of 32, so no letter is favoured.
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or_default();
        text.push(char::from(letter));
    }
    SecretToken::new(text)
}

/// The form that all ways to type one code have in common.
pub(super) fn normalised(code: &str) -> Zeroizing<String> {
    let letters = Zeroizing::new(one_time_code(code));
    let normal = letters.chars().map(|letter| match letter.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    });
    let mut text = Zeroizing::new(String::with_capacity(code.len()));
    text.extend(normal);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_code_is_two_groups_of_five_letters_of_the_alphabet() {
        let codes: HashSet<String> = (0..500).map(|_| random().expose().to_owned()).collect();
        assert_eq!(codes.len(), 500);
        for code in &codes {
            let (left, right) = code.split_once('-').unwrap();
            assert_eq!((left.len(), right.len()), (5, 5), "{code}");
            assert_eq!(normalised(code).len(), 10, "{code}");
            assert!(normalised(code).bytes().all(|letter| ALPHABET.contains(&letter)), "{code}");
        }
        let used: HashSet<u8> =
            codes.iter().flat_map(|code| normalised(code).bytes().collect::<Vec<_>>()).collect();
        assert_eq!(used.len(), 32);
    }

    #[test]
    fn case_hyphens_spaces_and_letters_that_look_like_digits_do_not_matter() {
        assert_eq!(*normalised("OIL 0-1l\t- xyZ"), "011011xyz");
        assert_eq!(*normalised(""), "");
    }
}
