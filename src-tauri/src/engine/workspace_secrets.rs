//! The User and Organization secrets of workspaces, in the vault alone.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::locks::LOCK_TIMEOUT;
use super::{Engine, WorkspaceId};
use crate::domain::error::{Code, Failure};
use crate::io::clock;
use crate::io::index::HostedRow;
use crate::io::lock::Lock;
use crate::platform::hosted::Secrets;

/// What the vault holds for a workspace: its secrets, and enough to describe itself.
#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    name: String,
    base_url: String,
    user_secret: String,
    organization_secret: String,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.user_secret.zeroize();
        self.organization_secret.zeroize();
    }
}

const VAULT_PREFIX: &str = "workspace-";

fn vault_key(id: &str) -> String {
    format!("{VAULT_PREFIX}{id}")
}

impl Engine {
    pub(super) async fn keep_secrets(&self, row: &HostedRow, secrets: &Secrets) -> Result<(), Failure> {
        let written = Written {
            v: 1,
            name: row.name.clone(),
            base_url: row.base_url.clone(),
            user_secret: secrets.user.expose().clone(),
            organization_secret: secrets.organization.expose().clone(),
        };
        let text = serde_json::to_string(&written).map_err(|e| Failure::internal(e.to_string()))?;
        let (key, label) = (vault_key(&row.id), format!("Keyrack workspace: {}", row.name));
        Ok(self.vault(move |vault| vault.put_named(&key, &label, &text.into())).await?)
    }

    pub(super) async fn drop_secrets(&self, id: &str) -> Result<(), Failure> {
        let key = vault_key(id);
        Ok(self.vault(move |vault| vault.remove(&key)).await?)
    }

    /// Hosted workspaces whose secrets the vault holds and that the index does not list. Blocks.
    /// `kept` are the keys of the vault, read before.
    pub(super) fn find_unlisted_workspaces(
        &self,
        kept: &BTreeSet<String>,
    ) -> Result<Vec<HostedRow>, Failure> {
        // In this order: each may become the next.
        let mut listed = self.index.pending_workspace_additions()?;
        listed.extend(self.index.hosted_workspaces()?);
        listed.extend(self.index.pending_workspace_removals()?);
        let unlisted = kept.iter().filter_map(|key| key.strip_prefix(VAULT_PREFIX));
        let unlisted = unlisted.filter(|id| !listed.iter().any(|row| row.id == **id));
        let read = |id: &str| {
            let text = self.vault.get_named(&vault_key(id)).ok()??;
            let mut written: Written = serde_json::from_str(text.expose()).ok()?;
            let (name, base_url) = (std::mem::take(&mut written.name), std::mem::take(&mut written.base_url));
            Some(HostedRow { id: id.to_owned(), name, base_url })
        };
        Ok(unlisted.filter_map(read).collect())
    }

    /// The secrets of a hosted platform, or those that `keyrack serve` asks for, made when first needed. Blocks.
    ///
    /// Errors: [`Code::WorkspaceSecrets`] if the keychain holds none for a hosted workspace.
    pub fn secrets_of(&self, workspace: &WorkspaceId) -> Result<Secrets, Failure> {
        let WorkspaceId::Hosted(id) = workspace else {
            // Two programs that start at once must not replace each other's secrets.
            let _lock = Lock::take_blocking(&self.paths.run, "serve-secrets", LOCK_TIMEOUT).ok().flatten();
            // As at the platform: base64 with its `+ / =`, and 32 hexadecimal digits.
            let user = || STANDARD.encode(clock::random::<32>());
            return Ok(Secrets {
                user: self.vault.get_or_create(&format!("serve-user-{workspace}"), user)?,
                organization: self
                    .vault
                    .get_or_create(&format!("serve-organization-{workspace}"), clock::random_id)?,
            });
        };
        let text = self.vault.get_named(&vault_key(id))?;
        let gone = || Failure::new(Code::WorkspaceSecrets).detail("the keychain holds no secrets for it");
        let mut written: Written =
            text.and_then(|text| serde_json::from_str(text.expose()).ok()).ok_or_else(gone)?;
        Ok(Secrets {
            user: std::mem::take(&mut written.user_secret).into(),
            organization: std::mem::take(&mut written.organization_secret).into(),
        })
    }

    /// As [`Engine::secrets_of`], from async code.
    pub async fn secrets(&self, workspace: &WorkspaceId) -> Result<Secrets, Failure> {
        let (engine, workspace) = (self.clone(), workspace.clone());
        let read = tokio::task::spawn_blocking(move || engine.secrets_of(&workspace)).await;
        read.map_err(|_| Failure::internal("the keychain thread ended"))?
    }
}
