//! The search keys of names and numbers: see migration 4.

use userdom_domain::{PhoneNumber, sortable};

/// The keys of a user without a profile.
pub(crate) const OF_NO_NAMES: [String; 3] = [String::new(), String::new(), String::new()];

/// The keys of the first, the last and the display name.
pub(crate) fn of_names(first: &str, last: &str, display: Option<&str>) -> [String; 3] {
    let full = || if last.is_empty() { first.to_owned() } else { format!("{first} {last}") };
    // An empty display name is none, as in the domain.
    let shown = display.filter(|name| !name.is_empty()).map_or_else(full, str::to_owned);
    [sortable(first), sortable(last), sortable(&shown)]
}

/// The key of a phone number: the same however it is written.
pub(crate) fn of_number(written: &str, calling_code: Option<&str>) -> String {
    let number = PhoneNumber::restore(written, calling_code);
    let key = number.as_ref().map_or(written, PhoneNumber::key);
    format!("{key}\u{1}{written}{}", calling_code.unwrap_or_default())
}
