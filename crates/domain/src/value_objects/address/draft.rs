/// An address as somebody wrote it, unchecked: what [`Address::parse`](crate::Address::parse) reads (R7).
///
/// ```
/// use userdom_domain::{Address, AddressDraft};
///
/// let faults = Address::parse(&AddressDraft::default()).unwrap_err();
/// assert_eq!(faults.faults().len(), 4);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressDraft {
    /// Street and number.
    pub street_line1: String,
    /// Flat, floor, company; blank is absent.
    pub street_line2: Option<String>,
    /// City, town, post town.
    pub city: String,
    /// State, province, emirate, prefecture.
    pub state: String,
    /// ZIP, postcode, PLZ, Eircode.
    pub postal_code: String,
    /// Code or English name ([`Country::parse`](crate::Country::parse)); absent or blank is the USA.
    pub country: Option<String>,
}
