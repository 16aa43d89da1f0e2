//! Which addresses may be opened in the user's browser or printed. Addresses from a platform are not trusted.

use thiserror::Error;
use url::Url;

use crate::address::is_loopback;

/// Common web servers refuse longer request lines, and every system can start a browser with it.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Why an address is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotOpenable {
    #[error("the address is too long")]
    TooLong,
    /// URL parsers drop control characters silently.
    #[error("the address holds control characters")]
    ControlCharacter,
    #[error("this is not an address")]
    NotAnAddress,
    #[error("only https addresses are opened, or http on this computer")]
    Scheme,
    /// `https://known.example@other.example/` looks like the former host and goes to the latter.
    #[error("the address holds a user name or password")]
    UserInfo,
}

/// Parses an address that is safe to open: https, or http on loopback; with a host, without user name and password.
pub fn openable(address: &str) -> Result<Url, NotOpenable> {
    if address.len() > LONGEST_ADDRESS {
        return Err(NotOpenable::TooLong);
    }
    if address.chars().any(char::is_control) {
        return Err(NotOpenable::ControlCharacter);
    }
    let url = Url::parse(address).map_err(|_| NotOpenable::NotAnAddress)?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(NotOpenable::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotOpenable::UserInfo);
    }
    // Percent-encoding lengthens it.
    if url.as_str().len() > LONGEST_ADDRESS {
        return Err(NotOpenable::TooLong);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_addresses_are_opened() {
        let long = format!("https://a.example/{}", "a".repeat(LONGEST_ADDRESS));
        let lengthened = format!("https://a.example/{}", "é".repeat(LONGEST_ADDRESS / 4));
        for (address, verdict) in [
            ("https://acme.example/authorize?a=b", None),
            ("https://bücher.example/", None),
            ("http://127.0.0.1:4000/x", None),
            ("http://127.8.9.1/", None),
            ("http://[::1]:80/", None),
            ("http://LOCALHOST:14747/", None),
            ("http://acme.example/", Some(NotOpenable::Scheme)),
            ("http://localhost.evil.example/", Some(NotOpenable::Scheme)),
            ("http://127.0.0.1.evil.example/", Some(NotOpenable::Scheme)),
            ("http://[::2]/", Some(NotOpenable::Scheme)),
            ("file:///etc/passwd", Some(NotOpenable::Scheme)),
            ("javascript:alert(1)", Some(NotOpenable::Scheme)),
            ("mailto:a@b.example", Some(NotOpenable::Scheme)),
            ("https://", Some(NotOpenable::NotAnAddress)),
            ("https:///", Some(NotOpenable::NotAnAddress)),
            ("/authorize", Some(NotOpenable::NotAnAddress)),
            ("-psn", Some(NotOpenable::NotAnAddress)),
            ("", Some(NotOpenable::NotAnAddress)),
            ("https://user@acme.example/", Some(NotOpenable::UserInfo)),
            ("https://:pw@acme.example/", Some(NotOpenable::UserInfo)),
            ("https://acme.example\\@evil.example/", None),
            ("https://acme.example/\n", Some(NotOpenable::ControlCharacter)),
            ("java\tscript:alert(1)", Some(NotOpenable::ControlCharacter)),
            ("https://acme.example/\u{1b}[2J", Some(NotOpenable::ControlCharacter)),
            (&long, Some(NotOpenable::TooLong)),
            (&lengthened, Some(NotOpenable::TooLong)),
        ] {
            assert_eq!(openable(address).err(), verdict, "{address}");
        }
    }

    #[test]
    fn a_backslash_does_not_hide_the_host() {
        assert_eq!(
            openable("https://acme.example\\@evil.example/").unwrap().host_str(),
            Some("acme.example")
        );
    }
}
