//! Facts of an element and its instances that a sign-in does not need, for callers of the platform API.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::derived::{Derived, DerivedProblem};
use crate::values::Values;

/// Further facts for callers of the platform API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformFacts {
    /// The platform's name for the group of products, such as `helpdesk`.
    pub hub: String,
    /// What the element is for, in a sentence or two.
    pub description: String,
    /// The name in the addresses of the product's notifications, if it has one.
    pub hook_name: Option<String>,
    /// Where users without an account get one.
    pub signup_url: Option<String>,
    /// Entries that every instance's configuration has. A text may contain keys of fields in braces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// Entries of an instance's configuration that are null unless they are set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<String>,
}

impl PlatformFacts {
    /// The texts of `configuration` that contain keys of fields.
    pub(crate) fn derived(&self) -> impl Iterator<Item = (&str, Result<Derived, DerivedProblem>)> {
        let made = self.configuration.iter().filter(|(_, text)| text.contains(['{', '}']));
        made.map(|(key, text)| (key.as_str(), text.parse()))
    }

    /// `configuration` for these values.
    pub fn filled(&self, values: &Values) -> Vec<(&str, String)> {
        let fill =
            |text: &String| text.parse::<Derived>().map_or_else(|_| text.clone(), |made| made.fill(values));
        self.configuration.iter().map(|(key, text)| (key.as_str(), fill(text))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::element::Element;
    use crate::form;

    const ZENDESK: &str = include_str!("../../../elements/zendesk/element.toml");

    #[test]
    fn configuration_texts_are_filled_with_field_values() {
        let text =
            ZENDESK.replace("[platform.configuration]\n", "[platform.configuration]\n\"a.b\" = \"'T'\"\n");
        let element = Element::parse(&text).expect("valid");
        let values = form::check_call(&element, &element.practice_values());
        let callback = ("oauth.callback.url".to_owned(), "https://a.example/".to_owned());
        assert!(values.is_err(), "the callback is the caller's own");
        let given = element.practice_values().into_iter().chain([callback]).collect();
        let values = form::check_call(&element, &given).expect("accepted");
        let facts = element.platform.as_ref().expect("stated");
        let filled = facts.filled(&values);
        let expected = [("a.b", "'T'"), ("helpdesk.zendesk.url", "https://acme.zendesk.com")];
        assert_eq!(filled.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn invalid_platform_facts_are_faults_with_their_place() {
        for (from, to, fault) in [
            ("https://{zendesk.subdomain}", "https://{nothing}", "there is no field nothing"),
            ("https://{zendesk.subdomain}", "https://{oauth.api.secret}", "or it is secret"),
            ("https://{zendesk.subdomain}", "https://{zendesk", "a hole is written"),
            ("\"helpdesk.zendesk.url\" =", "\"zendesk.subdomain\" =", "is asked for by a field"),
            ("\"helpdesk.zendesk.password\"", "\"oauth.api.key\"", "is asked for by a field"),
            ("hub = \"helpdesk\"", "hub = \"\"", "platform.hub"),
            ("signup_url = \"https", "signup_url = \"http", "platform.signup_url"),
            ("unused = [", "unuse = [", "does not know the word `unuse`"),
        ] {
            let text = ZENDESK.replace(from, to);
            assert_ne!(text, ZENDESK, "{from}");
            let problems = Element::parse(&text).expect_err(to);
            let all = problems.iter().map(|p| format!("{}: {}", p.at, p.what)).collect::<String>();
            assert!(all.contains(fault), "{fault} in {all}");
        }
    }
}
