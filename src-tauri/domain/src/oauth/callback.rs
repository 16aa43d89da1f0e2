//! The provider's answer through the browser: parses it, binds it to its attempt, and determines the outcome.

mod pasted;

use super::denial::is_denial;
use super::json::UNREADABLE;
use super::percent::decode_lossy;
use crate::sensitive::Sensitive;
use crate::text::{LONGEST_CODE, LONGEST_DESCRIPTION, plain_line};

pub use pasted::{PasteProblem, pasted_query, split_addresses};

/// Providers send fewer than ten. Further ones are not passed on.
const MOST_PARAMETERS: usize = 64;

/// Real codes (JWTs of enterprise providers) stay below 4 KiB. Longer values are not passed on.
const LONGEST_VALUE: usize = 8 * 1024;

/// The parameters that bind an answer to a sign-in.
const BINDING: [&str; 3] = ["state", "oauth_token", "denied"];

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

/// A parameter as far as it could be decoded.
#[derive(Clone, Debug)]
struct Parameter {
    name: String,
    value: Sensitive<String>,
}

impl Parameter {
    fn is_readable(&self) -> bool {
        !self.name.contains(UNREADABLE) && !self.value.expose().contains(UNREADABLE)
    }

    fn is_too_long(&self) -> bool {
        self.value.expose().len() > LONGEST_VALUE
    }
}

/// The parameters of a callback, in order. Any query is one: whether it is usable shows in its outcome, so that an
/// ill-formed answer ends the sign-in to which it belongs.
#[derive(Clone, Debug)]
pub struct Callback(Vec<Parameter>);

impl Callback {
    /// Reads the query of the callback address, or what a browser would send as its fragment.
    pub fn parse(query: &[u8]) -> Self {
        let plain = Self::split(query, b"&#");
        if plain.has_binding() {
            return plain;
        }
        // HTML 4 §B.2.2 recommends `;`, some servers write `&amp;`, or a second `?` after the address's own query.
        let further = Self::split(query, b"&#;?");
        // A code may hold either character where the server sends no `state`.
        if further.has_binding() { further } else { plain }
    }

    /// The same answer with the parameter that this provider calls `name` as its `code`.
    pub fn with_code_of(mut self, name: &str) -> Self {
        if self.get("code").is_none() {
            for parameter in self.0.iter_mut().filter(|parameter| parameter.name == name) {
                "code".clone_into(&mut parameter.name);
            }
        }
        self
    }

    fn has_binding(&self) -> bool {
        self.0.iter().any(|parameter| BINDING.contains(&parameter.name.as_str()))
    }

    fn split(query: &[u8], separators: &'static [u8]) -> Self {
        let at = |separators: &'static [u8]| move |byte: &u8| separators.contains(byte);
        let pairs = query.split(at(separators)).flat_map(|pair| {
            // Our `state` holds neither character.
            let further: &[u8] = if pair.starts_with(b"state=") { b";?" } else { b"" };
            pair.split(at(further))
        });
        let parameters = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end + 1..).unwrap_or_default();
            Parameter { name: decode_lossy(&pair[..end]), value: decode_lossy(value).into() }
        });
        Self(parameters.collect())
    }

    /// The values of a parameter. Empty ones count as absent (RFC 6749 §3.1).
    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Parameter> {
        self.0.iter().filter(move |known| known.name == name && !known.value.expose().is_empty())
    }

    /// A parameter; of several, the first.
    pub fn get(&self, name: &str) -> Option<&Sensitive<String>> {
        self.all(name).next().map(|parameter| &parameter.value)
    }

    /// Why a parameter that is needed cannot be used. RFC 6749 §3.1: parameters must not be repeated; a repetition of
    /// the same value leaves no doubt.
    pub fn problem(&self, name: &str) -> Option<&'static str> {
        let first = self.all(name).next()?;
        if self.all(name).any(|other| !other.value.same_as(first.value.expose())) {
            Some("a parameter twice, with different values")
        } else if !first.is_readable() {
            Some("a parameter that cannot be decoded")
        } else if first.is_too_long() {
            Some("a parameter that is too long")
        } else {
            None
        }
    }

    /// The usable parameters in order, each once, for `providerData`: providers send more than the RFCs name.
    pub fn provider_data(&self) -> Vec<(String, Sensitive<String>)> {
        let mut data: Vec<(String, Sensitive<String>)> = Vec::new();
        for Parameter { name, value } in self.0.iter().filter(|p| p.is_readable() && !p.is_too_long()) {
            match data.iter().position(|(known, _)| known == name) {
                Some(known) if data[known].1.expose().is_empty() => data[known].1 = value.clone(),
                Some(_) => {}
                None if data.len() < MOST_PARAMETERS => data.push((name.clone(), value.clone())),
                None => break,
            }
        }
        data
    }

    /// Whether the answer carries this `state` (RFC 6749 §10.12). Takes constant time for each value. One of several is
    /// enough: only who knows it can send it, and the outcome is then no grant.
    pub fn binds_oauth2(&self, state: &str) -> bool {
        self.all("state").fold(false, |bound, given| bound | given.value.same_as(state))
    }

    /// Whether the answer names this request token, in `oauth_token` (RFC 5849 §2.2) or in `denied`, which providers
    /// like Twitter send instead. Takes constant time for each value.
    pub fn binds_oauth1(&self, request_token: &str) -> bool {
        let named = self.all("oauth_token").chain(self.all("denied"));
        named.fold(false, |bound, given| bound | given.value.same_as(request_token))
    }

    /// Whether the answer says that there is no access. `not_approved` is Dropbox's for OAuth 1.0a.
    pub fn is_refusal(&self) -> bool {
        ["error", "oauth_problem", "denied", "not_approved"].into_iter().any(|name| self.get(name).is_some())
    }

    /// The outcome of an OAuth 2 sign-in (RFC 6749 §4.1.2).
    pub fn outcome_oauth2(&self, issuer: &Issuer) -> Outcome {
        if let Some(problem) = self.problem("state") {
            return Outcome::Malformed(problem);
        }
        // RFC 9207 §2.4: checked before the rest, on error answers too, and compared as simple strings.
        let all_are = |expected| self.all("iss").all(|iss| iss.value.expose() == expected);
        let fits = match issuer {
            Issuer::Unknown => true,
            Issuer::Known(expected) => all_are(expected),
            Issuer::Announced(expected) => self.get("iss").is_some() && all_are(expected),
        };
        if !fits {
            return Outcome::IssuerMismatch;
        }
        match (self.get("code"), self.get("error")) {
            (Some(_), None) => self.problem("code").map_or(Outcome::Granted, Outcome::Malformed),
            (None, Some(error)) => self.error(error.expose(), "error_description"),
            (Some(_), Some(_)) => Outcome::Malformed("both a code and an error"),
            (None, None) => Outcome::Malformed("neither a code nor an error"),
        }
    }

    /// The outcome of an OAuth 1.0a sign-in (RFC 5849 §2.2), which has no error answer of its own: providers send
    /// `denied`, `not_approved`, `error`, or `oauth_problem` of the problem reporting extension.
    pub fn outcome_oauth1(&self, request_token: &str) -> Outcome {
        let refused = if self.get("denied").or(self.get("not_approved")).is_some() {
            Some(Outcome::Denied)
        } else if let Some(error) = self.get("error") {
            Some(self.error(error.expose(), "error_description"))
        } else {
            self.get("oauth_problem").map(|problem| self.error(problem.expose(), "oauth_problem_advice"))
        };
        let problem = self.problem("oauth_token").or(self.problem("oauth_verifier"));
        match (refused, self.get("oauth_verifier")) {
            (Some(_), Some(_)) => Outcome::Malformed("both a verifier and an error"),
            (Some(refused), None) => refused,
            (None, _) if !self.get("oauth_token").is_some_and(|token| token.same_as(request_token)) => {
                Outcome::Malformed("the request token is missing or another one")
            }
            (None, None) => Outcome::Malformed("the verifier is missing"),
            (None, Some(_)) => problem.map_or(Outcome::Granted, Outcome::Malformed),
        }
    }

    fn error(&self, error: &str, description: &str) -> Outcome {
        let error = plain_line(error, LONGEST_CODE);
        if is_denial(&error) {
            return Outcome::Denied;
        }
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
        Callback::parse(query.as_bytes())
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
    fn an_ill_formed_answer_with_our_state_is_bound_and_has_an_outcome() {
        let twice = Outcome::Malformed("a parameter twice, with different values");
        let undecodable = Outcome::Malformed("a parameter that cannot be decoded");
        let too_long = Outcome::Malformed("a parameter that is too long");
        let none = Outcome::Malformed("neither a code nor an error");
        let many = (0..5000).map(|n| format!("p{n}=1&")).collect::<String>();
        let long = "a".repeat(LONGEST_VALUE + 1);
        for (query, outcome) in [
            (b"error=access_denied&error_description=introducci%u00f3n&state=s1".to_vec(), Outcome::Denied),
            (b"error=access_denied&error_description=introducci%F3n&state=s1".to_vec(), Outcome::Denied),
            (b"error=access_denied&error_description=introducci\xf3n&state=s1".to_vec(), Outcome::Denied),
            (b"error=access_denied&error_description=a%00\x01\x7f b\"<>&state=s1".to_vec(), Outcome::Denied),
            (b"error=access_denied%0A&state=s1".to_vec(), Outcome::Denied),
            (b"state=s1;error=access_denied".to_vec(), Outcome::Denied),
            (b"code=c&state=s1;x=1".to_vec(), Outcome::Granted),
            (b"app=1?state=s1&code=c".to_vec(), Outcome::Granted),
            (b"error=access_denied;state=s1".to_vec(), Outcome::Denied),
            (b"error=access_denied&amp;state=s1".to_vec(), Outcome::Denied),
            (b"app=1?code=c&amp;state=s1".to_vec(), Outcome::Granted),
            (b"code=c&state=s1#_=_".to_vec(), Outcome::Granted),
            (b"code=c#x&state=s1".to_vec(), Outcome::Granted),
            (b"code=c&state=s1&unused=%zz&%zz=%FF".to_vec(), Outcome::Granted),
            (b"code=c&state=s1&code=c&unused=1&unused=2".to_vec(), Outcome::Granted),
            (b"code=c&state=s1&state=s1".to_vec(), Outcome::Granted),
            (b"code=&code=c&state=s1".to_vec(), Outcome::Granted),
            (b"code=c&state=s1&code=d".to_vec(), twice.clone()),
            (b"code=c&state=s1&%63ode=d".to_vec(), twice.clone()),
            (b"code=c&state=s1&state=forged".to_vec(), twice.clone()),
            (b"code=c&state=forged&state=s1".to_vec(), twice),
            (b"code=%zz&state=s1".to_vec(), undecodable.clone()),
            (b"code=%FF&state=s1".to_vec(), undecodable),
            (b"&&=&state=s1&&".to_vec(), none),
            (format!("code={long}&state=s1").into_bytes(), too_long),
            (format!("unused={long}&code=c&state=s1").into_bytes(), Outcome::Granted),
            (format!("{many}code=c&state=s1").into_bytes(), Outcome::Granted),
        ] {
            let (answer, shown) = (Callback::parse(&query), String::from_utf8_lossy(&query).into_owned());
            assert!(answer.binds_oauth2("s1"), "{shown:.80}");
            assert_eq!(answer.outcome_oauth2(&Issuer::Unknown), outcome, "{shown:.80}");
        }
    }

    #[test]
    fn a_code_is_whole_where_no_state_is_sent() {
        for query in ["code=ab;cd?e", "code=ab;cd?e&x=1"] {
            assert_eq!(callback(query).get("code").expect("a code").expose(), "ab;cd?e", "{query}");
        }
    }

    #[test]
    fn only_usable_parameters_are_passed_on() {
        let many = (0..100).map(|n| format!("&p{n}=1")).collect::<String>();
        let long = "a".repeat(LONGEST_VALUE + 1);
        let query = format!("x=&x=1&x=2&bad=%zz&long={long}&state=s1{many}");
        let data = callback(&query).provider_data();
        assert_eq!(data.len(), MOST_PARAMETERS);
        let first: Vec<_> =
            data[..3].iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
        assert_eq!(first, [("x", "1"), ("state", "s1"), ("p0", "1")]);
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
            ("state=s2&state=s1&code=a", true, false),
            ("oauth_token=s2&oauth_token=s1", false, true),
            ("xstate=s1&state[]=s1", false, false),
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
            ("code=a&iss=https://acme.example&iss=https://other.example", Outcome::IssuerMismatch),
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
            ("not_approved=true&state=s1", Outcome::Denied),
            (
                "oauth_token=t1&oauth_verifier=v&oauth_verifier=w",
                Outcome::Malformed("a parameter twice, with different values"),
            ),
            ("oauth_token=t1&oauth_verifier=%zz", Outcome::Malformed("a parameter that cannot be decoded")),
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
