//! The table of rings in docs/architecture.md, read from the imports.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src-tauri/src");
const DOMAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src-tauri/domain/src");

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// Lines of code that name a forbidden path. Tests may use what they like.
fn offences(ring: &str, forbidden: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let folder = if ring == "domain" { DOMAIN.into() } else { Path::new(SOURCE).join(ring) };
    let files = rust_files(&folder);
    assert!(!files.is_empty(), "the ring {ring} has files");
    for file in files {
        let name = file.display().to_string();
        if name.contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            for path in forbidden {
                if line.contains(path) {
                    found.push(format!("{name}:{}: {path}", number + 1));
                }
            }
        }
    }
    found
}

/// Each test that docs/security.md names, with the file it should be in.
#[test]
fn each_test_that_the_security_notes_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notes = fs::read_to_string(root.join("docs/security.md")).expect("readable");
    let mut names = 0;
    for name in notes.split('`').filter(|text| text.contains("::") && !text.contains('…')) {
        let (module, test) = name.rsplit_once("::").expect("a path");
        let folder = match module.split("::").next().expect("a word") {
            "cli" => root.join("tests/cli"),
            "window" => root.join("tests/window"),
            "domain" => root.join("src-tauri/domain/src"),
            ring => root.join("src-tauri/src").join(ring),
        };
        let file_of_module = module.split("::").filter(|word| *word != "tests").last().expect("a word");
        let found = rust_files(&folder).into_iter().any(|file| {
            let path = file.display().to_string();
            let here = path.contains(&format!("/{file_of_module}"));
            here && fs::read_to_string(&file).expect("readable").contains(&format!("fn {test}("))
        });
        assert!(found, "{name} does not exist");
        names += 1;
    }
    let rows = notes.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    assert_eq!(rows.count(), 47);
    assert!(names > 80, "{names} tests are named");
}

#[test]
fn each_ring_uses_only_the_rings_inside_it() {
    let table: [(&str, &[&str]); 5] = [
        ("io", &["crate::platform", "crate::engine", "crate::desktop", "crate::cli", "crate::serve"]),
        ("platform", &["crate::engine", "crate::desktop", "crate::cli", "crate::serve"]),
        ("engine", &["crate::desktop", "crate::cli", "crate::serve"]),
        ("serve", &["crate::desktop", "crate::cli"]),
        ("desktop", &["crate::cli", "crate::serve"]),
    ];
    let found: Vec<_> = table.iter().flat_map(|(ring, forbidden)| offences(ring, forbidden)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_domain_is_pure() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant",
        "getrandom",
        "tokio",
        "reqwest",
        "rusqlite",
        "keyring",
        "tauri",
        "axum",
        "async fn",
        "println!",
    ];
    let found = offences("domain", &outside);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_window_knows_tauri() {
    let found: Vec<_> = ["domain", "io", "platform", "engine", "serve", "cli"]
        .iter()
        .flat_map(|ring| offences(ring, &["tauri::"]))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_page_reaches_the_program_through_one_file() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src");
    let mut folders = vec![ui];
    let mut importing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the UI") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains("@tauri-apps/")) {
                importing.push(path.file_name().expect("a name").to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(importing, ["api.ts"]);
}
