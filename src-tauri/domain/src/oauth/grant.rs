use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A way to obtain a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Grant {
    /// The browser brings a code back (RFC 6749 §4.1).
    #[default]
    AuthorizationCode,
    /// The user enters a code in a browser on any device (RFC 8628).
    DeviceCode,
    /// The application obtains a token for itself; no user signs in (RFC 6749 §4.4).
    ClientCredentials,
    /// The user's name and password are exchanged once (RFC 6749 §4.3), for products that have nothing else.
    Password,
}

impl Grant {
    /// The word in element files and in the field `oauth.grant`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the form alone is enough for a token, so that it is renewed without the user.
    pub fn is_without_browser(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::Password)
    }

    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The `grant_type` of the protocol (RFC 6749 §4.1.3 and §4.4.2, RFC 8628 §3.4).
    pub fn grant_type(self) -> &'static str {
        match self {
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            other => other.as_str(),
        }
    }
}
