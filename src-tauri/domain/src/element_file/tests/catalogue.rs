//! Every file of the catalogue.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::element::{Element, KEY_ENDS, KEY_FIELD};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/adding-an-element.md");

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

/// The file in docs/adding-an-element.md, alone and with each of the other examples.
#[test]
fn the_examples_of_the_guide_are_valid() {
    let guide = fs::read_to_string(GUIDE).expect("the guide").replace("\r\n", "\n");
    let blocks: Vec<&str> =
        guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [file, field, oauth, site, ways] = blocks.as_slice() else { panic!("{} examples", blocks.len()) };
    let parse =
        |text: &str| Element::parse(text).unwrap_or_else(|problems| panic!("{problems:?} in\n{text}"));
    for text in [(*file).to_owned(), format!("{file}\n{field}")] {
        let element = parse(&text);
        let keys: Vec<_> = element.fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!(keys, [KEY_FIELD, KEY_ENDS]);
    }
    let signs_in = parse(&file.replace("[auth.api_key]\n", oauth));
    assert!(signs_in.auth.needs_browser());
    let of_site =
        format!("{file}\n{site}").replace("https://api.acme.example", "https://{site}.acme.example");
    assert!(parse(&of_site).is_host_part("site"));
    let several = file.replace("[auth.api_key]\n", "");
    assert_eq!(parse(&format!("{several}\n{ways}")).each_way().count(), 2);
}

#[test]
fn every_element_is_in_a_category_of_the_guide() {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ").replace(" and ", ", ");
    let listed = guide.split("`category` is one of ").nth(1).and_then(|rest| rest.split('.').next());
    let listed: BTreeSet<&str> = listed.expect("the categories").split(", ").collect();
    let files = files();
    let elements = files.iter().filter_map(|(_, text)| Element::parse(text).ok());
    let used: BTreeSet<String> = elements.map(|element| element.category).collect();
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn a_named_way_is_found_with_and_without_a_copy_of_its_element() {
    for (key, text) in files() {
        let element = Element::parse(&text).unwrap_or_else(|_| panic!("{key}"));
        let names = element.each_way().filter_map(|way| way.way).map(Some);
        for way in names.chain([None, Some("none-such".to_owned())]) {
            let way = way.as_deref();
            let narrowed = element.in_named_way(way).map(|narrowed| narrowed.auth);
            assert_eq!(element.auth_of(way), narrowed.as_ref(), "{key} {way:?}");
        }
        let narrowed: Vec<_> = element.each_way().filter_map(|way| Some((way.way?, way.label))).collect();
        let named: Vec<_> = element
            .named_ways()
            .map(|(name, label, _)| (name.to_owned(), label.map(str::to_owned)))
            .collect();
        assert_eq!(named, narrowed, "{key}");
    }
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
