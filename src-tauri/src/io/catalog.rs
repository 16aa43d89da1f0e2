//! The catalogue: the elements shipped inside the program, extended or replaced by those in the user's folder.

mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::element::Element;
use files::{FILE_NAME, parse_file, problem};
pub use files::{FileFault, read_file, remove, save};

/// The shipped files, by key.
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

/// No platform has a tenth of this: a larger folder is there by mistake, and reading it all would take seconds.
const MAX_ELEMENTS: usize = 10_000;

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    elements: BTreeMap<String, Element>,
    faults: Vec<FileFault>,
}

/// Why a key has no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElement<'c> {
    Unknown,
    /// There is a file, but it cannot be used.
    Invalid(&'c FileFault),
}

/// Reads a file whose `path_key` must be the key of an element that ships, or whose file is beside it or in the user's
/// folder.
pub fn check_file(file: &Path, own_folder: impl Fn() -> Option<PathBuf>) -> Result<Element, FileFault> {
    let has = |folder: &Path, key: &str| folder.join(key).join(FILE_NAME).exists();
    let is_element = |key: &str| {
        SHIPPED.iter().any(|(shipped, _)| *shipped == key)
            || file.ancestors().nth(2).is_some_and(|folder| has(folder, key))
            || own_folder().is_some_and(|folder| has(&folder, key))
    };
    parse_file(file, |text| Element::parse_among(text, is_element))
}

impl Catalog {
    /// The shipped elements alone.
    pub fn shipped() -> Self {
        let parse = |(key, text): (&str, &str)| {
            (key.to_owned(), Element::parse(text).expect("a test reads every shipped file"))
        };
        Self { elements: SHIPPED.into_iter().map(parse).collect(), faults: Vec::new() }
    }

    /// The shipped elements and those in the user's folder. A file that cannot be used hides the shipped element of the
    /// same key: a user who replaced it does not want to sign in where the shipped one points.
    pub fn load(folder: &Path) -> Self {
        Self::load_at_most(folder, MAX_ELEMENTS)
    }

    fn load_at_most(folder: &Path, limit: usize) -> Self {
        let mut catalog = Self::shipped();
        let mut files = files::list(folder);
        if files.len() > limit {
            let what = format!("the folder holds {} elements; only the first {limit} are read", files.len());
            let problems = vec![problem(None, what)];
            catalog.faults.push(FileFault { key: String::new(), file: folder.to_owned(), problems });
            files.truncate(limit);
        }
        for (key, file) in files {
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
        catalog.drop_conflicting_providers(folder);
        catalog
    }

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

    /// Drops elements of the user's folder that claim the callback address of another authorization server
    /// (RFC 8252 §8.10). A shipped element decides which server a provider has, where there is one.
    fn drop_conflicting_providers(&mut self, folder: &Path) {
        let shipped = Self::shipped();
        // A replaced element no longer decides.
        let unchanged = shipped.iter().filter(|element| self.elements.get(&element.key) == Some(*element));
        let mut servers: BTreeMap<String, Element> = BTreeMap::new();
        for element in unchanged.chain(self.elements.values()) {
            servers.entry(element.provider().to_owned()).or_insert_with(|| element.clone());
        }
        let conflicts =
            |_: &String, element: &mut Element| !element.same_server(&servers[element.provider()]);
        for (key, element) in self.elements.extract_if(.., conflicts) {
            let what = format!(
                "{} signs in elsewhere and has the provider {} too: give this element another one",
                servers[element.provider()].key,
                element.provider()
            );
            let file = folder.join(&key).join(FILE_NAME);
            self.faults.push(FileFault { key, file, problems: vec![problem(None, what)] });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use files::MAX_FILE_BYTES;
    use std::fs;

    fn write(folder: &Path, key: &str, text: &str) {
        fs::create_dir_all(folder.join(key)).unwrap();
        fs::write(folder.join(key).join(FILE_NAME), text).unwrap();
    }

    fn shipped_text(key: &str) -> String {
        SHIPPED.iter().find(|(k, _)| *k == key).unwrap().1.to_owned()
    }

    #[test]
    fn every_shipped_file_is_valid_and_in_the_folder_of_its_key() {
        for (key, text) in SHIPPED {
            let element = Element::parse(text).unwrap_or_else(|problems| panic!("{key}: {problems:?}"));
            assert_eq!(element.key, key);
            assert!(SHIPPED.iter().any(|(key, _)| *key == element.path_key()), "{key}: the path key");
        }
        assert_eq!(Catalog::shipped().iter().count(), SHIPPED.len());
    }

    #[test]
    fn shipped_elements_of_one_provider_share_one_server() {
        let catalog = Catalog::shipped();
        for (a, b) in catalog.iter().flat_map(|a| catalog.iter().map(move |b| (a, b))) {
            assert_eq!(a.provider() == b.provider(), a.same_server(b), "{} and {}", a.key, b.key);
        }
    }

    #[test]
    fn a_missing_folder_adds_nothing() {
        let catalog = Catalog::load(Path::new("/nowhere/at/all"));
        assert_eq!(catalog.iter().count(), SHIPPED.len());
        assert!(catalog.faults().is_empty());
    }

    #[test]
    fn a_file_of_the_user_adds_or_replaces_an_element() {
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
        let expected = "4: inititals: this version does not know the word `inititals`";
        assert!(text.starts_with(&format!("{}:{expected}", file.display())), "{text}");
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
        // A replaced element of the family must not change that.
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
    fn a_file_that_is_too_large_or_not_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("large"), "#".repeat(MAX_FILE_BYTES as usize + 1)).unwrap();
        fs::write(file("binary"), [0xff, 0xfd]).unwrap();
        for (name, what) in [("large", "larger than"), ("binary", "not UTF-8"), ("missing", "cannot be read")]
        {
            let fault = read_file(&file(name)).unwrap_err();
            assert!(fault.to_string().contains(what), "{fault}");
        }
        assert!(read_file(folder.path()).unwrap_err().to_string().contains("this is not a file"));
    }

    #[test]
    fn more_elements_than_the_limit_are_reported_and_folders_without_a_file_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..1_200 {
            fs::create_dir(folder.path().join(format!("empty{n}"))).unwrap();
        }
        for key in ["zaa", "zbb", "zcc"] {
            write(
                folder.path(),
                key,
                &shipped_text("desk").replace("key = \"desk\"", &format!("key = \"{key}\"")),
            );
        }
        let catalog = Catalog::load(folder.path());
        assert!(catalog.faults().is_empty() && catalog.find("zcc").is_ok(), "{:?}", catalog.faults());
        let catalog = Catalog::load_at_most(folder.path(), 2);
        assert_eq!(catalog.find("zcc"), Err(NoElement::Unknown));
        let text = catalog.faults()[0].to_string();
        assert!(text.ends_with(": the folder holds 3 elements; only the first 2 are read"), "{text}");
    }
}
