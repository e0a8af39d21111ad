use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use regex::Regex;

use super::EmailProvider;
use crate::as_typed::trimmed;

/// An email address in its canonical form: trimmed, also of what cannot be seen,
/// lower case, the domain in ASCII (rule R4). At most 254 characters, 64 of them before the `@`.
///
/// Two texts that a mail server treats as one address give equal values, so
/// equality, uniqueness and look-ups agree everywhere.
///
/// ```
/// use userdom_domain::EmailAddress;
///
/// let email = EmailAddress::parse(" O'Brien@Bücher.Example ")?;
/// assert_eq!(email.as_str(), "o'brien@xn--bcher-kva.example");
/// assert_eq!(email.local_part(), "o'brien");
/// assert!(EmailAddress::parse("nobody").is_err());
/// # Ok::<(), userdom_domain::EmailAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Why a text is not an email address (R4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmailAddressError {
    /// Nothing but white space and invisible characters.
    #[error("Email cannot be empty")]
    Empty,
    /// Not an address that a mail server takes, or longer than one may be.
    /// Carries the beginning of the text.
    #[error("Invalid email format: {0}")]
    InvalidFormat(String),
}

crate::error_codes! {
    EmailAddressError {
        Self::Empty => Rule("email.empty", "The email is empty");
        Self::InvalidFormat(_) => Rule("email.invalid_format", "The email is not one");
    }
}

/// The shape of the original design, its local part widened to the atext of RFC 5322, its last
/// label to the `xn--` form of a non-ASCII one.
const SHAPE: &str =
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9.-]+\.(?:[a-zA-Z]{2,}|xn--[a-z0-9-]+)$";

// A pattern that does not compile would refuse every address; the tests hold it.
static SHAPE_REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPE).ok());

impl EmailAddress {
    /// The greatest length of the whole address, in characters.
    pub const MAX_CHARS: usize = 254;
    /// The greatest length of what stands before the `@`, in characters.
    pub const MAX_LOCAL_CHARS: usize = 64;

    /// Reads an address; white space and invisible characters around it are
    /// dropped, a non-ASCII domain is converted by IDNA (UTS 46).
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = trimmed(text);
        if text.is_empty() {
            return Err(EmailAddressError::Empty);
        }
        canonical(text).map(Self).ok_or_else(|| {
            EmailAddressError::InvalidFormat(text.chars().take(Self::MAX_CHARS).collect())
        })
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Whatever was typed or stored in the form in which addresses are looked up and counted: the
    /// canonical one, or lower case where it is no address.
    ///
    /// ```
    /// use userdom_domain::EmailAddress;
    ///
    /// assert_eq!(EmailAddress::to_look_up("Ada@Example.ORG").as_str(), "ada@example.org");
    /// assert_eq!(EmailAddress::to_look_up("Ada at home").as_str(), "ada at home");
    /// ```
    pub fn to_look_up(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self(text.to_lowercase()))
    }

    /// The address: canonical, unless another application has stored it in its own way (R29).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What stands after the `@`, in ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The provider of the domain (R5).
    pub fn provider(&self) -> EmailProvider {
        EmailProvider::of_domain(self.domain())
    }

    /// Whether both addresses have the same provider; two custom ones only when
    /// their domains are equal (R5).
    pub fn is_same_provider(&self, other: &Self) -> bool {
        match (self.provider(), other.provider()) {
            (EmailProvider::Custom, EmailProvider::Custom) => self.domain() == other.domain(),
            (mine, theirs) => mine == theirs,
        }
    }
}

fn canonical(text: &str) -> Option<String> {
    // UTS 46 drops some characters, so a text may be longer than its address; but not without end.
    if text.len() > EmailAddress::MAX_CHARS * 4 {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .ok()?;
    let address = format!("{}@{domain}", local.to_ascii_lowercase());
    let dots_are_inside = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let fits =
        local.len() <= EmailAddress::MAX_LOCAL_CHARS && address.len() <= EmailAddress::MAX_CHARS;
    let labels_are_whole = domain
        .split('.')
        .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let has_shape = SHAPE_REGEX.as_ref().is_some_and(|shape| shape.is_match(&address));
    (dots_are_inside && fits && labels_are_whole && has_shape).then_some(address)
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for EmailAddress {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn refused(text: &str) {
        let error = EmailAddress::parse(text).expect_err(text);
        assert_eq!(error.code(), "email.invalid_format", "{text:?}");
    }

    #[test]
    fn r4_an_empty_text_has_the_message_of_the_seed() {
        for text in ["", "  \t\r\n", "\u{200b}\u{feff} \u{2069}"] {
            let error = EmailAddress::parse(text).unwrap_err();
            assert_eq!(
                (error.code(), error.to_string().as_str()),
                ("email.empty", "Email cannot be empty")
            );
        }
    }

    #[test]
    fn r4_a_faulty_text_is_named_in_the_message() {
        let error = EmailAddress::parse("not-an-email").unwrap_err();
        assert_eq!(error.to_string(), "Invalid email format: not-an-email");
    }

    #[test]
    fn r4_addresses_of_the_seed_are_accepted() {
        for text in [
            "john.doe@example.com",
            "a_b%c+d-e@mail.example.co.uk",
            "1@x.io",
            "a@r3---sn.example.com",
        ] {
            assert_eq!(email(text).as_str(), text);
        }
    }

    #[test]
    fn r4_every_atext_character_is_accepted() {
        assert_eq!(email("o'brien@example.com").local_part(), "o'brien");
        email("!#$%&'*+-/=?^_`{|}~@example.com");
    }

    #[test]
    fn r4_the_value_is_trimmed_and_lower_case() {
        for text in [
            "  John.DOE@Example.COM\n",
            "\u{2068}john.doe@example.com\u{2069}",
            "\u{feff}john.doe@example.com\u{200b}\u{a0}",
        ] {
            assert_eq!(email(text).as_str(), "john.doe@example.com", "{text:?}");
        }
    }

    #[test]
    fn r4_a_dot_first_last_or_doubled_is_refused() {
        for text in [".a@example.com", "a.@example.com", "a..b@example.com"] {
            refused(text);
        }
    }

    #[test]
    fn r4_an_empty_or_hyphen_edged_label_is_refused() {
        for text in [
            "a@.com",
            "a@example..com",
            "a@example.com.",
            "a@-example.com",
            "a@example-.com",
            "a@x.-com",
        ] {
            refused(text);
        }
    }

    #[test]
    fn r4_a_text_without_the_shape_is_refused() {
        for text in [
            "@",
            "a@",
            "@example.com",
            "a@b@example.com",
            "a@localhost",
            "a@example.c",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a b@example.com",
            "a@exa mple.com",
            "\"a\"@example.com",
            "a@exam_ple.com",
            "<a@example.com>",
        ] {
            refused(text);
        }
    }

    #[test]
    fn r4_line_breaks_and_nul_inside_are_refused() {
        for text in [
            "a@example.com\r\nBcc: b@example.com",
            "a\0@example.com",
            "a@example.com\0",
            "a\n@example.com",
            "a@exam\nple.com",
        ] {
            refused(text);
        }
    }

    #[test]
    fn r4_the_lengths_are_limited() {
        email(&format!("{}@example.com", "a".repeat(64)));
        refused(&format!("{}@example.com", "a".repeat(65)));
        let label = "b".repeat(61);
        let domain = format!("{label}.{label}.{label}");
        assert_eq!(email(&format!("{}@{domain}.io", "a".repeat(64))).as_str().len(), 253);
        email(&format!("{}@{domain}.com", "a".repeat(64)));
        refused(&format!("{}@{domain}.info", "a".repeat(64)));
        refused(&format!("a@{}.com", "b".repeat(64)));
        refused(&format!("a@exam{}ple.com", "\u{ad}".repeat(100_000)));
    }

    #[test]
    fn r4_a_domain_in_any_script_becomes_ascii() {
        assert_eq!(email("a@BÜCHER.example").domain(), "xn--bcher-kva.example");
        assert_eq!(email("a@пример.рф").domain(), "xn--e1afmkfd.xn--p1ai");
        assert_eq!(email("a@例え。jp").domain(), "xn--r8jz45g.jp");
        assert_ne!(email("a@straße.de"), email("a@strasse.de"));
    }

    #[test]
    fn r4_the_ascii_form_of_such_a_domain_is_the_same_address() {
        assert_eq!(email("a@XN--BCHER-KVA.example"), email("a@bücher.example"));
    }

    #[test]
    fn r4_a_false_ascii_form_is_refused() {
        for text in [
            "a@xn--example-.com",
            "a@xn--example.com",
            "a@xn--.com",
            "a@xn--a.com",
            "a@xn--bcher-kva!.com",
            "a@example.xn--com-",
        ] {
            refused(text);
        }
    }

    #[test]
    fn r4_a_local_part_outside_ascii_is_refused() {
        for text in [
            "mıke@example.com",
            "jörg@example.com",
            "\u{212a}ate@example.com",
            "a＠example.com",
            "a@b＠example.com",
        ] {
            refused(text);
        }
    }

    #[test]
    fn r5_custom_addresses_share_a_provider_only_with_their_domain() {
        assert!(email("a@gmail.com").is_same_provider(&email("b@googlemail.com")));
        assert!(!email("a@gmail.com").is_same_provider(&email("b@yahoo.com")));
        assert!(email("a@example.com").is_same_provider(&email("b@EXAMPLE.com")));
        assert!(!email("a@example.com").is_same_provider(&email("b@example.org")));
        assert!(!email("a@example.com").is_same_provider(&email("b@gmail.com")));
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        if let Ok(found) = EmailAddress::parse(text) {
            prop_assert_eq!(EmailAddress::parse(found.as_str()), Ok(found.clone()));
            prop_assert!(found.as_str().is_ascii() && found.as_str().len() <= 254);
            prop_assert!(!found.as_str().bytes().any(|b| b.is_ascii_uppercase() || b <= b' '));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn r4_any_text_is_read_or_refused(text in any::<String>()) {
            check(&text)?;
        }

        #[test]
        fn r4_what_is_accepted_is_canonical(local in "[a-zA-Z.'+]{1,8}", domain in "[a-zßüıА-я。．\u{ad}-]{1,8}", last in "(com|рф|xn--p1ai|[a-zü0-9-]{1,6})") {
            check(&format!("{local}@{domain}.{last}"))?;
            check(&format!("{local}@xn--{domain}.{last}"))?;
        }
    }
}
