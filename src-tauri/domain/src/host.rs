//! Rules for host names. They are texts only: nothing is looked up.

/// Whether a text is one DNS label in lower case (RFC 1123 §2.1). A label has no dot, so a value that fills one
/// cannot name another host.
pub fn is_label(text: &str) -> bool {
    // RFC 1035 §2.3.4: a label has at most 63 octets.
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a host name in lower case, without port.
pub fn is_name(text: &str) -> bool {
    // RFC 1035 §2.3.4: a name has at most 255 octets on the wire, which is 253 characters of text.
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether `host` is below `suffix`, which begins with a dot.
pub fn is_below(host: &str, suffix: &str) -> bool {
    is_name(host) && suffix.starts_with('.') && host.len() > suffix.len() && host.ends_with(suffix)
}

/// Whether a suffix includes the registered domain: a dot and at least 2 labels.
pub fn is_suffix(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|rest| rest.contains('.') && is_name(rest))
}

/// Whether a host is this computer. Only there http is allowed (RFC 8252 §8.3).
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_letters_digits_and_inner_hyphens() {
        for good in ["acme", "a", "acme-2", "0x", &"a".repeat(63)] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a.b", "a/b", "a@b", "a:1", "Acme", "ä", "a b", "a\r\nb", &"a".repeat(64)]
        {
            assert!(!is_label(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_host_is_below_its_suffix_only_at_a_dot() {
        assert!(is_below("acme.my.salesforce.com", ".salesforce.com"));
        for bad in [
            "salesforce.com",
            "evilsalesforce.com",
            ".salesforce.com",
            "a.salesforce.com.evil.com",
            "a/.salesforce.com",
        ] {
            assert!(!is_below(bad, ".salesforce.com"), "{bad}");
        }
    }

    #[test]
    fn a_suffix_names_a_registered_domain() {
        assert!(is_suffix(".salesforce.com"));
        for bad in ["", ".", ".com", "salesforce.com", ".sales force.com", "..com"] {
            assert!(!is_suffix(bad), "{bad:?}");
        }
    }

    #[test]
    fn loopback_is_this_computer_only() {
        for good in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in ["localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1", "0.0.0.0", "", "example.com"] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
