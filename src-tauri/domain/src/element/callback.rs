use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::defaults::{is_default, is_yes, yes};

/// What the browser brings back to the callback address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallbackRules {
    /// Values that must come back, besides those of the kind of sign-in. All other values are passed on too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provider_data: Vec<String>,
    /// Values that also belong in `configuration`: name in the callback to configuration key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// Values that are sent as `providerData` although no browser brings them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, String>,
    /// Example values that the practice provider sends for the values named above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub examples: BTreeMap<String, String>,
    /// Whether `state` comes back. Without it only PKCE binds the answer to its sign-in.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub echoes_state: bool,
    /// Whether the provider accepts any loopback port (RFC 8252 §7.3), so that a free one can be used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub any_loopback_port: bool,
}

impl Default for CallbackRules {
    fn default() -> Self {
        Self {
            provider_data: Vec::new(),
            configuration: BTreeMap::new(),
            fixed: BTreeMap::new(),
            examples: BTreeMap::new(),
            echoes_state: true,
            any_loopback_port: false,
        }
    }
}

impl CallbackRules {
    /// The declared callback values, without protocol parameters (RFC 6749 §4.1.2, RFC 9207 §2, RFC 5849 §2.2).
    pub fn names(&self) -> BTreeSet<&str> {
        let protocol = |name: &str| {
            matches!(name, "code" | "state" | "iss" | "secret" | "session_state")
                || name.starts_with("error")
                || name.starts_with("oauth_")
        };
        let declared = self.provider_data.iter().chain(self.configuration.keys());
        declared.map(String::as_str).filter(|name| !protocol(name)).collect()
    }
}
