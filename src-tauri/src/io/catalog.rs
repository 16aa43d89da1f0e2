//! The catalogue: the elements shipped inside the program, extended or replaced by those in the user's folder. Each is read
//! when it is asked for.

mod edited;
mod files;
mod shipped;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::domain::element::Element;
use files::{FILE_NAME, Listing, fault, is_claimed, parse_file, problem, read_text, require_key, unreadable};
pub use files::{FileFault, create, file_of, files_at, read_file, remove, save};
pub use shipped::{is_shipped, shipped, shipped_text};

/// No platform has a tenth of this: a larger folder is there by mistake, and reading it all would take seconds.
const MAX_ELEMENTS: usize = 10_000;

#[derive(Debug, Default)]
pub struct Catalog {
    folder: PathBuf,
    limit: usize,
    own: OnceLock<Own>,
}

/// What the user's folder holds.
#[derive(Debug, Default)]
struct Own {
    elements: BTreeMap<String, Element>,
    /// Files that are not used. They hide the shipped elements of the same keys.
    faults: Vec<FileFault>,
    strays: Vec<FileFault>,
}

/// Why a key has no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElement<'c> {
    Unknown,
    /// There is a file, but it cannot be used.
    Invalid(&'c FileFault),
}

/// Reads a file whose `path_key` must be the key of an element that ships, or whose file is beside it or in the user's
/// folder. In a folder of elements it must have the key of its own folder.
pub fn check_file(
    file: &Path,
    key: Option<&str>,
    own_folder: impl Fn() -> Option<PathBuf>,
) -> Result<Element, FileFault> {
    let has = |folder: &Path, key: &str| folder.join(key).join(FILE_NAME).exists();
    let is_element = |key: &str| {
        is_shipped(key)
            || file.ancestors().nth(2).is_some_and(|folder| has(folder, key))
            || own_folder().is_some_and(|folder| has(&folder, key))
    };
    let element = parse_file(file, |text| Element::parse_among(text, is_element))?;
    match key {
        Some(key) => require_key(element, key, file),
        None => Ok(element),
    }
}

impl Catalog {
    /// The shipped elements alone.
    pub fn shipped() -> Self {
        Self { own: OnceLock::from(Own::default()), ..Self::default() }
    }

    /// The shipped elements and those in the user's folder. A file that cannot be used hides the shipped element of the
    /// same key: a user who replaced it does not want to sign in where the shipped one points.
    pub fn load(folder: &Path) -> Self {
        Self::load_at_most(folder, MAX_ELEMENTS)
    }

    fn load_at_most(folder: &Path, limit: usize) -> Self {
        Self { folder: folder.to_owned(), limit, own: OnceLock::new() }
    }

    pub fn find(&self, key: &str) -> Result<&Element, NoElement<'_>> {
        // Without a file of this key the folder need not be read.
        if self.own.get().is_none() && !self.has_own_file(key) {
            return shipped(key).ok_or(NoElement::Unknown);
        }
        let own = self.own();
        if let Some(fault) = own.faults.iter().find(|fault| fault.key == key) {
            return Err(NoElement::Invalid(fault));
        }
        own.elements.get(key).or_else(|| shipped(key)).ok_or(NoElement::Unknown)
    }

    /// The words of an element for a list, without a check against all others.
    pub fn describe(&self, key: &str) -> Option<Cow<'_, Element>> {
        if self.own.get().is_none() && self.has_own_file(key) {
            return read_file(&self.folder.join(key).join(FILE_NAME)).ok().map(Cow::Owned);
        }
        self.find(key).ok().map(Cow::Borrowed)
    }

    /// All elements, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        let own = self.own();
        let mut elements: BTreeMap<&str, &Element> =
            shipped::all().map(|element| (element.key.as_str(), element)).collect();
        for fault in &own.faults {
            elements.remove(fault.key.as_str());
        }
        elements.extend(own.elements.iter().map(|(key, element)| (key.as_str(), element)));
        elements.into_values()
    }

    /// The elements that sign in at this provider, by key.
    pub fn of_provider(&self, provider: &str) -> impl Iterator<Item = &Element> {
        let own = self.own();
        let replaced =
            |key: &str| own.elements.contains_key(key) || own.faults.iter().any(|fault| fault.key == key);
        let ours: Vec<_> = shipped::of_provider(provider).filter(|element| !replaced(&element.key)).collect();
        let theirs = own.elements.values().filter(move |element| element.provider() == provider);
        ours.into_iter().chain(theirs.collect::<Vec<_>>())
    }

    /// Whether the element with this key is a file in the user's folder.
    pub fn is_own(&self, key: &str) -> bool {
        self.own.get().map_or_else(|| self.has_own_file(key), |own| own.elements.contains_key(key))
    }

    /// Whether neither an element that ships nor a file in the user's folder has this key.
    pub fn is_free(&self, key: &str) -> bool {
        !is_shipped(key) && !self.has_own_file(key)
    }

    /// The text of the file with this key in the user's folder, whether or not it can be used. `None` if there is none.
    pub fn own_text(&self, key: &str) -> Option<Result<String, FileFault>> {
        self.has_own_file(key).then(|| read_text(&self.folder.join(key).join(FILE_NAME)))
    }

    /// The files that are not used.
    pub fn faults(&self) -> &[FileFault] {
        &self.own().faults
    }

    /// Entries of the user's folder that are no elements, and why.
    pub fn strays(&self) -> &[FileFault] {
        &self.own().strays
    }

    fn has_own_file(&self, key: &str) -> bool {
        // A key with a separator would lead out of the folder.
        !self.folder.as_os_str().is_empty()
            && !key.contains(['/', '\\', '.'])
            && !key.is_empty()
            && is_claimed(&self.folder.join(key))
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(|| Own::read(&self.folder, self.limit))
    }
}

impl Own {
    fn read(folder: &Path, limit: usize) -> Self {
        let mut own = Self::default();
        let mut files = match files::list(folder) {
            Ok(Listing { files, strays }) => {
                own.strays = strays;
                files
            }
            Err(error) => {
                own.faults.push(fault(folder, unreadable(&error)));
                return own;
            }
        };
        if files.len() > limit {
            let what = format!("the folder holds {} elements; only the first {limit} are read", files.len());
            own.faults.push(fault(folder, what));
            files.truncate(limit);
        }
        for (key, file) in files {
            match read_file(&file).and_then(|element| require_key(element, &key, &file)) {
                Ok(element) => {
                    own.elements.insert(key, element);
                }
                Err(fault) => own.faults.push(FileFault { key, ..fault }),
            }
        }
        own.drop_conflicting_providers(folder);
        own
    }

    /// Drops elements that claim the callback address of another authorization server (RFC 8252 §8.10). A shipped element
    /// decides which server a provider has, where there is one that was not replaced.
    fn drop_conflicting_providers(&mut self, folder: &Path) {
        let mut deciding: BTreeMap<String, Element> = BTreeMap::new();
        for element in self.elements.values() {
            let provider = element.provider();
            let is_unchanged =
                |ours: &&Element| self.elements.get(&ours.key).is_none_or(|theirs| theirs == *ours);
            let signs_in = |ours: &&Element| is_unchanged(ours) && !ours.servers().is_empty();
            let ours = shipped::of_provider(provider).find(signs_in);
            deciding.entry(provider.to_owned()).or_insert_with(|| ours.unwrap_or(element).clone());
        }
        let conflicts =
            |_: &String, element: &mut Element| !element.signs_in_where(&deciding[element.provider()]);
        for (key, element) in self.elements.extract_if(.., conflicts) {
            let what = format!(
                "{} signs in elsewhere and has the provider {} too: give this element another one",
                deciding[element.provider()].key,
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
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/elements").join(key).join(FILE_NAME);
        fs::read_to_string(file).unwrap()
    }

    #[test]
    fn every_shipped_element_reads_as_its_file() {
        let catalog = Catalog::shipped();
        assert!(catalog.iter().count() >= 300);
        for element in catalog.iter() {
            assert_eq!(Ok(element), Element::parse(&shipped_text(&element.key)).as_ref());
        }
    }

    #[test]
    fn shipped_elements_of_one_provider_share_one_server() {
        let catalog = Catalog::shipped();
        let mut providers: BTreeMap<String, &Element> = BTreeMap::new();
        for element in catalog.iter() {
            for server in element.servers() {
                let first = providers.entry(server.clone()).or_insert(element);
                let shared = first.provider() == element.provider();
                assert!(shared, "{} and {} sign in at {server}", first.key, element.key);
            }
            for other in catalog.of_provider(element.provider()) {
                let same = element.signs_in_where(other) || other.signs_in_where(element);
                assert!(same, "{} and {}", element.key, other.key);
            }
        }
    }

    #[test]
    fn a_missing_folder_adds_nothing() {
        let catalog = Catalog::load(Path::new("/nowhere/at/all"));
        assert_eq!(catalog.iter().count(), shipped::all().count());
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
    fn every_entry_of_the_folder_that_is_not_used_is_told_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let desk = shipped_text("desk");
        write(folder.path(), "zendesk", &"#".repeat(MAX_FILE_BYTES as usize + 1));
        write(folder.path(), "other", &desk);
        write(folder.path(), ".hidden", &desk);
        fs::create_dir_all(at("hubspot").join(FILE_NAME)).unwrap();
        fs::create_dir(at("empty")).unwrap();
        fs::create_dir(at("stripe")).unwrap();
        fs::write(at("stripe/Stripe.toml"), &desk).unwrap();
        fs::write(at("acme.toml"), &desk).unwrap();
        fs::write(at("README.md"), "Ours").unwrap();
        // What systems, version control and editors keep there is not told.
        for known in ["schema.json", ".DS_Store"] {
            fs::write(at(known), "").unwrap();
        }
        fs::create_dir(at(".git")).unwrap();
        let mut faults = vec![
            (".hidden/element.toml", "the folder is called .hidden, the key is desk"),
            ("hubspot/element.toml", "this is not a file"),
            ("other/element.toml", "the folder is called other, the key is desk"),
            ("zendesk/element.toml", "the file is larger than 65536 bytes"),
        ];
        let strays = [
            ("README.md", "this is not read: the file of an element is KEY/element.toml"),
            ("acme.toml", "this is not read: the file of an element is acme/element.toml"),
            ("empty", "the folder has no element.toml"),
            ("stripe", "the file is called Stripe.toml: rename it element.toml"),
        ];
        if cfg!(unix) {
            link("asana", &at("asana"));
            link("/nowhere", &at("box"));
            fs::create_dir(at("canva")).unwrap();
            link("/nowhere", &at("canva/element.toml"));
            for key in ["asana", "box", "canva"] {
                faults.push((key, "the file cannot be read: "));
            }
        }
        faults.sort_unstable();

        let catalog = Catalog::load(folder.path());
        let told = |faults: &[FileFault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (told, expected) in [(told(catalog.faults()), &faults[..]), (told(catalog.strays()), &strays[..])]
        {
            assert_eq!(told.len(), expected.len(), "{told:#?}");
            for (line, (entry, what)) in told.iter().zip(expected) {
                assert!(line.starts_with(&at(entry).display().to_string()), "{entry} in {line}");
                assert!(line.contains(&format!(": {what}")) && line.lines().count() == 1, "{what} in {line}");
            }
        }
        // The same before the folder was read and after.
        for catalog in [Catalog::load(folder.path()), catalog] {
            assert!(catalog.find("stripe").is_ok(), "a folder without a file replaces nothing");
            let is_unix_fault = |key: &&str| cfg!(unix) || ["zendesk", "hubspot"].contains(key);
            for key in ["zendesk", "hubspot", "asana", "box", "canva"].iter().filter(|key| is_unix_fault(key))
            {
                assert!(matches!(catalog.find(key), Err(NoElement::Invalid(_))), "{key}");
            }
        }
    }

    #[cfg(unix)]
    fn link(target: &str, at: &Path) {
        std::os::unix::fs::symlink(target, at).unwrap();
    }

    #[cfg(not(unix))]
    fn link(_: &str, _: &Path) {}

    #[test]
    fn a_folder_of_elements_that_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("elements");
        fs::write(&file, "").unwrap();
        let catalog = Catalog::load(&file);
        assert_eq!(catalog.iter().count(), shipped::all().count());
        let told = catalog.faults()[0].to_string();
        assert!(told.starts_with(&format!("{}: the folder cannot be read: ", file.display())), "{told}");
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
