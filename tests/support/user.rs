//! A user without a browser: submits the consent page over plain HTTP, and opens the callback address when the test asks
//! for it. For tests that need no real browser.

use std::thread::{self, JoinHandle};

use url::Url;

use super::http::{self, Answer};

/// Allows access. Returns the address to which the provider redirects, without opening it.
pub fn allow(address: &str) -> Url {
    decide(address, "allow")
}

/// Denies access, and returns the address like [`allow`].
pub fn deny(address: &str) -> Url {
    decide(address, "deny")
}

fn decide(address: &str, decision: &str) -> Url {
    let address: Url = address.parse().expect("an address");
    let page = http::get(&address).expect("a response of the provider");
    assert_eq!(page.status, 200, "{}", page.body);
    let action = address.join(&attribute(&page.body, "action=\"")).expect("an address");
    let request = attribute(&page.body, "name=\"request\" value=\"");
    let answer = http::post(&action, &[("request", &request), ("decision", decision)])
        .expect("a response of the provider");
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("a location").parse().expect("an address")
}

fn attribute(html: &str, before: &str) -> String {
    let rest = html.split_once(before).unwrap_or_else(|| panic!("{before} in {html}")).1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Opens the callback address in the background. The response comes when the program has finished, if at all.
pub fn open_tab(callback: &Url) -> JoinHandle<std::io::Result<Answer>> {
    let callback = callback.clone();
    thread::spawn(move || http::get(&callback))
}
