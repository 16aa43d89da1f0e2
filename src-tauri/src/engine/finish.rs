//! Steps 8, 9 and 11: from the browser's answer to a token that was issued, and to the page that says how it ended. Keeping
//! the token is in `keep`, and nothing comes between.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::keep::Unsaved;
use super::start::REGISTERED;
use super::{Engine, SigningIn};
use crate::domain::attempt::Stage;
use crate::domain::connection::{Connection, Item};
use crate::domain::element::Auth;
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::form::Values;
use crate::domain::oauth::callback::{Callback, Issuer, Outcome, pasted};
use crate::domain::oauth::token::{TokenSet, registered_address, speaks_of_redirect};
use crate::domain::sensitive::Sensitive;
use crate::fault;
use crate::io::callback::CallbackListener;
use crate::io::vault::KEYCHAIN_NAME;
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
    Connected(Box<Connection>, Option<CallbackListener>),
    /// A token was issued that the vault does not take just now.
    Unsaved(Box<Unsaved>),
    /// No connection.
    Failed(Box<Failure>, Option<CallbackListener>),
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
                            waiting.stop_accepting();
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

/// What a connection was made with, as its item keeps it.
fn kept_values(values: &Values) -> BTreeMap<String, Sensitive<String>> {
    let public = values.public_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.into()));
    let secret = values.secret_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.clone()));
    public.chain(secret).collect()
}

async fn heard(signing: &mut SigningIn) -> Callback {
    match &mut signing.waiting {
        Some(waiting) => waiting.receive().await,
        None => std::future::pending().await,
    }
}

fn read_pasted(signing: &SigningIn, address: &str) -> Result<Callback, Failure> {
    let query = pasted(address.trim(), &signing.callback_url)
        .map_err(|e| Failure::new(Code::CallbackInvalid).detail(e.to_string()))?;
    let callback =
        Callback::parse(&query).map_err(|e| Failure::new(Code::CallbackInvalid).detail(e.to_string()))?;
    // Only this attempt is at the clipboard, so a provider that echoes no `state` is believed here too.
    let fits = signing.binding.as_ref().is_some_and(|binding| binding.matches(&callback, 1));
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
