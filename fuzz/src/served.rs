//! A running `keyrack serve` for practice, which reaches no other computer, over an empty home and a keychain in memory.

use keyrack::domain::workspace::WorkspaceId;
use keyrack::engine::Engine;
use keyrack::io::index::Index;
use keyrack::io::paths::Paths;
use keyrack::io::vault::Vault;
use keyrack::serve::Running;
use keyring_core::mock;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::socket::{self, Answer};

pub struct Served {
    runtime: Runtime,
    /// Host and port.
    pub authority: String,
    /// The value of the header with every permission.
    pub authorization: String,
    _running: Running,
    _home: TempDir,
}

thread_local! {
    static SERVED: Served = Served::start();
}

/// Gives the server of this thread to a client.
pub fn with_server<T>(client: impl FnOnce(&Served) -> T) -> T {
    SERVED.with(client)
}

impl Served {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let home = tempfile::tempdir().expect("a folder");
        let paths = Paths::under(home.path()).expect("a home");
        let vault = Vault::over(mock::Store::new().expect("a keychain in memory"), &paths.home_id);
        let index = Index::open(&paths.index()).expect("an index");
        let engine = Engine::with(paths, index, vault);
        let listen = "127.0.0.1:0".parse().expect("an address");
        let running = runtime.block_on(Running::start(engine, &WorkspaceId::Practice, listen));
        let running = running.unwrap_or_else(|failure| panic!("{failure:?}"));
        let url: url::Url = running.base_url.parse().expect("an address");
        Self {
            runtime,
            authority: url.authority().to_owned(),
            authorization: running.authorization.expose().clone(),
            _running: running,
            _home: home,
        }
    }

    /// Sends a request and reads the answer, in which no secret of the server may stand.
    pub fn exchange(&self, request: &[u8]) -> Answer {
        let answer = self.runtime.block_on(socket::exchange(&self.authority, request));
        assert_ne!(answer.status, Some(500), "{}", answer.body);
        let mut secrets = self.authorization.split(", ").filter_map(|part| part.split(' ').nth(1));
        assert!(!secrets.any(|secret| answer.body.contains(secret)), "{}", answer.body);
        answer
    }
}
