//! The way back: the answer of GraphQL in REST's words.

use serde_json::{Map, Value, json};

use super::{
    GraphqlCall,
    names::{camel, constant, reference, small, values},
};
use crate::app::{Reply, conformity::schema};

const PROBLEM: &str = "application/problem+json";

impl GraphqlCall {
    /// The answer, as REST would have given it. `None` when GraphQL's own types refused the
    /// request, for which REST has other words.
    pub(in crate::app) fn read(&self, mut reply: Reply) -> Option<Reply> {
        if reply.header("content-type") == PROBLEM {
            return Some(reply);
        }
        reply.is_translated = true;
        let answer = reply.json();
        if let Some(error) = answer["errors"].get(0) {
            let extensions = &error["extensions"];
            let code = extensions["code"].as_str().unwrap();
            if code == "graphql.invalid" {
                return None;
            }
            reply.status = u16::try_from(extensions["status"].as_u64().unwrap()).unwrap();
            let mut problem = json!({
                "type": format!("urn:userdom:problem:{code}"), "title": error["message"],
                "status": extensions["status"], "detail": error["message"], "code": code,
                "request_id": extensions["requestId"],
            });
            if let Some(faults) = extensions["errors"].as_array() {
                let faults = faults.iter().map(Self::fault);
                problem["errors"] = faults.collect();
            }
            if let Some(seconds) = extensions["retryAfter"].as_u64() {
                reply.set_header("retry-after", &seconds.to_string());
            }
            reply.set_header("content-type", PROBLEM);
            reply.text = problem.to_string();
            return Some(reply);
        }
        let value = &answer["data"][self.field];
        let version = value.get("version").and_then(Value::as_i64);
        let (status, schema) = self.outcome(value);
        reply.status = status;
        if let Some(version) = version.filter(|_| self.shows_version()) {
            reply.set_header("etag", &format!("\"{version}\""));
        }
        let Some(schema) = schema else {
            reply.text = String::new();
            return Some(reply);
        };
        let body = match (&self.part, schema.strip_suffix("Page")) {
            (Some(part), Some(item)) => {
                let name = part.split('(').next().unwrap();
                json!({"items": list(item, &value[name]), "next_cursor": null})
            }
            // A user without a profile has none in GraphQL; REST has a problem for it.
            (Some(_), None) if value["profile"].is_null() => return None,
            (Some(_), None) => output(&schema, &value["profile"]),
            (None, Some(item)) if value.is_array() => {
                json!({"items": list(item, value), "next_cursor": null})
            }
            (None, Some(item)) => page(item, value),
            (None, None) => output(&schema, value.get(small(&schema)).unwrap_or(value)),
        };
        reply.text = body.to_string();
        Some(reply)
    }

    fn outcome(&self, value: &Value) -> (u16, Option<String>) {
        let answers = self.answers();
        let is_it = |(_, schema): &&(u16, Option<String>)| match schema {
            Some(schema) => value.get(small(schema)).is_some_and(|it| !it.is_null()),
            None => value["done"] == true,
        };
        answers.iter().find(is_it).or(answers.first()).unwrap().clone()
    }

    /// A faulty value, at its place in the REST request.
    fn fault(fault: &Value) -> Value {
        let mut fault = fault.clone();
        let pointer = fault["pointer"].as_str().unwrap().to_owned();
        let at = match pointer.as_str() {
            "/first" => "?limit".to_owned(),
            "/after" => "?cursor".to_owned(),
            "/filter/expression" => "?filter".to_owned(),
            other => match other.strip_prefix("/filter/") {
                Some(name) => format!("?{}", snake(name)),
                None => snake(other.strip_prefix("/input").unwrap_or(other)),
            },
        };
        // Preferences keep the names that products gave them.
        let kept = pointer.strip_prefix("/input").filter(|at| at.starts_with("/preferences/"));
        fault["pointer"] = json!(kept.map_or(at, str::to_owned));
        fault
    }
}

fn list(item: &str, items: &Value) -> Value {
    items.as_array().unwrap().iter().map(|value| output(item, value)).collect()
}

fn page(item: &str, connection: &Value) -> Value {
    let nodes = connection["edges"].as_array().unwrap().iter();
    let info = &connection["pageInfo"];
    let more = info["hasNextPage"] == true;
    let mut page = json!({
        "items": nodes.map(|edge| output(item, &edge["node"])).collect::<Vec<_>>(),
        "next_cursor": if more { info["endCursor"].clone() } else { Value::Null },
    });
    if let Some(total) = connection.get("totalCount") {
        page["total"] = total.clone();
    }
    page
}

/// A value in REST's names.
fn output(name: &str, value: &Value) -> Value {
    let schema = schema(name);
    let required = schema["required"].as_array().unwrap();
    let mut found = Map::new();
    for (name, schema) in schema["properties"].as_object().unwrap() {
        let value = &value[camel(name)];
        // Whether it was null or not there, GraphQL does not tell.
        if value.is_null() && !required.contains(&json!(name)) {
            continue;
        }
        let value = match (reference(schema), value) {
            (Some(inner), Value::Object(_)) => output(&inner, value),
            (None, Value::Array(items)) => match reference(&schema["items"]) {
                Some(inner) => list(&inner, value),
                None => items.iter().map(|it| from_constant(&schema["items"], it)).collect(),
            },
            (_, value) => from_constant(schema, value),
        };
        found.insert(name.clone(), value);
    }
    Value::Object(found)
}

fn from_constant(schema: &Value, value: &Value) -> Value {
    let mut meant =
        values(schema).iter().filter(|it| it.as_str().map(constant).as_deref() == value.as_str());
    meant.next().unwrap_or(value).clone()
}

fn snake(name: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.to_string() }
    };
    name.chars().map(letter).collect()
}
