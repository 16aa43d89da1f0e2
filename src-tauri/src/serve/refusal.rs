//! How the platform says no: a status and words, `{"requestId", "message"[, "providerMessage"]}`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::io::vault::KEYCHAIN_NAME;

/// A refusal. Its words are the program's own, or the provider's, cleaned; never a value that was sent.
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

    /// The platform's own words for every kind of wrong secret: which of them is wrong is nobody's business.
    pub(super) fn unauthorized() -> Self {
        let text = "Invalid Organization or User secret, or invalid Element token provided.";
        Self::new(StatusCode::UNAUTHORIZED, text)
    }

    /// The platform's pattern for everything that is not there.
    pub(super) fn not_found(thing: &str, id: &str) -> Self {
        // What was asked for is the caller's own text, which is shown cut: it may be anything.
        let id: String = id.chars().filter(|c| !c.is_control()).take(100).collect();
        Self::new(StatusCode::NOT_FOUND, format!("No {thing} found with ID {id}"))
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "No such call.")
    }

    pub(super) fn wrong_verb() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This call is not made with this verb.")
    }

    /// The pass-through's own: everything else that a provider is asked ends as [`Code::ProviderUnreachable`], which does
    /// not say at what point.
    pub(super) fn too_late(product: &str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, format!("{product} does not answer in time."))
    }

    /// With one more sentence.
    pub(super) fn and(mut self, sentence: &str) -> Self {
        self.message = format!("{} {sentence}", self.message);
        self
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The entries of a call that are missing or malformed, all of them in one message, by the names that `name` gives.
    pub(super) fn of_entries(what: &str, problems: &[FieldProblem], name: impl Fn(&str) -> String) -> Self {
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

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let name = failure.name.clone().unwrap_or_default();
        let product = failure.product.clone().unwrap_or_else(|| "The provider".to_owned());
        let detail = failure.detail.clone();
        let (status, message) = match failure.code {
            Code::FormInvalid => match &failure.fields {
                Some(fields) => {
                    return Self::of_entries("configuration entries", fields, str::to_owned);
                }
                // The pass-through's: a call that has a parameter of the signature's own.
                None => {
                    let why = detail.map(|why| format!(": {why}")).unwrap_or_default();
                    (StatusCode::BAD_REQUEST, format!("The request cannot be signed{why}."))
                }
            },
            Code::ElementRetired => (
                StatusCode::BAD_REQUEST,
                format!("{product} was closed by its maker: nobody signs in to it."),
            ),
            Code::ElementUnknown => return Self::not_found("element", &name),
            Code::ConnectionUnknown => return Self::not_found("instance", &name),
            Code::ConnectionDisabled => {
                (StatusCode::FORBIDDEN, "The element instance is disabled.".to_owned())
            }
            Code::NameTaken => {
                (StatusCode::CONFLICT, format!("An instance with the name {name} already exists."))
            }
            Code::KeychainLocked => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("The {KEYCHAIN_NAME} of this computer is locked. Unlock it, then try again."),
            ),
            Code::KeychainMissing => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("This computer has no {KEYCHAIN_NAME} to keep tokens in."),
            ),
            Code::KeychainDenied => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("The {KEYCHAIN_NAME} refused to keep or give the token."),
            ),
            Code::KeychainTooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("This is more than the {KEYCHAIN_NAME} of this computer can hold."),
            ),
            Code::RenewalBusy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Another program is renewing this token. Try again.".to_owned(),
            ),
            Code::ProviderRejected | Code::AuthorizationExpired => {
                let message = format!("{product} refused.");
                return Self { provider_message: detail, ..Self::bad_request(message) };
            }
            // The client's own settings were refused: the caller's to mend, not the server's.
            Code::NeedsSettings => {
                let message = format!("{product} no longer accepts the API key or secret of this instance.");
                return Self { provider_message: detail, ..Self::bad_request(message) };
            }
            // 401 as the provider itself answers: the token that this instance holds opens nothing any more.
            Code::SignInExpired => (
                StatusCode::UNAUTHORIZED,
                "The sign-in behind this instance has ended. Sign in again with new providerData.".to_owned(),
            ),
            Code::ProviderUnreachable => {
                (StatusCode::BAD_GATEWAY, format!("{product} cannot be reached just now."))
            }
            Code::ProviderBadResponse => {
                (StatusCode::BAD_GATEWAY, format!("{product} gave an answer that cannot be used."))
            }
            Code::ElementInvalid => {
                (StatusCode::INTERNAL_SERVER_ERROR, format!("The element file of {name} cannot be used."))
            }
            Code::IndexUnwritable | Code::IndexNewer => {
                (StatusCode::INTERNAL_SERVER_ERROR, "The index of Keyrack cannot be used.".to_owned())
            }
            code => {
                tracing::error!(
                    code = code.as_str(),
                    detail = detail.as_deref().unwrap_or_default(),
                    "a call failed"
                );
                (StatusCode::INTERNAL_SERVER_ERROR, "The call failed inside Keyrack.".to_owned())
            }
        };
        Self::new(status, message)
    }
}

impl From<crate::io::index::IndexError> for Refusal {
    fn from(error: crate::io::index::IndexError) -> Self {
        Failure::from(error).into()
    }
}

impl IntoResponse for Refusal {
    /// Without its words, which name the id of the request and are added by [`with_words`].
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks an answer that comes from elsewhere and is left as it is.
#[derive(Clone, Copy)]
pub(super) struct PassedOn;

/// Gives a refusal its body. What the router itself refuses gets one as well: everything here answers in JSON.
pub(super) fn with_words(mut response: Response, request_id: &str) -> Response {
    let status = response.status();
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal,
        None if response.extensions().get::<PassedOn>().is_some() => return response,
        None if status.is_client_error() || status.is_server_error() => {
            Refusal::new(status, status.canonical_reason().unwrap_or("The call was refused."))
        }
        None => return response,
    };
    let mut body = json!({ "requestId": request_id, "message": refusal.message });
    if let Some(words) = refusal.provider_message {
        body["providerMessage"] = words.into();
    }
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1: a 401 names the scheme that is wanted.
        head.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("User"));
    }
    Response::from_parts(head, Body::from(body.to_string()))
}
