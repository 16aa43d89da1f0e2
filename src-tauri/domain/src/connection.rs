//! A connection as the index keeps it. Its secrets are in the vault, see [`crate::item`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

pub use super::code::Status;
use super::form::Problem;
use super::text::one_line;
use super::workspace::WorkspaceId;

/// What both the index and the keychain item know of a connection. Nothing here is secret.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Facts {
    /// Random, and never reused; also the key of the item in the keychain.
    pub id: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub workspace: WorkspaceId,
    pub element: String,
    /// The way to connect, where the element has several and a name chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub way: Option<String>,
    /// The product's name as of the sign-in, for elements that only a hosted platform describes.
    #[serde(default)]
    pub product: String,
    /// The id of the instance at its platform. On this computer the index assigns it.
    pub instance: Option<String>,
    /// Unique in its workspace, ignoring case.
    pub name: String,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free text of the user, see [`parse_note`].
    pub note: Option<String>,
    /// The account, in the provider's words.
    pub identity: Option<String>,
    /// The host that the account belongs to.
    pub host: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Scopes that were requested and not granted.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Values that the callback brought and that the element declares, such as `realmId`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<BTreeMap<String, String>>"))]
    pub callback: BTreeMap<String, String>,
}

/// A row of the index.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    pub facts: Facts,
    /// Kept, but hands out no token.
    pub disabled: bool,
    pub status: Status,
    /// The code of the failure behind `status`.
    pub last_code: Option<String>,
    /// The provider's own key of the account: names change, and several accounts may share one.
    pub identity_key: Option<String>,
    pub scopes: Vec<String>,
    /// Milliseconds since 1970.
    pub renewed_at: Option<i64>,
    /// When the access token ends, in milliseconds since 1970; `None` if the provider does not say.
    pub expires_at: Option<i64>,
}

impl Deref for Connection {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }
}

/// The longest name: long enough for a sentence, short enough for a row and for a keychain's label.
pub const NAME_MAX: usize = 200;

/// The longest note, in characters.
pub const NOTE_MAX: usize = 500;

/// Cleans a name as the user types it: one line without control, invisible and direction characters.
pub fn normalize_name(name: &str) -> String {
    one_line(name)
}

/// A name of a connection or a workspace as it is kept.
pub fn parse_name(name: &str) -> Result<String, Problem> {
    parse_line(name, NAME_MAX)?.ok_or(Problem::Required)
}

/// A note as it is kept; an empty one is none.
pub fn parse_note(text: &str) -> Result<Option<String>, Problem> {
    parse_line(text, NOTE_MAX)
}

fn parse_line(text: &str, longest: usize) -> Result<Option<String>, Problem> {
    let line = one_line(text);
    if line.chars().count() > longest {
        return Err(Problem::TooLong);
    }
    Ok(Some(line).filter(|line| !line.is_empty()))
}

/// Tags, each cleaned like a name; none empty, none twice.
pub fn normalize_tags(tags: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let tags = tags.iter().map(|tag| normalize_name(tag));
    tags.filter(|tag| !tag.is_empty() && seen.insert(tag.clone())).collect()
}

/// The form of a name that the index keeps, sorts by and finds. Names that [`looks_same`](crate::text::looks_same) but
/// are folded differently may stand side by side in a home of an earlier version; new ones are refused.
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The first of `base`, `base 2`, `base 3`, … that is free.
pub fn free_name(base: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    (2u32..).map(|n| format!("{base} {n}")).find(|name| !taken(name)).unwrap_or_else(|| base.to_owned())
}

/// Scopes as a list. Providers separate them by blanks (RFC 6749 §3.3), some by commas.
pub(crate) fn split_scopes(scope: Option<&str>) -> Vec<String> {
    scope.unwrap_or_default().split([' ', ',', '+']).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

/// Whose account it is, in the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// As people know it: an address or a name.
    pub name: String,
    /// The provider's own key of it, if it tells one.
    pub key: Option<String>,
}

impl Account {
    /// Compares the keys, or the names where one has no key: ignoring case, as mail is delivered.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.key, &other.key) {
            (Some(one), Some(other)) => one == other,
            _ => self.name.trim().to_lowercase() == other.name.trim().to_lowercase(),
        }
    }
}

impl Connection {
    pub fn account(&self) -> Option<Account> {
        let name = self.facts.identity.clone()?;
        Some(Account { name, key: self.identity_key.clone() })
    }

    /// The same connection with this account.
    pub fn of(mut self, account: Option<Account>) -> Self {
        self.identity_key = account.as_ref().and_then(|account| account.key.clone());
        self.facts.identity = account.map(|account| account.name);
        self
    }
}

/// Scopes of OpenID Connect Core 1.0 §5.4 and §11. They act on the sign-in and its ID token, and Entra and Google do not
/// repeat them among the scopes of the access token.
const NEVER_REPEATED: [&str; 6] = ["openid", "offline_access", "profile", "email", "address", "phone"];

/// The requested scopes that were not granted (RFC 6749 §3.3). An answer that names none grants all (§5.1).
pub fn missing_scopes(asked: Option<&str>, granted: Option<&str>) -> Vec<String> {
    let granted = split_scopes(granted);
    if granted.is_empty() {
        return Vec::new();
    }
    let is_missing = |scope: &String| {
        let short = short_scope(scope);
        // Entra's `.default` stands for all scopes that were agreed before.
        !NEVER_REPEATED.contains(&short.to_ascii_lowercase().as_str())
            && short != ".default"
            && !granted.iter().any(|other| is_same_scope(scope, other))
    };
    split_scopes(asked).into_iter().filter(is_missing).collect()
}

/// Google and Entra take a scope by its short name and repeat it with the address of its resource, or the reverse. Entra
/// also changes the case.
fn is_same_scope(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (one.contains("://") != other.contains("://")
            && short_scope(one).eq_ignore_ascii_case(short_scope(other)))
}

/// A scope without the address of its resource.
fn short_scope(scope: &str) -> &str {
    let Some((_, after_scheme)) = scope.split_once("://") else { return scope };
    let name = after_scheme.rsplit('/').next().unwrap_or(after_scheme);
    name.strip_prefix("userinfo.").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_by_its_key_and_else_by_its_name() {
        let account = |name: &str, key: Option<&str>| Account { name: name.into(), key: key.map(Into::into) };
        for (one, other, same) in [
            (account("Maria", Some("1")), account("Maria", Some("2")), false),
            (account("maria@old.example", Some("1")), account("maria@new.example", Some("1")), true),
            (account("maria@acme.example", None), account("Maria@Acme.example ", Some("1")), true),
            (account("maria@acme.example", None), account("eve@acme.example", None), false),
        ] {
            assert_eq!(one.is_same(&other), same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_scope_is_missing_only_if_it_was_requested_and_would_be_repeated() {
        let entra = "https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read";
        let google = "openid https://www.googleapis.com/auth/userinfo.email";
        for (asked, granted, missing) in [
            ("read write", None, ""),
            ("read write", Some(""), ""),
            ("read write", Some("read"), "write"),
            ("read write", Some("write,read"), ""),
            ("openid offline_access profile email User.Read", Some("User.Read"), ""),
            ("openid offline_access", Some("User.Read"), ""),
            ("User.Read Mail.Read", Some(entra), ""),
            (entra, Some("user.read mail.read"), ""),
            ("User.Read Mail.Send", Some(entra), "Mail.Send"),
            ("https://outlook.office.com/Mail.Read", Some(entra), "https://outlook.office.com/Mail.Read"),
            ("https://graph.microsoft.com/.default", Some(entra), ""),
            ("openid email", Some(google), ""),
            ("https://www.googleapis.com/auth/userinfo.email", Some("openid email"), ""),
            (
                "https://www.googleapis.com/auth/drive https://www.googleapis.com/auth/calendar",
                Some("https://www.googleapis.com/auth/drive"),
                "https://www.googleapis.com/auth/calendar",
            ),
            // A path is part of a scope that is no address.
            ("repo/read", Some("org/read"), "repo/read"),
        ] {
            assert_eq!(missing_scopes(Some(asked), granted).join(" "), missing, "{asked} {granted:?}");
        }
        assert!(missing_scopes(None, Some("read")).is_empty());
    }

    #[test]
    fn names_are_cleaned_and_numbered() {
        assert_eq!(normalize_name("  Zen\u{7}desk \n  EU "), "Zendesk EU");
        assert_eq!(normalize_name(" \t "), "");
        assert_eq!(normalize_name("a\u{202e}b"), "ab");
        let taken = |n: &str| ["Zendesk", "Zendesk 2"].contains(&n);
        assert_eq!(free_name("Zendesk", taken), "Zendesk 3");
        assert_eq!(free_name("Webex", taken), "Webex");
    }
}
