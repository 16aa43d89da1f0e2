//! Which platform answers for a workspace, which elements it has, and which provider a connection signed in at.

use std::time::{Duration, Instant};

use url::Url;

use super::{Engine, WorkspaceId};
use crate::domain::element::Element;
use crate::domain::element::search::{self, Found};
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;
use crate::domain::item::Item;
use crate::io::index::HostedRow;
use crate::platform::{Hosted, Local, Platform, Provider};

/// How long a platform's catalogue is cached: long enough to fill in a form, short enough to see new elements soon.
const CATALOG_LIFE: Duration = Duration::from_secs(300);

impl Engine {
    /// Errors: [`Code::WorkspaceUnknown`]; a keychain that cannot be asked for the secrets.
    pub(super) async fn platform(&self, workspace: &WorkspaceId) -> Result<Platform, Failure> {
        Ok(match workspace {
            WorkspaceId::Hosted(id) => Platform::Hosted(self.hosted(id).await?),
            ours => Platform::Local(self.local(ours)),
        })
    }

    pub(super) async fn hosted(&self, id: &str) -> Result<Hosted, Failure> {
        let row = self.hosted_row(id)?;
        let address = base_url(&row)?;
        let secrets = self.secrets(&WorkspaceId::Hosted(id.to_owned())).await;
        Ok(Hosted::new(&self.http, address, secrets.map_err(|failure| failure.name(&row.name))?))
    }

    pub(super) fn hosted_row(&self, id: &str) -> Result<HostedRow, Failure> {
        let row = self.index.hosted_workspaces()?.into_iter().find(|row| row.id == id);
        row.ok_or_else(|| Failure::new(Code::WorkspaceUnknown).name(id))
    }

    pub fn local(&self, workspace: &WorkspaceId) -> Local {
        let practice = (*workspace == WorkspaceId::Practice).then(|| self.practice_provider());
        Local::new(&self.http, practice)
    }

    /// The elements of a workspace: at a hosted platform its own list, in our words where we have them.
    pub async fn elements_in(&self, workspace: &WorkspaceId) -> Result<Vec<Element>, Failure> {
        let WorkspaceId::Hosted(id) = workspace else {
            return Ok(self.reload_catalog().iter().cloned().collect());
        };
        let known = self.hosted_catalogs().get(id).filter(|(at, _)| at.elapsed() < CATALOG_LIFE).cloned();
        let listed = match known {
            Some((_, listed)) => listed,
            None => {
                let listed = self.hosted(id).await?.elements().await?;
                self.hosted_catalogs().insert(id.clone(), (Instant::now(), listed.clone()));
                listed
            }
        };
        // An element of ours that the platform does not list could not be connected there.
        let ours = self.catalog();
        let ours = |theirs: &Element| {
            let same = |key: &str| ours.find(key).ok().filter(|ours| ours.wire_key() == theirs.key);
            // A key here has no capitals.
            let found = same(&theirs.key).or_else(|| same(&theirs.key.to_ascii_lowercase()));
            found.cloned().map(Element::as_hosted)
        };
        Ok(listed.into_iter().map(|theirs| ours(&theirs).unwrap_or(theirs)).collect())
    }

    /// The provider of a connection of this computer.
    ///
    /// Errors: [`Code::ElementUnknown`], [`Code::ElementInvalid`]; [`Code::NeedsSettings`] if the element's file no
    /// longer takes the values; [`Code::SignInExpired`] if it names other hosts, which get no token.
    pub async fn provider_of(&self, item: &Item) -> Result<Provider, Failure> {
        let form = self.filled_form(item)?;
        let product = form.element.name.clone();
        let outdated = || Failure::new(Code::NeedsSettings).product(&product);
        let bound = self.local(&item.workspace).bind(form).await;
        let provider =
            bound.map_err(|failure| if failure.code == Code::FormInvalid { outdated() } else { failure })?;
        if provider.hosts() != item.pinned_hosts {
            let changed = Failure::new(Code::SignInExpired).product(&product);
            return Err(changed.detail("the addresses have changed"));
        }
        Ok(provider)
    }

    /// The form that a connection was made with.
    ///
    /// Errors: [`Code::ElementUnknown`], [`Code::ElementInvalid`]; [`Code::NeedsSettings`] if the element's file no
    /// longer takes the values.
    pub fn filled_form(&self, item: &Item) -> Result<FilledForm, Failure> {
        let element = self.element(&item.element)?;
        let form = FilledForm::of_entries(&element, item.way.as_deref(), &item.configuration);
        let mut form = form.map_err(|_| Failure::new(Code::NeedsSettings).product(&element.name))?;
        form.values = form.values.with_callback(&item.callback);
        Ok(form)
    }

    /// The element that a user means: by its key in any case, its name or a former name.
    ///
    /// Errors: [`Code::ElementUnknown`] with what may be meant; [`Code::ElementInvalid`].
    pub async fn find_element(&self, workspace: &WorkspaceId, text: &str) -> Result<Element, Failure> {
        let exact = self.element_in(workspace, text).await;
        if !exact.as_ref().is_err_and(|failure| failure.code == Code::ElementUnknown) {
            return exact;
        }
        let elements = self.elements_in(workspace).await.unwrap_or_default();
        match search::find(&elements, text) {
            Found::One(element) => self.element_in(workspace, &element.key).await,
            Found::Near(near) => {
                let candidates = near.iter().map(|e| format!("{} ({})", e.key, e.name)).collect::<Vec<_>>();
                let candidates = Some(candidates).filter(|candidates| !candidates.is_empty());
                exact.map_err(|failure| Failure { candidates, ..failure })
            }
        }
    }

    /// The element with this key in a workspace, with its whole form.
    ///
    /// Errors: [`Code::ElementUnknown`], [`Code::ElementInvalid`].
    pub async fn element_in(&self, workspace: &WorkspaceId, key: &str) -> Result<Element, Failure> {
        match (self.element(key), workspace) {
            (Err(unknown), WorkspaceId::Hosted(id)) if unknown.code == Code::ElementUnknown => {
                self.hosted(id).await?.element(key).await
            }
            (found, WorkspaceId::Hosted(_)) => found.map(Element::as_hosted),
            (found, _) => found,
        }
    }
}

pub(super) fn base_url(row: &HostedRow) -> Result<Url, Failure> {
    row.base_url.parse().map_err(|_| Failure::internal("a stored address is none"))
}
