//! The item of a new sign-in.

use std::collections::BTreeMap;

use crate::domain::connection::{Connection, Facts};
use crate::domain::item::Item;
use crate::domain::sensitive::Sensitive;
use crate::domain::workspace::WorkspaceId;
use crate::platform::Issued;

/// What an item is made of, beside what was issued.
pub(super) struct NewItem<'a> {
    pub(super) attempt: &'a str,
    /// The connection that was signed in to again.
    pub(super) again: Option<&'a Connection>,
    pub(super) workspace: &'a WorkspaceId,
    pub(super) element: String,
    pub(super) product: String,
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    pub(super) host: Option<String>,
    pub(super) configuration: BTreeMap<String, Sensitive<String>>,
}

impl NewItem<'_> {
    /// The item that holds all of it. Who it belongs to is asked later. `now` is in milliseconds since 1970.
    pub(super) fn with(self, issued: Issued, now: i64) -> Item {
        Item {
            facts: Facts {
                id: self.again.map_or(self.attempt, |connection| &connection.id).to_owned(),
                workspace: self.workspace.clone(),
                element: self.element,
                product: self.product,
                instance: issued.instance,
                name: self.name,
                tags: self.tags,
                host: self.host,
                created_at: self.again.map_or(now, |connection| connection.created_at),
                missing: issued.missing,
                callback: issued.callback,
                ..Facts::default()
            },
            received_at: now,
            pinned_hosts: issued.hosts,
            configuration: self.configuration,
            credential: issued.credential,
            element_token: issued.token,
        }
    }
}
