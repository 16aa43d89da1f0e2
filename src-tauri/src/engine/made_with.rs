//! What a connection was made with: its element, its values, and the platform that answers for it.

use super::Engine;
use crate::domain::connection::Item;
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, Values};
use crate::platform::Local;

/// What a connection of this computer was made with.
pub struct MadeWith {
    /// Its element, as its file is now.
    pub element: Element,
    /// The values of its form, checked against that.
    pub values: Values,
    /// Who answers for it. It notes what it asks from here on.
    pub local: Local,
}

impl Engine {
    /// What an item was made with, if it may still be used: an element file that names other hosts than before gets no
    /// token of an earlier sign-in.
    ///
    /// # Errors
    /// [`Code::ElementUnknown`] and [`Code::ElementInvalid`]; [`Code::NeedsSettings`] if the file no longer takes the
    /// values; [`Code::SignInExpired`] if it names other hosts.
    pub fn made_with(&self, item: &Item) -> Result<MadeWith, Failure> {
        let element = self.element(&item.element)?;
        let values = form::check_entries(&element, &item.configuration)
            .map_err(|_| Failure::new(Code::NeedsSettings).product(&element.name))?;
        let local = self.local(&item.workspace);
        if !local.is_pinned(&element, &values, &item.pinned_hosts) {
            let changed = Failure::new(Code::SignInExpired).product(&element.name);
            return Err(changed.detail("the addresses have changed"));
        }
        Ok(MadeWith { element, values, local })
    }
}
