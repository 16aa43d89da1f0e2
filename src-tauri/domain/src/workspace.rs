//! Which platform a connection belongs to.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_with::SerializeDisplay;

/// The id of a workspace, as the index and the keychain write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, SerializeDisplay, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
#[serde(from = "String")]
pub enum WorkspaceId {
    /// This computer is the platform.
    #[default]
    Local,
    /// This computer is the platform, and the built-in provider answers for every product.
    Practice,
    /// A platform over HTTPS. The id is random and never reused, so the workspace can be renamed.
    Hosted(String),
}

impl WorkspaceId {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Practice => "practice",
            Self::Hosted(id) => id,
        }
    }

    /// Whether another computer is the platform.
    pub fn is_hosted(&self) -> bool {
        matches!(self, Self::Hosted(_))
    }
}

impl fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for WorkspaceId {
    fn from(text: String) -> Self {
        match text.as_str() {
            "local" => Self::Local,
            "practice" => Self::Practice,
            _ => Self::Hosted(text),
        }
    }
}

impl FromStr for WorkspaceId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        for (text, id) in [
            ("local", WorkspaceId::Local),
            ("practice", WorkspaceId::Practice),
            ("0f3a", WorkspaceId::Hosted("0f3a".into())),
        ] {
            assert_eq!(text.parse(), Ok(id.clone()));
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::to_value(&id).expect("text"), text);
        }
    }
}
