use std::fmt;

use crate::value_objects::country::{Country, CountryError};

/// One thing that is wrong with an address (R7).
///
/// ```
/// use userdom_domain::AddressError;
///
/// let fault = AddressError::StreetRequired;
/// assert_eq!(fault.code(), "address.street_required");
/// assert_eq!(fault.field(), "street_line1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The first street line is blank.
    #[error("Street address is required")]
    StreetRequired,
    /// The city is blank, and the country needs it.
    #[error("City is required")]
    CityRequired,
    /// The state is blank, and the country needs it.
    #[error("State is required")]
    StateRequired,
    /// The postal code is blank, and the country needs it.
    #[error("Postal code is required")]
    PostalCodeRequired,
    /// Neither five digits nor ZIP+4.
    #[error("Invalid US ZIP code format")]
    InvalidZipCode,
    /// Not the form that the country's postal codes have.
    #[error("Invalid postal code format for {country}")]
    InvalidPostalCode {
        /// The country of the address.
        country: Country,
    },
    /// More characters than are stored.
    #[error("{} must be at most {max} characters", label(field))]
    TooLong {
        /// The field's name, as in [`AddressDraft`](crate::AddressDraft).
        field: &'static str,
        /// The greatest number of characters.
        max: usize,
    },
    /// A line break, a tab or the like: it would forge a line of the address.
    #[error("{} must not contain control characters", label(field))]
    ControlCharacter {
        /// The field's name, as in [`AddressDraft`](crate::AddressDraft).
        field: &'static str,
    },
    /// The country is unknown.
    #[error(transparent)]
    Country(#[from] CountryError),
}

fn label(field: &str) -> &'static str {
    match field {
        "street_line1" => "Street address",
        "street_line2" => "Second street line",
        "city" => "City",
        "state" => "State",
        _ => "Postal code",
    }
}

crate::error_codes! {
    AddressError {
        Self::StreetRequired => Rule("address.street_required", "The street is required");
        Self::CityRequired => Rule("address.city_required", "The city is required");
        Self::StateRequired => Rule("address.state_required", "The state is required");
        Self::PostalCodeRequired =>
            Rule("address.postal_code_required", "The postal code is required");
        Self::InvalidZipCode | Self::InvalidPostalCode { .. } =>
            Rule("address.invalid_postal_code", "The postal code has another form in this country");
        Self::TooLong { .. } => Rule("address.too_long", "A part of the address is too long");
        Self::ControlCharacter { .. } =>
            Rule("address.control_character", "The address has a control character");
    }
    else { Self::Country(error) => error.code() }
}

impl AddressError {
    /// The field of [`AddressDraft`](crate::AddressDraft) that it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::StreetRequired => "street_line1",
            Self::CityRequired => "city",
            Self::StateRequired => "state",
            Self::PostalCodeRequired | Self::InvalidZipCode | Self::InvalidPostalCode { .. } => {
                "postal_code"
            }
            Self::TooLong { field, .. } | Self::ControlCharacter { field } => field,
            Self::Country(_) => "country",
        }
    }
}

/// All that is wrong with an address: one fault or more, at most one a field (R7).
///
/// ```
/// use userdom_domain::{Address, AddressDraft};
///
/// let errors = Address::parse(&AddressDraft {
///     street_line1: "350 Fifth Avenue".into(),
///     state: "NY".into(),
///     postal_code: "1011".into(),
///     ..AddressDraft::default()
/// })
/// .unwrap_err();
/// assert_eq!(errors.to_string(), "City is required; Invalid US ZIP code format");
/// assert_eq!(errors.faults()[1].field(), "postal_code");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressErrors(pub(super) Vec<AddressError>);

impl AddressErrors {
    /// The faults, in the order of the fields.
    pub fn faults(&self) -> &[AddressError] {
        &self.0
    }
}

impl fmt::Display for AddressErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for AddressErrors {}
