//! Dynamic client registration (RFC 7591).

use serde_json::json;
use url::Url;

use super::grant::Grant;
use super::token::{ClientAuthentication, Members, TokenRefusal};
use crate::http::{HttpRequest, HttpResponse, Method};
use crate::sensitive::Sensitive;

/// Shown by the provider when the user gives access.
const CLIENT_NAME: &str = "Keyrack";

/// Identifiers and secrets are short texts; JWTs stay below this.
const LONGEST: usize = 8 * 1024;

/// The client to register.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// `None` if no grant uses a browser.
    pub redirect_uri: Option<&'a str>,
    pub grants: &'a [Grant],
    pub authentication: ClientAuthentication,
    pub scope: Option<&'a str>,
}

/// The registered client.
#[derive(Clone, Debug)]
pub struct Registered {
    pub client_id: String,
    pub client_secret: Option<Sensitive<String>>,
    /// The method that the server chose, which may differ from the requested one (RFC 7591 §3.2.1).
    pub authentication: Option<ClientAuthentication>,
    /// In seconds since 1970. `None` if it does not expire.
    pub secret_expires_at: Option<i64>,
}

impl Registration<'_> {
    /// The request to the registration endpoint (RFC 7591 §3.1).
    pub fn request(&self, endpoint: Url) -> HttpRequest {
        let browser = self.grants.contains(&Grant::AuthorizationCode);
        let mut grant_types: Vec<&str> = self.grants.iter().map(|grant| grant.grant_type()).collect();
        // Client credentials have no refresh token (RFC 6749 §4.4.3).
        if self.grants.iter().any(|grant| !grant.is_without_browser()) {
            grant_types.push("refresh_token");
        }
        // RFC 7591 §2.1: `code` goes with `authorization_code`, and with no other grant used here.
        let response_types: &[&str] = if browser { &["code"] } else { &[] };
        let mut members = json!({
            "client_name": CLIENT_NAME,
            // OpenID Connect Dynamic Client Registration 1.0 §2: loopback addresses are for native applications.
            "application_type": "native",
            "redirect_uris": Vec::from_iter(self.redirect_uri),
            "grant_types": grant_types,
            "response_types": response_types,
            "token_endpoint_auth_method": self.authentication.method_name(),
        });
        if let Some(scope) = self.scope {
            members["scope"] = scope.into();
        }
        let mut request = HttpRequest::new(Method::Post, endpoint)
            .header("accept", "application/json")
            .header("content-type", "application/json");
        request.body = Some(members.to_string().into());
        request
    }
}

/// Reads the answer of the registration endpoint (RFC 7591 §3.2).
pub fn read_registration(answer: &HttpResponse) -> Result<Registered, TokenRefusal> {
    let members = Members::read(answer)?;
    let client_id = members.require("client_id", answer, "no client_id in the answer")?;
    let secret = members.decisive("client_secret")?;
    // RFC 6749 appendix A.1 and A.2. The form accepts nothing else either.
    let fits = |text: &str| text.len() <= LONGEST && text.bytes().all(|b| (0x20..=0x7e).contains(&b));
    if !fits(client_id) || !secret.is_none_or(fits) {
        return Err(TokenRefusal::BadAnswer("the registered client cannot be used"));
    }
    let authentication = members.get("token_endpoint_auth_method").map(|name| {
        let unknown = TokenRefusal::BadAnswer("the server wants another proof than a client secret");
        name.parse::<ClientAuthentication>().map_err(|_| unknown)
    });
    let authentication = authentication.transpose()?;
    // A server that wants no secret must not get one.
    let secret = secret.filter(|_| authentication != Some(ClientAuthentication::None));
    // 0 means that it does not expire.
    let ends = members.get("client_secret_expires_at").and_then(|text| text.trim().parse::<i64>().ok());
    Ok(Registered {
        client_id: client_id.to_owned(),
        client_secret: secret.map(Into::into),
        authentication,
        secret_expires_at: ends.filter(|at| *at > 0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
    }

    fn asked(grants: &[Grant], redirect_uri: Option<&str>, scope: Option<&str>) -> Value {
        let authentication = ClientAuthentication::None;
        let request = Registration { redirect_uri, grants, authentication, scope }
            .request("https://id.example.com/register".parse().unwrap());
        assert_eq!((request.method, request.url.path()), (Method::Post, "/register"));
        serde_json::from_str(request.body.unwrap().expose()).unwrap()
    }

    #[test]
    fn a_registration_requests_only_what_the_grants_need() {
        let redirect = "http://127.0.0.1:1/callback/id-example-com";
        assert_eq!(
            asked(&[Grant::AuthorizationCode, Grant::DeviceCode], Some(redirect), Some("openid a")),
            serde_json::json!({
                "client_name": "Keyrack",
                "application_type": "native",
                "redirect_uris": [redirect],
                "grant_types":
                    ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "scope": "openid a",
            })
        );
        let own = asked(&[Grant::ClientCredentials], None, None);
        assert_eq!(own["grant_types"], serde_json::json!(["client_credentials"]));
        assert_eq!(own["redirect_uris"], serde_json::json!([]));
        assert_eq!(own["response_types"], serde_json::json!([]));
        assert!(own.get("scope").is_none());
    }

    #[test]
    fn the_registered_client_is_the_one_in_the_answer() {
        for (body, id, secret, way, ends) in [
            (r#"{"client_id":"c1","other":{"a":1}}"#, "c1", None, None, None),
            (
                r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":0,"token_endpoint_auth_method":"client_secret_post"}"#,
                "c",
                Some("s"),
                Some(ClientAuthentication::Body),
                None,
            ),
            (
                r#"{"client_id":"c","client_secret":"s","token_endpoint_auth_method":"none"}"#,
                "c",
                None,
                Some(ClientAuthentication::None),
                None,
            ),
            (
                r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":1893276400}"#,
                "c",
                Some("s"),
                None,
                Some(1_893_276_400),
            ),
        ] {
            let read = read_registration(&answer(201, body)).unwrap();
            assert_eq!(read.client_id, id);
            assert_eq!(read.client_secret.as_ref().map(|s| s.expose().as_str()), secret, "{body}");
            assert_eq!((read.authentication, read.secret_expires_at), (way, ends), "{body}");
            assert!(!format!("{read:?}").contains("\"s\""));
        }
    }

    #[test]
    fn a_registration_without_a_usable_client_is_refused() {
        for (status, body, said) in [
            (201, "{}", "unexpected answer: no client_id in the answer"),
            (201, r#"{"client_id":"a\r\nb"}"#, "unexpected answer: the registered client cannot be used"),
            (
                201,
                r#"{"client_id":"a","token_endpoint_auth_method":"private_key_jwt"}"#,
                "unexpected answer: the server wants another proof than a client secret",
            ),
            (201, r#"{"client_id":"a","client_id":"b"}"#, "unexpected answer: a member stands twice"),
            (
                400,
                r#"{"error":"invalid_redirect_uri","error_description":"no"}"#,
                "the provider refused (invalid_redirect_uri, status 400)",
            ),
            (401, "", "the provider refused (http_401, status 401)"),
            (503, "", "the provider cannot answer now (status 503)"),
        ] {
            assert_eq!(read_registration(&answer(status, body)).unwrap_err().to_string(), said, "{body}");
        }
    }
}
