//! The members of a provider's answer, and the refusal that they contain.

use std::collections::BTreeMap;

use serde_json::Value;

use super::outcome::TokenRefusal;
use crate::http::HttpResponse;
use crate::oauth::json::{self, NotJson};
use crate::oauth::percent;
use crate::sensitive::Sensitive;
use crate::text::{LONGEST_CODE, LONGEST_DESCRIPTION, plain_line};

/// In seconds. A lifetime beyond ten years means "does not expire"; the cap keeps sums far from overflow.
pub(super) const LONGEST_LIFE: u64 = 10 * 365 * 24 * 60 * 60;

/// In seconds. Caps `Retry-After`.
pub(super) const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// Credentials never leave their redacted fields.
const NEVER_EXTRA: [&str; 6] =
    ["access_token", "refresh_token", "id_token", "client_secret", "oauth_token", "oauth_token_secret"];

/// RFC 6749 §5.2.
const STANDARD_CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// RFC 6749 §4.1.2.1 has these for the browser; some products use them here, with any status.
const TEMPORARY_CODES: [&str; 2] = ["temporarily_unavailable", "server_error"];

/// Where products put their error code, best first.
const CODE_MEMBERS: [&str; 9] = [
    "error",
    "oauth_problem",
    "error.type",
    "error.status",
    "error.code",
    "errorCode",
    "error_code",
    "errors.0.code",
    "0.errorCode",
];

/// Where products put their error message.
const DESCRIPTION_MEMBERS: [&str; 9] = [
    "error_description",
    "oauth_problem_advice",
    "message",
    "error.message",
    "error_message",
    "errors.0.message",
    "0.message",
    "detail",
    "description",
];

/// The members of a JSON or form answer as text. Nested members have dotted names.
#[derive(Default)]
pub(in crate::oauth) struct Members(BTreeMap<String, Sensitive<String>>);

impl Members {
    /// Reads the body of a success. Any other answer becomes a refusal.
    pub(in crate::oauth) fn read(answer: &HttpResponse) -> Result<Self, TokenRefusal> {
        let body = std::str::from_utf8(answer.body.expose()).ok();
        let members = body.ok_or("not text").and_then(Self::parse);
        match (answer.status, members) {
            (200..=299, Ok(members)) => Ok(members),
            (200..=299, Err(what)) => Err(TokenRefusal::BadAnswer(what)),
            (408 | 425 | 429 | 500.., _) => Err(temporary(answer)),
            (400..=499, members) => {
                let members = members.unwrap_or_default();
                Err(members
                    .refusal(answer)
                    .unwrap_or_else(|| members.refused(format!("http_{}", answer.status), answer)))
            }
            // A redirect could carry the client secret to an undeclared address.
            _ => Err(TokenRefusal::BadAnswer("neither a success nor an error")),
        }
    }

    /// The error is a phrase without any value of the answer.
    pub(super) fn parse(body: &str) -> Result<Self, &'static str> {
        const NEITHER: &str = "neither JSON nor a form";
        // RFC 6749 §3.1 forbids repeated parameters: two readers could believe different ones.
        const TWICE: &str = "a member stands twice";
        let body = body.trim_start_matches('\u{FEFF}').trim();
        let mut members = Self::default();
        match json::parse(body.as_bytes()) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => members.add(String::new(), value),
            Ok(_) => return Err(NEITHER),
            Err(NotJson::Duplicate) => return Err(TWICE),
            Err(NotJson::Malformed) if body.starts_with(['{', '[', '<']) || !body.contains('=') => {
                return Err(NEITHER);
            }
            Err(NotJson::Malformed) => {
                for (name, value) in percent::parse_form(body).map_err(|_| NEITHER)? {
                    if members.0.insert(name, value.into()).is_some() {
                        return Err(TWICE);
                    }
                }
            }
        }
        Ok(members)
    }

    fn add(&mut self, name: String, value: Value) {
        let below =
            |member: &str| if name.is_empty() { member.to_owned() } else { format!("{name}.{member}") };
        match value {
            Value::Null => {}
            Value::String(text) => {
                self.0.insert(name, text.into());
            }
            Value::Bool(_) | Value::Number(_) => {
                self.0.insert(name, value.to_string().into());
            }
            // Some products send the scope as a list.
            Value::Array(list) if !name.is_empty() && list.iter().all(Value::is_string) => {
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                self.0.insert(name, words.join(" ").into());
            }
            Value::Array(list) => {
                for (index, item) in list.into_iter().enumerate() {
                    self.add(below(&index.to_string()), item);
                }
            }
            Value::Object(object) => {
                for (member, item) in object {
                    self.add(below(&member), item);
                }
            }
        }
    }

    /// A member that is not empty.
    pub(in crate::oauth) fn get(&self, name: &str) -> Option<&str> {
        self.get_or_empty(name).filter(|value| !value.is_empty())
    }

    /// A member that a success has. Without it the answer is a refusal, or breaks the protocol as `missing` says.
    pub(in crate::oauth) fn require(
        &self,
        name: &str,
        answer: &HttpResponse,
        missing: &'static str,
    ) -> Result<&str, TokenRefusal> {
        self.get(name).ok_or_else(|| self.refusal(answer).unwrap_or(TokenRefusal::BadAnswer(missing)))
    }

    /// A member, even if it is empty.
    pub(in crate::oauth) fn get_or_empty(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.expose().as_str())
    }

    /// A number of seconds, as a number or as text. Anything else counts as absent.
    pub(in crate::oauth) fn seconds(&self, name: &str) -> Option<u64> {
        let seconds: f64 = self.get(name)?.trim().parse().ok()?;
        // The conversion saturates: a negative lifetime becomes 0.
        seconds.is_finite().then_some((seconds as u64).min(LONGEST_LIFE))
    }

    /// The members with these names, except credentials.
    pub(in crate::oauth) fn named(&self, names: &[String]) -> BTreeMap<String, String> {
        names
            .iter()
            .filter(|name| !NEVER_EXTRA.contains(&name.rsplit('.').next().unwrap_or_default()))
            .filter_map(|name| Some((name.clone(), self.get(name)?.to_owned())))
            .collect()
    }

    /// The refusal in the answer, whatever its status.
    pub(in crate::oauth) fn refusal(&self, answer: &HttpResponse) -> Option<TokenRefusal> {
        let own = self.own_code();
        // A 200 answer is searched only if it has an error member: any text may contain the words of the RFC.
        if own.is_none() && answer.status < 400 {
            return None;
        }
        if own.is_some_and(|code| TEMPORARY_CODES.contains(&code)) {
            return Some(temporary(answer));
        }
        Some(self.refused(self.code(own, answer)?, answer))
    }

    /// The code of the RFC, wherever the product put it, else the product's own.
    pub(super) fn code(&self, own: Option<&str>, answer: &HttpResponse) -> Option<String> {
        match own {
            Some(code) if STANDARD_CODES.contains(&code.to_ascii_lowercase().as_str()) => {
                Some(code.to_ascii_lowercase())
            }
            // A code with an underscore is the product's own, and more precise than a search.
            Some(code) if code.contains('_') && !code.contains(char::is_whitespace) => Some(code.to_owned()),
            _ => self.standard_code(answer).or(own).map(str::to_owned),
        }
    }

    pub(super) fn own_code(&self) -> Option<&str> {
        let is_code = |code: &&str| *code != "false" && !plain_line(code, LONGEST_CODE).is_empty();
        CODE_MEMBERS.iter().filter_map(|name| self.get(name)).find(is_code)
    }

    fn refused(&self, error: String, answer: &HttpResponse) -> TokenRefusal {
        let description = DESCRIPTION_MEMBERS.iter().filter_map(|name| self.get(name)).next();
        let description = description.map(|text| plain_line(text, LONGEST_DESCRIPTION));
        TokenRefusal::Refused {
            error: plain_line(&error, LONGEST_CODE),
            description: description.filter(|text| !text.is_empty()),
            status: answer.status,
        }
    }

    /// The one code of the RFC that occurs as a word in the answer or its challenge (RFC 6749 §5.2). Two codes are
    /// ambiguous, and a wrong `invalid_grant` would cost the user a sign-in.
    fn standard_code(&self, answer: &HttpResponse) -> Option<&'static str> {
        let texts =
            self.0.values().map(|value| value.expose().as_str()).chain(answer.header("www-authenticate"));
        let words: Vec<String> = texts
            .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            .map(str::to_ascii_lowercase)
            .collect();
        let mut found = STANDARD_CODES.into_iter().filter(|code| words.iter().any(|word| word == code));
        found.next().filter(|_| found.next().is_none())
    }
}

fn temporary(answer: &HttpResponse) -> TokenRefusal {
    // RFC 9110 §10.2.3 also allows a date, which would need a clock; then the caller's own back-off applies.
    let retry_after = answer.header("retry-after").and_then(|value| value.trim().parse::<u64>().ok());
    TokenRefusal::Temporary {
        status: answer.status,
        retry_after: retry_after.map(|wait| wait.min(LONGEST_WAIT)),
    }
}
