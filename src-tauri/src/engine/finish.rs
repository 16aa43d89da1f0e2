//! Steps 8, 9 and 11: from the browser's answer to an issued token, and to the page that says how it ended.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::keep::{Ending, Unsaved};
use super::signing_in::{BrowserWay, Way};
use super::start::REGISTERED;
use super::{Engine, SigningIn};
use crate::domain::attempt::Stage;
use crate::domain::connection::{Connection, Facts};
use crate::domain::credential::Credential;
use crate::domain::element::Auth;
use crate::domain::error::{Code, Failure};
use crate::domain::item::Item;
use crate::domain::oauth::callback::{Callback, Outcome, pasted_query};
use crate::domain::oauth::meaning::{Meaning, meaning, refused_part};
use crate::domain::oauth::token::{TokenSet, is_redirect_refusal, quoted_address};
use crate::fault;
use crate::io::vault::KEYCHAIN_NAME;
use crate::io::{Page, clock};
use crate::platform::{Issued, NewInstance, NotCreated, Pairs, SignIn};

/// A pasted address, and where to report whether it belongs to the attempt.
pub type Paste = (String, oneshot::Sender<Result<(), Failure>>);

/// Steers an attempt while it waits.
pub struct Controls {
    pub pasted: mpsc::Receiver<Paste>,
    /// Becomes `true` when the user cancels.
    pub cancelled: watch::Receiver<bool>,
    /// When the attempt is given up; it may be moved.
    pub deadline: watch::Receiver<Instant>,
    pub stage: watch::Sender<Stage>,
}

/// What ends the waiting.
enum Proof {
    /// The browser's answer, whose code or verifier is still to be exchanged.
    Callback(Callback),
    Tokens(Box<TokenSet>),
    /// The form alone signs in.
    Form,
}

impl Engine {
    /// Waits for the answer of an attempt and finishes it.
    pub async fn finish(&self, mut signing: SigningIn, mut controls: Controls) -> Ending {
        let product = signing.element().name.clone();
        let proof = match &mut signing.way {
            Way::Device(device) => {
                let tokens = self.poll_device(&signing.sign_in, device, &mut controls).await;
                tokens.map(|tokens| Proof::Tokens(Box::new(tokens)))
            }
            Way::Browser(browser) => {
                let answer = wait(&signing.sign_in, browser, &mut controls).await;
                fault::point("callback_parsed");
                answer.map(Proof::Callback)
            }
            Way::Direct => Ok(Proof::Form),
        };
        let proof = match proof {
            Ok(proof) => proof,
            Err(failure) => return self.fail(signing, failure.product(product).into()),
        };
        let _ = controls.stage.send(Stage::Finishing);
        let item = match self.exchange(&signing, proof).await {
            Ok(item) => item,
            Err(NotCreated { failure, uncertain }) => {
                return self.fail(signing, NotCreated { failure: failure.product(product), uncertain });
            }
        };
        fault::point("instance_created");
        let SigningIn { id, again, sign_in, lock, way, any_account, .. } = signing;
        let expected = again.as_ref().filter(|_| !any_account).and_then(Connection::account);
        let (opened, waiting) = match way {
            Way::Browser(browser) => (browser.listener, browser.waiting),
            Way::Device(_) | Way::Direct => (None, None),
        };
        let unsaved = Unsaved {
            failure: Failure::new(Code::KeychainLocked),
            attempt: id,
            again: again.is_some(),
            expected,
            item,
            sign_in,
            lock,
            opened,
        };
        let ending = self.save(unsaved).await;
        // 11
        if let Some(waiting) = waiting {
            waiting.show(last_page(&ending, &product));
        }
        fault::point("page_shown");
        ending
    }

    /// Step 9.
    async fn exchange(&self, signing: &SigningIn, proof: Proof) -> Result<Item, NotCreated> {
        let issued = match (proof, &signing.sign_in) {
            (Proof::Tokens(tokens), SignIn::Provider(provider)) => {
                provider.issued(Credential::Tokens(*tokens), &Vec::new())
            }
            (Proof::Callback(callback), _) => self.create_instance(signing, Some(&callback)).await?,
            (Proof::Tokens(_) | Proof::Form, _) => self.create_instance(signing, None).await?,
        };
        let form = signing.sign_in.form();
        let mut configuration = form.entries();
        if signing.registered {
            configuration.insert(REGISTERED.to_owned(), "true".into());
        }
        let (now, again) = (clock::now_ms(), signing.again.as_ref());
        let facts = Facts {
            id: again.map_or(&signing.id, |connection| &connection.id).clone(),
            workspace: signing.workspace.clone(),
            element: form.element.key.clone(),
            way: form.element.way.clone(),
            product: form.element.name.clone(),
            name: signing.name.clone(),
            tags: signing.tags.clone(),
            host: signing.sign_in.account_host(),
            created_at: again.map_or(now, |connection| connection.created_at),
            ..Facts::default()
        };
        Ok(issued.into_item(facts, configuration, now))
    }

    /// Makes an instance, or signs in to the one that exists.
    async fn create_instance(
        &self,
        signing: &SigningIn,
        callback: Option<&Callback>,
    ) -> Result<Issued, NotCreated> {
        let mut provided: Pairs = callback.map(Callback::provider_data).unwrap_or_default();
        let mut verifier = None;
        if let Way::Browser(browser) = &signing.way {
            verifier = browser.verifier.as_ref();
            if let Some((_, secret)) = &browser.request_token {
                // The secret of step 4 replaces a parameter of this name.
                provided.retain(|(name, _)| name != "secret");
                provided.push(("secret".to_owned(), secret.clone()));
            }
        }
        let new = NewInstance { name: &signing.name, tags: &signing.tags, provided, attempt: &signing.id };
        match (&signing.sign_in, &signing.again) {
            (SignIn::Hosted(hosted, form), Some(before)) => {
                let gone = || Failure::new(Code::InstanceGone).name(&before.name);
                let instance = before.instance.clone().ok_or_else(gone)?;
                let token = match hosted.sign_in_again(&instance, form, &new).await? {
                    Some(token) => token,
                    None => {
                        let bad =
                            || Failure::new(Code::PlatformBadResponse).detail("the answer holds no token");
                        let item = self.read_item(&before.id).await.map_err(Failure::from)?;
                        item.ok_or_else(bad)?.element_token
                    }
                };
                Ok(hosted.kept_there(instance, token))
            }
            (sign_in, _) => sign_in.create_instance(&new, verifier).await,
        }
    }

    /// Ends an attempt without a connection. It stays open while its instance may exist at the platform.
    fn fail(&self, signing: SigningIn, NotCreated { failure, uncertain }: NotCreated) -> Ending {
        let failure = match failure.code {
            // There is no request that a report could show.
            Code::Cancelled | Code::CallbackTimeout | Code::AccessDenied => failure,
            _ => signing.sign_in.with_exchanges(failure),
        };
        tracing::info!(attempt = %signing.id, code = %failure, uncertain, "sign-in ended without a connection");
        let product = signing.element().name.clone();
        if !uncertain && self.index.close_attempt(&signing.id).is_ok() {
            signing.lock.discard();
        }
        let Way::Browser(browser) = signing.way else { return Ending::Failed(Box::new(failure), None) };
        // Without an answer there is no page to show: a late one gets 404.
        let answered = !matches!(failure.code, Code::Cancelled | Code::CallbackTimeout);
        if let Some(waiting) = browser.waiting.filter(|_| answered) {
            let text = match failure.code {
                Code::AccessDenied => "Access was declined. Nothing was saved. This page can be closed.",
                _ => "Return to Keyrack to see why. This page can be closed.",
            };
            waiting.show(Page::new(false, format!("{product} was not connected"), text));
        }
        Ending::Failed(Box::new(failure), browser.listener)
    }
}

/// Step 8: the first answer that belongs to this attempt, by the browser or by hand.
async fn wait(
    sign_in: &SignIn,
    browser: &mut BrowserWay,
    controls: &mut Controls,
) -> Result<Callback, Failure> {
    let callback = loop {
        let deadline = *controls.deadline.borrow_and_update();
        tokio::select! {
            callback = next_answer(browser) => break callback,
            Some((address, reply)) = controls.pasted.recv() => match read_pasted(sign_in, browser, &address) {
                Ok(callback) => {
                    let _ = reply.send(Ok(()));
                    if let Some(waiting) = &mut browser.waiting {
                        waiting.stop_accepting();
                    }
                    break callback;
                }
                // The attempt goes on: the user can paste another one.
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
    judge(sign_in, browser, callback)
}

fn outcome(sign_in: &SignIn, browser: &BrowserWay, callback: &Callback) -> Outcome {
    match &browser.request_token {
        Some((token, _)) => callback.outcome_oauth1(token),
        None => callback.outcome_oauth2(&sign_in.issuer()),
    }
}

/// Whether an answer that belongs to this attempt grants access.
fn judge(sign_in: &SignIn, browser: &BrowserWay, callback: Callback) -> Result<Callback, Failure> {
    let callback = with_standard_names(sign_in, callback);
    match outcome(sign_in, browser, &callback) {
        Outcome::Granted => {
            let bad = |detail: String| Failure::new(Code::ProviderBadResponse).detail(detail);
            for name in &sign_in.form().element.callback.provider_data {
                if callback.get(name).is_none() {
                    return Err(bad(format!("the answer holds no {name}")));
                }
                if let Some(problem) = callback.problem(name) {
                    return Err(bad(format!("{name}: {problem}")));
                }
            }
            Ok(callback)
        }
        Outcome::Denied => Err(Failure::new(Code::AccessDenied)),
        Outcome::ProviderError { error, description } => {
            let code = if is_redirect_refusal(&error, description.as_deref()) {
                Code::RedirectMismatch
            } else if meaning(&error) == Some(Meaning::Passing) {
                Code::ProviderUnreachable
            } else {
                Code::ProviderRejected
            };
            let redirect = (code == Code::RedirectMismatch).then(|| browser.callback_url.clone());
            let registered = description.as_deref().and_then(quoted_address);
            let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
            let refused = (code == Code::ProviderRejected).then(|| refused_part(&error, None)).flatten();
            Err(Failure { redirect, registered, refused, ..Failure::new(code).detail(words) })
        }
        Outcome::IssuerMismatch => {
            Err(Failure::new(Code::IssuerMismatch).detail("the answer is of another provider (iss)"))
        }
        Outcome::Malformed(what) => Err(Failure::new(Code::ProviderBadResponse).detail(what)),
    }
}

/// The answer with the code under its standard name.
fn with_standard_names(sign_in: &SignIn, callback: Callback) -> Callback {
    match sign_in.form().auth() {
        Auth::Oauth2(rules) => match rules.parameter_names.get("code") {
            Some(name) => callback.with_code_of(name),
            None => callback,
        },
        _ => callback,
    }
}

async fn next_answer(browser: &mut BrowserWay) -> Callback {
    match &mut browser.waiting {
        Some(waiting) => waiting.receive().await,
        None => std::future::pending().await,
    }
}

fn read_pasted(sign_in: &SignIn, browser: &BrowserWay, address: &str) -> Result<Callback, Failure> {
    let invalid = |detail: String| Failure::new(Code::CallbackInvalid).detail(detail);
    let query = pasted_query(address.trim(), &browser.callback_url).map_err(|e| invalid(e.to_string()))?;
    let callback = with_standard_names(sign_in, Callback::parse(query.as_bytes()));
    // The user pasted it here, so a provider that echoes no `state` is believed too.
    if !browser.binding.matches(&callback, 1) {
        return Err(Failure::new(Code::StateMismatch));
    }
    match outcome(sign_in, browser, &callback) {
        // Copied in part: the user can paste it again.
        Outcome::Malformed(what) => Err(invalid(what.to_owned())),
        _ => Ok(callback),
    }
}

fn last_page(ending: &Ending, product: &str) -> Page {
    match ending {
        Ending::Connected(..) => {
            Page::new(true, format!("{product} is connected"), "This page can be closed.")
        }
        Ending::Unsaved(unsaved) => {
            let text = match unsaved.failure.code {
                Code::WrongAccount => {
                    "Somebody else than before signed in. Return to Keyrack to choose.".to_owned()
                }
                Code::RenewalBusy => "Keyrack saves it in a moment.".to_owned(),
                Code::KeychainLocked => {
                    format!("The {KEYCHAIN_NAME} is locked. Return to Keyrack to save the sign-in.")
                }
                Code::IndexUnwritable => {
                    "The disk cannot be written. Return to Keyrack to save the sign-in.".to_owned()
                }
                _ => format!("The {KEYCHAIN_NAME} did not take it. Return to Keyrack to see why."),
            };
            Page::new(false, format!("{product} is not saved yet"), text)
        }
        Ending::Failed(..) => Page::new(
            false,
            format!("{product} is not in the list yet"),
            "The sign-in is saved. Keyrack adds it to the list at its next start.",
        ),
    }
}
