use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// Why a text is not an identity (R2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is empty.
    #[error("{kind} ID cannot be empty")]
    Empty {
        /// What the id would name: `User`, `Email`, …
        kind: &'static str,
    },
    /// The text is not a UUID.
    #[error("Invalid {kind} ID format")]
    InvalidFormat {
        /// What the id would name: `User`, `Email`, …
        kind: &'static str,
    },
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads any RFC 9562 UUID.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if text.is_empty() {
                    return Err(IdError::Empty { kind: $kind });
                }
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::InvalidFormat { kind: $kind })
            }

            /// A new UUIDv7, whose first part is the time: rows that are made one
            /// after the other lie side by side in the index. The caller brings the
            /// randomness (R1).
            pub fn from_parts(now: DateTime<Utc>, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// Takes a UUID that is one already.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identity!(
    /// The identity of a user, for good (R2).
    ///
    /// ```
    /// use userdom_domain::UserId;
    ///
    /// let id = UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4")?;
    /// assert_eq!(id.to_string(), "0193b7f2-6c1e-7a3b-9d4e-5f60718293a4");
    /// assert_eq!(UserId::parse("").unwrap_err().to_string(), "User ID cannot be empty");
    /// assert_eq!(UserId::parse("7").unwrap_err().to_string(), "Invalid User ID format");
    /// # Ok::<(), userdom_domain::IdError>(())
    /// ```
    UserId,
    "User"
);
identity!(
    /// Names one email of a user, so that a URL can (R3).
    ///
    /// ```
    /// # use userdom_domain::EmailId;
    /// assert!(EmailId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").is_ok());
    /// ```
    EmailId,
    "Email"
);
identity!(
    /// Names one phone of a user (R3).
    ///
    /// ```
    /// # use userdom_domain::PhoneId;
    /// assert!(PhoneId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").is_ok());
    /// ```
    PhoneId,
    "Phone"
);
identity!(
    /// Names one postal address of a user (R3).
    ///
    /// ```
    /// # use userdom_domain::AddressId;
    /// assert!(AddressId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").is_ok());
    /// ```
    AddressId,
    "Address"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_new_ids_are_time_ordered_uuid_v7() {
        let early = UserId::from_parts(DateTime::from_timestamp_millis(1_000).unwrap(), [255; 10]);
        let late = UserId::from_parts(DateTime::from_timestamp_millis(1_001).unwrap(), [0; 10]);
        assert!(early < late);
        assert_eq!(early.as_uuid().get_version_num(), 7);
    }

    #[test]
    fn r2_any_rfc_9562_uuid_parses() {
        for text in ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "F81D4FAE-7DEC-4D0E-A765-00A0C91E6BF6"]
        {
            assert!(UserId::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn r3_each_kind_of_contact_has_an_identity_of_its_own() {
        assert_eq!(EmailId::parse("").unwrap_err().to_string(), "Email ID cannot be empty");
        assert_eq!(PhoneId::parse("x").unwrap_err().to_string(), "Invalid Phone ID format");
        assert_eq!(AddressId::parse("x").unwrap_err().to_string(), "Invalid Address ID format");
    }
}
