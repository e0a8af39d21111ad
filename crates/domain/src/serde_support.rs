//! Values as text: written as they show themselves, read by their own parser.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    AddressId, AvatarUrl, Bio, ContactType, Country, DisplayName, EmailAddress, EmailId, Gender,
    LanguageTag, PersonName, PhoneId, TimeZoneName, UserId, Username,
};

macro_rules! as_text {
    ($($name:ty),+ $(,)?) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(
    AddressId,
    AvatarUrl,
    Bio,
    ContactType,
    Country,
    DisplayName,
    EmailAddress,
    EmailId,
    Gender,
    LanguageTag,
    PersonName,
    PhoneId,
    TimeZoneName,
    UserId,
    Username,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_text_and_checked_when_read() {
        let email: EmailAddress = serde_json::from_str("\"Ada@Example.org\"").unwrap();
        assert_eq!(serde_json::to_string(&email).unwrap(), "\"ada@example.org\"");
        assert!(serde_json::from_str::<EmailAddress>("\"ada\"").is_err());
    }

    #[test]
    fn an_event_carries_its_kind() {
        let event =
            crate::DomainEvent::EmailAdded { email_id: EmailId::from_uuid(uuid::Uuid::nil()) };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(
            text,
            format!("{{\"kind\":\"{}\",\"email_id\":\"{}\"}}", event.kind(), uuid::Uuid::nil())
        );
        assert_eq!(serde_json::from_str::<crate::DomainEvent>(&text).unwrap(), event);
    }
}
