//! What a refusal of the platform means. It has a status and a text, no code: where the status is ambiguous, the text
//! decides. The text is shown only under "Details", without the secrets that were sent.

mod error_text;
mod form_problems;

use std::time::UNIX_EPOCH;

use url::Url;

use super::answer::{is_empty, json};
use crate::error::{Code, Failure, PlatformAnswer};
use crate::http::HttpResponse;
use crate::redaction::redact;
use crate::text::{LONGEST_CODE, LONGEST_DESCRIPTION, plain_line};
use error_text::ErrorText;

pub use form_problems::{field_names, field_problems};

/// Caps `Retry-After` at a day.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// The operation that was refused: the same status has different meanings.
#[derive(Clone, Copy, Debug)]
pub enum Operation<'a> {
    /// The organization, or a list.
    Platform,
    /// Reading the element with this key.
    Element(&'a str),
    /// Preparing a sign-in for the element with this key.
    Oauth(&'a str),
    /// Creating an instance of the element with this key.
    Creation(&'a str, OneTimeCode),
    /// Reading or deleting an instance.
    Instance,
    /// Changing an instance.
    Change(OneTimeCode),
    /// Checking an Element token.
    Ping,
}

/// Whether a call sends a code or verifier of the browser, which works only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneTimeCode {
    Sent,
    NotSent,
}

impl Operation<'_> {
    fn sends_code(self) -> bool {
        matches!(self, Self::Creation(_, OneTimeCode::Sent) | Self::Change(OneTimeCode::Sent))
    }

    /// Whether the call sends values of the form.
    pub fn has_form(self) -> bool {
        matches!(self, Self::Oauth(_) | Self::Creation(..) | Self::Change(_))
    }
}

/// The failure for a refusal. `secrets` are those of the request, and `now_s` is for a date in `Retry-After`.
pub fn read(answer: &HttpResponse, operation: Operation<'_>, secrets: &[&str], now_s: u64) -> Failure {
    if (300..400).contains(&answer.status) {
        return redirect(answer);
    }
    let words = ErrorText::read(answer);
    let request_id = words.request_id.as_deref().map(|id| plain_line(id, LONGEST_CODE));
    let redacted = |text: String| {
        let line = plain_line(&redact(&text, secrets), LONGEST_DESCRIPTION);
        (!line.is_empty()).then_some(line)
    };
    let platform = PlatformAnswer {
        status: Some(answer.status),
        request_id: request_id.filter(|id| !id.is_empty()),
        message: words.message.clone().and_then(redacted),
        provider_message: words.provider_message.clone().and_then(redacted),
        retry_after: answer.header("retry-after").and_then(|text| retry_after(text, now_s)),
    };
    let mut failure = Failure::new(code(answer, operation, &words));
    match (failure.code, operation) {
        (
            Code::ElementUnknown,
            Operation::Element(key) | Operation::Oauth(key) | Operation::Creation(key, _),
        ) => {
            failure.name = Some(key.to_owned());
        }
        (Code::PlatformBadResponse, _) => failure.detail = Some("neither JSON nor empty".to_owned()),
        _ => {}
    }
    failure.platform = Some(Box::new(platform));
    failure
}

/// The failure for an answer with a success status that cannot be read.
pub fn unreadable(answer: &HttpResponse) -> Failure {
    let what = match json(answer) {
        Some(_) => "a necessary member is missing",
        None if is_empty(answer) => "the answer is empty",
        None => "the answer is not JSON",
    };
    bad_response(answer, what)
}

fn bad_response(answer: &HttpResponse, detail: impl Into<String>) -> Failure {
    let platform = PlatformAnswer { status: Some(answer.status), ..PlatformAnswer::default() };
    let failure = Failure::new(Code::PlatformBadResponse).detail(detail);
    Failure { platform: Some(Box::new(platform)), ..failure }
}

fn code(answer: &HttpResponse, operation: Operation<'_>, words: &ErrorText) -> Code {
    let readable = is_empty(answer) || words.is_json;
    let used = operation.sends_code() && words.mentions_used_code();
    match (answer.status, operation) {
        (429, _) => Code::PlatformBusy,
        (413, _) => Code::PlatformLimit,
        // A proxy in front of the platform, or in its place, knows nothing of instances or secrets.
        (400..=499, _) if !readable => Code::PlatformBadResponse,
        (401, Operation::Ping) => Code::InstanceGone,
        (400 | 401 | 500.., _) if used && !words.mentions_workspace_secrets() => Code::AuthorizationExpired,
        // The platform often reports a refusal of the provider as a failure of its own, with the provider's message.
        (500.., _) if operation.has_form() && words.provider_message.is_some() => Code::PlatformRejected,
        (401, _)
            if operation.has_form()
                && words.provider_message.is_some()
                && !words.mentions_workspace_secrets() =>
        {
            Code::PlatformRejected
        }
        (401, _) => Code::WorkspaceSecrets,
        (403, Operation::Ping) => Code::ConnectionDisabled,
        (403, Operation::Instance | Operation::Change(_)) if words.contains("disabled") => {
            Code::ConnectionDisabled
        }
        (404, Operation::Ping | Operation::Instance | Operation::Change(_)) => Code::InstanceGone,
        (404, Operation::Element(_) | Operation::Oauth(_) | Operation::Creation(..)) => Code::ElementUnknown,
        // 408 is a failure inside the platform too: its own client timed out.
        (408 | 500.., _) => Code::PlatformFailed,
        _ => Code::PlatformRejected,
    }
}

/// A redirect is not followed: the secrets are for the host that the user named. The rest of it may repeat the query.
fn redirect(answer: &HttpResponse) -> Failure {
    let target = answer.header("location").and_then(|text| Url::parse(text).ok());
    let host = target.as_ref().and_then(Url::host_str).map(|host| plain_line(host, LONGEST_DESCRIPTION));
    bad_response(answer, host.map_or("redirected".to_owned(), |host| format!("redirected to {host}")))
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3).
fn retry_after(text: &str, now_s: u64) -> Option<u64> {
    let text = text.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(UNIX_EPOCH).ok()?.as_secs().saturating_sub(now_s)
        }
    };
    Some(seconds.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        // RFC 9110 §5.6.7 gives the example; 784111777 is its second.
        let now = 784_111_700;
        for (text, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(77)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 00:00:00 GMT", Some(LONGEST_WAIT)),
            ("99999999999", Some(LONGEST_WAIT)),
            ("soon", None),
            ("-3", None),
            ("Sun, 06 Nov 1994", None),
        ] {
            assert_eq!(retry_after(text, now), seconds, "{text}");
        }
    }
}
