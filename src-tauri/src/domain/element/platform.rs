//! What a platform tells of an element and its instances beyond what a sign-in needs: facts for callers of the platform
//! API, who may read them. The window and the sign-in itself do without.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Derived;

/// What a platform tells of an element.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformFacts {
    /// The platform's own word for the group of products, such as `helpdesk`.
    pub hub: String,
    /// What the element is for, in a sentence or two.
    pub description: String,
    /// The name in the addresses of the product's own notifications, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_name: Option<String>,
    /// Where people without an account get one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signup_url: Option<String>,
    /// What an instance's configuration holds without anybody having given it. A text may have the keys of fields in
    /// braces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// Entries of an instance's configuration that are null until somebody gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<String>,
}

impl PlatformFacts {
    /// The texts of `configuration` that are made of fields, as such.
    pub(super) fn derived(
        &self,
    ) -> impl Iterator<Item = (&str, Result<Derived, super::derived::DerivedProblem>)> {
        let made = self.configuration.iter().filter(|(_, text)| text.contains(['{', '}']));
        made.map(|(key, text)| (key.as_str(), text.parse()))
    }

    /// What `configuration` says for these values.
    pub fn filled(&self, values: &crate::domain::form::Values) -> Vec<(&str, String)> {
        let fill =
            |text: &String| text.parse::<Derived>().map_or_else(|_| text.clone(), |made| made.fill(values));
        self.configuration.iter().map(|(key, text)| (key.as_str(), fill(text))).collect()
    }
}
