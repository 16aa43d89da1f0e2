//! A hosted workspace, whose platform is `keyrack serve` in another process and another home.

use serde_json::Value;

use crate::support::home::Home;
use crate::support::http;
use crate::support::keyrack::{Outcome, Running};
use crate::support::platform::Platform;
use crate::support::rounds;
use crate::support::user;

/// Adds the platform to a home as the workspace `acme`.
#[track_caller]
fn add(home: &Home, platform: &Platform) {
    add_with(home, platform, &platform.authorization).ok();
}

fn add_with(home: &Home, platform: &Platform, authorization: &str) -> Outcome {
    let arguments =
        ["workspaces", "add", "acme", "--at", &platform.base_url, "--secret", "authorization=env:SECRETS"];
    home.start_with(&[&arguments[..], &["--json"]].concat(), &[("SECRETS", authorization)]).wait()
}

/// The form of the hosted workspace without the callback address.
const FORM: [&str; 6] = [
    "--set",
    "zendesk.subdomain=acme",
    "--set",
    "oauth.api.key=keyrack",
    "--secret",
    "oauth.api.secret=env:SECRET",
];

/// Starts a sign-in in the hosted workspace with a free callback address.
fn start_sign_in(home: &Home, arguments: &[&str]) -> Running {
    let port = free_port();
    let callback = format!("oauth.callback.url=http://localhost:{port}/callback/zendesk");
    let all = [arguments, &["--workspace", "acme", "--no-browser", "--set", &callback]].concat();
    home.start_with(&all, &[("SECRET", "practice-secret")])
}

fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    socket.local_addr().expect("an address").port()
}

/// Allows access and waits for the program to end.
#[track_caller]
fn allow(mut running: Running) -> Outcome {
    let callback = user::allow(&running.line("open: "));
    let tab = user::open_tab(&callback);
    let outcome = running.wait();
    let _ = tab.join().expect("a tab");
    outcome
}

#[track_caller]
fn connect(home: &Home, name: &str) -> Value {
    let arguments = [&["connect", "zendesk", "--name", name, "--tag", "eu", "--json"], &FORM[..]].concat();
    allow(start_sign_in(home, &arguments)).ok().json()
}

/// Calls the platform's API directly.
#[track_caller]
fn get(platform: &Platform, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", platform.base_url).parse().expect("an address");
    let text = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\r\n",
        http::target(&url),
        http::authority(&url),
        platform.authorization
    );
    let answer = http::send(&url, &text).expect("an answer");
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

#[track_caller]
fn instance(platform: &Platform, connection: &Value) -> Value {
    let id = connection["instance"].as_str().expect("the id at the platform");
    get(platform, &format!("/instances/{id}")).1
}

#[test]
fn an_account_is_connected_imported_renamed_signed_in_again_disabled_enabled_and_removed() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);

    let connected = connect(&home, "Support");
    assert_eq!(connected["workspace"], "acme");
    let made = instance(&platform, &connected);
    assert_eq!(made["name"], "Support");
    assert_eq!(
        made["tags"],
        serde_json::json!(["eu"]),
        "the tag of the attempt is removed once all is saved"
    );
    // The Element token authorizes calls of the platform.
    let token = home.run(&["token", "Support"]).ok().stdout;
    assert_eq!(made["token"], token.trim_end());
    home.run(&["test", "Support"]).ok();
    // The printed header is complete.
    let header = home.run(&["token", "Support", "--format", "header"]).ok().stdout;
    let ping = format!("{}/ping", platform.base_url).parse().expect("an address");
    let text = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n",
        http::target(&ping),
        http::authority(&ping),
        header.trim_end()
    );
    assert_eq!(http::send(&ping, &text).expect("an answer").status, 200);

    // Import into a second home.
    let second = Home::new();
    add(&second, &platform);
    let listed = second.json(&["import", "--workspace", "acme"]);
    assert_eq!(listed[0]["name"], "Support");
    assert!(listed[0].get("connection").is_none());
    let imported = second.json(&["import", "--all", "--workspace", "acme"]);
    assert_eq!(imported["added"][0]["instance"], connected["instance"]);
    assert_eq!(second.run(&["token", "Support"]).ok().stdout, token);
    let known = second.json(&["import", "--workspace", "acme"]);
    assert_eq!(known[0]["connection"], imported["added"][0]["id"], "known instances are marked");
    second.assert_consistent(1);

    // Rename and tag at the platform too.
    home.run(&["rename", "Support", "Helpdesk"]).ok();
    home.run(&["tag", "Helpdesk", "--add", "gold", "--remove", "eu"]).ok();
    let renamed = instance(&platform, &connected);
    assert_eq!((&renamed["name"], &renamed["tags"]), (&"Helpdesk".into(), &serde_json::json!(["gold"])));

    // Sign in again.
    let again = allow(start_sign_in(&home, &["reconnect", "Helpdesk", "--json"])).ok().json();
    assert_eq!((&again["id"], &again["instance"]), (&connected["id"], &connected["instance"]));
    assert_eq!(home.run(&["token", "Helpdesk"]).ok().stdout, token, "the Element token stays");
    home.run(&["test", "Helpdesk"]).ok();

    // Disable and enable.
    home.run(&["disable", "Helpdesk"]).ok();
    assert_eq!(instance(&platform, &connected)["disabled"], true);
    home.run(&["token", "Helpdesk", "--json"]).error(10, "connection_disabled");
    // The other home gets it from the platform.
    assert_eq!(second.run(&["test", "Support"]).code(), Some(10));
    home.run(&["enable", "Helpdesk"]).ok();
    assert_eq!(instance(&platform, &connected)["disabled"], false);
    home.run(&["token", "Helpdesk"]).ok();

    // Remove at the platform too.
    let warned = home.run(&["remove", "Helpdesk"]).ok();
    assert!(warned.stderr.contains("deleted at acme too"), "{}", warned.stderr);
    let id = connected["instance"].as_str().expect("an id");
    assert_eq!(get(&platform, &format!("/instances/{id}")).0, 404);
    home.assert_consistent(0);
    upstream.assert_consistent(0);
    // Another home reports the instance as gone and can remove its connection.
    let gone = second.run(&["test", "Support"]);
    assert_eq!(gone.code(), Some(10), "{gone:?}");
    second.run(&["remove", "Support"]).ok();
    second.assert_consistent(0);
}

#[test]
fn signing_in_again_to_an_imported_account_needs_its_secret() {
    let (upstream, home, second) = (Home::new(), Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    add(&second, &platform);
    let connected = connect(&home, "Support");
    second.run(&["import", "Support", "--workspace", "acme"]).ok();
    let missing = start_sign_in(&second, &["reconnect", "Support", "--json"]).wait();
    let fields = missing.error(2, "form_invalid")["fields"].clone();
    let keys: Vec<_> =
        fields.as_array().expect("fields").iter().map(|f| f["key"].as_str().expect("a key")).collect();
    assert_eq!(keys, ["oauth.api.key", "oauth.api.secret"], "the fields that the platform masks");
    let arguments = [
        "reconnect",
        "Support",
        "--json",
        "--set",
        "oauth.api.key=keyrack",
        "--secret",
        "oauth.api.secret=env:SECRET",
    ];
    let again = allow(start_sign_in(&second, &arguments)).ok().json();
    assert_eq!(again["instance"], connected["instance"]);
}

#[test]
fn wrong_secrets_are_reported_before_anything_is_saved() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add_with(&home, &platform, "User wrong=, Organization 00000000000000000000000000000000")
        .error(10, "workspace_secrets");
    assert_eq!(home.count("SELECT count(*) FROM workspace"), 0);
    assert!(home.session.secrets().is_empty());
}

#[test]
fn secrets_are_replaced_once_the_platform_accepts_the_new_ones() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    let replace = |authorization: &str| {
        let arguments = ["workspaces", "secrets", "acme", "--secret", "authorization=env:SECRETS", "--json"];
        home.start_with(&arguments, &[("SECRETS", authorization)]).wait()
    };
    replace("User wrong=, Organization 00000000000000000000000000000000").error(10, "workspace_secrets");
    home.run(&["import", "--workspace", "acme"]).ok();
    replace(&platform.authorization).ok();
    home.run(&["import", "--workspace", "acme"]).ok();
}

#[test]
fn an_unreachable_platform_is_reported_and_nothing_is_lost() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    connect(&home, "Support");
    assert_eq!(platform.terminate(), Some(0));
    for arguments in [
        &["rename", "Support", "Other"][..],
        &["remove", "Support"],
        &["disable", "Support"],
        &["tag", "Support", "--add", "x"],
        &["import", "--workspace", "acme"],
        &["test", "Support"],
    ] {
        let outcome = home.run(&[arguments, &["--json"]].concat());
        assert_eq!(outcome.code(), Some(12), "{arguments:?}: {outcome:?}");
    }
    home.run(&["token", "Support"]).ok();
    home.assert_consistent(1);
    // Removing the workspace needs no platform and reports what stays there.
    let removed = home.run(&["workspaces", "remove", "acme"]).ok();
    assert!(removed.stderr.contains("stays there"), "{}", removed.stderr);
    home.assert_consistent(0);
    assert_eq!(home.count("SELECT count(*) FROM workspace"), 0);
    home.run(&["list", "--workspace", "acme", "--json"]).error(3, "workspace_unknown");
}

#[test]
fn a_workspace_is_selected_and_renamed_and_its_name_is_unique() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    add_with(&home, &platform, &platform.authorization).error(2, "workspace_taken");
    home.run(&["workspaces", "use", "ACME"]).ok();
    // The selected workspace is the default.
    let count = |home: &Home, workspace: &str| {
        home.json(&["elements", "list", "--workspace", workspace]).as_array().map(Vec::len).expect("a list")
    };
    let selected = home.json(&["elements", "list"]).as_array().map(Vec::len);
    // A platform has no generic elements.
    assert_eq!(selected, Some(count(&home, "local") - 2));
    home.run(&["workspaces", "rename", "acme", "Acme EU"]).ok();
    home.run(&["workspaces", "rename", "Acme EU", "practice", "--json"]).error(2, "workspace_taken");
    home.run(&["workspaces", "remove", "local", "--json"]).error(2, "usage");
    let all = home.json(&["workspaces", "list"]);
    assert_eq!(all[2]["name"], "Acme EU");
    // Secrets are only in the keyring.
    let secret = platform.authorization.split([' ', ',']).nth(1).expect("a secret").as_bytes().to_vec();
    for (path, bytes) in home.files() {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
    }
}

#[test]
fn a_program_killed_after_the_platform_created_the_instance_leaves_a_connection() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    let port = free_port();
    let callback = format!("oauth.callback.url=http://localhost:{port}/callback/zendesk");
    let arguments = [
        &[
            "connect",
            "zendesk",
            "--name",
            "Support",
            "--workspace",
            "acme",
            "--no-browser",
            "--set",
            &callback,
        ],
        &FORM[..],
    ]
    .concat();
    let variables = [("SECRET", "practice-secret"), ("KEYRACK_FAULT", "instance_created")];
    let mut running = home.start_with(&arguments, &variables);
    let answer = user::allow(&running.line("open: "));
    let _tab = user::open_tab(&answer);
    running.line("fault: instance_created");
    running.kill();
    assert_eq!(get(&platform, "/instances").1.as_array().map(Vec::len), Some(1));
    // The next start finds the instance by the tag of the attempt and removes the tag.
    home.run(&["doctor"]);
    let listed = home.list();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "Support");
    let kept = instance(&platform, &listed[0]);
    assert_eq!(kept["tags"], serde_json::json!([]));
    assert_eq!(home.run(&["token", "Support"]).ok().stdout.trim_end(), kept["token"]);
    home.assert_consistent(1);
}

#[test]
fn an_interrupted_removal_is_finished_at_the_platform_too() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    connect(&home, "Support");
    let mut running = home.start_with(&["remove", "Support"], &[("KEYRACK_FAULT", "removal_begun")]);
    running.line("fault: removal_begun");
    running.kill();
    assert!(home.list().is_empty());
    home.run(&["doctor"]).ok();
    assert_eq!(get(&platform, "/instances").0, 404, "an empty list");
    home.assert_consistent(0);
}

#[test]
fn an_interrupted_addition_of_a_workspace_is_undone_and_a_removal_is_finished() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    let arguments =
        ["workspaces", "add", "acme", "--at", &platform.base_url, "--secret", "authorization=env:SECRETS"];
    let variables = [("SECRETS", platform.authorization.as_str()), ("KEYRACK_FAULT", "workspace_begun")];
    let mut running = home.start_with(&arguments, &variables);
    running.line("fault: workspace_begun");
    running.kill();
    home.run(&["list", "--workspace", "acme", "--json"]).error(3, "workspace_unknown");
    // The name is free at once.
    add(&home, &platform);
    connect(&home, "Support");
    let mut running =
        home.start_with(&["workspaces", "remove", "acme"], &[("KEYRACK_FAULT", "workspace_removal_begun")]);
    running.line("fault: workspace_removal_begun");
    running.kill();
    home.run(&["doctor"]).ok();
    home.assert_consistent(0);
    assert_eq!(home.count("SELECT count(*) FROM workspace"), 0);
    assert!(home.session.secrets().is_empty(), "no secret stays");
    // The platform keeps its instance.
    assert_eq!(get(&platform, "/instances").0, 200);
}

/// Adds an element that only the platform has.
fn add_platform_element(upstream: &Home) {
    let folder = upstream.path().join("config/elements/acmedesk");
    std::fs::create_dir_all(&folder).expect("a folder");
    let ours = include_str!("../../src-tauri/elements/zendesk/element.toml");
    let text =
        ours.replace("key = \"zendesk\"\n", "key = \"acmedesk\"\n").replace("\"Zendesk\"", "\"Acme Desk\"");
    std::fs::write(folder.join("element.toml"), text).expect("written");
}

#[test]
fn an_element_of_the_platform_is_listed_and_connected() {
    let (upstream, home) = (Home::new(), Home::new());
    add_platform_element(&upstream);
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    let listed = home.json(&["elements", "list", "--workspace", "acme"]);
    let listed = listed.as_array().expect("a list");
    assert!(listed.len() > 300 && listed.iter().any(|element| element["key"] == "acmedesk"));
    let shown = home.json(&["elements", "show", "acmedesk", "--workspace", "acme"]);
    assert_eq!((&shown["name"], &shown["auth"]), (&"Acme Desk".into(), &"oauth2".into()));
    let fields = shown["fields"].as_array().expect("fields");
    let field = |key: &str| {
        fields.iter().find(|field| field["key"] == key).unwrap_or_else(|| panic!("{key} in {shown}"))
    };
    assert_eq!(field("oauth.api.secret")["secret"], true);
    assert_eq!(field("zendesk.subdomain")["required"], true);
    home.run(&["elements", "show", "acmedesk", "--json"]).error(3, "element_unknown");
    let arguments = [&["connect", "acmedesk", "--json"], &FORM[..]].concat();
    let connected = allow(start_sign_in(&home, &arguments)).ok().json();
    assert_eq!((&connected["name"], &connected["product"]), (&"Acme Desk".into(), &"Acme Desk".into()));
    home.run(&["test", "Acme Desk"]).ok();
    home.assert_consistent(1);
}

#[test]
fn instances_are_imported_by_name_or_id() {
    let (upstream, home) = (Home::new(), Home::new());
    add_platform_element(&upstream);
    upstream.connect(&["acmedesk", "--name", "Old", "--tag", "eu"]);
    upstream.connect(&["desk", "--name", "Older"]);
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    home.run(&["import", "nothing", "--workspace", "acme", "--json"]).error(10, "instance_gone");
    home.run(&["import", "--all", "--workspace", "practice", "--json"]).error(2, "usage");
    let found = home.json(&["import", "--search", "OLDER", "--workspace", "acme"]);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(found[0]["name"], "Older");
    assert_eq!(home.json(&["import", "--search", "nobody", "--workspace", "acme"]), serde_json::json!([]));
    let imported = home.json(&["import", "old", "--workspace", "acme"]);
    let added = &imported["added"][0];
    assert_eq!((&added["name"], &added["product"]), (&"Old".into(), &"Acme Desk".into()));
    assert_eq!(added["tags"], serde_json::json!(["eu"]));
    let rest = home.json(&["import", "--all", "--workspace", "acme"]);
    assert_eq!(rest["added"].as_array().map(Vec::len), Some(1));
    assert_eq!(home.json(&["import", "--all", "--workspace", "acme"])["added"], serde_json::json!([]));
    home.run(&["test", "--all"]).ok();
    home.assert_consistent(2);
}

#[test]
fn a_workspace_removal_with_a_locked_keyring_is_finished_later() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    connect(&home, "Support");
    let mut running =
        home.start_with(&["workspaces", "remove", "acme"], &[("KEYRACK_FAULT", "workspace_removal_begun")]);
    running.line("fault: workspace_removal_begun");
    running.kill();
    home.session.lock();
    home.run(&["connect", "zendesk", "--workspace", "practice", "--no-browser", "--json"])
        .error(11, "keychain_locked");
    assert!(home.list().is_empty(), "a removal in progress is not listed");
    home.session.unlock();
    home.run(&["doctor"]).ok();
    assert_eq!(home.count("SELECT count(*) FROM connection"), 0);
    assert_eq!(home.count("SELECT count(*) FROM workspace"), 0);
    assert!(home.session.secrets().is_empty());
    assert_eq!(get(&platform, "/instances").0, 200, "the platform keeps its instance");
}

#[test]
fn concurrent_imports_import_an_instance_once() {
    for _ in 0..rounds() {
        let (upstream, home) = (Home::new(), Home::new());
        upstream.connect(&["zendesk", "--name", "Support"]);
        let platform = Platform::start(&upstream);
        add(&home, &platform);
        let both: Vec<_> =
            (0..2).map(|_| home.start(&["import", "--all", "--workspace", "acme", "--json"])).collect();
        for import in both {
            import.wait().ok();
        }
        home.assert_consistent(1);
    }
}

#[test]
fn an_account_of_an_unreachable_platform_is_removed_only_here() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    connect(&home, "Support");
    assert_eq!(platform.terminate(), Some(0));
    home.run(&["remove", "Support", "--json"]).error(12, "platform_unreachable");
    home.run(&["remove", "Support", "--here"]).ok();
    home.assert_consistent(0);
    upstream.assert_consistent(1);
}

#[test]
fn removing_the_selected_workspace_selects_this_computer() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    home.run(&["workspaces", "use", "acme"]).ok();
    home.run(&["workspaces", "remove", "acme"]).ok();
    let listed = home.json(&["elements", "list"]);
    assert!(listed.as_array().expect("a list").iter().any(|element| element["generic"] == true));
}

#[test]
fn a_platform_that_does_not_respond_does_not_delay_practice() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    let arguments = [&["connect", "zendesk", "--name", "Support"], &FORM[..]].concat();
    let mut running = start_sign_in(&home, &arguments);
    running.line("open: ");
    running.kill();
    assert_eq!(
        home.count("SELECT count(*) FROM attempt"),
        1,
        "its instance is searched at the next sign-in at the platform"
    );
    // A stopped process accepts connections and does not respond.
    let stopped = std::process::Command::new("kill").args(["-STOP", &platform.id().to_string()]).status();
    assert!(stopped.expect("kill is installed").success());
    let begun = std::time::Instant::now();
    home.connect(&["desk"]);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(8),
        "a request to the platform would take ten seconds"
    );
}

#[test]
fn a_lost_index_is_built_again_with_its_hosted_workspaces() {
    let (upstream, home) = (Home::new(), Home::new());
    let platform = Platform::start(&upstream);
    add(&home, &platform);
    let connected = connect(&home, "Support");
    let token = home.run(&["token", "Support"]).ok().stdout;
    home.delete_index();
    home.run(&["list", "--json"]).error(1, "index_damaged");
    home.run(&["doctor"]).ok();
    assert_eq!(home.json(&["workspaces", "list"])[2]["name"], "acme");
    let row = home.json(&["show", "Support"]);
    assert_eq!((&row["workspace"], &row["instance"]), (&connected["workspace"], &connected["instance"]));
    assert_eq!(home.run(&["token", "Support"]).ok().stdout, token);
    home.run(&["test", "Support"]).ok();
}
