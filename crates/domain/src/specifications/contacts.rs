use super::{Specification, TextTest, folded, plain};
use crate::{ContactType, Country, UserAddress, UserEmail, UserPhone};

/// A test of one email (R28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailTest {
    /// The whole address.
    Value(TextTest),
    /// What follows the `@`.
    Domain(TextTest),
    /// Is of this type.
    Type(ContactType),
    /// Is verified.
    Verified,
    /// Is the default.
    Default,
}

impl Specification<EmailTest> {
    /// The answer of one email.
    pub fn is_satisfied_by(&self, email: &UserEmail) -> bool {
        self.holds(&|test| match test {
            EmailTest::Value(test) => test.holds_for(email.email().as_str(), plain),
            EmailTest::Domain(test) => test.holds_for(email.email().domain(), plain),
            EmailTest::Type(kind) => email.known_type() == Some(*kind),
            EmailTest::Verified => email.is_verified(),
            EmailTest::Default => email.is_default(),
        })
    }
}

/// A test of one phone (R28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneTest {
    /// [`PhoneNumber::key`](crate::PhoneNumber::key), such as `+15551234567;ext=12`.
    Number(TextTest),
    /// Is of this type.
    Type(ContactType),
    /// Is verified.
    Verified,
    /// Is the default of its type.
    Default,
}

impl Specification<PhoneTest> {
    /// The answer of one phone.
    pub fn is_satisfied_by(&self, phone: &UserPhone) -> bool {
        self.holds(&|test| match test {
            PhoneTest::Number(test) => test.holds_for(phone.phone().key(), plain),
            PhoneTest::Type(kind) => phone.known_type() == Some(*kind),
            PhoneTest::Verified => phone.is_verified(),
            PhoneTest::Default => phone.is_default(),
        })
    }
}

/// A test of one address (R28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressTest {
    /// The city.
    City(TextTest),
    /// The postal code.
    PostalCode(TextTest),
    /// Lies in this country.
    Country(Country),
    /// Is of this type.
    Type(ContactType),
    /// Is the default of its type.
    Default,
}

impl Specification<AddressTest> {
    /// The answer of one address.
    pub fn is_satisfied_by(&self, entry: &UserAddress) -> bool {
        let address = entry.address();
        self.holds(&|test| match test {
            AddressTest::City(test) => test.holds_for(address.city(), folded),
            AddressTest::PostalCode(test) => test.holds_for(address.postal_code(), plain),
            AddressTest::Country(country) => address.country_text() == country.as_str(),
            AddressTest::Type(kind) => entry.known_type() == Some(*kind),
            AddressTest::Default => entry.is_default(),
        })
    }
}
