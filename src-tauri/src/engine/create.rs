//! `POST /instances` as `keyrack serve` answers it: a sign-in whose browser part the caller has done. As in our own
//! sign-ins an attempt is recorded first, and what was issued goes to the vault before anything else.

use std::collections::BTreeMap;
use std::time::Instant;

use super::keep::{NotKept, Unsaved};
use super::locks::{LOCK_TIMEOUT, POLL_INTERVAL};
use super::{Engine, WorkspaceId};
use crate::domain::connection::{Connection, Facts, normalize_name, normalize_tags};
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;
use crate::domain::item::Item;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::KeychainState;
use crate::io::clock;
use crate::platform::{Pairs, SignIn};

/// What a connection is to be made of.
#[derive(Clone)]
pub struct NewConnection {
    pub form: FilledForm,
    /// Empty: the product's name.
    pub name: String,
    pub tags: Vec<String>,
    /// The parameters of the callback.
    pub provided: Pairs,
    /// All given values, including those that only a platform uses.
    pub configuration: BTreeMap<String, Sensitive<String>>,
    pub verifier: Option<Verifier>,
}

#[derive(Clone, Debug)]
pub struct Created {
    pub connection: Connection,
    pub item: Item,
}

impl Engine {
    /// Exchanges the parameters of the caller's callback, and keeps the result as a connection of this computer. The
    /// connection `again` keeps its id, its name and its Element token, and after a failure is as it was.
    pub async fn create(
        &self,
        workspace: &WorkspaceId,
        again: Option<&Connection>,
        new: NewConnection,
    ) -> Result<Created, Failure> {
        let (engine, workspace, again) = (self.clone(), workspace.clone(), again.cloned());
        self.run_to_completion(async move { engine.exchange_for(&workspace, again.as_ref(), new).await })
            .await
    }

    /// Errors: [`Code::FormInvalid`] for an entry that does not fit its field.
    pub async fn configure(&self, connection: &Connection, changes: &Pairs) -> Result<(), Failure> {
        let (element, changes) = (self.element(&connection.element)?, changes.clone());
        self.run_locked(connection, |engine, connection| async move {
            let mut item = engine.item(&connection).await?;
            item.configuration.extend(changes);
            FilledForm::of_entries(&element, item.way.as_deref(), &item.configuration)
                .map_err(Failure::form)?;
            Ok(engine.put_item(item).await?)
        })
        .await
    }

    async fn exchange_for(
        &self,
        workspace: &WorkspaceId,
        again: Option<&Connection>,
        new: NewConnection,
    ) -> Result<Created, Failure> {
        // A code must not be spent where its token cannot be kept.
        match self.vault(|vault| Ok(vault.state())).await? {
            KeychainState::Ready => {}
            KeychainState::Locked => return Err(Failure::new(Code::KeychainLocked)),
            KeychainState::Missing => return Err(Failure::new(Code::KeychainMissing)),
        }
        let provider = self.local(workspace).bind(new.form).await?;
        let element = provider.form().element.key.clone();
        let before = again.map(|connection| connection.id.as_str());
        let (attempt, lock) = self.begin(workspace, &element, &new.name, before)?;
        let issued = match provider.exchange(&new.provided, new.verifier.as_ref()).await {
            Ok(issued) => issued,
            Err(failure) => {
                self.index.close_attempt(&attempt.id)?;
                lock.discard();
                return Err(failure);
            }
        };
        crate::fault::point("instance_created");
        let own_name = Some(normalize_name(&new.name)).filter(|name| !name.is_empty());
        let now = clock::now_ms();
        let facts = Facts {
            id: again.map_or(&attempt.id, |connection| &connection.id).clone(),
            workspace: workspace.clone(),
            element,
            way: provider.form().element.way.clone(),
            product: provider.product().to_owned(),
            name: match again {
                Some(connection) => connection.name.clone(),
                None => own_name.unwrap_or_else(|| provider.product().to_owned()),
            },
            tags: again.map_or_else(|| normalize_tags(&new.tags), |connection| connection.tags.clone()),
            host: provider.account_host(),
            created_at: again.map_or(now, |connection| connection.created_at),
            ..Facts::default()
        };
        let unsaved = Unsaved {
            failure: Failure::new(Code::KeychainLocked),
            attempt: attempt.id,
            again: again.is_some(),
            // A script that names the instance has decided about the account.
            expected: None,
            item: issued.into_item(facts, new.configuration, now),
            sign_in: SignIn::Provider(Box::new(provider)),
            lock,
            opened: None,
        };
        self.keep_created(unsaved).await
    }

    /// Saves. A keychain that was locked meanwhile is tried again for a while, then the token is given back.
    async fn keep_created(&self, unsaved: Unsaved) -> Result<Created, Failure> {
        let until = Instant::now() + LOCK_TIMEOUT;
        let (row, kept) = loop {
            match self.keep(&unsaved).await {
                Ok(kept) => break kept,
                Err(NotKept::Vault(failure)) if Instant::now() < until && may_pass(failure.code) => {
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
                Err(NotKept::Vault(failure) | NotKept::Gone(failure) | NotKept::WrongAccount(failure)) => {
                    self.give_back(unsaved).await;
                    return Err(failure);
                }
                // The item describes itself: the next start adds the row.
                Err(NotKept::Index(failure)) => return Err(failure),
            }
        };
        let Unsaved { attempt, item, sign_in, lock, .. } = unsaved;
        lock.discard();
        tracing::info!(%attempt, connection = %row.id, "connected");
        // The caller waits for the token alone, the identity may come later.
        let (engine, known) = (self.clone(), row.clone());
        tokio::spawn(async move {
            let _one_at_a_time = engine.identifying.clone().acquire_owned().await;
            engine.complete(known, &item, &sign_in, &attempt).await;
        });
        Ok(Created { connection: row, item: kept })
    }
}

fn may_pass(code: Code) -> bool {
    matches!(code, Code::KeychainLocked | Code::KeychainMissing | Code::RenewalBusy | Code::IndexUnwritable)
}
