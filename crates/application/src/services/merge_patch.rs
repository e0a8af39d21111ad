use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, value::RawValue};

/// Lays a JSON merge patch over a JSON text (RFC 7396): objects are merged at every depth, a
/// `null` removes its key, anything else replaces what was there. What the patch does not name
/// stays as it is written, to the byte.
///
/// ```
/// use userdom_application::services::merge_patch;
///
/// let merged = merge_patch(Some(r#"{"a": 1, "b": {"c": 2, "d": 3.0}}"#), r#"{"a":null,"b":{"c":9}}"#);
/// assert_eq!(merged.unwrap(), r#"{"b":{"c":9,"d":3.0}}"#);
/// ```
pub fn merge_patch(target: Option<&str>, patch: &str) -> serde_json::Result<String> {
    let Some(patch_members) = members(patch)? else {
        return Ok(patch.to_owned());
    };
    let present = target.map(members).transpose()?.flatten().unwrap_or_default();
    let mut merged: Vec<(String, String)> = Vec::with_capacity(present.len());
    for (key, value) in present {
        merged.push((key, value.get().to_owned()));
    }
    for (key, value) in patch_members {
        let place = merged.iter().position(|(known, _)| *known == key);
        let present = place.map(|place| merged.remove(place).1);
        if value.get() != "null" {
            let value = merge_patch(present.as_deref(), value.get())?;
            merged.insert(place.unwrap_or(merged.len()), (key, value));
        }
    }
    let member = |(key, value): &(String, String)| format!("{}:{value}", Value::from(key.as_str()));
    Ok(format!("{{{}}}", merged.iter().map(member).collect::<Vec<_>>().join(",")))
}

/// The members of a JSON object in their order, with their values as they are written; `None`
/// for any other JSON.
fn members(json: &str) -> serde_json::Result<Option<Vec<(String, &RawValue)>>> {
    if !json.trim_start().starts_with('{') {
        return serde_json::from_str::<&RawValue>(json).map(|_| None);
    }
    serde_json::from_str::<Members<'_>>(json).map(|members| Some(members.0))
}

struct Members<'de>(Vec<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
            members.push((key, value));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str) -> String {
        merge_patch(Some(target), patch).unwrap()
    }

    #[test]
    fn rfc_7396_the_examples_of_its_appendix_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            assert_eq!(merged(target, patch), result, "{target} {patch}");
        }
        assert_eq!(
            merge_patch(None, r#"{"a":{"b":null,"c":[null]}}"#).unwrap(),
            r#"{"a":{"c":[null]}}"#
        );
    }

    #[test]
    fn r13_what_is_not_named_stays_to_the_byte_and_in_its_place() {
        let target =
            r#"{"z": 123456789012345678901234567890, "a": {"y":1.50,"x":"\u00e9"}, "m":[1e2]}"#;
        assert_eq!(
            merged(target, r#"{"a":{"x":1E5},"n":-0.0}"#),
            r#"{"z":123456789012345678901234567890,"a":{"y":1.50,"x":1E5},"m":[1e2],"n":-0.0}"#
        );
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for (target, patch) in [("{", "{}"), ("{}", "{\"a\":}"), ("x", "{}"), ("{}", "x")] {
            assert!(merge_patch(Some(target), patch).is_err(), "{target} {patch}");
        }
    }
}
