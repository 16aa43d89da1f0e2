//! Values that a callback has beside the code, in practice: sent as the element declares them, saved and shown.

use std::fs;

use crate::support::home::Home;

/// An element that declares callback values and signs in without PKCE.
const BOOKS: &str = r#"
key = "books"
name = "Books"
initials = "BO"
category = "Tests"
gives = "Invoices"
access = ["Reading invoices"]

[auth.oauth2]
authorization_endpoint = "https://books.example/authorize"
token_endpoint = "https://books.example/token"
scopes = ["invoices"]
client_authentication = "body"
pkce = "off"

[callback]
provider_data = ["realmId"]
configuration = { country = "books.country" }
examples = { realmId = "4711", country = "AT" }

[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "books"

[[fields]]
key = "oauth.api.secret"
label = "Secret"
example = "practice-secret"
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
example = "http://localhost:14747/callback/books"
type = "address"
advanced = true
"#;

#[test]
fn declared_callback_values_are_sent_saved_and_shown() {
    let home = Home::new();
    let folder = home.path().join("config/elements/books");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("element.toml"), BOOKS).expect("written");
    home.connect(&["books"]);
    let expected = serde_json::json!({ "country": "AT", "realmId": "4711" });
    assert_eq!(home.json(&["show", "Books"])["callback"], expected);
    assert_eq!(home.json(&["token", "Books"])["callback"], expected);
    let shown = home.run(&["show", "Books"]).ok().stdout;
    assert!(shown.contains("country=AT realmId=4711"), "{shown}");
    assert_eq!(home.session.items()[0]["callback"], expected);
    home.assert_consistent(1);
}
