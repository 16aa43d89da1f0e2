//! What `keyrack version` says of the program and of where its data is.

use std::fs;

use crate::support::home::Home;

#[test]
fn the_version_names_the_commit_and_where_data_is_without_opening_the_index() {
    let home = Home::new();
    let data = home.path().join("data");
    fs::create_dir_all(&data).expect("a folder");
    fs::write(data.join("index.sqlite3"), "not an index").expect("written");

    let version = home.run(&["version", "--json"]).ok().json();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let commit = version["commit"].as_str().expect("a commit");
    assert!(
        commit == "unknown" || commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
        "{commit}"
    );
    let date = version["build_date"].as_str().expect("a date");
    assert!(date.starts_with("20") && date.ends_with('Z'), "{date}");
    assert_eq!(version["data_dir"], data.display().to_string());
    assert_eq!(version["keychain"]["service"], "keyrack");
    let id = fs::read_to_string(data.join("home-id")).expect("an id");
    let prefix = version["keychain"]["home_id_prefix"].as_str().expect("a prefix");
    assert!(id.starts_with(prefix) && prefix.len() < id.trim().len(), "{prefix}");

    let lines = home.run(&["version"]).ok().stdout;
    for word in [env!("CARGO_PKG_VERSION"), commit, date, &data.display().to_string(), prefix] {
        assert!(lines.contains(word), "{word} in {lines}");
    }
}
