//! The OAuth 2 endpoints of the practice provider, with PKCE, rotation of refresh tokens and detection of their replay.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::answers::{self, error_page, redirect};
use super::consent::show_consent;
use super::elements::{allows_no_pkce, callback_values};
use super::shared::{CodeRequest, PendingDecision, Shared, header_text};
use super::store::{Client, Kind, NewCredential, hash};
use crate::domain::oauth::{percent, pkce};
use crate::fault;
use crate::io::clock;

/// The life of an access token: short enough that practising shows a renewal.
const ACCESS_LIFE_S: i64 = 600;
/// RFC 6749 §4.1.2 recommends at most ten minutes; a browser needs seconds.
const CODE_LIFE_MS: i64 = 60_000;

#[derive(Deserialize)]
pub(super) struct AuthorizationQuery {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

pub(super) async fn authorize(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    Query(query): Query<AuthorizationQuery>,
) -> Response {
    // RFC 6749 §4.1.2.1: a wrong client or redirect is shown on a page, never sent to the redirect.
    let (Some(client_id), Some(redirect_uri)) = (&query.client_id, &query.redirect_uri) else {
        return error_page("The client or the callback address is missing.");
    };
    let Ok(clients) = shared.store.clients(&product, client_id) else {
        return error_page("The practice provider cannot read its notes.");
    };
    let Some(client) = clients.into_iter().find(|c| c.redirect_uri == *redirect_uri) else {
        return error_page("This client and callback address were not registered for practice.");
    };
    let problem = pkce_problem(&shared, &product, &client, &query);
    let request = CodeRequest {
        product,
        client: client.id,
        redirect_uri: client.redirect_uri,
        state: query.state,
        scope: query.scope.unwrap_or_default(),
        challenge: query.code_challenge.unwrap_or_default(),
    };
    let refuse =
        |answer: &[(&str, &str)]| answer_url(&request, answer).map_or_else(error_page, |url| redirect(&url));
    if query.response_type.as_deref() != Some("code") {
        return refuse(&[("error", "unsupported_response_type")]);
    }
    if let Some(problem) = problem {
        return refuse(&[("error", "invalid_request"), ("error_description", problem)]);
    }
    show_consent(&shared, &request.product.clone(), PendingDecision::OAuth2(request))
}

/// RFC 7636 §4.4.1 and RFC 9700 §2.1.1: PKCE with S256 is required, unless an element of this provider does without: then
/// the secret binds the code to the client.
fn pkce_problem(
    shared: &Shared,
    product: &str,
    client: &Client,
    query: &AuthorizationQuery,
) -> Option<&'static str> {
    match (query.code_challenge.as_deref().unwrap_or_default(), query.code_challenge_method.as_deref()) {
        ("", None) if allows_no_pkce(&shared.catalog, product) => (client.secret_sha256 == hash(""))
            .then_some("PKCE with S256 is required of a client without a secret"),
        ("", _) => Some("PKCE with S256 is required"),
        (_, Some(pkce::CHALLENGE_METHOD)) => None,
        _ => Some("PKCE with S256 is required"),
    }
}

fn answer_url(request: &CodeRequest, answer: &[(&str, &str)]) -> Result<Url, &'static str> {
    let mut url: Url = request.redirect_uri.parse().map_err(|_| "The callback address is malformed.")?;
    let state = request.state.as_deref().map(|state| ("state", state));
    url.query_pairs_mut().extend_pairs(answer).extend_pairs(state);
    Ok(url)
}

/// The address that the browser returns to.
pub(super) fn callback_url(
    shared: &Shared,
    request: &CodeRequest,
    allowed: bool,
) -> Result<Url, &'static str> {
    if !allowed {
        let refused = [("error", "access_denied"), ("error_description", "Access was declined")];
        return answer_url(request, &refused);
    }
    let code = clock::random_token();
    let issue = || {
        let grant = shared.store.new_grant(request.client, &request.scope)?;
        shared.store.issue(&NewCredential {
            kind: Kind::Code,
            text: &code,
            client: request.client,
            grant,
            challenge: &request.challenge,
            expires_at: Some(clock::now_ms() + CODE_LIFE_MS),
        })
    };
    issue().map_err(|_| "The practice provider cannot write its notes.")?;
    let extra = callback_values(&shared.catalog, &request.product);
    let extra = extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let answer: Vec<_> = [("code", code.as_str())].into_iter().chain(extra).collect();
    answer_url(request, &answer)
}

/// The form of the token endpoint, or of the revocation endpoint.
#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// A refusal of the token endpoint (RFC 6749 §5.2).
struct Refused(StatusCode, &'static str, &'static str);

const INVALID_CLIENT: Refused =
    Refused(StatusCode::UNAUTHORIZED, "invalid_client", "unknown client or wrong secret");
const fn invalid_grant(why: &'static str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, "invalid_grant", why)
}

impl From<crate::io::index::IndexError> for Refused {
    fn from(_: crate::io::index::IndexError) -> Self {
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the practice provider cannot use its notes",
        )
    }
}

pub(super) async fn token(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Response {
    fault::slow_point("token_asked").await;
    match exchange(&shared, &product, &headers, &form) {
        Ok(answer) => answers::json(&answer),
        Err(Refused(status, error, description)) => {
            (status, answers::json(&json!({ "error": error, "error_description": description })))
                .into_response()
        }
    }
}

fn exchange(
    shared: &Shared,
    product: &str,
    headers: &HeaderMap,
    form: &TokenForm,
) -> Result<serde_json::Value, Refused> {
    let clients = authenticate(shared, product, headers, form)?;
    let belongs = |client: i64| clients.iter().find(|c| c.id == client);
    match form.grant_type.as_deref() {
        Some("authorization_code") => {
            let code = form.code.as_deref().unwrap_or_default();
            let found = shared
                .store
                .find(Kind::Code, code)?
                .ok_or(invalid_grant("the code is unknown or expired"))?;
            let client = belongs(found.client).ok_or(invalid_grant("the code is another client's"))?;
            // RFC 6749 §4.1.3: the redirect of the request, byte for byte.
            if form.redirect_uri.as_deref() != Some(client.redirect_uri.as_str()) {
                return Err(invalid_grant("the callback address differs"));
            }
            if !is_bound(&found.challenge, form.code_verifier.as_deref()) {
                return Err(invalid_grant("the code verifier does not fit"));
            }
            if !shared.store.spend(code)? {
                // RFC 6749 §4.1.2: a code used twice ends what it gave.
                shared.store.revoke(found.grant)?;
                return Err(invalid_grant("the code was used before"));
            }
            issue(shared, found.client, found.grant)
        }
        Some("refresh_token") => {
            let old = form.refresh_token.as_deref().unwrap_or_default();
            let found = shared
                .store
                .find(Kind::Refresh, old)?
                .ok_or(invalid_grant("the refresh token is unknown or ended"))?;
            belongs(found.client).ok_or(invalid_grant("the refresh token is another client's"))?;
            if found.spent || !shared.store.spend(old)? {
                // RFC 9700 §4.14.2: replay of a rotated token ends the whole grant.
                shared.store.revoke(found.grant)?;
                return Err(invalid_grant("the refresh token was used before"));
            }
            issue(shared, found.client, found.grant)
        }
        _ => Err(Refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "code or refresh token only")),
    }
}

/// RFC 9700 §4.8.2: a verifier without a challenge is refused, else PKCE could be removed from a request unnoticed.
fn is_bound(challenge: &str, verifier: Option<&str>) -> bool {
    match verifier {
        None => challenge.is_empty(),
        Some(verifier) => pkce::verify(challenge, verifier),
    }
}

/// RFC 7009 §2.2: the answer is 200 for an unknown token too.
pub(super) async fn revoke(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Response {
    let Ok(clients) = authenticate(&shared, &product, &headers, &form) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let token = form.token.unwrap_or_default();
    for kind in [Kind::Refresh, Kind::Access] {
        if let Ok(Some(found)) = shared.store.find(kind, &token)
            && clients.iter().any(|c| c.id == found.client)
            && shared.store.revoke(found.grant).is_err()
        {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    StatusCode::OK.into_response()
}

/// The registrations of the client that authenticates, in the body or by Basic (RFC 6749 §2.3.1).
fn authenticate(
    shared: &Shared,
    product: &str,
    headers: &HeaderMap,
    form: &TokenForm,
) -> Result<Vec<Client>, Refused> {
    let basic = header_text(headers, &header::AUTHORIZATION).strip_prefix("Basic ");
    let basic = basic.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    let (id, secret) = match basic.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => {
            let decode = |text: &str| percent::decode(&text.replace('+', " ")).map_err(|_| INVALID_CLIENT);
            (decode(id)?, decode(secret)?)
        }
        None => (form.client_id.clone().unwrap_or_default(), form.client_secret.clone().unwrap_or_default()),
    };
    let clients = shared.store.authenticate(product, &id, &secret)?;
    if clients.is_empty() { Err(INVALID_CLIENT) } else { Ok(clients) }
}

fn issue(shared: &Shared, client: i64, grant: i64) -> Result<serde_json::Value, Refused> {
    let (access, refresh) = (clock::random_token(), clock::random_token());
    let scope = shared.store.scope(grant)?.ok_or(invalid_grant("access was ended"))?;
    let life = fault::number("KEYRACK_PRACTICE_LIFE").unwrap_or(ACCESS_LIFE_S);
    let ends = clock::now_ms() + life * 1000;
    for (kind, text, expires_at) in [(Kind::Access, &access, Some(ends)), (Kind::Refresh, &refresh, None)] {
        shared.store.issue(&NewCredential { kind, text, client, grant, challenge: "", expires_at })?;
    }
    Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": life,
        "refresh_token": refresh,
        "scope": scope,
    }))
}

pub(super) fn is_valid(shared: &Shared, token: &str) -> bool {
    shared.store.find(Kind::Access, token).is_ok_and(|found| found.is_some())
}
