//! The provider's answer through the browser: parses it, binds it to its attempt, and determines the outcome.

mod pasted;

use thiserror::Error;

use super::denial::is_denial;
use super::percent::{self, Malformed};
use crate::sensitive::Sensitive;
use crate::text::{LONGEST_CODE, LONGEST_DESCRIPTION, plain_line};

pub use pasted::{PasteProblem, pasted_query, split_addresses};

/// HTTP servers commonly limit a request line to 8 KiB. Pasted callbacks may be longer.
const LONGEST_QUERY: usize = 16 * 1024;

/// Providers send fewer than ten. The bound keeps the search for duplicates short.
const MOST_PARAMETERS: usize = 64;

/// Real codes (JWTs of enterprise providers) stay below 4 KiB.
const LONGEST_VALUE: usize = 8 * 1024;

/// Why a query is not a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallbackRefusal {
    #[error("the answer is too long")]
    TooLong,
    #[error("the answer has too many parameters")]
    TooManyParameters,
    /// RFC 6749 §3.1: parameters must not be repeated.
    #[error("the answer has a parameter twice")]
    Duplicate,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// What to expect of `iss` in the answer (RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The issuer is not known, so `iss` cannot be checked and is ignored (RFC 6749 §4.1.2).
    Unknown,
    /// The issuer is known, but did not announce `iss`: it may be absent, and must match if present. RFC 9207 §2.4
    /// leaves unannounced `iss` to local policy, because some honest servers send it.
    Known(String),
    /// The provider announced `iss`: it must be present and match.
    Announced(String),
}

/// How the sign-in ended at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider sent a code or a verifier.
    Granted,
    /// The user declined.
    Denied,
    ProviderError {
        /// The provider's code on one line. Not trusted.
        error: String,
        /// The provider's message on one line of at most 300 characters. Not trusted, never markup.
        description: Option<String>,
    },
    /// Another authorization server answered (RFC 9207 §2.4).
    IssuerMismatch,
    /// The answer is unusable. The text contains no value of it.
    Malformed(&'static str),
}

/// The parameters of a callback, in order.
#[derive(Clone, Debug)]
pub struct Callback(Vec<(String, Sensitive<String>)>);

impl Callback {
    /// Parses the query of the callback address.
    pub fn parse(query: &str) -> Result<Self, CallbackRefusal> {
        if query.len() > LONGEST_QUERY {
            return Err(CallbackRefusal::TooLong);
        }
        if query.split('&').count() > MOST_PARAMETERS {
            return Err(CallbackRefusal::TooManyParameters);
        }
        let mut parameters: Vec<(String, Sensitive<String>)> = Vec::new();
        for (name, value) in percent::parse_form(query)? {
            if value.len() > LONGEST_VALUE {
                return Err(CallbackRefusal::TooLong);
            }
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(CallbackRefusal::Duplicate);
            }
            parameters.push((name, value.into()));
        }
        Ok(Self(parameters))
    }

    /// A parameter. An empty one counts as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&Sensitive<String>> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value).filter(|value| !value.expose().is_empty())
    }

    /// All parameters in order, for `providerData`: providers send more than the RFCs name.
    pub fn provider_data(&self) -> Vec<(String, Sensitive<String>)> {
        self.0.clone()
    }

    /// Whether the answer carries this `state` (RFC 6749 §10.12). Takes constant time.
    pub fn binds_oauth2(&self, state: &str) -> bool {
        self.get("state").is_some_and(|value| value.same_as(state))
    }

    /// Whether the answer names this request token, in `oauth_token` (RFC 5849 §2.2) or in `denied`, which providers
    /// like Twitter send instead. Takes constant time.
    pub fn binds_oauth1(&self, request_token: &str) -> bool {
        ["oauth_token", "denied"]
            .into_iter()
            .any(|name| self.get(name).is_some_and(|value| value.same_as(request_token)))
    }

    /// The outcome of an OAuth 2 sign-in (RFC 6749 §4.1.2).
    pub fn outcome_oauth2(&self, issuer: &Issuer) -> Outcome {
        // RFC 9207 §2.4: checked first, on error answers too, and compared as simple strings.
        let iss = self.get("iss").map(|iss| iss.expose().as_str());
        let fits = match issuer {
            Issuer::Unknown => true,
            Issuer::Known(expected) => iss.is_none_or(|iss| iss == expected),
            Issuer::Announced(expected) => iss == Some(expected),
        };
        if !fits {
            return Outcome::IssuerMismatch;
        }
        match (self.get("code"), self.get("error")) {
            (Some(_), None) => Outcome::Granted,
            (None, Some(error)) => self.error(error.expose(), "error_description"),
            (Some(_), Some(_)) => Outcome::Malformed("both a code and an error"),
            (None, None) => Outcome::Malformed("neither a code nor an error"),
        }
    }

    /// The outcome of an OAuth 1.0a sign-in (RFC 5849 §2.2), which has no error answer of its own: providers send
    /// `denied`, `error`, or `oauth_problem` of the problem reporting extension.
    pub fn outcome_oauth1(&self, request_token: &str) -> Outcome {
        let refused = if self.get("denied").is_some() {
            Some(Outcome::Denied)
        } else if let Some(error) = self.get("error") {
            Some(self.error(error.expose(), "error_description"))
        } else {
            self.get("oauth_problem").map(|problem| self.error(problem.expose(), "oauth_problem_advice"))
        };
        match (refused, self.get("oauth_verifier")) {
            (Some(_), Some(_)) => Outcome::Malformed("both a verifier and an error"),
            (Some(refused), None) => refused,
            (None, _) if !self.get("oauth_token").is_some_and(|token| token.same_as(request_token)) => {
                Outcome::Malformed("the request token is missing or another one")
            }
            (None, None) => Outcome::Malformed("the verifier is missing"),
            (None, Some(_)) => Outcome::Granted,
        }
    }

    fn error(&self, error: &str, description: &str) -> Outcome {
        if is_denial(error) {
            return Outcome::Denied;
        }
        let error = plain_line(error, LONGEST_CODE);
        if error.is_empty() {
            return Outcome::Malformed("an error without a code");
        }
        let description = self.get(description).map(|text| plain_line(text.expose(), LONGEST_DESCRIPTION));
        Outcome::ProviderError { error, description: description.filter(|text| !text.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(query: &str) -> Callback {
        Callback::parse(query).unwrap_or_else(|refusal| panic!("{query}: {refusal}"))
    }

    fn provider_error(error: &str, description: Option<&str>) -> Outcome {
        Outcome::ProviderError { error: error.into(), description: description.map(Into::into) }
    }

    #[test]
    fn every_parameter_is_passed_on_in_order() {
        let data: Vec<_> = callback("code=a%2Bb+c&realmId=12&empty=&state=s1")
            .provider_data()
            .into_iter()
            .map(|(name, value)| (name, value.expose().clone()))
            .collect();
        let expected = [("code", "a+b c"), ("realmId", "12"), ("empty", ""), ("state", "s1")];
        assert_eq!(data, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn values_of_a_callback_do_not_show_in_debug_output() {
        assert!(!format!("{:?}", callback("code=hunter2")).contains("hunter2"));
    }

    #[test]
    fn a_malformed_callback_is_refused() {
        let many = (0..65).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        for (query, refusal) in [
            ("code=a&code=a", CallbackRefusal::Duplicate),
            ("code=a&%63ode=b", CallbackRefusal::Duplicate),
            ("code=&code=b", CallbackRefusal::Duplicate),
            ("code=%G1", CallbackRefusal::Malformed(Malformed::Percent)),
            ("code=%E9", CallbackRefusal::Malformed(Malformed::Utf8)),
            (&many, CallbackRefusal::TooManyParameters),
            (&format!("code={}", "a".repeat(LONGEST_QUERY)), CallbackRefusal::TooLong),
            (&format!("code={}", "a".repeat(LONGEST_VALUE + 1)), CallbackRefusal::TooLong),
        ] {
            assert_eq!(Callback::parse(query).err(), Some(refusal), "{query:.40}");
        }
        assert!(Callback::parse(&format!("code={}", "a".repeat(LONGEST_VALUE))).is_ok());
    }

    #[test]
    fn an_answer_binds_to_its_own_attempt_only() {
        for (query, oauth2, oauth1) in [
            ("state=s1&code=a", true, false),
            ("state=s2&code=a", false, false),
            ("code=a", false, false),
            ("state=&code=a", false, false),
            ("oauth_token=s1&oauth_verifier=v", false, true),
            ("denied=s1", false, true),
            ("denied=s2", false, false),
            ("oauth_token=s2&denied=s1", false, true),
        ] {
            assert_eq!(callback(query).binds_oauth2("s1"), oauth2, "{query}");
            assert_eq!(callback(query).binds_oauth1("s1"), oauth1, "{query}");
        }
        assert!(!callback("state=").binds_oauth2(""), "an empty state binds nothing");
        assert!(!callback("code=a").binds_oauth1(""));
    }

    #[test]
    fn each_oauth_2_callback_has_its_outcome() {
        for (query, outcome) in [
            ("code=a", Outcome::Granted),
            ("code=a&iss=https://other.example", Outcome::Granted),
            ("code=a&error=", Outcome::Granted),
            ("error=access_denied&error_description=no", Outcome::Denied),
            ("error=user_cancelled_login", Outcome::Denied),
            ("error=authorization_declined", Outcome::Denied),
            ("error=invalid_scope", provider_error("invalid_scope", None)),
            (
                "error=server_error&error_description=%3Cb%3Ea%0D%0Ab%1B%5B1m",
                provider_error("server_error", Some("<b>a b[1m")),
            ),
            ("error=%E2%80%AE", Outcome::Malformed("an error without a code")),
            ("error=+%1B&error_description=no", Outcome::Malformed("an error without a code")),
            ("error=a&code=b", Outcome::Malformed("both a code and an error")),
            ("", Outcome::Malformed("neither a code nor an error")),
            ("code=&state=s1", Outcome::Malformed("neither a code nor an error")),
        ] {
            assert_eq!(callback(query).outcome_oauth2(&Issuer::Unknown), outcome, "{query}");
        }
    }

    #[test]
    fn an_announced_issuer_must_be_present_and_match() {
        let issuer = Issuer::Announced("https://acme.example".into());
        for (query, outcome) in [
            ("code=a&iss=https%3A%2F%2Facme.example", Outcome::Granted),
            ("error=access_denied&iss=https://acme.example", Outcome::Denied),
            ("code=a", Outcome::IssuerMismatch),
            ("code=a&iss=https://acme.example/", Outcome::IssuerMismatch),
            ("code=a&iss=https://ACME.example", Outcome::IssuerMismatch),
            ("error=access_denied", Outcome::IssuerMismatch),
            ("error=access_denied&iss=https://other.example", Outcome::IssuerMismatch),
        ] {
            assert_eq!(callback(query).outcome_oauth2(&issuer), outcome, "{query}");
        }
    }

    #[test]
    fn a_known_issuer_that_is_not_announced_is_compared_if_present() {
        let issuer = Issuer::Known("https://acme.example".into());
        for (query, outcome) in [
            ("code=a", Outcome::Granted),
            ("code=a&iss=", Outcome::Granted),
            ("code=a&iss=https://acme.example", Outcome::Granted),
            ("code=a&iss=https://acme.example/", Outcome::IssuerMismatch),
            ("code=a&iss=https://other.example", Outcome::IssuerMismatch),
            ("error=access_denied&iss=https://other.example", Outcome::IssuerMismatch),
            ("error=access_denied", Outcome::Denied),
        ] {
            assert_eq!(callback(query).outcome_oauth2(&issuer), outcome, "{query}");
        }
    }

    #[test]
    fn each_oauth_1_callback_has_its_outcome() {
        let another = Outcome::Malformed("the request token is missing or another one");
        for (query, outcome) in [
            ("oauth_token=t1&oauth_verifier=v", Outcome::Granted),
            ("oauth_token=t1&oauth_verifier=v&org=x&state=desk", Outcome::Granted),
            ("denied=t1", Outcome::Denied),
            ("oauth_token=t1&error=access_denied", Outcome::Denied),
            ("oauth_token=t1&oauth_problem=permission_denied", Outcome::Denied),
            (
                "oauth_token=t1&oauth_problem=token_expired&oauth_problem_advice=late",
                provider_error("token_expired", Some("late")),
            ),
            ("oauth_token=t1&oauth_problem=%E2%80%8B", Outcome::Malformed("an error without a code")),
            ("oauth_token=t1", Outcome::Malformed("the verifier is missing")),
            ("oauth_token=t1&oauth_verifier=", Outcome::Malformed("the verifier is missing")),
            ("oauth_token=t2&oauth_verifier=v", another.clone()),
            ("oauth_verifier=v", another),
            ("denied=t1&oauth_verifier=v", Outcome::Malformed("both a verifier and an error")),
        ] {
            assert_eq!(callback(query).outcome_oauth1("t1"), outcome, "{query}");
        }
    }
}
