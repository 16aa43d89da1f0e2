//! One request and its answer, for a report: no query, no header, no value.

use serde::Serialize;
use url::Url;

use crate::address::host_and_port;

/// Tokens, codes and keys are at least this long; other words in paths are shorter, or have no digit.
const SECRET_LENGTH: usize = 20;

const REDACTED: &str = "…";

#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Exchange {
    pub method: String,
    /// With the port if it is unusual.
    pub host: String,
    /// The path, with `…` for segments that could be secret.
    pub path: String,
    /// Absent if there was no answer.
    pub status: Option<u16>,
    /// The error code of the answer, or a fixed phrase if there was none.
    pub error: Option<String>,
    /// From the first byte sent to the last one received, in milliseconds.
    pub took_ms: u64,
}

impl Exchange {
    pub fn new(method: &str, url: &Url) -> Self {
        Self {
            method: method.to_owned(),
            host: host_and_port(url),
            path: path(url),
            status: None,
            error: None,
            took_ms: 0,
        }
    }

    /// Adds the answer. An error code that could be secret is redacted.
    pub fn with_answer(mut self, status: u16, error: Option<String>) -> Self {
        self.status = Some(status);
        self.error = error.map(|word| if could_be_secret(&word) { REDACTED.to_owned() } else { word });
        self
    }
}

fn path(url: &Url) -> String {
    let shown = |segment| if could_be_secret(segment) { REDACTED } else { segment };
    url.path().split('/').map(shown).collect::<Vec<_>>().join("/")
}

/// Percent-encoded text is a value rather than the name of a resource.
fn could_be_secret(word: &str) -> bool {
    word.contains('%') || (word.len() >= SECRET_LENGTH && word.bytes().any(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_contains_no_query_and_no_value() {
        for (address, host, path) in [
            ("https://a.example/oauth/token?code=canary#canary", "a.example", "/oauth/token"),
            ("https://canary:canary@a.example:8443/", "a.example:8443", "/"),
            ("http://127.0.0.1:14747/callback/acme", "127.0.0.1:14747", "/callback/acme"),
            ("https://a.example/v1/users/12345", "a.example", "/v1/users/12345"),
            ("https://a.example/t/4f3c2b1a09e8d7c6b5a4/x", "a.example", "/t/…/x"),
            ("https://a.example/a%40b.example/me", "a.example", "/…/me"),
            (
                "https://a.example/.well-known/oauth-authorization-server",
                "a.example",
                "/.well-known/oauth-authorization-server",
            ),
        ] {
            let exchange = Exchange::new("GET", &address.parse().expect("an address"));
            assert_eq!((exchange.host.as_str(), exchange.path.as_str()), (host, path), "{address}");
            assert!(!format!("{exchange:?}").contains("canary"), "{exchange:?}");
        }
    }

    #[test]
    fn an_error_code_that_could_be_secret_is_redacted() {
        let url = "https://a.example/".parse().expect("an address");
        for (said, kept) in
            [("invalid_grant", "invalid_grant"), ("4f3c2b1a09e8d7c6b5a4", "…"), ("token%20here", "…")]
        {
            let exchange = Exchange::new("POST", &url).with_answer(400, Some(said.to_owned()));
            assert_eq!((exchange.status, exchange.error.as_deref()), (Some(400), Some(kept)));
        }
    }
}
