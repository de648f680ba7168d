//! JSON with repeated fields. If somebody deletes the markers of a conflict and keeps the lines of both sides, the first
//! value of a field is ours and the last one is theirs. `serde_json` alone would take the last without a word.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::dispute::Side;

/// The value as one side has it. `null` if the text is not JSON.
pub(super) fn of_side(text: &str, side: Side) -> Value {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    OfSide(side).deserialize(&mut deserializer).unwrap_or_default()
}

#[derive(Clone, Copy)]
struct OfSide(Side);

impl<'de> DeserializeSeed<'de> for OfSide {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OfSide {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if self.0 == Side::Theirs || !fields.contains_key(&name) {
                fields.insert(name, value);
            }
        }
        Ok(fields.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repeated_field_has_the_value_of_the_side_at_any_depth() {
        let text = r#"{"a": 1, "b": [{"c": "x", "d": null, "c": "y"}], "a": [true, -2.5]}"#;
        assert_eq!(of_side(text, Side::Ours), json!({"a": 1, "b": [{"c": "x", "d": null}]}));
        assert_eq!(of_side(text, Side::Theirs), json!({"a": [true, -2.5], "b": [{"c": "y", "d": null}]}));
        assert_eq!(of_side("{\"a\": 1", Side::Ours), Value::Null);
    }
}
