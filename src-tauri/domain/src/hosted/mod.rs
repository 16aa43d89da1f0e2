//! The API of a hosted platform as values: which requests there are (`call`) and what its answers mean (`answer`,
//! `instance`, `element`, `refusal`).
//!
//! Tolerant in reading, because several products speak this API, each with its own slips; strict where a mistake
//! would lose a token or send a secret elsewhere. Sending, repeating, paging and looking for an instance whose answer
//! was lost are deliberately elsewhere (`platform/hosted`).

pub mod answer;
pub mod call;
pub mod element;
pub mod html;
pub mod instance;
pub mod refusal;
#[cfg(test)]
mod tests;

use url::Url;

use crate::address;
use crate::form::Problem;

/// A platform that many people have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The word on the command line.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Where its API begins.
    pub base_url: &'static str,
}

/// The platform's own environments. Any other is given by its address.
pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "us",
        label: "Cloud Elements, United States",
        base_url: "https://api.cloud-elements.com/elements/api-v2",
    },
    Preset {
        name: "eu",
        label: "Cloud Elements, Europe",
        base_url: "https://api.cloud-elements.co.uk/elements/api-v2",
    },
    Preset {
        name: "staging",
        label: "Cloud Elements, staging",
        base_url: "https://staging.cloud-elements.com/elements/api-v2",
    },
];

/// Where the API begins at every known platform.
pub const API_PATH: &str = "/elements/api-v2";

/// Marks an instance as made by an attempt, until its connection is saved.
const TAG_PREFIX: &str = "keyrack:";

/// Where an API begins, from the name of a preset or an address.
///
/// # Errors
/// What is wrong with the text. Secrets go there with each call: https only, or http on this computer.
pub fn base_url(text: &str) -> Result<Url, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Required);
    }
    let preset = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(text));
    let mut url = address::parse(preset.map_or(text, |preset| preset.base_url)).ok_or(Problem::Malformed)?;
    if url.query().is_some() {
        return Err(Problem::Malformed);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(if path.is_empty() { API_PATH } else { &path });
    Ok(url)
}

/// Whether a secret can stand in the `Authorization` header. A comma would begin the next part of it.
pub fn sendable(secret: &str) -> bool {
    !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// The tag under which an attempt finds its instance, should the answer be lost.
pub fn tag_of(attempt: &str) -> String {
    format!("{TAG_PREFIX}{attempt}")
}

/// The tags that are the person's own.
pub fn without_marks(tags: &[String]) -> Vec<String> {
    tags.iter().filter(|tag| !tag.starts_with(TAG_PREFIX)).cloned().collect()
}

/// Whether a value is hidden by the platform: nothing but asterisks.
pub fn is_masked(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'*')
}

/// Whether an entry holds a secret, by its key alone: platforms type some of them as plain text.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("secret") || key.contains("password")
}

/// Entries that are public by their nature, and that a person must read to understand a refusal. Each also stands at
/// the end of a longer key, as in `zendesk.subdomain`.
const PUBLIC: [&str; 9] = [
    "name",
    "tags",
    "subdomain",
    "site",
    "siteaddress",
    "site.address",
    "scope",
    "callbackurl",
    "oauth.callback.url",
];

/// The shortest value that is taken for a secret because nothing speaks against it: `true`, `eu` and numbers are part
/// of many sentences.
const SHORTEST_GUESS: usize = 8;

/// Whether what was sent may not come back in the words of an error. Only the element knows which of its entries are
/// secret, and few keys tell (`account.pin`, `sid`); so whatever is long enough to be a secret counts as one.
pub fn may_be_secret(key: &str, value: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let is = |name: &str| lower.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    is_secret_key(key)
        || is("oauth.api.key")
        || is("apikey")
        || (value.len() >= SHORTEST_GUESS && !PUBLIC.into_iter().any(is))
}
