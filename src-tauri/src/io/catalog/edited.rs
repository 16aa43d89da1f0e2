//! The check of a text before it becomes a file in the user's folder.

use super::files::{check_size, problem};
use super::{Catalog, Own};
use crate::domain::element::Element;
use crate::domain::element_file::Problem;

impl Catalog {
    /// Checks a text as strictly as a file is read. It is to replace the file of the element `replaces`, or to be a new one,
    /// whose key nothing else has.
    pub fn check_text(&self, text: &str, replaces: Option<&str>) -> Result<Element, Vec<Problem>> {
        check_size(text.len()).map_err(|what| vec![problem(None, what)])?;
        let element = Element::parse_among(text, |key| !self.is_free(key))?;
        if let Some(what) = self.describe_wrong_key(&element.key, replaces) {
            return Err(vec![Problem::at(text, "key", what)]);
        }
        if let Some(what) = self.describe_conflict(&element) {
            let at = if element.provider.is_some() { "provider" } else { "key" };
            return Err(vec![Problem::at(text, at, what)]);
        }
        Ok(element)
    }

    fn describe_wrong_key(&self, key: &str, replaces: Option<&str>) -> Option<String> {
        match replaces {
            Some(folder) if folder != key => {
                Some(format!("the file lies in the folder {folder}, so the key must be {folder}"))
            }
            None if !self.is_free(key) => {
                Some(format!("another element has the key {key}; choose another key"))
            }
            _ => None,
        }
    }

    /// With this element in the folder, one of two would not be used: they would share a callback address.
    fn describe_conflict(&self, element: &Element) -> Option<String> {
        let mut elements = self.own().elements.clone();
        elements.insert(element.key.clone(), element.clone());
        let mut own = Own { elements, ..Own::default() };
        own.drop_conflicting_providers(&self.folder);
        let fault = own.faults.first()?;
        if fault.key == element.key {
            return fault.problems.first().map(ToString::to_string);
        }
        Some(format!(
            "{} signs in elsewhere and has the provider {} too: give this element another one",
            fault.key,
            element.provider()
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::io::catalog::{create, save, shipped_text};

    /// The text of a shipped file under another key, with one part replaced.
    fn changed(key: &str, part: &str, by: &str) -> String {
        let text = shipped_text("zendesk").unwrap();
        let text = text.replacen("key = \"zendesk\"", &format!("key = \"{key}\""), 1);
        assert!(text.contains(part), "{part}");
        text.replacen(part, by, 1)
    }

    fn refused(folder: &Path, text: &str, replaces: Option<&str>) -> (Option<usize>, String) {
        let problems = Catalog::load(folder).check_text(text, replaces).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        (problems[0].line, problems[0].to_string())
    }

    #[test]
    fn a_new_file_has_a_key_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let text = changed("acme", "Zendesk", "Acme");
        assert_eq!(Catalog::load(folder.path()).check_text(&text, None).unwrap().key, "acme");
        save(folder.path(), "acme", "not even TOML").unwrap();
        for key in ["acme", "zendesk"] {
            let found = refused(folder.path(), &changed(key, "Zendesk", "Acme"), None);
            let what = format!("key: another element has the key {key}; choose another key");
            assert_eq!(found, (Some(2), what));
        }
    }

    #[test]
    fn a_changed_file_keeps_the_key_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), "acme", &changed("acme", "Zendesk", "Acme")).unwrap();
        let renamed = refused(folder.path(), &changed("other", "Zendesk", "Acme"), Some("acme"));
        let what = "key: the file lies in the folder acme, so the key must be acme";
        assert_eq!(renamed, (Some(2), what.to_owned()));
        let text = changed("acme", "Zendesk", "Acme 2");
        assert_eq!(Catalog::load(folder.path()).check_text(&text, Some("acme")).unwrap().name, "Acme 2");
    }

    #[test]
    fn a_text_that_could_not_be_read_as_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let later = format!("format = 99\nbrand_new = true\n{}", changed("acme", "Zendesk", "Acme"));
        let (line, what) = refused(folder.path(), &later, None);
        assert_eq!(line, Some(1));
        assert!(what.contains("this file is written in format 99"), "{what}");
        let (line, what) = refused(folder.path(), &changed("acme", "initials", "inititals"), None);
        assert_eq!(line, Some(4));
        assert!(what.contains("does not know the word `inititals`"), "{what}");
        let (line, what) = refused(folder.path(), &"#".repeat(64 * 1024 + 1), None);
        assert_eq!((line, what.as_str()), (None, "the file is larger than 65536 bytes"));
    }

    #[test]
    fn a_text_whose_provider_signs_in_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let with_provider = |key: &str| changed(key, "initials", "provider = \"salesforce\"\ninitials");
        let (line, what) = refused(folder.path(), &with_provider("acme"), None);
        assert_eq!(line, Some(4));
        assert!(what.contains("signs in elsewhere and has the provider salesforce too"), "{what}");
        // The first by key decides, so the other one would not be used.
        save(folder.path(), "zzz", &changed("zzz", "initials", "provider = \"shared\"\ninitials")).unwrap();
        let other = changed("acme", "initials", "provider = \"shared\"\ninitials");
        let other = other.replace(".zendesk.com", ".acme.example");
        let (_, what) = refused(folder.path(), &other, None);
        assert!(what.contains("zzz signs in elsewhere and has the provider shared too"), "{what}");
    }

    #[test]
    fn a_new_file_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path(), "acme", "first").unwrap();
        let error = create(folder.path(), "acme", "second").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        let files: Vec<_> = fs::read_dir(folder.path().join("acme")).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "no draft is left behind");
        assert_eq!(fs::read_to_string(files[0].path()).unwrap(), "first");
    }
}
