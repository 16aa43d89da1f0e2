//! Judges by its headers where a request to one of our servers comes from.

use axum::http::{HeaderMap, header};

/// Whether `Host` is exactly this host and port. DNS rebinding shows another name.
pub(crate) fn is_addressed_to(headers: &HeaderMap, authority: &str) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    hosts.next().is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()))
        && hosts.next().is_none()
}

/// Whether a browser navigates to a page of ours. A script of a web page sends `Origin`; a prefetch must not spend a
/// code that the user has not asked for yet; images and frames of a web page are no navigation of the user.
pub(crate) fn is_navigation(headers: &HeaderMap, authority: &str) -> bool {
    is_addressed_to(headers, authority)
        && !is_script_or_prefetch(headers)
        && headers.get_all("sec-fetch-mode").iter().all(|mode| mode == "navigate")
        && headers.get_all("sec-fetch-dest").iter().all(|dest| dest == "document")
}

/// Whether a web page caused the request. Browsers send `Sec-Fetch-Site` with every request; `none` means that the user
/// typed the address.
pub(crate) fn is_from_web_page(headers: &HeaderMap) -> bool {
    is_script_or_prefetch(headers) || any(headers, "sec-fetch-site", |site| site != "none")
}

fn is_script_or_prefetch(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        || any(headers, "sec-purpose", |purpose| purpose.contains("prefetch"))
        || any(headers, "purpose", |purpose| purpose.contains("prefetch"))
}

fn any(headers: &HeaderMap, name: &str, test: fn(&str) -> bool) -> bool {
    headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(test))
}
