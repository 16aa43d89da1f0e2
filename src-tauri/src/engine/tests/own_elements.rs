use std::fs;
use std::path::PathBuf;

use super::bench::Bench;
use crate::domain::error::Code;
use crate::domain::view::ElementProblem;
use crate::engine::WorkspaceId;

/// Where the file of an element of the user lies.
fn file(bench: &Bench, key: &str) -> PathBuf {
    bench.engine.paths.elements().join(key).join("element.toml")
}

fn own_keys(bench: &Bench) -> Vec<String> {
    let entries = fs::read_dir(bench.engine.paths.elements()).expect("a folder").flatten();
    let mut keys: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    keys.sort();
    keys
}

fn problem(line: usize, text: &str) -> Vec<ElementProblem> {
    vec![ElementProblem { line: Some(line), text: text.to_owned() }]
}

#[tokio::test]
async fn a_copy_takes_the_next_free_key_and_is_written_only_when_it_is_saved() {
    let bench = Bench::usual().await;
    for (key, name) in [
        ("zendesk-own", "Zendesk (own)"),
        ("zendesk-own-2", "Zendesk (own 2)"),
        ("zendesk-own-3", "Zendesk (own 3)"),
    ] {
        let before = own_keys(&bench);
        let text = bench.engine.copy_element("zendesk").expect("a copy");
        assert_eq!(bench.engine.check_element_text(&text, None), []);
        assert_eq!(own_keys(&bench), before, "nothing is written yet");
        let saved = bench.engine.save_element_text(&text, None).expect("saved");
        assert_eq!((saved.key.as_str(), saved.name.as_str()), (key, name));
        assert_eq!(fs::read_to_string(file(&bench, key)).expect("a file"), text);
        assert_eq!(bench.engine.own_element_text(key).expect("a text"), text);
    }
    let comments = bench.engine.copy_element("zendesk").expect("a copy");
    assert!(comments.contains("# The platform calls it by either name."), "{comments}");
    let unknown = bench.engine.copy_element("nonesuch").expect_err("unknown");
    assert_eq!(unknown.code, Code::ElementUnknown);
}

#[tokio::test]
async fn a_new_element_takes_no_key_that_is_in_use() {
    let bench = Bench::usual().await;
    let before = own_keys(&bench);
    let text = bench.engine.copy_element("zendesk").expect("a copy");
    for taken in ["acme", "zendesk"] {
        let text = text.replace("zendesk-own", taken);
        let what = format!("key: another element has the key {taken}; choose another key");
        assert_eq!(bench.engine.check_element_text(&text, None), problem(1, &what));
        let refused = bench.engine.save_element_text(&text, None).expect_err("taken");
        assert_eq!((refused.code, refused.detail), (Code::ElementInvalid, Some(format!("line 1: {what}"))));
    }
    assert_eq!(own_keys(&bench), before);
}

#[tokio::test]
async fn a_text_with_faults_is_refused_and_nothing_is_written() {
    let bench = Bench::usual().await;
    let before = own_keys(&bench);
    let text = bench.engine.copy_element("zendesk").expect("a copy");
    let later = format!("format = 99\nunheard_of = true\n{text}");
    for text in [text.replace("initials", "inititals"), later, "name = ".to_owned(), String::new()] {
        let problems = bench.engine.check_element_text(&text, None);
        assert!(!problems.is_empty(), "{text}");
        let refused = bench.engine.save_element_text(&text, None).expect_err("refused");
        assert_eq!(refused.code, Code::ElementInvalid);
        assert!(refused.detail.is_some_and(|detail| detail.contains(&problems[0].text)), "{problems:?}");
    }
    let later = bench.engine.check_element_text(&format!("format = 99\n{text}"), None);
    assert_eq!((later.len(), later[0].line), (1, Some(1)));
    assert!(later[0].text.contains("written in format 99"), "{later:?}");
    assert_eq!(own_keys(&bench), before);
}

#[tokio::test]
async fn a_changed_element_keeps_its_key_and_its_file_until_the_text_is_good() {
    let bench = Bench::usual().await;
    let text = bench.engine.own_element_text("acme").expect("a text");
    let renamed = text.replace("key = \"acme\"", "key = \"other\"");
    let what = "key: the file lies in the folder acme, so the key must be acme";
    assert_eq!(bench.engine.check_element_text(&renamed, Some("acme")), problem(2, what));
    for bad in [renamed, text.replace("gives", "gvies")] {
        let refused = bench.engine.save_element_text(&bad, Some("acme")).expect_err("refused");
        assert_eq!(refused.code, Code::ElementInvalid);
        assert_eq!(bench.engine.own_element_text("acme").expect("a text"), text);
    }
    let changed = text.replace("Anvils", "Anvils and hammers");
    assert_eq!(bench.engine.check_element_text(&changed, Some("acme")), []);
    let saved = bench.engine.save_element_text(&changed, Some("acme")).expect("saved");
    assert_eq!(saved.gives, "Anvils and hammers");
    assert_eq!(bench.engine.element("acme").expect("listed").gives, "Anvils and hammers");
    // A shipped element has no file to change, and neither has one that was deleted meanwhile.
    bench.engine.remove_element("acme").expect("removed");
    for gone in ["acme", "zendesk", "../acme"] {
        let unknown = bench.engine.save_element_text(&changed, Some(gone)).expect_err("no file");
        assert_eq!(unknown.code, Code::ElementUnknown);
        assert_eq!(bench.engine.own_element_text(gone).expect_err("no file").code, Code::ElementUnknown);
    }
    assert!(!file(&bench, "acme").exists());
}

#[tokio::test]
async fn only_an_element_of_the_user_names_its_hosts_and_can_be_removed() {
    let bench = Bench::usual().await;
    let text = bench.engine.copy_element("zendesk").expect("a copy");
    let own = bench.engine.save_element_text(&text, None).expect("saved");
    let view = |workspace, element| bench.engine.element_view(&workspace, element);
    let hosts = ["support.zendesk.com", "‹Zendesk address›.zendesk.com"].map(str::to_owned).to_vec();
    let shown = view(WorkspaceId::Local, &own);
    assert_eq!((shown.own, shown.hosts), (true, Some(hosts)));
    let hosted = view(WorkspaceId::Hosted("a".to_owned()), &own);
    assert_eq!((hosted.own, hosted.hosts), (false, None));
    let shipped = bench.engine.element("zendesk").expect("shipped");
    let shown = view(WorkspaceId::Local, &shipped);
    assert_eq!((shown.own, shown.hosts), (false, None));
    assert_eq!(bench.engine.remove_element("zendesk").expect_err("shipped").code, Code::ElementUnknown);
    bench.connect("acme", &[], "").await;
    assert_eq!(bench.engine.remove_element("acme").expect_err("in use").code, Code::ElementInUse);
    bench.engine.remove_element("zendesk-own").expect("removed");
    assert_eq!(bench.engine.element("zendesk-own").expect_err("gone").code, Code::ElementUnknown);
}
