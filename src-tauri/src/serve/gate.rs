//! Who may speak to the server at all. It has to be a program of this computer that meant it: no web page, under
//! whatever name, may use the accounts of whoever has the page open.

use axum::extract::Request;
use axum::http::StatusCode;

use super::refusal::Refusal;
use crate::io::request_origin::{is_addressed_to, is_from_web_page};

/// What the server is called.
pub(super) struct Gate {
    authority: String,
}

impl Gate {
    /// `authority` is host and port, as they stand in `Host`.
    pub(super) fn new(authority: &str) -> Self {
        Self { authority: authority.to_owned() }
    }

    /// Refuses what no program sends that was given our address.
    pub(super) fn admit(&self, request: &Request) -> Result<(), Refusal> {
        // RFC 9112 §3.2.2: a whole address in the request line counts instead of `Host`; both must be ours.
        let in_line =
            request.uri().authority().is_none_or(|a| a.as_str().eq_ignore_ascii_case(&self.authority));
        if !in_line || !is_addressed_to(request.headers(), &self.authority) {
            // RFC 9110 §15.5.20. A page whose name was pointed at this computer (DNS rebinding) ends here.
            let text = format!("This server is called {}.", self.authority);
            return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, text));
        }
        if is_from_web_page(request.headers()) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Web pages may not call this server."));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn judged(address: &str, headers: &[(&str, &str)]) -> Option<StatusCode> {
        let mut request = Request::builder().uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        Gate::new("127.0.0.1:14748").admit(&request).err().map(|refusal| refusal.status())
    }

    #[test]
    fn only_our_own_name_is_answered() {
        let misdirected = Some(StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(judged("/x", &[("host", "127.0.0.1:14748")]), None);
        for host in ["localhost:14748", "127.0.0.1", "127.0.0.1:14749", "evil.example:14748", ""] {
            assert_eq!(judged("/x", &[("host", host)]), misdirected, "{host}");
        }
        assert_eq!(judged("/x", &[]), misdirected);
        let twice = [("host", "127.0.0.1:14748"), ("host", "evil.example")];
        assert_eq!(judged("/x", &twice), misdirected);
        assert_eq!(judged("http://evil.example/x", &[("host", "127.0.0.1:14748")]), misdirected);
        assert_eq!(judged("http://127.0.0.1:14748/x", &[("host", "127.0.0.1:14748")]), None);
    }

    #[test]
    fn no_web_page_is_answered() {
        let host = ("host", "127.0.0.1:14748");
        for from_a_page in [
            ("origin", "null"),
            ("origin", "http://127.0.0.1:14748"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
            ("sec-purpose", "prefetch;prerender"),
        ] {
            assert_eq!(judged("/x", &[host, from_a_page]), Some(StatusCode::FORBIDDEN), "{from_a_page:?}");
        }
        assert_eq!(judged("/x", &[host, ("sec-fetch-site", "none")]), None);
    }
}
