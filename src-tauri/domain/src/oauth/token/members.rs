//! The members of a provider's answer, and the refusal that they contain.

use std::collections::BTreeMap;

use super::outcome::TokenRefusal;
use crate::http::HttpResponse;
use crate::oauth::json::{self, Json, UNREADABLE};
use crate::oauth::meaning::{Meaning, meaning, says_passing};
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

/// RFC 8628 §3.5.
const SLOW_DOWN: &str = "slow_down";

/// RFC 6749 §5.2.
const STANDARD_CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Shown as the description where a provider gives none.
const WEB_PAGE: &str = "a web page, no answer of a sign-in";

/// Values of an error member that say that there is none.
const NO_ERROR: [&str; 5] = ["false", "0", "none", "null", "ok"];

/// Where products put their error code, best first.
const CODE_MEMBERS: [&str; 10] = [
    "error",
    "oauth_problem",
    "error.type",
    "error.status",
    "error.errors.0.reason",
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
pub(in crate::oauth) struct Members(BTreeMap<String, Member>);

#[derive(Clone)]
enum Member {
    Once(Sensitive<String>),
    /// RFC 6749 §3.1 forbids repeated parameters: two readers could believe different ones.
    Ambiguous,
}

impl Members {
    /// Reads the body of a success. Any other answer becomes a refusal.
    pub(in crate::oauth) fn read(answer: &HttpResponse) -> Result<Self, TokenRefusal> {
        let members = Self::parse(answer.body.expose());
        let is_page = members.is_none() && is_page(answer);
        match (answer.status, members) {
            (200..=299, Some(members)) => Ok(members),
            (408 | 425 | 429 | 500.., _) => Err(temporary(answer)),
            // A network that wants its own sign-in first, or a firewall, answers in place of the provider.
            (200..=399 | 403, _) if is_page => Err(TokenRefusal::WebPage { status: answer.status }),
            (200..=299, None) => Err(TokenRefusal::BadAnswer("neither JSON nor a form")),
            (400..=499, members) => Err(members.unwrap_or_default().refuse(answer, is_page)),
            // A redirect could carry the client secret to an undeclared address.
            _ => Err(TokenRefusal::BadAnswer("neither a success nor an error")),
        }
    }

    /// The refusal of an answer whose status says that it is one.
    fn refuse(mut self, answer: &HttpResponse, is_page: bool) -> TokenRefusal {
        if self.own_code().is_none() {
            self.add_challenge(answer.header("www-authenticate").unwrap_or_default());
            if !is_page {
                self.add_xml(&String::from_utf8_lossy(answer.body.expose()));
            }
        }
        let refusal = self.refusal(answer);
        match refusal.unwrap_or_else(|| self.refused(format!("http_{}", answer.status), answer)) {
            TokenRefusal::Refused { error, description: None, status } if is_page => {
                TokenRefusal::Refused { error, description: Some(WEB_PAGE.to_owned()), status }
            }
            refusal => refusal,
        }
    }

    /// The parameters of a challenge (RFC 9110 §11.6.1, RFC 6750 §3). Those of OAuth 1.0a are percent-encoded.
    fn add_challenge(&mut self, challenge: &str) {
        for parameter in challenge.split(',') {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            // The first one follows the name of the scheme.
            let name = name.split_whitespace().last().unwrap_or_default().to_ascii_lowercase();
            let value = value.trim().trim_matches('"');
            if ["error", "error_description", "oauth_problem", "oauth_problem_advice"]
                .contains(&name.as_str())
            {
                self.insert(name, percent::decode(value).unwrap_or_else(|_| value.to_owned()));
            }
        }
    }

    /// The innermost elements of an XML answer, by their name.
    fn add_xml(&mut self, body: &str) {
        if !body.trim_start().starts_with('<') {
            return;
        }
        let pieces: Vec<&str> = body.split('<').collect();
        for pair in pieces.windows(2) {
            let Some((start, text)) = pair[0].split_once('>') else { continue };
            let name = start.split_whitespace().next().unwrap_or_default();
            if pair[1].strip_prefix('/').and_then(|end| end.split('>').next()) == Some(name) {
                self.insert(name.to_owned(), text.trim().to_owned());
            }
        }
    }

    /// `None` if the body is neither JSON nor a form.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut members = Self::default();
        match json::parse(body) {
            Some(value @ (Json::Object(_) | Json::List(_))) => members.add(String::new(), value),
            Some(_) => return None,
            None => {
                let body = String::from_utf8_lossy(body);
                let body = body.trim_start_matches('\u{FEFF}').trim();
                if body.starts_with(['{', '[', '<']) || !body.contains('=') {
                    return None;
                }
                for (name, value) in percent::parse_form_lossy(body) {
                    members.insert(name, value);
                }
            }
        }
        Some(members)
    }

    /// The same members with those that stand elsewhere under their standard names too. `at` and `names` are JSON pointers.
    /// An answer without a token below `at` has it at the root: some servers answer a renewal so.
    pub(super) fn moved(mut self, at: Option<&str>, names: &BTreeMap<String, String>) -> Self {
        let dotted = |pointer: &str| pointer.trim_start_matches('/').replace('/', ".");
        let root = at.map(dotted).filter(|root| !root.is_empty());
        if let Some(root) = &root {
            let below: Vec<_> = self
                .0
                .iter()
                .filter_map(|(name, member)| {
                    let short = name.strip_prefix(root.as_str())?.strip_prefix('.')?;
                    Some((short.to_owned(), member.clone()))
                })
                .collect();
            if below.iter().any(|(name, _)| name == "access_token") {
                // Those at the root belong to another token, such as that of a bot.
                for name in ["refresh_token", "expires_in", "scope"] {
                    self.0.remove(name);
                }
            }
            self.0.extend(below);
        }
        for (standard, pointer) in names {
            match self.0.get(&dotted(pointer)).cloned() {
                Some(member) => self.0.insert(standard.clone(), member),
                None => self.0.remove(standard),
            };
        }
        self
    }

    fn add(&mut self, name: String, value: Json) {
        let below =
            |member: &str| if name.is_empty() { member.to_owned() } else { format!("{name}.{member}") };
        match value {
            Json::Null => {}
            Json::Text(text) => self.insert(name, text),
            // Some products send the scope as a list.
            Json::List(list) if !name.is_empty() && list.iter().all(|item| item.as_text().is_some()) => {
                let words: Vec<&str> = list.iter().filter_map(Json::as_text).collect();
                self.insert(name, words.join(" "));
            }
            Json::List(list) => {
                for (index, item) in list.into_iter().enumerate() {
                    self.add(below(&index.to_string()), item);
                }
            }
            Json::Object(object) => {
                for (member, item) in object {
                    self.add(below(&member), item);
                }
            }
        }
    }

    /// A member that is repeated with the same value is not ambiguous.
    fn insert(&mut self, name: String, value: String) {
        use std::collections::btree_map::Entry;
        match self.0.entry(name) {
            Entry::Vacant(free) => {
                free.insert(Member::Once(value.into()));
            }
            Entry::Occupied(mut known) => {
                if !matches!(known.get(), Member::Once(before) if *before.expose() == value) {
                    known.insert(Member::Ambiguous);
                }
            }
        }
    }

    /// A member that is not empty. An ambiguous one counts as absent.
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
        self.decisive(name)?.ok_or_else(|| self.refusal(answer).unwrap_or(TokenRefusal::BadAnswer(missing)))
    }

    /// A member that must not be misread, if it is given.
    pub(in crate::oauth) fn decisive(&self, name: &str) -> Result<Option<&str>, TokenRefusal> {
        if matches!(self.0.get(name), Some(Member::Ambiguous)) {
            return Err(TokenRefusal::BadAnswer("a member stands twice"));
        }
        match self.get(name) {
            Some(value) if value.contains(UNREADABLE) => {
                Err(TokenRefusal::BadAnswer("a member that is needed cannot be read"))
            }
            value => Ok(value),
        }
    }

    /// A member, even if it is empty.
    pub(in crate::oauth) fn get_or_empty(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Member::Once(value) => Some(value.expose()),
            Member::Ambiguous => None,
        }
    }

    /// Whether anything is nested in this member.
    pub(in crate::oauth) fn has_below(&self, name: &str) -> bool {
        self.0.keys().any(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
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
        let known = own.and_then(meaning);
        let says_passing = || self.description().is_some_and(says_passing);
        // A device must answer `slow_down` itself (RFC 8628 §3.5).
        let is_passing = known == Some(Meaning::Passing) && own != Some(SLOW_DOWN);
        let code = self.code(own, answer);
        let is_standard = code.as_deref().is_some_and(|code| STANDARD_CODES.contains(&code));
        // RFC 8628 §3.5: the user has not answered yet, whatever the message advises.
        let is_pending = own.is_some_and(|code| code.eq_ignore_ascii_case("authorization_pending"));
        if is_passing || (known.is_none() && !is_standard && !is_pending && says_passing()) {
            return Some(temporary(answer));
        }
        Some(self.refused(code?, answer))
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
        let is_error = |code: &&str| {
            let code = plain_line(code, LONGEST_CODE);
            !code.is_empty() && !NO_ERROR.contains(&code.to_ascii_lowercase().as_str())
        };
        CODE_MEMBERS.iter().filter_map(|name| self.get(name)).find(is_error)
    }

    fn description(&self) -> Option<&str> {
        DESCRIPTION_MEMBERS.iter().filter_map(|name| self.get(name)).next()
    }

    pub(in crate::oauth) fn refused(&self, error: String, answer: &HttpResponse) -> TokenRefusal {
        let clean = |text: &str, longest| plain_line(&answer.sent.redact(text), longest);
        let description = self.description().map(|text| clean(text, LONGEST_DESCRIPTION));
        TokenRefusal::Refused {
            error: clean(&error, LONGEST_CODE),
            description: description.filter(|text| !text.is_empty()),
            status: answer.status,
        }
    }

    /// The one code of the RFC that occurs as a word in the answer or its challenge (RFC 6749 §5.2). Two codes are
    /// ambiguous, and a wrong `invalid_grant` would cost the user a sign-in.
    fn standard_code(&self, answer: &HttpResponse) -> Option<&'static str> {
        let texts = self.0.keys().filter_map(|name| self.get(name)).chain(answer.header("www-authenticate"));
        let words: Vec<String> = texts
            .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            .map(str::to_ascii_lowercase)
            .collect();
        let mut found = STANDARD_CODES.into_iter().filter(|code| words.iter().any(|word| word == code));
        found.next().filter(|_| found.next().is_none())
    }
}

/// Whether a body that is no data is a web page.
pub(super) fn is_page(answer: &HttpResponse) -> bool {
    let body = answer.body.expose();
    let start = String::from_utf8_lossy(&body[..body.len().min(1024)]).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{FEFF}').trim_start();
    let declared =
        answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    start.starts_with("<!doctype html") || start.contains("<html") || (declared && start.starts_with('<'))
}

fn temporary(answer: &HttpResponse) -> TokenRefusal {
    // RFC 9110 §10.2.3 also allows a date, which would need a clock; then the caller's own back-off applies.
    let retry_after = answer.header("retry-after").and_then(|value| value.trim().parse::<u64>().ok());
    TokenRefusal::Temporary {
        status: answer.status,
        retry_after: retry_after.map(|wait| wait.min(LONGEST_WAIT)),
    }
}
