//! The OAuth 1.0a endpoints of the practice provider (RFC 5849). Signatures, timestamps and nonces are checked.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use url::Url;

use super::answers::error_page;
use super::consent::show_consent;
use super::elements::callback_values;
use super::shared::{PendingDecision, Shared, TemporaryCredentials, header_text};
use super::store::{CLOCK_WINDOW, Client, Kind, NewCredential};
use crate::domain::http::Method;
use crate::domain::oauth::oauth1::{SignatureMethod, parse_authorization_header, verify};
use crate::domain::oauth::percent;
use crate::domain::sensitive::Sensitive;
use crate::io::clock;

/// A request whose signature was checked.
struct SignedRequest {
    parameters: Vec<(String, String)>,
    client: Client,
}

fn find<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Derives the secret of a token from the key in the keychain, so that it is not stored.
fn token_secret(shared: &Shared, token: &str) -> Sensitive<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(shared.key.expose().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(b"oauth1 token secret\0");
    mac.update(token.as_bytes());
    Sensitive::new(hex::encode(mac.finalize().into_bytes()))
}

/// Checks client, time, signature and nonce, in that order: only a signed request spends a nonce.
fn check(
    shared: &Shared,
    product: &str,
    method: Method,
    uri: &Uri,
    authorization: &str,
    token: Option<&str>,
) -> Result<SignedRequest, &'static str> {
    let parameters =
        parse_authorization_header(authorization).map_err(|_| "malformed Authorization header")?;
    let get = |name: &str| find(&parameters, name);
    let client_id = get("oauth_consumer_key").ok_or("oauth_consumer_key is missing")?;
    let secret = shared.secrets.get_with(client_id, |secret| secret.clone()).ok_or("unknown consumer key")?;
    let clients = shared
        .store
        .authenticate(product, client_id, secret.expose())
        .map_err(|_| "the practice provider cannot use its notes")?;
    let client = clients.into_iter().next().ok_or("unknown consumer key")?;
    if get("oauth_token") != token {
        return Err("another token was expected");
    }
    let timestamp: i64 =
        get("oauth_timestamp").and_then(|t| t.parse().ok()).ok_or("oauth_timestamp is missing")?;
    if (clock::now_ms() / 1000).abs_diff(timestamp) > CLOCK_WINDOW.as_secs() {
        return Err("timestamp_refused");
    }
    let url: Url = format!("http://{}{uri}", shared.authority).parse().map_err(|_| "malformed address")?;
    let secret_of_token = token.map(|t| token_secret(shared, t)).unwrap_or_default();
    let signed = [SignatureMethod::HmacSha256, SignatureMethod::HmacSha1, SignatureMethod::Plaintext]
        .into_iter()
        .any(|m| verify(method, &url, &parameters, secret.expose(), secret_of_token.expose(), m));
    if !signed {
        return Err("signature_invalid");
    }
    let nonce = get("oauth_nonce").unwrap_or_default();
    match shared.store.remember_nonce(client_id, timestamp, nonce) {
        Ok(true) => Ok(SignedRequest { client, parameters }),
        Ok(false) => Err("nonce_used"),
        Err(_) => Err("the practice provider cannot use its notes"),
    }
}

fn refused(problem: &str) -> Response {
    let body = percent::form_encode(&[("oauth_problem", problem)]);
    (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/x-www-form-urlencoded")], body)
        .into_response()
}

fn form(pairs: &[(&str, &str)]) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), (header::CACHE_CONTROL, "no-store")];
    (headers, percent::form_encode(pairs)).into_response()
}

/// Step one (RFC 5849 §2.1).
pub(super) async fn request_token(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let authorization = header_text(&headers, &header::AUTHORIZATION);
    let signed = match check(&shared, &product, Method::Post, &uri, authorization, None) {
        Ok(signed) => signed,
        Err(problem) => return refused(problem),
    };
    let callback = find(&signed.parameters, "oauth_callback").unwrap_or_default().to_owned();
    // The registered address, to which the platform may have added a query (`?state=…`).
    let registered = signed.client.redirect_uri.as_str();
    if callback.split('?').next() != registered.split('?').next() {
        return refused("callback_rejected");
    }
    let token = clock::random_token();
    let secret = token_secret(&shared, &token);
    let temporary = TemporaryCredentials { product, client: signed.client, callback, verifier: None };
    shared.temporary.insert(&token, temporary);
    form(&[
        ("oauth_token", &token),
        ("oauth_token_secret", secret.expose()),
        ("oauth_callback_confirmed", "true"),
    ])
}

#[derive(Deserialize)]
pub(super) struct AuthorizationQuery {
    oauth_token: Option<String>,
}

/// Step two (RFC 5849 §2.2).
pub(super) async fn authorize(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    Query(query): Query<AuthorizationQuery>,
) -> Response {
    let token = query.oauth_token.unwrap_or_default();
    if shared.temporary.get_with(&token, |_| ()).is_none() {
        return error_page("This sign-in is unknown or was finished. Start again from Keyrack.");
    }
    show_consent(&shared, &product, PendingDecision::OAuth1 { token })
}

/// The address that the browser returns to.
pub(super) fn callback_url(shared: &Shared, token: &str, allowed: bool) -> Result<Url, &'static str> {
    let pending =
        shared.temporary.get_with(token, |pending| (pending.product.clone(), pending.callback.clone()));
    let (product, callback) = pending.ok_or("This sign-in is unknown or was finished.")?;
    let mut url: Url = callback.parse().map_err(|_| "The callback address is malformed.")?;
    if allowed {
        let verifier = clock::random_token();
        url.query_pairs_mut()
            .append_pair("oauth_token", token)
            .append_pair("oauth_verifier", &verifier)
            .extend_pairs(callback_values(&shared.catalog, &product));
        shared.temporary.get_with(token, |pending| pending.verifier = Some(verifier.into()));
    } else {
        // RFC 5849 defines no answer for a refusal; `denied` is the name most providers use.
        url.query_pairs_mut().append_pair("denied", token);
        shared.temporary.remove(token);
    }
    Ok(url)
}

/// Step three (RFC 5849 §2.3). Temporary credentials work once.
pub(super) async fn access_token(
    State(shared): State<Shared>,
    Path(product): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let authorization = header_text(&headers, &header::AUTHORIZATION);
    let asked = parse_authorization_header(authorization).unwrap_or_default();
    let Some(token) = find(&asked, "oauth_token") else { return refused("token_rejected") };
    let signed = match check(&shared, &product, Method::Post, &uri, authorization, Some(token)) {
        Ok(signed) => signed,
        Err(problem) => return refused(problem),
    };
    let Some(pending) = shared.temporary.remove(token) else { return refused("token_used") };
    let verifier = find(&signed.parameters, "oauth_verifier").unwrap_or_default();
    let verified = pending.verifier.is_some_and(|expected| expected.same_as(verifier));
    if !verified || pending.client.client_id != signed.client.client_id {
        return refused("verifier_invalid");
    }
    let access = clock::random_token();
    let client = signed.client.id;
    let credential = |grant| NewCredential {
        kind: Kind::Access1,
        text: &access,
        client,
        grant,
        challenge: "",
        expires_at: None,
    };
    let issued = shared.store.new_grant(client, "").and_then(|grant| shared.store.issue(&credential(grant)));
    if issued.is_err() {
        return refused("the practice provider cannot use its notes");
    }
    let secret = token_secret(&shared, &access);
    form(&[("oauth_token", &access), ("oauth_token_secret", secret.expose())])
}

/// Whether a request is signed with a valid token.
pub(super) fn is_valid(shared: &Shared, uri: &Uri, authorization: &str) -> bool {
    let parameters = parse_authorization_header(authorization).unwrap_or_default();
    let Some(token) = find(&parameters, "oauth_token") else { return false };
    let product = uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    shared.store.find(Kind::Access1, token).is_ok_and(|found| found.is_some())
        && check(shared, product, Method::Get, uri, authorization, Some(token)).is_ok()
}
