use userdom_domain::{Address, AddressDraft, Preferences};

use super::{FieldType, Fields};
use crate::http::schema::member;

/// Values that are made of more than one field.
impl Fields<'_> {
    /// Preferences that may be absent (R13).
    pub(crate) fn preferences(&mut self, name: &'static str) -> Option<Preferences> {
        self.declare(member(name, Preferences::SCHEMA).nullable().optional());
        let given = self.entries(name).into_iter();
        let given = given.filter_map(|(key, value)| value.map(|value| (key, value)));
        self.check_preference_entries(name, given)
    }

    fn check_preference_entries(
        &mut self,
        name: &str,
        given: impl Iterator<Item = (String, String)>,
    ) -> Option<Preferences> {
        let pointer = self.pointer(name);
        self.faults.check_preferences(&pointer, Preferences::from_entries(given))
    }

    /// A merge patch of preferences: each key with its JSON text, or `None` for its default. The
    /// values are checked here, with the other fields.
    pub(crate) fn preferences_patch(
        &mut self,
        name: &'static str,
    ) -> Vec<(String, Option<String>)> {
        self.declare(member(name, Preferences::SCHEMA).optional());
        self.refuse_null(name);
        let entries = self.entries(name);
        let given = entries.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
        self.check_preference_entries(name, given);
        entries
    }

    /// A postal address (R7) from the fields of this object. The rules of its country are not
    /// checked while a field is of a wrong type.
    pub(crate) fn address(&mut self) -> Option<Address> {
        self.misread = false;
        let draft = AddressDraft {
            street_line1: self.text("street_line1").unwrap_or_default(),
            street_line2: self.text("street_line2"),
            city: self.text("city").unwrap_or_default(),
            state: self.text("state").unwrap_or_default(),
            postal_code: self.text("postal_code").unwrap_or_default(),
            country: self.text("country"),
        };
        if self.misread {
            return None;
        }
        self.faults.check_address(&self.at, Address::parse(&draft))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::{Body, Context};

    static ADDRESS: Body<()> = Body::new("Address", "", "{}", |fields| fields.address().map(drop));

    fn fields(body: &str) -> Fields<'static> {
        Fields::of(body.as_bytes(), Context::default()).unwrap()
    }

    #[test]
    fn faults_inside_an_object_carry_its_pointer() {
        let mut fields = fields(r#"{"address":{"city":"X","country":"USA","planet":"Earth"}}"#);
        assert!(fields.object("address", &ADDRESS).is_none());
        let found = fields.into_faults();
        assert!(found.contains(&("/address/street_line1".to_owned(), "address.street_required")));
        assert!(found.contains(&("/address/planet".to_owned(), "field.unknown")));
    }

    #[test]
    fn a_field_of_a_wrong_type_silences_the_rules_of_the_country() {
        let mut fields = fields(r#"{"street_line1":"x","country":7}"#);
        assert!(fields.address().is_none());
        assert_eq!(fields.into_faults(), [("/country".to_owned(), "field.wrong_type")]);
    }

    #[test]
    fn a_faulty_preference_is_named() {
        let mut fields = fields(r#"{"preferences":{"theme":"pink","newsletter":1}}"#);
        assert!(fields.preferences("preferences").is_none());
        let mut found = fields.into_faults();
        found.sort();
        let expected = ["/preferences/newsletter", "/preferences/theme"];
        assert_eq!(found, expected.map(|at| (at.to_owned(), "preferences.invalid_value")));
    }
}
