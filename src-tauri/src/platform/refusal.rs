//! What a provider's refusal means for a sign-in or a connection.

use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::oauth::meaning::{Meaning, meaning, refused_part};
use crate::domain::oauth::token::{TokenRefusal, is_redirect_refusal, quoted_address};
use crate::domain::template::TemplateError;

/// What the OAuth 1.0 problem reporting extension calls a time that is too far off.
const TIME_REFUSED: &str = "timestamp_refused";

/// Codes of the end of a grant with which a token endpoint refuses a code.
const ENDED_CODES: [&str; 3] = ["invalid_grant", "expired_token", "token_expired"];

pub fn refusal(refusal: TokenRefusal, element: &Element) -> Failure {
    let failure = match refusal {
        TokenRefusal::Refused { error, description, status } => {
            let code = match meaning(&error) {
                _ if error == TIME_REFUSED => Code::ClockWrong,
                // RFC 6749 §5.2: the code is spent, too old, or of another redirect address. The client is fine.
                _ if ENDED_CODES.contains(&error.as_str()) => Code::AuthorizationExpired,
                Some(Meaning::CodeSpent) => Code::AuthorizationExpired,
                Some(Meaning::Declined) => Code::AccessDenied,
                Some(Meaning::Passing) => Code::ProviderUnreachable,
                _ if is_redirect_refusal(&error, description.as_deref()) => Code::RedirectMismatch,
                _ => Code::ProviderRejected,
            };
            let refused = (code == Code::ProviderRejected).then(|| refused_part(&error, Some(status)));
            let registered = description.as_deref().and_then(quoted_address);
            let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
            Failure { registered, refused: refused.flatten(), ..Failure::new(code).detail(words) }
        }
        TokenRefusal::WebPage { status } => Failure::new(Code::ProviderUnreachable)
            .detail(format!("a web page answered in its place (status {status})")),
        TokenRefusal::Temporary { status, retry_after } => {
            let failure = Failure::new(Code::ProviderUnreachable).detail(format!("status {status}"));
            Failure { retry_after, ..failure }
        }
        TokenRefusal::BadAnswer(what) => Failure::new(Code::ProviderBadResponse).detail(what),
    };
    failure.product(&element.name)
}

/// The same for a signed request. `skew` is how many seconds the provider's clock is ahead, if known.
pub fn signed_refusal(refused: TokenRefusal, element: &Element, skew: Option<i64>) -> Failure {
    let failure = refusal(refused, element);
    match failure.code {
        Code::ClockWrong => Failure { clock_skew: skew, ..failure },
        _ => failure,
    }
}

/// The same for a call with an access token: 401 is about the token, not about the client (RFC 6750 §3.1).
pub fn call_refusal(refused: TokenRefusal, element: &Element) -> Failure {
    let TokenRefusal::Refused { error, description, status } = refused else {
        return refusal(refused, element);
    };
    let code = match meaning(&error) {
        _ if error == TIME_REFUSED => Code::ClockWrong,
        Some(Meaning::SignInEnded | Meaning::InteractionRequired) => Code::SignInExpired,
        _ if status == 401 => Code::SignInExpired,
        Some(Meaning::Passing) => Code::ProviderUnreachable,
        _ => Code::ProviderRejected,
    };
    let words = match description {
        Some(description) => format!("{error}: {description}"),
        None if error.starts_with("http_") => format!("status {status}"),
        None => error,
    };
    Failure::new(code).product(&element.name).detail(words)
}

/// An address of the element that its values cannot fill in: a fault of the form, of the sign-in, or of the file.
pub fn unusable(element: &Element, error: &TemplateError) -> Failure {
    match error {
        TemplateError::Missing(key) if element.field(key).is_some() => {
            Failure::form(vec![FieldProblem { key: key.clone(), problem: Problem::Required }])
                .product(&element.name)
        }
        TemplateError::Missing(key) if key.starts_with("callback.") => Failure::new(Code::SignInExpired)
            .product(&element.name)
            .detail(format!("the sign-in brought no {}", key.trim_start_matches("callback."))),
        other => Failure::new(Code::ElementInvalid).name(&element.key).detail(other.to_string()),
    }
}
