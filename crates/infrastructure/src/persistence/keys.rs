//! By what names, cities and numbers are found: see migration 4.

use userdom_domain::{DisplayName, PersonName, PhoneNumber, sortable};

/// What stands for the names of a user without a profile.
pub(crate) const OF_NO_NAMES: [String; 3] = [String::new(), String::new(), String::new()];

/// The keys of the first, the last and the display name.
pub(crate) fn of_names(first: &str, last: &str, display: Option<&str>) -> [String; 3] {
    let shown = match (display, PersonName::parse(first), PersonName::parse(last)) {
        (Some(display), _, _) => display.to_owned(),
        (None, Ok(first), Ok(last)) => DisplayName::of(&first, &last).as_str().to_owned(),
        (None, _, _) => first.to_owned(),
    };
    [sortable(first), sortable(last), sortable(&shown)]
}

/// The key of a phone number: the same however it is written.
pub(crate) fn of_number(written: &str, calling_code: Option<&str>) -> String {
    let number = PhoneNumber::restore(written, calling_code);
    let key = number.as_ref().map_or(written, PhoneNumber::key);
    format!("{key}\u{1}{written}{}", calling_code.unwrap_or_default())
}
