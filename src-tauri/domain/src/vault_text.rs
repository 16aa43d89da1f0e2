//! How secrets are written into the JSON text of a keychain item. `Sensitive` serialises nowhere else.

use serde::{Deserialize, Deserializer, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use crate::sensitive::Sensitive;

/// For `with = "As::<…>"`, also within an option or a map.
pub(crate) struct VaultText;

impl SerializeAs<Sensitive<String>> for VaultText {
    fn serialize_as<S: Serializer>(secret: &Sensitive<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }
}

impl<'de> DeserializeAs<'de, Sensitive<String>> for VaultText {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<Sensitive<String>, D::Error> {
        String::deserialize(from).map(Sensitive::new)
    }
}
