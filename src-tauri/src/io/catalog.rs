//! Where elements come from: the files inside the program, and the person's own folder, whose files add elements or
//! replace ours. What a file may say is `domain/element`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::domain::element::Element;
use crate::domain::element_file::Problem;

/// The files inside the program, with their keys.
const SHIPPED: [(&str, &str); 10] = [
    ("actessentialsoauth", include_str!("../../elements/actessentialsoauth/element.toml")),
    ("ciscospark", include_str!("../../elements/ciscospark/element.toml")),
    ("desk", include_str!("../../elements/desk/element.toml")),
    ("oauth1", include_str!("../../elements/oauth1/element.toml")),
    ("oauth2", include_str!("../../elements/oauth2/element.toml")),
    ("sfdc", include_str!("../../elements/sfdc/element.toml")),
    ("sfdcdocuments", include_str!("../../elements/sfdcdocuments/element.toml")),
    ("sfdcmarketingcloud", include_str!("../../elements/sfdcmarketingcloud/element.toml")),
    ("sfdcservicecloud", include_str!("../../elements/sfdcservicecloud/element.toml")),
    ("zendesk", include_str!("../../elements/zendesk/element.toml")),
];

/// The name of the one file in an element's folder.
const FILE_NAME: &str = "element.toml";

/// Our largest file has 3 KiB; one of this size is not an element file.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// More folders than the whole platform ever had elements: beyond this the folder is something else.
const MAX_FOLDERS: usize = 1000;

/// All elements that can be connected, and the files that could not be read.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    elements: BTreeMap<String, Element>,
    faults: Vec<FileFault>,
}

/// A file of the person's folder that is not used, with the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The key that the file would have had: the name of its folder.
    pub key: String,
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it; never empty.
    pub problems: Vec<Problem>,
}

/// Why a key has no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElement<'c> {
    /// Neither the program nor the person's folder knows it.
    Unknown,
    /// There is a file, but it cannot be used.
    Invalid(&'c FileFault),
}

impl Catalog {
    /// The elements inside the program alone.
    pub fn shipped() -> Self {
        let parse = |(key, text): (&str, &str)| {
            (key.to_owned(), Element::parse(text).expect("a test reads every file inside the program"))
        };
        Self { elements: SHIPPED.into_iter().map(parse).collect(), faults: Vec::new() }
    }

    /// The elements inside the program and those in the person's folder. A file that cannot be used takes no other
    /// down with it, but it does hide ours of the same key: whoever replaced an element does not want to sign in
    /// where ours points.
    pub fn load(folder: &Path) -> Self {
        let mut catalog = Self::shipped();
        for (key, file) in element_files(folder) {
            catalog.elements.remove(&key);
            match read_file(&file) {
                Ok(element) if element.key == key => {
                    catalog.elements.insert(key, element);
                }
                Ok(element) => {
                    let what = format!("the folder is called {key}, the key is {}", element.key);
                    catalog.faults.push(FileFault { key, file, problems: vec![problem(Some(1), what)] });
                }
                Err(fault) => catalog.faults.push(FileFault { key, ..fault }),
            }
        }
        catalog.part_servers(folder);
        catalog
    }

    /// The element with this key.
    pub fn find(&self, key: &str) -> Result<&Element, NoElement<'_>> {
        self.elements.get(key).ok_or_else(|| {
            let fault = self.faults.iter().find(|fault| fault.key == key);
            fault.map_or(NoElement::Unknown, NoElement::Invalid)
        })
    }

    /// All elements, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.elements.values()
    }

    /// The files that are not used.
    pub fn faults(&self) -> &[FileFault] {
        &self.faults
    }

    /// Drops elements of the person's folder that claim the callback address of another authorization server
    /// (RFC 8252 §8.10). Ours are all of one mind, which a test checks, so they are the measure where they exist.
    fn part_servers(&mut self, folder: &Path) {
        let mut measure: BTreeMap<String, Element> = BTreeMap::new();
        for element in Self::shipped().elements.into_values() {
            // A shipped element that was replaced as a whole no longer speaks for its provider.
            if self.elements.get(&element.key) == Some(&element) {
                measure.entry(element.provider().to_owned()).or_insert(element);
            }
        }
        for element in self.elements.values() {
            measure.entry(element.provider().to_owned()).or_insert_with(|| element.clone());
        }
        let strangers: Vec<Element> =
            self.elements.values().filter(|e| !e.same_server(&measure[e.provider()])).cloned().collect();
        for element in strangers {
            self.elements.remove(&element.key);
            let what = format!(
                "{} signs in elsewhere and has the provider {} too: give this element another one",
                measure[element.provider()].key,
                element.provider()
            );
            let file = folder.join(&element.key).join(FILE_NAME);
            self.faults.push(FileFault { key: element.key, file, problems: vec![problem(None, what)] });
        }
    }
}

/// Writes an element file into the person's folder, whole or not at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, key: &str, text: &str) -> std::io::Result<()> {
    let folder = folder.join(key);
    fs::create_dir_all(&folder)?;
    // Another program may read it at this moment: it sees the old file or the new one.
    let new = folder.join(format!(".{FILE_NAME}.{}", std::process::id()));
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&new, folder.join(FILE_NAME)));
    if moved.is_err() {
        let _ = fs::remove_file(&new);
    }
    moved
}

/// Takes an element out of the person's folder. What else lies in its own folder stays.
///
/// # Errors
/// When the folder cannot be written.
pub fn remove(folder: &Path, key: &str) -> std::io::Result<()> {
    let folder = folder.join(key);
    fs::remove_file(folder.join(FILE_NAME))?;
    // Fails if the person keeps something else there.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Reads one element file, wherever it lies.
pub fn read_file(file: &Path) -> Result<Element, FileFault> {
    let fault = |problems| FileFault { key: String::new(), file: file.to_owned(), problems };
    let text = read_bounded(file).map_err(|what| fault(vec![problem(None, what)]))?;
    Element::parse(&text).map_err(fault)
}

/// The element files in a folder. A folder that does not exist holds none: nobody has to make it.
fn element_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(String, PathBuf)> = entries
        .flatten()
        .take(MAX_FOLDERS)
        .filter_map(|entry| {
            let file = entry.path().join(FILE_NAME);
            file.exists().then(|| (entry.file_name().to_string_lossy().into_owned(), file))
        })
        .collect();
    files.sort();
    files
}

fn read_bounded(file: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {error}");
    // Opening a pipe would wait for whoever writes into it.
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err("this is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(file)
        .map_err(unreadable)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
}

fn problem(line: Option<usize>, what: String) -> Problem {
    Problem { line, at: String::new(), what }
}

impl fmt::Display for FileFault {
    /// One line for each problem: `path:line: what`, as editors and terminals understand it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", self.file.display())?;
            if let Some(line) = problem.line {
                write!(f, "{line}:")?;
            }
            write!(f, " {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, key: &str, text: &str) {
        fs::create_dir_all(folder.join(key)).unwrap();
        fs::write(folder.join(key).join(FILE_NAME), text).unwrap();
    }

    fn shipped_text(key: &str) -> String {
        SHIPPED.iter().find(|(k, _)| *k == key).unwrap().1.to_owned()
    }

    #[test]
    fn every_file_inside_the_program_is_valid_and_lies_under_its_key() {
        for (key, text) in SHIPPED {
            let element = Element::parse(text).unwrap_or_else(|problems| panic!("{key}: {problems:?}"));
            assert_eq!(element.key, key);
        }
        assert_eq!(Catalog::shipped().iter().count(), SHIPPED.len());
    }

    #[test]
    fn elements_of_one_provider_inside_the_program_share_one_server() {
        let catalog = Catalog::shipped();
        for (a, b) in catalog.iter().flat_map(|a| catalog.iter().map(move |b| (a, b))) {
            assert_eq!(a.provider() == b.provider(), a.same_server(b), "{} and {}", a.key, b.key);
        }
    }

    #[test]
    fn a_folder_that_does_not_exist_adds_nothing() {
        let catalog = Catalog::load(Path::new("/nowhere/at/all"));
        assert_eq!(catalog.iter().count(), SHIPPED.len());
        assert!(catalog.faults().is_empty());
    }

    #[test]
    fn a_file_of_the_person_adds_or_replaces_an_element() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "zendesk",
            &shipped_text("zendesk").replace("name = \"Zendesk\"", "name = \"Ours\""),
        );
        write(
            folder.path(),
            "acmedesk",
            &shipped_text("desk").replace("key = \"desk\"", "key = \"acmedesk\""),
        );
        let catalog = Catalog::load(folder.path());
        assert!(catalog.faults().is_empty(), "{:?}", catalog.faults());
        assert_eq!(catalog.find("zendesk").unwrap().name, "Ours");
        assert_eq!(catalog.find("acmedesk").unwrap().provider(), "acmedesk");
        assert_eq!(catalog.find("nothing"), Err(NoElement::Unknown));
    }

    #[test]
    fn a_fault_names_the_file_and_the_line_and_hides_only_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "zendesk", &shipped_text("zendesk").replace("initials", "inititals"));
        let catalog = Catalog::load(folder.path());
        let NoElement::Invalid(fault) = catalog.find("zendesk").unwrap_err() else {
            panic!("expected a fault")
        };
        let file = folder.path().join("zendesk").join(FILE_NAME);
        let text = fault.to_string();
        assert!(
            text.starts_with(&format!(
                "{}:4: inititals: this version does not know the word `inititals`",
                file.display()
            )),
            "{text}"
        );
        assert!(catalog.find("desk").is_ok());
    }

    #[test]
    fn a_folder_with_another_name_than_the_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "other", &shipped_text("zendesk"));
        let catalog = Catalog::load(folder.path());
        assert!(catalog.find("zendesk").is_ok());
        assert!(catalog.faults()[0].to_string().contains("the folder is called other, the key is zendesk"));
    }

    #[test]
    fn an_element_may_not_take_the_callback_address_of_another_server() {
        let folder = tempfile::tempdir().unwrap();
        let evil = shipped_text("zendesk")
            .replace("key = \"zendesk\"\n", "key = \"aaa\"\nprovider = \"salesforce\"\n");
        write(folder.path(), "aaa", &evil);
        // Replacing one of the family is no way around it.
        let replaced = shipped_text("zendesk")
            .replace("key = \"zendesk\"\n", "key = \"sfdc\"\nprovider = \"salesforce\"\n");
        write(folder.path(), "sfdc", &replaced);
        let catalog = Catalog::load(folder.path());
        for key in ["aaa", "sfdc"] {
            assert!(matches!(catalog.find(key), Err(NoElement::Invalid(_))), "{key}");
        }
        assert!(catalog.find("sfdcdocuments").is_ok());
    }

    #[test]
    fn what_is_no_element_file_is_refused_without_reading_it_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("large"), "#".repeat(MAX_FILE_BYTES as usize + 1)).unwrap();
        fs::write(file("binary"), [0xff, 0xfe]).unwrap();
        for (name, what) in [("large", "larger than"), ("binary", "not UTF-8"), ("missing", "cannot be read")]
        {
            let fault = read_file(&file(name)).unwrap_err();
            assert!(fault.to_string().contains(what), "{fault}");
        }
        assert!(read_file(folder.path()).unwrap_err().to_string().contains("this is not a file"));
    }
}
