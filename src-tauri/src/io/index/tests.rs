use crate::domain::connection::Facts;
use crate::domain::connection::{Connection, Status};
use crate::domain::error::Failure;
use crate::domain::workspace::WorkspaceId;
use std::collections::BTreeMap;

use super::*;

/// Finishes an attempt with a token of its own.
fn finish(index: &Index, id: &str, name: &str) -> Connection {
    index.finish_attempt(&connection(id, name), &token_of(id)).expect("finished")
}

fn token_of(id: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..id.len()].copy_from_slice(id.as_bytes());
    hash
}

fn index() -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().expect("a folder");
    let index = Index::open(&dir.path().join("index.sqlite3")).expect("an index");
    (dir, index)
}

fn connection(id: &str, name: &str) -> Connection {
    Connection {
        facts: Facts {
            id: id.into(),
            element: "zendesk".into(),
            product: "Zendesk".into(),
            name: name.into(),
            tags: vec!["a".into()],
            created_at: 1,
            callback: BTreeMap::from([("realmId".into(), "4711".into())]),
            ..Facts::default()
        },
        disabled: false,
        status: Status::Ok,
        last_code: None,
        identity_key: None,
        scopes: vec![],
        renewed_at: None,
        expires_at: Some(2),
    }
}

#[test]
fn finishing_an_attempt_inserts_the_row_and_closes_the_attempt() {
    let (_dir, index) = index();
    let open = OpenAttempt {
        id: "a".into(),
        workspace: WorkspaceId::Local,
        element: "zendesk".into(),
        name: "Support".into(),
        again: None,
        started_at: 1,
    };
    index.begin_attempt(&open).expect("begun");
    assert_eq!(index.open_attempts().expect("read"), [open]);
    let row = finish(&index, "a", "Support");
    assert!(index.open_attempts().expect("read").is_empty());
    assert_eq!(row.instance.as_deref(), Some("1"), "this computer numbers its instances");
    assert_eq!(index.connections(None).expect("read"), [row]);
}

#[test]
fn a_connection_whose_name_was_taken_meanwhile_gets_a_number() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    assert_eq!(finish(&index, "b", "SUPPORT").name, "SUPPORT 2");
    assert!(matches!(index.rename("b", "support"), Err(IndexError::NameTaken)));
}

#[test]
fn a_name_that_looks_like_another_gets_a_number_and_finds_it() {
    let (_dir, index) = index();
    finish(&index, "a", "caf\u{e9}");
    assert_eq!(finish(&index, "b", "c\u{430}fe\u{301}").name, "c\u{430}fe\u{301} 2");
    let found = index.find("CAFE\u{301}", None).expect("read");
    assert_eq!(found.iter().map(|connection| connection.id.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn names_of_an_earlier_version_that_look_the_same_go_on_working() {
    let (_dir, index) = index();
    finish(&index, "a", "paypal");
    finish(&index, "b", "other");
    let sql = "UPDATE connection SET name = ?1, folded = ?1 WHERE id = 'b'";
    index.sqlite().execute(sql, ["p\u{430}yp\u{430}l"]).expect("written");
    for (name, id) in [("paypal", "a"), ("p\u{430}yp\u{430}l", "b")] {
        let found = index.find(name, None).expect("read");
        assert_eq!(found.iter().map(|connection| connection.id.as_str()).collect::<Vec<_>>(), [id]);
    }
}

#[test]
fn finishing_an_attempt_twice_leaves_one_row() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    finish(&index, "a", "Support");
    assert_eq!(index.connections(None).expect("read").len(), 1);
}

#[test]
fn a_pending_removal_is_listed_and_frees_the_name() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    index.begin_removal("a", false, 5).expect("begun");
    assert!(index.connections(None).expect("read").is_empty());
    assert_eq!(finish(&index, "b", "Support").name, "Support");
    assert_eq!(index.pending_removals().expect("read"), ["a"]);
    index.finish_removal("a").expect("finished");
    assert!(index.pending_removals().expect("read").is_empty());
}

/// Names, contents and modes of all files in a folder.
fn snapshot(dir: &std::path::Path) -> std::collections::BTreeMap<std::path::PathBuf, (Vec<u8>, String)> {
    let files = std::fs::read_dir(dir).expect("listed").map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| {
        let permissions = format!("{:?}", std::fs::metadata(&path).expect("metadata").permissions());
        (path.clone(), (std::fs::read(path).expect("read"), permissions))
    };
    files.map(read).collect()
}

#[test]
fn an_index_of_a_newer_version_is_refused_by_name_and_left_unchanged() {
    let (dir, index) = index();
    index.sqlite().pragma_update(None, "user_version", 99).expect("set");
    drop(index);
    let path = dir.path().join("index.sqlite3");
    let before = snapshot(dir.path());
    let error = Index::open(&path).err().expect("refused");
    assert!(matches!(&error, IndexError::Newer(file) if *file == path), "{error}");
    assert_eq!(Failure::from(error).name.as_deref(), path.to_str());
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn a_newer_version_in_the_wal_of_a_killed_process_is_refused_and_left_there() {
    let (dir, index) = index();
    index.sqlite().pragma_update(None, "user_version", 99).expect("set");
    // What a killed process leaves: the files as they are while the index is open.
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["index.sqlite3", "index.sqlite3-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).expect("copied");
    }
    let path = copy.path().join("index.sqlite3");
    let before = snapshot(copy.path());
    assert!(matches!(Index::open(&path), Err(IndexError::Newer(_))));
    let after = snapshot(copy.path());
    for (path, file) in before {
        assert_eq!(after[&path], file, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_index_files() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, index) = index();
    index.set_setting(Setting::Appearance, "dark").expect("written");
    for entry in std::fs::read_dir(dir.path()).expect("listed") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
}

#[test]
fn another_process_sees_a_change() {
    let (dir, index) = index();
    let other = Index::open(&dir.path().join("index.sqlite3")).expect("opened twice");
    let before = other.data_version().expect("read");
    finish(&index, "a", "Support");
    assert_ne!(other.data_version().expect("read"), before);
    assert_eq!(other.connections(None).expect("read").len(), 1);
}

#[test]
fn instance_numbers_are_never_reused() {
    let (_dir, index) = index();
    finish(&index, "a", "One");
    finish(&index, "b", "Two");
    index.begin_removal("b", false, 5).expect("begun");
    index.finish_removal("b").expect("finished");
    assert_eq!(finish(&index, "c", "Three").instance.as_deref(), Some("3"));
    let found = index.find_by_instance(&WorkspaceId::Local, "3").expect("read").expect("known");
    assert_eq!(found.id, "c");
    assert_eq!(index.find_by_instance(&WorkspaceId::Practice, "3").expect("read"), None);
}

#[test]
fn a_connection_is_found_by_the_hash_of_its_element_token() {
    let (_dir, index) = index();
    finish(&index, "a", "One");
    finish(&index, "b", "Two");
    let found = index.find_by_token(&WorkspaceId::Local, &token_of("b")).expect("read").expect("known");
    assert_eq!(found.name, "Two");
    assert_eq!(index.find_by_token(&WorkspaceId::Local, &token_of("c")).expect("read"), None);
}

#[test]
fn a_workspace_is_listed_between_its_adding_and_its_removal() {
    let (_dir, index) = index();
    let row = HostedRow { id: "w".into(), name: "Acme".into(), base_url: "https://a.example".into() };
    index.begin_workspace(&row, 1).expect("begun");
    assert!(index.hosted_workspaces().expect("read").is_empty());
    assert_eq!(index.pending_workspace_additions().expect("read"), std::slice::from_ref(&row));
    let twin = HostedRow { id: "x".into(), name: "ACME".into(), ..row.clone() };
    assert!(matches!(index.begin_workspace(&twin, 1), Err(IndexError::NameTaken)));
    index.finish_workspace("w").expect("finished");
    assert_eq!(index.hosted_workspaces().expect("read"), std::slice::from_ref(&row));
    let mut inside = connection("a", "One");
    inside.workspace = WorkspaceId::Hosted("w".into());
    inside.instance = Some("x1".into());
    index.finish_attempt(&inside, &token_of("a")).expect("finished");
    index.set_setting(Setting::CliWorkspace, "w").expect("selected");
    index.set_setting(Setting::WindowSize, "w").expect("not an id");
    index.begin_workspace_removal("w").expect("begun");
    assert_eq!(index.setting(Setting::CliWorkspace).expect("read"), None);
    assert_eq!(index.setting(Setting::WindowSize).expect("read").as_deref(), Some("w"));
    assert!(index.hosted_workspaces().expect("read").is_empty());
    assert_eq!(index.pending_removals().expect("read"), ["a"]);
    assert_eq!(index.pending_workspace_removals().expect("read"), [row]);
    index.finish_workspace_removal("w").expect("finished");
    index.begin_workspace(&twin, 2).expect("the name is free again");
}
