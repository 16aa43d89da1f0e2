//! Makes a custom element of a provider's metadata: "Other (OAuth 2 / OpenID)" and "Other (OAuth 1.0a)".

use std::collections::BTreeMap;

use super::forms::DEFAULT_PORT;
use super::shared::unwritable_folder;
use super::{Engine, WorkspaceId};
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element};
use crate::domain::element_file::{custom_oauth1, custom_oauth2, to_toml};
use crate::domain::error::Failure;
use crate::domain::form;
use crate::io::catalog;
use crate::platform::discovery::discover;

/// The generic element of OAuth 2.
const OAUTH2: &str = "oauth2";
const PROVIDER_NAME: &str = "provider.name";
/// The field that names the authorization server (RFC 8414 §2).
const ISSUER: &str = "issuer";
const SCOPE: &str = "scope";
/// Without these fields the server's metadata is needed.
const NEEDED: [&str; 2] = ["authorization_endpoint", "token_endpoint"];

impl Engine {
    /// Makes a custom element of the provider that `given` describes, as a file in the user's folder.
    ///
    /// Errors: [`Code::FormInvalid`]; [`Code::IssuerUnknown`]; [`Code::IndexUnwritable`] for the folder.
    pub async fn describe_provider(
        &self,
        generic: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<Element, Failure> {
        let custom = self.describe(generic, given).await?;
        self.save_custom(custom)
    }

    /// The text of an element file for the server that publishes its metadata here (RFC 8414, OpenID Connect Discovery).
    ///
    /// Errors: [`Code::FormInvalid`]; [`Code::IssuerUnknown`].
    pub async fn describe_from(&self, key: &str, name: &str, issuer: &str) -> Result<String, Failure> {
        let given =
            [(ISSUER, issuer), (PROVIDER_NAME, name)].map(|(key, text)| (key.to_owned(), text.to_owned()));
        let mut element = self.describe(OAUTH2, &given.into()).await?;
        element.key = key.to_owned();
        element.provider = Some(key.to_owned());
        // It is no custom element: its author writes it.
        element.from = None;
        for field in element.fields.iter_mut().filter(|field| field.key == CALLBACK_URL) {
            field.example = format!("http://localhost:{DEFAULT_PORT}/callback/{key}");
        }
        Ok(to_toml(&element))
    }

    /// A custom element of the provider that `given` describes.
    async fn describe(&self, generic: &str, given: &BTreeMap<String, String>) -> Result<Element, Failure> {
        let generic = self.element(generic)?;
        if !generic.generic {
            return Err(Failure::internal("this element describes one product only"));
        }
        let mut defaults = self.defaults(&WorkspaceId::Local, &generic);
        // The description has no client: the sign-in asks for it.
        for key in [API_KEY, API_SECRET] {
            defaults.insert(key.to_owned(), "unknown-yet".to_owned());
        }
        let values = form::check(&generic, given, &defaults).map_err(Failure::form)?;
        let custom = match generic.auth {
            Auth::Oauth1(_) => custom_oauth1(&values),
            _ => {
                let by_hand = NEEDED.iter().all(|field| values.get(field).is_some());
                let metadata = match values.get(ISSUER) {
                    Some(issuer) if !by_hand => {
                        let http = self.http.with_journal();
                        let found = discover(&http, issuer).await;
                        Some(found.map_err(|e| Failure { exchanges: http.exchanges(), ..e })?)
                    }
                    _ => None,
                };
                custom_oauth2(&values, metadata.as_ref())
            }
        };
        custom.map_err(Failure::form)
    }

    /// Writes the file of a custom element. If the same server was described before, its file stays, with the user's
    /// changes. A file that connections use with another way to sign in must not change: the new one gets another key.
    fn save_custom(&self, custom: Element) -> Result<Element, Failure> {
        let catalog = self.reload_catalog();
        let mut key = custom.key.clone();
        for number in 2.. {
            match catalog.find(&key) {
                Ok(known) if known.from == custom.from && known.is_same_server(&custom) => {
                    if signs_in_alike(&known.auth, &custom.auth) {
                        return Ok(with_scope_of(known, &custom));
                    }
                    if self.index.find_element_user(&key)?.is_none() {
                        break;
                    }
                }
                Err(catalog::NoElement::Unknown) => break,
                _ => {}
            }
            key = format!("{}-{number}", custom.key);
        }
        let custom = Element { provider: Some(key.clone()), key, ..custom };
        catalog::save(&self.paths.elements(), &custom.key, &to_toml(&custom)).map_err(unwritable_folder)?;
        tracing::info!(element = %custom.key, "described");
        // Read back, so that the sign-in uses what the file says.
        self.reload_catalog();
        self.element(&custom.key)
    }
}

/// A known element with the default scope of another one.
fn with_scope_of(known: &Element, other: &Element) -> Element {
    let mut element = known.clone();
    let asked = other.field(SCOPE).and_then(|field| field.default.clone());
    if let Some(field) = element.fields.iter_mut().find(|field| field.key == SCOPE) {
        field.default = asked;
    }
    element
}

/// Whether both sign in the same way. Scopes do not count: each connection keeps its own.
fn signs_in_alike(one: &Auth, other: &Auth) -> bool {
    let without_scopes = |auth: &Auth| {
        let mut auth = auth.clone();
        if let Auth::Oauth2(oauth2) = &mut auth {
            oauth2.scopes.clear();
            oauth2.authorize_parameters.clear();
        }
        auth
    };
    without_scopes(one) == without_scopes(other)
}
