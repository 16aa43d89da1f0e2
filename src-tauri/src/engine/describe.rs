//! Makes a custom element of a provider's metadata: "Other (OAuth 2 / OpenID)" and "Other (OAuth 1.0a)". It is an element
//! file like any other.

use std::collections::BTreeMap;

use super::{Engine, WorkspaceId};
use crate::domain::element::{API_KEY, API_SECRET, Auth, Element};
use crate::domain::element_file::{custom_oauth1, custom_oauth2, to_toml};
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::io::catalog;
use crate::platform::discovery::discover;

/// The field that names the authorization server (RFC 8414 §2).
const ISSUER: &str = "issuer";
/// The field of what is asked for.
const SCOPE: &str = "scope";
/// The fields without which a server must publish where it is.
const NEEDED: [&str; 2] = ["authorization_endpoint", "token_endpoint"];

impl Engine {
    /// Makes the element of the provider that `given` describes, and writes its file into the person's folder, unless the
    /// same one was described before.
    ///
    /// # Errors
    /// A form that does not fit; [`Code::IssuerUnknown`] or whatever the provider answers; a folder that cannot be
    /// written.
    pub async fn describe_provider(
        &self,
        generic: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<Element, Failure> {
        let form_of = self.element(generic)?;
        if !form_of.generic {
            return Err(Failure::internal("this element describes one product only"));
        }
        let mut defaults = self.defaults(&WorkspaceId::Local, &form_of);
        // The client is no part of a description: it is asked for when somebody signs in.
        for key in [API_KEY, API_SECRET] {
            defaults.insert(key.to_owned(), "unknown-yet".to_owned());
        }
        let values = form::check(&form_of, given, &defaults).map_err(Failure::form)?;
        let made = match form_of.auth {
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
        let made = match self.place_for(made.map_err(Failure::form)?)? {
            Place::Taken(known) => return Ok(*known),
            Place::Free(made) => *made,
        };
        catalog::save(&self.paths.elements(), &made.key, &to_toml(&made)).map_err(unwritable)?;
        tracing::info!(element = %made.key, "described");
        // Read back rather than believed: what is signed in with is what the file says.
        self.reload_catalog();
        self.element(&made.key)
    }

    /// Removes a custom element from the catalogue.
    ///
    /// Errors: [`Code::ElementUnknown`] if it is not one that was described here; [`Code::ElementInUse`] with the name
    /// of a connection that uses it.
    pub fn remove_element(&self, key: &str) -> Result<(), Failure> {
        let element = self.element(key)?;
        if element.from.is_none() {
            return Err(Failure::new(Code::ElementUnknown).name(key));
        }
        if let Some(name) = self.index.find_element_user(key)? {
            return Err(Failure::new(Code::ElementInUse).name(name));
        }
        catalog::remove(&self.paths.elements(), key).map_err(unwritable)?;
        self.reload_catalog();
        Ok(())
    }

    /// The same server may have been described before: then its file stays as it is, with what a person has changed in
    /// it. Another element may have the key, or connections that are signed in to in another way, which must not change
    /// under them.
    fn place_for(&self, made: Element) -> Result<Place, Failure> {
        let catalog = self.reload_catalog();
        let mut key = made.key.clone();
        for number in 2.. {
            match catalog.find(&key) {
                Ok(known) if known.from == made.from && known.same_server(&made) => {
                    if same_way(&known.auth, &made.auth) {
                        return Ok(Place::Taken(Box::new(asking_for(known, &made))));
                    }
                    if self.index.find_element_user(&key)?.is_none() {
                        break;
                    }
                }
                Err(catalog::NoElement::Unknown) => break,
                _ => {}
            }
            key = format!("{}-{number}", made.key);
        }
        let provider = Some(key.clone());
        Ok(Place::Free(Box::new(Element { key, provider, ..made })))
    }
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::new(Code::IndexUnwritable).detail(format!("the folder of elements: {}", error.kind()))
}

/// Where an element that was described goes.
enum Place {
    /// There is a file for it.
    Taken(Box<Element>),
    /// A file is to be written.
    Free(Box<Element>),
}

/// A known element that asks for what was asked for now.
fn asking_for(known: &Element, made: &Element) -> Element {
    let mut element = known.clone();
    let asked = made.field(SCOPE).and_then(|field| field.default.clone());
    if let Some(field) = element.fields.iter_mut().find(|field| field.key == SCOPE) {
        field.default = asked;
    }
    element
}

/// Whether both sign in the same way. What they ask for may differ: that stays with each connection.
fn same_way(one: &Auth, other: &Auth) -> bool {
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
