//! The element files in the user's folder: copied from a shipped one, changed and removed.

use std::borrow::Cow;
use std::io::ErrorKind;

use super::Engine;
use super::shared::{invalid_file, unwritable_folder};
use crate::domain::element::Element;
use crate::domain::element_file::{Problem, copy_text};
use crate::domain::error::{Code, Failure};
use crate::domain::view::ElementProblem;
use crate::io::catalog::{self, Catalog, FileFault, shipped_text};

impl Engine {
    /// The text of a copy of an element, under a key that is free: `KEY-own`, `KEY-own-2` and so on. Writes nothing.
    ///
    /// Errors: [`Code::ElementUnknown`]; [`Code::ElementInvalid`].
    pub fn copy_element(&self, key: &str) -> Result<String, Failure> {
        let element = self.element(key)?;
        let catalog = self.reload_catalog();
        let text = match catalog.own_text(key) {
            Some(own) => Cow::Owned(own.map_err(unreadable)?),
            None => Cow::Borrowed(shipped_text(key).ok_or_else(|| unknown(key))?),
        };
        let mark = free_mark(&catalog, key);
        let name = format!("{} ({})", element.name, mark.replace('-', " "));
        let copy = copy_text(&text, &format!("{key}-{mark}"), &name);
        copy.ok_or_else(|| Failure::internal("an element file without a key"))
    }

    /// The text of an element file in the user's folder.
    ///
    /// Errors: [`Code::ElementUnknown`] if there is none; [`Code::ElementInvalid`] if it cannot be read.
    pub fn own_element_text(&self, key: &str) -> Result<String, Failure> {
        self.catalog().own_text(key).ok_or_else(|| unknown(key))?.map_err(unreadable)
    }

    /// What keeps a text from being saved, as `keyrack elements check` finds it, by line. It is to replace the file of the
    /// element `replaces`, or to be a new one.
    pub fn check_element_text(&self, text: &str, replaces: Option<&str>) -> Vec<ElementProblem> {
        let mut problems = self.catalog().check_text(text, replaces).err().unwrap_or_default();
        problems.sort_by_key(|problem| problem.line);
        let view = |problem: &Problem| ElementProblem { line: problem.line, text: problem.to_string() };
        problems.iter().map(view).collect()
    }

    /// Writes a text without faults into the user's folder, whole.
    ///
    /// Errors: [`Code::ElementInvalid`] with its faults; [`Code::ElementUnknown`] if the file that it replaces is gone;
    /// [`Code::IndexUnwritable`] for the folder.
    pub fn save_element_text(&self, text: &str, replaces: Option<&str>) -> Result<Element, Failure> {
        let catalog = self.reload_catalog();
        let folder = self.paths.elements();
        if let Some(key) = replaces.filter(|key| catalog.own_text(key).is_none()) {
            return Err(unknown(key));
        }
        let checked = catalog.check_text(text, replaces);
        let key = checked.map_err(|problems| invalid_file(&folder, &problems))?.key;
        let save = if replaces.is_some() { catalog::save } else { catalog::create };
        save(&folder, &key, text).map_err(|error| match error.kind() {
            // Another program wrote it just now.
            ErrorKind::AlreadyExists => {
                Failure::new(Code::ElementInvalid).name(&key).detail("the key is taken")
            }
            _ => unwritable_folder(error),
        })?;
        tracing::info!(element = %key, "saved");
        // Read back, so that the form shows what the file says.
        self.reload_catalog();
        self.element(&key)
    }

    /// Deletes an element file in the user's folder.
    ///
    /// Errors: [`Code::ElementUnknown`] if there is none; [`Code::ElementInUse`] with the name of a connection.
    pub fn remove_element(&self, key: &str) -> Result<(), Failure> {
        self.element(key)?;
        if !self.catalog().is_own(key) {
            return Err(unknown(key));
        }
        if let Some(name) = self.index.find_element_user(key)? {
            return Err(Failure::new(Code::ElementInUse).name(name));
        }
        catalog::remove(&self.paths.elements(), key).map_err(unwritable_folder)?;
        self.reload_catalog();
        Ok(())
    }
}

fn unknown(key: &str) -> Failure {
    Failure::new(Code::ElementUnknown).name(key)
}

fn unreadable(fault: FileFault) -> Failure {
    invalid_file(&fault.file, &fault.problems)
}

/// What makes the key of a copy a free one.
fn free_mark(catalog: &Catalog, key: &str) -> String {
    let is_free = |mark: &String| catalog.is_free(&format!("{key}-{mark}"));
    let first = "own".to_owned();
    if is_free(&first) {
        return first;
    }
    let mut numbered = (2..).map(|number: u32| format!("own-{number}"));
    numbered.find(is_free).unwrap_or(first)
}
