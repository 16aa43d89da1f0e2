//! `…/raw/{path}`: a call to the product's own API, with a token that the caller never sees. It goes below the address at
//! which the API begins and nowhere else; what comes back is told as it is.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use url::Url;

use super::credentials::Caller;
use super::refusal::{PassedOn, Refusal};
use super::{BASE_PATH, Shared, call};
use crate::domain::connection::Item;
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::oauth::percent;
use crate::domain::oauth::token::TokenSet;
use crate::io::stream::Outgoing;
use crate::platform::Local;

/// Where the product's paths begin here, below [`BASE_PATH`].
const RAW: &str = "/raw";

/// Headers that speak of one connection and not of the message (RFC 9110 §7.6.1), with those of RFC 2616 that are still
/// met. `Expect` is answered by this server itself.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What a request does not take along. `Authorization` holds this server's secrets and `Host` its name; cookies of
/// 127.0.0.1 belong to whatever else runs here. `Accept-Encoding` goes along: what is packed passes unopened.
const KEPT_BACK: [HeaderName; 4] = [header::AUTHORIZATION, header::HOST, header::COOKIE, header::EXPECT];

/// What an answer does not bring back, because it would be about 127.0.0.1 here: cookies, other addresses of the server,
/// demands for https.
const NOT_OURS: [HeaderName; 3] = [header::SET_COOKIE, header::ALT_SVC, header::STRICT_TRANSPORT_SECURITY];

/// Every verb.
pub(super) async fn pass(State(shared): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let (connection, rest) = match allowed(&shared, &head) {
        Ok(allowed) => allowed,
        Err(refusal) => {
            // A caller that is still sending would not read why it is refused.
            let _ = call::read(body).await;
            return Err(refusal);
        }
    };
    let item = shared.engine.fresh(&connection).await?;
    let target = Target::of(&shared, &item).await?;
    let mut url = target.url(&rest)?;
    url.set_query(head.uri.query());
    let (form, body) = target.signed_body(&head, body).await?;
    let authorization = target.authorization(head.method.as_str(), &url, &form)?;

    let mut headers = end_to_end(head.headers);
    for name in &KEPT_BACK {
        headers.remove(name);
    }
    let mut authorization = HeaderValue::from_str(authorization.expose())
        .map_err(|_| Failure::internal("a token of the provider cannot stand in a header"))?;
    authorization.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, authorization);

    let outgoing = Outgoing { method: head.method, url: url.clone(), headers, body };
    let product = target.element.name.as_str();
    let answer = shared.http.pass(outgoing).await.map_err(|e| Failure::from(e).product(product))?;

    let mut headers = end_to_end(answer.headers);
    headers.retain_names(|name| !NOT_OURS.contains(name) && !is_cors(name));
    target.rewrite_location(&mut headers, &url);
    let mut response = Response::new(Body::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = headers;
    response.extensions_mut().insert(PassedOn);
    Ok(response)
}

/// Whose call it is, and the path behind `/raw/`.
fn allowed(
    shared: &Shared,
    head: &Parts,
) -> Result<(crate::domain::connection::Connection, String), Refusal> {
    let connection = Caller::of(shared, &head.headers)?.connection()?;
    if connection.disabled {
        return Err(Failure::new(Code::ConnectionDisabled).into());
    }
    if matches!(head.method, Method::CONNECT | Method::TRACE) {
        // Neither is a call of an API, and TRACE would tell what was sent (RFC 9110 §9.3.8).
        return Err(Refusal::wrong_verb());
    }
    let path = head.uri.path();
    let rest = path.strip_prefix(BASE_PATH).and_then(|path| path.strip_prefix(RAW)).unwrap_or_default();
    if has_dot_segment(rest) {
        return Err(Refusal::bad_request("The path may not have segments that lead elsewhere."));
    }
    Ok((connection, rest.strip_prefix('/').unwrap_or(rest).to_owned()))
}

/// `.` and `..` also in their percent-encoded forms, which servers and libraries read alike (WHATWG URL §4.4), and the
/// backslash, which some of them take for a slash.
fn has_dot_segment(path: &str) -> bool {
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    plain.contains('\\')
        || plain.contains("%5c")
        || plain.replace("%2f", "/").split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Where an item's calls go, and with what.
struct Target<'s> {
    local: Local,
    element: &'s Element,
    values: form::Values,
    tokens: TokenSet,
    base: Url,
}

impl<'s> Target<'s> {
    async fn of(shared: &'s Shared, item: &Item) -> Result<Self, Refusal> {
        let element = shared.engine.element(&item.element)?;
        let given =
            item.configuration.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect();
        let local = shared.engine.local(&shared.workspace);
        let expired = || Failure::new(Code::SignInExpired).product(&element.name);
        let values = form::check_call(element, &given)
            .map_err(|_| Failure::new(Code::NeedsSettings).product(&element.name))?;
        let tokens = item.tokens.clone().ok_or_else(expired)?;
        if !local.is_pinned(element, &values, &item.pinned_hosts) {
            // An element file that names other hosts than before is not given the token.
            return Err(expired().detail("the addresses have changed").into());
        }
        let base = local.api_base(element, &values, &tokens).await?;
        Ok(Self { local, element, values, tokens, base })
    }

    /// The address of a path below the base.
    fn url(&self, rest: &str) -> Result<Url, Refusal> {
        let elsewhere = || Refusal::bad_request("The path leads out of the API.");
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{rest}")).map_err(|_| elsewhere())?;
        if self.below(&url).is_some() { Ok(url) } else { Err(elsewhere()) }
    }

    /// What of an address lies behind the base, with its slash.
    fn below<'u>(&self, url: &'u Url) -> Option<&'u str> {
        let behind = url.path().strip_prefix(self.base.path().trim_end_matches('/'))?;
        let inside = url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && (behind.is_empty() || behind.starts_with('/'));
        inside.then_some(behind)
    }

    /// RFC 5849 §3.4.1.3.1: the fields of a form are part of the signature, so a form is read whole; every other body is
    /// passed on as it comes.
    async fn signed_body(
        &self,
        head: &Parts,
        body: Body,
    ) -> Result<(Vec<(String, String)>, Option<Body>), Refusal> {
        let has = |name: HeaderName| head.headers.contains_key(name);
        if !has(header::CONTENT_LENGTH) && !has(header::TRANSFER_ENCODING) {
            return Ok((Vec::new(), None));
        }
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let is_form = kind
            .split(';')
            .next()
            .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        if self.tokens.token_secret.is_none() || !is_form {
            return Ok((Vec::new(), Some(body)));
        }
        let whole = call::read(body).await?;
        let malformed = || Refusal::bad_request("The body is not the form that it says it is.");
        let text = std::str::from_utf8(&whole).map_err(|_| malformed())?;
        let form = percent::parse_form(text).map_err(|_| malformed())?;
        Ok((form, Some(Body::from(whole))))
    }

    fn authorization(
        &self,
        method: &str,
        url: &Url,
        form: &[(String, String)],
    ) -> Result<crate::domain::sensitive::Sensitive<String>, Failure> {
        self.local.authorization(self.element, &self.values, &self.tokens, method, url, form)
    }

    /// An address below the base becomes ours, so that a caller who follows it comes here again, with our secrets and not
    /// without. Any other stays the product's.
    fn rewrite_location(&self, headers: &mut HeaderMap, asked: &Url) {
        let Some(location) = headers.get(header::LOCATION).and_then(|v| v.to_str().ok()) else { return };
        let Ok(target) = asked.join(location) else { return };
        let text = match self.below(&target) {
            Some(behind) => {
                let part =
                    |mark: &str, text: Option<&str>| text.map(|t| format!("{mark}{t}")).unwrap_or_default();
                let (query, fragment) = (part("?", target.query()), part("#", target.fragment()));
                let slash = if behind.is_empty() { "/" } else { "" };
                format!("{BASE_PATH}{RAW}{slash}{behind}{query}{fragment}")
            }
            // Whole: what is relative to the product would be relative to us here.
            None => target.into(),
        };
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header::LOCATION, value);
        }
    }
}

/// What of a message's headers goes on to the next hop.
fn end_to_end(headers: HeaderMap) -> HeaderMap {
    // RFC 9110 §7.6.1: `Connection` names further ones.
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut headers = headers;
    headers.retain_names(|name| !HOP_BY_HOP.contains(name) && !named.iter().any(|n| n == name.as_str()));
    headers
}

/// What a product allows to web pages is allowed at its own address, not at ours.
fn is_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-")
}

trait RetainNames {
    fn retain_names(&mut self, keep: impl Fn(&HeaderName) -> bool);
}

impl RetainNames for HeaderMap {
    fn retain_names(&mut self, keep: impl Fn(&HeaderName) -> bool) {
        let gone: Vec<HeaderName> = self.keys().filter(|name| !keep(name)).cloned().collect();
        for name in gone {
            self.remove(name);
        }
    }
}
