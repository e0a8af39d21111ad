use std::mem;

use serde_json::{Map, Value};
use userdom_application::services::CodedError;

use super::{Body, Fields};
use crate::http::schema::{Schema, member};

/// Objects inside the object.
impl Fields<'_> {
    /// An object that may be absent or `null`.
    pub(crate) fn object<T>(&mut self, name: &'static str, body: &'static Body<T>) -> Option<T> {
        self.declare(member(name, Schema::Object(body)).nullable().optional());
        let members = self.take_object(name)?;
        self.inside(self.pointer(name), members, body)
    }

    /// The same, or a text in its place; `schema` is that of both.
    pub(crate) fn text_or_object<T, E: CodedError>(
        &mut self,
        name: &'static str,
        schema: Schema,
        parse: impl FnOnce(&str) -> Result<T, E>,
        body: &'static Body<T>,
    ) -> Option<T> {
        self.declare(member(name, schema).nullable().optional());
        if self.members.get(name).is_some_and(Value::is_string) {
            return self.parsed(name, parse);
        }
        let members = self.take_object(name)?;
        self.inside(self.pointer(name), members, body)
    }

    /// A list of one to `most` objects, which must be there.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        body: &'static Body<T>,
    ) -> Option<Vec<T>> {
        self.declare(member(name, Schema::Object(body)).list());
        let items = self.items(name, "a list of objects")?;
        if !(1..=most).contains(&items.len()) {
            let detail = format!("This list has 1 to {most} items");
            self.malformed(name, code!("list.length"), &detail);
            return None;
        }
        let items = items.into_iter().enumerate();
        let read = items.map(|(place, item)| {
            let pointer = format!("{}/{place}", self.pointer(name));
            let Value::Object(members) = item else {
                self.wrong_type_at(&pointer, "an object");
                return None;
            };
            self.inside(pointer, members, body)
        });
        // All items are read before one of them makes the list worthless.
        read.collect::<Vec<_>>().into_iter().collect()
    }

    fn inside<T>(
        &mut self,
        pointer: String,
        members: Map<String, Value>,
        body: &Body<T>,
    ) -> Option<T> {
        let mut inner = Self::at(pointer, members, mem::take(&mut self.faults), self.context);
        let value = (body.read)(&mut inner);
        inner.note_unknown();
        self.faults = inner.faults;
        value
    }
}
