//! The proxy variables of the environment, as curl reads them. Only those for https count: nothing else leaves this
//! computer.

use core::net::IpAddr;

use url::{Host, Url};

use crate::oauth::percent;
use crate::sensitive::Sensitive;

/// A variable that names a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    /// What is wrong if its value cannot be used, as a fixed text.
    pub problem: &'static str,
}

macro_rules! variables {
    ($($name:literal)*) => {
        [$(Variable { name: $name, problem: concat!("the variable ", $name, " names no proxy that can be used") }),*]
    };
}

/// The first that is set and not empty counts.
const VARIABLES: [Variable; 4] = variables!["https_proxy" "HTTPS_PROXY" "all_proxy" "ALL_PROXY"];
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

const DEFAULT_SCHEME: &str = "http";
/// Each with its default port.
const SCHEMES: [(&str, u16); 6] =
    [("http", 80), ("https", 443), ("socks4", 1080), ("socks4a", 1080), ("socks5", 1080), ("socks5h", 1080)];

/// What the environment says about proxies.
#[derive(Clone, Debug)]
pub struct ProxySettings {
    /// An address, with the proxy's user name and password. A variable that cannot be used is no reason to do without.
    proxy: Result<Sensitive<String>, Variable>,
    exceptions: Vec<Exception>,
}

impl ProxySettings {
    /// `None` if no variable is set. `value_of` looks one up.
    pub fn from_variables(value_of: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let value_of = |name: &str| value_of(name).filter(|value| !value.trim().is_empty());
        let set = VARIABLES.iter().find_map(|variable| Some((*variable, value_of(variable.name)?)));
        let (variable, value) = set?;
        let exceptions = EXCEPTIONS.iter().find_map(|name| value_of(name)).unwrap_or_default();
        Some(Self { proxy: parse_proxy(&value).ok_or(variable), exceptions: parse_exceptions(&exceptions) })
    }

    /// The proxy for an address; `None` for an exception.
    pub fn proxy_for(&self, url: &Url) -> Result<Option<&Sensitive<String>>, Variable> {
        if self.exceptions.iter().any(|exception| exception.matches(url)) {
            return Ok(None);
        }
        self.proxy.as_ref().map(Some).map_err(|variable| *variable)
    }
}

/// The address of a proxy in its full form. A scheme, a port, a path and percent-encoding may be missing.
fn parse_proxy(value: &str) -> Option<Sensitive<String>> {
    let value = unquote(value);
    if value.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let (scheme, rest) = value.split_once("://").unwrap_or((DEFAULT_SCHEME, value));
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        // Desktops write it without a version.
        "socks" => "socks4".to_owned(),
        scheme => scheme.to_owned(),
    };
    let (_, default_port) = SCHEMES.into_iter().find(|(known, _)| *known == scheme)?;
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    // Then the password holds the character that ends the authority: the host would be a part of it.
    if path.contains('@') {
        return None;
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if host.ends_with(':') || host.contains(['\\', ' ', '"', '\'']) {
        return None;
    }
    // The rules of a web address also for the hosts of the other schemes.
    let checked = Url::parse(&format!("http://{host}/")).ok()?;
    let host_name = checked.host_str()?;
    if !host_name.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c)) {
        return None;
    }
    let port = checked.port().unwrap_or(if host.ends_with(":80") { 80 } else { default_port });
    let user = user.map(|user| match user.split_once(':') {
        Some((user, password)) => format!("{}:{}@", encode(user), encode(password)),
        None => format!("{}@", encode(user)),
    });
    let user = Sensitive::new(user.unwrap_or_default());
    Some(Sensitive::new(format!("{scheme}://{}{}:{port}", user.expose(), host_name)))
}

/// Encodes what may be encoded already. Windows' `DOMAIN\user` is often written as it is.
fn encode(part: &str) -> String {
    let plain = Sensitive::new(percent::decode(part).unwrap_or_else(|_| part.to_owned()));
    percent::encode(plain.expose())
}

/// The text without the spaces and quotation marks that shells and editors leave around it.
fn unquote(value: &str) -> &str {
    let value = value.trim();
    let inner = ['"', '\''].into_iter().find_map(|mark| value.strip_prefix(mark)?.strip_suffix(mark));
    inner.map_or(value, str::trim)
}

/// A destination that needs no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    host: Exempt,
    /// Any port if absent.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Exempt {
    All,
    /// This name and all below it.
    Name(String),
    /// The addresses that share this many leading bits.
    Network(IpAddr, u8),
}

/// Reads a list that is separated by commas or spaces. An entry that cannot be read exempts nothing.
fn parse_exceptions(list: &str) -> Vec<Exception> {
    let entries = unquote(list).split(|c: char| c == ',' || c.is_whitespace());
    entries.filter(|entry| !entry.is_empty()).filter_map(Exception::parse).collect()
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self { host: Exempt::All, port: None });
        }
        if let Some(host) = Exempt::parse_network(entry) {
            return Some(Self { host, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let host = Exempt::parse_network(host).or_else(|| Exempt::parse_name(host))?;
        Some(Self { host, port })
    }

    fn matches(&self, url: &Url) -> bool {
        let same_port = self.port.is_none_or(|port| url.port_or_known_default() == Some(port));
        same_port && url.host().is_some_and(|host| self.host.contains(&host))
    }
}

impl Exempt {
    /// An address, in brackets or not, or a network such as `10.0.0.0/8`.
    fn parse_network(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self::Network(address, bits))
    }

    fn parse_name(text: &str) -> Option<Self> {
        let name = text.strip_prefix('*').unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        let name = name.strip_suffix('.').unwrap_or(name);
        // Written as the hosts of addresses are.
        match Host::parse(name).ok()? {
            Host::Domain(name) => Some(Self::Name(name)),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    fn contains(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::All, _) => true,
            (Self::Name(name), Host::Domain(host)) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Self::Network(IpAddr::V4(network), bits), Host::Ipv4(host)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                (network.to_bits() ^ host.to_bits()) & mask == 0
            }
            (Self::Network(IpAddr::V6(network), bits), Host::Ipv6(host)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                (network.to_bits() ^ host.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Option<ProxySettings> {
        ProxySettings::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The proxy for `address`, or the name of the variable that cannot be used.
    fn proxy_for(variables: &[(&str, &str)], address: &str) -> Result<Option<String>, &'static str> {
        let Some(settings) = settings(variables) else { return Ok(None) };
        let url = address.parse().expect("an address");
        let proxy = settings.proxy_for(&url).map_err(|variable| variable.name)?;
        Ok(proxy.map(|proxy| proxy.expose().clone()))
    }

    const URL: &str = "https://provider.example/token";

    #[test]
    fn the_address_of_a_proxy_is_read_as_it_is_commonly_written() {
        for (value, address) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://proxy.example:3128/", "http://proxy.example:3128"),
            ("HTTP://Proxy.Example:3128/path?query", "http://proxy.example:3128"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("proxy", "http://proxy:80"),
            ("proxy:80", "http://proxy:80"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("https://proxy.example:80", "https://proxy.example:80"),
            ("socks5h://proxy.example", "socks5h://proxy.example:1080"),
            ("socks4://10.0.0.1:80", "socks4://10.0.0.1:80"),
            ("socks://127.0.0.1:1080/", "socks4://127.0.0.1:1080"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            (" http://proxy.example:3128 \r\n", "http://proxy.example:3128"),
            ("\"http://proxy.example:3128/\"", "http://proxy.example:3128"),
            ("' proxy.example:3128 '", "http://proxy.example:3128"),
            ("http://user@proxy:3128", "http://user@proxy:3128"),
            ("user:pass@proxy:3128", "http://user:pass@proxy:3128"),
            ("http://CORP\\user:pw@proxy:3128", "http://CORP%5Cuser:pw@proxy:3128"),
            ("http://CORP%5Cuser:pw@proxy:3128", "http://CORP%5Cuser:pw@proxy:3128"),
            ("http://user:p@ss:w0rd@proxy:3128", "http://user:p%40ss%3Aw0rd@proxy:3128"),
            ("http://user:p%40ss@proxy:3128", "http://user:p%40ss@proxy:3128"),
            ("http://user:100%@proxy:3128", "http://user:100%25@proxy:3128"),
            ("http://us er:p w@proxy:3128", "http://us%20er:p%20w@proxy:3128"),
        ] {
            assert_eq!(proxy_for(&[("HTTPS_PROXY", value)], URL), Ok(Some(address.to_owned())), "{value}");
        }
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named() {
        for value in [
            "ftp://proxy.example:21",
            "http://",
            "http://:3128",
            "http://user:pw@",
            "http:/proxy.example:3128",
            "http:\\\\proxy.example:3128",
            "http://proxy example:3128",
            "http://proxy.example:port",
            "http://proxy.example:70000",
            "http://user:p#ss@proxy.example:3128",
            "http://user:12345/ss@proxy.example:3128",
            "http://user/name:pw@proxy.example:3128",
            "\"http://proxy.example:3128",
            "http://proxy.example:3128\u{0}",
            "http://caf\u{fffd}:3128",
            "://proxy",
        ] {
            for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                assert_eq!(proxy_for(&[(name, value)], URL), Err(name), "{value}");
            }
            let exempt = [("HTTPS_PROXY", value), ("NO_PROXY", "provider.example")];
            assert_eq!(proxy_for(&exempt, URL), Ok(None), "{value}");
            // One that comes after it is not used instead.
            assert_eq!(proxy_for(&[("https_proxy", value), ("ALL_PROXY", "proxy")], URL), Err("https_proxy"));
        }
        assert!(VARIABLES.iter().all(|variable| variable.problem.contains(variable.name)));
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        for (variables, proxy) in [
            (&[("HTTPS_PROXY", "a"), ("https_proxy", "b"), ("ALL_PROXY", "c")] as &[_], Some("http://b:80")),
            (&[("HTTPS_PROXY", "a"), ("all_proxy", "c")], Some("http://a:80")),
            (&[("ALL_PROXY", "c"), ("all_proxy", "d")], Some("http://d:80")),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "  "), ("ALL_PROXY", "c")], Some("http://c:80")),
            // Only for http, which goes no further than this computer.
            (&[("http_proxy", "a"), ("HTTP_PROXY", "a")], None),
            (&[("NO_PROXY", "a")], None),
            (&[], None),
        ] {
            assert_eq!(proxy_for(variables, URL).expect("usable").as_deref(), proxy, "{variables:?}");
        }
    }

    #[test]
    fn exceptions_match_names_and_networks() {
        for (list, address, exempt) in [
            ("*", "https://provider.example/", true),
            ("provider.example", "https://provider.example/", true),
            ("provider.example", "https://api.provider.example/", true),
            (".provider.example", "https://api.provider.example/", true),
            (".provider.example", "https://provider.example/", true),
            ("*.provider.example", "https://api.provider.example/", true),
            ("Provider.Example.", "https://provider.example/", true),
            ("provider.example", "https://provider.example./", true),
            ("provider.example", "https://notprovider.example/", false),
            ("provider.example", "https://provider.example.evil.example/", false),
            ("api.provider.example", "https://provider.example/", false),
            ("b\u{fc}cher.example", "https://xn--bcher-kva.example/", true),
            ("other.example, provider.example", "https://provider.example/", true),
            ("other.example provider.example", "https://provider.example/", true),
            (",, ,", "https://provider.example/", false),
            ("\"provider.example\"", "https://provider.example/", true),
            ("provider.example:443", "https://provider.example/", true),
            ("provider.example:8443", "https://provider.example:8443/", true),
            ("provider.example:8443", "https://provider.example/", false),
            ("provider.example:x", "https://provider.example/", false),
            ("10.1.2.3", "https://10.1.2.3/", true),
            ("10.1.2.3", "https://10.1.2.30/", false),
            ("10.1.2.3:8443", "https://10.1.2.3:8443/", true),
            ("10.0.0.0/8", "https://10.200.0.1/", true),
            ("10.0.0.0/8", "https://11.0.0.1/", false),
            ("192.168.4.0/22", "https://192.168.7.255/", true),
            ("192.168.4.0/22", "https://192.168.8.0/", false),
            ("0.0.0.0/0", "https://8.8.8.8/", true),
            ("10.0.0.0/33", "https://10.0.0.0/", false),
            ("0.0.0.0/0", "https://[2001:db8::1]/", false),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/", true),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]/", false),
            ("2001:db8::/32", "https://[2001:db8:1::1]/", true),
            ("2001:db8::/32", "https://[2001:db9::1]/", false),
            ("::/0", "https://[2001:db8::1]/", true),
        ] {
            for name in ["NO_PROXY", "no_proxy"] {
                let direct = proxy_for(&[("HTTPS_PROXY", "proxy"), (name, list)], address) == Ok(None);
                assert_eq!(direct, exempt, "{list} for {address}");
            }
        }
    }

    #[test]
    fn debug_output_has_no_password() {
        let settings = settings(&[("HTTPS_PROXY", "http://canary:canary@proxy:3128")]);
        assert!(!format!("{settings:?}").contains("canary"), "{settings:?}");
    }
}
