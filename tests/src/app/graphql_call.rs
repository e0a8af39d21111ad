//! A REST call of a test as the same GraphQL operation (G3). What comes back is put into REST's
//! words, so that one test holds both interfaces to the same. The translation is
//! made of the published OpenAPI document alone.

mod answer;
mod names;

use serde_json::{Map, Value, json};

use super::conformity::{self, schema};
use names::{camel, constant, input_name, is_enum, named, reference, small};

/// What is sent, and how to read what comes back.
pub(super) struct GraphqlCall {
    operation: &'static Value,
    field: &'static str,
    /// What stands in a user: the member of it, with its arguments.
    part: Option<String>,
    document: String,
    variables: Map<String, Value>,
}

/// Root fields that are not called as their operation is.
const CALLED: [(&str, &str); 3] =
    [("listApiKeys", "apiKeys"), ("searchUsers", "users"), ("events", "auditEvents")];
/// What is read as a part of a user.
const PARTS: [&str; 4] = ["profile", "emails", "phones", "addresses"];

impl GraphqlCall {
    /// `None` for what GraphQL has no words for: pages, bodies that do not fit its types,
    /// conditions other than one version.
    pub(super) fn of(
        method: &str,
        path: &str,
        body: &[u8],
        if_match: Option<&str>,
    ) -> Option<Self> {
        let (template, operation) = conformity::found(method, path)?;
        let id = operation["operationId"].as_str()?;
        if ["alive", "ready", "graphql", "graphqlByGet"].contains(&id) {
            return None;
        }
        let called = CALLED.iter().find(|(known, _)| *known == id).map(|(_, field)| *field);
        let mut call = Self {
            operation,
            field: called.unwrap_or(id),
            part: None,
            document: String::new(),
            variables: Map::new(),
        };
        let (mut declared, mut given) = (Vec::new(), Vec::new());
        let mut add = |name: &str, kind: &str, value: Value| {
            declared.push(format!("${name}: {kind}"));
            given.push(format!("{name}: ${name}"));
            call.variables.insert(name.to_owned(), value);
        };
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        for (name, text) in template.split('/').zip(plain.split('/')) {
            let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                continue;
            };
            let is_user = name == "id" && template.starts_with("/v1/users/{id}");
            let is_read = method == "GET" && (id == "user" || PARTS.contains(&id));
            let argument = if is_user && !is_read { "userId".to_owned() } else { camel(name) };
            let kind = if name.ends_with("id") { "ID!" } else { "String!" };
            add(&argument, kind, Value::String(decoded(text)?));
        }
        if let Some(schema) = named(&operation["requestBody"]["content"]["application/json"]) {
            if schema == "Nothing" {
                if !["", "{}"].contains(&str::from_utf8(body).ok()?) {
                    return None;
                }
            } else {
                let body = serde_json::from_slice(body).ok()?;
                add("input", &format!("{}!", input_name(&schema)), input(&schema, &body)?);
            }
        }
        if let Some(if_match) = if_match {
            let version: i64 = if_match.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
            add("version", "Int", json!(version));
        }
        let (mut filter, mut counts) = (Map::new(), false);
        for (name, value) in pairs(query)? {
            match (id, name.as_str()) {
                ("deleteUser", "erase") => add("erase", "Boolean!", json!(flag(&value)?)),
                ("addresses", "type") => {
                    call.part = Some(format!("addresses(type: {})", constant(&value)));
                }
                ("searchUsers" | "events", "limit") => {
                    add("first", "Int!", json!(value.parse::<i32>().ok()?));
                }
                ("searchUsers" | "events", "cursor") => add("after", "String", json!(value)),
                ("searchUsers", "sort") => add("orderBy", "UserOrder!", json!(order(&value))),
                ("searchUsers", "count") => counts = flag(&value)?,
                ("searchUsers", "filter") => {
                    filter.insert("expression".to_owned(), json!(value));
                }
                ("searchUsers", name) => {
                    let value = parameter(operation, name, &value)?;
                    filter.insert(camel(name), value);
                }
                _ => return None,
            }
        }
        if !filter.is_empty() {
            add("filter", "UserFilter", Value::Object(filter));
        }
        if method == "GET" && PARTS.contains(&id) {
            call.part.get_or_insert_with(|| id.to_owned());
            call.field = "user";
        }
        let listed = |items: &[String]| {
            if items.is_empty() { String::new() } else { format!("({})", items.join(", ")) }
        };
        let reads = method == "GET" || id == "introspect";
        call.document = format!(
            "{}{} {{ {}{} {} }}",
            if reads { "query" } else { "mutation" },
            listed(&declared),
            call.field,
            listed(&given),
            call.selection(reads, counts)?,
        );
        Some(call)
    }

    /// The body of the request.
    pub(super) fn body(&self) -> String {
        json!({"query": self.document, "variables": self.variables}).to_string()
    }

    fn selection(&self, reads: bool, counts: bool) -> Option<String> {
        if let Some(part) = &self.part {
            let schema = self.answers().first()?.1.clone()?;
            let item = schema.strip_suffix("Page").unwrap_or(&schema);
            return Some(format!("{{ version {part} {} }}", fields_of(item)));
        }
        let answers = self.answers();
        if reads {
            let schema = answers.first()?.1.clone()?;
            return Some(match (self.field, schema.strip_suffix("Page")) {
                ("users" | "auditEvents", Some(item)) => {
                    let total = if counts { "totalCount" } else { "" };
                    let page = "pageInfo { hasNextPage endCursor }";
                    format!("{{ edges {{ node {} }} {page} {total} }}", fields_of(item))
                }
                (_, item) => fields_of(item.unwrap_or(&schema)),
            });
        }
        let nouns = answers.iter().map(|(_, schema)| match schema {
            Some(schema) => format!("{} {}", small(schema), fields_of(schema)),
            None => "done".to_owned(),
        });
        let nouns: Vec<_> = nouns.collect();
        let version = if self.shows_version() { "version" } else { "" };
        Some(format!("{{ {} {version} }}", nouns.join(" ")))
    }

    /// Each status that says that it went well, with the schema of its body.
    fn answers(&self) -> Vec<(u16, Option<String>)> {
        let responses = self.operation["responses"].as_object().unwrap();
        let well = responses.iter().filter(|(status, _)| status.starts_with('2'));
        well.map(|(status, answer)| {
            (status.parse().unwrap(), named(&answer["content"]["application/json"]))
        })
        .collect()
    }

    fn shows_version(&self) -> bool {
        let responses = self.operation["responses"].as_object().unwrap();
        let mut well = responses.iter().filter(|(status, _)| status.starts_with('2'));
        well.any(|(_, answer)| !answer["headers"]["ETag"].is_null())
    }
}

/// All fields of an object, and of those in it.
fn fields_of(name: &str) -> String {
    let members = schema(name)["properties"].as_object().unwrap().iter();
    let field = |(name, schema): (&String, &Value)| {
        let inner = reference(schema).or_else(|| reference(&schema["items"]));
        let inner = inner.map(|name| fields_of(&name)).unwrap_or_default();
        format!("{} {inner}", camel(name))
    };
    format!("{{ {} }}", members.map(field).collect::<Vec<_>>().join(" "))
}

/// A body in GraphQL's names; `None` if it has a member that GraphQL does not know.
fn input(name: &str, body: &Value) -> Option<Value> {
    let known = schema(name)["properties"].as_object().unwrap();
    let mut input = Map::new();
    for (name, value) in body.as_object()? {
        let schema = known.get(name)?;
        let value = match (reference(schema), value) {
            (Some(inner), Value::Object(_)) => self::input(&inner, value)?,
            (Some(_), Value::String(_)) => return None,
            (None, Value::Array(items)) => {
                let of = |item: &Value| match reference(&schema["items"]) {
                    Some(inner) => self::input(&inner, item),
                    None => Some(in_constants(&schema["items"], item)),
                };
                Value::Array(items.iter().map(of).collect::<Option<_>>()?)
            }
            (_, value) => in_constants(schema, value),
        };
        input.insert(camel(name), value);
    }
    Some(Value::Object(input))
}

fn in_constants(schema: &Value, value: &Value) -> Value {
    match value {
        Value::String(text) if is_enum(schema) => json!(constant(text)),
        other => other.clone(),
    }
}

fn parameter(operation: &Value, name: &str, value: &str) -> Option<Value> {
    let mut all = operation["parameters"].as_array()?.iter();
    let schema = &all.find(|it| it["name"] == name && it["in"] == "query")?["schema"];
    match schema["type"].as_str() {
        Some("boolean") => flag(value).map(Value::Bool),
        _ => Some(in_constants(schema, &json!(value))),
    }
}

fn order(sort: &str) -> String {
    match sort.strip_prefix('-') {
        Some(name) => format!("{}_DESC", constant(name)),
        None => format!("{}_ASC", constant(sort)),
    }
}

fn flag(value: &str) -> Option<bool> {
    value.parse().ok()
}

fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (decoded(name)?, decoded(&value.replace('+', " "))?);
        if pairs.iter().any(|(other, _)| *other == name) {
            return None;
        }
        pairs.push((name, value));
    }
    Some(pairs)
}

/// Without percent signs; `None` for what is no text.
fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let hex = str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
