//! What a provider's refusal means for a sign-in or a connection.

use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::oauth::token::{TokenRefusal, is_redirect_refusal, quoted_address};
use crate::domain::template::TemplateError;

/// What the OAuth 1.0 problem reporting extension calls a time that is too far off.
pub const TIME_REFUSED: &str = "timestamp_refused";

pub fn refusal(refusal: TokenRefusal, element: &Element) -> Failure {
    let failure = match refusal {
        TokenRefusal::Refused { error, description, .. } => {
            let code = if error == TIME_REFUSED {
                Code::ClockWrong
            } else if error == "invalid_grant" {
                // RFC 6749 §5.2: the code is spent, too old, or of another redirect address. The client is fine.
                Code::AuthorizationExpired
            } else if is_redirect_refusal(&error, description.as_deref()) {
                Code::RedirectMismatch
            } else {
                Code::ProviderRejected
            };
            let registered = description.as_deref().and_then(quoted_address);
            let words = description.map_or_else(|| error.clone(), |d| format!("{error}: {d}"));
            Failure { registered, ..Failure::new(code).detail(words) }
        }
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
