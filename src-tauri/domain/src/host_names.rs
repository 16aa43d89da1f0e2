//! The hosts of an element's addresses, to show before anything is sent there.

use std::collections::BTreeSet;

use crate::element::{Api, Element};
use crate::text::one_line;

impl Element {
    /// The hosts, with unusual ports, of every address in every way to connect. What the form fills in is written as the
    /// label of its field, `‹Site›.acme.example`, and a domain in which an answer chooses as `*.acme.example`.
    pub fn host_names(&self) -> BTreeSet<String> {
        self.each_way().flat_map(|way| names_in_way(&way)).collect()
    }
}

fn names_in_way(way: &Element) -> BTreeSet<String> {
    let mut names = way.api.as_ref().map(Api::domains).unwrap_or_default();
    names.extend(
        way.templates().iter().map(|(_, template)| template.describe_host(|hole| name_of(way, hole))),
    );
    names
}

/// What fills a hole of a host. The marks around a label belong to no host name, so that a label cannot pass for one.
fn name_of(way: &Element, hole: &str) -> String {
    let field = way.field(hole);
    let label = one_line(field.map_or(hole, |field| &field.label)).replace(['‹', '›'], "");
    let suffix = field.and_then(|field| field.host_suffix.as_deref()).unwrap_or_default();
    format!("‹{label}›{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OAUTH2: &str = r#"
[auth.oauth2]
authorization_endpoint = "https://{site}.acme.example/authorize"
token_endpoint = "https://id.acme.example:443/token"
scopes = ["read"]
[auth.oauth2.revocation]
endpoint = "https://id.acme.example/revoke"
[identity]
endpoint = "https://me.acme.example:8443/me"
at = ["/email"]
[api]
address = "https://{site}.acme.example/v1"
[[fields]]
key = "site"
label = "Site"
example = "a"
pattern = "[a-z]+"
problem = "Enter the first part."
"#;

    const SESSION: &str = r#"
[auth.session]
endpoint = "https://login.acme.example/session"
json = { user = "{username}", password = "{password}" }
token = "/token"
[api]
address = "https://api.acme.example"
"#;

    const HOSTS: &str = r#"
setup_page = "https://keys.acme.example/new"
[auth.api_key]
[api]
address = "https://{server}/v1"
[identity]
endpoint = "https://{server}/me"
[[fields]]
key = "server"
label = "Server ‹evil.example›"
example = "a.acme.example"
type = "host"
host_suffix = ".acme.example"
"#;

    const ORIGIN: &str = r#"
[auth.api_key]
[api]
address = "{base}/v1"
[[fields]]
key = "base"
label = "Your server"
example = "https://acme.example"
type = "origin"
"#;

    const ANSWER: &str = r#"
[auth.oauth2]
authorization_endpoint = "https://acme.example/authorize"
token_endpoint = "https://acme.example/token"
answer = { keep = ["instance"] }
scopes = ["read"]
[api]
token_answer = { member = "instance", host_suffix = ".acme.example" }
"#;

    const WAYS: &str = r#"
[api]
address = "https://api.acme.example"
[[ways]]
key = "key"
setup_page = "https://acme.example/keys"
[ways.auth.api_key]
[[ways]]
key = "own-app"
[ways.auth.oauth2]
authorization_endpoint = "https://acme.example/authorize"
token_endpoint = "http://127.0.0.1:8080/token"
scopes = ["read"]
"#;

    #[test]
    fn every_host_of_every_way_is_named_once() {
        for (tables, expected) in [
            (OAUTH2, &["id.acme.example", "me.acme.example:8443", "‹Site›.acme.example"][..]),
            (SESSION, &["api.acme.example", "login.acme.example"]),
            (HOSTS, &["keys.acme.example", "‹Server evil.example›.acme.example"]),
            (ORIGIN, &["‹Your server›"]),
            (ANSWER, &["*.acme.example", "acme.example"]),
            (WAYS, &["127.0.0.1:8080", "acme.example", "api.acme.example"]),
        ] {
            let text = format!(
                "format = 2\nkey = \"acme\"\nname = \"Acme\"\ncategory = \"Tests\"\ngives = \"Anvils\"\n{tables}"
            );
            let element = Element::parse(&text).unwrap_or_else(|problems| panic!("{tables}: {problems:?}"));
            assert_eq!(element.host_names().into_iter().collect::<Vec<_>>(), expected, "{tables}");
        }
    }
}
