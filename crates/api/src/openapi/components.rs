use serde_json::{Map, Value, json};

use super::schema;
use crate::http::{
    codes::Code,
    schema::{Example, Member, Object, Schema},
};

const ID: &str = "019b79da-0000-7000-8000-000000000001";
const TIME: &str = "2026-01-01T12:00:00Z";

/// What stands in the document once, under a name: added when it is first referred to.
#[derive(Default)]
pub(super) struct Components {
    pub(super) schemas: Map<String, Value>,
    pub(super) examples: Map<String, Value>,
}

impl Components {
    /// A schema as it stands at its place: what has a name is a reference.
    pub(super) fn schema(&mut self, of: Schema) -> Value {
        match of {
            Schema::Enumeration(it) => {
                let add = |_: &mut Self| json!({"type": "string", "enum": (it.values)()});
                self.named(it.name, it.description, add)
            }
            Schema::Alias(it) => self.named(it.name, it.description, |components| {
                let alternatives: Vec<_> =
                    it.alternatives.iter().map(|schema| components.schema(*schema)).collect();
                match <[Value; 1]>::try_from(alternatives) {
                    Ok([only]) => only,
                    Err(several) => json!({"oneOf": several}),
                }
            }),
            Schema::Object(object) => self.object(object),
            Schema::Text
            | Schema::ShortText(_)
            | Schema::Pattern(_)
            | Schema::Id
            | Schema::Date
            | Schema::Time
            | Schema::Flag
            | Schema::Number
            | Schema::Count { .. }
            | Schema::Seconds
            | Schema::Json
            | Schema::JsonObject => schema::plain(of),
        }
    }

    pub(super) fn object(&mut self, of: &dyn Object) -> Value {
        self.named(of.name(), of.description(), |components| {
            let members = of.members();
            let required = members.iter().filter(|member| member.is_required);
            let required: Vec<_> = required.map(|member| member.name).collect();
            let property = |member: &Member| (member.name.to_owned(), components.member(member));
            let properties: Map<_, _> = members.iter().map(property).collect();
            let mut object =
                json!({"type": "object", "properties": properties, "required": required});
            if of.is_closed() {
                schema::put(&mut object, "additionalProperties", false.into());
            }
            object
        })
    }

    /// A page of a list.
    pub(super) fn page(&mut self, of: &dyn Object) -> Value {
        let name = schema::page_name(of);
        self.named(&name, "A page of a list", |components| schema::page(&components.object(of)))
    }

    /// A schema with the media types of its body, and the name of its example: consoles look for
    /// it there.
    pub(super) fn content(
        &mut self,
        types: &[&str],
        schema: &Value,
        example: (&str, Value),
    ) -> Value {
        let (name, value) = example;
        self.examples.entry(name).or_insert_with(|| json!({"value": value}));
        let reference = json!({"$ref": format!("#/components/examples/{name}")});
        let media = json!({"schema": schema, "examples": {name: reference}});
        types.iter().map(|kind| ((*kind).to_owned(), media.clone())).collect::<Map<_, _>>().into()
    }

    /// An example of a refusal.
    pub(super) fn refusal(&mut self, code: &Code) -> Value {
        let Code { name, status, meaning, .. } = code;
        let problem = json!({
            "type": format!("urn:userdom:problem:{name}"),
            "title": meaning,
            "status": status,
            "detail": meaning,
            "code": name,
            "request_id": "019b79da-0000-7000-8000-000000000000",
        });
        let example = json!({"summary": meaning, "value": problem});
        self.examples.insert((*name).to_owned(), example);
        json!({"$ref": format!("#/components/examples/{name}")})
    }

    fn member(&mut self, member: &Member) -> Value {
        let one = self.schema(member.schema);
        let schema = if member.is_list { schema::list(&one) } else { one };
        if member.is_nullable { schema::or_null(schema) } else { schema }
    }

    fn named(
        &mut self,
        name: &str,
        description: &str,
        write: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        if !self.schemas.contains_key(name) {
            let mut schema = write(self);
            schema::put(&mut schema, "description", description.into());
            self.schemas.insert(name.to_owned(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }
}

/// An example of an object.
pub(super) fn example(of: &dyn Object) -> Value {
    if let Some(example) = of.example() {
        return read(example);
    }
    let shown = of.members().into_iter().filter_map(|member| {
        let one = || of_schema(member.schema);
        let example = match member.example {
            Example::Absent => return None,
            Example::Text(text) => text.into(),
            Example::Json(json) => read(json),
            Example::OfSchema if member.is_list => vec![one()].into(),
            Example::OfSchema => one(),
        };
        Some((member.name.to_owned(), example))
    });
    shown.collect::<Map<_, _>>().into()
}

/// The examples are constants: a test compares the whole document.
fn read(example: &str) -> Value {
    serde_json::from_str(example).unwrap_or_default()
}

fn of_schema(schema: Schema) -> Value {
    match schema {
        Schema::Id => ID.into(),
        Schema::Time => TIME.into(),
        Schema::Flag => true.into(),
        Schema::Number | Schema::Seconds | Schema::Count { .. } => 1.into(),
        Schema::JsonObject => json!({}),
        Schema::Enumeration(it) => (it.values)().first().copied().into(),
        Schema::Alias(it) => it.alternatives.first().map_or(Value::Null, |it| of_schema(*it)),
        Schema::Object(object) => example(object),
        Schema::Text | Schema::ShortText(_) | Schema::Pattern(_) | Schema::Date | Schema::Json => {
            Value::Null
        }
    }
}
