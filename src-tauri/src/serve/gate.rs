//! Which requests are answered at all: only those of programs that were given the address. A web page that the user has
//! open must not reach their accounts, under no host name.

use axum::extract::Request;
use axum::http::StatusCode;

use super::refusal::Refusal;
use crate::io::request_origin::{is_addressed_to, is_from_web_page};

/// `authority` is the host and port of this server.
pub(super) fn check(request: &Request, authority: &str) -> Result<(), Refusal> {
    // RFC 9112 §3.2.2: an absolute address in the request line overrides `Host`; both must be this server's.
    let in_line = request.uri().authority();
    let fits_line = in_line.is_none_or(|a| a.as_str().eq_ignore_ascii_case(authority));
    if !fits_line || !is_addressed_to(request.headers(), authority) {
        // RFC 9110 §15.5.20. A page whose name resolves to this computer (DNS rebinding) is refused here.
        let text = format!("This server is called {authority}.");
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, text));
    }
    if is_from_web_page(request.headers()) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Web pages may not call this server."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn refusal_status(address: &str, headers: &[(&str, &str)]) -> Option<StatusCode> {
        let mut request = Request::builder().uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        check(&request, "127.0.0.1:14748").err().map(|refusal| refusal.status())
    }

    #[test]
    fn a_request_for_another_host_is_refused() {
        let misdirected = Some(StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(refusal_status("/x", &[("host", "127.0.0.1:14748")]), None);
        for host in ["localhost:14748", "127.0.0.1", "127.0.0.1:14749", "evil.example:14748", ""] {
            assert_eq!(refusal_status("/x", &[("host", host)]), misdirected, "{host}");
        }
        assert_eq!(refusal_status("/x", &[]), misdirected);
        let twice = [("host", "127.0.0.1:14748"), ("host", "evil.example")];
        assert_eq!(refusal_status("/x", &twice), misdirected);
        assert_eq!(refusal_status("http://evil.example/x", &[("host", "127.0.0.1:14748")]), misdirected);
        assert_eq!(refusal_status("http://127.0.0.1:14748/x", &[("host", "127.0.0.1:14748")]), None);
    }

    #[test]
    fn a_request_from_a_web_page_is_refused() {
        let host = ("host", "127.0.0.1:14748");
        for from_a_page in [
            ("origin", "null"),
            ("origin", "http://127.0.0.1:14748"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
            ("sec-purpose", "prefetch;prerender"),
        ] {
            assert_eq!(
                refusal_status("/x", &[host, from_a_page]),
                Some(StatusCode::FORBIDDEN),
                "{from_a_page:?}"
            );
        }
        assert_eq!(refusal_status("/x", &[host, ("sec-fetch-site", "none")]), None);
    }
}
