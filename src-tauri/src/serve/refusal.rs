//! Refusals as the platform sends them: a status and `{"requestId", "message"[, "providerMessage"]}`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::text::one_line;
use crate::io::vault::KEYCHAIN_NAME;

/// The text is the program's own, or the provider's, cleaned; never a value that was sent.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    provider_message: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), provider_message: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The platform's message for every wrong secret. It does not reveal which one is wrong.
    pub(super) fn unauthorized() -> Self {
        let text = "Invalid Organization or User secret, or invalid Element token provided.";
        Self::new(StatusCode::UNAUTHORIZED, text)
    }

    /// The platform's message for everything that does not exist.
    pub(super) fn not_found(thing: &str, id: &str) -> Self {
        let id: String = id.chars().take(100).collect();
        Self::new(StatusCode::NOT_FOUND, format!("No {thing} found with ID {id}"))
    }

    pub(super) fn wrong_verb() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This call is not made with this verb.")
    }

    pub(super) fn with_sentence(mut self, sentence: &str) -> Self {
        self.message = format!("{} {sentence}", self.message);
        self
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Names all missing and malformed entries of a call in one message, each as `name` translates its key.
    pub(super) fn for_entries(what: &str, problems: &[FieldProblem], name: impl Fn(&str) -> String) -> Self {
        let list = |missing: bool| {
            let wanted = problems.iter().filter(|p| (p.problem == Problem::Required) == missing);
            wanted.map(|p| name(&p.key)).collect::<Vec<_>>().join(", ")
        };
        let sentences = [(list(true), "Missing"), (list(false), "Invalid")];
        let sentences = sentences.into_iter().filter(|(names, _)| !names.is_empty());
        let text: Vec<_> = sentences.map(|(names, word)| format!("{word} {what}: {names}.")).collect();
        Self::bad_request(text.join(" "))
    }
}

/// How failures are refused. Every other code is a fault inside, which the log explains. `{product}`, `{name}`, `{why}` and
/// `{keychain}` stand for the facts of the failure.
const REFUSALS: [(Code, u16, &str); 21] = [
    (Code::AccessDenied, 400, "{product} refused."),
    (Code::AuthorizationExpired, 400, "{product} refused."),
    (Code::ElementHistorical, 400, "{product} can only be practised here."),
    (Code::ElementRetired, 400, "{product} was closed by its maker: nobody signs in to it."),
    // Without fields: a forwarded call with a parameter that belongs to the signature.
    (Code::FormInvalid, 400, "The request cannot be signed{why}."),
    // The caller has to correct the client's settings.
    (Code::NeedsSettings, 400, "{product} no longer accepts the API key or secret of this instance."),
    (Code::ProviderRejected, 400, "{product} refused."),
    // As from the provider: the token of this instance is no longer valid there.
    (Code::SignInExpired, 401, SIGN_IN_EXPIRED),
    (Code::ConnectionDisabled, 403, "The element instance is disabled."),
    (Code::NameTaken, 409, "An instance with the name {name} already exists."),
    (Code::KeychainTooLong, 413, "This is more than the {keychain} of this computer can hold."),
    (Code::ElementInvalid, 500, "The element file of {name} cannot be used."),
    (Code::IndexDamaged, 500, "The index of Keyrack cannot be used."),
    (Code::IndexNewer, 500, "The index of Keyrack cannot be used."),
    (Code::IndexUnwritable, 500, "The index of Keyrack cannot be used."),
    (Code::ProviderBadResponse, 502, "{product} gave an answer that cannot be used."),
    (Code::ProviderUnreachable, 502, "{product} cannot be reached just now."),
    (Code::KeychainDenied, 503, "The {keychain} refused to keep or give the token."),
    (Code::KeychainLocked, 503, "The {keychain} of this computer is locked. Unlock it, then try again."),
    (Code::KeychainMissing, 503, "This computer has no {keychain} to keep tokens in."),
    (Code::RenewalBusy, 503, "Another program is renewing this token. Try again."),
];

const SIGN_IN_EXPIRED: &str =
    "The sign-in behind this instance has ended. Sign in again with new providerData.";

/// The codes whose detail is the provider's own text.
const WITH_PROVIDER_MESSAGE: [Code; 4] =
    [Code::AccessDenied, Code::AuthorizationExpired, Code::NeedsSettings, Code::ProviderRejected];

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let name = failure.name.as_deref().unwrap_or_default();
        match (failure.code, &failure.fields) {
            (Code::FormInvalid, Some(fields)) => {
                return Self::for_entries("configuration entries", fields, str::to_owned);
            }
            (Code::ElementUnknown, _) => return Self::not_found("element", name),
            (Code::ConnectionUnknown, _) => return Self::not_found("instance", name),
            _ => {}
        }
        let detail = failure.detail.as_deref();
        let Some((_, status, text)) = REFUSALS.iter().find(|(code, ..)| *code == failure.code) else {
            let (code, detail) = (failure.code.as_str(), detail.unwrap_or_default());
            tracing::error!(code, detail, "a call failed");
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The call failed inside Keyrack.");
        };
        let message = text
            .replace("{keychain}", KEYCHAIN_NAME)
            .replace("{why}", &detail.map(|why| format!(": {why}")).unwrap_or_default())
            .replace("{name}", name)
            .replace("{product}", failure.product.as_deref().unwrap_or("The provider"));
        let provider_message = failure.detail.filter(|_| WITH_PROVIDER_MESSAGE.contains(&failure.code));
        let status = StatusCode::from_u16(*status).expect("the table has statuses of HTTP");
        Self { provider_message, ..Self::new(status, message) }
    }
}

impl IntoResponse for Refusal {
    /// Without its body, which [`add_body`] adds because it contains the request id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks the answer of a product, which stays as it is.
#[derive(Clone, Copy)]
pub(super) struct Forwarded;

/// Adds the body of a refusal, also of those that the router makes itself.
pub(super) fn add_body(mut response: Response, request_id: &str) -> Response {
    let status = response.status();
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal,
        None if response.extensions().get::<Forwarded>().is_some() => return response,
        None if status.is_client_error() || status.is_server_error() => {
            Refusal::new(status, status.canonical_reason().unwrap_or("The call was refused."))
        }
        None => return response,
    };
    // Both may repeat text of the caller or the provider.
    let mut body = json!({ "requestId": request_id, "message": one_line(&refusal.message) });
    if let Some(text) = refusal.provider_message {
        body["providerMessage"] = one_line(&text).into();
    }
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1: a 401 names the scheme.
        head.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("User"));
    }
    Response::from_parts(head, Body::from(body.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_refusal_repeats_no_hidden_character() {
        let name_taken = Failure::new(Code::NameTaken).name("A\u{202e}c\u{9b}me");
        let refused = Failure::new(Code::ProviderRejected).detail("N\u{200b}o\r\nway");
        for (refusal, message, provider_message) in [
            (Refusal::not_found("element", "z\u{202e}\u{1b}en"), "No element found with ID zen", None),
            (Refusal::from(name_taken), "An instance with the name Acme already exists.", None),
            (Refusal::from(refused), "The provider refused.", Some("No way")),
        ] {
            let response = add_body(refusal.into_response(), "1");
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(body["message"], message);
            assert_eq!(body["providerMessage"].as_str(), provider_message);
        }
    }
}
