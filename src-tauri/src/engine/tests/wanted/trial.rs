//! Connects a product in one way, asks who it is, renews and revokes, and compares each request with the facts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::facts::{RevocationCarries, Right, Way};
use super::stage::Stage;
use super::table::{self, Expected, FORM, JSON, Table};
use crate::domain::credential::Credential;
use crate::domain::element::{API_KEY, API_SECRET, CALLBACK_URL};
use crate::domain::error::Failure;
use crate::domain::oauth::token::TokenSet;
use crate::domain::view::{Revocation, Revoked};
use crate::platform::{Issued, Pairs, Provider};

/// RFC 5849 §2.1 and §2.3.
const TEMPORARY: &str = "oauth_token=temporary&oauth_token_secret=s&oauth_callback_confirmed=true";
const LASTING: &str = "oauth_token=access-1&oauth_token_secret=s";

pub(super) struct Trial<'a> {
    stage: &'a Stage,
    right: &'a Way,
    provider: Provider,
    /// The values of the holes of the facts.
    known: BTreeMap<&'static str, String>,
    step: &'static str,
    faults: Vec<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(stage: &'a Stage, right: &'a Way, provider: Provider) -> Self {
        let values = &provider.form().values;
        let value = |key: &str| values.reveal(key).map(|value| value.expose().clone()).unwrap_or_default();
        let mut known = BTreeMap::from([
            ("{client_id}", value(API_KEY)),
            ("{client_secret}", value(API_SECRET)),
            ("{redirect}", value(CALLBACK_URL)),
        ]);
        if let [(_, secret)] = values.secret_pairs()[..] {
            known.insert("{secret}", secret.expose().clone());
        }
        Self { stage, right, provider, known, step: "", faults: Vec::new() }
    }

    /// Returns what differs, each with its step.
    pub(super) async fn run(mut self) -> Vec<String> {
        if let Err(failure) = self.steps().await {
            self.fault(&format!("failed with {:?} {:?}", failure.code, failure.detail));
        }
        self.faults
    }

    async fn steps(&mut self) -> Result<(), Failure> {
        let Issued { credential, callback, .. } = self.sign_in().await?;
        self.provider = self.provider.clone().with_callback(&callback);
        if let Some(tokens) = credential.tokens() {
            self.known.insert("{token}", tokens.access_token.expose().clone());
            self.step = "token answer";
            let gives_refresh = text(&self.right.token_answer).contains("refresh-1");
            self.compare_tokens(tokens, "access-1", gives_refresh.then_some("refresh-1"));
        }
        self.identify(&credential).await?;
        if let Some(tokens) = credential.tokens() {
            self.renew(tokens).await?;
            self.revoke(tokens).await;
        }
        Ok(())
    }

    /// Goes through the browser, or with what the form holds.
    async fn sign_in(&mut self) -> Result<Issued, Failure> {
        self.step = "authorization";
        match self.right.kind.as_str() {
            "oauth2" => self.sign_in_by_code().await,
            "oauth1" => self.sign_in_by_signature().await,
            "client_credentials" => {
                self.step = "token request";
                self.stage.set(text(&self.right.token_answer));
                let issued = self.provider.exchange(&Pairs::new(), None).await?;
                self.compare_with_client(self.token_request("client_credentials"));
                Ok(issued)
            }
            _ => {
                self.step = "key";
                let answer = self.right.identity.as_ref().map(|identity| identity.answer.clone());
                self.stage.set(text(&answer));
                self.provider.exchange(&Pairs::new(), None).await
            }
        }
    }

    async fn sign_in_by_code(&mut self) -> Result<Issued, Failure> {
        let opened = self.provider.authorization_url("the-state", None, None)?;
        if let Some(verifier) = &opened.verifier {
            self.known.insert("{challenge}", verifier.challenge());
            self.known.insert("{verifier}", verifier.secret().expose().clone());
        }
        self.compare_authorization(table::of_address(&opened.oauth_url));
        self.step = "token request";
        let mut back = pairs(&[("code", "the-code")]);
        back.extend(self.right.callback.iter().map(|name| (name.clone(), "4620816365".into())));
        self.stage.set(text(&self.right.token_answer));
        let issued = self.provider.exchange(&back, opened.verifier.as_ref()).await?;
        let mut expected = self.token_request("authorization_code");
        expected.set("body code", "the-code");
        expected.set("body redirect_uri", "{redirect}");
        if opened.verifier.is_some() {
            expected.set("body code_verifier", "{verifier}");
        }
        self.compare_with_client(expected);
        Ok(issued)
    }

    fn compare_authorization(&mut self, mut sent: Table) {
        let right = self.right;
        let mut expected = Expected::default();
        expected.set("address", right.authorization_endpoint.as_str());
        expected.extend("query", &right.authorize_parameters);
        expected.set("query response_type", "code");
        expected.set("query client_id", "{client_id}");
        expected.set("query redirect_uri", "{redirect}");
        expected.set("query state", "the-state");
        if right.redirect.as_ref().is_some_and(|right| !self.known["{redirect}"].starts_with(right)) {
            self.fault(&format!("query redirect_uri is {:?}", self.known["{redirect}"]));
        }
        let method = sent.get("query code_challenge_method").map_or("off", String::as_str);
        if right.pkce.as_ref().is_some_and(|right| !right.allows(method)) {
            self.fault(&format!("PKCE is {method}"));
        }
        if method != "off" {
            expected.set("query code_challenge_method", method);
            let challenge = if method == "plain" { "{verifier}" } else { "{challenge}" };
            expected.set("query code_challenge", challenge);
        }
        let scope = sent.remove(&format!("query {}", right.scope_parameter.as_deref().unwrap_or("scope")));
        let scopes = self.compare_scopes(scope.as_deref());
        let asks = |word: &str| scopes.iter().any(|scope| scope == word);
        // OpenID Connect Core 1.0 §3.1.2.1 and §11.
        if asks("openid") {
            sent.remove("query nonce");
        }
        if asks("openid") && asks("offline_access") && !right.authorize_parameters.contains_key("prompt") {
            expected.set("query prompt", "consent");
        }
        self.note(&expected, &sent);
    }

    /// Returns the scopes that are asked for.
    fn compare_scopes(&mut self, sent: Option<&str>) -> Vec<String> {
        let separator = self.right.scope_separator.as_deref().unwrap_or(" ");
        let pieces = sent.into_iter().flat_map(|sent| sent.split(separator));
        let mut sent: Vec<_> = pieces.map(str::to_owned).collect();
        sent.sort();
        if sent.iter().any(|scope| scope.is_empty() || scope.contains([' ', ',', ';', '+'])) {
            self.fault(&format!("the scopes {sent:?} are not separated by {separator:?}"));
        }
        let mut right = self.right.scopes.clone().unwrap_or_else(|| sent.clone());
        right.sort();
        if sent != right {
            self.fault(&format!("the scopes are {sent:?} in place of {right:?}"));
        }
        sent
    }

    async fn sign_in_by_signature(&mut self) -> Result<Issued, Failure> {
        let right = self.right;
        self.step = "request token";
        self.stage.set(TEMPORARY);
        let temporary = self.provider.request_token("the-state").await?;
        let mut expected = self.signed("POST", &right.request_token_endpoint.as_str().into());
        expected.set("signed oauth_callback", "{redirect}?state=the-state");
        self.compare(&expected);
        self.step = "authorization";
        let opened = self.provider.authorization_url("the-state", Some(&temporary.token), None)?;
        let mut expected = Expected::default();
        expected.set("address", right.authorization_endpoint.as_str());
        expected.extend("query", &right.authorize_parameters);
        expected.set("query oauth_token", "temporary");
        self.note(&expected, &table::of_address(&opened.oauth_url));
        self.step = "token request";
        self.stage.set(LASTING);
        let back = pairs(&[("oauth_token", "temporary"), ("secret", "s"), ("oauth_verifier", "v")]);
        let issued = self.provider.exchange(&back, None).await?;
        let mut expected = self.signed("POST", &right.token_endpoint.as_str().into());
        expected.set("signed oauth_token", "temporary");
        expected.set("signed oauth_verifier", "v");
        self.compare(&expected);
        Ok(issued)
    }

    async fn identify(&mut self, credential: &Credential) -> Result<(), Failure> {
        self.step = "identity";
        let Some(right) = &self.right.identity else { return Ok(()) };
        self.stage.set(&right.answer);
        let account = self.provider.examine(credential).await?.account;
        let mut expected = if self.right.kind == "oauth1" {
            let mut expected = self.signed(&right.method, &right.url);
            expected.set("signed oauth_token", "access-1");
            expected
        } else {
            self.carried(Expected::request(&right.method, &right.url))
        };
        expected.set("header accept", JSON);
        if !right.body.is_empty() {
            expected.set("header content-type", JSON);
        }
        expected.extend("body", &right.body);
        self.compare(&expected);
        let has = |text: &str| right.answer.to_string().contains(&format!("\"{text}\""));
        let read = account.as_ref().map(|account| (account.name.as_str(), account.key.as_deref()));
        if has("Maria") && read != Some(("Maria", has("7").then_some("7"))) {
            self.fault(&format!("{} is read as {account:?}", right.answer));
        }
        self.step = "API";
        if let Some(right) = &self.right.api {
            let base = self.provider.api_base(credential).await?;
            let mut expected = Expected::default();
            expected.set("address", right.clone());
            // A lone slash is no path.
            let base = base.as_str().trim_end_matches('/').to_owned();
            self.note(&expected, &Table::from([("address".to_owned(), base)]));
        }
        Ok(())
    }

    async fn renew(&mut self, tokens: &TokenSet) -> Result<(), Failure> {
        self.step = "renewal";
        let Some(answer) = &self.right.renewed_answer else { return Ok(()) };
        self.stage.set(answer);
        let renewed = self.provider.renew(tokens).await?;
        let mut expected = self.token_request("refresh_token");
        if let Some(address) = &self.right.refresh_endpoint {
            expected.set("address", address.as_str());
        }
        expected.set("body refresh_token", "refresh-1");
        self.compare_with_client(expected);
        let kept = if answer.to_string().contains("refresh-2") { "refresh-2" } else { "refresh-1" };
        self.compare_tokens(&renewed, "access-2", Some(kept));
        Ok(())
    }

    /// Compares what was read from an answer.
    fn compare_tokens(&mut self, read: &TokenSet, access: &str, refresh: Option<&str>) {
        let [read_access, read_refresh] = [Some(&read.access_token), read.refresh_token.as_ref()]
            .map(|token| token.map(|token| token.expose().as_str()));
        if (read_access, read_refresh) != (Some(access), refresh) {
            self.fault(&format!("{read_access:?} and {read_refresh:?} are read"));
        }
        if self.right.life.is_some_and(|life| read.expires_in != Some(life)) {
            self.fault(&format!("the life is read as {:?}", read.expires_in));
        }
    }

    async fn revoke(&mut self, tokens: &TokenSet) {
        self.step = "revocation";
        let ends = self.provider.revocation() == Revocation::Ends;
        let right = match (&self.right.revocation, ends) {
            (Some(right), true) => right,
            (None, false) => return,
            (Some(_), false) => return self.fault("is missing"),
            (None, true) => return self.fault("is not known"),
        };
        self.stage.set(json!({}));
        if self.provider.revoke(tokens).await != Revoked::Yes {
            self.fault("failed");
        }
        let mut expected = Expected::request(&right.method, &right.url.as_str().into());
        match right.carries {
            RevocationCarries::Token => {
                let refresh = tokens.refresh_token.is_some();
                let hint = if refresh { "refresh_token" } else { "access_token" };
                expected.set("header accept", one_or_none(JSON));
                expected.set("header content-type", self.body_type());
                expected.set("body token", if refresh { "refresh-1" } else { "access-1" });
                expected.set("body token_type_hint", one_or_none(hint));
                self.compare_with_client(expected);
            }
            RevocationCarries::Bearer => self.compare(&self.carried(expected)),
            RevocationCarries::Client => {
                expected.set("header content-type", JSON);
                expected.set("basic user", "{client_id}");
                expected.set("basic password", "{client_secret}");
                expected.set("body access_token", "{token}");
                self.compare(&expected);
            }
        }
    }

    fn body_type(&self) -> &'static str {
        if self.right.body_format.as_deref() == Some("json") { JSON } else { FORM }
    }

    fn token_request(&self, grant_type: &str) -> Expected {
        let mut expected = Expected::request("POST", &self.right.token_endpoint.as_str().into());
        expected.extend("body", &self.right.token_parameters);
        expected.set("header accept", JSON);
        expected.set("header content-type", self.body_type());
        expected.set("body grant_type", grant_type);
        expected
    }

    fn signed(&self, method: &str, address: &Right) -> Expected {
        let mut expected = Expected::request(method, address);
        expected.set("signed oauth_consumer_key", "{client_id}");
        expected.set("signed oauth_signature_method", self.right.signature_method.as_str());
        expected.set("signed oauth_version", one_or_none("1.0"));
        for fresh in table::FRESH {
            expected.set(&format!("signed {fresh}"), "");
        }
        expected
    }

    /// Adds the credential and what else each call carries. Of several places for it the one that was chosen counts.
    fn carried(&self, mut expected: Expected) -> Expected {
        let right = self.right;
        expected.extend("header", &right.headers);
        if let (Some(user), Some(password)) = (&right.username, &right.password) {
            expected.set("basic user", user.as_str());
            expected.set("basic password", password.as_str());
        }
        let places = right.carries.iter().flat_map(Right::texts).flatten();
        let places: Vec<(String, &str)> = places.map(place).collect();
        let sent = self.stage.request().unwrap_or_default();
        let chosen = places.iter().find(|(name, _)| sent.contains_key(name)).or(places.first());
        if let Some((name, value)) = chosen {
            expected.set(name, *value);
        }
        expected
    }

    /// Compares the one request of a step in which the client authenticates.
    fn compare_with_client(&mut self, mut expected: Expected) {
        let sent = self.stage.request().unwrap_or_default();
        let by_basic = sent.contains_key("basic user");
        let in_body = sent.contains_key("body client_secret");
        let way = match (by_basic, in_body) {
            (true, _) => "basic",
            (false, true) => "body",
            (false, false) => "none",
        };
        if self.right.client_authentication.as_ref().is_none_or(|right| !right.allows(way)) {
            self.fault(&format!("the client authenticates by {way}"));
        }
        if by_basic {
            expected.set("basic user", "{client_id}");
            expected.set("basic password", "{client_secret}");
        } else {
            expected.set("body client_id", "{client_id}");
        }
        if in_body {
            expected.set("body client_secret", "{client_secret}");
        }
        self.compare(&expected);
    }

    /// Compares the one request of a step.
    fn compare(&mut self, expected: &Expected) {
        match self.stage.request() {
            Some(sent) => self.note(expected, &sent),
            None => self.fault("is not one request"),
        }
    }

    fn note(&mut self, expected: &Expected, sent: &Table) {
        for difference in expected.differences(sent, &self.known) {
            self.fault(&difference);
        }
    }

    fn fault(&mut self, what: &str) {
        self.faults.push(format!("{}: {what}", self.step));
    }
}

/// A place of the credential as the name of a part of a request, with what it holds.
fn place(place: &str) -> (String, &str) {
    match (place.strip_prefix('?'), place.split_once(": ")) {
        (None, Some((name, value))) => (format!("header {}", name.to_lowercase()), value),
        (name, _) => (format!("query {}", name.unwrap_or(place)), "{secret}"),
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

fn text(answer: &Option<Value>) -> String {
    answer.as_ref().map(Value::to_string).unwrap_or_default()
}

fn one_or_none(text: &str) -> Right {
    Right::OneOf(vec![Some(text.to_owned()), None])
}
