//! The proxy settings: the variables of the environment, else the operating system's. Requests to loopback use no proxy.

use axum::http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, Proxy};
use url::Url;

use super::chain::causes;
use crate::domain::proxy::{ProxySettings, Variable};

/// A server that is on no list of exceptions. It is never contacted (RFC 2606 §2).
const ANY: &str = "https://provider.invalid/";

/// The proxy for most servers, as host and port: the rest of its address may hold a password.
pub fn proxy_in_use() -> Result<Option<String>, Variable> {
    find_proxy(&Url::parse(ANY).expect("a constant address"))
}

/// The proxy for this address, as host and port.
pub(super) fn find_proxy(url: &Url) -> Result<Option<String>, Variable> {
    let Some(settings) = read_environment() else { return Ok(proxy_of(&Matcher::from_system(), url)) };
    let proxy = settings.proxy_for(url)?;
    Ok(proxy.and_then(|proxy| proxy_of(&Matcher::builder().all(proxy.expose().clone()).build(), url)))
}

/// Refuses an address whose proxy cannot be used: without it nothing may go out.
pub(super) fn check(url: &Url) -> Result<(), Variable> {
    read_environment().map_or(Ok(()), |settings| settings.proxy_for(url).map(drop))
}

/// Makes a client use the proxy of the environment. Without one it uses the system's.
pub(super) fn configure(builder: ClientBuilder) -> ClientBuilder {
    let Some(settings) = read_environment() else { return builder };
    builder.proxy(Proxy::custom(move |url| settings.proxy_for(url).ok()?.map(|proxy| proxy.expose().clone())))
}

fn read_environment() -> Option<ProxySettings> {
    ProxySettings::from_variables(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
}

fn proxy_of(matcher: &Matcher, url: &Url) -> Option<String> {
    let target: Uri = url.as_str().parse().ok()?;
    let through = matcher.intercept(&target)?;
    let (proxy, host) = (through.uri(), through.uri().host()?);
    let port = proxy.port_u16().or(match proxy.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        // The default port of SOCKS (RFC 1928 §3).
        _ => Some(1080),
    })?;
    Some(format!("{host}:{port}"))
}

/// The proxy's part in a failed connection, in fixed words; `None` if it has none.
pub(super) fn describe_failure(error: &reqwest::Error) -> Option<&'static str> {
    // The libraries do not export these error types, only their messages.
    causes(error).map(ToString::to_string).find_map(|message| match message.strip_prefix("tunnel error: ") {
        Some("proxy authorization required") => Some("the proxy wants a name and a password, or other ones"),
        Some("unsuccessful") => Some("the proxy refuses, or does not get through either"),
        Some(_) => Some("the proxy does not answer"),
        None => {
            (message == "error connecting to socks proxy").then_some("the proxy does not answer, or refuses")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_proxy_is_shown_without_its_password() {
        for (proxy, shown) in [
            ("http://canary:canary@proxy.example:3128", Some("proxy.example:3128")),
            ("proxy.example:8080", Some("proxy.example:8080")),
            ("http://proxy.example", Some("proxy.example:80")),
            ("https://proxy.example/", Some("proxy.example:443")),
            ("socks5h://canary@proxy.example", Some("proxy.example:1080")),
            ("", None),
        ] {
            let matcher = Matcher::builder().https(proxy.to_owned()).no("intern.example".to_owned()).build();
            let of = |text: &str| proxy_of(&matcher, &text.parse().expect("an address"));
            assert_eq!(of(ANY).as_deref(), shown, "{proxy}");
            assert_eq!(of("https://a.intern.example/"), None);
        }
    }
}
