//! The loopback interface in addresses.

use std::net::IpAddr;

use url::{Host, Url};

use crate::domain::address::is_loopback;

/// A loopback host, which says which sockets it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// `localhost`: a browser may try either address family, so both are bound, or neither.
    Name,
    /// An IP literal: exactly that one (RFC 8252 §7.3).
    Ip(IpAddr),
}

impl Loopback {
    /// `None` if the host is not on loopback.
    pub fn from_url(url: &Url) -> Option<Self> {
        if !is_loopback(url) {
            return None;
        }
        match url.host()? {
            Host::Domain(_) => Some(Self::Name),
            Host::Ipv4(ip) => Some(Self::Ip(ip.into())),
            Host::Ipv6(ip) => Some(Self::Ip(ip.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn loopback(url: &str) -> Option<Loopback> {
        Loopback::from_url(&url.parse().expect("an address"))
    }

    #[test]
    fn only_localhost_and_loopback_addresses_are_loopback() {
        assert_eq!(loopback("http://localhost:1/"), Some(Loopback::Name));
        assert_eq!(loopback("http://LocalHost:1/"), Some(Loopback::Name));
        assert_eq!(loopback("http://127.0.0.1:1/"), Some(Loopback::Ip(Ipv4Addr::LOCALHOST.into())));
        assert_eq!(loopback("http://[::1]:1/"), Some(Loopback::Ip(Ipv6Addr::LOCALHOST.into())));
        for foreign in ["http://localhost.example/", "http://10.0.0.1/", "https://www.mycoolapp.com/auth"] {
            assert_eq!(loopback(foreign), None, "{foreign}");
        }
    }
}
