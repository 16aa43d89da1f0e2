//! An index that is damaged or missing: every command names `doctor`, which builds it again from the keychain.

use std::fs;
use std::path::PathBuf;

use crate::support::home::Home;

fn index_file(home: &Home) -> PathBuf {
    home.path().join("data/index.sqlite3")
}

/// Replaces the index by bytes that are none.
fn overwrite_index(home: &Home) {
    home.delete_index();
    fs::write(index_file(home), [0xa7; 20_000]).expect("written");
}

/// Breaks the inner pages of the index, which is opened without a fault.
fn break_pages(home: &Home) {
    home.index().pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
    let mut bytes = fs::read(index_file(home)).expect("read");
    bytes[4_200..].fill(0xa7);
    fs::write(index_file(home), bytes).expect("written");
}

#[test]
fn doctor_builds_a_lost_index_again() {
    for lose in [overwrite_index, Home::delete_index, break_pages] {
        let home = Home::new();
        home.connect(&["zendesk", "--name", "Support"]);
        home.connect(&["desk"]);
        let token = home.run(&["token", "Support"]).ok().stdout;
        lose(&home);
        for command in
            [&["list", "--json"][..], &["token", "Support", "--json"], &["test", "--all", "--json"]]
        {
            home.run(command).error(1, "index_damaged");
        }
        let told = home.run(&["list"]).stderr;
        assert!(told.contains("keyrack doctor"), "{told}");
        let doctor = home.run(&["doctor"]).ok().stdout;
        assert!(doctor.contains("2 of them were missing in the list and are back"), "{doctor}");
        assert_eq!(home.run(&["token", "Support"]).ok().stdout, token);
        home.assert_consistent(2);
        let again = home.run(&["doctor"]).ok().stdout;
        assert!(!again.contains("missing") && !again.contains("set aside"), "{again}");
    }
}

#[test]
fn a_damaged_index_is_kept_beside_the_new_one() {
    let home = Home::new();
    home.connect(&["zendesk"]);
    overwrite_index(&home);
    let doctor = home.run(&["doctor"]).ok().stdout;
    assert!(doctor.contains("it was damaged, and is set aside: "), "{doctor}");
    let folder = fs::read_dir(home.path().join("data")).expect("listed");
    let kept: Vec<_> = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|file| file.to_string_lossy().contains("index-damaged-"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read(&kept[0]).expect("read"), [0xa7; 20_000]);
}

#[test]
fn first_starts_at_once_find_no_lost_index() {
    let home = Home::new();
    let started: Vec<_> = (0..8).map(|_| home.start(&["list"])).collect();
    for running in started {
        running.wait().ok();
    }
}
