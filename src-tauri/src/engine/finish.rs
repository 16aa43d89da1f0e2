//! Steps 8 to 12: from the browser's answer to a connection in the list.
//!
//! From the moment the platform has issued a token, nothing stands between it and the vault. Everything that may fail
//! after that leaves an item that describes itself, and `reconcile` finds it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::start::REGISTERED;
use super::{Engine, SigningIn};
use crate::domain::attempt::Stage;
use crate::domain::connection::{Account, Connection, Item, is_ours};
use crate::domain::element::{Auth, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::form::Values;
use crate::domain::oauth::callback::{Callback, Issuer, Outcome, pasted};
use crate::domain::oauth::token::{TokenSet, registered_address, speaks_of_redirect};
use crate::domain::sensitive::Sensitive;
use crate::domain::view::Revoked;
use crate::fault;
use crate::io::index::IndexError;
use crate::io::lock::Lock;
use crate::io::loopback::Opened;
use crate::io::vault::{KEYCHAIN_NAME, VaultError};
use crate::io::{Page, clock};
use crate::platform::{InstanceBody, InstanceChange, Issued, NotCreated, Platform};

/// An address that the person pasted, and where to say whether it was one of this attempt.
pub type Paste = (String, oneshot::Sender<Result<(), Failure>>);

/// The ends by which an attempt is steered while it waits.
pub struct Controls {
    /// Addresses that the person pastes.
    pub pasted: mpsc::Receiver<Paste>,
    /// Becomes `true` when the person cancels.
    pub cancelled: watch::Receiver<bool>,
    /// When the attempt is given up; it may be moved.
    pub deadline: watch::Receiver<Instant>,
    /// Told each stage that is reached.
    pub stage: watch::Sender<Stage>,
}

/// How an attempt ended.
pub enum Ending {
    /// A connection stands in the list. The callback address is still open for late tabs.
    Connected(Box<Connection>, Option<Opened>),
    /// A token was issued that the vault does not take just now.
    Unsaved(Box<Unsaved>),
    /// No connection.
    Failed(Box<Failure>, Option<Opened>),
}

/// A token that was issued and could not be saved yet. It lives in memory until it is saved or given back.
pub struct Unsaved {
    /// Why the vault did not take it.
    pub failure: Failure,
    pub(super) attempt: String,
    /// Whether the connection existed before.
    pub(super) again: bool,
    /// Whose account it was then, if that is to be the same now.
    pub(super) expected: Option<Account>,
    pub(super) item: Item,
    /// How it signed in.
    pub element: Element,
    pub(super) values: Values,
    pub(super) platform: Platform,
    pub(super) lock: Lock,
    /// The callback address.
    pub opened: Option<Opened>,
}

impl Engine {
    /// Waits for the answer of an attempt and finishes it.
    pub async fn finish(&self, mut signing: SigningIn, mut controls: Controls) -> Ending {
        let product = signing.element.name.clone();
        let proof = match (&signing.device, &signing.url) {
            (Some(_), _) => {
                self.approved(&signing, &mut controls).await.map(|tokens| Proof::Tokens(Box::new(tokens)))
            }
            (None, Some(_)) => {
                let answer = self.wait(&mut signing, &mut controls).await;
                fault::point("callback_parsed");
                answer.map(Proof::Callback)
            }
            (None, None) => Ok(Proof::Form),
        };
        let proof = match proof {
            Ok(proof) => proof,
            Err(failure) => return self.failed(signing, failure.product(product).into()),
        };
        let _ = controls.stage.send(Stage::Finishing);
        let item = match self.exchange(&signing, proof).await {
            Ok(item) => item,
            Err(NotCreated { failure, uncertain }) => {
                return self.failed(signing, NotCreated { failure: failure.product(product), uncertain });
            }
        };
        fault::point("instance_created");
        let SigningIn { id, again, element, values, platform, lock, opened, waiting, any_account, .. } =
            signing;
        let same_account = again.as_ref().filter(|_| !any_account);
        let expected = same_account.and_then(Connection::account);
        let unsaved = Unsaved {
            failure: Failure::new(Code::KeychainLocked),
            attempt: id,
            again: again.is_some(),
            expected,
            item,
            element,
            values,
            platform,
            lock,
            opened,
        };
        let ending = self.save(unsaved).await;
        // 11
        let page = match &ending {
            Ending::Connected(..) => {
                Page::new(true, format!("{product} is connected"), "This page can be closed.")
            }
            Ending::Unsaved(unsaved) => Page::new(
                false,
                format!("{product} is not saved yet"),
                match unsaved.failure.code {
                    Code::WrongAccount => {
                        "Somebody else than before signed in. Return to Keyrack to choose.".to_owned()
                    }
                    Code::RenewalBusy => "Keyrack saves it in a moment.".to_owned(),
                    Code::KeychainLocked => {
                        format!("The {KEYCHAIN_NAME} is locked. Return to Keyrack to save the sign-in.")
                    }
                    _ => format!("The {KEYCHAIN_NAME} did not take it. Return to Keyrack to see why."),
                },
            ),
            Ending::Failed(..) => Page::new(
                false,
                format!("{product} is not in the list yet"),
                "The sign-in is saved. Keyrack adds it to the list at its next start.",
            ),
        };
        if let Some(waiting) = waiting {
            waiting.show(page);
        }
        fault::point("page_shown");
        ending
    }

    /// Steps 10 and 12 for a token that is in memory: vault first, then the index, then who it is.
    pub async fn save(&self, unsaved: Unsaved) -> Ending {
        let row = match self.keep(&unsaved).await {
            Ok((row, _)) => row,
            Err(NotKept::WrongAccount(failure)) => {
                tracing::info!(attempt = %unsaved.attempt, "somebody else signed in");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Vault(failure)) => {
                tracing::warn!(attempt = %unsaved.attempt, code = %failure, "the token could not be saved yet");
                return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
            }
            Err(NotKept::Gone(failure)) => {
                // It was removed meanwhile: nobody waits for this token.
                let opened = self.return_it(unsaved).await;
                return Ending::Failed(Box::new(failure), opened);
            }
            Err(NotKept::Index(failure)) => {
                tracing::error!(attempt = %unsaved.attempt, code = %failure, "saved in the keychain, not in the index");
                let failure = failure.name(unsaved.item.name).product(&unsaved.element.name);
                return Ending::Failed(Box::new(failure), unsaved.opened);
            }
        };
        let Unsaved { attempt, item, element, values, platform, lock, opened, .. } = unsaved;
        lock.discard();
        tracing::info!(attempt = %attempt, connection = %row.id, "connected");
        let row = self.after_saving(row, &item, &element, &values, &platform, &attempt).await;
        Ending::Connected(Box::new(row), opened)
    }

    /// Returns the row as it was written, and the item as it is kept.
    pub(super) async fn keep(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        if !unsaved.again {
            return self.keep_new(unsaved).await;
        }
        self.guard(unsaved).await?;
        self.keep_again(unsaved).await
    }

    async fn keep_new(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        let item = unsaved.item.clone();
        self.vault(move |vault| vault.put(&item)).await.map_err(NotKept::vault)?;
        fault::point("vault_written");
        let written = self.index.finish_attempt(&unsaved.item.to_connection(), &unsaved.item.token_sha256());
        fault::point("index_written");
        let row = written.map_err(|error| match error {
            // It was removed meanwhile, and with it everything of it.
            IndexError::WorkspaceGone => NotKept::Gone(error.into()),
            other => NotKept::Index(other.into()),
        })?;
        if row.name != unsaved.item.name {
            self.describe_as_listed(&row.id).await;
        }
        Ok((row, unsaved.item.clone()))
    }

    /// Replaces what a connection was signed in with. Its name and tags may have changed while the person signed in.
    async fn keep_again(&self, unsaved: &Unsaved) -> Result<(Connection, Item), NotKept> {
        let id = unsaved.item.id.clone();
        let gone = || NotKept::Gone(Failure::new(Code::ConnectionUnknown).name(&unsaved.item.name));
        let row =
            self.index.connection(&id).map_err(|error| NotKept::Index(error.into()))?.ok_or_else(gone)?;
        let _lock = self.connection_lock(&row).await.map_err(NotKept::Vault)?;
        let removing = self.index.removals().map_err(|error| NotKept::Index(error.into()))?.contains(&id);
        if removing {
            return Err(gone());
        }
        let item = self.replace(&row, unsaved.item.clone()).await.map_err(NotKept::vault)?;
        fault::point("vault_written");
        // Whose account it is now is known only if it was compared.
        let compared = unsaved.expected.is_some() || !is_ours(&row.workspace);
        let account = row.account().filter(|_| compared);
        let row = Connection { instance: row.instance, disabled: row.disabled, ..item.to_connection() };
        let row = row.of(account);
        // Before its attempt is closed: nobody would look for it afterwards.
        self.drop_aside(&unsaved.attempt).await;
        let written = self.index.signed_in_again(&unsaved.attempt, &row, &item.token_sha256());
        fault::point("index_written");
        written.map_err(|error| NotKept::Index(error.into()))?;
        Ok((row, item))
    }

    /// Puts an item in the place of the one that a connection had. Returns it as it is kept.
    pub(super) async fn replace(&self, row: &Connection, item: Item) -> Result<Item, VaultError> {
        let mut item = Item { id: row.id.clone(), name: row.name.clone(), tags: row.tags.clone(), ..item };
        let ours = is_ours(&row.workspace);
        self.vault(move |vault| {
            let before = match vault.get(&item.id) {
                Ok(before) => before,
                Err(VaultError::Damaged) => None,
                Err(error) => return Err(error),
            };
            if let Some(before) = before {
                if ours {
                    // Scripts hold the Element token: it stands for the connection, not for the sign-in.
                    item.element_token = before.element_token.clone();
                }
                // What only a platform understands was not asked for again.
                let asked = std::mem::take(&mut item.configuration);
                item.configuration = before.configuration;
                item.configuration.remove(REGISTERED);
                item.configuration.extend(asked);
            }
            vault.put(&item)?;
            Ok(item)
        })
        .await
    }

    /// What is good to know or to tidy once nothing can be lost any more.
    pub(super) async fn after_saving(
        &self,
        mut row: Connection,
        item: &Item,
        element: &Element,
        values: &Values,
        platform: &Platform,
        attempt: &str,
    ) -> Connection {
        match (platform, &item.tokens) {
            (Platform::Local(local), Some(tokens)) => {
                if let Some(account) = soon(local.identity(element, values, tokens)).await {
                    // A row without it is whole.
                    let _ = self.index.set_identity(&row.id, &account);
                    row = row.of(Some(account));
                }
            }
            (Platform::Hosted(hosted), _) => {
                if let Some(instance) = &item.instance {
                    let untagged = hosted.take_tag_off(instance, attempt);
                    let done = tokio::time::timeout(TIDYING, untagged).await;
                    tracing::info!(attempt, done = matches!(done, Ok(Ok(()))), "its mark taken off");
                }
            }
            (Platform::Local(_), None) => {}
        }
        row
    }

    /// Gives a token back to the provider that could not be saved and will not be. Returns whether it was taken back.
    pub async fn give_back(&self, unsaved: Unsaved) -> bool {
        let mut later = false;
        let returned = match (&unsaved.platform, &unsaved.item.tokens, &unsaved.item.instance) {
            (Platform::Local(local), Some(tokens), _) => {
                let revoked = local.revoke(&unsaved.element, &unsaved.values, tokens).await;
                later = revoked == Revoked::Later;
                revoked == Revoked::Yes
            }
            // An instance that existed before goes on: only what this attempt made is deleted.
            (Platform::Hosted(hosted), _, Some(instance)) if !unsaved.again => {
                hosted.delete(instance).await.is_ok()
            }
            _ => false,
        };
        tracing::warn!(attempt = %unsaved.attempt, returned, "the unsaved token was given back");
        if later && unsaved.again && unsaved.expected.is_some() {
            // It lies aside, and its attempt stays open: `reconcile` tells the provider later.
            return false;
        }
        // A write that came too late for its deadline may still have landed. While that cannot be undone the attempt
        // stays open: what is in the keychain is seen then, rather than forgotten there.
        // Of a connection that existed before, only what was set aside goes.
        let id = unsaved.attempt.clone();
        let undone = self.vault(move |vault| vault.remove(&id)).await.is_ok();
        if undone && self.index.close_attempt(&unsaved.attempt).is_ok() {
            unsaved.lock.discard();
        }
        returned
    }

    async fn return_it(&self, mut unsaved: Unsaved) -> Option<Opened> {
        let opened = unsaved.opened.take();
        self.give_back(unsaved).await;
        opened
    }

    /// Step 8: the first answer that belongs to this attempt, by the browser or by hand.
    async fn wait(&self, signing: &mut SigningIn, controls: &mut Controls) -> Result<Callback, Failure> {
        let callback = loop {
            let deadline = *controls.deadline.borrow_and_update();
            tokio::select! {
                callback = heard(signing) => break callback,
                Some((address, reply)) = controls.pasted.recv() => match read_pasted(signing, &address) {
                    Ok(callback) => {
                        let _ = reply.send(Ok(()));
                        if let Some(waiting) = &mut signing.waiting {
                            waiting.answered();
                        }
                        break callback;
                    }
                    // The attempt goes on: a wrong paste is the person's to mend, or not theirs at all.
                    Err(failure) => { let _ = reply.send(Err(failure)); }
                },
                Ok(()) = controls.cancelled.changed() => {
                    if *controls.cancelled.borrow() {
                        return Err(Failure::new(Code::Cancelled));
                    }
                }
                Ok(()) = controls.deadline.changed() => {}
                () = tokio::time::sleep_until(deadline.into()) => return Err(Failure::new(Code::CallbackTimeout)),
            }
        };
        let outcome = match &signing.request {
            Some((token, _)) => callback.outcome_oauth1(token),
            None => callback.outcome_oauth2(&issuer(signing)),
        };
        match outcome {
            Outcome::Granted => {
                let missing =
                    signing.element.callback.provider_data.iter().find(|name| callback.get(name).is_none());
                match missing {
                    Some(name) => {
                        Err(Failure::new(Code::ProviderBadResponse)
                            .detail(format!("the answer holds no {name}")))
                    }
                    None => Ok(callback),
                }
            }
            Outcome::Denied => Err(Failure::new(Code::AccessDenied)),
            Outcome::ProviderError { error, description } => {
                let code = if speaks_of_redirect(&error, description.as_deref()) {
                    Code::RedirectMismatch
                } else if TEMPORARY.contains(&error.as_str()) {
                    Code::ProviderUnreachable
                } else {
                    Code::ProviderRejected
                };
                let redirect = (code == Code::RedirectMismatch).then(|| signing.callback_url.clone());
                let registered = description.as_deref().and_then(registered_address);
                let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
                Err(Failure { redirect, registered, ..Failure::new(code).detail(words) })
            }
            Outcome::IssuerMismatch => {
                Err(Failure::new(Code::IssuerMismatch).detail("the answer is of another provider (iss)"))
            }
            Outcome::Malformed(what) => Err(Failure::new(Code::ProviderBadResponse).detail(what)),
        }
    }

    /// Step 9. The item holds all that was issued; who it belongs to is asked later.
    async fn exchange(&self, signing: &SigningIn, proof: Proof) -> Result<Item, NotCreated> {
        let platform = &signing.platform;
        let issued = match (proof, platform) {
            (Proof::Tokens(tokens), Platform::Local(local)) => {
                local.issued(&signing.element, &signing.values, *tokens)
            }
            (Proof::Callback(callback), _) => self.instance_of(signing, Some(&callback)).await?,
            (Proof::Tokens(_) | Proof::Form, _) => self.instance_of(signing, None).await?,
        };
        let now = clock::now_ms();
        let mut configuration = kept_values(&signing.values);
        if signing.registered {
            configuration.insert(REGISTERED.to_owned(), "true".into());
        }
        Ok(Item {
            id: signing.again.as_ref().map_or(&signing.id, |connection| &connection.id).clone(),
            workspace: signing.workspace.clone(),
            element: signing.element.key.clone(),
            product: signing.element.name.clone(),
            instance: issued.instance,
            name: signing.name.clone(),
            tags: signing.tags.clone(),
            identity: None,
            host: platform.account_host(&signing.element, &signing.values),
            created_at: signing.again.as_ref().map_or(now, |connection| connection.created_at),
            received_at: now,
            pinned_hosts: issued.hosts,
            configuration,
            tokens: issued.tokens,
            missing: issued.missing,
            element_token: issued.token,
        })
    }

    /// The call that makes an instance, or signs in to the one that exists.
    async fn instance_of(
        &self,
        signing: &SigningIn,
        callback: Option<&Callback>,
    ) -> Result<Issued, NotCreated> {
        let mut provider_data = callback.map(Callback::provider_data).unwrap_or_default();
        if let Some((_, secret)) = &signing.request {
            // The secret of step 4, whatever the callback brought under this name (it should bring nothing).
            provider_data.retain(|(name, _)| name != "secret");
            provider_data.push(("secret".to_owned(), secret.clone()));
        }
        let mut configuration = form::configuration(&signing.element, &signing.values);
        for (name, key) in &signing.element.callback.configuration {
            let brought = callback.and_then(|callback| callback.get(name));
            configuration.extend(brought.map(|value| (key.clone(), value.clone())));
        }
        let body = InstanceBody {
            element: signing.element.key.clone(),
            name: signing.name.clone(),
            tags: signing.tags.clone(),
            provider_data,
            configuration,
        };
        match (&signing.platform, &signing.again) {
            (Platform::Hosted(hosted), Some(before)) => {
                let gone = || Failure::new(Code::InstanceGone).name(&before.name);
                let instance = before.instance.clone().ok_or_else(gone)?;
                // Not PUT, which replaces all: the platform may know more of the instance than this form does.
                let provider_data = Some(body.provider_data).filter(|data| !data.is_empty());
                let configuration = Some(body.configuration);
                let change = InstanceChange { configuration, provider_data, ..InstanceChange::default() };
                let answer = hosted.patch(&instance, &change).await?;
                let token = match answer.token {
                    Some(token) => token,
                    None => self.element_token_of(before).await?,
                };
                let hosts = vec![hosted.host().to_owned()];
                Ok(Issued { token, instance: Some(instance), tokens: None, missing: Vec::new(), hosts })
            }
            (platform, _) => platform.create_instance(&body, signing.verifier.as_ref(), &signing.id).await,
        }
    }

    async fn element_token_of(&self, connection: &Connection) -> Result<Sensitive<String>, Failure> {
        let id = connection.id.clone();
        let item = self.vault(move |vault| vault.get(&id)).await?;
        let unknown = || Failure::new(Code::PlatformBadResponse).detail("the answer holds no token");
        item.map(|item| item.element_token.clone()).ok_or_else(unknown)
    }

    /// Ends an attempt without a connection. One whose instance may exist at the platform stays open, so that it is
    /// looked for again.
    fn failed(&self, signing: SigningIn, NotCreated { failure, uncertain }: NotCreated) -> Ending {
        let failure = match failure.code {
            // Nothing was asked that a report could tell of.
            Code::Cancelled | Code::CallbackTimeout | Code::AccessDenied => failure,
            _ => signing.platform.told(failure),
        };
        if !uncertain && self.index.close_attempt(&signing.id).is_ok() {
            signing.lock.discard();
        }
        tracing::info!(attempt = %signing.id, code = %failure, uncertain, "sign-in ended without a connection");
        let product = &signing.element.name;
        match (signing.waiting, failure.code) {
            // Nobody heard an answer: the door closes, and a late one gets 404.
            (waiting, Code::Cancelled | Code::CallbackTimeout) => drop(waiting),
            (Some(waiting), code) => {
                let text = match code {
                    Code::AccessDenied => "Access was declined. Nothing was saved. This page can be closed.",
                    _ => "Return to Keyrack to see why. This page can be closed.",
                };
                waiting.show(Page::new(false, format!("{product} was not connected"), text));
            }
            (None, _) => {}
        }
        Ending::Failed(Box::new(failure), signing.opened)
    }
}

/// What a sign-in brought.
enum Proof {
    /// The browser's answer, whose code or verifier is still to be exchanged.
    Callback(Callback),
    /// Tokens already.
    Tokens(Box<TokenSet>),
    /// Nothing: the form alone signs in.
    Form,
}

/// RFC 6749 §4.1.2.1: the provider cannot just now.
const TEMPORARY: [&str; 2] = ["temporarily_unavailable", "server_error"];

/// Why a token is not in the list yet.
pub(super) enum NotKept {
    /// Somebody else signed in than the connection belongs to. The token is set aside.
    WrongAccount(Failure),
    /// The vault does not take it just now.
    Vault(Failure),
    /// The vault has it, the index does not.
    Index(Failure),
    /// The connection was removed meanwhile.
    Gone(Failure),
}

impl NotKept {
    pub(super) fn vault(error: VaultError) -> Self {
        Self::Vault(match error {
            VaultError::Damaged => VaultError::Denied.into(),
            other => other.into(),
        })
    }
}

/// What a connection was made with, as its item keeps it.
fn kept_values(values: &Values) -> BTreeMap<String, Sensitive<String>> {
    let public = values.public_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.into()));
    let secret = values.secret_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.clone()));
    public.chain(secret).collect()
}

/// How long a person waits for a mark to be taken off an instance that is saved already.
pub(super) const TIDYING: Duration = Duration::from_secs(10);

/// How long a person waits to see whose account it is. The connection is usable without.
pub(super) const IDENTITY: Duration = Duration::from_secs(5);

/// The identity, if the provider tells it soon.
pub(super) async fn soon(identity: impl Future<Output = Option<Account>>) -> Option<Account> {
    tokio::time::timeout(IDENTITY, identity).await.ok().flatten()
}

async fn heard(signing: &mut SigningIn) -> Callback {
    match &mut signing.waiting {
        Some(waiting) => waiting.answer().await,
        None => std::future::pending().await,
    }
}

fn read_pasted(signing: &SigningIn, address: &str) -> Result<Callback, Failure> {
    let query = pasted(address.trim(), &signing.callback_url)
        .map_err(|e| Failure::new(Code::CallbackInvalid).detail(e.to_string()))?;
    let callback =
        Callback::parse(&query).map_err(|e| Failure::new(Code::CallbackInvalid).detail(e.to_string()))?;
    // Only this attempt is at the clipboard, so a provider that echoes no `state` is believed here too.
    let fits = signing.binding.as_ref().is_some_and(|binding| binding.fits(&callback, 1));
    if fits { Ok(callback) } else { Err(Failure::new(Code::StateMismatch)) }
}

/// What RFC 9207 lets us expect of `iss`.
fn issuer(signing: &SigningIn) -> Issuer {
    match signing.element.auth_for(&signing.values) {
        Auth::Oauth2(oauth2) if signing.workspace != super::PRACTICE => {
            match oauth2.issuer_text(&signing.values) {
                Some(issuer) if oauth2.announces_issuer => Issuer::Announced(issuer),
                Some(issuer) => Issuer::Known(issuer),
                None => Issuer::Unknown,
            }
        }
        _ => Issuer::Unknown,
    }
}
