use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Reads a JSON object in which no object has a key twice: of two equal keys one reader takes
/// the first and another the last. Numbers keep all their digits.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice::<DistinctKeys>(body).map_err(|error| error.to_string())?;
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) if members.values().all(is_in_range) => Ok(members),
        Ok(Value::Object(_)) => Err("number out of range".to_owned()),
        Ok(_) => Err("The body must be a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether each number is one that other readers have, too: what is beyond a double is infinite
/// in JavaScript, which then writes null.
fn is_in_range(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(f64::is_finite),
        Value::Array(items) => items.iter().all(is_in_range),
        Value::Object(members) => members.values().all(is_in_range),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// Any JSON value in which no object has a key twice.
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys).map(|()| Self)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<DistinctKeys>()?.is_some() {}
        Ok(())
    }

    /// With the feature `arbitrary_precision` a long number comes as an object, too.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands there twice")));
            }
            seen.insert(key);
            map.next_value::<DistinctKeys>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        object(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = r#"{"a":[1,-2,1.50,"x",null,true],"b":{"c":{}}}"#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()).to_string(), text);
    }

    #[test]
    fn a_number_keeps_all_its_digits() {
        let text = r#"{"a":123456789012345678901234567890,"b":[0.10,1e+300]}"#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()).to_string(), text);
    }

    #[test]
    fn a_number_beyond_a_double_is_refused() {
        for body in ["{\"a\":1e400}", "{\"a\":[{\"b\":-1e999}]}"] {
            assert_eq!(refusal(body), "number out of range");
        }
    }

    #[test]
    fn a_key_twice_is_refused_at_any_depth() {
        assert_eq!(
            refusal(r#"{"a":1,"a":2}"#),
            "the key \"a\" stands there twice at line 1 column 10"
        );
        assert!(refusal(r#"{"a":[{"b":1,"\u0062":2}]}"#).contains("\"b\" stands there twice"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["[]", "null", "\"text\"", "1"] {
            assert_eq!(refusal(body), "The body must be a JSON object");
        }
    }

    #[test]
    fn broken_json_is_refused_with_its_place() {
        assert!(refusal("{\"a\":\n }").contains("line 2 column 2"));
        assert!(refusal("").contains("EOF"));
        assert!(refusal("{} {}").contains("trailing characters"));
        assert!(object(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_depth_bomb_is_refused() {
        let bomb = format!("{{\"a\":{}", "[".repeat(60_000));
        assert!(refusal(&bomb).contains("recursion limit"));
    }
}
