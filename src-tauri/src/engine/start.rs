//! Steps 1 to 6: from the values of a form to an address that is ready for the browser.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::forms::ANY_PORT;
use super::signing_in::Way;
use super::{Engine, SigningIn, WorkspaceId};
use crate::domain::address::is_loopback;
use crate::domain::connection::{Connection, NAME_MAX, Status, free_name, normalize_name, normalize_tags};
use crate::domain::element::{API_KEY, API_SECRET, CALLBACK_URL, Element, KEY_ENDS, WAY};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, FilledForm, Problem};
use crate::domain::text::is_taken;
use crate::domain::view::ConnectRequest;
use crate::fault;
use crate::io::callback::CallbackListener;
use crate::io::clock;
use crate::io::index::OpenAttempt;
use crate::io::lock::Lock;

/// Marks the configuration of a connection whose client this application registered, for it alone.
pub(super) const REGISTERED: &str = "oauth.client.registered";

/// How long a sign-in waits, in seconds: long enough to find a password, short enough to free the port of a closed tab.
const ATTEMPT_LIFE_S: u64 = 15 * 60;

pub fn attempt_life() -> Duration {
    let of_a_test = fault::number("KEYRACK_ATTEMPT_LIFE").and_then(|s| u64::try_from(s).ok());
    Duration::from_secs(of_a_test.unwrap_or(ATTEMPT_LIFE_S))
}

/// A connection that is signed in to again, with the configuration of its item.
struct Again {
    connection: Connection,
    configuration: BTreeMap<String, String>,
}

impl Engine {
    /// Runs steps 1 to 6. It may write the file of a custom element, and register this application at its provider.
    pub async fn start(
        &self,
        workspace: &WorkspaceId,
        mut request: ConnectRequest,
    ) -> Result<SigningIn, Failure> {
        // Before the name is checked: a sign-in that was cut off may have it.
        self.reconcile_here(workspace).await?;
        let again = self.find_again(workspace, &request).await?;
        // 1
        let element = self.choose_element(workspace, &mut request, again.as_ref()).await?;
        // 2. The listener is held so that the port of the last sign-in stays free until step 3 binds it again.
        let (form, held) = self.fill_in(workspace, element, &request, again.as_ref()).await?;
        let (name, tags) = match &again {
            Some(Again { connection, .. }) => (connection.name.clone(), connection.tags.clone()),
            None => (self.free_name(workspace, &form.element, &request.name)?, normalize_tags(&request.tags)),
        };
        // 3
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        // 4, 5
        let mut sign_in = self.platform(workspace).await?.sign_in(form).await?;
        let prepared = self.prepare(&mut sign_in).await;
        let (registered, mut way) = prepared.map_err(|failure| sign_in.with_exchanges(failure))?;
        // 6
        let again = again.map(|again| again.connection);
        let element = &sign_in.form().element.key;
        let before = again.as_ref().map(|connection| connection.id.as_str());
        let (attempt, lock) = self.begin(workspace, element, &name, before)?;
        fault::point("attempt_written");
        tracing::info!(attempt = %attempt.id, %element, %workspace, "sign-in started");
        if let Way::Browser(browser) = &mut way {
            browser.waiting =
                browser.listener.as_ref().map(|listener| listener.accept(browser.binding.clone()));
        }
        Ok(SigningIn {
            id: attempt.id,
            again,
            workspace: workspace.clone(),
            name,
            tags,
            started_at: attempt.started_at,
            any_account: false,
            sign_in,
            registered: registered || held.is_some(),
            lock,
            way,
        })
    }

    async fn find_again(
        &self,
        workspace: &WorkspaceId,
        request: &ConnectRequest,
    ) -> Result<Option<Again>, Failure> {
        let Some(id) = &request.again else { return Ok(None) };
        let unknown = || Failure::new(Code::ConnectionUnknown).name(id);
        let connection = self.index.connection(id)?.ok_or_else(unknown)?;
        if connection.workspace != *workspace || connection.element != request.element {
            return Err(unknown());
        }
        // Signing in again repairs a damaged item; its values are asked for anew.
        let item = self.read_undamaged(id).await?;
        let entries = item.iter().flat_map(|item| &item.configuration);
        let configuration = entries.map(|(key, value)| (key.clone(), value.expose().clone())).collect();
        Ok(Some(Again { connection, configuration }))
    }

    /// The element to sign in with, in one way. A provider that the form describes becomes a custom element first.
    async fn choose_element(
        &self,
        workspace: &WorkspaceId,
        request: &mut ConnectRequest,
        again: Option<&Again>,
    ) -> Result<Element, Failure> {
        let element = self.element_in(workspace, &request.element).await?;
        let usual = self.usual_choices(workspace, &element);
        let element = choose_way(&element, request, again, &usual)?;
        if *workspace != WorkspaceId::Local {
            return Ok(element);
        }
        if element.historical {
            return Err(Failure::new(Code::ElementHistorical).name(element.key).product(element.name));
        }
        if element.retired {
            return Err(Failure::new(Code::ElementRetired).name(element.key).product(element.name));
        }
        if !element.generic {
            return Ok(element);
        }
        // What would refuse the sign-in is checked before the file is written.
        if !request.name.is_empty() {
            self.free_name(workspace, &element, &request.name)?;
        }
        self.index.probe()?;
        self.vault(|vault| vault.probe()).await?;
        let custom = self.describe_provider(&element.key, &request.values).await?;
        // These values are in the file now.
        request.values.retain(|key, _| custom.field(key).is_some());
        request.element.clone_from(&custom.key);
        Ok(custom)
    }

    /// Checks the form, whose gaps the configuration of `again` fills. Returns also the bound callback address, if its
    /// client was registered with that one.
    async fn fill_in(
        &self,
        workspace: &WorkspaceId,
        element: Element,
        request: &ConnectRequest,
        again: Option<&Again>,
    ) -> Result<(FilledForm, Option<CallbackListener>), Failure> {
        let is_given = |key: &str| request.values.get(key).is_some_and(|value| !value.trim().is_empty());
        let gives_client = is_given(API_KEY);
        let mut defaults = self.defaults(workspace, &element);
        let kept_client = again.is_some_and(|Again { configuration, .. }| {
            configuration.contains_key(API_KEY) && !configuration.contains_key(REGISTERED)
        });
        if gives_client || kept_client {
            // A client that the user registered has one redirect address.
            self.fix_port(workspace, &element, &mut defaults);
        }
        let mut held = None;
        if let Some(Again { connection, configuration }) = again {
            // A client that the provider no longer knows is not kept.
            if matches!(connection.status, Status::Ok | Status::Retrying) && !gives_client {
                held = self.bind_registered_address(configuration).await;
            }
            let any_port = defaults.get(CALLBACK_URL).is_some_and(|url| url.contains(ANY_PORT));
            // A new key has an end of its own.
            let has_new_key = element.fields.iter().any(|field| field.secret && is_given(&field.key));
            let keeps = |key: &str, value: &str| match key {
                KEY_ENDS => !has_new_key,
                _ if held.is_some() => true,
                // A registered client belongs to the port that it had.
                API_KEY | API_SECRET => !configuration.contains_key(REGISTERED),
                // The port may be taken now: where any will do, a free one is chosen again.
                CALLBACK_URL => !(any_port && is_here(value)),
                _ => true,
            };
            let kept = configuration.iter().filter(|(key, value)| keeps(key, value));
            defaults.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
        }
        let form = FilledForm::check(element, &request.values, &defaults).map_err(Failure::form)?;
        Ok((form, held))
    }

    /// Binds the callback address of a registered client again, if it is free.
    async fn bind_registered_address(
        &self,
        configuration: &BTreeMap<String, String>,
    ) -> Option<CallbackListener> {
        configuration.get(REGISTERED)?;
        let url = configuration.get(CALLBACK_URL).filter(|url| is_here(url))?;
        self.callbacks.open(url).await.ok()
    }

    /// The name of a new connection: `given`, which must be free, or the product's, numbered if need be.
    pub(super) fn free_name(
        &self,
        workspace: &WorkspaceId,
        element: &Element,
        given: &str,
    ) -> Result<String, Failure> {
        let name = normalize_name(given);
        if name.chars().count() > NAME_MAX {
            return Err(Failure::form(vec![FieldProblem { key: "name".into(), problem: Problem::TooLong }]));
        }
        let names = self.index.names(workspace, "")?;
        if name.is_empty() {
            return Ok(free_name(&element.name, |name| is_taken(&names, name)));
        }
        if is_taken(&names, &name) { Err(Failure::new(Code::NameTaken).name(name)) } else { Ok(name) }
    }

    /// Records the attempt of something that may leave a token, and takes its lock.
    pub(super) fn begin(
        &self,
        workspace: &WorkspaceId,
        element: &str,
        name: &str,
        again: Option<&str>,
    ) -> Result<(OpenAttempt, Lock), Failure> {
        let attempt = OpenAttempt {
            id: clock::random_id(),
            workspace: workspace.clone(),
            element: element.to_owned(),
            name: name.to_owned(),
            again: again.map(str::to_owned),
            started_at: clock::now_ms(),
        };
        let lock = self.try_lock_attempt(&attempt.id)?;
        let lock = lock.ok_or_else(|| Failure::internal("a new attempt was locked already"))?;
        self.index.begin_attempt(&attempt)?;
        Ok((attempt, lock))
    }
}

/// The element in the way that the form chooses, or else in that of the connection.
fn choose_way(
    element: &Element,
    request: &mut ConnectRequest,
    again: Option<&Again>,
    usual: &BTreeMap<String, String>,
) -> Result<Element, Failure> {
    let named = request.values.remove(WAY).filter(|way| !way.is_empty());
    let before = again.and_then(|again| element.way_of_connection(again.connection.way.as_deref()));
    let way = named.as_deref().or(before);
    let kept = |key: &str| again.and_then(|again| again.configuration.get(key));
    let given = |key: &str| {
        let entered = || request.values.get(key).or_else(|| kept(key)).or_else(|| usual.get(key));
        if key == WAY { way } else { entered().map(String::as_str) }
    };
    element.in_way(given).ok_or_else(|| Failure::form(vec![FieldProblem::unknown_way()]))
}

fn is_here(url: &str) -> bool {
    url.parse::<Url>().is_ok_and(|url| is_loopback(&url))
}
