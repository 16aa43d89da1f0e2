//! A person without a browser: follows the consent page over plain HTTP, and carries the answer to the callback
//! address when the test says so. For tests in which it does not matter who presses the button.

use std::thread::{self, JoinHandle};

use url::Url;

use super::http::{self, Answer};

/// Allows access. Returns the address that the provider sends the browser back to, without going there.
pub fn allow(address: &str) -> Url {
    decide(address, "allow")
}

/// Declines. Returns the address as [`allow`] does.
pub fn deny(address: &str) -> Url {
    decide(address, "deny")
}

fn decide(address: &str, decision: &str) -> Url {
    let address: Url = address.parse().expect("an address");
    let page = http::get(&address).expect("the provider answers");
    assert_eq!(page.status, 200, "{}", page.body);
    let action = address.join(&attribute(&page.body, "action=\"")).expect("an address");
    let request = attribute(&page.body, "name=\"request\" value=\"");
    let answer =
        http::post(&action, &[("request", &request), ("decision", decision)]).expect("the provider answers");
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("a location").parse().expect("an address")
}

fn attribute(html: &str, before: &str) -> String {
    let rest = html.split_once(before).unwrap_or_else(|| panic!("{before} in {html}")).1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Opens the callback address in a tab of its own: the answer comes when the program has finished, if at all.
pub fn tab(callback: &Url) -> JoinHandle<std::io::Result<Answer>> {
    let callback = callback.clone();
    thread::spawn(move || http::get(&callback))
}
