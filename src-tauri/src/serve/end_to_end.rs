//! Which headers are forwarded.

use axum::http::{HeaderMap, HeaderName, header};

/// Headers about one connection and not about the message (RFC 9110 §7.6.1), with those of RFC 2616 still in use.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// `Authorization` holds the server's secrets and `Host` its name; `Expect` was answered; cookies of 127.0.0.1 belong to
/// other programs. `Accept-Encoding` is forwarded, and so are compressed bodies.
const REQUEST_ONLY_HERE: [HeaderName; 4] =
    [header::AUTHORIZATION, header::HOST, header::COOKIE, header::EXPECT];

/// Headers that would apply to 127.0.0.1 here: cookies, other addresses of the server, required https.
const RESPONSE_ONLY_THERE: [HeaderName; 3] =
    [header::SET_COOKIE, header::ALT_SVC, header::STRICT_TRANSPORT_SECURITY];

pub(super) fn filter_request(headers: HeaderMap) -> HeaderMap {
    remove(headers, |name| REQUEST_ONLY_HERE.contains(name))
}

/// What a product allows to web pages applies to its own address.
pub(super) fn filter_response(headers: HeaderMap) -> HeaderMap {
    remove(headers, |name| RESPONSE_ONLY_THERE.contains(name) || name.as_str().starts_with("access-control-"))
}

fn remove(mut headers: HeaderMap, is_local: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    // RFC 9110 §7.6.1: `Connection` lists more of them.
    let lists = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        lists.flat_map(|list| list.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let stays = |name: &&HeaderName| {
        HOP_BY_HOP.contains(name) || named.iter().any(|n| n == name.as_str()) || is_local(name)
    };
    let removed: Vec<HeaderName> = headers.keys().filter(stays).cloned().collect();
    for name in removed {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&'static str, &'static str)], pass: fn(HeaderMap) -> HeaderMap) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a value"));
        }
        let mut names: Vec<_> = pass(headers).keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_request_keeps_headers_about_the_message() {
        let request = [
            ("host", "127.0.0.1:14748"),
            ("authorization", "User a, Element b"),
            ("cookie", "a=b"),
            ("expect", "100-continue"),
            ("connection", "keep-alive, X-Of-This-Hop"),
            ("connection", "close"),
            ("x-of-this-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic x"),
            ("accept-encoding", "gzip"),
            ("content-type", "application/json"),
            ("if-match", "\"1\""),
        ];
        assert_eq!(names(&request, filter_request), ["accept-encoding", "content-type", "if-match"]);
    }

    #[test]
    fn a_response_loses_headers_that_would_apply_to_this_computer() {
        let answer = [
            ("set-cookie", "a=b"),
            ("strict-transport-security", "max-age=1"),
            ("alt-svc", "h3=\":443\""),
            ("access-control-allow-origin", "*"),
            ("connection", "close"),
            ("content-encoding", "gzip"),
            ("www-authenticate", "Bearer"),
            ("etag", "\"1\""),
        ];
        assert_eq!(names(&answer, filter_response), ["content-encoding", "etag", "www-authenticate"]);
    }
}
