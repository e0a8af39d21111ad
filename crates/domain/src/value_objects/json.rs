//! JSON whose texts stay as they are written: its values are found and not read (R13).

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Of equal keys the last value, where the first one stood.
pub(super) fn last_of_each(entries: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut last = BTreeMap::new();
    let mut keys = Vec::with_capacity(entries.len());
    for (key, json) in entries {
        if last.insert(key.clone(), json).is_none() {
            keys.push(key);
        }
    }
    keys.into_iter().filter_map(|key| last.remove_entry(&key)).collect()
}

/// The text of a JSON object with these members, whose values are JSON texts.
///
/// ```
/// assert_eq!(userdom_domain::json_object([("b", "1.50"), ("a", "[]")]), r#"{"b":1.50,"a":[]}"#);
/// ```
pub fn json_object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let member = |(key, json)| format!("{}:{json}", serde_json::Value::from(key));
    let members: Vec<_> = members.into_iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// The members of a JSON object in their order, each with the text of its value; `None` for a
/// text that is no object. Of two equal keys the last counts.
///
/// ```
/// let members = userdom_domain::json_members(r#"{"b": 1.50, "a": [1e400]}"#).unwrap();
/// assert_eq!(members[0], ("b".to_owned(), "1.50".to_owned()));
/// assert_eq!(members[1].1, "[1e400]");
/// ```
pub fn json_members(text: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str::<Entries>(text).ok().map(|entries| last_of_each(entries.0))
}

/// The members of a JSON object, whose values are found and not read.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, json)) = map.next_entry::<String, Box<RawValue>>()? {
            entries.push((key, json.get().to_owned()));
        }
        Ok(Entries(entries))
    }
}

/// What is to be known of a JSON text without reading it.
#[derive(Default)]
pub(super) struct Scanned {
    /// Of the brackets, those in its strings apart.
    pub(super) depth: usize,
    /// Whether a string has U+0000, which JSON writes as an escape only.
    pub(super) has_nul: bool,
}

impl Scanned {
    pub(super) fn of(json: &str) -> Self {
        let mut scanned = Self::default();
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut rest = json.as_bytes();
        while let [byte, after @ ..] = rest {
            rest = after;
            match byte {
                b'\\' if in_string => {
                    scanned.has_nul |= after.starts_with(b"u0000");
                    rest = after.get(1..).unwrap_or_default();
                }
                b'"' => in_string = !in_string,
                b'[' | b'{' if !in_string => {
                    depth += 1;
                    scanned.depth = scanned.depth.max(depth);
                }
                b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        scanned
    }
}

/// The text of a JSON string without escapes; no known value needs one.
pub(super) fn plain_string(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains(['"', '\\']))
}
