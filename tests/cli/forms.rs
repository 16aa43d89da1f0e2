//! Errors before a sign-in starts: no browser opens.

use serde_json::Value;

use crate::support::home::Home;

const CALLBACK: &str = "oauth.callback.url=http://localhost:14747/callback/zendesk";

/// A complete form of Zendesk on this computer, without the secret.
const COMPLETE: [&str; 4] = ["--set", "zendesk.subdomain=acme", "--set", "oauth.api.key=client"];

fn assert_untouched(home: &Home) {
    assert!(home.opened_addresses().is_empty(), "no browser opens");
    assert!(home.session.secrets().is_empty(), "nothing is saved");
    home.assert_consistent(0);
}

/// The problems as `key: problem`.
fn problems(error: &Value) -> Vec<String> {
    let fields = error["fields"].as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    fields.iter().map(|field| format!("{}: {}", word(&field["key"]), word(&field["problem"]))).collect()
}

#[test]
fn each_missing_or_malformed_field_is_named() {
    let home = Home::new();
    let secret = ["--secret", "oauth.api.secret=env:APP_SECRET"];
    let table: [(&[&str], &[&str]); 7] = [
        (&[], &["zendesk.subdomain: required", "oauth.api.key: required", "oauth.api.secret: required"]),
        (
            &["--set", "zendesk.subdomain=acme", "--set", "oauth.api.key= "],
            &["oauth.api.key: required", "oauth.api.secret: required"],
        ),
        (&COMPLETE, &["oauth.api.secret: required"]),
        (
            &["--set", "zendesk.subdomain=evil.example/x", "--set", "oauth.api.key=a"],
            &["zendesk.subdomain: malformed", "oauth.api.secret: required"],
        ),
        (
            &["--set", "zendesk.subdomain=acme", "--set", "oauth.api.key=a b"],
            &["oauth.api.key: malformed", "oauth.api.secret: required"],
        ),
        (
            &[&COMPLETE[..], &secret, &["--set", "oauth.callback.url=http://evil.example/"]].concat(),
            &["oauth.callback.url: malformed"],
        ),
        (&[&COMPLETE[..], &secret, &["--set", "colour=red"]].concat(), &["colour: unknown"]),
    ];
    for (given, expected) in table {
        let arguments = [&["connect", "zendesk"], given].concat();
        let variables = [("APP_SECRET", "hidden")];
        let json = home.start_with(&[&arguments[..], &["--json"]].concat(), &variables).wait();
        assert_eq!(problems(&json.error(2, "form_invalid")), expected, "{given:?}");
        let plain = home.start_with(&arguments, &variables).wait();
        assert_eq!((plain.code(), plain.stdout.as_str()), (Some(2), ""), "{given:?}");
        for problem in expected {
            let key = problem.split(':').next().unwrap_or_default();
            assert!(plain.stderr.contains(key), "{key} in {}", plain.stderr);
        }
        assert!(!plain.stderr.contains("hidden"));
    }
    assert_untouched(&home);
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let home = Home::new();
    let arguments = [&["connect", "zendesk", "--set", "oauth.api.secret=hunter2"], &COMPLETE[..]].concat();
    let plain = home.run(&arguments);
    assert_eq!(plain.code(), Some(2));
    assert!(plain.stderr.contains("--secret oauth.api.secret=env:VAR"), "{}", plain.stderr);
    assert!(!plain.stderr.contains("hunter2"));
    let direct = home.run(&["connect", "zendesk", "--secret", "oauth.api.secret=hunter2", "--json"]);
    direct.error(2, "usage");
    assert!(!direct.stdout.contains("hunter2"));
    assert_untouched(&home);
}

#[test]
fn a_secret_comes_from_a_variable_a_file_or_standard_input() {
    let home = Home::new();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "from-a-file\n").expect("written");
    let from_file = format!("oauth.api.secret=file:{}", file.path().display());
    home.connect(&["zendesk", "--name", "file", "--secret", &from_file]);
    home.connect_with(
        &["zendesk", "--name", "variable", "--secret", "oauth.api.secret=env:V"],
        &[("V", "from-a-variable")],
    );
    let mut running = home
        .practise(&["zendesk", "--name", "input", "--secret", "oauth.api.secret=-", "--timeout", "1"], &[]);
    running.type_line("from-the-input");
    assert_eq!(running.wait().code(), Some(16), "the secret was read and the sign-in started");
    // As PowerShell 5 writes it, and without the mark by which the encoding is recognized.
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    std::fs::write(file.path(), utf16("\u{feff}from-utf-16\r\n")).expect("written");
    home.connect(&["zendesk", "--name", "wide", "--secret", &from_file]);
    std::fs::write(file.path(), utf16("from-utf-16")).expect("written");
    let refused = home.run(&["connect", "zendesk", "--workspace", "practice", "--secret", &from_file]);
    assert_eq!(refused.code(), Some(2));
    assert!(refused.stderr.contains("save it as UTF-8"), "{}", refused.stderr);
    let mut kept: Vec<_> =
        home.session.items().iter().map(|item| item["configuration"]["oauth.api.secret"].clone()).collect();
    kept.sort_by_key(Value::to_string);
    assert_eq!(kept, ["from-a-file", "from-a-variable", "from-utf-16"]);
    for (source, words) in [("env:NOT_SET", "NOT_SET is not set"), ("file:/nonexistent", "/nonexistent")] {
        let outcome =
            home.run(&["connect", "zendesk", "--secret", &format!("oauth.api.secret={source}"), "--json"]);
        let error = outcome.error(2, "usage");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{error}");
    }
}

#[test]
fn unknown_names_are_reported() {
    let home = Home::new();
    let table: [(&[&str], &str); 8] = [
        (&["connect", "nonesuch"], "element_unknown"),
        (&["elements", "show", "nonesuch"], "element_unknown"),
        (&["connect", "zendesk", "--workspace", "nonesuch"], "workspace_unknown"),
        (&["list", "--workspace", "nonesuch"], "workspace_unknown"),
        (&["show", "nonesuch"], "connection_unknown"),
        (&["token", "nonesuch"], "connection_unknown"),
        (&["rename", "nonesuch", "other"], "connection_unknown"),
        (&["remove", "nonesuch"], "connection_unknown"),
    ];
    for (arguments, code) in table {
        let error = home.run(&[arguments, &["--json"]].concat()).error(3, code);
        assert_eq!(error["name"], "nonesuch", "{arguments:?}");
        let plain = home.run(arguments);
        assert_eq!((plain.code(), plain.stdout.as_str()), (Some(3), ""), "{arguments:?}");
        assert!(plain.stderr.contains("nonesuch"), "{}", plain.stderr);
    }
    assert_untouched(&home);
}

#[test]
fn invalid_arguments_are_usage_errors_in_the_requested_format() {
    let home = Home::new();
    for arguments in [
        &["connect"][..],
        &["frobnicate"],
        &["token", "a", "--min-ttl", "soon"],
        &["connect", "zendesk", "--set", "x"],
    ] {
        home.run(&[arguments, &["--json"]].concat()).error(2, "usage");
        let plain = home.run(arguments);
        assert_eq!((plain.code(), plain.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
    assert!(home.run(&["--help"]).ok().stdout.contains("connect"));
    assert!(home.run(&["--version"]).ok().stdout.starts_with("keyrack "));
    assert!(home.run(&["completions", "bash"]).ok().stdout.contains("keyrack"));
    assert!(
        home.run(&["elements", "show", "zendesk"])
            .ok()
            .stdout
            .contains(CALLBACK.split('=').next().expect("a key"))
    );
}
