//! Every file of the catalogue.

use std::fs;
use std::path::PathBuf;

use crate::element::Element;

pub(super) fn files() -> Vec<(String, String)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../elements"));
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of elements")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let key = path.file_name().expect("a name").to_string_lossy().into_owned();
            (key, fs::read_to_string(path.join("element.toml")).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_valid_and_in_the_folder_of_its_key() {
    let files = files();
    let is_element = |key: &str| files.iter().any(|(known, _)| known == key);
    let mut faults = Vec::new();
    for (key, text) in &files {
        match Element::parse_among(text, is_element) {
            Ok(element) if element.key == *key => {
                let replaced = element.replaced_by.as_ref().is_none_or(|key| is_element(key));
                if !replaced {
                    faults.push(format!("{key}: replaced_by names no element"));
                }
            }
            Ok(element) => faults.push(format!("{key}: the key is {}", element.key)),
            Err(problems) => {
                faults.extend(problems.iter().map(|p| format!("{key}:{}: {p}", p.line.unwrap_or_default())))
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
