//! Reading the form of a generic element, with the fields that are wrong.

use sha2::{Digest, Sha256};
use url::Url;

use super::toml_text::to_toml;
use crate::address::host_and_port;
use crate::element::{Auth, Element, Grant};
use crate::form::{FieldProblem, Problem};
use crate::template::Template;
use crate::text::plain_line;
use crate::values::Values;

/// Keys of the generic forms that no other element has.
const PROVIDER_NAME: &str = "provider.name";
pub(super) const ISSUER: &str = "issuer";
pub(super) const AUTHORIZATION: &str = "authorization_endpoint";
pub(super) const TOKEN: &str = "token_endpoint";
pub(super) const DEVICE: &str = "device_authorization_endpoint";
pub(super) const USERINFO: &str = "userinfo_endpoint";

/// The longest name that the form takes.
const LONGEST_NAME: usize = 60;

/// A key is also a folder name and a part of an address; this keeps it recognizable.
const LONGEST_KEY: usize = 60;

pub(super) struct Draft<'v> {
    pub(super) values: &'v Values,
    problems: Vec<FieldProblem>,
}

impl<'v> Draft<'v> {
    pub(super) fn new(values: &'v Values) -> Self {
        Self { values, problems: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &str, problem: Problem) {
        self.problems.push(FieldProblem { key: key.to_owned(), problem });
    }

    /// The entered address, else the published one.
    pub(super) fn endpoint(&mut self, key: &str, published: Option<&Url>) -> Option<Template> {
        let entered = self.values.get(key).map(Url::parse);
        let (at, url) = match (entered, published) {
            (Some(Ok(url)), _) => (key, url),
            (Some(Err(_)), _) => {
                self.add(key, Problem::Malformed);
                return None;
            }
            (None, Some(url)) => (ISSUER, url.clone()),
            (None, None) => return None,
        };
        // The one character of an address that a template does not take.
        let template = url.as_str().replace('@', "%40").parse::<Template>().ok();
        if template.is_none() {
            self.add(at, Problem::Malformed);
        }
        template
    }

    /// The entered address of a field that must not be empty.
    pub(super) fn required_endpoint(&mut self, key: &str) -> Option<Template> {
        if self.values.get(key).is_none() {
            self.add(key, Problem::Required);
        }
        self.endpoint(key, None)
    }

    /// The issuer, unchanged because it is compared as text; it has no query (RFC 8414 §2).
    pub(super) fn issuer(&mut self, issuer: Option<&str>) -> Option<Template> {
        let issuer = issuer?;
        let template = issuer.parse::<Template>().ok().filter(|_| !issuer.contains('?'));
        if template.is_none() {
            self.add(ISSUER, Problem::Malformed);
        }
        template
    }

    /// Adds a problem for each missing endpoint, or only for the issuer, which brings the others, if all are missing.
    pub(super) fn require_endpoints(
        &mut self,
        grant: Grant,
        has_issuer: bool,
        known: [&Option<Template>; 3],
    ) {
        let [authorization, token, device] = known;
        let entered = [AUTHORIZATION, TOKEN, DEVICE].iter().any(|key| self.values.get(key).is_some());
        if !has_issuer && !entered {
            self.add(ISSUER, Problem::Required);
            return;
        }
        let first = match grant {
            Grant::AuthorizationCode => Some((AUTHORIZATION, authorization)),
            Grant::DeviceCode => Some((DEVICE, device)),
            Grant::ClientCredentials | Grant::Password => None,
        };
        for (key, template) in first.into_iter().chain([(TOKEN, token)]) {
            let refused = self.problems.iter().any(|problem| problem.key == key);
            if template.is_none() && !refused {
                self.add(key, Problem::Required);
            }
        }
    }

    /// The entered name of the product, else the host of its server.
    pub(super) fn name(&self, address: &str) -> String {
        let entered = self.values.get(PROVIDER_NAME).map(|name| plain_line(name, LONGEST_NAME));
        let host = || Some(plain_line(&host_and_port(&Url::parse(address).ok()?), LONGEST_NAME));
        let entered = entered.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        entered.or_else(host).unwrap_or_default()
    }

    /// The finished element, if nothing is wrong. Faults of the file are reported at the field `blamed`.
    pub(super) fn finish(mut self, blamed: &str, element: Element) -> Result<Element, Vec<FieldProblem>> {
        // The file must be read back.
        if self.problems.is_empty() && Element::parse(&to_toml(&element)).is_err() {
            self.add(blamed, Problem::Malformed);
        }
        if self.problems.is_empty() { Ok(element) } else { Err(self.problems) }
    }
}

/// The key for the server at this address: its host, its port if that is unusual, and its path.
pub(super) fn key_for(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return String::new() };
    let text = format!("{}/{}", host_and_port(&url), url.path()).to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let key = words.join("-");
    if key.len() > LONGEST_KEY {
        let tail = hex::encode(&Sha256::digest(address.as_bytes())[..4]);
        return format!("{}-{tail}", key[..LONGEST_KEY - 1 - tail.len()].trim_end_matches('-'));
    }
    // The key of a product is one word, which a host of one word must not replace.
    if words.len() == 1 { format!("{key}-server") } else { key }
}

/// A custom element without fields, of the generic element `from`.
pub(super) fn custom_element(from: &str, key: String, name: String, auth: Auth) -> Element {
    Element {
        category: "Other".to_owned(),
        gives: format!("What {name} offers"),
        access: vec!["What the product lists when signing in".to_owned()],
        from: Some(from.to_owned()),
        // One callback path for each authorization server (RFC 8252 §8.10).
        provider: Some(key.clone()),
        ..Element::new(key, name, auth)
    }
}
