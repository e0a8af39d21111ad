use std::fmt::Display;

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use userdom_application::services::CodedError;

use super::{FieldType, Fields};
use crate::http::{
    codes::Code,
    schema::{Schema, member},
};

type Parse<T, E> = fn(&str) -> Result<T, E>;

/// Values that are more, or less, than one text.
impl Fields<'_> {
    /// A list of texts that must be there; each fault carries its place in the list.
    pub(crate) fn list<T: FieldType, E: CodedError>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        self.declare(member(name, T::SCHEMA).list());
        let items = self.items(name, "a list of texts")?;
        let items = items.into_iter().enumerate();
        let read = items.map(|(place, item)| self.item(name, &place, &item, &parse));
        // All items are read before one of them makes the list worthless.
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// The unread items of a list that must be there.
    pub(super) fn items(&mut self, name: &str, expected: &str) -> Option<Vec<Value>> {
        match self.take(name) {
            Some(Value::Array(items)) => return Some(items),
            None | Some(Value::Null) => self.missing(name),
            Some(_) => self.wrong_type(name, expected),
        }
        None
    }

    fn item<T, E: CodedError>(
        &mut self,
        name: &str,
        place: &impl Display,
        item: &Value,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Some(text) = item.as_str() else {
            self.wrong_type_at(&format!("{}/{place}", self.pointer(name)), "a text");
            return None;
        };
        self.faults.check(&format!("{}/{place}", self.pointer(name)), parse(text))
    }

    /// One of two texts: there must be the one or the other.
    pub(crate) fn either<T, E: CodedError>(
        &mut self,
        (first, read_first): (&'static str, Parse<T, E>),
        (second, read_second): (&'static str, Parse<T, E>),
    ) -> Option<T> {
        for name in [first, second] {
            self.declare(member(name, Schema::Text).nullable().optional());
        }
        match (self.has(first), self.has(second)) {
            (false, true) => {
                self.take(first);
                self.parsed_required(second, read_second)
            }
            (true, false) => {
                self.take(second);
                self.parsed_required(first, read_first)
            }
            (is_first, is_second) => {
                self.take(first);
                self.take(second);
                if is_first && is_second {
                    let detail = format!("Send {first} or {second}, not both");
                    self.malformed(second, code!("field.conflict"), &detail);
                } else {
                    let detail = format!("Either {first} or {second} is required");
                    self.malformed(first, code!("field.required"), &detail);
                }
                None
            }
        }
    }
}

/// A moment in RFC 3339, to the microsecond that the store keeps.
pub(crate) fn moment(text: &str) -> Result<DateTime<Utc>, &'static Code> {
    let read = DateTime::parse_from_rfc3339(text).ok();
    let read = read.and_then(|moment| DateTime::from_timestamp_micros(moment.timestamp_micros()));
    read.filter(|moment| (0..=9999).contains(&moment.year())).ok_or(code!("time.invalid_format"))
}

#[cfg(test)]
mod tests {
    use userdom_domain::Username;

    use super::*;
    use crate::http::body::Context;

    fn fields(body: &str) -> Fields<'static> {
        Fields::of(body.as_bytes(), Context::default()).unwrap()
    }

    fn either(fields: &mut Fields<'_>) -> Option<Username> {
        fields.either(("a", Username::parse), ("b", Username::parse))
    }

    #[test]
    fn each_item_of_a_list_is_judged_at_its_place() {
        let mut fields = fields(r#"{"a":["ada","x",7],"b":"ada","c":null,"d":["ada","bob"]}"#);
        for name in ["a", "b", "c"] {
            assert!(fields.list(name, Username::parse).is_none(), "{name}");
        }
        assert_eq!(fields.list("d", Username::parse).unwrap().len(), 2);
        let expected = [
            ("/a/1", "username.too_short"),
            ("/a/2", "field.wrong_type"),
            ("/b", "field.wrong_type"),
            ("/c", "field.required"),
        ];
        assert_eq!(fields.into_faults(), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn one_of_two_texts_is_there() {
        assert_eq!(either(&mut fields(r#"{"a":"ada"}"#)).unwrap().as_str(), "ada");
        assert_eq!(either(&mut fields(r#"{"a":null,"b":"bob"}"#)).unwrap().as_str(), "bob");
        for (body, fault) in [
            ("{}", ("/a", "field.required")),
            (r#"{"a":"x","b":"y"}"#, ("/b", "field.conflict")),
            (r#"{"b":7}"#, ("/b", "field.wrong_type")),
        ] {
            let mut fields = fields(body);
            assert_eq!(either(&mut fields), None);
            assert_eq!(fields.into_faults(), [(fault.0.to_owned(), fault.1)]);
        }
    }

    #[test]
    fn a_moment_has_a_zone_and_four_digits_of_year() {
        let noon = moment("2026-01-01T13:00:00.1234567+01:00").unwrap();
        assert_eq!(noon.to_rfc3339(), "2026-01-01T12:00:00.123456+00:00");
        for text in
            ["", "2026-01-01", "2026-01-01T12:00:00", "now", "9999-12-31T23:00:00-12:00", "1e9"]
        {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
