//! Addresses that users or servers give.

use url::Url;

use crate::host;

/// Parses an address: https, or http on this computer; without user information and fragment (RFC 6749 §3.1.2).
pub fn parse(text: &str) -> Option<Url> {
    parse_http(text).filter(|url| url.scheme() == "https" || is_loopback(url))
}

/// As [`parse`], but http on any host: for an address at which another program listens.
pub fn parse_http(text: &str) -> Option<Url> {
    // The URL parser ignores tabs, backslashes and spaces; a comparison of bytes does not.
    if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\\#\"<>^`{|}".contains(&b)) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    // The URL parser also reads `https:/me@host` and `https:me@host`.
    let rest = text.split_once(':')?.1.strip_prefix("//")?;
    let written = authority(rest);
    let plain = !written.is_empty() && !written.contains('@');
    (plain && matches!(url.scheme(), "https" | "http")).then_some(url)
}

/// Whether an address is on this computer: 127.0.0.0/8, `[::1]` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(host::is_loopback)
}

/// The host, and the port if it is not the default of the scheme.
pub fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The part between the scheme and the path of an address; without a scheme, the part before the first slash.
pub(crate) fn authority(text: &str) -> &str {
    split_authority(text).0
}

/// The authority, and the rest after it.
pub(crate) fn split_authority(text: &str) -> (&str, &str) {
    let after_scheme = ["https://", "http://"].iter().find_map(|scheme| {
        text.get(..scheme.len())
            .filter(|head| head.eq_ignore_ascii_case(scheme))
            .map(|_| &text[scheme.len()..])
    });
    let rest = after_scheme.unwrap_or(text);
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_slashes_and_no_user_information() {
        for good in [
            "https://id.example.com",
            "HTTPS://id.example.com:8443/a?b=c://d",
            "https://id.example.com/https://me@other.example",
            "http://localhost:1/",
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
        // `Url` reads all of them as addresses, most of another host than it seems.
        for bad in [
            "https://me@id.example.com/",
            "https://me:pw@id.example.com/",
            "https:///id.example.com/",
            "https:id.example.com/",
            "https:/me@id.example.com/x://y",
            "https:me:pw@id.example.com/x://y",
            "https:/id.example.com/?x=https://y",
            "http:/me@localhost/x://y",
            "https:////me@id.example.com/x://y",
            "ws://id.example.com/",
            "mailto:a@b.example?x=https://y",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
