//! What the words of a refusal mean, whichever server says them: one table for the endpoints that issue, renew, test and
//! end tokens.

use super::denial::is_denial;
use crate::error::Refused;

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The client's id or secret is wrong, or it may not do this.
    Client,
    /// The grant or the token has ended.
    SignInEnded,
    /// The user must act in a browser.
    InteractionRequired,
    /// The authorization code or device code has ended.
    CodeSpent,
    /// A limit was reached, or the server cannot answer now.
    Passing,
    /// The user declined.
    Declined,
}

/// Written as by [`letters`]: case, separators and the endings of class names do not count.
const WORDS: [(Meaning, &[&str]); 5] = [
    (
        Meaning::Client,
        &[
            // RFC 6749 §5.2.
            "invalidclient",
            "unauthorizedclient",
            // GitHub.
            "incorrectclientcredentials",
            // Slack.
            "badclientsecret",
            "invalidclientid",
            // Okta, Salesforce, and libraries of servers.
            "invalidclientsecret",
            "invalidclientcredentials",
            "clientnotfound",
        ],
    ),
    (
        Meaning::SignInEnded,
        &[
            // RFC 6749 §5.2, RFC 6750 §3.1.
            "invalidgrant",
            "invalidtoken",
            // GitHub.
            "badrefreshtoken",
            // Slack.
            "invalidrefreshtoken",
            "invalidauth",
            "notauthed",
            "tokenexpired",
            "tokenrevoked",
            "accountinactive",
            // RFC 8628 §3.5; AWS and Fitbit for other tokens.
            "expiredtoken",
            "refreshtokenexpired",
            "expiredrefreshtoken",
            "refreshtokeninvalid",
            "refreshtokennotfound",
            "refreshtokenrevoked",
            "refreshtokenreused",
            "revokedtoken",
            "revokedrefreshtoken",
            "invalidaccesstoken",
            "accesstokenexpired",
            // Salesforce, Keycloak, better-auth.
            "invalidsessionid",
            "invalidsession",
            "sessionexpired",
            "sessionnotfound",
            "sessionnotactive",
            "inactivesession",
            // Auth0, Spring Security, FusionAuth.
            "usernotfound",
            "userdisabled",
            "accountdisabled",
            // The OAuth 1.0 problem reporting extension.
            "tokenrejected",
        ],
    ),
    (
        Meaning::InteractionRequired,
        &[
            // OpenID Connect Core 1.0 §3.1.2.6; Entra answers renewals so.
            "interactionrequired",
            "loginrequired",
            "consentrequired",
            "accountselectionrequired",
            // RFC 9470 §3.
            "insufficientuserauthentication",
            // Google (`error_subtype`), Auth0.
            "invalidrapt",
            "raptrequired",
            "reauthrequired",
            "reauthenticationrequired",
            "mfarequired",
        ],
    ),
    (
        Meaning::CodeSpent,
        &[
            // GitHub.
            "badverificationcode",
            // Slack.
            "invalidcode",
            "codealreadyused",
            // Others, and the problem reporting extension.
            "invalidauthorizationcode",
            "codeexpired",
            "expiredcode",
            "tokenused",
            "verifierinvalid",
        ],
    ),
    (
        Meaning::Passing,
        &[
            // RFC 6749 §4.1.2.1, RFC 8628 §3.5.
            "server",
            "slowdown",
            // Google RPC codes.
            "unavailable",
            "resourceexhausted",
            "deadlineexceeded",
            "internal",
            "backend",
            // Salesforce, AWS, Slack, HTTP reason phrases.
            "requestlimitexceeded",
            "userrequestlimitexceeded",
            "quotaexceeded",
            "limitexceeded",
            "overquota",
            "internalserver",
            "internalfailure",
            "internalservice",
            "service",
            "fatal",
            "gatewaytimeout",
            "badgateway",
            "requesttimeout",
            "timeout",
            "overloaded",
            "overcapacity",
            "temporary",
            "maintenance",
            "systemunavailable",
        ],
    ),
];

/// Parts of words for limits and trouble that each server spells its own way.
const PASSING_PARTS: [&str; 9] = [
    "ratelimit",
    "rateexceeded",
    "toomanyrequests",
    "toomanyattempts",
    "throttl",
    "temporarilyunavailable",
    "temporarilydisabled",
    "serviceunavailable",
    "tryagainlater",
];

/// The meaning of a provider's error code; `None` for one that means something else.
pub fn meaning(code: &str) -> Option<Meaning> {
    if is_denial(code) {
        return Some(Meaning::Declined);
    }
    let word = letters(code);
    let short = ["exception", "error"].iter().find_map(|ending| word.strip_suffix(ending));
    let is = |known: &str| known == word || Some(known) == short;
    let row = WORDS.iter().find(|(_, words)| words.iter().any(|known| is(known)));
    row.map(|(meaning, _)| *meaning).or_else(|| {
        // In a message this may be advice about anything.
        let is_passing = word.contains("tryagain") || has_passing_part(&word);
        is_passing.then_some(Meaning::Passing)
    })
}

/// What a provider refused by this error code. `status` is that of a token endpoint, where 401 is about the client (RFC
/// 6749 §5.2).
pub fn refused_part(code: &str, status: Option<u16>) -> Option<Refused> {
    match meaning(code) {
        Some(Meaning::Client) => Some(Refused::Client),
        None if letters(code).contains("scope") => Some(Refused::Scope),
        _ => (status == Some(401)).then_some(Refused::Client),
    }
}

/// Whether a provider's message speaks of a limit or of passing trouble.
pub(super) fn says_passing(message: &str) -> bool {
    has_passing_part(&letters(message))
}

fn has_passing_part(letters: &str) -> bool {
    PASSING_PARTS.iter().any(|part| letters.contains(part))
}

/// The meaning of a refused renewal, whose message decides where the code is a broad one. Elsewhere a token in a message
/// is another one.
pub fn renewal_meaning(code: &str, description: Option<&str>) -> Option<Meaning> {
    /// What a grant is called, and what is wrong with it.
    const GRANTS: [&str; 3] = ["refreshtoken", "session", "thegrant"];
    const ENDED: [&str; 8] =
        ["expired", "revoked", "notfound", "doesnotexist", "nolonger", "invalid", "notactive", "inactive"];
    let is_broad = letters(code) == "invalidrequest" || code.starts_with("http_4");
    let words = description.filter(|_| is_broad).map(letters).unwrap_or_default().replace("granttype", "");
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match meaning(code) {
        // The user, or an administrator, withdrew the access.
        Some(Meaning::Declined | Meaning::CodeSpent | Meaning::InteractionRequired) => {
            Some(Meaning::SignInEnded)
        }
        None if says(&GRANTS) && says(&ENDED) => Some(Meaning::SignInEnded),
        known => known,
    }
}

/// The letters and digits of a word in lower case: servers write `invalid_grant`, `InvalidGrant` and `INVALID-GRANT`.
fn letters(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_one_meaning_in_every_spelling() {
        for (expected, words) in WORDS {
            for word in words {
                assert_eq!(meaning(word), Some(expected), "{word}");
                assert_eq!(meaning(&word.to_ascii_uppercase()), Some(expected), "{word}");
                assert_eq!(letters(word), *word);
            }
        }
        for (word, expected) in [
            ("interaction_required", Some(Meaning::InteractionRequired)),
            ("bad_refresh_token", Some(Meaning::SignInEnded)),
            ("InvalidGrantException", Some(Meaning::SignInEnded)),
            ("ExpiredTokenException", Some(Meaning::SignInEnded)),
            ("token-revoked", Some(Meaning::SignInEnded)),
            ("SlowDownException", Some(Meaning::Passing)),
            ("server_error", Some(Meaning::Passing)),
            ("INTERNAL_SERVER_ERROR", Some(Meaning::Passing)),
            ("backendError", Some(Meaning::Passing)),
            ("userRateLimitExceeded", Some(Meaning::Passing)),
            ("rate_limited", Some(Meaning::Passing)),
            ("rate-limit-exceeded", Some(Meaning::Passing)),
            ("too many requests", Some(Meaning::Passing)),
            ("ThrottlingException", Some(Meaning::Passing)),
            ("Service Unavailable", Some(Meaning::Passing)),
            ("temporarily_unavailable", Some(Meaning::Passing)),
            ("access_denied", Some(Meaning::Declined)),
            ("authorization_declined", Some(Meaning::Declined)),
            ("invalid_client", Some(Meaning::Client)),
            ("incorrect_client_credentials", Some(Meaning::Client)),
            ("bad_verification_code", Some(Meaning::CodeSpent)),
            ("invalid_scope", None),
            ("invalid_request", None),
            ("invalid_redirect_uri", None),
            ("unsupported_grant_type", None),
            ("http_404", None),
            ("", None),
        ] {
            assert_eq!(meaning(word), expected, "{word}");
        }
    }

    #[test]
    fn the_client_is_blamed_only_for_what_is_about_it() {
        for (code, status, part) in [
            ("invalid_client", Some(400), Some(Refused::Client)),
            ("unauthorized_client", None, Some(Refused::Client)),
            ("http_401", Some(401), Some(Refused::Client)),
            ("own_code", Some(401), Some(Refused::Client)),
            ("invalid_scope", Some(400), Some(Refused::Scope)),
            ("insufficient_scope", Some(401), Some(Refused::Scope)),
            ("invalid_scope", None, Some(Refused::Scope)),
            ("consent_required", None, None),
            ("unsupported_grant_type", Some(400), None),
            ("http_404", Some(404), None),
            ("http_405", Some(405), None),
            ("http_411", Some(411), None),
        ] {
            assert_eq!(refused_part(code, status), part, "{code} {status:?}");
        }
    }

    #[test]
    fn a_message_about_a_limit_is_recognized() {
        for message in ["Rate Limit Exceeded", "Too many requests.", "Please try again later", "rate-limited"]
        {
            assert!(says_passing(message), "{message}");
        }
        for message in ["The scope is not allowed", "Check the code and try again."] {
            assert!(!says_passing(message), "{message}");
        }
    }

    #[test]
    fn a_message_decides_about_a_renewal_where_the_code_is_broad() {
        for (code, description, expected) in [
            ("invalid_request", Some("session not found"), Some(Meaning::SignInEnded)),
            ("invalid_request", Some("The refresh token has expired."), Some(Meaning::SignInEnded)),
            ("http_400", Some("Refresh_token is invalid"), Some(Meaning::SignInEnded)),
            ("interaction_required", Some("AADSTS50079"), Some(Meaning::SignInEnded)),
            ("access_denied", None, Some(Meaning::SignInEnded)),
            ("invalid_request", Some("client_id is missing"), None),
            ("invalid_request", Some("The grant_type is invalid"), None),
            ("http_403", Some("Access not granted: invalid API key"), None),
            ("invalid_request", None, None),
            ("invalid_client", Some("refresh token invalid"), Some(Meaning::Client)),
            ("invalid_scope", Some("the grant is invalid"), None),
        ] {
            assert_eq!(renewal_meaning(code, description), expected, "{code} {description:?}");
        }
    }
}
