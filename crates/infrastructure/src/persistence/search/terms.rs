//! The terms of a user, by which the inverted index of Postgres finds it (ADR 20).
//!
//! A term is a code and a value. Those of emails, phones and cities end in the other columns of
//! their row, so that a write by another application shows: the triggers of migration 5 make the
//! same texts.

use userdom_domain::UserRole;

use crate::persistence::models::{AddressRow, EmailRow, PhoneRow, UserRows};

/// The letters of a value that its term has.
pub(super) const LETTERS: usize = 200;
/// The longest prefix that has a term of its own in a search for any name.
pub(super) const START: usize = 3;
/// Postgres takes less than 1 MiB.
const MOST_BYTES: usize = 1_000_000;
pub(super) const END: char = '\u{1}';

/// The terms of a user as the text of a `tsvector`; `None` when a key is still to be written, or
/// when they would be too long.
pub(in crate::persistence) fn terms(rows: &UserRows) -> Option<String> {
    let user = &rows.user;
    let names =
        [("f", &user.first_name_key), ("l", &user.last_name_key), ("d", &user.display_name_key)];
    let username = user.username.to_ascii_lowercase();
    let mut terms = vec![
        value("u", &username),
        value("s", &user.status),
        flag("email", user.email_verified),
        flag("phone", user.phone_verified),
        flag("2fa", user.two_factor_enabled),
    ];
    for role in UserRole::ALL {
        if user.roles.0.contains(&format!("\"{role}\"")) {
            terms.push(value("r", role.as_str()));
        }
    }
    starts(&mut terms, &username);
    for (code, key) in names {
        if let Some((name, _)) = key.as_ref()?.split_once(END) {
            terms.push(value(code, name));
            starts(&mut terms, name);
        }
    }
    let full_name = user.first_name_key.as_ref().zip(user.last_name_key.as_ref());
    if let Some((first, last)) = full_name
        && let (Some((first, _)), Some((last, _))) = (first.split_once(END), last.split_once(END))
    {
        starts(&mut terms, &format!("{first} {last}"));
    }
    if let Some(profile) = &rows.profile {
        terms.push(value("g", &profile.preferred_language.to_ascii_lowercase()));
        terms.push(value("z", &profile.timezone.to_ascii_lowercase()));
    }
    rows.emails.iter().for_each(|email| of_email(&mut terms, email));
    for phone in &rows.phones {
        of_phone(&mut terms, phone)?;
    }
    for address in &rows.addresses {
        of_address(&mut terms, address)?;
    }
    let text = terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" ");
    (text.len() < MOST_BYTES).then_some(text)
}

fn of_email(terms: &mut Vec<String>, row: &EmailRow) {
    let email = row.email.to_ascii_lowercase();
    let rest = format!("{}{}{}", row.contact_type, sign(row.is_verified), sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("e", &email)));
    starts(terms, &email);
    terms.push(value("ed", email.split('@').nth(1).unwrap_or_default()));
    terms.push(value("et", &row.contact_type));
    terms.extend(row.is_verified.then(|| "ev".to_owned()));
}

fn of_phone(terms: &mut Vec<String>, row: &PhoneRow) -> Option<()> {
    let (number, _) = row.number_key.as_ref()?.split_once(END)?;
    let rest = format!("{}{}{}", row.contact_type, sign(row.is_verified), sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("p", number)));
    terms.push(value("pt", &row.contact_type));
    terms.extend(row.is_verified.then(|| "pv".to_owned()));
    Some(())
}

fn of_address(terms: &mut Vec<String>, row: &AddressRow) -> Option<()> {
    let (city, _) = row.city_key.as_ref()?.split_once(END)?;
    let postal_code = row.postal_code.to_ascii_lowercase();
    let (country, kind) = (&row.country, &row.contact_type);
    let rest = format!("{postal_code}{END}{country}{END}{kind}{}", sign(row.is_default));
    terms.push(format!("{}{END}{rest}", value("a", city)));
    terms.push(value("ap", &postal_code));
    terms.push(value("ac", country));
    terms.push(value("at", kind));
    Some(())
}

/// The prefixes by which a search for any name finds a text.
fn starts(terms: &mut Vec<String>, text: &str) {
    for letters in 1..=START.min(text.chars().count()) {
        let term = format!("q:{}", text.chars().take(letters).collect::<String>());
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
}

pub(super) fn value(code: &str, value: &str) -> String {
    let letters: String = value.chars().take(LETTERS).collect();
    format!("{code}:{letters}")
}

/// Both answers have a term: an inverted index has no list of the rows without one.
pub(super) fn flag(name: &str, is_set: bool) -> String {
    format!("{}{name}", sign(is_set))
}

fn sign(is_set: bool) -> char {
    if is_set { '+' } else { '-' }
}

/// Quotes a term, which may have any letter, for `tsvector` and `tsquery`.
pub(super) fn quoted(term: &str) -> String {
    format!("'{}'", term.replace('\\', "\\\\").replace('\'', "''"))
}
