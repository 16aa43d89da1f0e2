//! Adds, renames and removes hosted workspaces, without touching their platforms. What has begun is recorded first, so
//! that it is found if it is cut off.

use super::locks::LOCK_TIMEOUT;
use super::platforms::base_url;
use super::workspace::Workspace;
use super::{Engine, WorkspaceId};
use crate::domain::connection::parse_name;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::hosted;
use crate::domain::sensitive::Sensitive;
use crate::domain::text::looks_same;
use crate::domain::view::WorkspaceRequest;
use crate::io::clock;
use crate::io::index::{HostedRow, IndexError};
use crate::io::lock::Lock;
use crate::platform::Hosted;
use crate::platform::hosted::Secrets;

fn lock_name(id: &str) -> String {
    format!("workspace-{id}")
}

impl Engine {
    /// Checks a workspace at its platform and keeps it; after a failure nothing.
    ///
    /// Errors: [`Code::FormInvalid`], [`Code::WorkspaceTaken`], [`Code::WorkspaceSecrets`].
    pub async fn add_workspace(&self, mut request: WorkspaceRequest) -> Result<Workspace, Failure> {
        let name = parse_name(&request.name);
        let address = hosted::base_url(&request.base_url);
        let (secrets, mut problems) =
            take_secrets(&mut request.user_secret, &mut request.organization_secret);
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
        self.check_workspace_name(&name, None)?;
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
    /// Errors: [`Code::FormInvalid`], [`Code::WorkspaceSecrets`].
    pub async fn replace_secrets(
        &self,
        workspace: &Workspace,
        mut user_secret: String,
        mut organization_secret: String,
    ) -> Result<(), Failure> {
        let id = hosted_id(workspace)?;
        let (secrets, problems) = take_secrets(&mut user_secret, &mut organization_secret);
        if !problems.is_empty() {
            return Err(Failure::form(problems));
        }
        let _lock = self.lock_workspace(id, workspace).await?;
        let row = self.hosted_row(id)?;
        Hosted::new(&self.http, base_url(&row)?, secrets.clone()).check().await?;
        self.keep_secrets(&row, &secrets).await?;
        self.index.clear_failures(&workspace.id, Code::WorkspaceSecrets)?;
        tracing::info!(workspace = %row.id, "secrets replaced");
        Ok(())
    }

    fn check_workspace_name(&self, name: &str, except: Option<&WorkspaceId>) -> Result<(), Failure> {
        let mut others = self.workspaces()?.into_iter().filter(|w| Some(&w.id) != except);
        let is_same = |w: Workspace| looks_same(&w.view.name, name) || looks_same(&w.view.label, name);
        if others.any(is_same) { Err(Failure::new(Code::WorkspaceTaken).name(name)) } else { Ok(()) }
    }

    /// Errors: [`Code::WorkspaceTaken`]; [`Code::FormInvalid`]; [`Code::Usage`] for a workspace whose name is fixed.
    pub async fn rename_workspace(&self, workspace: &Workspace, name: &str) -> Result<Workspace, Failure> {
        let id = hosted_id(workspace)?;
        let field = |problem| Failure::form(vec![FieldProblem { key: "name".into(), problem }]);
        let name = parse_name(name).map_err(field)?;
        let _lock = self.lock_workspace(id, workspace).await?;
        self.check_workspace_name(&name, Some(&workspace.id))?;
        self.index.rename_workspace(id, &name).map_err(|error| taken_by(error, &name))?;
        // The item is whole with the old name, too.
        if let Ok(secrets) = self.secrets(&workspace.id).await {
            let base_url = workspace.view.base_url.clone().unwrap_or_default();
            let _ = self.keep_secrets(&HostedRow { id: id.to_owned(), name, base_url }, &secrets).await;
        }
        self.workspace(id)
    }

    /// Removes a hosted workspace, its secrets and its connections from this computer. Its instances stay at the
    /// platform. A removal that fails after it was marked goes on at the next start.
    pub async fn remove_workspace(&self, workspace: &Workspace) -> Result<(), Failure> {
        let id = hosted_id(workspace)?;
        let lock = self.lock_workspace(id, workspace).await?;
        self.vault(|vault| vault.probe()).await?;
        self.index.begin_workspace_removal(id)?;
        crate::fault::point("workspace_removal_begun");
        self.hosted_catalogs().remove(id);
        self.finish_workspace_removal(id).await?;
        lock.discard();
        Ok(())
    }

    /// The lock under which a workspace is changed: its secrets must not come back after its removal.
    async fn lock_workspace(&self, id: &str, workspace: &Workspace) -> Result<Lock, Failure> {
        let lock = Lock::take(&self.paths.run, &lock_name(id), LOCK_TIMEOUT).await.ok().flatten();
        let lock = lock.ok_or_else(|| Failure::new(Code::RenewalBusy).name(&workspace.view.name))?;
        self.hosted_row(id).map_err(|failure| failure.name(&workspace.view.name))?;
        Ok(lock)
    }

    /// Finishes changes of workspaces that were cut off, or leaves them for later if the keychain cannot be used.
    pub(super) async fn reconcile_workspaces(&self) -> Result<(), Failure> {
        for row in self.index.pending_workspace_additions()? {
            let Ok(Some(lock)) = Lock::try_take(&self.paths.run, &lock_name(&row.id)) else { continue };
            // Its owner may have finished between our reading and our lock.
            let still = self.index.pending_workspace_additions()?.contains(&row);
            if !still || self.forget_workspace(&row.id).await.is_ok() {
                lock.discard();
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
        for connection in self.index.connection_ids(&WorkspaceId::Hosted(id.to_owned()))? {
            self.forget(&connection).await?;
        }
        self.forget_workspace(id).await?;
        tracing::info!(workspace = %id, "workspace removed");
        Ok(())
    }

    async fn forget_workspace(&self, id: &str) -> Result<(), Failure> {
        self.drop_secrets(id).await?;
        Ok(self.index.finish_workspace_removal(id)?)
    }
}

/// Takes the secrets that the user typed, with what is wrong with them.
fn take_secrets(user: &mut String, organization: &mut String) -> (Secrets, Vec<FieldProblem>) {
    let trimmed = |secret: &mut String| {
        let whole = Sensitive::new(std::mem::take(secret));
        whole.expose().trim().into()
    };
    let secrets = Secrets { user: trimmed(user), organization: trimmed(organization) };
    let given = [("user_secret", &secrets.user), ("organization_secret", &secrets.organization)];
    let problem = |secret: &Sensitive<String>| match secret.expose().as_str() {
        "" => Some(Problem::Required),
        text if !hosted::is_header_safe(text) => Some(Problem::Malformed),
        _ => None,
    };
    let problems = given
        .into_iter()
        .filter_map(|(key, secret)| Some(FieldProblem { key: key.into(), problem: problem(secret)? }))
        .collect();
    (secrets, problems)
}

fn hosted_id(workspace: &Workspace) -> Result<&str, Failure> {
    match &workspace.id {
        WorkspaceId::Hosted(id) => Ok(id),
        WorkspaceId::Local | WorkspaceId::Practice => {
            let what = format!("{} is always there, under this name", workspace.view.label);
            Err(Failure::new(Code::Usage).detail(what))
        }
    }
}

fn taken_by(error: IndexError, name: &str) -> Failure {
    match error {
        IndexError::NameTaken => Failure::new(Code::WorkspaceTaken).name(name),
        other => other.into(),
    }
}
