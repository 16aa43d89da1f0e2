//! What other users and other programs of this computer can see: files, folders and environments.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::elements::plain_element;
use crate::support::home::{Home, eventually};
use crate::support::keyrack::{Outcome, Running};
use crate::support::scripted::{Response, Scripted};
use crate::support::servers::{sign_in, write_element};
use crate::support::user;

/// Starts the program as a shell without a file mode mask would.
fn start_without_mask(home: &Home, arguments: &[&str]) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_keyrack")]);
    command.args(arguments).env_clear().envs(home.environment());
    Running::start(command)
}

/// The paths below a folder that other users have a right to, with their modes.
fn open_to_others(path: &Path) -> Vec<String> {
    let mode = fs::symlink_metadata(path).expect("metadata").permissions().mode();
    let mut found = Vec::new();
    if mode & 0o077 != 0 {
        found.push(format!("{mode:o} {}", path.display()));
    }
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("listed") {
            found.extend(open_to_others(&entry.expect("an entry").path()));
        }
    }
    found
}

#[test]
fn all_that_is_written_is_for_its_owner_alone() {
    let (home, server) = (Home::new(), Scripted::start());
    let metadata = format!(
        r#"{{"issuer":"{0}","authorization_endpoint":"{0}/authorize","token_endpoint":"{0}/token","response_types_supported":["code"]}}"#,
        server.url
    );
    server.publish("/.well-known/oauth-authorization-server", Response::json("200 OK", &metadata));
    let connect = ["connect", "zendesk", "--workspace", "practice", "--no-browser"];
    let mut running = start_without_mask(&home, &connect);
    let tab = user::open_tab(&user::allow(&running.line("open: ")));
    running.wait().ok();
    tab.join().expect("a tab").expect("a page");
    let issuer = format!("issuer={}", server.url);
    let describe = ["connect", "oauth2", "--set", &issuer, "--set", "oauth.api.key=k", "--no-browser"];
    let mut running = start_without_mask(&home, &describe);
    running.line("open: ");
    running.interrupt();
    running.wait();
    start_without_mask(&home, &["token", "Zendesk"]).wait().ok();
    start_without_mask(&home, &["doctor"]).wait();
    for written in ["data/index.sqlite3", "data/home-id", "state/keyrack.log", "config/elements", "run/locks"]
    {
        assert!(home.path().join(written).exists(), "{written}");
    }
    assert_eq!(open_to_others(&home.path()), [""; 0]);
}

#[test]
fn a_home_that_is_open_to_others_is_closed() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    home.run(&["show", "nothing"]);
    let folders = ["", "data", "config", "state", "run", "run/locks"];
    let files = ["data/index.sqlite3", "state/keyrack.log"];
    for (paths, mode) in [(&folders[..], 0o777), (&files[..], 0o666)] {
        for path in paths {
            fs::set_permissions(home.path().join(path), fs::Permissions::from_mode(mode)).expect("opened");
        }
    }
    home.run(&["rename", "Zendesk", "Other"]).ok();
    home.run(&["renew", "Other"]).ok();
    let opened = open_to_others(&home.path());
    assert!(
        !opened.iter().any(|path| folders.iter().chain(&files).any(|known| path.ends_with(known))),
        "{opened:?}"
    );
    home.assert_consistent(1);
}

#[track_caller]
fn assert_refused(outcome: &Outcome, why: &str) {
    let error = outcome.error(1, "index_unwritable");
    assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{error}");
}

#[test]
fn a_home_of_another_user_is_refused() {
    // Only root can give a folder away; a test of `io::files` tries root's as another user.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for folder in ["", "data", "config", "state", "run"] {
        let home = Home::new();
        home.run(&["list"]).ok();
        chown(home.path().join(folder), Some(65534), None).expect("given away");
        assert_refused(&home.run(&["list", "--json"]), "belongs to another user");
    }
    // An index that was put there while the folder was open.
    let home = Home::new();
    home.run(&["list"]).ok();
    chown(home.path().join("data/index.sqlite3"), Some(65534), None).expect("given away");
    assert_refused(&home.run(&["list", "--json"]), "belongs to another user");
}

#[test]
fn a_link_in_place_of_the_index_or_the_log_is_not_followed() {
    let home = Home::new();
    home.run(&["show", "nothing"]);
    let target = home.path().with_extension("target");
    fs::copy(home.path().join("data/index.sqlite3"), &target).expect("copied");
    let before = fs::read(&target).expect("read");
    for file in ["state/keyrack.log", "data/index.sqlite3"] {
        let path = home.path().join(file);
        fs::remove_file(&path).expect("removed");
        symlink(&target, &path).expect("linked");
        let outcome = home.run(&["show", "nothing", "--json"]);
        match file {
            "state/keyrack.log" => drop(outcome.error(3, "connection_unknown")),
            _ => assert_refused(&outcome, "is a link"),
        }
        assert!(fs::read(&target).expect("read") == before, "{file}: nothing is written behind it");
    }
}

/// The browser and all that it starts would know the secret.
#[test]
fn no_child_knows_a_secret() {
    let (home, server) = (Home::new(), Scripted::start());
    write_element(&home, "acme", &plain_element("acme", &server.url));
    let folder = tempfile::tempdir().expect("a folder");
    let (seen, script) = (folder.path().join("seen"), folder.path().join("browser"));
    let text = format!("#!/bin/sh\n(env; echo \"$*\") > '{0}.new'; mv '{0}.new' '{0}'\n", seen.display());
    fs::write(&script, text).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("executable");
    let secret = "a-secret-of-the-client";
    let script = script.display().to_string();
    let options =
        ["--set", "oauth.api.key=k", "--secret", "oauth.api.secret=env:APP_SECRET", "--browser", &script];
    let running = home.start_with(
        &[&["connect", "acme"][..], &options].concat(),
        &[("APP_SECRET", secret), ("OTHER_VARIABLE", "stays")],
    );
    let environment = eventually("the browser has started", || fs::read_to_string(&seen).ok());
    running.interrupt();
    running.wait();
    assert!(environment.contains("OTHER_VARIABLE=stays"), "{environment}");
    assert!(!environment.contains(secret) && !environment.contains("APP_SECRET"), "{environment}");
    // Nor the token that is kept.
    sign_in(&home, &["connect", "acme", "--name", "Anvils"], "maria", &[]).ok();
    let again = [&["reconnect", "Anvils"][..], &options].concat();
    fs::remove_file(&seen).expect("removed");
    let running = home.start_with(&again, &[("APP_SECRET", secret)]);
    let environment = eventually("the browser has started", || fs::read_to_string(&seen).ok());
    running.interrupt();
    running.wait();
    assert!(!environment.contains("access-1") && !environment.contains(secret), "{environment}");
}
