//! Steps 1 to 7: from a filled-in form to a browser that shows the provider's page.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use url::Url;

use super::prepare::{Asking, Device};
use super::workspace::ANY_PORT;
use super::{Engine, LOCAL, PRACTICE};
use crate::domain::connection::{Connection, NAME_MAX, Status, clean_name, clean_tags, folded, free_name};
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element, Grant};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FieldProblem, Problem, Values};
use crate::domain::oauth::authorize::is_loopback;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::domain::view::ConnectRequest;
use crate::fault;
use crate::io::callback::{Binding, CallbackListener, CallbackReceiver};
use crate::io::index::OpenAttempt;
use crate::io::lock::Lock;
use crate::io::{browser, clock};
use crate::platform::Platform;

/// Stands in the configuration of a connection whose client registered itself, for this connection alone.
pub(super) const REGISTERED: &str = "oauth.client.registered";

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
    /// Becomes the connection's id and the vault key, unless `again` names one that exists.
    pub id: String,
    /// The connection that is signed in to again.
    pub again: Option<Connection>,
    /// Where it signs in.
    pub workspace: String,
    /// How.
    pub element: Element,
    /// What the connection will be called.
    pub name: String,
    /// Free words.
    pub tags: Vec<String>,
    /// The address for the browser, checked; none where no browser is needed.
    pub url: Option<Url>,
    /// Where the answer is expected, byte for byte as the provider knows it.
    pub callback_url: String,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// The host that the person will see.
    pub host: String,
    pub(super) values: Values,
    pub(super) platform: Platform,
    pub(super) verifier: Option<Verifier>,
    /// OAuth 1.0a: the request token, and the secret of step 4.
    pub(super) request: Option<(String, Sensitive<String>)>,
    /// None where no browser is needed.
    pub(super) binding: Option<Binding>,
    pub(super) waiting: Option<CallbackReceiver>,
    pub(super) opened: Option<CallbackListener>,
    pub(super) lock: Lock,
    /// A sign-in whose browser cannot call back.
    pub(super) device: Option<Device>,
    /// Whether its client is one that this application registered by itself.
    pub(super) registered: bool,
    /// Whether an account may take the place of another one: the person said so beforehand.
    pub any_account: bool,
}

impl SigningIn {
    /// Whether the answer cannot arrive by itself and has to be pasted.
    pub fn paste_only(&self) -> bool {
        self.url.is_some() && self.waiting.is_none() && self.device.is_none()
    }

    /// What the person enters in the browser, or compares there.
    pub fn user_code(&self) -> Option<&str> {
        self.device.as_ref().map(|device| device.authorization.user_code.as_str())
    }

    /// How long that code is still good for.
    pub fn code_ends_in(&self) -> Option<Duration> {
        self.device.as_ref().map(|device| device.ends.saturating_duration_since(Instant::now()))
    }

    /// Step 7. Returns whether a browser took the address.
    pub async fn open_browser(&self, choice: &Browser) -> bool {
        match &self.url {
            Some(url) => open_browser(url.clone(), choice.clone()).await,
            None => false,
        }
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
    /// Runs steps 1 to 6. Nothing is asked of the person that could be lost. What may be written before the address is ready
    /// is the file of a provider that was described, and the registration of this application there.
    ///
    /// # Errors
    /// A wrong form, a taken name or port, a keychain or an index that could not save the result, or a provider that
    /// answers neither `oauth/token` nor `oauth/url`.
    pub async fn start(&self, workspace: &str, mut request: ConnectRequest) -> Result<SigningIn, Failure> {
        // Before the name is checked: a sign-in that was cut off may have it.
        self.reconcile_here(workspace).await?;
        let again = self.signed_in_before(workspace, &request).await?;
        // 1
        let element = self.element_to_sign_in(workspace, &mut request).await?;
        // 2
        let mut filled_in = self.defaults(workspace, &element);
        let kept_client = again
            .as_ref()
            .is_some_and(|(_, kept)| kept.contains_key(API_KEY) && !kept.contains_key(REGISTERED));
        if is_given(&request.values, API_KEY) || kept_client {
            // A client that somebody registered has one address to come back to.
            self.fix_port(workspace, &element, &mut filled_in);
        }
        let held = match &again {
            // A client that the provider no longer knows is not kept.
            Some((connection, kept))
                if matches!(connection.status, Status::Ok | Status::Retrying)
                    && !is_given(&request.values, API_KEY) =>
            {
                self.address_of_then(kept).await
            }
            _ => None,
        };
        if let Some((_, kept)) = &again {
            // A port that was free then may be taken now; where any will do, a free one is found again.
            let any_port = |key: &str| {
                held.is_none()
                    && key == CALLBACK_URL
                    && filled_in.get(key).is_some_and(|url| url.contains(ANY_PORT))
            };
            let here = |url: &str| url.parse().is_ok_and(|url| is_loopback(&url));
            // A client that registered itself is known with the port of then: with another one it is registered anew.
            let of_then = |key: &str| {
                held.is_none() && kept.contains_key(REGISTERED) && [API_KEY, API_SECRET].contains(&key)
            };
            let kept: Vec<_> =
                kept.iter().filter(|(key, value)| !(of_then(key) || any_port(key) && here(value))).collect();
            let kept: BTreeMap<_, _> = kept.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            filled_in.extend(kept);
        }
        let values = form::check(&element, &request.values, &filled_in).map_err(Failure::form)?;
        let (name, tags) = match &again {
            Some((connection, _)) => (connection.name.clone(), connection.tags.clone()),
            None => (self.free_name(workspace, &element, &request.name)?, clean_tags(&request.tags)),
        };
        // 3
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        let platform = self.platform(workspace).await?;
        let asking = Asking { element: &element, given: &request.values, filled_in: &filled_in, values };
        let kind = element.auth_for(&asking.values);
        let calls_back = match &platform {
            // The practice provider knows one way to a token.
            Platform::Local(_) if workspace != PRACTICE => element.needs_browser_for(&asking.values),
            _ => kind.needs_browser(),
        };
        let browser = match (&platform, kind) {
            (_, _) if calls_back => {
                Some(self.prepare(&platform, &asking).await.map_err(|e| platform.told(e))?)
            }
            (Platform::Local(local), Auth::Oauth2(oauth2)) => {
                match oauth2.grant(&asking.values) {
                    Grant::DeviceCode => {
                        Some(self.prepare_device(local, &asking).await.map_err(|e| local.told(e))?)
                    }
                    // The application signs in as itself.
                    Grant::ClientCredentials | Grant::AuthorizationCode => None,
                }
            }
            // A hosted platform makes these from the form alone.
            (Platform::Hosted(_), _) => None,
            (Platform::Local(_), _) => {
                return Err(Failure::new(Code::ElementInvalid)
                    .name(&element.key)
                    .detail("on this computer only elements that sign in with OAuth can be connected"));
            }
        };
        // 6
        let before = again.as_ref().map(|(connection, _)| connection.id.as_str());
        let (attempt, lock) = self.begin(workspace, &element.key, &name, before)?;
        fault::point("attempt_written");
        tracing::info!(attempt = %attempt.id, element = %element.key, workspace, "sign-in started");
        let mut signing = SigningIn {
            id: attempt.id,
            again: again.map(|(connection, _)| connection),
            workspace: workspace.to_owned(),
            name,
            tags,
            url: None,
            callback_url: String::new(),
            started_at: attempt.started_at,
            host: String::new(),
            values: asking.values,
            element,
            platform,
            verifier: None,
            request: None,
            binding: None,
            waiting: None,
            opened: None,
            lock,
            device: None,
            registered: held.is_some(),
            any_account: false,
        };
        if let Some(prepared) = browser {
            signing.waiting = match (&prepared.opened, &prepared.binding) {
                (Some(opened), Some(binding)) => Some(opened.accept(binding.clone())),
                _ => None,
            };
            signing.host = match workspace {
                PRACTICE => "the practice page".to_owned(),
                _ => prepared.url.host_str().unwrap_or_default().to_owned(),
            };
            signing.url = Some(prepared.url);
            signing.callback_url = prepared.callback_url;
            signing.values = prepared.values;
            signing.verifier = prepared.verifier;
            signing.request = prepared.request;
            signing.binding = prepared.binding;
            signing.opened = prepared.opened;
            signing.device = prepared.device;
            signing.registered |= prepared.registered;
        }
        Ok(signing)
    }

    /// The element that is signed in with. A provider that the form describes becomes an element of its own first.
    async fn element_to_sign_in(
        &self,
        workspace: &str,
        request: &mut ConnectRequest,
    ) -> Result<Element, Failure> {
        let element = self.element_in(workspace, &request.element).await?;
        if workspace != LOCAL {
            return Ok(element);
        }
        if element.retired {
            return Err(Failure::new(Code::ElementRetired).name(element.key).product(element.name));
        }
        if !element.generic {
            return Ok(element);
        }
        // Before anything is asked or written for it: what would refuse the sign-in afterwards.
        if !request.name.is_empty() {
            self.free_name(workspace, &element, &request.name)?;
        }
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        let made = self.describe_provider(&element.key, &request.values).await?;
        // What described the provider stands in its file now.
        request.values.retain(|key, _| made.field(key).is_some());
        request.element.clone_from(&made.key);
        Ok(made)
    }

    /// The callback address with which the client of a connection registered itself, bound again if it is free.
    async fn address_of_then(&self, kept: &BTreeMap<String, String>) -> Option<CallbackListener> {
        kept.get(REGISTERED)?;
        let url = kept.get(CALLBACK_URL)?;
        let here = url.parse::<Url>().is_ok_and(|url| is_loopback(&url));
        if here { self.callbacks.open(url).await.ok() } else { None }
    }

    /// The connection that a request signs in to again, with what it was made with.
    async fn signed_in_before(
        &self,
        workspace: &str,
        request: &ConnectRequest,
    ) -> Result<Option<(Connection, BTreeMap<String, String>)>, Failure> {
        let Some(id) = &request.again else { return Ok(None) };
        let unknown = || Failure::new(Code::ConnectionUnknown).name(id);
        let connection = self.index.connection(id)?.ok_or_else(unknown)?;
        if connection.workspace != workspace || connection.element != request.element {
            return Err(unknown());
        }
        let key = id.clone();
        // Signing in again is what mends a damaged item; its values are asked for anew.
        let item = self.vault(move |vault| vault.get_undamaged(&key)).await?;
        let kept = item.map(|item| {
            item.configuration.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect()
        });
        Ok(Some((connection, kept.unwrap_or_default())))
    }

    /// The name of a new connection: an empty one becomes the product's, numbered if need be; a given one must be free.
    pub(super) fn free_name(
        &self,
        workspace: &str,
        element: &Element,
        given: &str,
    ) -> Result<String, Failure> {
        let name = clean_name(given);
        if name.chars().count() > NAME_MAX {
            return Err(Failure::form(vec![FieldProblem { key: "name".into(), problem: Problem::TooLong }]));
        }
        if name.is_empty() {
            let existing = self.index.connections(Some(workspace))?;
            let taken = |name: &str| existing.iter().any(|c| folded(&c.name) == folded(name));
            return Ok(free_name(&element.name, taken));
        }
        if self.index.is_name_taken(workspace, &name)? {
            return Err(Failure::new(Code::NameTaken).name(name));
        }
        Ok(name)
    }

    /// Writes down that something is begun which may leave a token: its attempt, and the lock of its owner.
    pub(super) fn begin(
        &self,
        workspace: &str,
        element: &str,
        name: &str,
        again: Option<&str>,
    ) -> Result<(OpenAttempt, Lock), Failure> {
        let attempt = OpenAttempt {
            id: clock::random_id(),
            workspace: workspace.to_owned(),
            element: element.to_owned(),
            name: name.to_owned(),
            again: again.map(str::to_owned),
            started_at: clock::now_ms(),
        };
        let lock = self.attempt_lock(&attempt.id)?;
        let lock = lock.ok_or_else(|| Failure::internal("a new attempt was locked already"))?;
        self.index.begin_attempt(&attempt)?;
        Ok((attempt, lock))
    }

    /// The lock that says whether an attempt's owner lives.
    pub(super) fn attempt_lock(&self, id: &str) -> Result<Option<Lock>, Failure> {
        Lock::try_take(&self.paths.run, &attempt_lock_name(id))
            .map_err(|e| Failure::new(Code::IndexUnwritable).detail(format!("lock: {}", e.kind())))
    }
}

fn is_given(values: &BTreeMap<String, String>, key: &str) -> bool {
    values.get(key).is_some_and(|value| !value.trim().is_empty())
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
