//! Binds callback addresses, and shares those already bound.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use url::Url;

use super::listener::{Address, CallbackListener, lock};
use super::router;
use crate::domain::error::{Code, Failure};
use crate::io::listener::{Bound, Limits};
use crate::io::lock::Lock;
use crate::io::loopback::Loopback;

/// How long to wait for an address that is being closed: a little longer than sending its last page may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// All callback addresses of this process.
#[derive(Clone)]
pub struct CallbackListeners {
    addresses: Arc<tokio::sync::Mutex<HashMap<String, Weak<Address>>>>,
    run: PathBuf,
}

impl CallbackListeners {
    /// `run` is the folder in which the processes of one home lock their ports.
    pub fn new(run: &Path) -> Self {
        Self { addresses: Arc::default(), run: run.to_owned() }
    }

    /// Binds the callback address `given`, or shares it if this process holds it already. Port 0 takes a free one.
    /// [`Code::CallbackBusy`]: another Keyrack holds it; [`Code::PortInUse`]: another program does.
    pub async fn open(&self, given: &str) -> Result<CallbackListener, Failure> {
        let parsed = given.parse::<Url>().ok();
        let Some((url, loopback)) = parsed.and_then(|url| Loopback::from_url(&url).map(|l| (url, l))) else {
            return Err(Failure::internal("a callback that is not on loopback cannot be listened for"));
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let mut addresses = self.addresses.lock().await;
        addresses.retain(|_, address| address.strong_count() > 0);
        let key = format!("{host}:{port}");
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while let Some(address) = addresses.get(&key).and_then(Weak::upgrade) {
            if lock(&address.serving).is_some() {
                return Ok(CallbackListener { address, url: given.to_owned() });
            }
            // The previous sign-in is closing it after its last page.
            drop(address);
            if Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let owner = self.lock_port(port)?;
        let bound = match Bound::bind(loopback, port).await {
            Ok(bound) => bound,
            Err(error) => return Err(port_in_use(error.kind(), loopback, port).await),
        };
        // RFC 9110 §7.2: browsers omit the default port of the scheme in `Host`.
        let key = format!("{host}:{}", bound.port);
        let authority = if bound.port == 80 { host } else { key.clone() };
        let address = Arc::new(Address { authority, _owner: owner, ..Address::default() });
        let url = with_bound_port(given, url, bound.port);
        *lock(&address.serving) = Some(bound.serve_answers(router::answers(&address), Limits::default()));
        addresses.insert(key, Arc::downgrade(&address));
        Ok(CallbackListener { address, url })
    }

    fn lock_port(&self, port: u16) -> Result<Option<Lock>, Failure> {
        if port == 0 {
            return Ok(None);
        }
        match Lock::try_take(&self.run, &format!("callback-{port}")) {
            Ok(Some(lock)) => Ok(Some(lock)),
            Ok(None) => Err(Failure { port: Some(port), ..Failure::new(Code::CallbackBusy) }),
            Err(error) => Err(Failure::internal(format!("callback lock: {}", error.kind()))),
        }
    }
}

async fn port_in_use(kind: ErrorKind, loopback: Loopback, port: u16) -> Failure {
    let failure = Failure { port: Some(port), ..Failure::new(Code::PortInUse) };
    let failure = match kind {
        ErrorKind::AddrInUse => failure,
        // Windows reserves ranges of ports, and low ports need privileges: the user can only choose another one.
        other => failure.detail(other.to_string()),
    };
    // Only a suggestion: the next attempt binds it before anything else.
    let free = Bound::bind(loopback, 0).await.ok().map(|bound| bound.port);
    Failure { free_port: free, ..failure }
}

/// The callback address as it is sent and saved: the given one unchanged, except that port 0 becomes the bound one.
fn with_bound_port(given: &str, mut url: Url, port: u16) -> String {
    if url.port() != Some(0) {
        return given.to_owned();
    }
    // Cannot fail for an http address, which has a host.
    let _ = url.set_port(Some(port));
    url.into()
}
