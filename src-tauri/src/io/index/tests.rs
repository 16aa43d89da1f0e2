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
            workspace: WorkspaceId::Local,
            element: "zendesk".into(),
            product: "Zendesk".into(),
            instance: None,
            name: name.into(),
            tags: vec!["a".into()],
            identity: None,
            host: None,
            created_at: 1,
            missing: vec![],
            callback: BTreeMap::from([("realmId".into(), "4711".into())]),
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
fn a_finished_attempt_is_a_row_and_no_longer_an_attempt() {
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
fn a_name_taken_meanwhile_is_numbered_rather_than_lost() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    assert_eq!(finish(&index, "b", "SUPPORT").name, "SUPPORT 2");
    assert!(matches!(index.rename("b", "support"), Err(IndexError::NameTaken)));
}

#[test]
fn finishing_twice_leaves_one_row() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    finish(&index, "a", "Support");
    assert_eq!(index.connections(None).expect("read").len(), 1);
}

#[test]
fn a_removal_can_be_found_half_done_and_its_name_is_free() {
    let (_dir, index) = index();
    finish(&index, "a", "Support");
    index.begin_removal("a", false, 5).expect("begun");
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
    finish(&index, "a", "Support");
    assert_ne!(other.data_version().expect("read"), before);
    assert_eq!(other.connections(None).expect("read").len(), 1);
}

#[test]
fn a_number_of_an_instance_is_never_given_twice() {
    let (_dir, index) = index();
    finish(&index, "a", "One");
    finish(&index, "b", "Two");
    index.begin_removal("b", false, 5).expect("begun");
    index.finish_removal("b").expect("finished");
    assert_eq!(finish(&index, "c", "Three").instance.as_deref(), Some("3"));
    let found = index.by_instance("local", "3").expect("read").expect("known");
    assert_eq!(found.id, "c");
    assert_eq!(index.by_instance("practice", "3").expect("read"), None);
}

#[test]
fn an_element_token_finds_its_connection_by_its_hash_alone() {
    let (_dir, index) = index();
    finish(&index, "a", "One");
    finish(&index, "b", "Two");
    let found = index.by_token("local", &token_of("b")).expect("read").expect("known");
    assert_eq!(found.name, "Two");
    assert_eq!(index.by_token("local", &token_of("c")).expect("read"), None);
}

#[test]
fn a_workspace_is_seen_only_between_its_adding_and_its_removal() {
    let (_dir, index) = index();
    let row = HostedRow { id: "w".into(), name: "Acme".into(), base_url: "https://a.example".into() };
    index.begin_workspace(&row, 1).expect("begun");
    assert!(index.hosted().expect("read").is_empty());
    assert_eq!(index.half_added().expect("read"), std::slice::from_ref(&row));
    let twin = HostedRow { id: "x".into(), name: "ACME".into(), ..row.clone() };
    assert!(matches!(index.begin_workspace(&twin, 1), Err(IndexError::NameTaken)));
    index.finish_workspace("w").expect("finished");
    assert_eq!(index.hosted().expect("read"), std::slice::from_ref(&row));
    let mut inside = connection("a", "One");
    inside.workspace = WorkspaceId::Hosted("w".into());
    inside.instance = Some("x1".into());
    index.finish_attempt(&inside, &token_of("a")).expect("finished");
    index.begin_workspace_removal("w").expect("begun");
    assert!(index.hosted().expect("read").is_empty());
    assert_eq!(index.removals().expect("read"), ["a"]);
    assert_eq!(index.half_removed().expect("read"), [row]);
    index.finish_workspace_removal("w").expect("finished");
    index.begin_workspace(&twin, 2).expect("the name is free again");
}
