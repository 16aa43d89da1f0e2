//! The catalogue: shipped elements, and those that the user adds.

use std::fs;

use serde_json::json;

use crate::support::home::Home;
use crate::support::scripted::{Response, Scripted};
use crate::support::session::Session;

const ACME: &str = r#"
key = "acme"
name = "Acme"
initials = "AC"
category = "Tests"
gives = "Anvils"
access = ["Reading anvils"]

[auth.oauth2]
authorization_endpoint = "https://acme.example/authorize"
token_endpoint = "https://acme.example/token"
scopes = ["anvils"]
client_authentication = "body"
pkce = "S256"

[[fields]]
key = "oauth.api.key"
label = "Client ID"
help = "In Acme: Settings."
example = "acme"
problem = "Copy the whole value again."

[[fields]]
key = "oauth.api.secret"
label = "Secret"
help = "Beside the client ID."
example = "practice-secret"
problem = "Copy the whole value again."
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
help = "As registered in Acme."
example = "http://localhost:14747/callback/acme"
problem = "Enter a whole address."
type = "address"
advanced = true
"#;

/// How many elements are listed.
fn count(home: &Home) -> usize {
    home.json(&["elements", "list"]).as_array().expect("a list").len()
}

fn write(home: &Home, key: &str, text: &str) -> String {
    let folder = home.path().join("config/elements").join(key);
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("element.toml");
    fs::write(&file, text).expect("written");
    file.display().to_string()
}

#[test]
fn an_invalid_element_file_is_reported_with_its_line() {
    let home = Home::in_session(Session::without_keyring());
    let before = count(&home);
    let unknown_key = ACME.replace("initials =", "initails =");
    let not_toml = ACME.replace("name = \"Acme\"", "name = Acme");
    for (text, line) in [(&unknown_key, 4), (&not_toml, 3)] {
        let file = write(&home, "acme", text);
        let plain = home.run(&["elements", "check", &file]);
        assert_eq!((plain.code(), plain.stdout.as_str()), (Some(2), ""));
        assert!(
            plain.stderr.contains(&file) && plain.stderr.contains(&format!(":{line}")),
            "{}",
            plain.stderr
        );
        let error = home.run(&["elements", "check", &file, "--json"]).error(2, "element_invalid");
        assert!(
            error["detail"].as_str().is_some_and(|detail| detail.contains(&format!(":{line}"))),
            "{error}"
        );
        let connect = home.run(&["connect", "acme", "--workspace", "practice", "--json"]);
        connect.error(2, "element_invalid");
    }
    assert_eq!(count(&home), before, "the others are listed");
}

#[test]
fn a_path_key_that_no_element_has_is_refused() {
    let home = Home::in_session(Session::without_keyring());
    let with_path_key = |key: &str| ACME.replace("initials =", &format!("path_key = \"{key}\"\ninitials ="));
    let file = write(&home, "acme", &with_path_key("anvils"));
    let error = home.run(&["elements", "check", &file, "--json"]).error(2, "element_invalid");
    let says = ":4: path_key: no element has the key anvils; add its file first, or remove path_key";
    assert!(error["detail"].as_str().is_some_and(|detail| detail.ends_with(says)), "{error}");

    write(&home, "anvils", &ACME.replace("key = \"acme\"", "key = \"anvils\""));
    home.run(&["elements", "check", &file]).ok();
    write(&home, "acme", &with_path_key("zendesk"));
    home.run(&["elements", "check", &file]).ok();
    let shown = home.json(&["elements", "show", "acme"]);
    let keys: Vec<_> = shown["fields"].as_array().expect("fields").iter().map(|f| f["key"].clone()).collect();
    assert_eq!(keys, ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"], "its own form");
}

#[test]
fn an_element_of_the_user_is_listed_and_connected() {
    let home = Home::new();
    let before = count(&home);
    let file = write(&home, "acme", ACME);
    home.run(&["elements", "check", &file]).ok();
    assert_eq!(home.json(&["elements", "check", &file])["key"], "acme");
    let listed = home.run(&["elements", "list"]).ok();
    assert!(listed.stdout.lines().any(|line| line.starts_with("acme ")), "{}", listed.stdout);
    assert_eq!(count(&home), before + 1);
    let shown = home.json(&["elements", "show", "acme"]);
    assert_eq!((&shown["name"], &shown["hosts"]), (&"Acme".into(), &serde_json::json!(["acme.example"])));
    let shown = home.run(&["elements", "show", "acme"]).ok();
    assert!(shown.stdout.lines().any(|line| line == "Talks to: acme.example"), "{}", shown.stdout);
    let shipped = home.run(&["elements", "show", "zendesk"]).ok();
    assert!(!shipped.stdout.contains("Talks to"), "{}", shipped.stdout);
    home.connect(&["acme"]);
    assert_eq!(home.list()[0]["product"], "Acme");
    home.assert_consistent(1);
}

#[test]
fn a_folder_of_elements_is_checked_at_once() {
    let home = Home::in_session(Session::without_keyring());
    write(&home, "acme", ACME);
    let wrong = ACME.replace("key = \"acme\"", "key = \"bad\"").replace("initials =", "initails =");
    write(&home, "bad", &wrong.replace("scopes =", "scops ="));
    let folder = home.path().join("config/elements").display().to_string();
    let plain = home.run(&["elements", "check", &folder]);
    assert_eq!(plain.code(), Some(2));
    assert!(plain.stdout.contains("acme/element.toml is a valid element file."), "{}", plain.stdout);
    for fault in ["element.toml:4: initails: ", "element.toml:12: auth.oauth2.scops: "] {
        assert!(plain.stderr.lines().any(|line| line.contains(fault)), "{fault} in {}", plain.stderr);
    }
    let checked = home.run(&["elements", "check", &folder, "--json"]);
    assert_eq!(checked.code(), Some(2));
    let checked = checked.json();
    assert_eq!((&checked[0]["key"], &checked[0]["valid"]), (&"acme".into(), &true.into()));
    assert_eq!(checked[1]["problems"][0]["line"], 12, "{checked}");
    assert_eq!(checked[1]["problems"].as_array().map(Vec::len), Some(2), "{checked}");
    // What is no element is named, and is no fault: a repository of elements has a README.
    fs::remove_dir_all(home.path().join("config/elements/bad")).expect("removed");
    fs::write(home.path().join("config/elements/README.md"), "Ours").expect("written");
    let plain = home.run(&["elements", "check", &folder]).ok();
    let stray = "README.md: this is not read: the file of an element is KEY/element.toml";
    assert!(plain.stderr.contains(stray), "{}", plain.stderr);
    assert!(home.run(&["elements", "list"]).ok().stderr.contains(stray));
    // A folder of another name is never looked up.
    write(&home, "other", ACME);
    let plain = home.run(&["elements", "check", &folder]);
    let fault = "other/element.toml:1: the folder is called other, the key is acme";
    assert!(plain.code() == Some(2) && plain.stderr.contains(fault), "{}", plain.stderr);
    let empty = home.path().join("config").display().to_string();
    home.run(&["elements", "check", &empty, "--json"]).error(2, "element_invalid");
}

#[test]
fn the_schema_of_element_files_is_printed() {
    let home = Home::in_session(Session::without_keyring());
    let schema = home.run(&["elements", "schema"]).ok().json();
    assert!(schema["properties"]["ways"].is_object(), "{schema}");
}

#[test]
fn both_workspaces_always_exist() {
    let home = Home::in_session(Session::without_keyring());
    let names = home.json(&["workspaces", "list"]);
    let names: Vec<_> = names.as_array().expect("a list").iter().map(|w| w["name"].clone()).collect();
    assert_eq!(names, ["local", "practice"]);
    assert!(home.run(&["workspaces", "list"]).ok().stdout.contains("practice"));
}

#[test]
fn a_retired_product_can_only_be_practised() {
    let home = Home::new();
    for key in ["desk", "actessentialsoauth"] {
        home.run(&["connect", key, "--json"]).error(2, "element_retired");
        assert_eq!(home.json(&["elements", "show", key])["retired"], true);
        home.connect(&[key]);
    }
    home.assert_consistent(2);
}

#[test]
fn a_new_element_passes_its_check_and_connects_in_practice() {
    let home = Home::new();
    let arguments = [
        "elements",
        "new",
        "acme",
        "--name",
        "Acme",
        "--api",
        "https://api.acme.example/v1",
        "--header",
        "X-Acme-Key: Key {token}",
        "--identity",
        "https://api.acme.example/v1/me",
    ];
    let written = home.json(&arguments);
    let file = written["file"].as_str().expect("a file").to_owned();
    home.run(&["elements", "check", &file]).ok();
    let secret = ["--secret", "api.key=env:ACME_KEY"];
    home.practise(&[&["acme"][..], &secret].concat(), &[("ACME_KEY", "k-1")]).wait().ok();
    let header = home.run(&["token", "Acme", "--format", "header"]).ok().stdout;
    assert_eq!(header, "X-Acme-Key: Key k-1\n");
    // What is there stays.
    let again = home.run(&["elements", "new", "acme", "--json"]).error(2, "usage");
    assert!(again["detail"].as_str().is_some_and(|text| text.contains("is there already")), "{again}");
    assert!(fs::read_to_string(&file).expect("kept").contains("X-Acme-Key"));
}

#[test]
fn a_new_element_of_a_server_holds_what_the_server_publishes() {
    let home = Home::in_session(Session::without_keyring());
    let server = Scripted::start();
    let metadata = json!({
        "issuer": server.url,
        "authorization_endpoint": format!("{}/authorize", server.url),
        "token_endpoint": format!("{}/token", server.url),
        "code_challenge_methods_supported": ["S256"],
    });
    server
        .publish("/.well-known/oauth-authorization-server", Response::json("200 OK", &metadata.to_string()));
    let out = home.path().join("acme.toml").display().to_string();
    home.run(&["elements", "new", "acme", "--from", &server.url, "--name", "Acme", "--out", &out]).ok();
    home.run(&["elements", "check", &out]).ok();
    let text = fs::read_to_string(&out).expect("written");
    for expected in ["name = \"Acme\"", &format!("{}/authorize", server.url), "/callback/acme"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let silent = format!("{}/nothing", server.url);
    home.run(&["elements", "new", "other", "--from", &silent, "--json"]).error(2, "issuer_unknown");
    assert!(!home.path().join("config/elements/other").exists());
}

#[test]
fn a_new_element_that_would_not_work_is_not_written() {
    let home = Home::in_session(Session::without_keyring());
    for (arguments, code, word) in [
        (&["../acme"][..], "element_invalid", "key"),
        (&["zendesk"], "usage", "ships with Keyrack"),
        (&["acme", "--kind", "oauth2"], "element_invalid", "authorization_endpoint"),
        (&["acme", "--header", "X-Acme-Key"], "element_invalid", "headers"),
        (&["acme", "--identity", "http://acme.example/me"], "element_invalid", "https://"),
    ] {
        let error = home.run(&[&["elements", "new"][..], arguments, &["--json"]].concat()).error(2, code);
        assert!(error["detail"].as_str().is_some_and(|text| text.contains(word)), "{arguments:?} {error}");
    }
    assert!(!home.path().join("config/elements").exists());
}
