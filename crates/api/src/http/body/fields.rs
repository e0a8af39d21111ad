use std::mem;

use serde_json::{Map, Value};
use userdom_application::{AppError, services::CodedError};
use userdom_domain::{Patch, json_members, trimmed};

use super::{Context, FieldType, strict_json};
use crate::http::{
    codes::Code,
    faults::{self, FaultList},
    problem::Problem,
    schema::{Member, Schema, member},
};

/// The members of a JSON object, each of which is read once. Every fault is noted under its JSON
/// pointer; a member that is not read is unknown.
///
/// Whatever reads from it declares the fields as well: see [`Fields::declared_by`].
pub(crate) struct Fields<'a> {
    pub(super) at: String,
    /// The whole body: a value that is kept as it was written is found here.
    body: String,
    pub(super) members: Map<String, Value>,
    pub(super) faults: FaultList,
    pub(super) misread: bool,
    /// The fields that were asked for, while no body is read.
    declared: Option<Vec<Member>>,
    pub(crate) context: Context<'a>,
}

impl<'a> Fields<'a> {
    /// The members of the body.
    pub(crate) fn of(body: &[u8], context: Context<'a>) -> Result<Self, Problem> {
        let members = strict_json::object(body)
            .map_err(|detail| Problem::new(code!("request.malformed")).with_detail(detail))?;
        let fields = Self::at(String::new(), members, FaultList::default(), context);
        Ok(Self { body: String::from_utf8_lossy(body).into_owned(), ..fields })
    }

    /// The fields that a function asks for, which is run without a body.
    pub(crate) fn declared_by<T>(read: fn(&mut Fields<'_>) -> Option<T>) -> Vec<Member> {
        let fields =
            Fields::at(String::new(), Map::new(), FaultList::default(), Context::default());
        let mut fields = Fields { declared: Some(Vec::new()), ..fields };
        read(&mut fields);
        fields.declared.unwrap_or_default()
    }

    pub(super) fn at(
        at: String,
        members: Map<String, Value>,
        faults: FaultList,
        context: Context<'a>,
    ) -> Self {
        Self { at, body: String::new(), members, faults, misread: false, declared: None, context }
    }

    pub(super) fn declare(&mut self, member: Member) {
        if let Some(declared) = &mut self.declared {
            declared.push(member);
        }
    }

    /// Whether nothing is wrong so far; what is unknown is found at the end.
    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_clean()
    }

    /// Where faults are noted.
    pub(crate) fn faults(&mut self) -> &mut FaultList {
        &mut self.faults
    }

    /// A text that must be there.
    pub(crate) fn required<T: FieldType, E: CodedError>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.declare(member(name, T::SCHEMA));
        self.parsed_required(name, parse)
    }

    /// A text that must be there and keeps no rule.
    pub(crate) fn required_text(&mut self, name: &'static str) -> Option<String> {
        self.declare(member(name, Schema::Text));
        self.take_required(name)
    }

    /// A token that must be there, without what was copied with it (R12).
    pub(crate) fn required_token(&mut self, name: &'static str) -> Option<String> {
        self.required_text(name).map(|token| trimmed(&token).to_owned())
    }

    /// The same of one that may be absent or `null`.
    pub(crate) fn token(&mut self, name: &'static str) -> Option<String> {
        self.text(name).map(|token| trimmed(&token).to_owned())
    }

    /// A text that may be absent or `null` and keeps no rule.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.declare(member(name, Schema::Text).nullable().optional());
        self.take_text(name)
    }

    /// A text that may be absent or `null`.
    pub(crate) fn optional<T: FieldType, E: CodedError>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.declare(member(name, T::SCHEMA).nullable().optional());
        self.parsed(name, parse)
    }

    /// A text of a merge patch that can be changed but not removed.
    pub(crate) fn change<T: FieldType, E: CodedError>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.declare(member(name, T::SCHEMA).optional());
        self.refuse_null(name);
        self.parsed(name, parse)
    }

    /// A text of a merge patch that `null` removes.
    pub(crate) fn patch<T: FieldType, E: CodedError>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Patch<T> {
        if self.members.get(name).is_some_and(Value::is_null) {
            self.members.remove(name);
            return Patch::Clear;
        }
        self.optional(name, parse).map_or(Patch::Keep, Patch::Set)
    }

    /// `true` or `false`; absent or `null` is `false`.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.declare(member(name, Schema::Flag).nullable().optional());
        match self.members.remove(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(value)) => value,
            Some(_) => {
                self.wrong_type(name, "true or false");
                false
            }
        }
    }

    /// Whether the member is there; `null` is not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Any JSON; `null` is nothing.
    pub(crate) fn json(&mut self, name: &'static str) -> Option<Value> {
        self.declare(member(name, Schema::Json).optional());
        self.take(name).filter(|value| !value.is_null())
    }

    /// The members of an object whose keys are free; it may be absent or `null`.
    pub(crate) fn json_object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        self.declare(member(name, Schema::JsonObject).nullable().optional());
        self.take_object(name)
    }

    /// The members of an object of the body whose keys are free, each with its JSON text as it
    /// was written; `None` for `null`.
    pub(super) fn entries(&mut self, name: &str) -> Vec<(String, Option<String>)> {
        if self.take_object(name).is_none() {
            return Vec::new();
        }
        let members = json_members(&self.body).unwrap_or_default().into_iter();
        let object =
            members.filter(|(key, _)| key == name).find_map(|(_, text)| json_members(&text));
        let text = |json: String| (json != "null").then_some(json);
        object.unwrap_or_default().into_iter().map(|(key, json)| (key, text(json))).collect()
    }

    /// Refuses a `null` where nothing can be removed.
    pub(super) fn refuse_null(&mut self, name: &str) {
        if self.members.get(name).is_some_and(Value::is_null) {
            self.members.remove(name);
            self.malformed(name, code!("field.null"), "This field cannot be removed");
        }
    }

    /// What was read, or all faults.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, Problem> {
        self.note_unknown();
        self.faults.finish()?;
        read.ok_or_else(|| AppError::Internal("a field is neither read nor faulty".into()).into())
    }

    pub(super) fn note_unknown(&mut self) {
        for (name, _) in mem::take(&mut self.members) {
            self.malformed(&name, code!("field.unknown"), "This field is unknown");
        }
    }

    pub(super) fn parsed<T, E: CodedError>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.take_text(name)?;
        self.faults.check(&self.pointer(name), parse(&text))
    }

    pub(super) fn parsed_required<T, E: CodedError>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.take_required(name)?;
        self.faults.check(&self.pointer(name), parse(&text))
    }

    fn take_required(&mut self, name: &str) -> Option<String> {
        if !self.has(name) {
            self.take(name);
            self.missing(name);
        }
        self.take_text(name)
    }

    fn take_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong_type(name, "a text");
                None
            }
        }
    }

    pub(super) fn take_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Null => None,
            Value::Object(members) => Some(members),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.wrong_type(name, "an object");
                None
            }
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    pub(super) fn missing(&mut self, name: &str) {
        self.malformed(name, code!("field.required"), "This field is required");
    }

    pub(super) fn wrong_type(&mut self, name: &str, expected: &str) {
        self.wrong_type_at(&self.pointer(name), expected);
    }

    pub(super) fn wrong_type_at(&mut self, pointer: &str, expected: &str) {
        self.misread = true;
        let detail = format!("This field must be {expected}");
        self.faults.malformed(pointer, code!("field.wrong_type"), detail);
    }

    pub(super) fn malformed(&mut self, name: &str, code: &Code, detail: &str) {
        self.faults.malformed(&self.pointer(name), code, detail);
    }

    /// Pointers and codes, in order.
    #[cfg(test)]
    pub(super) fn into_faults(mut self) -> Vec<(String, &'static str)> {
        self.note_unknown();
        self.faults.into_faults().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    pub(super) fn pointer(&self, name: &str) -> String {
        faults::at(&self.at, name)
    }
}

#[cfg(test)]
mod tests {
    use userdom_domain::{Bio, ContactType, EmailAddress, Username};

    use super::*;
    use crate::http::body::NOTHING;

    fn fields(body: &str) -> Fields<'static> {
        Fields::of(body.as_bytes(), Context::default()).unwrap()
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let mut fields = fields(r#"{"username":"jo","email":7,"a/b~c":1,"contact_type":"x"}"#);
        assert!(fields.required("username", Username::parse).is_none());
        assert!(fields.required("email", EmailAddress::parse).is_none());
        assert!(fields.required("password", EmailAddress::parse).is_none());
        assert!(fields.optional("contact_type", ContactType::parse).is_none());
        let expected = [
            ("/username", "username.too_short"),
            ("/email", "field.wrong_type"),
            ("/password", "field.required"),
            ("/contact_type", "contact_type.unknown"),
            ("/a~1b~0c", "field.unknown"),
        ];
        assert_eq!(fields.into_faults(), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn null_is_absent_clears_or_is_refused() {
        let mut fields = fields(r#"{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null}"#);
        assert_eq!(fields.optional("a", Bio::parse), None);
        assert_eq!(fields.patch("b", Bio::parse), Patch::Clear);
        assert_eq!(fields.change("c", Bio::parse), None);
        assert!(!fields.flag("d"));
        assert!(fields.object("e", &NOTHING).is_none());
        assert_eq!(fields.required_text("f"), None);
        let expected = [("/c", "field.null"), ("/f", "field.required")];
        assert_eq!(fields.into_faults(), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn a_patch_keeps_what_it_does_not_name() {
        let mut fields = fields(r#"{"bio":"new"}"#);
        assert_eq!(fields.patch("gender", Bio::parse), Patch::Keep);
        assert_eq!(fields.patch("bio", Bio::parse), Patch::Set(Bio::parse("new").unwrap()));
        assert_eq!(fields.into_faults(), []);
    }

    #[test]
    fn free_keys_keep_their_json_text() {
        let mut fields = fields(r#"{"preferences":{"crm":[1, {"a":null}],"theme":null}}"#);
        let expected =
            [("crm".to_owned(), Some(r#"[1, {"a":null}]"#.to_owned())), ("theme".to_owned(), None)];
        assert_eq!(fields.entries("preferences"), expected);
    }

    #[test]
    fn a_clean_object_gives_its_value() {
        let mut fields = fields(r#"{"username":"ada","is_default":true}"#);
        let username = fields.required("username", Username::parse);
        assert!(fields.flag("is_default"));
        assert_eq!(fields.finish(username).unwrap().as_str(), "ada");
    }
}
