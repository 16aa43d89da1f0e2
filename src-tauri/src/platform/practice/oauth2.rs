//! The OAuth 2 half of the practice provider: authorization endpoint and token endpoint with PKCE, single use of
//! codes, rotation of refresh tokens and detection of their replay.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;
use url::Url;

use super::consent::{self, Request};
use super::store::{Client, Kind};
use super::{Shared, hash, refused_page};
use crate::domain::oauth::{percent, pkce};
use crate::fault;
use crate::io::clock;

/// How long an access token lives: short enough that practising shows a renewal.
const ACCESS_LIFE_S: i64 = 600;
/// RFC 6749 §4.1.2 recommends at most ten minutes; a browser needs seconds.
const CODE_LIFE_MS: i64 = 60_000;

/// An authorization request whose client and redirect are known.
#[derive(Clone)]
pub(super) struct Asked {
    client: i64,
    redirect_uri: String,
    state: Option<String>,
    scope: String,
    challenge: String,
}

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
    // RFC 6749 §4.1.2.1: a wrong client or redirect is told to the person, never sent to the redirect.
    let (Some(client_id), Some(redirect_uri)) = (query.client_id, query.redirect_uri) else {
        return refused_page("The client or the callback address is missing.");
    };
    let Ok(clients) = shared.store.clients(&product, &client_id) else {
        return refused_page("The practice provider cannot read its notes.");
    };
    let Some(client) = clients.into_iter().find(|c| c.redirect_uri == redirect_uri) else {
        return refused_page("This client and callback address were not registered for practice.");
    };
    let asked = Asked {
        client: client.id,
        redirect_uri,
        state: query.state,
        scope: query.scope.unwrap_or_default(),
        challenge: query.code_challenge.unwrap_or_default(),
    };
    if query.response_type.as_deref() != Some("code") {
        return back(&asked, &[("error", "unsupported_response_type")]);
    }
    // RFC 7636 §4.4.1 and RFC 9700 §2.1.1: required, and S256 only.
    if asked.challenge.is_empty() || query.code_challenge_method.as_deref() != Some(pkce::CHALLENGE_METHOD) {
        return back(
            &asked,
            &[("error", "invalid_request"), ("error_description", "PKCE with S256 is required")],
        );
    }
    consent::ask(&shared, &product, Request::OAuth2(asked))
}

fn back(asked: &Asked, answer: &[(&str, &str)]) -> Response {
    match answer_url(asked, answer) {
        Ok(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url.as_str())]).into_response(),
        Err(text) => refused_page(text),
    }
}

fn answer_url(asked: &Asked, answer: &[(&str, &str)]) -> Result<Url, &'static str> {
    let mut url: Url = asked.redirect_uri.parse().map_err(|_| "The callback address is malformed.")?;
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = &asked.state {
            query.append_pair("state", state);
        }
    }
    Ok(url)
}

/// The address that a decision leads to.
pub(super) fn decided(shared: &Shared, asked: Asked, allowed: bool) -> Result<Url, &'static str> {
    if !allowed {
        return answer_url(
            &asked,
            &[("error", "access_denied"), ("error_description", "Access was declined")],
        );
    }
    let code = clock::random_token();
    let unwritable = |_| "The practice provider cannot write its notes.";
    let grant = shared.store.new_grant(asked.client, &asked.scope).map_err(unwritable)?;
    let ends = clock::now_ms() + CODE_LIFE_MS;
    shared
        .store
        .issue(Kind::Code, &code, asked.client, grant, &asked.challenge, Some(ends))
        .map_err(unwritable)?;
    answer_url(&asked, &[("code", &code)])
}

#[derive(Default, Deserialize)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
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
        Ok(answer) => super::json(&answer),
        Err(Refused(status, error, description)) => {
            (status, super::json(&json!({ "error": error, "error_description": description })))
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
    let clients = authenticated(shared, product, headers, form)?;
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
            if !pkce::verify(&found.challenge, form.code_verifier.as_deref().unwrap_or_default()) {
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

#[derive(Deserialize)]
pub(super) struct RevocationForm {
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// RFC 7009: a token that is unknown is as good as revoked, so the answer is 200 either way (§2.2).
pub(super) async fn revoke(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    headers: HeaderMap,
    Form(form): Form<RevocationForm>,
) -> Response {
    let shown =
        TokenForm { client_id: form.client_id, client_secret: form.client_secret, ..TokenForm::default() };
    let Ok(clients) = authenticated(&shared, &product, &headers, &shown) else {
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

/// The registrations whose id and secret were shown, in the body or by Basic (RFC 6749 §2.3.1).
fn authenticated(
    shared: &Shared,
    product: &str,
    headers: &HeaderMap,
    form: &TokenForm,
) -> Result<Vec<Client>, Refused> {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|h| h.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    let (id, secret) = match basic.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => {
            let decode = |text: &str| percent::decode(&text.replace('+', " ")).map_err(|_| INVALID_CLIENT);
            (decode(id)?, decode(secret)?)
        }
        None => (form.client_id.clone().unwrap_or_default(), form.client_secret.clone().unwrap_or_default()),
    };
    let shown = hash(&secret);
    let clients: Vec<_> = shared
        .store
        .clients(product, &id)?
        .into_iter()
        .filter(|c| bool::from(c.secret_sha256.as_slice().ct_eq(&shown)))
        .collect();
    if clients.is_empty() { Err(INVALID_CLIENT) } else { Ok(clients) }
}

fn issue(shared: &Shared, client: i64, grant: i64) -> Result<serde_json::Value, Refused> {
    let (access, refresh) = (clock::random_token(), clock::random_token());
    let scope = shared.store.scope(grant)?.ok_or(invalid_grant("access was ended"))?;
    let life = fault::number("KEYRACK_PRACTICE_LIFE").unwrap_or(ACCESS_LIFE_S);
    let ends = clock::now_ms() + life * 1000;
    shared.store.issue(Kind::Access, &access, client, grant, "", Some(ends))?;
    shared.store.issue(Kind::Refresh, &refresh, client, grant, "", None)?;
    Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": life,
        "refresh_token": refresh,
        "scope": scope,
    }))
}

/// Whether a bearer token is good.
pub(super) fn knows(shared: &Shared, token: &str) -> bool {
    shared.store.find(Kind::Access, token).is_ok_and(|found| found.is_some())
}
