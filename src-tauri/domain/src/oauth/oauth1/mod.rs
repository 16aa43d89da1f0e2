//! OAuth 1.0a (RFC 5849): signed requests and the three steps to a token.

mod authorization_header;
mod signature;

use url::Url;

use super::authorize::{AuthorizeError, with_parameters};
use super::token::{Members, OAUTH1, TokenRefusal, TokenSet, read_end};
use crate::http::{HttpRequest, HttpResponse, Method};
use crate::sensitive::Sensitive;

pub use authorization_header::{
    BadHeader, Credentials, SignError, Signing, authorization, parse_authorization_header, sign,
};
pub use signature::{SignatureMethod, base_string, base_string_uri, normalized_parameters, verify};

/// The value of `oauth_callback` where the provider cannot call back (RFC 5849 §2.1).
pub const OUT_OF_BAND: &str = "oob";

/// Temporary credentials (RFC 5849 §2.1): the request token and its secret.
#[derive(Clone, Debug)]
pub struct TemporaryCredentials {
    /// Not secret: it is part of addresses.
    pub token: String,
    /// Signs the third step.
    pub secret: Sensitive<String>,
}

/// Step one: requests temporary credentials (RFC 5849 §2.1). `callback` is [`OUT_OF_BAND`] if there is none.
pub fn request_token(
    endpoint: Url,
    callback: &str,
    client: &Credentials,
    signing: &Signing,
) -> Result<HttpRequest, SignError> {
    sign(HttpRequest::new(Method::Post, endpoint), client, signing, &[("oauth_callback", callback)])
}

/// Step two: the address where the user gives access (RFC 5849 §2.2).
pub fn authorization_url(
    endpoint: &Url,
    request_token: &str,
    extra: &[(String, String)],
) -> Result<Url, AuthorizeError> {
    with_parameters(endpoint, &["oauth_token"], &[("oauth_token", request_token)], extra)
}

/// Step three: exchanges temporary credentials for a token (RFC 5849 §2.3).
pub fn access_token(
    endpoint: Url,
    verifier: &Sensitive<String>,
    credentials: &Credentials,
    signing: &Signing,
) -> Result<HttpRequest, SignError> {
    let extra = [("oauth_verifier", verifier.expose().as_str())];
    sign(HttpRequest::new(Method::Post, endpoint), credentials, signing, &extra)
}

/// Reads the answer of step one.
pub fn read_temporary(answer: &HttpResponse) -> Result<TemporaryCredentials, TokenRefusal> {
    let members = Members::read(answer)?;
    let (token, secret) = token_and_secret(&members, answer)?;
    // Required by RFC 5849 §2.1. Without it the server speaks the first OAuth 1.0, which allows session fixation.
    // PHP writes `true` as 1, Python as True.
    let confirmed = members.get("oauth_callback_confirmed").map(|word| word.trim().to_ascii_lowercase());
    if !matches!(confirmed.as_deref(), Some("true" | "1")) {
        return Err(TokenRefusal::BadAnswer("the callback address was not confirmed"));
    }
    Ok(TemporaryCredentials { token: token.to_owned(), secret: secret.into() })
}

/// Reads the answer of step three, and the members in `keep`, such as `screen_name`. `now` is in seconds since 1970.
pub fn read_access(answer: &HttpResponse, keep: &[String], now: u64) -> Result<TokenSet, TokenRefusal> {
    let members = Members::read(answer)?;
    let (token, secret) = token_and_secret(&members, answer)?;
    Ok(TokenSet {
        access_token: token.into(),
        token_secret: Some(secret.into()),
        refresh_token: None,
        token_type: OAUTH1.to_owned(),
        // Of the session extension: RFC 5849 has no lifetime.
        expires_in: members.get("oauth_expires_in").and_then(|text| read_end(text, now)),
        scope: None,
        extra: members.named(keep),
    })
}

/// RFC 5849 §2.1 and §2.3. An empty secret is legal, a missing one is not.
fn token_and_secret<'a>(
    members: &'a Members,
    answer: &HttpResponse,
) -> Result<(&'a str, &'a str), TokenRefusal> {
    let token = members.require("oauth_token", answer, "no oauth_token in the answer")?;
    let missing = TokenRefusal::BadAnswer("no oauth_token_secret in the answer");
    members.decisive("oauth_token_secret")?;
    Ok((token, members.get_or_empty("oauth_token_secret").ok_or(missing)?))
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
    }

    #[test]
    fn the_authorization_address_carries_the_request_token() {
        let endpoint = Url::parse("https://acme.example/authorize?perms=read").unwrap();
        let extra = [("name".to_owned(), "My app".to_owned())];
        assert_eq!(
            authorization_url(&endpoint, "t+1", &extra).unwrap().as_str(),
            "https://acme.example/authorize?perms=read&oauth_token=t%2B1&name=My%20app"
        );
        let twice = [("oauth_token".to_owned(), "x".to_owned())];
        assert_eq!(
            authorization_url(&endpoint, "t1", &twice),
            Err(AuthorizeError::RepeatedParameter("oauth_token".into()))
        );
    }

    #[test]
    fn temporary_credentials_need_a_confirmed_callback() {
        let good = answer(200, "oauth_token=t%2F1&oauth_token_secret=s%2B1&oauth_callback_confirmed=true");
        let temporary = read_temporary(&good).unwrap();
        assert_eq!((temporary.token.as_str(), temporary.secret.expose().as_str()), ("t/1", "s+1"));
        for (body, what) in [
            ("oauth_token=t&oauth_token_secret=s", "the callback address was not confirmed"),
            (
                "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false",
                "the callback address was not confirmed",
            ),
            ("oauth_token=t&oauth_callback_confirmed=true", "no oauth_token_secret in the answer"),
            (
                "oauth_token=&oauth_token_secret=s&oauth_callback_confirmed=true",
                "no oauth_token in the answer",
            ),
            ("<a></a>", "neither JSON nor a form"),
        ] {
            assert_eq!(
                read_temporary(&answer(200, body)).unwrap_err(),
                TokenRefusal::BadAnswer(what),
                "{body}"
            );
        }
    }

    #[test]
    fn a_callback_is_confirmed_as_servers_write_true() {
        for (written, confirmed) in [
            ("oauth_callback_confirmed=true", true),
            ("oauth_callback_confirmed=True", true),
            ("oauth_callback_confirmed=TRUE", true),
            ("oauth_callback_confirmed=1", true),
            ("oauth_callback_confirmed=true%0D%0A", true),
            ("oauth_callback_confirmed=false", false),
            ("oauth_callback_confirmed=0", false),
            ("oauth_callback_confirmed=", false),
            ("oauth_callback_confirmed=yes", false),
            ("", false),
        ] {
            let body = format!("oauth_token=t&oauth_token_secret=s&{written}");
            assert_eq!(read_temporary(&answer(200, &body)).is_ok(), confirmed, "{written}");
        }
        let json = r#"{"oauth_token":"t","oauth_token_secret":"s","oauth_callback_confirmed":true}"#;
        assert!(read_temporary(&answer(200, json)).is_ok());
    }

    #[test]
    fn an_access_token_comes_with_its_secret_and_named_members() {
        let keep = ["screen_name".to_owned(), "oauth_token_secret".to_owned()];
        let body = "oauth_token=t1&oauth_token_secret=&screen_name=octo&user_id=7&oauth_expires_in=1800";
        let tokens = read_access(&answer(200, body), &keep, 0).unwrap();
        assert_eq!(tokens.access_token.expose(), "t1");
        assert_eq!(tokens.token_secret.unwrap().expose(), "");
        assert_eq!(tokens.token_type, "OAuth1");
        assert_eq!(tokens.expires_in, Some(1800));
        assert_eq!(
            tokens.extra.into_iter().collect::<Vec<_>>(),
            [("screen_name".to_owned(), "octo".to_owned())]
        );
    }

    #[test]
    fn refusals_are_classified_as_for_oauth_2() {
        let refused = |error: &str, description: Option<&str>, status| TokenRefusal::Refused {
            error: error.into(),
            description: description.map(Into::into),
            status,
        };
        for (status, body, refusal) in [
            (401, "oauth_problem=signature_invalid", refused("signature_invalid", None, 401)),
            (
                401,
                r#"{"errors":[{"code":32,"message":"Could not authenticate you."}]}"#,
                refused("32", Some("Could not authenticate you."), 401),
            ),
            (401, "Failed to validate oauth signature and token", refused("http_401", None, 401)),
            (
                200,
                "oauth_problem=token_expired&oauth_problem_advice=late",
                refused("token_expired", Some("late"), 200),
            ),
            (503, "", TokenRefusal::Temporary { status: 503, retry_after: None }),
        ] {
            assert_eq!(read_access(&answer(status, body), &[], 0).unwrap_err(), refusal, "{body}");
            assert_eq!(read_temporary(&answer(status, body)).unwrap_err(), refusal, "{body}");
        }
    }
}
