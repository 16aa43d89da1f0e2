//! How secrets are written into the JSON text of a keychain item. `Sensitive` serialises nowhere else.

use serde::{Deserialize, Deserializer, Serializer};

use crate::sensitive::Sensitive;

pub(crate) fn serialize<S: Serializer>(secret: &Sensitive<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Sensitive<String>, D::Error> {
    String::deserialize(from).map(Sensitive::new)
}

/// A secret that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Sensitive, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        secret: &Option<Sensitive<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => to.serialize_some(secret.expose()),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Sensitive<String>>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Sensitive::new))
    }
}

/// Secrets under their keys.
pub(crate) mod map {
    use std::collections::BTreeMap;

    use super::{Deserialize, Deserializer, Sensitive, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        map: &BTreeMap<String, Sensitive<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(map.iter().map(|(key, secret)| (key, secret.expose())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<String, Sensitive<String>>, D::Error> {
        let map = BTreeMap::<String, String>::deserialize(from)?;
        Ok(map.into_iter().map(|(key, text)| (key, Sensitive::new(text))).collect())
    }
}
