//! What a platform means when it refuses.
//!
//! Its errors are a status and words: there are no codes. So the words decide where the status does not, and they are
//! shown only under "Details", cleaned, without the secrets that were sent.

use std::time::UNIX_EPOCH;

use serde_json::Value;
use url::Url;

use super::answer::{is_empty, json, text};
use crate::element::{Element, STANDARD_QUERY};
use crate::error::{Code, Failure, PlatformAnswer};
use crate::form::{FieldProblem, Problem};
use crate::http::HttpResponse;
use crate::text::{LONGEST_CODE, LONGEST_DESCRIPTION, plain_line};

/// Nobody is made to wait more than a day by one header.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// The shortest secret that is looked for in the platform's words; a shorter one would only spoil them.
const SHORTEST_SECRET: usize = 4;

/// Names of the query that are no keys of fields.
const QUERY_ONLY: [&str; 6] = ["apiKey", "apiSecret", "callbackUrl", "requestToken", "siteAddress", "state"];

/// What was asked for: the same status means different things.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// Something of the whole platform: the organization, a list.
    Platform,
    /// The element with this key.
    Element(&'a str),
    /// A sign-in is being prepared for the element with this key.
    Oauth(&'a str),
    /// An instance of the element with this key is to be made.
    Creation(&'a str, SignIn),
    /// An instance.
    Instance,
    /// An instance is to be changed.
    Change(SignIn),
    /// Whether an Element token works.
    Ping,
}

/// Whether a call hands over what a browser brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// It holds a code or a verifier, which works once and not for long.
    Fresh,
    /// It holds none.
    None,
}

impl Asked<'_> {
    fn hands_over(self) -> bool {
        matches!(self, Self::Creation(_, SignIn::Fresh) | Self::Change(SignIn::Fresh))
    }

    /// Whether the call carries values of a form.
    pub fn has_form(self) -> bool {
        matches!(self, Self::Oauth(_) | Self::Creation(..) | Self::Change(_))
    }
}

/// Reads a refusal. `secrets` are those of the request; `now_s` is needed for a date in `Retry-After`.
pub fn read(answer: &HttpResponse, asked: Asked<'_>, secrets: &[&str], now_s: u64) -> Failure {
    if (300..400).contains(&answer.status) {
        return redirect(answer);
    }
    let words = Words::of(answer);
    let said = PlatformAnswer {
        status: Some(answer.status),
        request_id: words.request_id.as_deref().map(|id| plain_line(id, LONGEST_CODE)),
        message: words.message.as_deref().and_then(|text| cleaned(text, secrets)),
        provider_message: words.provider_message.as_deref().and_then(|text| cleaned(text, secrets)),
        retry_after: answer.header("retry-after").and_then(|text| retry_after(text, now_s)),
    };
    let mut failure = Failure::new(code(answer, asked, &words));
    match (failure.code, asked) {
        (Code::ElementUnknown, Asked::Element(key) | Asked::Oauth(key) | Asked::Creation(key, _)) => {
            failure.name = Some(key.to_owned());
        }
        (Code::PlatformBadResponse, _) => failure.detail = Some("neither JSON nor empty".to_owned()),
        _ => {}
    }
    failure.platform = Some(Box::new(said));
    failure
}

/// An answer that says success and cannot be read.
pub fn unreadable(answer: &HttpResponse) -> Failure {
    let what = match json(answer) {
        Some(_) => "a necessary member is missing",
        None if is_empty(answer) => "the answer is empty",
        None => "the answer is not JSON",
    };
    let said = PlatformAnswer { status: Some(answer.status), ..PlatformAnswer::default() };
    let failure = Failure::new(Code::PlatformBadResponse).detail(what);
    Failure { platform: Some(Box::new(said)), ..failure }
}

fn code(answer: &HttpResponse, asked: Asked<'_>, words: &Words) -> Code {
    let readable = is_empty(answer) || words.is_json;
    let used = asked.hands_over() && words.speak_of_a_used_code();
    match (answer.status, asked) {
        (429, _) => Code::PlatformBusy,
        (413, _) => Code::PlatformLimit,
        // Something that stands before a platform, or in its place, knows nothing of instances or secrets.
        (400..=499, _) if !readable => Code::PlatformBadResponse,
        (401, Asked::Ping) => Code::InstanceGone,
        (400 | 401 | 500.., _) if used && !words.speak_of_secrets() => Code::AuthorizationExpired,
        // Many refusals of the provider end in a failure of the platform, with the provider's words beside its own.
        (500.., _) if asked.has_form() && words.provider_message.is_some() => Code::PlatformRejected,
        (401, _) if asked.has_form() && words.provider_message.is_some() && !words.speak_of_secrets() => {
            Code::PlatformRejected
        }
        (401, _) => Code::WorkspaceSecrets,
        (403, Asked::Ping) => Code::ConnectionDisabled,
        (403, Asked::Instance | Asked::Change(_)) if words.has("disabled") => Code::ConnectionDisabled,
        (404, Asked::Ping | Asked::Instance | Asked::Change(_)) => Code::InstanceGone,
        (404, Asked::Element(_) | Asked::Oauth(_) | Asked::Creation(..)) => Code::ElementUnknown,
        // 408: it stopped waiting for its own caller, which is a failure inside too.
        (408 | 500.., _) => Code::PlatformFailed,
        _ => Code::PlatformRejected,
    }
}

/// RFC 9110 §15.4. It is not followed: the secrets are for the host that the person named. Of the address only the
/// host is told, as the rest repeats the query.
fn redirect(answer: &HttpResponse) -> Failure {
    let target = answer.header("location").and_then(|text| Url::parse(text).ok());
    let host = target.as_ref().and_then(Url::host_str).map(|host| plain_line(host, LONGEST_DESCRIPTION));
    let detail = host.map_or("redirected".to_owned(), |host| format!("redirected to {host}"));
    let said = PlatformAnswer { status: Some(answer.status), ..PlatformAnswer::default() };
    let failure = Failure::new(Code::PlatformBadResponse).detail(detail);
    Failure { platform: Some(Box::new(said)), ..failure }
}

/// The words of an error, as they came. They may repeat secrets.
#[derive(Default)]
struct Words {
    is_json: bool,
    request_id: Option<String>,
    message: Option<String>,
    provider_message: Option<String>,
    /// All of them in lower case, to look into.
    lower: String,
}

impl Words {
    fn of(answer: &HttpResponse) -> Self {
        let value = json(answer);
        let is_json = value.is_some();
        let value = value.unwrap_or_default();
        let member = |names: &[&str]| {
            let found = names.iter().find_map(|name| value.pointer(name).and_then(text));
            found.filter(|text| !text.is_empty())
        };
        let id_header = || answer.header("elements-request-id").map(str::to_owned);
        let message =
            member(&["/message", "/error_description", "/error/message", "/error", "/errors/0/message"])
                .or_else(|| value.as_str().map(str::to_owned));
        let provider_message = member(&["/providerMessage", "/provider_message"]);
        let lower = [&message, &provider_message].into_iter().flatten().map(|t| t.to_lowercase()).collect();
        Self {
            is_json: is_json && !matches!(value, Value::Null),
            request_id: member(&["/requestId", "/request_id"]).or_else(id_header),
            message,
            provider_message,
            lower,
        }
    }

    fn has(&self, word: &str) -> bool {
        self.lower.contains(word)
    }

    /// Providers answer RFC 6749 §5.2 `invalid_grant` in their own words, which the platform passes on.
    fn speak_of_a_used_code(&self) -> bool {
        let plain = [
            "invalid_grant",
            "bad_verification_code",
            "already used",
            "already been used",
            "already redeemed",
            "already been redeemed",
            "invalid code",
            "invalid authorization code",
            "code is invalid",
            "code was not found",
        ];
        // Trials, licences and passwords expire too.
        let expired = self.has("expired")
            && ["code", "authorization", "grant", "verifier", "token"].iter().any(|word| self.has(word));
        expired || plain.iter().any(|word| self.has(word))
    }

    /// "Invalid Organization or User secret, or invalid Element token provided."
    fn speak_of_secrets(&self) -> bool {
        self.has("organization") && self.has("secret")
    }
}

/// The fields that a refusal with status 400 names, so that it can stand beside them. `None` if it names none: then it
/// is a refusal like any other.
pub fn fields(answer: &HttpResponse, names: &[(String, String)]) -> Option<Vec<FieldProblem>> {
    if answer.status != 400 {
        return None;
    }
    let words = Words::of(answer);
    let message = words.message.as_deref()?;
    let lacking = ["missing", "required", "must provide", "provided", "empty", "null", "blank"];
    let malformed = ["invalid", "not valid", "malformed", "not a valid"].iter().any(|word| words.has(word))
        && !lacking.iter().any(|word| words.has(word));
    let problem = if malformed { Problem::Malformed } else { Problem::Required };
    let mut found: Vec<FieldProblem> = Vec::new();
    for (name, key) in names {
        if stands_in(message, name) && !found.iter().any(|field| field.key == *key) {
            found.push(FieldProblem { key: key.clone(), problem });
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The names by which a refusal may speak of fields, each with the key of its field: the keys themselves, in the
/// element's order and then as `sent`, and the names that they have in the query.
pub fn names(element: Option<&Element>, sent: &[&str]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, key: &str| names.push((name.to_owned(), key.to_owned()));
    let fields = element.map(|element| element.fields.as_slice()).unwrap_or_default();
    for field in fields {
        add(&field.key, &field.key);
        let standard = STANDARD_QUERY.into_iter().filter(|(key, _)| *key == field.key);
        standard.for_each(|(key, name)| add(name, key));
        field.query.iter().for_each(|name| add(name, &field.key));
    }
    // What was sent under a name of the query alone is no key.
    let known = |key: &str| fields.iter().any(|field| field.key == key);
    for key in sent.iter().filter(|key| !known(key) && !QUERY_ONLY.contains(key)) {
        add(key, key);
    }
    if element.is_none() {
        STANDARD_QUERY.into_iter().for_each(|(key, name)| {
            add(key, key);
            add(name, key);
        });
    }
    names
}

/// Whether `name` stands in `text` as a whole word, perhaps at the end of a sentence.
fn stands_in(text: &str, name: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "._-".contains(c);
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + name.len()..].chars();
        let ends = match after.next() {
            None => true,
            Some('.') => after.next().is_none_or(|c| !inner(c)),
            Some(c) => !inner(c),
        };
        ends && !before.is_some_and(inner)
    })
}

/// One bounded line without the secrets that were sent, plain or as a query writes them.
fn cleaned(text: &str, secrets: &[&str]) -> Option<String> {
    let mut text = text.to_owned();
    let mut secrets: Vec<&str> = secrets.iter().copied().filter(|s| s.len() >= SHORTEST_SECRET).collect();
    // One may begin another, whose end would stay.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text.replace(secret, "…").replace(&encoded, "…");
    }
    let line = plain_line(&text, LONGEST_DESCRIPTION);
    (!line.is_empty()).then_some(line)
}

/// RFC 9110 §10.2.3: seconds, or a date.
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
    fn waiting_is_asked_for_in_seconds_or_until_a_date() {
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

    #[test]
    fn a_key_is_found_as_a_whole_word() {
        for text in
            ["Missing subdomain", "subdomain: missing", "(subdomain)", "Enter subdomain.", "'subdomain',"]
        {
            assert!(stands_in(text, "subdomain"), "{text}");
        }
        for text in ["zendesk.subdomain", "subdomains", "subdomain.id", "my_subdomain", ""] {
            assert!(!stands_in(text, "subdomain"), "{text}");
        }
    }

    #[test]
    fn a_sent_secret_never_comes_back_in_words() {
        let words = "apiSecret=a%2Fb%3D and a/b= and \u{202E}more";
        assert_eq!(cleaned(words, &["a/b="]).as_deref(), Some("apiSecret=… and … and more"));
        assert_eq!(cleaned("it was s3cr3t-more", &["s3cr3t", "s3cr3t-more"]).as_deref(), Some("it was …"));
    }
}
