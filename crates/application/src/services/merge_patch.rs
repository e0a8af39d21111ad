use std::collections::BTreeMap;

use userdom_domain::{json_members, json_object};

/// Lays a JSON merge patch over a JSON text (RFC 7396): objects are merged at every depth, a
/// `null` removes its key, anything else replaces what was there. What the patch does not name
/// stays as it is written, to the byte.
///
/// Neither text is judged: a target that is no object that can be read counts as none, and a
/// patch that is none replaces the target as it stands.
///
/// ```
/// use userdom_application::services::merge_patch;
///
/// let merged = merge_patch(Some(r#"{"a": 1, "b": {"c": 2, "d": 3.0}}"#), r#"{"a":null,"b":{"c":9}}"#);
/// assert_eq!(merged, r#"{"b":{"c":9,"d":3.0}}"#);
/// ```
pub fn merge_patch(target: Option<&str>, patch: &str) -> String {
    let Some(patch) = json_members(patch) else {
        return patch.to_owned();
    };
    let present = target.and_then(json_members).unwrap_or_default();
    let patch: Vec<_> =
        patch.into_iter().map(|(key, json)| (key, (json != "null").then_some(json))).collect();
    let merged = merge_members(present, &patch);
    json_object(merged.iter().map(|(key, json)| (key.as_str(), json.as_str())))
}

/// The same for the members of an object and those of its patch, where `None` removes a key.
pub(crate) fn merge_members(
    present: Vec<(String, String)>,
    patch: &[(String, Option<String>)],
) -> Vec<(String, String)> {
    let mut changes: BTreeMap<_, _> = patch.iter().map(|(key, json)| (key, json)).collect();
    let mut merged = Vec::with_capacity(present.len());
    for (key, json) in present {
        match changes.remove(&key) {
            None => merged.push((key, json)),
            Some(None) => {}
            Some(Some(patch)) => merged.push((key, merge_patch(Some(&json), patch))),
        }
    }
    for (key, _) in patch {
        if let Some(Some(patch)) = changes.remove(key) {
            merged.push((key.clone(), merge_patch(None, patch)));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str) -> String {
        merge_patch(Some(target), patch)
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
        assert_eq!(merge_patch(None, r#"{"a":{"b":null,"c":[null]}}"#), r#"{"a":{"c":[null]}}"#);
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
    fn r13_of_equal_nested_keys_the_last_is_in_force_and_is_patched() {
        let target = r#"{"crm":{"a":1,"b":0,"a":2}}"#;
        assert_eq!(merged(target, r#"{"crm":{"a":3}}"#), r#"{"crm":{"a":3,"b":0}}"#);
        assert_eq!(merged(target, r#"{"crm":{"a":null}}"#), r#"{"crm":{"b":0}}"#);
        assert_eq!(merged(target, r#"{"crm":{"c":4}}"#), r#"{"crm":{"a":2,"b":0,"c":4}}"#);
    }

    /// Comparing each with each would take many minutes.
    #[test]
    fn r29_any_number_of_members_is_merged() {
        let object = |keys: &mut dyn Iterator<Item = u32>| {
            let members: Vec<_> = keys.map(|key| format!("\"{key}\":{key}")).collect();
            format!("{{{}}}", members.join(","))
        };
        let (target, patch) = (object(&mut (0..300_000)), object(&mut (0..300_000).rev()));
        assert_eq!(merged(&target, &patch), target);
    }

    #[test]
    fn r29_a_target_that_cannot_be_read_is_replaced() {
        for target in ["{", "x", r#"{"\ud800":1}"#] {
            assert_eq!(merged(target, r#"{"a":{"b":1}}"#), r#"{"a":{"b":1}}"#, "{target}");
        }
    }
}
