//! What Keyrack keeps for a person: a [`Connection`] in the index, and its [`Item`] in the vault, which holds the
//! secrets and enough words to describe itself should the index be lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::form::Problem;
use super::oauth::token::TokenSet;
use super::sensitive::Sensitive;
pub use super::status::Status;

/// A row of the index. It holds no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Random; also the vault key. Never reused.
    pub id: String,
    /// The workspace in which the name is unique.
    pub workspace: String,
    /// The element's key.
    pub element: String,
    /// The product's name as of the sign-in, for elements that only a hosted platform describes.
    pub product: String,
    /// The id of its instance at the platform. On this computer the index gives the number.
    pub instance: Option<String>,
    /// Whether it was switched off: it is kept, and refuses to be used.
    pub disabled: bool,
    /// What the person calls it.
    pub name: String,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Whether it can be used.
    pub status: Status,
    /// Why it cannot, when it cannot.
    pub last_code: Option<String>,
    /// Who signed in, in the provider's words.
    pub identity: Option<String>,
    /// The provider's own key of that account, if it tells one: names change, and several accounts may bear one.
    pub identity_key: Option<String>,
    /// The host that the account lives at.
    pub host: Option<String>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The scopes that were asked for and not granted.
    pub missing: Vec<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub renewed_at: Option<i64>,
    /// When the access token ends, in milliseconds since 1970; `None` if the provider does not say.
    pub expires_at: Option<i64>,
}

/// The workspace of this computer itself.
pub const LOCAL: &str = "local";
/// The workspace of the built-in provider.
pub const PRACTICE: &str = "practice";

/// Whether this computer answers for the workspace itself.
pub fn is_ours(workspace: &str) -> bool {
    matches!(workspace, LOCAL | PRACTICE)
}

/// The longest name: long enough for a sentence, short enough for a row and for a keychain's label.
pub const NAME_MAX: usize = 200;

/// Cleans a name as a person types it: trimmed, inner white space folded, control characters gone.
pub fn clean_name(name: &str) -> String {
    name.split_whitespace()
        .map(|word| word.chars().filter(|c| !c.is_control() && !is_direction(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name of a connection or a workspace as it is kept, or what is wrong with it.
///
/// # Errors
/// An empty name, or one longer than [`NAME_MAX`].
pub fn given_name(name: &str) -> Result<String, Problem> {
    let name = clean_name(name);
    match name.chars().count() {
        0 => Err(Problem::Required),
        n if n > NAME_MAX => Err(Problem::TooLong),
        _ => Ok(name),
    }
}

/// Cleans tags as a person types them: each like a name, none empty, none twice.
pub fn clean_tags(tags: &[String]) -> Vec<String> {
    let mut clean: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| clean_name(tag)).filter(|tag| !tag.is_empty()) {
        if !clean.contains(&tag) {
            clean.push(tag);
        }
    }
    clean
}

/// Marks that turn the direction of writing: with them a name could look like another one.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The form of a name that must be unique in a workspace: names that differ only in case are the same.
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

/// The vault's value for one connection. Only [`Item::to_secret`] turns it into text, and only the vault may call that.
#[derive(Clone, Debug)]
pub struct Item {
    /// As in the index.
    pub id: String,
    /// As in the index.
    pub workspace: String,
    /// As in the index.
    pub element: String,
    /// As in the index.
    pub product: String,
    /// As in the index; `None` where the index gives the number.
    pub instance: Option<String>,
    /// As in the index.
    pub name: String,
    /// As in the index.
    pub tags: Vec<String>,
    /// As in the index.
    pub identity: Option<String>,
    /// As in the index.
    pub host: Option<String>,
    /// As in the index.
    pub created_at: i64,
    /// When `tokens` was received, in milliseconds since 1970.
    pub received_at: i64,
    /// The hosts that the connection was made with; an element file that later names others needs a new sign-in.
    pub pinned_hosts: Vec<String>,
    /// Every configuration value, secret ones too.
    pub configuration: BTreeMap<String, Sensitive<String>>,
    /// What the provider issued. A hosted platform keeps that to itself.
    pub tokens: Option<TokenSet>,
    /// As in the index.
    pub missing: Vec<String>,
    /// The `token` of the instance.
    pub element_token: Sensitive<String>,
}

/// The wire form of an item: plain texts, so it exists only for the moment of reading or writing.
#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    id: String,
    workspace: String,
    element: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    instance: Option<String>,
    name: String,
    #[serde(default)]
    tags: Vec<String>,
    identity: Option<String>,
    host: Option<String>,
    created_at: i64,
    received_at: i64,
    #[serde(default)]
    pinned_hosts: Vec<String>,
    configuration: BTreeMap<String, String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    token_secret: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    extra: BTreeMap<String, String>,
    #[serde(default)]
    missing: Vec<String>,
    element_token: String,
}

impl Drop for Written {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.access_token.zeroize();
        self.token_secret.zeroize();
        self.refresh_token.zeroize();
        self.element_token.zeroize();
        self.configuration.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Item {
    /// The item as one JSON text for the keychain.
    pub fn to_secret(&self) -> Sensitive<String> {
        let text = |s: &Sensitive<String>| s.expose().clone();
        let tokens = self.tokens.as_ref();
        let written = Written {
            v: 1,
            id: self.id.clone(),
            workspace: self.workspace.clone(),
            element: self.element.clone(),
            product: self.product.clone(),
            instance: self.instance.clone(),
            name: self.name.clone(),
            tags: self.tags.clone(),
            identity: self.identity.clone(),
            host: self.host.clone(),
            created_at: self.created_at,
            received_at: self.received_at,
            pinned_hosts: self.pinned_hosts.clone(),
            configuration: self.configuration.iter().map(|(k, v)| (k.clone(), text(v))).collect(),
            access_token: tokens.map(|t| text(&t.access_token)),
            token_secret: tokens.and_then(|t| t.token_secret.as_ref()).map(text),
            refresh_token: tokens.and_then(|t| t.refresh_token.as_ref()).map(text),
            token_type: tokens.map(|t| t.token_type.clone()).unwrap_or_default(),
            expires_in: tokens.and_then(|t| t.expires_in),
            scope: tokens.and_then(|t| t.scope.clone()),
            extra: tokens.map(|t| t.extra.clone()).unwrap_or_default(),
            missing: self.missing.clone(),
            element_token: text(&self.element_token),
        };
        Sensitive::new(serde_json::to_string(&written).expect("maps with text keys always serialise"))
    }

    /// Reads an item back. `None` if it is not one of ours.
    pub fn from_secret(secret: &Sensitive<String>) -> Option<Self> {
        let mut w: Written = serde_json::from_str(secret.expose()).ok()?;
        Some(Self {
            id: std::mem::take(&mut w.id),
            workspace: std::mem::take(&mut w.workspace),
            element: std::mem::take(&mut w.element),
            product: std::mem::take(&mut w.product),
            instance: w.instance.take(),
            name: std::mem::take(&mut w.name),
            tags: std::mem::take(&mut w.tags),
            identity: w.identity.take(),
            host: w.host.take(),
            created_at: w.created_at,
            received_at: w.received_at,
            pinned_hosts: std::mem::take(&mut w.pinned_hosts),
            configuration: std::mem::take(&mut w.configuration)
                .into_iter()
                .map(|(k, v)| (k, Sensitive::new(v)))
                .collect(),
            tokens: w.access_token.take().map(|access_token| TokenSet {
                access_token: access_token.into(),
                token_secret: w.token_secret.take().map(Sensitive::new),
                refresh_token: w.refresh_token.take().map(Sensitive::new),
                token_type: std::mem::take(&mut w.token_type),
                expires_in: w.expires_in,
                scope: w.scope.take(),
                extra: std::mem::take(&mut w.extra),
            }),
            missing: std::mem::take(&mut w.missing),
            element_token: std::mem::take(&mut w.element_token).into(),
        })
    }

    /// When the access token ends, in milliseconds since 1970.
    pub fn expires_at(&self) -> Option<i64> {
        let life = i64::try_from(self.tokens.as_ref()?.expires_in?).unwrap_or(i64::MAX);
        Some(self.received_at.saturating_add(life.saturating_mul(1000)))
    }

    /// What calls the product: the provider's access token, or where a hosted platform keeps that, the Element token.
    pub fn calling_token(&self) -> &Sensitive<String> {
        self.tokens.as_ref().map_or(&self.element_token, |tokens| &tokens.access_token)
    }

    /// The scopes that were granted.
    pub fn scopes(&self) -> Vec<String> {
        split_scopes(self.tokens.as_ref().and_then(|tokens| tokens.scope.as_deref()))
    }

    /// By which a call of `keyrack serve` finds the connection: the index may hold this, not the token.
    pub fn token_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.element_token.expose().as_bytes()).into()
    }

    /// The row that describes this item.
    pub fn to_connection(&self) -> Connection {
        Connection {
            id: self.id.clone(),
            workspace: self.workspace.clone(),
            element: self.element.clone(),
            product: self.product.clone(),
            instance: self.instance.clone(),
            disabled: false,
            name: self.name.clone(),
            tags: self.tags.clone(),
            status: Status::Ok,
            last_code: None,
            identity: self.identity.clone(),
            identity_key: None,
            host: self.host.clone(),
            scopes: self.scopes(),
            missing: self.missing.clone(),
            created_at: self.created_at,
            renewed_at: (self.received_at > self.created_at).then_some(self.received_at),
            expires_at: self.expires_at(),
        }
    }
}

/// Scopes as a list. Providers separate them by blanks (RFC 6749 §3.3), some by commas.
fn split_scopes(scope: Option<&str>) -> Vec<String> {
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
    /// Whether both are one account: by their keys, or by their names where one of them has no key. Addresses are
    /// compared as mail is delivered: ignoring case.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.key, &other.key) {
            (Some(one), Some(other)) => one == other,
            _ => self.name.trim().to_lowercase() == other.name.trim().to_lowercase(),
        }
    }
}

impl Connection {
    /// Whose account it is, as far as it is known.
    pub fn account(&self) -> Option<Account> {
        let name = self.identity.clone()?;
        Some(Account { name, key: self.identity_key.clone() })
    }

    /// The same connection with this account.
    pub fn of(mut self, account: Option<Account>) -> Self {
        (self.identity, self.identity_key) = match account {
            Some(account) => (Some(account.name), account.key),
            None => (None, None),
        };
        self
    }
}

/// The scopes that were asked for and are not among the granted ones (RFC 6749 §3.3). An answer that names none grants
/// what was asked (§5.1).
pub fn missing_scopes(asked: Option<&str>, granted: Option<&str>) -> Vec<String> {
    let Some(granted) = granted else { return Vec::new() };
    let granted = split_scopes(Some(granted));
    split_scopes(asked).into_iter().filter(|scope| !granted.contains(scope)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            id: "c1".into(),
            workspace: "practice".into(),
            element: "zendesk".into(),
            product: "Zendesk".into(),
            instance: None,
            name: "Support".into(),
            tags: vec!["eu".into()],
            identity: Some("maria@example.org".into()),
            host: None,
            created_at: 1_000,
            received_at: 1_000,
            pinned_hosts: vec!["acme.zendesk.com".into()],
            configuration: BTreeMap::from([("oauth.api.secret".into(), Sensitive::from("s3cret"))]),
            tokens: Some(TokenSet {
                access_token: "at".into(),
                token_secret: None,
                refresh_token: Some("rt".into()),
                token_type: "Bearer".into(),
                expires_in: Some(600),
                scope: Some("read write".into()),
                extra: BTreeMap::new(),
            }),
            missing: vec![],
            element_token: "et".into(),
        }
    }

    #[test]
    fn an_item_describes_itself() {
        let back = Item::from_secret(&item().to_secret()).expect("our own item");
        let row = back.to_connection();
        assert_eq!(
            (row.id.as_str(), row.name.as_str(), row.workspace.as_str()),
            ("c1", "Support", "practice")
        );
        assert_eq!(row.scopes, ["read", "write"]);
        assert_eq!(row.expires_at, Some(601_000));
        assert_eq!(back.configuration["oauth.api.secret"].expose(), "s3cret");
        assert_eq!(back.tokens.expect("kept").refresh_token.expect("kept").expose(), "rt");
    }

    #[test]
    fn debug_output_of_an_item_holds_no_secret() {
        let shown = format!("{:?}", item());
        for secret in ["s3cret", "\"at\"", "\"rt\"", "\"et\""] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

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
    fn names_are_cleaned_and_numbered() {
        assert_eq!(clean_name("  Zen\u{7}desk \n  EU "), "Zendesk EU");
        assert_eq!(clean_name(" \t "), "");
        assert_eq!(clean_name("a\u{202e}b"), "ab");
        let taken = |n: &str| ["Zendesk", "Zendesk 2"].contains(&n);
        assert_eq!(free_name("Zendesk", taken), "Zendesk 3");
        assert_eq!(free_name("Webex", taken), "Webex");
    }

    #[test]
    fn a_text_that_is_not_ours_is_no_item() {
        assert!(Item::from_secret(&"{}".into()).is_none());
        assert!(Item::from_secret(&"not json".into()).is_none());
    }
}
