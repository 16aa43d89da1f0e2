//! Imports instances of a hosted platform, which is only read: they become connections with their Element tokens.

use std::collections::HashMap;

use super::keep::UNTAG_TIMEOUT;
use super::workspace::Workspace;
use super::{Engine, WorkspaceId};
use crate::domain::connection::{Connection, Facts, normalize_name, normalize_tags};
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::{attempt_tag, without_attempt_tags};
use crate::domain::text;
use crate::domain::view::{ImportView, InstanceView, NotImported};
use crate::io::clock;
use crate::io::index::{IndexError, OpenAttempt};
use crate::platform::{Hosted, Instance};

impl Engine {
    /// The instances of a hosted workspace by name, or those whose name contains a text; with their connections here.
    ///
    /// Errors: [`Code::Usage`] for a workspace that is not hosted.
    pub async fn instances(
        &self,
        workspace: &Workspace,
        search: Option<&str>,
    ) -> Result<Vec<InstanceView>, Failure> {
        let hosted = self.importing(workspace).await?;
        let there = match search {
            Some(text) => hosted.named(text).await?,
            None => hosted.instances().await?,
        };
        let rows = self.index.connections(Some(&workspace.id))?.into_iter();
        let mut known: HashMap<_, _> =
            rows.filter_map(|row| Some((row.facts.instance?, row.facts.id))).collect();
        let view = |instance: Instance| {
            let connection = known.remove(&instance.id);
            self.instance_view(instance, connection)
        };
        let mut instances: Vec<_> = there.into_iter().map(view).collect();
        instances.sort_by_cached_key(|i| (i.name.to_lowercase(), i.id.clone()));
        Ok(instances)
    }

    /// Imports instances that are not here yet. One that fails does not stop the others.
    pub async fn import(&self, workspace: &Workspace, ids: &[String]) -> Result<ImportView, Failure> {
        let hosted = self.importing(workspace).await?;
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        let mut done = ImportView { added: Vec::new(), failed: Vec::new() };
        for id in ids {
            match self.import_one(workspace, &hosted, id).await {
                Ok(Some(row)) => done.added.push(self.view(row)),
                Ok(None) => {}
                Err(failure) => done.failed.push(NotImported { instance: id.clone(), failure }),
            }
        }
        Ok(done)
    }

    async fn import_one(
        &self,
        workspace: &Workspace,
        hosted: &Hosted,
        id: &str,
    ) -> Result<Option<Connection>, Failure> {
        if self.index.find_by_instance(&workspace.id, id)?.is_some() {
            return Ok(None);
        }
        let instance = hosted.instance(id).await?;
        let (attempt, lock) = self.begin(&workspace.id, &instance.element, &instance.name, None)?;
        let kept = self.keep_instance(&attempt, hosted, instance).await;
        // What is in the keychain despite a failure is found by its attempt.
        if kept.is_ok() || self.undo(&attempt.id).await {
            lock.discard();
        }
        kept
    }

    /// Removes what an attempt left here. Returns whether nothing is left.
    pub(super) async fn undo(&self, attempt: &str) -> bool {
        self.remove_item(attempt).await.is_ok() && self.index.close_attempt(attempt).is_ok()
    }

    /// Makes a connection of an instance that exists: vault first, then the index. `None` if another program was first.
    pub(super) async fn keep_instance(
        &self,
        attempt: &OpenAttempt,
        hosted: &Hosted,
        instance: Instance,
    ) -> Result<Option<Connection>, Failure> {
        // A list may leave tokens out.
        let instance = if instance.token.is_none() { hosted.instance(&instance.id).await? } else { instance };
        let masked =
            || Failure::new(Code::PlatformBadResponse).detail("the platform does not tell its token");
        let token = instance.token.clone().ok_or_else(masked)?;
        let marked = instance.tags.contains(&attempt_tag(&attempt.id));
        let name = Some(normalize_name(&instance.name)).filter(|n| !n.is_empty());
        let now = clock::now_ms();
        let facts = Facts {
            id: attempt.id.clone(),
            workspace: attempt.workspace.clone(),
            element: instance.element,
            name: name.unwrap_or_else(|| instance.product.clone()),
            product: instance.product,
            tags: normalize_tags(&without_attempt_tags(&instance.tags)),
            created_at: now,
            ..Facts::default()
        };
        let configuration = instance.configuration.into_iter().map(|(k, v)| (k, v.into())).collect();
        let item = hosted.kept_there(instance.id.clone(), token).into_item(facts, configuration, now);
        self.put_item(item.clone()).await?;
        crate::fault::point("imported_to_vault");
        let row = Connection { disabled: instance.disabled, ..item.to_connection() };
        let row = match self.index.finish_attempt(&row, &item.token_sha256()) {
            Ok(row) => row,
            Err(IndexError::InstanceKnown) => {
                self.undo(&attempt.id).await;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if row.name != item.name {
            self.copy_listed_name(&row.id).await;
        }
        if marked {
            // It works with the tag too.
            let _ = tokio::time::timeout(UNTAG_TIMEOUT, hosted.take_tag_off(&instance.id, &attempt.id)).await;
        }
        tracing::info!(connection = %row.id, "imported from the platform");
        Ok(Some(row))
    }

    async fn importing(&self, workspace: &Workspace) -> Result<Hosted, Failure> {
        let WorkspaceId::Hosted(id) = &workspace.id else {
            let what =
                format!("{} is not a hosted workspace: there is nothing to import", workspace.view.label);
            return Err(Failure::new(Code::Usage).detail(what));
        };
        self.hosted(id).await
    }

    fn instance_view(&self, instance: Instance, connection: Option<String>) -> InstanceView {
        let catalog = self.catalog();
        let ours = catalog.find(&instance.element).ok();
        let (product, initials) = match ours {
            Some(element) => (element.name.clone(), element.initials.clone()),
            None => (instance.product.clone(), text::initials(&instance.product)),
        };
        InstanceView {
            id: instance.id,
            name: instance.name,
            element: instance.element,
            product,
            initials,
            tags: without_attempt_tags(&instance.tags),
            disabled: instance.disabled,
            connection,
        }
    }
}
