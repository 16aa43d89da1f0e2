//! `keyrack serve`: the platform on this computer, over HTTP. It answers the calls of the guides as the hosted platform
//! does, so that their commands run against it with another host and other secrets.
//!
//! An edge like the window and the command line: each call becomes one of the engine's. The exchange with providers,
//! the keychain and the order of steps are there; here are the API's paths, members, statuses and words.

mod api_base;
mod authorizations;
mod call;
mod configuration;
mod create;
mod credentials;
mod date;
mod element_object;
mod elements;
mod end_to_end;
mod gate;
mod instance_body;
mod instance_object;
mod instances;
mod number;
mod oauth;
mod page;
mod ping;
mod raw;
mod refusal;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, put};

use crate::domain::error::{Code, Failure};
use crate::domain::sensitive::Sensitive;
use crate::engine::{Engine, WorkspaceId};
use crate::io::clock;
use crate::io::http::Http;
use crate::io::listener::{Bound, Limits, Serving};
use crate::io::loopback::Loopback;
use crate::platform::hosted::Secrets;
use authorizations::Authorizations;
use gate::Gate;
use refusal::Refusal;

/// Where the API begins, as at every platform that speaks it.
pub const BASE_PATH: &str = "/elements/api-v2";

/// The port in the workspace *This computer*, so that scripts can name it: beside that of the callbacks, free in IANA's
/// list and outside the ranges of outgoing connections.
pub const DEFAULT_PORT: u16 = 14748;

/// As many callers at once as a busy script has. Each costs a descriptor, of which systems give 1,024 unasked; a call
/// that is passed on costs two.
const CONNECTIONS: usize = 256;

/// How long calls that are being answered may go on once the server is told to end. Providers answer in seconds, and
/// those who stop programs wait ten.
const FLUSH: Duration = Duration::from_secs(8);

const REQUEST_ID: HeaderName = HeaderName::from_static("elements-request-id");

/// What all calls share.
#[derive(Clone)]
struct Shared(Arc<Parts>);

struct Parts {
    engine: Engine,
    workspace: WorkspaceId,
    secrets: Secrets,
    authorizations: Authorizations,
    http: Http,
    gate: Gate,
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// A running server. It ends when it is dropped; [`Running::stop`] lets it finish what it has begun.
pub struct Running {
    /// Where callers begin.
    pub base_url: String,
    /// What a caller who may do everything sends as `Authorization`.
    pub authorization: Sensitive<String>,
    engine: Engine,
    serving: Serving,
}

impl Running {
    /// Listens and answers for a workspace of this computer.
    ///
    /// # Errors
    /// [`Code::Usage`] for a hosted workspace or an address that is not of this computer alone; [`Code::PortInUse`]; a
    /// keychain or an index that cannot be used.
    pub async fn start(engine: Engine, workspace: &WorkspaceId, listen: SocketAddr) -> Result<Self, Failure> {
        if workspace.is_hosted() {
            let what =
                "serve answers for This computer and for practice; a hosted workspace answers for itself";
            return Err(Failure::new(Code::Usage).detail(what));
        }
        if !listen.ip().is_loopback() {
            let what = "serve listens on addresses of this computer only, such as 127.0.0.1";
            return Err(Failure::new(Code::Usage).detail(what));
        }
        let secrets = engine.secrets(workspace).await?;
        // What an earlier run was cut off in is put right before anybody asks for a list.
        engine.reconcile_here(workspace).await?;
        credentials::hash_older_tokens(&engine, workspace).await?;
        let loopback = Loopback::Ip(listen.ip());
        let bound = match Bound::bind(loopback, listen.port()).await {
            Ok(bound) => bound,
            Err(error) => {
                let free = Bound::bind(loopback, 0).await.ok().map(|bound| bound.port);
                let failure = Failure::new(Code::PortInUse).detail(error.kind().to_string());
                return Err(Failure { port: Some(listen.port()), free_port: free, ..failure });
            }
        };
        let authority = SocketAddr::new(listen.ip(), bound.port).to_string();
        let authorization = credentials::header_of(&secrets);
        let shared = Shared(Arc::new(Parts {
            engine: engine.clone(),
            workspace: workspace.clone(),
            secrets,
            authorizations: Authorizations::default(),
            http: engine.http.clone(),
            gate: Gate::new(&authority),
        }));
        let serving = bound.serve_within(
            &router(shared),
            Limits { max_connections: CONNECTIONS, flush_timeout: FLUSH, ..Limits::default() },
        );
        Ok(Self { base_url: format!("http://{authority}{BASE_PATH}"), authorization, engine, serving })
    }

    /// Accepts nothing more and frees the port; finishes the answers that take seconds, and then what nobody may break
    /// off, also where its caller has gone.
    pub async fn stop(self) {
        // In this order: once it is closed, no call can begin anything.
        self.serving.close().await;
        self.engine.wait_idle().await;
    }
}

fn router(shared: Shared) -> Router {
    let api = Router::new()
        .route("/elements", get(elements::list))
        .route("/elements/keys", get(elements::keys))
        .route("/elements/metadata", get(elements::all_metadata))
        .route("/elements/{element}", get(elements::one))
        .route("/elements/{element}/configuration", get(elements::configuration))
        .route("/elements/{element}/metadata", get(elements::metadata))
        .route("/elements/{element}/authentication-types", get(elements::authentication_types))
        .route("/elements/{element}/oauth/token", get(oauth::token))
        .route("/elements/{element}/oauth/url", get(oauth::url).post(oauth::url))
        .route("/elements/{element}/instances", get(instances::list_of).post(create::create_of))
        .route(
            "/elements/{element}/instances/{id}",
            get(instances::get_of)
                .put(instances::change_of)
                .patch(instances::change_of)
                .delete(instances::delete_of),
        )
        .route(
            "/instances",
            get(instances::list)
                .post(create::create)
                .put(instances::change_own)
                .patch(instances::change_own)
                .delete(instances::delete_own),
        )
        .route("/instances/count", get(instances::count))
        .route("/instances/enabled", put(instances::enable_own).delete(instances::disable_own))
        .route("/instances/configuration", get(configuration::list_own))
        .route(
            "/instances/configuration/{entry}",
            get(configuration::one_own).patch(configuration::change_own),
        )
        .route(
            "/instances/{id}",
            get(instances::get).put(instances::change).patch(instances::change).delete(instances::delete),
        )
        .route("/instances/{id}/configuration", get(configuration::list))
        .route("/instances/{id}/configuration/{entry}", get(configuration::one).patch(configuration::change))
        .route("/instances/{id}/enabled", put(instances::enable).delete(instances::disable))
        .route("/organizations/me", get(ping::organization))
        .route("/ping", get(ping::ping))
        .route("/hubs/{hub}/ping", get(ping::ping))
        .method_not_allowed_fallback(async || Refusal::wrong_verb())
        // After the fallback above, which is for paths with verbs of their own: here every verb is passed on.
        .route("/raw", axum::routing::any(raw::pass))
        .route("/raw/", axum::routing::any(raw::pass))
        .route("/raw/{*path}", axum::routing::any(raw::pass));
    Router::new()
        .nest(BASE_PATH, api)
        .fallback(async || Refusal::no_such_path())
        .layer(middleware::from_fn_with_state(shared.clone(), answered))
        .with_state(shared)
}

/// Around every call: who may speak to us at all, the id of the request, the words of a refusal, one line in the log.
async fn answered(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id: String = clock::random::<12>().iter().map(|b| format!("{b:02x}")).collect();
    let method = request.method().clone();
    // The template, never the path: ids of a product's own may stand in what is passed on.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.headers_mut().remove(&REQUEST_ID);
    let mut response = match shared.gate.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => axum::response::IntoResponse::into_response(refusal),
    };
    response = refusal::with_words(response, &id);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    // Tokens stand in these answers.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    tracing::info!(
        request = %id,
        %method,
        route = route.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "served"
    );
    response
}
