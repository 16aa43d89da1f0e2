//! Builds the address that opens an OAuth 2 sign-in, and checks any such address.

mod openable;

use std::collections::BTreeMap;

use thiserror::Error;
use url::Url;

use super::percent;

pub use openable::{NotOpenable, openable};

/// Names that no further parameter may have (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9101 §5). `client_secret` would end
/// up in the browser's history, and `response_mode` could send the answer by another way than the callback's query.
pub(crate) const RESERVED: [&str; 12] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// A fault of an element file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AuthorizeError {
    /// A parameter is repeated or reserved (RFC 6749 §3.1).
    #[error("the parameter {0} is given twice or is not to be given")]
    RepeatedParameter(String),
    /// RFC 6749 §3.1 allows no fragment.
    #[error("the authorization endpoint has a fragment")]
    Fragment,
    #[error("the query of the authorization endpoint: {0}")]
    Query(#[from] percent::Malformed),
    #[error(transparent)]
    NotOpenable(#[from] NotOpenable),
}

/// An authorization request of the code grant (RFC 6749 §4.1.1, RFC 7636 §4.3).
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The `authorization_endpoint`; its own query is kept.
    pub endpoint: Url,
    pub client_id: String,
    /// The `redirect_uri`, sent byte for byte as registered.
    pub redirect_uri: String,
    /// Joined with the provider's separator.
    pub scope: Option<String>,
    pub state: String,
    /// The challenge and its method, where PKCE is on.
    pub code_challenge: Option<(String, &'static str)>,
    /// Further parameters of this provider, such as `prompt`.
    pub extra: Vec<(String, String)>,
    /// The provider's own names of standard parameters.
    pub names: BTreeMap<String, String>,
}

impl AuthorizationRequest {
    /// The address to open.
    pub fn url(&self) -> Result<Url, AuthorizeError> {
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
        ];
        if let Some(scope) = self.scope.as_deref().filter(|scope| !scope.is_empty()) {
            parameters.push(("scope", scope));
        }
        parameters.push(("state", &self.state));
        if let Some((challenge, method)) = &self.code_challenge {
            parameters.push(("code_challenge", challenge));
            parameters.push(("code_challenge_method", method));
        }
        for (name, _) in &mut parameters {
            *name = self.names.get(*name).map_or(*name, String::as_str);
        }
        with_parameters(&self.endpoint, &RESERVED, &parameters, &self.extra)
    }
}

/// Adds parameters to an authorization endpoint. `extra` and its own query may repeat no name and use no reserved one.
pub(super) fn with_parameters(
    endpoint: &Url,
    reserved: &[&str],
    parameters: &[(&str, &str)],
    extra: &[(String, String)],
) -> Result<Url, AuthorizeError> {
    if endpoint.fragment().is_some() {
        return Err(AuthorizeError::Fragment);
    }
    let own = percent::parse_form(endpoint.query().unwrap_or_default())?;
    let mut seen: Vec<&str> = reserved.to_vec();
    for (name, _) in own.iter().chain(extra) {
        if seen.contains(&name.as_str()) {
            return Err(AuthorizeError::RepeatedParameter(name.clone()));
        }
        seen.push(name);
    }
    let mut query = endpoint.query().unwrap_or_default().to_owned();
    let extra = extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in parameters.iter().copied().chain(extra) {
        if !query.is_empty() && !query.ends_with('&') {
            query.push('&');
        }
        // A space becomes `%20`: some servers read a plus in an address literally.
        query.push_str(&format!("{}={}", percent::encode(name), percent::encode(value)));
    }
    let mut url = endpoint.clone();
    url.set_query(Some(&query));
    Ok(openable(url.as_str())?)
}

/// Sets `state` in an OAuth 2 address. A platform may put the element's key there, which protects against nothing.
/// All other parameters stay as they are, byte for byte.
pub fn ensure_state(mut url: Url, state: &str) -> Url {
    let query = url.query().unwrap_or_default().to_owned();
    let own = format!("state={}", percent::encode(state));
    let is_state = |pair: &&str| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        percent::decode(name).is_ok_and(|name| name == "state")
    };
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let place = pairs.iter().position(is_state).unwrap_or(pairs.len());
    pairs.retain(|pair| !is_state(pair));
    pairs.insert(place, &own);
    url.set_query(Some(&pairs.join("&")));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(endpoint: &str) -> AuthorizationRequest {
        AuthorizationRequest {
            endpoint: Url::parse(endpoint).unwrap(),
            client_id: "id".into(),
            redirect_uri: "http://localhost:14747/callback/acme".into(),
            scope: None,
            state: "s1".into(),
            code_challenge: None,
            extra: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    #[test]
    fn an_address_has_the_parameters_of_the_code_grant() {
        let full = AuthorizationRequest {
            scope: Some("read write".into()),
            code_challenge: Some(("c1".into(), "S256")),
            extra: vec![("prompt".into(), "login consent".into())],
            ..request("https://acme.example/authorize?tenant=a%2Fb+c")
        };
        for (request, address) in [
            (
                request("https://acme.example/authorize"),
                "https://acme.example/authorize?response_type=code&client_id=id\
                 &redirect_uri=http%3A%2F%2Flocalhost%3A14747%2Fcallback%2Facme&state=s1",
            ),
            (
                full,
                "https://acme.example/authorize?tenant=a%2Fb+c&response_type=code&client_id=id\
                 &redirect_uri=http%3A%2F%2Flocalhost%3A14747%2Fcallback%2Facme&scope=read%20write&state=s1\
                 &code_challenge=c1&code_challenge_method=S256&prompt=login%20consent",
            ),
        ] {
            assert_eq!(request.url().unwrap().as_str(), address);
        }
    }

    #[test]
    fn the_redirect_uri_is_sent_byte_for_byte() {
        for redirect_uri in [
            "HTTP://LocalHost:80/Callback/%7Eacme?x=a+b&y=%2f",
            "https://www.mycoolapp.com/auth/",
            "https://www.mycoolapp.com",
        ] {
            let mut request = request("https://acme.example/authorize");
            request.redirect_uri = redirect_uri.into();
            let url = request.url().unwrap();
            let sent = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
            assert_eq!(sent, redirect_uri);
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let names = ["response_type", "client_secret", "state", "scope", "tenant"];
        for name in names {
            let mut request = request("https://acme.example/authorize?tenant=1");
            request.extra = vec![(name.into(), "x".into())];
            assert_eq!(request.url(), Err(AuthorizeError::RepeatedParameter(name.into())));
        }
        let mut doubled = request("https://acme.example/authorize");
        doubled.extra = vec![("prompt".into(), "a".into()), ("prompt".into(), "b".into())];
        assert_eq!(doubled.url(), Err(AuthorizeError::RepeatedParameter("prompt".into())));
        let with_secret = request("https://acme.example/authorize?client_secret=x");
        assert_eq!(with_secret.url(), Err(AuthorizeError::RepeatedParameter("client_secret".into())));
    }

    #[test]
    fn an_unsafe_endpoint_is_refused() {
        assert_eq!(request("https://acme.example/a#f").url(), Err(AuthorizeError::Fragment));
        assert_eq!(request("http://acme.example/a").url(), Err(NotOpenable::Scheme.into()));
        assert_eq!(request("https://acme.example/a?b=%zz").url(), Err(percent::Malformed::Percent.into()));
    }

    #[test]
    fn state_is_set_exactly_once_and_nothing_else_changes() {
        for (before, after) in [
            ("https://a.example/o", "https://a.example/o?state=s1"),
            ("https://a.example/o?", "https://a.example/o?state=s1"),
            ("https://a.example/o?state=s1&x=1", "https://a.example/o?state=s1&x=1"),
            ("https://a.example/o?x=%2f+a&state=zendesk&y=", "https://a.example/o?x=%2f+a&state=s1&y="),
            ("https://a.example/o?state&state=b&z", "https://a.example/o?state=s1&z"),
            ("https://a.example/o?%73tate=b", "https://a.example/o?state=s1"),
            ("https://a.example/o?mystate=b#f", "https://a.example/o?mystate=b&state=s1#f"),
        ] {
            assert_eq!(ensure_state(Url::parse(before).unwrap(), "s1").as_str(), after, "{before}");
        }
    }
}
