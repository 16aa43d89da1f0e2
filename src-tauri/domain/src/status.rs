use serde::{Deserialize, Serialize};

/// Whether a connection can be used, and if not, who has to act. The word is the same in the index, in JSON and on
/// the command line.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Usable, as far as is known.
    Ok,
    /// The last renewal failed for a temporary reason.
    Retrying,
    /// The provider ended the sign-in.
    NeedsSignIn,
    /// The provider no longer accepts the client.
    NeedsSettings,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}
