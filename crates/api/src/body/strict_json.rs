use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// A JSON value in which no object has a key twice: of two equal keys one reader
/// takes the first and another the last.
struct Strict(Value);

/// Reads a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(body) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        Ok(_) => Err("The body must be a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands there twice")));
            }
            let Strict(value) = map.next_value()?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
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
        let text = r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":{}}}"#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()).to_string(), text);
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
