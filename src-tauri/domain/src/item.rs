use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_with::{As, FromInto, Same};
use sha2::{Digest, Sha256};

use crate::connection::{Connection, Facts, Status, split_scopes};
use crate::credential::{Credential, CredentialText};
use crate::oauth::token::TokenSet;
use crate::sensitive::Sensitive;
use crate::vault_text::VaultText;

/// The version of the JSON text.
const VERSION: u8 = 1;

/// The keychain's value for one connection: its secrets, and enough facts to describe itself should the index be lost.
/// It has no `Serialize`: only [`Item::to_secret`] makes text of it.
#[derive(Clone, Debug)]
pub struct Item {
    pub facts: Facts,
    /// When the credential was received, in milliseconds since 1970.
    pub received_at: i64,
    /// The hosts of the sign-in. An element file that names others needs a new sign-in.
    pub pinned_hosts: Vec<String>,
    /// Every value of the form, by configuration key.
    pub configuration: BTreeMap<String, Sensitive<String>>,
    pub credential: Credential,
    /// Whether the element's file says what calls carry. Otherwise they carry the token as RFC 6750 says, and the file need
    /// not be read.
    pub own_call: bool,
    /// The `token` of the instance.
    pub element_token: Sensitive<String>,
    pub role: Role,
}

/// What an item is kept for, should the index be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The token of a connection.
    #[default]
    Connection,
    /// A new token of a connection that is not in use yet.
    SetAside,
    /// A removed connection whose access the provider has not ended yet.
    Removed,
}

impl Role {
    fn is_connection(&self) -> bool {
        *self == Self::Connection
    }
}

/// Names the members of [`Item`] for serde, in this module alone.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Item")]
struct ItemText {
    #[serde(flatten)]
    facts: Facts,
    received_at: i64,
    #[serde(default)]
    pinned_hosts: Vec<String>,
    #[serde(with = "As::<BTreeMap<Same, VaultText>>")]
    configuration: BTreeMap<String, Sensitive<String>>,
    #[serde(flatten, with = "As::<FromInto<CredentialText>>")]
    credential: Credential,
    #[serde(default, skip_serializing_if = "is_false")]
    own_call: bool,
    #[serde(with = "As::<VaultText>")]
    element_token: Sensitive<String>,
    #[serde(default, skip_serializing_if = "Role::is_connection")]
    role: Role,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    #[serde(flatten, with = "ItemText")]
    item: &'a Item,
}

impl Item {
    /// The item as one JSON text for the keychain.
    pub fn to_secret(&self) -> Sensitive<String> {
        let text = serde_json::to_string(&Written { v: VERSION, item: self });
        Sensitive::new(text.expect("maps with text keys always serialise"))
    }

    /// Reads an item back. `None` if the text is not an item.
    pub fn from_secret(secret: &Sensitive<String>) -> Option<Self> {
        ItemText::deserialize(&mut serde_json::Deserializer::from_str(secret.expose())).ok()
    }

    pub fn tokens(&self) -> Option<&TokenSet> {
        self.credential.tokens()
    }

    /// When the access token or the key ends, in milliseconds since 1970.
    pub fn expires_at(&self) -> Option<i64> {
        let Some(tokens) = self.tokens() else { return self.credential.key_ends_at() };
        let life = i64::try_from(tokens.expires_in?).unwrap_or(i64::MAX);
        Some(self.received_at.saturating_add(life.saturating_mul(1000)))
    }

    /// The secret that calls the product, or the hosted platform that keeps the provider's tokens.
    pub fn calling_token(&self) -> &Sensitive<String> {
        self.credential.calling_secret().unwrap_or(&self.element_token)
    }

    /// Whether its connection was removed. Earlier versions only took the Element token out.
    pub fn is_removed(&self) -> bool {
        self.role == Role::Removed || self.element_token.expose().is_empty()
    }

    pub fn scopes(&self) -> Vec<String> {
        split_scopes(self.tokens().and_then(|tokens| tokens.scope.as_deref()))
    }

    /// The SHA-256 of the Element token, by which the index finds the connection.
    pub fn token_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.element_token.expose().as_bytes()).into()
    }

    pub fn to_connection(&self) -> Connection {
        Connection {
            facts: self.facts.clone(),
            disabled: false,
            status: Status::Ok,
            last_code: None,
            identity_key: None,
            scopes: self.scopes(),
            renewed_at: (self.received_at > self.created_at).then_some(self.received_at),
            expires_at: self.expires_at(),
        }
    }
}

impl Deref for Item {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl DerefMut for Item {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::WorkspaceId;

    fn item(credential: Credential) -> Item {
        Item {
            facts: Facts {
                id: "c1".into(),
                workspace: WorkspaceId::Practice,
                element: "zendesk".into(),
                product: "Zendesk".into(),
                name: "Support".into(),
                tags: vec!["eu".into()],
                identity: Some("maria@example.org".into()),
                created_at: 1_000,
                ..Facts::default()
            },
            received_at: 1_000,
            pinned_hosts: vec!["acme.zendesk.com".into()],
            configuration: BTreeMap::from([("oauth.api.secret".into(), Sensitive::from("s3cret"))]),
            credential,
            own_call: false,
            element_token: "et".into(),
            role: Role::Connection,
        }
    }

    fn tokens() -> Credential {
        Credential::Tokens(TokenSet {
            access_token: "at".into(),
            token_secret: None,
            refresh_token: Some("rt".into()),
            token_type: "Bearer".into(),
            expires_in: Some(600),
            scope: Some("read write".into()),
            extra: BTreeMap::from([("instance_url".into(), "https://acme.example".into())]),
        })
    }

    /// The text that version 0.1.0 wrote. Such items are in people's keychains.
    const WRITTEN_BY_0_1: &str = r#"{"v":1,"id":"c1","workspace":"practice","element":"zendesk","product":"Zendesk",
        "instance":null,"name":"Support","tags":["eu"],"identity":"maria@example.org","host":null,
        "created_at":1000,"received_at":1000,"pinned_hosts":["acme.zendesk.com"],
        "configuration":{"oauth.api.secret":"s3cret"},"access_token":"at","token_secret":null,
        "refresh_token":"rt","token_type":"Bearer","expires_in":600,"scope":"read write",
        "extra":{"instance_url":"https://acme.example"},"missing":[],"element_token":"et"}"#;

    #[test]
    fn an_item_of_version_0_1_reads_as_it_was_meant() {
        let back = Item::from_secret(&WRITTEN_BY_0_1.into()).expect("an item");
        assert_eq!(back.to_secret().expose(), item(tokens()).to_secret().expose());
        let hosted = WRITTEN_BY_0_1.replace("\"at\"", "null").replace("practice", "f00");
        let back = Item::from_secret(&hosted.as_str().into()).expect("an item");
        assert!(matches!(back.credential, Credential::ElementTokenOnly));
        assert_eq!(back.workspace, WorkspaceId::Hosted("f00".into()));
    }

    #[test]
    fn every_kind_of_credential_reads_back() {
        let basic = Credential::Basic { username: "maria".into(), password: "p".into(), ends_at: None };
        for credential in [
            tokens(),
            Credential::Key { key: "k".into(), ends_at: Some(7) },
            basic,
            Credential::ElementTokenOnly,
        ] {
            let written = item(credential).to_secret();
            let back = Item::from_secret(&written).expect("an item");
            assert_eq!(back.to_secret().expose(), written.expose());
        }
    }

    #[test]
    fn the_role_of_an_item_reads_back() {
        for role in [Role::Connection, Role::SetAside, Role::Removed] {
            let written = Item { role, ..item(tokens()) }.to_secret();
            assert_eq!(Item::from_secret(&written).expect("an item").role, role);
        }
    }

    #[test]
    fn an_item_describes_itself() {
        let back = Item::from_secret(&item(tokens()).to_secret()).expect("our own item");
        let row = back.to_connection();
        assert_eq!(
            (row.id.as_str(), row.name.as_str(), row.workspace.as_str()),
            ("c1", "Support", "practice")
        );
        assert_eq!(row.scopes, ["read", "write"]);
        assert_eq!(row.expires_at, Some(601_000));
        assert_eq!(back.configuration["oauth.api.secret"].expose(), "s3cret");
        assert_eq!(back.tokens().and_then(|t| t.refresh_token.as_ref()).expect("kept").expose(), "rt");
    }

    #[test]
    fn debug_output_of_an_item_holds_no_secret() {
        let shown = format!("{:?}", item(tokens()));
        for secret in ["s3cret", "\"at\"", "\"rt\"", "\"et\""] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    #[test]
    fn a_text_that_is_not_ours_is_no_item() {
        assert!(Item::from_secret(&"{}".into()).is_none());
        assert!(Item::from_secret(&"not json".into()).is_none());
    }
}
