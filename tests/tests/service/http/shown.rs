use std::fmt::Write;

use serde_json::Value;
use userdom_tests::app::Reply;

/// Differ from call to call, or say nothing of the contract.
const LEFT_OUT: [&str; 3] = ["content-length", "connection", "date"];

/// Compares status, headers and body with the snapshot, which is one for both databases.
#[track_caller]
pub(super) fn assert_shown(name: &str, reply: &Reply) {
    if reply.is_translated {
        return assert_like_rest(name, reply);
    }
    let text = document(reply);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Through GraphQL the same status and body are shown. GraphQL has no title for a problem,
/// and does not tell what is null from what is not there.
#[track_caller]
fn assert_like_rest(name: &str, reply: &Reply) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/service/http/snapshots");
    let kept = std::fs::read_to_string(format!("{folder}/{name}.snap")).unwrap();
    let (_, kept) = kept.trim_start_matches("---\n").split_once("---\n").unwrap();
    let (head, body) = kept.split_once("\n\n").unwrap_or((kept, ""));
    assert_eq!(head.lines().next().unwrap(), reply.status.to_string(), "{}", reply.text);
    let untitled = |mut body: Value| {
        mask(&mut body);
        body.as_object_mut().unwrap().remove("title");
        without_nulls(body)
    };
    let shown = if reply.text.is_empty() { Value::Null } else { untitled(reply.json()) };
    let kept = if body.is_empty() { Value::Null } else { untitled(body.parse().unwrap()) };
    assert_eq!(shown, kept, "{name}");
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn document(reply: &Reply) -> String {
    let mut text = format!("{}\n", reply.status);
    let mut headers: Vec<_> = reply.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = if name == "x-request-id" { "[id]" } else { value.to_str().unwrap() };
        if !LEFT_OUT.contains(&name.as_str()) {
            writeln!(text, "{name}: {value}").unwrap();
        }
    }
    if reply.text.is_empty() {
        return text;
    }
    let mut body = reply.json();
    mask(&mut body);
    writeln!(text, "\n{body:#}").unwrap();
    text
}

/// Tokens and secrets are random; the id of a request says nothing.
const MASKED: [&str; 10] = [
    "access_token",
    "refresh_token",
    "device_token",
    "challenge",
    "key",
    "secret",
    "otpauth_uri",
    "qr_svg",
    "recovery_codes",
    "request_id",
];

fn mask(body: &mut Value) {
    for name in MASKED {
        if let Some(value) = body.get_mut(name) {
            *value = format!("[{name}]").into();
        }
    }
    // The answers inside the answer to a batch.
    let results = body.get_mut("results").and_then(Value::as_array_mut);
    results.into_iter().flatten().filter_map(|result| result.get_mut("body")).for_each(mask);
}
