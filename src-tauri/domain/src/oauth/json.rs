//! JSON without repeated members, of which two readers could believe different ones (RFC 8259 §4).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJson {
    Malformed,
    Duplicate,
}

/// The parser below can only fail with a text.
const TWICE: &str = "a member stands twice";

pub(crate) fn parse(text: &[u8]) -> Result<Value, NotJson> {
    let strict: Result<Strict, _> = serde_json::from_slice(text);
    strict.map(|strict| strict.0).map_err(|error| {
        if error.to_string().starts_with(TWICE) { NotJson::Duplicate } else { NotJson::Malformed }
    })
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
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
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_with_a_repeated_member_is_refused() {
        for text in
            [r#"{"a":[1,-2,2.5,"x",null,true,{}]}"#, "\"x\"", " [] ", "1e3", "{\"a\":{\"b\":1},\"b\":2}"]
        {
            assert_eq!(parse(text.as_bytes()), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
        for (text, why) in [
            (r#"{"a":1,"a":1}"#, NotJson::Duplicate),
            (r#"{"a":1,"\u0061":1}"#, NotJson::Duplicate),
            (r#"[{"x":{"a":1,"b":2,"a":null}}]"#, NotJson::Duplicate),
            (r#"{"a member stands twice":"#, NotJson::Malformed),
            ("", NotJson::Malformed),
            ("{} {}", NotJson::Malformed),
            ("{\"a\":1e999}", NotJson::Malformed),
            ("{a:1}", NotJson::Malformed),
            (&"[".repeat(10_000), NotJson::Malformed),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(why), "{text:.40}");
        }
    }
}
