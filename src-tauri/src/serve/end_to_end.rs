//! Which headers of a message go on to the next hop, and which end here.

use axum::http::{HeaderMap, HeaderName, header};

/// Headers that speak of one connection and not of the message (RFC 9110 §7.6.1), with those of RFC 2616 that are still
/// met.
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

/// What a request does not take along. `Authorization` holds our secrets and `Host` our name; `Expect` was answered by
/// us; cookies of 127.0.0.1 belong to whatever else runs there. `Accept-Encoding` goes along: what is packed passes
/// unopened.
const KEPT_BACK: [HeaderName; 4] = [header::AUTHORIZATION, header::HOST, header::COOKIE, header::EXPECT];

/// What an answer does not bring back, because here it would be about 127.0.0.1: cookies, other addresses of the server,
/// demands for https.
const NOT_OURS: [HeaderName; 3] = [header::SET_COOKIE, header::ALT_SVC, header::STRICT_TRANSPORT_SECURITY];

/// What of a request is passed on.
pub(super) fn of_request(headers: HeaderMap) -> HeaderMap {
    without(headers, |name| KEPT_BACK.contains(name))
}

/// What of an answer is passed on. What a product allows to web pages is allowed at its own address, not at ours.
pub(super) fn of_answer(headers: HeaderMap) -> HeaderMap {
    without(headers, |name| NOT_OURS.contains(name) || name.as_str().starts_with("access-control-"))
}

fn without(mut headers: HeaderMap, ends_here: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    // RFC 9110 §7.6.1: `Connection` names further ones.
    let lists = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        lists.flat_map(|list| list.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let ends = |name: &&HeaderName| {
        HOP_BY_HOP.contains(name) || named.iter().any(|n| n == name.as_str()) || ends_here(name)
    };
    let gone: Vec<HeaderName> = headers.keys().filter(ends).cloned().collect();
    for name in gone {
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
    fn a_request_keeps_what_is_about_the_message() {
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
        assert_eq!(names(&request, of_request), ["accept-encoding", "content-type", "if-match"]);
    }

    #[test]
    fn an_answer_brings_nothing_that_would_be_about_this_computer() {
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
        assert_eq!(names(&answer, of_answer), ["content-encoding", "etag", "www-authenticate"]);
    }
}
