use chrono::{DateTime, NaiveDate, Utc};
use userdom_application::ports::Scope;
use userdom_domain::{
    AvatarUrl, Bio, ContactType, DisplayName, EmailAddress, Gender, LanguageTag, Password,
    PersonName, PhoneNumber, Preferences, TimeZoneName, UserRole, Username,
};

use super::Fields;
use crate::http::schema::{Alias, Enumeration, Member, Object, Schema};

/// The body of a request. One function both reads it and declares its fields, so that the schema
/// cannot differ from what is taken.
pub(crate) struct Body<T> {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// An example, as JSON.
    pub(crate) example: &'static str,
    /// What GraphQL calls it, where that is not the name and `Input`.
    pub(crate) input: Option<&'static str>,
    pub(crate) read: fn(&mut Fields<'_>) -> Option<T>,
}

impl<T> Body<T> {
    pub(crate) const fn new(
        name: &'static str,
        description: &'static str,
        example: &'static str,
        read: fn(&mut Fields<'_>) -> Option<T>,
    ) -> Self {
        Self { name, description, example, input: None, read }
    }

    pub(crate) const fn in_graphql(self, name: &'static str) -> Self {
        Self { input: Some(name), ..self }
    }
}

impl<T> Object for Body<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn graphql_name(&self) -> String {
        self.input.map_or_else(|| format!("{}Input", self.name), str::to_owned)
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn members(&self) -> Vec<Member> {
        Fields::declared_by(self.read)
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn example(&self) -> Option<&'static str> {
        Some(self.example)
    }
}

/// What is read from a text, with the schema of such texts.
pub(crate) trait FieldType {
    const SCHEMA: Schema = Schema::Text;
}

impl FieldType for AvatarUrl {}
impl FieldType for Bio {}
impl FieldType for DisplayName {}
impl FieldType for EmailAddress {}
impl FieldType for Gender {}
impl FieldType for LanguageTag {}
impl FieldType for Password {}
impl FieldType for PersonName {}
impl FieldType for PhoneNumber {}
impl FieldType for TimeZoneName {}

impl FieldType for Username {
    const SCHEMA: Schema = Schema::ShortText(50);
}

impl FieldType for NaiveDate {
    const SCHEMA: Schema = Schema::Date;
}

impl FieldType for DateTime<Utc> {
    const SCHEMA: Schema = Schema::Time;
}

impl FieldType for Preferences {
    const SCHEMA: Schema = Schema::Alias(&Alias {
        name: "Preferences",
        description: "What products keep on a user, under names of their own",
        alternatives: &[Schema::JsonObject],
    });
}

impl FieldType for ContactType {
    const SCHEMA: Schema = Schema::Enumeration(&Enumeration {
        name: "ContactType",
        description: "What an email, a phone or an address is for",
        values: || Self::ALL.map(Self::as_str).to_vec(),
    });
}

impl FieldType for UserRole {
    const SCHEMA: Schema = Schema::Enumeration(&Enumeration {
        name: "UserRole",
        description: "What a user may do",
        values: || Self::ALL.map(Self::as_str).to_vec(),
    });
}

impl FieldType for Scope {
    const SCHEMA: Schema = Schema::Enumeration(&Enumeration {
        name: "Scope",
        description: "What the key of a service may do",
        values: || Self::ALL.map(Self::as_str).to_vec(),
    });
}
