//! The bytes that `keyrack serve` gets. `{host}` and `{authorization}` stand for what the server expects.

use crate::served::with_server;
use crate::socket::{Answer, header_values, replace};

pub fn check(data: &[u8]) {
    with_server(|served| {
        let values =
            [("{host}", served.authority.as_str()), ("{authorization}", served.authorization.as_str())];
        let request = replace(data, &values);
        check_answer(&request, &served.authority, &served.exchange(&request));
    });
}

fn check_answer(request: &[u8], authority: &str, answer: &Answer) {
    // Without the id the answer is hyper's, to a head that is none.
    let is_ours = answer.head.iter().any(|line| line.starts_with("elements-request-id: "));
    assert!(
        !is_ours || answer.has("cache-control: no-store") && answer.has("x-content-type-options: nosniff")
    );
    if answer.is_success() {
        assert!(is_ours);
        let hosts = header_values(request, "host");
        assert!(hosts.len() == 1 && hosts[0].eq_ignore_ascii_case(authority), "{hosts:?}");
        assert!(header_values(request, "origin").is_empty(), "from a web page");
        assert!(
            header_values(request, "sec-fetch-site").iter().all(|site| site == "none"),
            "from a web page"
        );
    }
}
