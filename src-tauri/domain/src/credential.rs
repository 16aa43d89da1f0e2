//! What a connection calls its product with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::As;

use crate::element::{Auth, CallText, KEY_ENDS, KEY_FIELD, PASSWORD, USERNAME};
use crate::form::FilledForm;
use crate::key_end::parse_day;
use crate::oauth::token::{OAUTH1, TokenSet};
use crate::sensitive::Sensitive;
use crate::vault_text::VaultText;

#[derive(Clone, Debug)]
pub enum Credential {
    Tokens(TokenSet),
    /// A key that was made at the product.
    Key {
        key: Sensitive<String>,
        /// When it ends, in milliseconds since 1970, where that is known.
        ends_at: Option<i64>,
    },
    /// A user name and a password (RFC 7617). Some products take a key as the user name.
    Basic {
        username: Sensitive<String>,
        password: Sensitive<String>,
        /// When the password ends, in milliseconds since 1970, where that is known.
        ends_at: Option<i64>,
    },
    /// A hosted platform keeps what the provider issued; calls go there with the Element token.
    ElementTokenOnly,
}

impl Credential {
    /// The credential that the form itself holds, where nothing has to be issued.
    pub fn given(form: &FilledForm) -> Option<Self> {
        let value = |key: &str| form.values.reveal(key);
        let ends_at = form.values.get(KEY_ENDS).and_then(parse_day);
        match &form.element.auth {
            Auth::ApiKey(rules) => {
                let key = value(rules.key_field.as_deref().unwrap_or(KEY_FIELD))?;
                Some(Self::Key { key, ends_at })
            }
            Auth::Basic(rules) => {
                let text = |text: &Option<CallText>, field: &Option<String>, usual: &str| match text {
                    Some(text) => text.fill(&form.values, None),
                    None => value(field.as_deref().unwrap_or(usual)),
                };
                Some(Self::Basic {
                    username: text(&rules.username, &rules.username_field, USERNAME).unwrap_or_default(),
                    password: text(&rules.password, &rules.password_field, PASSWORD).unwrap_or_default(),
                    ends_at,
                })
            }
            Auth::Oauth1(rules) => Some(Self::Tokens(TokenSet {
                access_token: value(rules.token_field.as_deref()?)?,
                token_secret: Some(value(rules.token_secret_field.as_deref()?)?),
                refresh_token: None,
                token_type: OAUTH1.to_owned(),
                expires_in: None,
                scope: None,
                extra: BTreeMap::new(),
            })),
            Auth::Custom(_) => Some(Self::ElementTokenOnly),
            Auth::Oauth2(_) | Auth::Session(_) => None,
        }
    }

    /// The secret for `{token}` in what calls carry.
    pub fn calling_secret(&self) -> Option<&Sensitive<String>> {
        match self {
            Self::Tokens(tokens) => Some(&tokens.access_token),
            Self::Key { key, .. } => Some(key),
            // Some products take a key as the user name, and no password.
            Self::Basic { username, password, .. } if password.expose().is_empty() => Some(username),
            Self::Basic { password, .. } => Some(password),
            Self::ElementTokenOnly => None,
        }
    }

    /// When a key or a password ends, in milliseconds since 1970, where that is known.
    pub fn key_ends_at(&self) -> Option<i64> {
        match self {
            Self::Key { ends_at, .. } | Self::Basic { ends_at, .. } => *ends_at,
            Self::Tokens(_) | Self::ElementTokenOnly => None,
        }
    }

    /// The same credential with the end that the product gives, where it gives one.
    pub fn ending(mut self, given: Option<i64>) -> Self {
        if let Self::Key { ends_at, .. } | Self::Basic { ends_at, .. } = &mut self {
            *ends_at = given.or(*ends_at);
        }
        self
    }

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
    key_ends_at: Option<i64>,
    #[serde(with = "As::<Option<VaultText>>", skip_serializing_if = "Option::is_none")]
    username: Option<Sensitive<String>>,
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
            Credential::Key { key, ends_at } => {
                Self { api_key: Some(key), key_ends_at: ends_at, ..Self::default() }
            }
            Credential::Basic { username, password, ends_at } => Self {
                username: Some(username),
                password: Some(password),
                key_ends_at: ends_at,
                ..Self::default()
            },
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
            (None, Some(key), _) => Self::Key { key, ends_at: text.key_ends_at },
            (None, None, Some(password)) => {
                let username = text.username.unwrap_or_default();
                Self::Basic { username, password, ends_at: text.key_ends_at }
            }
            (None, None, None) => Self::ElementTokenOnly,
        }
    }
}
