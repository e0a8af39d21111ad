use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    components::{Components, example},
    parameters,
    refusals::{Refusals, codes_of},
    schema,
};
use crate::http::{
    codes::Code,
    endpoint::{Access, Content, Endpoint, Method, RequestBody, Response, Tag},
};

/// An endpoint, as an operation of the document.
pub(super) fn operation(
    endpoint: &Endpoint,
    tag: Tag,
    components: &mut Components,
    refusals: &mut Refusals,
) -> Value {
    let mut operation = json!({
        "tags": [tag.name],
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "description": endpoint.description,
        "parameters": parameters::of(endpoint, components),
        "responses": responses(endpoint, components, refusals),
        "security": match endpoint.access {
            Access::Required if endpoint.takes_basic => json!([{"token": []}, {"basic": []}]),
            Access::Required => json!([{"token": []}]),
            Access::Open | Access::Optional => json!([]),
        },
    });
    if let Some(object) = endpoint.request.object() {
        let schema = components.object(object);
        let types = endpoint.request.media_types();
        let content = components.content(types, &schema, (object.name(), example(object)));
        let is_required = !matches!(endpoint.request, RequestBody::Empty);
        let body = json!({"required": is_required, "content": content});
        schema::put(&mut operation, "requestBody", body);
    }
    operation
}

fn responses(endpoint: &Endpoint, components: &mut Components, refusals: &mut Refusals) -> Value {
    let mut responses = Map::new();
    for response in endpoint.responses {
        responses.insert(response.status.to_string(), answer(endpoint, response, components));
    }
    if endpoint.is_conditional {
        let not_modified = json!({
            "description": "The client has this version",
            "headers": parameters::answered(&["ETag"]),
        });
        responses.insert("304".to_owned(), not_modified);
    }
    let mut by_status = BTreeMap::<u16, Vec<&'static Code>>::new();
    for code in codes_of(endpoint) {
        for status in statuses(code) {
            let codes = by_status.entry(status).or_default();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    for (status, codes) in by_status {
        let refusal = refusals.response(endpoint, status, codes, components);
        responses.insert(status.to_string(), refusal);
    }
    responses.into()
}

/// Faulty fields are 422, and 400 if one of them cannot even be read.
fn statuses(code: &Code) -> Vec<u16> {
    if code == code!("request.invalid") { vec![400, 422] } else { vec![code.status] }
}

fn answer(endpoint: &Endpoint, response: &Response, components: &mut Components) -> Value {
    let description = match response.status {
        200 => "Done",
        201 => "Made",
        202 => "Accepted",
        _ => "Done; there is nothing to show",
    };
    let mut headers = vec!["X-Request-Id"];
    if response.status == 201 {
        headers.push("Location");
    }
    if response.has_version {
        headers.push("ETag");
    }
    if endpoint.method == Method::Post {
        headers.push("Idempotency-Replayed");
    }
    let mut answer = json!({
        "description": description,
        "headers": parameters::answered(&headers),
    });
    let (schema, name, example) = match response.content {
        Content::Nothing => return answer,
        Content::One(view) => (components.object(view), view.name.to_owned(), example(view)),
        Content::Page(view) => {
            let example = json!({"items": [example(view)], "next_cursor": null, "total": 1});
            (components.page(view), schema::page_name(view), example)
        }
    };
    let content = components.content(endpoint.media_types, &schema, (&name, example));
    schema::put(&mut answer, "content", content);
    answer
}
