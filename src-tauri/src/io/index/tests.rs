use super::*;

fn index() -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().expect("a folder");
    let index = Index::open(&dir.path().join("index.sqlite3")).expect("an index");
    (dir, index)
}

fn connection(id: &str, name: &str) -> Connection {
    Connection {
        id: id.into(),
        workspace: "local".into(),
        element: "zendesk".into(),
        name: name.into(),
        tags: vec!["a".into()],
        status: Status::Ok,
        last_code: None,
        identity: None,
        host: None,
        scopes: vec![],
        created_at: 1,
        renewed_at: None,
        expires_at: Some(2),
    }
}

#[test]
fn a_finished_attempt_is_a_row_and_no_longer_an_attempt() {
    let (_dir, index) = index();
    let open = OpenAttempt {
        id: "a".into(),
        workspace: "local".into(),
        element: "zendesk".into(),
        name: "Support".into(),
    };
    index.begin_attempt(&open, 1).expect("begun");
    assert_eq!(index.open_attempts().expect("read"), ["a"]);
    index.finish_attempt(&connection("a", "Support")).expect("finished");
    assert!(index.open_attempts().expect("read").is_empty());
    assert_eq!(index.connections(None).expect("read"), [connection("a", "Support")]);
}

#[test]
fn a_name_taken_meanwhile_is_numbered_rather_than_lost() {
    let (_dir, index) = index();
    index.finish_attempt(&connection("a", "Support")).expect("first");
    assert_eq!(index.finish_attempt(&connection("b", "SUPPORT")).expect("second"), "SUPPORT 2");
    assert!(matches!(index.rename("b", "support"), Err(IndexError::NameTaken)));
}

#[test]
fn finishing_twice_leaves_one_row() {
    let (_dir, index) = index();
    index.finish_attempt(&connection("a", "Support")).expect("first");
    index.finish_attempt(&connection("a", "Support")).expect("again");
    assert_eq!(index.connections(None).expect("read").len(), 1);
}

#[test]
fn a_removal_can_be_found_half_done_and_its_name_is_free() {
    let (_dir, index) = index();
    index.finish_attempt(&connection("a", "Support")).expect("a row");
    index.begin_removal("a").expect("begun");
    assert!(index.connections(None).expect("read").is_empty());
    assert!(!index.name_taken("local", "Support").expect("read"));
    assert_eq!(index.removals().expect("read"), ["a"]);
    index.finish_removal("a").expect("finished");
    assert!(index.removals().expect("read").is_empty());
}

#[test]
fn an_index_of_a_newer_version_is_refused_and_untouched() {
    let (dir, index) = index();
    index.sqlite().pragma_update(None, "user_version", 99).expect("set");
    drop(index);
    let path = dir.path().join("index.sqlite3");
    assert!(matches!(Index::open(&path), Err(IndexError::Newer)));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_index() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, index) = index();
    index.set_setting("a", "b").expect("written");
    for entry in std::fs::read_dir(dir.path()).expect("listed") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
}

#[test]
fn another_program_sees_a_change() {
    let (dir, index) = index();
    let other = Index::open(&dir.path().join("index.sqlite3")).expect("opened twice");
    let before = other.data_version().expect("read");
    index.finish_attempt(&connection("a", "Support")).expect("a row");
    assert_ne!(other.data_version().expect("read"), before);
    assert_eq!(other.connections(None).expect("read").len(), 1);
}
