//! What every test of the engine needs.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Error as Keyring, mock};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::domain::attempt::Stage;
use crate::domain::connection::Connection;
use crate::domain::error::Failure;
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::item::Item;
use crate::domain::oauth::percent;
use crate::domain::view::ConnectRequest;
use crate::engine::{Controls, Ending, Engine, SigningIn, WorkspaceId};
use crate::io::index::Index;
use crate::io::paths::Paths;
use crate::io::vault::Vault;
use crate::scripted::{Reply, Seen, Server, json};

/// An engine over a home, a keychain and a provider of its own.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) provider: Server,
    store: Arc<CredentialStore>,
    home: TempDir,
}

/// The fields that every element of these tests has.
const FIELDS: &str = r#"
[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "acme-client"

[[fields]]
key = "oauth.api.secret"
label = "Secret"
example = "acme-secret"
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback"
example = "http://localhost:14747/callback/acme"
type = "address"
advanced = true
"#;

impl Bench {
    /// A bench whose provider answers as the script says.
    pub(super) async fn new(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let home = TempDir::new().expect("a folder");
        let paths = Paths::under(home.path()).expect("a home");
        let store: Arc<CredentialStore> = mock::Store::new().expect("a mock keychain");
        let vault = Vault::over(store.clone(), &paths.home_id);
        let index = Index::open(&paths.index()).expect("an index");
        let engine = Engine::with(paths, index, vault);
        Self { engine, provider: Server::start(script).await, store, home }
    }

    /// A bench with the element `acme` and a provider that issues tokens for 3600 s and names Maria.
    pub(super) async fn usual() -> Self {
        let mut number = 0;
        let bench = Self::new(move |seen| {
            number += 1;
            answer_as_usual(seen, number)
        })
        .await;
        bench.add_element("acme", "", "");
        bench
    }

    /// Writes an element file. `tables` come after its OAuth 2 table, `fields` before those that every element has.
    pub(super) fn add_element(&self, key: &str, tables: &str, fields: &str) {
        let endpoints = "authorization_endpoint = \"{at}/authorize\"\ntoken_endpoint = \"{at}/token\"";
        self.add_file(key, &format!("[auth.oauth2]\n{endpoints}\n{tables}\n{fields}\n{FIELDS}"));
    }

    /// Writes an element file with these tables, in which `{at}` is the provider's address.
    pub(super) fn add_file(&self, key: &str, tables: &str) {
        let at = self.provider.base.origin().ascii_serialization();
        let tables = tables.replace("{at}", &at);
        let text = format!(
            r#"format = 2
key = "{key}"
name = "Acme {key}"
category = "Tests"
gives = "Anvils"

{tables}"#
        );
        let folder = self.engine.paths.elements().join(key);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("element.toml"), text).expect("written");
        self.engine.element(key).unwrap_or_else(|failure| panic!("{failure:?}"));
    }

    /// Makes the next call of the keychain for this connection fail.
    pub(super) fn fail_keychain(&self, id: &str, error: Keyring) {
        let user = format!("{}:{id}", self.engine.paths.home_id);
        let entry = self.store.build("keyrack", &user, None).expect("an entry");
        entry.as_any().downcast_ref::<mock::Cred>().expect("a mock").set_error(error);
    }

    pub(super) fn item(&self, id: &str) -> Option<Item> {
        self.engine.vault.get(id).expect("readable")
    }

    pub(super) fn row(&self, id: &str) -> Option<Connection> {
        self.engine.index.connection(id).expect("readable")
    }

    /// Connects on this computer with these values alone, without a browser.
    pub(super) async fn connect_directly(
        &self,
        element: &str,
        values: &[(&str, &str)],
        again: Option<&str>,
    ) -> Result<Ending, Failure> {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (element, again) = (element.to_owned(), again.map(str::to_owned));
        let request = ConnectRequest { element, name: String::new(), tags: Vec::new(), values, again };
        let signing = self.engine.start(&WorkspaceId::Local, request).await?;
        Ok(self.engine.finish(signing, controls()).await)
    }

    /// Starts a sign-in on this computer.
    pub(super) async fn start(
        &self,
        element: &str,
        values: &[(&str, &str)],
        again: Option<&str>,
    ) -> Result<SigningIn, Failure> {
        let client = [("oauth.api.key", "acme-client"), ("oauth.api.secret", "acme-secret")];
        let free_port = [("oauth.callback.url", "http://127.0.0.1:0/callback/acme")];
        let values: BTreeMap<String, String> = client
            .iter()
            .chain(&free_port)
            .chain(values)
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let request = ConnectRequest {
            element: element.to_owned(),
            name: String::new(),
            tags: Vec::new(),
            values,
            again: again.map(str::to_owned),
        };
        self.engine.start(&WorkspaceId::Local, request).await
    }

    /// Signs in, with these parameters added to the callback.
    pub(super) async fn connect(&self, element: &str, values: &[(&str, &str)], extra: &str) -> Connection {
        let signing = self.start(element, values, None).await.expect("started");
        match self.finish(signing, extra).await {
            Ending::Connected(connection, _) => *connection,
            Ending::Unsaved(unsaved) => panic!("not saved: {:?}", unsaved.failure),
            Ending::Failed(failure, _) => panic!("failed: {failure:?}"),
        }
    }

    /// Comes back to the callback address as a browser would after Allow.
    pub(super) async fn finish(&self, signing: SigningIn, extra: &str) -> Ending {
        let asked = signing.url().cloned().expect("a browser is needed");
        let query: BTreeMap<_, _> = asked.query_pairs().into_owned().collect();
        let back = match (query.get("state"), query.get("oauth_token")) {
            (_, Some(token)) => format!("oauth_token={}&oauth_verifier=v", percent::encode(token)),
            (state, None) => format!("code=the-code&state={}", state.expect("a state")),
        };
        let callback = signing.callback_url().to_owned();
        let separator = if callback.contains('?') { '&' } else { '?' };
        let address = format!("{callback}{separator}{back}{extra}");
        let (ending, _page) = tokio::join!(self.engine.finish(signing, controls()), self.visit(&address));
        ending
    }

    /// Gets an address, as a browser would.
    pub(super) async fn visit(&self, address: &str) -> HttpResponse {
        let url: Url = address.parse().expect("an address");
        self.engine.http.send(HttpRequest::new(Method::Get, url)).await.expect("an answer")
    }

    /// Another engine over the same home, as after a restart.
    pub(super) fn restarted(&self) -> Engine {
        let paths = Paths::under(self.home.path()).expect("a home");
        let vault = Vault::over(self.store.clone(), &paths.home_id);
        let index = Index::open(&paths.index()).expect("an index");
        Engine::with(paths, index, vault)
    }
}

/// Controls of a sign-in that waits ten seconds and is left alone. The senders must outlive it, so they are leaked.
pub(super) fn controls() -> Controls {
    let (paste, pasted) = mpsc::channel(1);
    let (cancel, cancelled) = watch::channel(false);
    let (move_deadline, deadline) = watch::channel(Instant::now() + Duration::from_secs(10));
    std::mem::forget((paste, cancel, move_deadline));
    Controls { pasted, cancelled, deadline, stage: watch::channel(Stage::Waiting).0 }
}

pub(super) fn answer_as_usual(seen: &Seen, number: usize) -> Reply {
    match seen.target.split('?').next().unwrap_or_default() {
        "/token" => json(&format!(
            r#"{{"access_token":"access-{number}","refresh_token":"refresh-{number}","token_type":"Bearer","expires_in":3600}}"#
        )),
        "/request" => Reply::Answer(
            200,
            "content-type: application/x-www-form-urlencoded\r\n".into(),
            "oauth_token=temporary&oauth_token_secret=s&oauth_callback_confirmed=true".into(),
        ),
        "/access" => Reply::Answer(
            200,
            "content-type: application/x-www-form-urlencoded\r\n".into(),
            "oauth_token=long-lived&oauth_token_secret=s".into(),
        ),
        "/me" => json(r#"{"email":"maria@acme.example","id":"1"}"#),
        _ => json("{}"),
    }
}
