//! Hosted workspaces: added, renamed and removed here. What stands at the platform is never touched by that.
//!
//! The secrets of a workspace lie in the vault alone. A workspace is written down first as being added, and as being
//! removed until everything of it is gone, so that either can be found half-done.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroize;

use super::token::PATIENCE;
use super::workspace::Workspace;
use super::{Engine, LOCAL, PRACTICE};
use crate::domain::connection::{folded, given_name, is_ours};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::hosted::{base_url, sendable};
use crate::domain::sensitive::Sensitive;
use crate::domain::view::WorkspaceRequest;
use crate::io::clock;
use crate::io::index::{HostedRow, IndexError};
use crate::io::lock::Lock;
use crate::platform::hosted::Secrets;
use crate::platform::{Hosted, Local, Platform};

/// How long a platform's catalogue is believed: long enough to choose and fill in a form, short enough that an element
/// which was just added there is soon seen.
const CATALOG_LIFE: Duration = Duration::from_secs(300);

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

fn vault_key(id: &str) -> String {
    format!("workspace-{id}")
}

fn lock_name(id: &str) -> String {
    format!("workspace-{id}")
}

impl Engine {
    /// Checks a workspace at its platform and keeps it.
    ///
    /// # Errors
    /// A malformed field, a taken name, [`Code::WorkspaceSecrets`] or whatever else the platform answers, or a keychain
    /// that cannot be used. Then nothing was kept.
    pub async fn add_workspace(&self, mut request: WorkspaceRequest) -> Result<Workspace, Failure> {
        let name = given_name(&request.name);
        let secrets = Secrets {
            user: trimmed(&mut request.user_secret),
            organization: trimmed(&mut request.organization_secret),
        };
        let address = base_url(&request.base_url);
        let mut problems = problems_of(&secrets);
        let mut problem = |key: &str, problem| problems.push(FieldProblem { key: key.into(), problem });
        if let Err(what) = &name {
            problem("name", *what);
        }
        match &address {
            _ if request.base_url.trim().is_empty() => problem("base_url", Problem::Required),
            Err(what) => problem("base_url", *what),
            Ok(_) => {}
        }
        let (Ok(name), Ok(address), true) = (name, address, problems.is_empty()) else {
            return Err(Failure::form(problems));
        };
        self.reconcile_workspaces().await?;
        self.free_workspace_name(&name, None)?;
        self.vault(|vault| vault.probe()).await?;
        Hosted::new(&self.http, address.clone(), secrets.clone()).check().await?;
        let row = HostedRow { id: clock::random_id(), name: name.clone(), base_url: address.into() };
        let lock = Lock::try_take(&self.paths.run, &lock_name(&row.id)).ok().flatten();
        let lock = lock.ok_or_else(|| Failure::internal("a new workspace was locked already"))?;
        self.index.begin_workspace(&row, clock::now_ms()).map_err(|error| taken_by(error, &name))?;
        crate::fault::point("workspace_begun");
        if let Err(failure) = self.keep_secrets(&row, &secrets).await {
            self.forget_workspace(&row.id).await?;
            return Err(failure);
        }
        self.index.finish_workspace(&row.id)?;
        lock.discard();
        tracing::info!(workspace = %row.id, "workspace added");
        self.workspace(&row.id)
    }

    /// Replaces the secrets of a hosted workspace, once the platform has accepted the new ones.
    ///
    /// # Errors
    /// A malformed secret, [`Code::WorkspaceSecrets`] or whatever else the platform answers, or a keychain that cannot
    /// be used. Then the old ones stay.
    pub async fn replace_secrets(
        &self,
        workspace: &Workspace,
        mut user_secret: String,
        mut organization_secret: String,
    ) -> Result<(), Failure> {
        only_hosted(workspace)?;
        let secrets =
            Secrets { user: trimmed(&mut user_secret), organization: trimmed(&mut organization_secret) };
        let problems = problems_of(&secrets);
        if !problems.is_empty() {
            return Err(Failure::form(problems));
        }
        let _lock = self.workspace_lock(workspace).await?;
        let row = self.hosted_row(&workspace.id)?;
        let address: Url = row.base_url.parse().map_err(|_| Failure::internal("a stored address is none"))?;
        Hosted::new(&self.http, address, secrets.clone()).check().await?;
        self.keep_secrets(&row, &secrets).await?;
        self.index.clear_failures(&row.id, &Code::WorkspaceSecrets.as_str())?;
        tracing::info!(workspace = %row.id, "secrets replaced");
        Ok(())
    }

    fn hosted_row(&self, id: &str) -> Result<HostedRow, Failure> {
        let row = self.index.hosted_workspaces()?.into_iter().find(|row| row.id == id);
        row.ok_or_else(|| Failure::new(Code::WorkspaceUnknown).name(id))
    }

    /// A name that neither another workspace has nor one of the fixed two is called.
    fn free_workspace_name(&self, name: &str, except: Option<&str>) -> Result<(), Failure> {
        let others = self.workspaces()?.into_iter().filter(|w| Some(w.id.as_str()) != except);
        let same = |known: &str| folded(known) == folded(name);
        if others.into_iter().any(|w| same(&w.view.name) || same(&w.view.label)) {
            return Err(Failure::new(Code::WorkspaceTaken).name(name));
        }
        Ok(())
    }

    /// Gives a hosted workspace another name.
    ///
    /// # Errors
    /// [`Code::WorkspaceTaken`], a name that cannot be used, or a workspace whose name is fixed.
    pub async fn rename_workspace(&self, workspace: &Workspace, name: &str) -> Result<Workspace, Failure> {
        only_hosted(workspace)?;
        let field = |problem| Failure::form(vec![FieldProblem { key: "name".into(), problem }]);
        let name = given_name(name).map_err(field)?;
        let _lock = self.workspace_lock(workspace).await?;
        self.free_workspace_name(&name, Some(&workspace.id))?;
        self.index.rename_workspace(&workspace.id, &name).map_err(|error| taken_by(error, &name))?;
        // The item describes itself better with the new name; with the old one it is still whole.
        if let Ok(secrets) = self.secrets(&workspace.id).await {
            let base_url = workspace.view.base_url.clone().unwrap_or_default();
            let _ =
                self.keep_secrets(&HostedRow { id: workspace.id.clone(), name, base_url }, &secrets).await;
        }
        self.workspace(&workspace.id)
    }

    /// Removes a hosted workspace, its secrets and its connections from this computer. Its instances stay at the
    /// platform.
    ///
    /// # Errors
    /// A keychain that cannot be used: before anything was marked all is as it was, after that the next start goes on.
    pub async fn remove_workspace(&self, workspace: &Workspace) -> Result<(), Failure> {
        only_hosted(workspace)?;
        let lock = self.workspace_lock(workspace).await?;
        self.vault(|vault| vault.probe()).await?;
        self.index.begin_workspace_removal(&workspace.id)?;
        crate::fault::point("workspace_removal_begun");
        self.catalogs().remove(&workspace.id);
        self.finish_workspace_removal(&workspace.id).await?;
        lock.discard();
        Ok(())
    }

    /// The lock under which a workspace is changed: its secrets must not come back after its removal.
    async fn workspace_lock(&self, workspace: &Workspace) -> Result<Lock, Failure> {
        let lock = Lock::take(&self.paths.run, &lock_name(&workspace.id), PATIENCE).await.ok().flatten();
        let lock = lock.ok_or_else(|| Failure::new(Code::RenewalBusy).name(&workspace.view.name))?;
        self.hosted_row(&workspace.id).map_err(|failure| failure.name(&workspace.view.name))?;
        Ok(lock)
    }

    /// Finishes what was begun with workspaces and cut off.
    ///
    /// # Errors
    /// When the index cannot be used. A keychain that cannot be asked leaves things for a later time.
    pub(super) async fn reconcile_workspaces(&self) -> Result<(), Failure> {
        for row in self.index.pending_workspace_additions()? {
            if let Ok(Some(lock)) = Lock::try_take(&self.paths.run, &lock_name(&row.id)) {
                // Its owner may have finished between our reading and our lock.
                let still = self.index.pending_workspace_additions()?.contains(&row);
                if !still || self.forget_workspace(&row.id).await.is_ok() {
                    lock.discard();
                }
            }
        }
        for row in self.index.pending_workspace_removals()? {
            let Ok(Some(_lock)) = Lock::try_take(&self.paths.run, &lock_name(&row.id)) else { continue };
            if let Err(failure) = self.finish_workspace_removal(&row.id).await {
                tracing::warn!(workspace = %row.id, code = %failure, "its removal goes on later");
            }
        }
        Ok(())
    }

    async fn finish_workspace_removal(&self, id: &str) -> Result<(), Failure> {
        for connection in self.index.connection_ids(id)? {
            let key = connection.clone();
            self.vault(move |vault| vault.remove(&key)).await?;
            self.index.finish_removal(&connection)?;
        }
        self.forget_workspace(id).await?;
        tracing::info!(workspace = %id, "workspace removed");
        Ok(())
    }

    async fn forget_workspace(&self, id: &str) -> Result<(), Failure> {
        let key = vault_key(id);
        self.vault(move |vault| vault.remove(&key)).await?;
        Ok(self.index.finish_workspace_removal(id)?)
    }

    async fn keep_secrets(&self, row: &HostedRow, secrets: &Secrets) -> Result<(), Failure> {
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

    /// What a caller of the platform API shows in a workspace: at a hosted platform what it gave to the person, on this
    /// computer what `keyrack serve` asks for, made when it is first needed. Blocks.
    ///
    /// # Errors
    /// A keychain that cannot be used, or that no longer holds the secrets of a hosted workspace.
    pub fn secrets_of(&self, workspace: &str) -> Result<Secrets, Failure> {
        if is_ours(workspace) {
            // Two programs that start at once would each make some, and one of them would show what the other replaced.
            let _lock = Lock::take_blocking(&self.paths.run, "serve-secrets", PATIENCE).ok().flatten();
            // Base64 with its `+ / =` and 32 hexadecimal digits, as at the platform: a caller that mistreats these shall
            // find out here.
            let user = || STANDARD.encode(clock::random::<32>());
            return Ok(Secrets {
                user: self.vault.get_or_create(&format!("serve-user-{workspace}"), user)?,
                organization: self
                    .vault
                    .get_or_create(&format!("serve-organization-{workspace}"), clock::random_id)?,
            });
        }
        let text = self.vault.get_named(&vault_key(workspace))?;
        let gone = || Failure::new(Code::WorkspaceSecrets).detail("the keychain holds no secrets for it");
        let mut written: Written =
            text.and_then(|text| serde_json::from_str(text.expose()).ok()).ok_or_else(gone)?;
        Ok(Secrets {
            user: std::mem::take(&mut written.user_secret).into(),
            organization: std::mem::take(&mut written.organization_secret).into(),
        })
    }

    /// The same from async code.
    ///
    /// # Errors
    /// As for [`Engine::secrets_of`].
    pub async fn secrets(&self, workspace: &str) -> Result<Secrets, Failure> {
        let (engine, workspace) = (self.clone(), workspace.to_owned());
        let read = tokio::task::spawn_blocking(move || engine.secrets_of(&workspace)).await;
        read.map_err(|_| Failure::internal("the keychain thread ended"))?
    }

    /// The platform that answers for a workspace.
    ///
    /// # Errors
    /// A workspace that is gone, or a keychain that cannot be asked for its secrets.
    pub(super) async fn platform(&self, workspace: &str) -> Result<Platform, Failure> {
        match workspace {
            LOCAL | PRACTICE => Ok(Platform::Local(self.local(workspace))),
            id => Ok(Platform::Hosted(self.hosted(id).await?)),
        }
    }

    /// The client of a hosted workspace.
    ///
    /// # Errors
    /// As for [`Engine::platform`].
    pub(super) async fn hosted(&self, id: &str) -> Result<Hosted, Failure> {
        let row = self.hosted_row(id)?;
        let address: Url = row.base_url.parse().map_err(|_| Failure::internal("a stored address is none"))?;
        let secrets = self.secrets(id).await.map_err(|failure| failure.name(&row.name))?;
        Ok(Hosted::new(&self.http, address, secrets))
    }

    /// The platform on this computer, for [`LOCAL`] or [`PRACTICE`].
    pub fn local(&self, workspace: &str) -> Local {
        let practice = (workspace == PRACTICE).then(|| {
            let make = || super::Practice::new(self.index.clone(), self.vault.clone(), self.catalog());
            self.practice.get_or_init(make).clone()
        });
        Local::new(self.catalog(), &self.http, practice)
    }

    /// The elements of a workspace: at a hosted platform its own list, in our words where we have them.
    ///
    /// # Errors
    /// Whatever the platform answers.
    pub async fn elements_in(&self, workspace: &str) -> Result<Vec<Element>, Failure> {
        if is_ours(workspace) {
            return Ok(self.catalog_anew().iter().cloned().collect());
        }
        let known = self.catalogs().get(workspace).filter(|(at, _)| at.elapsed() < CATALOG_LIFE).cloned();
        let listed = match known {
            Some((_, listed)) => listed,
            None => {
                let listed = self.hosted(workspace).await?.elements().await?;
                self.catalogs().insert(workspace.to_owned(), (Instant::now(), listed.clone()));
                listed
            }
        };
        // An element of ours that the platform does not list could not be connected there.
        let ours = self.catalog();
        Ok(listed.into_iter().map(|theirs| ours.find(&theirs.key).cloned().unwrap_or(theirs)).collect())
    }

    /// The element with this key in a workspace, with its whole form.
    ///
    /// # Errors
    /// [`Code::ElementUnknown`], [`Code::ElementInvalid`], or whatever a hosted platform answers.
    pub async fn element_in(&self, workspace: &str, key: &str) -> Result<Element, Failure> {
        match self.element(key) {
            Ok(element) => Ok(element),
            Err(unknown) if unknown.code == Code::ElementUnknown && !is_ours(workspace) => {
                self.hosted(workspace).await?.element(key).await
            }
            Err(failure) => Err(failure),
        }
    }
}

fn trimmed(secret: &mut String) -> Sensitive<String> {
    let whole = Sensitive::new(std::mem::take(secret));
    whole.expose().trim().into()
}

fn problems_of(secrets: &Secrets) -> Vec<FieldProblem> {
    let given = [("user_secret", &secrets.user), ("organization_secret", &secrets.organization)];
    let problem = |secret: &Sensitive<String>| match secret.expose().as_str() {
        "" => Some(Problem::Required),
        text if !sendable(text) => Some(Problem::Malformed),
        _ => None,
    };
    let problems = given.into_iter().filter_map(|(key, secret)| Some((key, problem(secret)?)));
    problems.map(|(key, problem)| FieldProblem { key: key.into(), problem }).collect()
}

fn only_hosted(workspace: &Workspace) -> Result<(), Failure> {
    if is_ours(&workspace.id) {
        let what = format!("{} is always there, under this name", workspace.view.label);
        return Err(Failure::new(Code::Usage).detail(what));
    }
    Ok(())
}

fn taken_by(error: IndexError, name: &str) -> Failure {
    match error {
        IndexError::NameTaken => Failure::new(Code::WorkspaceTaken).name(name),
        other => other.into(),
    }
}
