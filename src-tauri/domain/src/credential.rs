//! What a connection calls its product with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::As;

use crate::oauth::token::TokenSet;
use crate::sensitive::Sensitive;
use crate::vault_text::VaultText;

#[derive(Clone, Debug)]
pub enum Credential {
    Tokens(TokenSet),
    Key(Sensitive<String>),
    /// A user name and a password (RFC 7617).
    Basic {
        username: String,
        password: Sensitive<String>,
    },
    /// A hosted platform keeps what the provider issued; calls go there with the Element token.
    ElementTokenOnly,
}

impl Credential {
    pub fn tokens(&self) -> Option<&TokenSet> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            _ => None,
        }
    }

    pub fn tokens_mut(&mut self) -> Option<&mut TokenSet> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            _ => None,
        }
    }
}

/// The members of a credential in the JSON text of an item. Which of them are there tells the kind.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CredentialText {
    #[serde(with = "As::<Option<VaultText>>")]
    access_token: Option<Sensitive<String>>,
    #[serde(with = "As::<Option<VaultText>>")]
    token_secret: Option<Sensitive<String>>,
    #[serde(with = "As::<Option<VaultText>>")]
    refresh_token: Option<Sensitive<String>>,
    token_type: String,
    expires_in: Option<u64>,
    scope: Option<String>,
    extra: BTreeMap<String, String>,
    #[serde(with = "As::<Option<VaultText>>", skip_serializing_if = "Option::is_none")]
    api_key: Option<Sensitive<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(with = "As::<Option<VaultText>>", skip_serializing_if = "Option::is_none")]
    password: Option<Sensitive<String>>,
}

impl From<Credential> for CredentialText {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Tokens(tokens) => Self {
                access_token: Some(tokens.access_token),
                token_secret: tokens.token_secret,
                refresh_token: tokens.refresh_token,
                token_type: tokens.token_type,
                expires_in: tokens.expires_in,
                scope: tokens.scope,
                extra: tokens.extra,
                ..Self::default()
            },
            Credential::Key(key) => Self { api_key: Some(key), ..Self::default() },
            Credential::Basic { username, password } => {
                Self { username: Some(username), password: Some(password), ..Self::default() }
            }
            Credential::ElementTokenOnly => Self::default(),
        }
    }
}

impl From<CredentialText> for Credential {
    fn from(text: CredentialText) -> Self {
        match (text.access_token, text.api_key, text.password) {
            (Some(access_token), _, _) => Self::Tokens(TokenSet {
                access_token,
                token_secret: text.token_secret,
                refresh_token: text.refresh_token,
                token_type: text.token_type,
                expires_in: text.expires_in,
                scope: text.scope,
                extra: text.extra,
            }),
            (None, Some(key), _) => Self::Key(key),
            (None, None, Some(password)) => {
                Self::Basic { username: text.username.unwrap_or_default(), password }
            }
            (None, None, None) => Self::ElementTokenOnly,
        }
    }
}
