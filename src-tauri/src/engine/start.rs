//! Steps 1 to 7: from a filled-in form to a browser that shows the provider's page.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::{Engine, PRACTICE};
use crate::domain::connection::{NAME_MAX, clean_name, free_name};
use crate::domain::element::{Auth, CALLBACK_URL, Element};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FieldProblem, Problem, Values};
use crate::domain::oauth::authorize::{ensure_state, is_loopback, openable};
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::ConnectRequest;
use crate::fault;
use crate::io::index::OpenAttempt;
use crate::io::lock::Lock;
use crate::io::loopback::{Binding, Opened, Waiting};
use crate::io::{browser, clock};
use crate::platform::{Local, OauthCall};

/// The person's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browser {
    /// The system's own.
    Default,
    /// A command that was named.
    Command(String),
    /// None: the address is shown instead.
    None,
}

/// An attempt whose address is ready to be opened. Dropping it ends the attempt.
pub struct SigningIn {
    /// Becomes the connection's id and the vault key.
    pub id: String,
    /// Where it signs in.
    pub workspace: String,
    /// How.
    pub element: Element,
    /// What the connection will be called.
    pub name: String,
    /// Free words.
    pub tags: Vec<String>,
    /// The address for the browser, checked.
    pub url: Url,
    /// Where the answer is expected, byte for byte as the provider knows it.
    pub callback_url: String,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// The host that the person will see.
    pub host: String,
    pub(super) values: Values,
    pub(super) platform: Local,
    pub(super) verifier: Option<Verifier>,
    /// OAuth 1.0a: the request token, and the secret of step 4.
    pub(super) request: Option<(String, Sensitive<String>)>,
    pub(super) binding: Binding,
    pub(super) waiting: Option<Waiting>,
    pub(super) opened: Option<Opened>,
    pub(super) lock: Lock,
}

impl SigningIn {
    /// Whether the answer cannot arrive by itself and has to be pasted.
    pub fn paste_only(&self) -> bool {
        self.waiting.is_none()
    }

    /// Step 7. Returns whether a browser took the address.
    pub async fn open_browser(&self, choice: &Browser) -> bool {
        open_browser(self.url.clone(), choice.clone()).await
    }
}

/// Opens an address of an attempt, also a second time.
pub async fn open_browser(url: Url, choice: Browser) -> bool {
    let opened = tokio::task::spawn_blocking(move || match choice {
        Browser::None => false,
        Browser::Default => browser::open(&url, None),
        Browser::Command(command) => browser::open(&url, Some(&command)),
    });
    let opened = opened.await.unwrap_or(false);
    fault::point("browser_opened");
    opened
}

impl Engine {
    /// Runs steps 1 to 6. Until the address is ready nothing is written but the attempt, and nothing was asked of the
    /// person that could be lost.
    ///
    /// # Errors
    /// A wrong form, a taken name or port, a keychain or an index that could not save the result, or a provider that
    /// answers neither `oauth/token` nor `oauth/url`.
    pub async fn start(&self, workspace: &str, request: ConnectRequest) -> Result<SigningIn, Failure> {
        self.workspace(workspace)?;
        // 1
        let element = self.element(&request.element)?;
        // Before the name is checked: a sign-in that was cut off may have it.
        self.reconcile().await?;
        // 2
        let (values, name) = self.check(workspace, element, &request)?;
        if !element.auth_for(&values).needs_browser() {
            return Err(Failure::new(Code::ElementInvalid)
                .name(&element.key)
                .detail("this version signs in with OAuth only"));
        }
        // 3
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        let given_callback = values.get(CALLBACK_URL).unwrap_or_default().to_owned();
        let opened = match given_callback.parse::<Url>() {
            // A browser would want a certificate of an https address, which nobody can have for loopback: pasted.
            Ok(url) if is_loopback(&url) && url.scheme() == "http" => {
                Some(self.callbacks.open(&given_callback).await?)
            }
            _ => None,
        };
        let callback_url = opened.as_ref().map_or(given_callback, |opened| opened.url.clone());
        // Again, because the bound port is part of a value that goes into every later step.
        let given = BTreeMap::from([(CALLBACK_URL.to_owned(), callback_url.clone())]);
        let request_values =
            request.values.into_iter().filter(|(key, _)| key != CALLBACK_URL).chain(given).collect();
        let values = form::check(element, &request_values, &self.defaults(workspace, element))
            .map_err(Failure::form)?;
        // 4
        let platform = self.platform(workspace);
        let state = clock::random_token();
        let is_oauth1 = matches!(element.auth_for(&values), Auth::Oauth1(_));
        let request_token = if is_oauth1 {
            let issued = platform.oauth_token(&OauthCall::token(element, &values, &state)).await?;
            Some((issued.token, issued.secret))
        } else {
            None
        };
        // 5
        let token = request_token.as_ref().map(|(token, _)| token.as_str());
        let answer = platform.oauth_url(&OauthCall::url(element, &values, &state, token)).await?;
        let untrusted = |e: crate::domain::oauth::authorize::NotOpenable| {
            Failure::new(Code::ProviderBadResponse).product(&element.name).detail(e.to_string())
        };
        let mut url = openable(&answer.oauth_url).map_err(untrusted)?;
        let binding = match token {
            Some(token) => Binding::RequestToken { token: token.into(), state },
            None => {
                url = ensure_state(url, &state);
                if element.callback.echoes_state { Binding::State(state) } else { Binding::OnlyOne }
            }
        };
        // 6
        let id = clock::random_id();
        let lock =
            self.attempt_lock(&id)?.ok_or_else(|| Failure::internal("a new attempt was locked already"))?;
        let attempt = OpenAttempt {
            id: id.clone(),
            workspace: workspace.to_owned(),
            element: element.key.clone(),
            name: name.clone(),
        };
        let started_at = clock::now_ms();
        self.index.begin_attempt(&attempt, started_at)?;
        fault::point("attempt_written");
        let waiting = opened.as_ref().map(|opened| opened.wait_for(binding.clone()));
        let host = if workspace == PRACTICE {
            "the practice page".to_owned()
        } else {
            url.host_str().unwrap_or_default().to_owned()
        };
        tracing::info!(attempt = %id, element = %element.key, workspace, "sign-in started");
        Ok(SigningIn {
            id,
            workspace: workspace.to_owned(),
            element: element.clone(),
            name,
            tags: clean_tags(&request.tags),
            url,
            callback_url,
            started_at,
            host,
            values,
            platform,
            verifier: answer.verifier,
            request: request_token,
            binding,
            waiting,
            opened,
            lock,
        })
    }

    /// Checks the form and the name. An empty name becomes the product's, numbered if need be; a given one must be free.
    fn check(
        &self,
        workspace: &str,
        element: &Element,
        request: &ConnectRequest,
    ) -> Result<(Values, String), Failure> {
        let values = form::check(element, &request.values, &self.defaults(workspace, element))
            .map_err(Failure::form)?;
        let name = clean_name(&request.name);
        if name.chars().count() > NAME_MAX {
            return Err(Failure::form(vec![FieldProblem { key: "name".into(), problem: Problem::TooLong }]));
        }
        if name.is_empty() {
            let existing = self.index.connections(Some(workspace))?;
            let taken = |name: &str| existing.iter().any(|c| c.name.to_lowercase() == name.to_lowercase());
            return Ok((values, free_name(&element.name, taken)));
        }
        if self.index.name_taken(workspace, &name)? {
            return Err(Failure::new(Code::NameTaken).name(name));
        }
        Ok((values, name))
    }

    /// The lock that says whether an attempt's owner lives.
    pub(super) fn attempt_lock(&self, id: &str) -> Result<Option<Lock>, Failure> {
        Lock::try_take(&self.paths.run, &attempt_lock_name(id))
            .map_err(|e| Failure::new(Code::IndexUnwritable).detail(format!("lock: {}", e.kind())))
    }
}

/// How long a person may take before a sign-in is given up: long enough to find a password, short enough that the port
/// is not held for a tab that was closed.
const ATTEMPT_LIFE_S: u64 = 15 * 60;

/// How long a sign-in of the window waits.
pub fn attempt_life() -> Duration {
    let of_a_test = fault::number("KEYRACK_ATTEMPT_LIFE").and_then(|s| u64::try_from(s).ok());
    Duration::from_secs(of_a_test.unwrap_or(ATTEMPT_LIFE_S))
}

pub(super) fn attempt_lock_name(id: &str) -> String {
    format!("attempt-{id}")
}

fn clean_tags(tags: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = tags.iter().map(|t| clean_name(t)).filter(|t| !t.is_empty()).collect();
    tags.dedup();
    tags
}
