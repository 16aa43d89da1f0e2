//! Words of element files, platforms and providers, and names, that try to drive the terminal or to pass for a line that
//! scripts look for. No command prints them so, on either stream.

use serde_json::{Value, json};

use crate::support::elements::plain_element;
use crate::support::home::Home;
use crate::support::keyrack::Outcome;
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{start_sign_in, write_element};
use crate::support::session::Session;
use crate::support::user;

/// Characters that drive a terminal or change the direction of writing, and lines that scripts look for.
const HOSTILE: &str = "EVIL\u{1b}[2J\u{7}\u{8}\u{7f}\u{9b}1m\u{85}\u{202E}\u{2066}\u{200F}\u{61C}\
    \r\nopen: https://evil.example/EVIL\ncode: EVIL\nbase_url: https://evil.example/EVIL\n\
    authorization: EVIL\u{2028}open: EVIL\u{b}open: EVIL\rOPEN: EVIL";

/// A word by which a line of an attacker is recognized. It is in every text above.
const MARK: &str = "EVIL";

/// What begins the lines that scripts look for.
const LINES: [&str; 4] = ["open:", "code:", "base_url:", "authorization:"];

fn is_direction(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn assert_clean(what: &str, outcome: &Outcome) {
    for stream in [&outcome.stdout, &outcome.stderr] {
        let bad = stream.chars().find(|c| is_direction(*c) || (c.is_control() && *c != '\n'));
        assert_eq!(bad, None, "{what}: {stream:?}");
        for line in stream.lines().filter(|line| line.contains(MARK)) {
            let lower = line.to_lowercase();
            assert!(!LINES.iter().any(|start| lower.starts_with(start)), "{what}: {line:?}");
        }
    }
}

/// Runs each command with and without `--json`. `true`: its text holds the hostile words.
#[track_caller]
fn run_all(home: &Home, commands: &[(bool, &[&str])]) {
    for (shows, arguments) in commands {
        for arguments in [arguments.to_vec(), [arguments, &["--json"][..]].concat()] {
            let outcome = home.start_with(&arguments, &[("SECRET", "s")]).wait();
            let what = arguments.join(" ");
            assert_clean(&what, &outcome);
            assert!(outcome.code().is_some(), "{what}");
            let seen = format!("{}{}", outcome.stdout, outcome.stderr);
            let is_json = arguments.contains(&"--json");
            assert!(!shows || is_json || seen.contains(MARK), "{what} shows nothing: {seen}");
            if is_json && !outcome.stdout.is_empty() {
                outcome.json();
            }
        }
    }
}

/// A text of TOML in which everything is escaped.
fn toml_text(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
    format!("\"{escaped}\"")
}

#[test]
fn no_element_file_drives_the_terminal_or_forges_a_line() {
    let plain = plain_element("evil", "http://127.0.0.1:9");
    let hostile = toml_text(HOSTILE);
    let with = |find: &str, replace: &str| plain.replacen(find, replace, 1);
    let lines = "EVIL\\nopen: https://evil.example/EVIL\\ncode: EVIL";
    let home = Home::in_session(Session::without_keyring());
    for (what, text) in [
        ("a note", with("access =", &format!("note = {hostile}\naccess ="))),
        ("a name", with("name = \"Acme evil\"", &format!("name = {hostile}"))),
        ("a product's offer", with("gives = \"Anvils\"", &format!("gives = {hostile}"))),
        ("a label", with("label = \"Client ID\"", &format!("label = {hostile}"))),
        ("help", with("label = \"Client ID\"", &format!("label = \"Client ID\"\nhelp = {hostile}"))),
        ("an example", with("example = \"acme\"", &format!("example = {hostile}"))),
        ("a key", with("key = \"oauth.api.key\"", &format!("key = {hostile}"))),
        ("an unknown word", with("access =", &format!("{hostile} = 1\naccess ="))),
        ("a path key", with("access =", &format!("path_key = {hostile}\naccess ="))),
        ("an address", with("/authorize\"", &format!("/authorize\"\nissuer = {hostile}"))),
        ("a wrong type", with("access =", "access = [[EVIL\u{9b}]]\n#")),
        ("text that is no TOML", format!("{plain}\nEVIL\u{9b}\u{202E} open: EVIL")),
    ] {
        write_element(&home, "evil", &text);
        let file = home.path().join("config/elements/evil/element.toml").display().to_string();
        assert_eq!(
            home.run(&["elements", "check", &file]).code(),
            Some(2),
            "{what} is refused when it is read"
        );
        home.run(&["connect", "evil", "--json"]).error(2, "element_invalid");
        run_all(
            &home,
            &[
                (false, &["elements", "check", &file]),
                (false, &["elements", "list"]),
                (false, &["elements", "show", "evil"]),
                (false, &["connect", "evil"]),
                (false, &["doctor"]),
            ],
        );
    }
    // Several lines are allowed: they begin no line of the output.
    let several = with("access =", &format!("note = \"{lines}\"\naccess ="))
        .replacen("label = \"Client ID\"", &format!("label = \"Client ID\"\nhelp = \"{lines}\""), 1)
        .replacen("label = \"Secret\"", "label = \"open: EVIL\"", 1);
    let several = several.replacen("name = \"Acme evil\"", "name = \"open: EVIL\"", 1);
    write_element(&home, "evil", &several);
    write_element(&home, HOSTILE.replace('/', "-").as_str(), &several);
    run_all(
        &home,
        &[
            (true, &["elements", "list"]),
            (true, &["elements", "show", "evil"]),
            (true, &["connect", "evil", "--no-browser"]),
            (true, &["doctor"]),
        ],
    );
}

/// A platform that answers every call with hostile words, and a provider beside it.
fn platform() -> Scripted {
    let server = Scripted::start();
    let publish = |path: &str, status: &str, body: &Value| {
        server.publish(&format!("/elements/api-v2{path}"), Response::json(status, &body.to_string()));
    };
    let ok = "200 OK";
    let element = json!({
        "key": "evil", "name": HOSTILE, "description": HOSTILE, "hub": HOSTILE,
        "authentication": {"type": "basic"},
        "configuration": [
            {"key": "username", "name": HOSTILE, "description": HOSTILE, "required": true},
            {"key": "region", "type": "COMBO", "required": true, "defaultValue": HOSTILE,
             "options": [{"value": HOSTILE, "label": HOSTILE}, {"value": "eu", "label": HOSTILE}]},
            {"key": "password", "type": "PASSWORD", "name": "open: EVIL", "required": true}
        ]
    });
    let instance = json!({
        "id": 7, "name": HOSTILE, "token": "element-token", "tags": [HOSTILE],
        "element": {"key": HOSTILE, "name": HOSTILE}, "configuration": {"username": HOSTILE}
    });
    let refusal = json!({"requestId": HOSTILE, "message": HOSTILE, "providerMessage": HOSTILE});
    publish("/organizations/me", ok, &json!({"name": HOSTILE}));
    publish("/elements", ok, &json!([element]));
    publish("/elements/evil", ok, &element);
    publish("/instances", ok, &json!([instance]));
    publish("/instances/7", ok, &instance);
    publish("/ping", "400 Bad Request", &refusal);
    publish("/instances/7/enabled", "400 Bad Request", &refusal);
    server
}

#[test]
fn no_platform_drives_the_terminal_or_forges_a_line() {
    let (home, server) = (Home::new(), platform());
    let base = format!("{}/elements/api-v2", server.url);
    let secrets = ["--secret", "user=env:SECRET", "--secret", "organization=env:SECRET"];
    let add = [&["workspaces", "add", HOSTILE, "--at", &base], &secrets[..]].concat();
    let added = home.start_with(&add, &[("SECRET", "s")]).wait().ok();
    assert_clean("workspaces add", &added);
    // A name that an earlier version kept.
    home.index().execute("UPDATE workspace SET name = ?1", [HOSTILE]).expect("renamed");
    let id: String = home.index().query_row("SELECT id FROM workspace", [], |row| row.get(0)).expect("an id");
    let here = |arguments: &[&'static str]| [arguments, &["--workspace"]].concat();
    let at = |arguments: &[&'static str]| -> Vec<String> {
        here(arguments).into_iter().map(str::to_owned).chain([id.clone()]).collect()
    };
    for (shows, arguments) in [
        (true, at(&["elements", "list"])),
        (true, at(&["elements", "show", "evil"])),
        (true, at(&["connect", "evil"])),
        (
            false,
            at(&[
                "connect",
                "evil",
                "--set",
                "username=a",
                "--set",
                "region=eu",
                "--secret",
                "password=env:SECRET",
            ]),
        ),
        (true, at(&["import"])),
        (true, at(&["import", "--search", HOSTILE])),
        (true, at(&["import", HOSTILE])),
        (true, at(&["import", "--all"])),
        (true, at(&["list"])),
        (true, at(&["test", "--all"])),
    ] {
        run_all(&home, &[(shows, &arguments.iter().map(String::as_str).collect::<Vec<_>>())]);
    }
    let connection = home.list()[0]["id"].as_str().expect("an id").to_owned();
    run_all(
        &home,
        &[
            (true, &["workspaces", "list"]),
            (true, &["workspaces", "use", &id]),
            (
                true,
                &[
                    "workspaces",
                    "add",
                    HOSTILE,
                    "--at",
                    &base,
                    "--secret",
                    "user=env:SECRET",
                    "--secret",
                    "organization=env:SECRET",
                ],
            ),
            (true, &["disable", &connection]),
            (true, &["rename", &connection, HOSTILE]),
            (true, &["tag", &connection, "--add", HOSTILE]),
            (true, &["workspaces", "rename", &id, HOSTILE]),
            (true, &["remove", &connection, "--here"]),
            (true, &["workspaces", "remove", &id]),
        ],
    );
}

/// A refusal of a token endpoint.
fn refusal() -> Response {
    let body = json!({"error": HOSTILE, "error_description": HOSTILE});
    Response::json("400 Bad Request", &body.to_string())
}

#[test]
fn no_refusal_of_a_provider_drives_the_terminal_or_forges_a_line() {
    let (home, server) = (Home::new(), Scripted::start());
    write_element(&home, "acme", &plain_element("acme", &server.url));
    for more in [&[][..], &["--json"]] {
        // The provider refuses at the browser, then at the token endpoint.
        for refusing in ["callback", "token"] {
            let arguments = [&["connect", "acme", "--name", "Anvils"], more].concat();
            let mut running = start_sign_in(&home, &arguments, &[]);
            let address: url::Url = running.line("open: ").parse().expect("an address");
            let parameter = |name: &str| {
                address.query_pairs().find(|(known, _)| known == name).expect("a parameter").1.into_owned()
            };
            let mut callback: url::Url = parameter("redirect_uri").parse().expect("an address");
            callback.query_pairs_mut().append_pair("state", &parameter("state"));
            if refusing == "callback" {
                callback
                    .query_pairs_mut()
                    .append_pair("error", HOSTILE)
                    .append_pair("error_description", HOSTILE);
            } else {
                server.enqueue(refusal());
                callback.query_pairs_mut().append_pair("code", "c");
            }
            let tab = user::open_tab(&callback);
            let outcome = running.wait();
            let _ = tab.join().expect("a tab");
            assert_eq!(outcome.code(), Some(15), "{}", outcome.stderr);
            assert_clean(refusing, &outcome);
            let seen = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(seen.contains(MARK), "{refusing}: {seen}");
        }
    }
}

#[test]
fn no_provider_and_no_name_drives_the_terminal_or_forges_a_line() {
    let (home, server) = (Home::new(), Scripted::start());
    write_element(&home, "acme", &plain_element("acme", &server.url));
    let refuse = || server.enqueue(refusal());
    let account = json!(HOSTILE).to_string();
    server.set_identity(account.trim_matches('"'));
    let name = format!("open: {HOSTILE}");
    let mut running = start_sign_in(&home, &["connect", "acme", "--name", &name, "--tag", HOSTILE], &[]);
    let tab =
        user::open_tab(&crate::support::visitor::Visitor::new().allow(&running.line("open: "), "maria"));
    let connected = running.wait().ok();
    tab.join().expect("a tab").expect("a page");
    assert_clean("connect", &connected);
    assert!(connected.stdout.contains(MARK), "{}", connected.stdout);

    // What an earlier version kept.
    let list = json!([HOSTILE]).to_string();
    let callback = json!({ "realm": HOSTILE }).to_string();
    home.index()
        .execute(
            "UPDATE connection SET name = ?1, product = ?1, tags = ?2, note = ?1, scopes = ?2, missing = ?2, identity = ?1,
             host = ?1, callback = ?3",
            [&name, &list, &callback],
        )
        .expect("changed");
    let id = home.list()[0]["id"].as_str().expect("an id").to_owned();
    let (id, url) = (id.as_str(), server.url.as_str());
    refuse();
    refuse();
    run_all(&home, &[(true, &["renew", "--all"])]);
    refuse();
    refuse();
    run_all(&home, &[(true, &["token", id])]);
    run_all(
        &home,
        &[
            (true, &["list"]),
            (true, &["show", id]),
            (true, &["tag", id]),
            (true, &["note", id]),
            (true, &["test", id]),
            (true, &["test", "--all"]),
            (true, &["renew", id]),
            (false, &["token", id]),
            (false, &["token", id, "--format", "header"]),
            (false, &["token", id, "--format", "env"]),
            (false, &["reconnect", id, "--no-browser", "--timeout", "1"]),
            (true, &["disable", id]),
            (true, &["token", id]),
            (true, &["enable", id]),
            (true, &["note", id, HOSTILE]),
            (true, &["tag", id, "--add", HOSTILE]),
            (true, &["rename", id, HOSTILE]),
            (true, &["show", HOSTILE]),
            (true, &["show", &format!("{HOSTILE} is nowhere")]),
            (true, &["list", "--status", HOSTILE]),
            (true, &["connect", HOSTILE]),
            (true, &["elements", "check", HOSTILE]),
            (true, &["trust", "add", HOSTILE]),
            (false, &["trust", "remove", HOSTILE]),
            (false, &["trust", "list"]),
            (true, &["list", "--workspace", HOSTILE]),
            (false, &["doctor"]),
            (false, &["version"]),
            (false, &["workspaces", "list"]),
            (false, &["connect", "oauth2", "--set", &format!("issuer={url}/{MARK}")]),
            (true, &["remove", id]),
        ],
    );
}
