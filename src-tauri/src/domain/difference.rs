//! Where two addresses differ, for a person who has to make them equal.

use url::Url;

/// What two texts have in common. Both counts are bytes, and both stand between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// So many bytes at the start are the same.
    pub same_start: usize,
    /// So many bytes at the end are the same, none of which is among the first.
    pub same_end: usize,
}

/// The usual reasons why a redirect address is not the registered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A blank before or after it.
    Blank,
    /// `/` at the end of one of them.
    TrailingSlash,
    /// `localhost` is not `127.0.0.1` to whoever compares text.
    LoopbackName,
    /// http and https.
    Scheme,
    /// Another port.
    Port,
    /// Capital letters.
    Case,
}

/// What `a` and `b` have in common.
pub fn difference(a: &str, b: &str) -> Difference {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum()
    };
    let same_start = common(&mut a.chars().zip(b.chars()));
    let (rest_a, rest_b) = (&a[same_start..], &b[same_start..]);
    let same_end = common(&mut rest_a.chars().rev().zip(rest_b.chars().rev()));
    Difference { same_start, same_end }
}

/// The one thing by which they differ, if it is a usual one. None if they are equal, or differ in more.
pub fn hint(a: &str, b: &str) -> Option<Hint> {
    if a == b {
        return None;
    }
    if a.trim() == b.trim() {
        return Some(Hint::Blank);
    }
    if a.trim_end_matches('/') == b.trim_end_matches('/') {
        return Some(Hint::TrailingSlash);
    }
    if a.eq_ignore_ascii_case(b) {
        return Some(Hint::Case);
    }
    let (Ok(url_a), Ok(url_b)) = (Url::parse(a), Url::parse(b)) else { return None };
    let rest = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
    if url_a.scheme() != url_b.scheme() && rest(a) == rest(b) {
        return Some(Hint::Scheme);
    }
    // The address without its authority: what stands behind it must be the same, byte for byte.
    let behind = |text: &str| {
        let rest = rest(text)?;
        Some(rest.find(['/', '?', '#']).map(|at| rest[at..].to_owned()).unwrap_or_default())
    };
    if url_a.scheme() != url_b.scheme() || behind(a) != behind(b) {
        return None;
    }
    let same_host = url_a.host_str() == url_b.host_str();
    let same_port = url_a.port_or_known_default() == url_b.port_or_known_default();
    let here = |url: &Url| url.host_str().is_some_and(super::template::host::is_loopback);
    match (same_host, same_port) {
        (true, false) => Some(Hint::Port),
        (false, true) if here(&url_a) && here(&url_b) => Some(Hint::LoopbackName),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_addresses_share_is_counted_from_both_ends_without_overlap() {
        for (a, b, marked_a, marked_b) in [
            ("http://localhost:1/cb", "http://127.0.0.1:1/cb", "localhost", "127.0.0.1"),
            ("https://a.example/cb", "https://a.example/cb/", "", "/"),
            ("http://a.example", "https://a.example", "", "s"),
            ("aaa", "aa", "a", ""),
            ("abab", "ab", "ab", ""),
            ("same", "same", "", ""),
            ("", "x", "", "x"),
            ("x\u{e9}y", "x\u{e8}y", "\u{e9}", "\u{e8}"),
        ] {
            let Difference { same_start, same_end } = difference(a, b);
            assert_eq!(&a[same_start..a.len() - same_end], marked_a, "{a} {b}");
            assert_eq!(&b[same_start..b.len() - same_end], marked_b, "{a} {b}");
        }
    }

    #[test]
    fn the_usual_reasons_are_named_and_nothing_else() {
        let ours = "http://localhost:14747/callback/acme";
        for (theirs, hinted) in [
            ("http://localhost:14747/callback/acme", None),
            ("http://localhost:14747/callback/acme/", Some(Hint::TrailingSlash)),
            ("http://localhost:14747/callback/acme ", Some(Hint::Blank)),
            ("http://127.0.0.1:14747/callback/acme", Some(Hint::LoopbackName)),
            ("http://[::1]:14747/callback/acme", Some(Hint::LoopbackName)),
            ("https://localhost:14747/callback/acme", Some(Hint::Scheme)),
            ("http://localhost:1717/callback/acme", Some(Hint::Port)),
            ("http://localhost/callback/acme", Some(Hint::Port)),
            ("http://localhost:14747/Callback/acme", Some(Hint::Case)),
            ("HTTP://LOCALHOST:14747/CALLBACK/ACME", Some(Hint::Case)),
            ("http://127.0.0.1:1717/callback/acme", None),
            ("http://acme.example:14747/callback/acme", None),
            ("http://localhost:14747/callback/other", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(hint(ours, theirs), hinted, "{theirs}");
            assert_eq!(hint(theirs, ours), hinted, "{theirs}");
        }
    }
}
