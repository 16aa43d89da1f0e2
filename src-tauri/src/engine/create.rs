//! `POST /instances` and its kin, as `keyrack serve` answers them: a sign-in whose browser part the caller has done. The
//! same rules hold as for a sign-in of ours: an attempt is written down first, and what was issued goes to the vault
//! before anything else happens to it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Engine;
use super::keep::{NotKept, Unsaved};
use super::token::PATIENCE;
use crate::domain::connection::{Connection, Item, clean_name, clean_tags};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::KeychainState;
use crate::io::clock;
use crate::platform::{InstanceBody, Pairs, Platform};

/// A connection that was made or renewed just now.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its row.
    pub connection: Connection,
    /// What the vault holds for it, so that nobody has to ask the keychain at once for what it was just given.
    pub item: Item,
}

impl Engine {
    /// Exchanges what the caller's callback brought, and keeps the result as a connection of this computer.
    ///
    /// # Errors
    /// A missing entry, whatever the provider answers, or a keychain or an index that cannot be used.
    pub async fn create(
        &self,
        workspace: &str,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
    ) -> Result<Created, Failure> {
        self.exchange_for(workspace, body, verifier, None).await
    }

    /// The same in place: the connection keeps its id, its name and its Element token.
    ///
    /// # Errors
    /// As for [`Engine::create`]; then the connection is as it was.
    pub async fn create_again(
        &self,
        connection: &Connection,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
    ) -> Result<Created, Failure> {
        self.exchange_for(&connection.workspace, body, verifier, Some(connection)).await
    }

    /// Sets configuration entries of a connection of this computer.
    ///
    /// # Errors
    /// An entry that does not fit its field, or a keychain that cannot be used.
    pub async fn configure(&self, connection: &Connection, changes: &Pairs) -> Result<(), Failure> {
        let (engine, connection, changes) = (self.clone(), connection.clone(), changes.clone());
        self.unbroken(async move { engine.configure_wholly(&connection, &changes).await }).await
    }

    async fn configure_wholly(&self, connection: &Connection, changes: &Pairs) -> Result<(), Failure> {
        let element = self.element(&connection.element)?;
        let _lock = self.connection_lock(connection).await?;
        let item = self.item(connection).await?;
        let mut configuration = item.configuration.clone();
        configuration.extend(changes.iter().cloned());
        form::check_entries(&element, &configuration).map_err(Failure::form)?;
        Ok(self.vault(move |vault| vault.put(&Item { configuration, ..item })).await?)
    }

    async fn exchange_for(
        &self,
        workspace: &str,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
        again: Option<&Connection>,
    ) -> Result<Created, Failure> {
        let (engine, workspace, body) = (self.clone(), workspace.to_owned(), body.clone());
        let (verifier, again) = (verifier.cloned(), again.cloned());
        let work =
            async move { engine.exchange_wholly(&workspace, &body, verifier.as_ref(), again.as_ref()).await };
        self.unbroken(work).await
    }

    async fn exchange_wholly(
        &self,
        workspace: &str,
        body: &InstanceBody,
        verifier: Option<&Verifier>,
        again: Option<&Connection>,
    ) -> Result<Created, Failure> {
        let element = self.element(&body.element)?;
        let values =
            form::check_entries(&element, body.configuration.iter().map(|(key, value)| (key, value)))
                .map_err(Failure::form)?;
        // No more than a look: a code must not be spent where its token cannot be kept.
        match self.vault(|vault| Ok(vault.state())).await? {
            KeychainState::Ready => {}
            KeychainState::Locked => return Err(Failure::new(Code::KeychainLocked)),
            KeychainState::Missing => return Err(Failure::new(Code::KeychainMissing)),
        }
        let before = again.map(|connection| connection.id.as_str());
        let (attempt, lock) = self.begin(workspace, &element.key, &body.name, before)?;
        let platform = self.local(workspace);
        let issued = match platform.create_instance(body, verifier).await {
            Ok(issued) => issued,
            Err(failure) => {
                self.index.close_attempt(&attempt.id)?;
                lock.discard();
                return Err(failure);
            }
        };
        crate::fault::point("instance_created");
        let now = clock::now_ms();
        let item = Item {
            id: again.map_or(&attempt.id, |connection| &connection.id).clone(),
            workspace: workspace.to_owned(),
            element: element.key.clone(),
            product: element.name.clone(),
            instance: None,
            name: again.map_or_else(|| name_of(body, &element), |connection| connection.name.clone()),
            tags: again.map_or_else(|| clean_tags(&body.tags), |connection| connection.tags.clone()),
            identity: None,
            host: platform.account_host(&element, &values),
            created_at: again.map_or(now, |connection| connection.created_at),
            received_at: now,
            pinned_hosts: issued.hosts,
            // Everything that was given, also what only a platform understands: it is told back as it came.
            configuration: everything(body),
            tokens: issued.tokens,
            missing: issued.missing,
            element_token: issued.token,
        };
        let unsaved = Unsaved {
            failure: Failure::new(Code::KeychainLocked),
            attempt: attempt.id,
            again: again.is_some(),
            // A script that names the instance has decided whose it is.
            expected: None,
            item,
            element,
            values,
            platform: Platform::Local(platform),
            lock,
            opened: None,
        };
        self.keep_created(unsaved).await
    }

    /// Saves. A keychain that was locked meanwhile is waited for as long as a caller waits, then the token goes back.
    async fn keep_created(&self, unsaved: Unsaved) -> Result<Created, Failure> {
        let until = Instant::now() + PATIENCE;
        let (row, kept) = loop {
            match self.keep(&unsaved).await {
                Ok(kept) => break kept,
                Err(NotKept::Vault(failure)) if Instant::now() < until && is_passing(failure.code) => {
                    tokio::time::sleep(super::token::LOOK_AGAIN).await;
                }
                Err(NotKept::Vault(failure) | NotKept::Gone(failure) | NotKept::WrongAccount(failure)) => {
                    self.give_back(unsaved).await;
                    return Err(failure);
                }
                // The item describes itself: the next start puts it into the list.
                Err(NotKept::Index(failure)) => return Err(failure),
            }
        };
        let Unsaved { attempt, item, element, values, platform, lock, .. } = unsaved;
        lock.discard();
        tracing::info!(%attempt, connection = %row.id, "connected");
        // Whose account it is may be told later: the caller waits for the token alone.
        let (engine, known) = (self.clone(), row.clone());
        tokio::spawn(async move {
            let _one_at_a_time = engine.identities.clone().acquire_owned().await;
            engine.after_saving(known, &item, &element, &values, &platform, &attempt).await;
        });
        Ok(Created { connection: row, item: kept })
    }
}

fn is_passing(code: Code) -> bool {
    matches!(code, Code::KeychainLocked | Code::KeychainMissing | Code::RenewalBusy)
}

fn name_of(body: &InstanceBody, element: &Element) -> String {
    let name = clean_name(&body.name);
    if name.is_empty() { element.name.clone() } else { name }
}

fn everything(body: &InstanceBody) -> BTreeMap<String, Sensitive<String>> {
    body.configuration.iter().cloned().collect()
}
