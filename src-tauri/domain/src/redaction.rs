//! Removes the secrets of a request from the words of its answer: many servers repeat what they refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::oauth::percent;
use crate::sensitive::Sensitive;

/// What a secret is replaced with.
const REDACTED: &str = "…";

/// Shorter secrets are not removed: that would garble the text.
const SHORTEST_SECRET: usize = 4;

/// Parameters of a query, a body or an OAuth 1.0a header that are secret.
const SECRET_PARAMETERS: [&str; 12] = [
    "access_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "oauth_signature",
    "oauth_token",
    "oauth_verifier",
    "password",
    "refresh_token",
    "token",
];

/// The secrets of one request.
#[derive(Clone, Debug, Default)]
pub struct SentSecrets(Vec<Sensitive<String>>);

impl SentSecrets {
    /// The text without these secrets, in whichever encoding.
    pub fn redact(&self, text: &str) -> String {
        let secrets: Vec<&str> = self.0.iter().map(|secret| secret.expose().as_str()).collect();
        redact(text, &secrets)
    }

    /// Adds secrets that may stand anywhere in the request.
    pub(crate) fn add_known(&mut self, secrets: &[Sensitive<String>]) {
        self.0.extend(secrets.iter().cloned());
    }

    /// Adds the secret ones among the parameters of a body: a form or a JSON object.
    pub(crate) fn add_body(&mut self, body: &str) {
        let as_text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
        match serde_json::from_str(body) {
            Ok(Value::Object(members)) => self.add_parameters(members.into_iter().filter_map(as_text)),
            _ => self.add_parameters(percent::parse_form_lossy(body)),
        }
    }

    pub(crate) fn add_parameters(&mut self, parameters: impl IntoIterator<Item = (String, String)>) {
        let secret = parameters.into_iter().filter(|(name, _)| SECRET_PARAMETERS.contains(&name.as_str()));
        self.0.extend(secret.map(|(_, value)| value.into()));
    }

    /// Adds the credentials of an `Authorization` header (RFC 9110 §11.6.2), or the value of another one.
    pub(crate) fn add_header(&mut self, value: &str) {
        let (scheme, credentials) = value.split_once(' ').unwrap_or(("", value));
        self.0.push(credentials.into());
        match scheme {
            "Basic" => {
                let plain = STANDARD.decode(credentials).unwrap_or_default();
                let plain = Sensitive::new(String::from_utf8_lossy(&plain).into_owned());
                let secret = plain.expose().split_once(':').map_or("", |(_, secret)| secret);
                // RFC 6749 §2.3.1: it is form-encoded.
                self.0.extend(percent::parse_form_lossy(secret).into_iter().map(|(name, _)| name.into()));
                self.0.push(secret.into());
            }
            "OAuth" => {
                let pairs = credentials.split(',').filter_map(|pair| pair.split_once('='));
                let decode = |text: &str| percent::decode(text.trim().trim_matches('"')).unwrap_or_default();
                let pairs: Vec<_> = pairs.map(|(name, value)| (decode(name), decode(value))).collect();
                // RFC 5849 §3.4.4: the signature PLAINTEXT is both secrets.
                let signature = pairs.iter().find(|(name, _)| name == "oauth_signature");
                let parts = signature.into_iter().flat_map(|(_, signature)| signature.split('&'));
                self.0.extend(parts.map(|part| decode(part).into()));
                self.add_parameters(pairs);
            }
            _ => {}
        }
    }
}

/// The text without these secrets: as they are, or encoded for a query, a path, JSON or HTML, in upper or lower case.
pub fn redact(text: &str, secrets: &[&str]) -> String {
    let mut spellings: Vec<Sensitive<String>> =
        secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET).flat_map(|s| spellings(s)).collect();
    // Longest first: one secret may be the beginning of another.
    spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.expose().len()));
    spellings.iter().fold(text.to_owned(), |text, spelling| replace_in_any_case(&text, spelling.expose()))
}

fn spellings(secret: &str) -> [Sensitive<String>; 6] {
    let json = Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    [
        secret.into(),
        percent::encode(secret).into(),
        percent::form_encode(&[("", secret)]).split_off(1).into(),
        json.into(),
        json.replace('/', "\\/").into(),
        html.replace('"', "&quot;").replace('\'', "&#39;").into(),
    ]
}

fn replace_in_any_case(text: &str, secret: &str) -> String {
    // Neither changes the position of a character.
    let (lower, wanted) = (text.to_ascii_lowercase(), Sensitive::new(secret.to_ascii_lowercase()));
    let mut rest = 0;
    let mut kept = String::with_capacity(text.len());
    for (at, _) in lower.match_indices(wanted.expose().as_str()) {
        kept.push_str(&text[rest..at]);
        kept.push_str(REDACTED);
        rest = at + secret.len();
    }
    kept.push_str(&text[rest..]);
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::http::{HttpRequest, Method};
    use crate::oauth::oauth1::{self, Credentials, SignatureMethod, Signing};
    use crate::oauth::pkce::Verifier;
    use crate::oauth::token::{BodyFormat, ClientAuthentication, TokenEndpoint};

    const SECRET: &str = "s3cr&t/\"Value\" 1";

    #[test]
    fn secrets_are_redacted_in_every_spelling() {
        for (text, shown) in [
            ("it was s3cr&t/\"Value\" 1, sorry", "it was …, sorry"),
            ("S3CR&T/\"VALUE\" 1", "…"),
            ("client_secret=s3cr%26t%2F%22Value%22+1&x", "client_secret=…&x"),
            ("s3cr%26t%2f%22value%22%201 and more", "… and more"),
            (r#"{"client_secret":"s3cr&t/\"Value\" 1"}"#, r#"{"client_secret":"…"}"#),
            (r#"{"client_secret":"s3cr&t\/\"Value\" 1"}"#, r#"{"client_secret":"…"}"#),
            ("<b>s3cr&amp;t/&quot;Value&quot; 1</b>", "<b>…</b>"),
            ("Ünïcödé s3cr&t/\"Value\" 1 日本", "Ünïcödé … 日本"),
            ("another text", "another text"),
        ] {
            assert_eq!(redact(text, &[SECRET]), shown);
        }
        assert_eq!(redact("it was s3cr3t-more", &["s3cr3t", "s3cr3t-more"]), "it was …");
        assert_eq!(redact("abc", &["abc", ""]), "abc", "too short");
    }

    #[test]
    fn an_answer_without_the_secrets_of_its_request_keeps_the_rest() {
        let (url, secret) = ("https://id.example/token".parse().expect("an address"), SECRET.into());
        let (code, verifier) = ("the-code/1".into(), Verifier::from_random([7; 32]));
        for (authentication, body_format) in [
            (ClientAuthentication::Body, BodyFormat::Form),
            (ClientAuthentication::Body, BodyFormat::Json),
            (ClientAuthentication::Basic, BodyFormat::Form),
        ] {
            let endpoint = TokenEndpoint {
                url: &url,
                client_id: "the-client",
                client_secret: &secret,
                authentication,
                body_format,
                extra: &[],
                names: &BTreeMap::new(),
            };
            let request =
                endpoint.code(&code, "https://app.example/back", Some(&verifier)).expect("a request");
            let sent = request.secrets();
            let whole = request.body.as_ref().expect("a body").expose();
            let header = request.headers.iter().find(|(name, _)| *name == "authorization");
            let header = header.map_or("", |(_, value)| value.expose());
            let text = format!("{SECRET} {whole} {header} the-code/1");
            let shown = sent.redact(&text);
            for canary in [SECRET, "s3cr", "the-code", verifier.secret().expose()] {
                assert!(!shown.contains(canary), "{canary}: {shown}");
            }
            assert!(!header.contains(' ') || shown.contains("Basic … …"), "{shown}");
            assert!(shown.contains("authorization_code") && shown.contains("app.example"), "{shown}");
            assert!(!format!("{sent:?}").contains("the-code"));
        }
    }

    #[test]
    fn the_secrets_of_headers_are_known() {
        let url: url::Url =
            "https://id.example/access?access_token=in-the-query".parse().expect("an address");
        let request = HttpRequest::new(Method::Get, url.clone())
            .header("accept", "application/json")
            .header("authorization", "Bearer the-token")
            .header("x-api-key", "the-key");
        let text = "in-the-query Bearer the-token, the-key, application/json";
        assert_eq!(request.secrets().redact(text), "… Bearer …, …, application/json");

        let client = Credentials::client("the-client", SECRET.into());
        let credentials = client.with_token("request/1".into(), "token secret".into());
        for method in [SignatureMethod::Plaintext, SignatureMethod::HmacSha1] {
            let signing = Signing { method, timestamp: 1, nonce: "the-nonce".to_owned() };
            let request = oauth1::access_token(url.clone(), &"the-verifier".into(), &credentials, &signing);
            let request = request.expect("a request");
            let header = request.headers.iter().find(|(name, _)| *name == "authorization").expect("a header");
            let text = format!("the-verifier request/1 {}", header.1.expose());
            let shown = request.secrets().redact(&text);
            for canary in ["the-verifier", "request", "s3cr", "secret"] {
                assert!(!shown.contains(canary), "{canary}: {shown}");
            }
        }
    }
}
