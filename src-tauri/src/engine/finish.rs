//! Steps 8 to 12: from the browser's answer to a connection in the list.
//!
//! From the moment the platform has issued a token, nothing stands between it and the vault. Everything that may fail
//! after that leaves an item that describes itself, and `reconcile` finds it.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::start::attempt_lock_name;
use super::{Engine, SigningIn};
use crate::domain::attempt::Stage;
use crate::domain::connection::{Connection, Item};
use crate::domain::element::{Auth, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::form::Values;
use crate::domain::oauth::callback::{Callback, Issuer, Outcome, pasted};
use crate::fault;
use crate::io::lock::Lock;
use crate::io::loopback::Opened;
use crate::io::vault::{KEYCHAIN_NAME, VaultError};
use crate::io::{Page, clock};
use crate::platform::{InstanceBody, Local};

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
    Failed(Failure, Option<Opened>),
}

/// A token that was issued and could not be saved yet. It lives in memory until it is saved or given back.
pub struct Unsaved {
    /// Why the vault did not take it.
    pub failure: Failure,
    item: Item,
    element: Element,
    values: Values,
    platform: Local,
    lock: Lock,
    /// The callback address.
    pub opened: Option<Opened>,
}

impl Engine {
    /// Waits for the answer of an attempt and finishes it.
    pub async fn finish(&self, mut signing: SigningIn, mut controls: Controls) -> Ending {
        let product = signing.element.name.clone();
        let answer = self.wait(&mut signing, &mut controls).await;
        fault::point("callback_parsed");
        let callback = match answer {
            Ok(callback) => callback,
            Err(failure) => return self.failed(signing, failure.product(product)),
        };
        let _ = controls.stage.send(Stage::Finishing);
        let item = match self.exchange(&signing, &callback).await {
            Ok(item) => item,
            Err(failure) => return self.failed(signing, failure.product(product)),
        };
        fault::point("instance_created");
        let SigningIn { element, values, platform, lock, opened, waiting, .. } = signing;
        let unsaved = Unsaved {
            failure: Failure::new(Code::KeychainLocked),
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
        let item = unsaved.item.clone();
        if let Err(error) = self.vault(move |vault| vault.put(&item)).await {
            tracing::warn!(attempt = %unsaved.item.id, code = ?error, "the token could not be saved yet");
            let failure = Failure::from(match error {
                VaultError::Damaged => VaultError::Denied,
                other => other,
            });
            return Ending::Unsaved(Box::new(Unsaved { failure, ..unsaved }));
        }
        fault::point("vault_written");
        let Unsaved { mut item, element, values, platform, lock, opened, .. } = unsaved;
        item.identity = soon(platform.identity(&element, &values, &item.tokens)).await;
        if item.identity.is_some() {
            let named = item.clone();
            // The item describes itself better with a name; without it, it is still whole.
            let _ = self.vault(move |vault| vault.put(&named)).await;
        }
        let mut row = item.to_connection();
        let written = self.index.finish_attempt(&row);
        fault::point("index_written");
        match written {
            Ok(name) => {
                if name != row.name {
                    row.name = name;
                    self.describe_as_listed(&row.id).await;
                }
                lock.discard(&self.paths.run, &attempt_lock_name(&row.id));
                tracing::info!(attempt = %row.id, "connected");
                Ending::Connected(Box::new(row), opened)
            }
            Err(error) => {
                tracing::error!(attempt = %row.id, %error, "saved in the keychain, not in the index");
                Ending::Failed(Failure::from(error).name(row.name).product(&element.name), opened)
            }
        }
    }

    /// Gives a token back to the provider that could not be saved and will not be. Returns whether the provider
    /// took it back.
    pub async fn give_back(&self, unsaved: Unsaved) -> bool {
        let revoked = unsaved.platform.revoke(&unsaved.element, &unsaved.values, &unsaved.item.tokens).await;
        // A write that came too late for its deadline may still have landed.
        let id = unsaved.item.id.clone();
        let _ = self.vault(move |vault| vault.remove(&id)).await;
        let _ = self.index.close_attempt(&unsaved.item.id);
        unsaved.lock.discard(&self.paths.run, &attempt_lock_name(&unsaved.item.id));
        tracing::warn!(attempt = %unsaved.item.id, revoked, "the unsaved token was given back");
        revoked
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
                let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
                Err(Failure::new(Code::ProviderRejected).detail(words))
            }
            Outcome::IssuerMismatch => {
                Err(Failure::new(Code::ProviderBadResponse).detail("the answer is of another provider (iss)"))
            }
            Outcome::Malformed(what) => Err(Failure::new(Code::ProviderBadResponse).detail(what)),
        }
    }

    /// Step 9. The item holds all that was issued; who it belongs to is asked later.
    async fn exchange(&self, signing: &SigningIn, callback: &Callback) -> Result<Item, Failure> {
        let mut provider_data = callback.provider_data();
        if let Some((_, secret)) = &signing.request {
            // The secret of step 4, whatever the callback brought under this name (it should bring nothing).
            provider_data.retain(|(name, _)| name != "secret");
            provider_data.push(("secret".to_owned(), secret.clone()));
        }
        let mut configuration = form::configuration(&signing.element, &signing.values);
        for (name, key) in &signing.element.callback.configuration {
            configuration.extend(callback.get(name).map(|value| (key.clone(), value.clone())));
        }
        let body = InstanceBody {
            element: signing.element.key.clone(),
            name: signing.name.clone(),
            tags: signing.tags.clone(),
            provider_data,
            configuration,
        };
        let instance = signing.platform.create_instance(&body, signing.verifier.as_ref()).await?;
        let now = clock::now_ms();
        let public = signing.values.public_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.into()));
        let secret = signing.values.secret_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.clone()));
        Ok(Item {
            id: signing.id.clone(),
            workspace: signing.workspace.clone(),
            element: signing.element.key.clone(),
            name: signing.name.clone(),
            tags: signing.tags.clone(),
            identity: None,
            host: signing.platform.account_host(&signing.element, &signing.values),
            created_at: now,
            received_at: now,
            pinned_hosts: instance.hosts,
            configuration: public.chain(secret).collect(),
            tokens: instance.tokens,
            element_token: instance.token,
        })
    }

    /// Ends an attempt without a connection.
    fn failed(&self, signing: SigningIn, failure: Failure) -> Ending {
        if self.index.close_attempt(&signing.id).is_ok() {
            signing.lock.discard(&self.paths.run, &attempt_lock_name(&signing.id));
        }
        tracing::info!(attempt = %signing.id, code = %failure, "sign-in ended without a connection");
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
        Ending::Failed(failure, signing.opened)
    }
}

/// How long a person waits to see whose account it is. The connection is usable without.
const IDENTITY: Duration = Duration::from_secs(5);

/// The identity, if the provider tells it soon.
pub(super) async fn soon(identity: impl Future<Output = Option<String>>) -> Option<String> {
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
    if signing.binding.fits(&callback, 1) { Ok(callback) } else { Err(Failure::new(Code::StateMismatch)) }
}

/// What RFC 9207 lets us expect of `iss`.
fn issuer(signing: &SigningIn) -> Issuer {
    match signing.element.auth_for(&signing.values) {
        Auth::Oauth2(oauth2) if oauth2.announces_issuer && signing.workspace != super::PRACTICE => {
            let filled = oauth2.issuer.as_ref().and_then(|issuer| issuer.fill(&signing.values).ok());
            filled.map_or(Issuer::NotAnnounced, |url| {
                Issuer::Announced(url.as_str().trim_end_matches('/').to_owned())
            })
        }
        _ => Issuer::NotAnnounced,
    }
}
