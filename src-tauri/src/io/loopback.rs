//! The callback listener: the loopback address that the provider sends the browser back to (RFC 8252 §7.3).
//!
//! It is written in two halves. Until a request is known to belong to a waiting attempt, it is answered with 404 and
//! changes nothing: favicons, prefetches, port scanners, forged answers. From then on the attempt has its answer, the
//! browser waits, and the page it gets tells the true result. A second request with the same answer gets the same page.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{oneshot, watch};
use url::Url;

use super::listener::{Bound, Loopback, Serving};
use super::lock::Lock;
use super::page::{self, Page};
use crate::domain::error::{Code, Failure};
use crate::domain::oauth::callback::Callback;
use crate::domain::sensitive::Sensitive;

/// What an answer must carry to be this attempt's.
#[derive(Clone, Debug)]
pub enum Binding {
    /// OAuth 2: our own `state` (RFC 6749 §10.12).
    State(String),
    /// OAuth 1.0a: the temporary credentials' token (RFC 5849 §2.2). A refusal may come without it, since the RFC
    /// describes none; then our own `state` binds it.
    RequestToken {
        /// The request token.
        token: Sensitive<String>,
        /// The state that was appended to the callback.
        state: String,
    },
    /// A provider that echoes no `state`: believed only while exactly one attempt waits at the address.
    OnlyOne,
}

impl Binding {
    /// Whether this answer is the attempt's.
    pub fn fits(&self, callback: &Callback, waiting_here: usize) -> bool {
        let has = |name| callback.get(name).is_some();
        match self {
            Self::State(state) => callback.binds_oauth2(state),
            Self::RequestToken { token, state } => {
                callback.binds_oauth1(token.expose()) || (has("error") && callback.binds_oauth2(state))
            }
            Self::OnlyOne => waiting_here == 1 && (has("code") || has("error")),
        }
    }
}

/// Where one attempt waits: its path, its binding, and the two ends of its conversation with the browser.
struct Door {
    id: u64,
    path: String,
    binding: Binding,
    arrived: Mutex<Option<oneshot::Sender<Callback>>>,
    page: watch::Receiver<Option<Page>>,
}

impl Door {
    fn waits(&self) -> bool {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// One bound address with the doors behind it. Several attempts of one program share it.
struct Address {
    authority: String,
    doors: Mutex<Vec<Arc<Door>>>,
    serving: Mutex<Option<Serving>>,
    _owner: Option<Lock>,
}

impl Address {
    fn is_open(&self) -> bool {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// How long an address that is being closed is waited for: a little longer than its last page may take.
const CLOSING: Duration = Duration::from_secs(3);
/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// All callback addresses of this program.
#[derive(Clone)]
pub struct Callbacks {
    addresses: Arc<tokio::sync::Mutex<HashMap<String, Weak<Address>>>>,
    run: PathBuf,
}

impl Callbacks {
    /// `run` is where the programs of one home tell each other which ports they hold.
    pub fn new(run: &Path) -> Self {
        Self { addresses: Arc::default(), run: run.to_owned() }
    }

    /// Binds the callback address `given`, or joins it where this program holds it already. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`Code::CallbackBusy`] when another Keyrack holds it, [`Code::PortInUse`] when a foreign program does.
    pub async fn open(&self, given: &str) -> Result<Opened, Failure> {
        let parsed = given.parse::<Url>().ok();
        let Some((callback_url, loopback)) = parsed.and_then(|url| Loopback::of(&url).map(|l| (url, l)))
        else {
            return Err(Failure::internal("a callback that is not on loopback cannot be listened for"));
        };
        let port = callback_url.port_or_known_default().unwrap_or(80);
        let host = callback_url.host_str().unwrap_or_default().to_ascii_lowercase();
        let mut addresses = self.addresses.lock().await;
        addresses.retain(|_, address| address.strong_count() > 0);
        let key = format!("{host}:{port}");
        let until = Instant::now() + CLOSING;
        while let Some(address) = addresses.get(&key).and_then(Weak::upgrade) {
            if address.is_open() {
                return Ok(Opened { address, url: given.to_owned() });
            }
            // It is being closed by the sign-in before this one, whose last page is on its way.
            drop(address);
            if Instant::now() >= until {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let owner = if port == 0 {
            None
        } else {
            match Lock::try_take(&self.run, &format!("callback-{port}")) {
                Ok(Some(lock)) => Some(lock),
                Ok(None) => return Err(Failure { port: Some(port), ..Failure::new(Code::CallbackBusy) }),
                Err(error) => return Err(Failure::internal(format!("callback lock: {}", error.kind()))),
            }
        };
        let bound = match Bound::bind(loopback, port).await {
            Ok(bound) => bound,
            Err(error) => return Err(taken(error.kind(), loopback, port).await),
        };
        // RFC 9110 §7.2: browsers leave the scheme's own port out of `Host`.
        let authority = if bound.port == 80 { host.clone() } else { format!("{host}:{}", bound.port) };
        let key = format!("{host}:{}", bound.port);
        let address = Arc::new(Address {
            authority,
            doors: Mutex::default(),
            serving: Mutex::default(),
            _owner: owner,
        });
        let url = real_url(given, callback_url, bound.port);
        let shared = Arc::downgrade(&address);
        let router = Router::new().fallback(move |request: Request| {
            let shared = shared.clone();
            async move {
                match shared.upgrade() {
                    Some(address) => answer(address, request).await,
                    None => not_found(),
                }
            }
        });
        *address.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(bound.serve(&router));
        addresses.insert(key, Arc::downgrade(&address));
        Ok(Opened { address, url })
    }
}

async fn taken(kind: ErrorKind, loopback: Loopback, port: u16) -> Failure {
    let failure = Failure { port: Some(port), ..Failure::new(Code::PortInUse) };
    let failure = match kind {
        ErrorKind::AddrInUse => failure,
        // Windows reserves whole ranges of ports, and low ones need rights: taken, for all that a person can do.
        other => failure.detail(other.to_string()),
    };
    // Bound and let go at once: an offer, not a promise. The person's next try binds before anything else.
    let free = Bound::bind(loopback, 0).await.ok().map(|bound| bound.port);
    Failure { free_port: free, ..failure }
}

/// The address that goes into step 4, step 5, the configuration and the exchange: the given one byte for byte, except
/// that port 0 becomes the bound one.
fn real_url(given: &str, mut url: Url, port: u16) -> String {
    if url.port() != Some(0) {
        return given.to_owned();
    }
    // Cannot fail for an http address, which has a host.
    let _ = url.set_port(Some(port));
    url.into()
}

/// A bound callback address. The socket lives as long as any clone of it.
#[derive(Clone)]
pub struct Opened {
    address: Arc<Address>,
    /// The address as it is sent, with the port that was really bound.
    pub url: String,
}

static NEXT_DOOR: AtomicU64 = AtomicU64::new(0);

impl Opened {
    /// Starts to believe answers that fit `binding`.
    pub fn wait_for(&self, binding: Binding) -> Waiting {
        let (tell, arrived) = oneshot::channel();
        let (show, page) = watch::channel(None);
        let path = self.url.parse::<Url>().map(|u| u.path().to_owned()).unwrap_or_default();
        let id = NEXT_DOOR.fetch_add(1, Ordering::Relaxed);
        let door = Arc::new(Door { id, path, binding, arrived: Mutex::new(Some(tell)), page });
        self.address.doors.lock().unwrap_or_else(PoisonError::into_inner).push(door);
        Waiting { opened: self.clone(), id, arrived: Some(arrived), show }
    }

    /// Closes the address if nobody else uses it, after the answers that were begun have reached the browser.
    pub async fn close(self) {
        let serving = if Arc::strong_count(&self.address) == 1 {
            self.address.serving.lock().unwrap_or_else(PoisonError::into_inner).take()
        } else {
            None
        };
        if let Some(serving) = serving {
            serving.close().await;
        }
    }
}

/// An attempt at its door.
pub struct Waiting {
    opened: Opened,
    id: u64,
    arrived: Option<oneshot::Receiver<Callback>>,
    show: watch::Sender<Option<Page>>,
}

impl Waiting {
    /// The first answer that fits. Never returns a second one.
    pub async fn answer(&mut self) -> Callback {
        if let Some(arrived) = self.arrived.as_mut()
            && let Ok(callback) = arrived.await
        {
            self.arrived = None;
            return callback;
        }
        std::future::pending().await
    }

    /// Stops believing answers, because one came by another way; later ones wait for the page.
    pub fn answered(&mut self) {
        self.arrived = None;
        let doors = self.opened.address.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.iter().find(|d| d.id == self.id) {
            door.arrived.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// Tells every browser tab that asked how it ended. The address stays open for late ones until it is closed.
    pub fn show(self, page: Page) -> Opened {
        self.show.send_replace(Some(page));
        self.opened.clone()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // An attempt that ended without a page (cancelled) is not heard again: its door answers 404 from now on. One
        // that showed its page keeps the door for a late or second callback.
        if self.show.borrow().is_none() {
            let mut doors = self.opened.address.doors.lock().unwrap_or_else(PoisonError::into_inner);
            doors.retain(|door| door.id != self.id);
        }
    }
}

async fn answer(address: Arc<Address>, request: Request) -> Response {
    let Some((door, callback)) = admit(&address, &request) else { return not_found() };
    // Released while waiting: the attempt decides how long the socket lives, not a browser tab.
    drop(address);
    if let Some(tell) = door.arrived.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tell.send(callback);
    }
    let mut page = door.page.clone();
    drop(door);
    let shown = page.wait_for(Option::is_some).await.ok().and_then(|shown| shown.clone());
    shown.map_or_else(not_found, |shown| page::respond(&shown))
}

/// The door that this request belongs to. Everything that a foreign page, a scanner or a browser's own curiosity
/// could send ends here.
fn admit(address: &Address, request: &Request) -> Option<(Arc<Door>, Callback)> {
    if request.method() != Method::GET || !is_navigation(request.headers(), &address.authority) {
        return None;
    }
    let callback = Callback::parse(request.uri().query().unwrap_or_default()).ok()?;
    let doors = address.doors.lock().unwrap_or_else(PoisonError::into_inner);
    let here = || doors.iter().filter(|d| d.path == request.uri().path());
    // A door that has had its answer shows it to late tabs; it no longer waits.
    let waiting = here().filter(|d| d.waits()).count();
    let door = here().find(|d| d.binding.fits(&callback, if d.waits() { waiting } else { 1 }))?;
    Some((door.clone(), callback))
}

/// A plain navigation to our own name. DNS rebinding shows another `Host`; a script of a web page sends an `Origin`;
/// a prefetch must not spend a code that the person has not asked for yet.
pub(crate) fn is_navigation(headers: &HeaderMap, authority: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut hosts = headers.get_all(header::HOST).iter();
    let host_is_ours =
        hosts.next().is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()))
            && hosts.next().is_none();
    host_is_ours
        && !headers.contains_key(header::ORIGIN)
        && !text("sec-purpose").contains("prefetch")
        && !text("purpose").contains("prefetch")
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "Not found\n").into_response()
}

#[cfg(test)]
mod tests;
