use std::{fmt, str::FromStr};

/// What an email, phone or postal address is for (R8).
///
/// Lower case on the wire, read without regard to case.
///
/// ```
/// use userdom_domain::ContactType;
///
/// assert_eq!(ContactType::parse("PRIMARY")?, ContactType::Primary);
/// assert_eq!(ContactType::Work.as_str(), "work");
/// # Ok::<(), userdom_domain::ContactTypeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContactType {
    /// Where the person lives.
    Home,
    /// Where the person works.
    Work,
    /// What the person carries.
    Mobile,
    /// Where invoices go.
    Billing,
    /// Where parcels go.
    Shipping,
    /// The main one; the default email always is.
    Primary,
    /// The next best one.
    Secondary,
    /// For emergencies.
    Emergency,
    /// Anything else.
    Other,
}

/// The text names none of the nine types (R8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Must be a valid contact type: home, work, mobile, billing, shipping, primary, secondary, emergency or other"
)]
pub struct ContactTypeError;

crate::error_codes! {
    ContactTypeError {
        Self => Rule("contact_type.unknown", "The contact type is unknown");
    }
}

impl ContactType {
    /// All nine, in the order of the original design.
    pub const ALL: [Self; 9] = [
        Self::Home,
        Self::Work,
        Self::Mobile,
        Self::Billing,
        Self::Shipping,
        Self::Primary,
        Self::Secondary,
        Self::Emergency,
        Self::Other,
    ];

    /// Reads a type's name, in any case.
    pub fn parse(text: &str) -> Result<Self, ContactTypeError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or(ContactTypeError)
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Work => "work",
            Self::Mobile => "mobile",
            Self::Billing => "billing",
            Self::Shipping => "shipping",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Emergency => "emergency",
            Self::Other => "other",
        }
    }
}

impl FromStr for ContactType {
    type Err = ContactTypeError;

    fn from_str(text: &str) -> Result<Self, ContactTypeError> {
        Self::parse(text)
    }
}

impl fmt::Display for ContactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_the_nine_names_are_read_in_any_case() {
        for kind in ContactType::ALL {
            assert_eq!(ContactType::parse(&kind.as_str().to_uppercase()), Ok(kind));
        }
        assert!(ContactType::parse("office").is_err());
    }
}
