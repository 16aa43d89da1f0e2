//! Requests in which the client authenticates: token (RFC 6749 §3.2) and revocation (RFC 7009).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use url::Url;
use zeroize::Zeroize;

use crate::http::{HttpRequest, Method};
use crate::oauth::grant::Grant;
use crate::oauth::percent;
use crate::oauth::pkce::Verifier;
use crate::sensitive::Sensitive;

/// How the client authenticates (RFC 6749 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::EnumString, strum::IntoStaticStr)]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` in the body: worse than Basic, but supported by most products.
    #[default]
    #[strum(serialize = "client_secret_post")]
    Body,
    /// HTTP Basic.
    #[strum(serialize = "client_secret_basic")]
    Basic,
    /// A public client: only the `client_id`, in the body.
    #[strum(serialize = "none")]
    None,
}

impl ClientAuthentication {
    /// The name in metadata and registrations (RFC 7591 §2).
    pub fn method_name(self) -> &'static str {
        self.into()
    }
}

/// The format of the request body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded`, as RFC 6749 requires.
    #[default]
    Form,
    /// A JSON object, for the few products that need it.
    Json,
}

/// An extra parameter repeats one of the request (RFC 6749 §3.2).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the parameter {0} is given twice")]
pub struct RepeatedParameter(pub String);

/// Names that no further parameter may have (RFC 6749 §4.1.3 and §6, RFC 7009 §2.1, RFC 7636 §4.5, RFC 8628 §3.4).
pub(crate) const RESERVED: [&str; 11] = [
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
    "token",
    "token_type_hint",
];

/// A token or revocation endpoint, and the client that calls it.
#[derive(Clone, Copy, Debug)]
pub struct TokenEndpoint<'a> {
    pub url: &'a Url,
    pub client_id: &'a str,
    /// Empty for a public client.
    pub client_secret: &'a Sensitive<String>,
    pub authentication: ClientAuthentication,
    pub body_format: BodyFormat,
    /// Further parameters of this provider, such as `audience`.
    pub extra: &'a [(String, String)],
    /// The provider's own names of standard parameters.
    pub names: &'a BTreeMap<String, String>,
}

impl TokenEndpoint<'_> {
    /// Exchanges a code (RFC 6749 §4.1.3). `redirect_uri` is that of the authorization request, byte for byte;
    /// `code_verifier` is sent if a challenge was (RFC 7636 §4.5).
    pub fn code(
        &self,
        code: &Sensitive<String>,
        redirect_uri: &str,
        code_verifier: Option<&Verifier>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
        ];
        if let Some(verifier) = code_verifier {
            parameters.push(("code_verifier", verifier.secret().expose()));
        }
        self.request(parameters)
    }

    /// Renews a token (RFC 6749 §6). Without `scope` the new token has the scope of the old one.
    pub fn refresh(
        &self,
        refresh_token: &Sensitive<String>,
        scope: Option<&str>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let mut parameters = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        if let Some(scope) = scope {
            parameters.push(("scope", scope));
        }
        self.request(parameters)
    }

    /// Starts a sign-in on another device (RFC 8628 §3.1); for a `device_authorization_endpoint`.
    pub fn device_authorization(&self, scope: Option<&str>) -> Result<HttpRequest, RepeatedParameter> {
        self.request(scope.map(|scope| ("scope", scope)).into_iter().collect())
    }

    /// Polls for the result of a sign-in on another device (RFC 8628 §3.4).
    pub fn device_code(&self, device_code: &Sensitive<String>) -> Result<HttpRequest, RepeatedParameter> {
        self.request(vec![
            ("grant_type", Grant::DeviceCode.grant_type()),
            ("device_code", device_code.expose()),
        ])
    }

    /// Exchanges the user's name and password (RFC 6749 §4.3.2).
    pub fn password(
        &self,
        username: &str,
        password: &Sensitive<String>,
        scope: Option<&str>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let mut parameters = vec![
            ("grant_type", Grant::Password.grant_type()),
            ("username", username),
            ("password", password.expose()),
        ];
        parameters.extend(scope.map(|scope| ("scope", scope)));
        self.request(parameters)
    }

    /// Requests a token for the application itself (RFC 6749 §4.4.2).
    pub fn client_credentials(&self, scope: Option<&str>) -> Result<HttpRequest, RepeatedParameter> {
        let mut parameters = vec![("grant_type", Grant::ClientCredentials.grant_type())];
        parameters.extend(scope.map(|scope| ("scope", scope)));
        self.request(parameters)
    }

    /// Revokes a token (RFC 7009 §2.1); `hint` is `access_token` or `refresh_token`.
    pub fn revoke(&self, token: &Sensitive<String>, hint: &str) -> Result<HttpRequest, RepeatedParameter> {
        self.request(vec![("token", token.expose()), ("token_type_hint", hint)])
    }

    fn request<'b>(
        &'b self,
        mut parameters: Vec<(&'b str, &'b str)>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let secret = self.client_secret.expose();
        let authentication = match self.authentication {
            // RFC 6749 §2.3.1: an empty secret may be omitted, which makes the client public.
            _ if secret.is_empty() => ClientAuthentication::None,
            other => other,
        };
        // RFC 6749 §2.3: one authentication method per request, so Basic excludes client parameters in the body.
        if authentication != ClientAuthentication::Basic {
            parameters.push(("client_id", self.client_id));
        }
        if authentication == ClientAuthentication::Body {
            parameters.push(("client_secret", secret));
        }
        for (name, _) in &mut parameters {
            *name = self.names.get(*name).map_or(*name, String::as_str);
        }
        for (name, value) in self.extra {
            if RESERVED.contains(&name.as_str()) || parameters.iter().any(|(known, _)| known == name) {
                return Err(RepeatedParameter(name.clone()));
            }
            parameters.push((name, value));
        }
        let (content_type, body) = match self.body_format {
            BodyFormat::Form => ("application/x-www-form-urlencoded", percent::form_encode(&parameters)),
            BodyFormat::Json => ("application/json", json_object(&parameters)),
        };
        // Some providers answer as a form unless JSON is requested.
        let mut request = HttpRequest::new(Method::Post, self.url.clone())
            .header("accept", "application/json")
            .header("content-type", content_type);
        if authentication == ClientAuthentication::Basic {
            request = request.header("authorization", basic(self.client_id, secret));
        }
        request.body = Some(body.into());
        Ok(request)
    }
}

/// HTTP Basic for a user (RFC 7617): nothing is encoded before.
pub fn basic_header(username: &str, password: &str) -> Sensitive<String> {
    let joined = Sensitive::new(format!("{username}:{password}"));
    format!("Basic {}", STANDARD.encode(joined.expose())).into()
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined, since they may contain a colon.
fn basic(client_id: &str, secret: &str) -> String {
    let form = |text: &str| percent::form_encode(&[("", text)]).split_off(1);
    let mut secret = form(secret);
    let mut joined = format!("{}:{secret}", form(client_id));
    let header = format!("Basic {}", STANDARD.encode(&joined));
    secret.zeroize();
    joined.zeroize();
    header
}

fn json_object(parameters: &[(&str, &str)]) -> String {
    let members = parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    Value::Object(members.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.expose().as_str())
    }

    fn body(request: &HttpRequest) -> &str {
        request.body.as_ref().unwrap().expose()
    }

    /// Runs `ask` against an endpoint of the client `my:app` with this secret.
    fn ask(
        authentication: ClientAuthentication,
        body_format: BodyFormat,
        secret: &str,
        extra: &[(&str, &str)],
        ask: impl Fn(&TokenEndpoint) -> Result<HttpRequest, RepeatedParameter>,
    ) -> Result<HttpRequest, RepeatedParameter> {
        let url = Url::parse("https://acme.example/token?v=2").unwrap();
        let extra: Vec<_> = extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let client_secret = secret.into();
        let (client_id, client_secret) = ("my:app", &client_secret);
        ask(&TokenEndpoint {
            url: &url,
            client_id,
            client_secret,
            authentication,
            body_format,
            extra: &extra,
            names: &BTreeMap::new(),
        })
    }

    fn refresh(endpoint: &TokenEndpoint) -> Result<HttpRequest, RepeatedParameter> {
        endpoint.refresh(&"r1".into(), None)
    }

    #[test]
    fn a_code_is_exchanged_with_the_parameters_of_its_request() {
        let request = ask(ClientAuthentication::Body, BodyFormat::Form, "s+/", &[], |endpoint| {
            let verifier = Verifier::new("v".repeat(43).into()).unwrap();
            endpoint.code(&"c 1".into(), "http://localhost:1/callback/acme?x=%2f", Some(&verifier))
        })
        .unwrap();
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url.as_str(), "https://acme.example/token?v=2");
        assert_eq!(header(&request, "accept"), Some("application/json"));
        assert_eq!(header(&request, "content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(header(&request, "authorization"), None);
        assert_eq!(
            body(&request),
            format!(
                "grant_type=authorization_code&code=c+1\
                 &redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcallback%2Facme%3Fx%3D%252f&code_verifier={}\
                 &client_id=my%3Aapp&client_secret=s%2B%2F",
                "v".repeat(43)
            )
        );
    }

    #[test]
    fn the_client_authenticates_in_exactly_one_way() {
        use ClientAuthentication::{Basic, Body, None as Public};
        let base = "grant_type=refresh_token&refresh_token=r1";
        for (authentication, secret, in_body, in_header) in [
            (Body, "s", "&client_id=my%3Aapp&client_secret=s", None),
            (Body, "", "&client_id=my%3Aapp", None),
            (Public, "s", "&client_id=my%3Aapp", None),
            // Both halves as forms, then Base64: `my%3Aapp:a%2Bb%2Fc%3Ad%25+e`.
            (Basic, "a+b/c:d% e", "", Some("Basic bXklM0FhcHA6YSUyQmIlMkZjJTNBZCUyNStl")),
            (Basic, "", "&client_id=my%3Aapp", None),
            (Body, "a+b/c:d% e", "&client_id=my%3Aapp&client_secret=a%2Bb%2Fc%3Ad%25+e", None),
        ] {
            let request = ask(authentication, BodyFormat::Form, secret, &[], refresh).unwrap();
            assert_eq!(body(&request), format!("{base}{in_body}"), "{authentication:?} {secret:?}");
            assert_eq!(header(&request, "authorization"), in_header, "{authentication:?} {secret:?}");
        }
    }

    #[test]
    fn a_body_can_be_json() {
        let request = ask(ClientAuthentication::Body, BodyFormat::Json, "a\"b", &[], refresh).unwrap();
        assert_eq!(header(&request, "content-type"), Some("application/json"));
        assert_eq!(
            body(&request),
            r#"{"grant_type":"refresh_token","refresh_token":"r1","client_id":"my:app","client_secret":"a\"b"}"#
        );
    }

    #[test]
    fn a_revocation_names_the_token_and_its_kind() {
        let request = ask(ClientAuthentication::None, BodyFormat::Form, "", &[], |endpoint| {
            endpoint.revoke(&"t1".into(), "refresh_token")
        });
        assert_eq!(body(&request.unwrap()), "token=t1&token_type_hint=refresh_token&client_id=my%3Aapp");
    }

    #[test]
    fn requests_without_a_browser_follow_their_rfcs() {
        type Ask = fn(&TokenEndpoint) -> Result<HttpRequest, RepeatedParameter>;
        let device: Ask = |endpoint| endpoint.device_authorization(Some("a b"));
        let bare: Ask = |endpoint| endpoint.device_authorization(None);
        let poll: Ask = |endpoint| endpoint.device_code(&"d 1".into());
        let own: Ask = |endpoint| endpoint.client_credentials(Some("a"));
        for (authentication, question, expected) in [
            (ClientAuthentication::None, device, "scope=a+b&client_id=my%3Aapp"),
            (ClientAuthentication::None, bare, "client_id=my%3Aapp"),
            (ClientAuthentication::Basic, bare, ""),
            (
                ClientAuthentication::None,
                poll,
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d+1&client_id=my%3Aapp",
            ),
            (ClientAuthentication::Basic, own, "grant_type=client_credentials&scope=a"),
            (
                ClientAuthentication::Body,
                own,
                "grant_type=client_credentials&scope=a&client_id=my%3Aapp&client_secret=s",
            ),
        ] {
            let request = ask(authentication, BodyFormat::Form, "s", &[], question).unwrap();
            assert_eq!(body(&request), expected);
        }
        let twice = ask(ClientAuthentication::Body, BodyFormat::Form, "s", &[("device_code", "x")], refresh);
        assert_eq!(twice.unwrap_err(), RepeatedParameter("device_code".into()));
    }

    #[test]
    fn an_extra_parameter_never_replaces_a_standard_one() {
        let with = |extra: &[(&str, &str)]| {
            ask(ClientAuthentication::Basic, BodyFormat::Form, "s", extra, |endpoint| {
                endpoint.refresh(&"r1".into(), Some("read write"))
            })
        };
        assert_eq!(
            body(&with(&[("audience", "a")]).unwrap()),
            "grant_type=refresh_token&refresh_token=r1&scope=read+write&audience=a"
        );
        for name in ["grant_type", "client_secret", "code_verifier", "scope"] {
            assert_eq!(with(&[(name, "x")]).unwrap_err(), RepeatedParameter(name.into()));
        }
        assert_eq!(with(&[("a", "1"), ("a", "2")]).unwrap_err(), RepeatedParameter("a".into()));
    }

    #[test]
    fn client_authentication_has_the_words_of_element_files() {
        for (text, authentication) in [
            ("\"body\"", ClientAuthentication::Body),
            ("\"basic\"", ClientAuthentication::Basic),
            ("\"none\"", ClientAuthentication::None),
        ] {
            assert_eq!(serde_json::from_str::<ClientAuthentication>(text).unwrap(), authentication);
        }
    }
}
