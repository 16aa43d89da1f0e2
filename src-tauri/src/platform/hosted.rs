//! The client of a platform over HTTPS, which signs in, keeps the provider's tokens and renews them.
//!
//! The requests and the meaning of answers are in `domain::hosted`. Here is the order of calls: sending and repeating
//! (`send`), lists of several pages (`pages`), and making an instance exactly once (`create`).

mod bounds;
mod create;
mod pages;
mod send;
#[cfg(test)]
mod tests;
pub mod wire;

use serde_json::Value;
use url::Url;

use super::{Instance, InstanceChange, NewInstance, OauthToken, OauthUrl, Pairs};
use crate::domain::element::{Element, Step};
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;
use crate::domain::hosted::call::{self, Caller, InstanceFilter};
use crate::domain::hosted::instance;
use crate::domain::hosted::refusal::{self, OneTimeCode, Operation};
use crate::domain::hosted::{answer, attempt_tag, element, is_header_safe, may_be_secret};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::sensitive::Sensitive;
use crate::io::clock;
use crate::io::http::Http;
use bounds::{LARGE_MAX, ONE_MAX, Pace, Unanswered};
use wire::{InstanceBody, OauthCall};

/// The secrets that identify the user and the user's organization to the platform.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub user: Sensitive<String>,
    pub organization: Sensitive<String>,
}

#[derive(Clone)]
pub struct Hosted {
    http: Http,
    base_url: Url,
    secrets: Secrets,
    pace: Pace,
}

impl Hosted {
    /// A client for the platform whose API begins at `base_url`.
    pub fn new(http: &Http, base_url: Url, secrets: Secrets) -> Self {
        Self { http: http.with_journal(), base_url, secrets, pace: Pace::default() }
    }

    /// A failure with the requests of this client.
    pub fn with_exchanges(&self, failure: Failure) -> Failure {
        Failure { exchanges: self.http.exchanges(), ..failure }
    }

    pub fn host(&self) -> &str {
        self.base_url.host_str().unwrap_or_default()
    }

    /// Checks that the platform accepts the secrets.
    ///
    /// Errors: [`Code::WorkspaceSecrets`] if it does not.
    pub async fn check(&self) -> Result<(), Failure> {
        let answer = self.ask(|| self.call().organization(), Operation::Platform, ONE_MAX).await?;
        // An HTML page with status 200 is not a platform.
        answer::json(&answer).map(drop).ok_or_else(|| self.unreadable(&answer))
    }

    /// `GET /elements/{path_key}/oauth/token`.
    pub async fn oauth_token(&self, call: &OauthCall) -> Result<OauthToken, Failure> {
        let answer = self.oauth(call, Step::Token).await?;
        let (token, secret) = answer::request_token(&answer).ok_or_else(|| self.unreadable(&answer))?;
        Ok(OauthToken { token, secret })
    }

    /// `GET /elements/{path_key}/oauth/url`.
    pub async fn oauth_url(&self, call: &OauthCall) -> Result<OauthUrl, Failure> {
        let answer = self.oauth(call, Step::Url).await?;
        let oauth_url = answer::oauth_url(&answer).ok_or_else(|| self.unreadable(&answer))?;
        Ok(OauthUrl { oauth_url, verifier: None })
    }

    async fn oauth(&self, call: &OauthCall, step: Step) -> Result<HttpResponse, Failure> {
        let key = self.known_key(&call.path_key)?;
        let secrets = secrets_of(&call.query);
        let request = || self.call().oauth(key, step, &call.query);
        let answer = self.repeat(request, ONE_MAX).await?;
        self.accepted(answer, Operation::Oauth(key), key, &call.query, &secrets).await
    }

    /// Finds the instance that carries the tag of this attempt.
    pub async fn find_attempt(&self, attempt: &str) -> Result<Option<Instance>, Failure> {
        let tag = attempt_tag(attempt);
        let found = self.listed(InstanceFilter::Tagged(&tag)).await?;
        // A platform without this filter returns all instances.
        Ok(found.into_iter().find(|instance| instance.tags.contains(&tag)))
    }

    /// Removes the tag of this attempt from an instance.
    pub async fn take_tag_off(&self, id: &str, attempt: &str) -> Result<(), Failure> {
        let mark = attempt_tag(attempt);
        let mut tags = self.instance(id).await?.tags;
        if !tags.contains(&mark) {
            return Ok(());
        }
        tags.retain(|tag| *tag != mark);
        let change = InstanceChange { tags: Some(tags), ..InstanceChange::default() };
        self.patch(id, &change).await.map(drop)
    }

    pub async fn instances(&self) -> Result<Vec<Instance>, Failure> {
        self.listed(InstanceFilter::All).await
    }

    /// The instances whose name contains this text, as far as the platform looks for it.
    pub async fn named(&self, text: &str) -> Result<Vec<Instance>, Failure> {
        self.listed(InstanceFilter::Named(text)).await
    }

    async fn listed(&self, which: InstanceFilter<'_>) -> Result<Vec<Instance>, Failure> {
        self.pages(|page| self.call().instances(which, page), instance::read, |instance| &instance.id).await
    }

    /// Errors: [`Code::InstanceGone`].
    pub async fn instance(&self, id: &str) -> Result<Instance, Failure> {
        let id = self.known_id(id)?;
        let answer = self.ask(|| self.call().instance(id), Operation::Instance, ONE_MAX).await?;
        self.described(&answer)
    }

    /// Errors: [`Code::InstanceGone`], [`Code::AuthorizationExpired`].
    pub async fn patch(&self, id: &str, change: &InstanceChange) -> Result<Instance, Failure> {
        self.patch_element("", id, change).await
    }

    /// As [`Hosted::patch`]; `element` is the one whose fields a refusal may name.
    async fn patch_element(
        &self,
        element: &str,
        id: &str,
        change: &InstanceChange,
    ) -> Result<Instance, Failure> {
        let id = self.known_id(id)?;
        let none = Vec::new();
        let configuration = change.configuration.as_ref().unwrap_or(&none);
        let provider_data = change.provider_data.as_ref().unwrap_or(&none);
        let body = call::Instance {
            element: None,
            name: change.name.as_deref(),
            tags: change.tags.as_deref(),
            provider_data: change.provider_data.as_deref(),
            configuration: change.configuration.as_deref(),
        };
        let request = || self.call().change(id, &body);
        // A callback works once; any other change may be repeated.
        let answer = match sign_in(provider_data) {
            OneTimeCode::Sent => self.unrepeated(request()).await,
            OneTimeCode::NotSent => self.repeat(request, ONE_MAX).await,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(lost) => return self.after_all(id, lost, |now| now.matches(&body)).await,
        };
        let secrets = secrets_of_body(configuration, provider_data);
        let asked = Operation::Change(sign_in(provider_data));
        let answer = self.accepted(answer, asked, element, configuration, &secrets).await?;
        // Some platforms answer a change without a body.
        if answer::is_empty(&answer) { self.instance(id).await } else { self.described(&answer) }
    }

    /// Signs in again to an instance. PUT would replace what this form does not have. Returns the Element token if the
    /// answer has it.
    pub async fn sign_in_again(
        &self,
        id: &str,
        form: &FilledForm,
        new: &NewInstance<'_>,
    ) -> Result<Option<Sensitive<String>>, Failure> {
        let body = InstanceBody::new(form, new);
        let provider_data = Some(body.provider_data).filter(|data| !data.is_empty());
        let configuration = Some(body.configuration);
        let change = InstanceChange { configuration, provider_data, ..InstanceChange::default() };
        Ok(self.patch_element(form.element.wire_key(), id, &change).await?.token)
    }

    /// Reads the instance once, to find out whether a change whose answer was lost was made.
    async fn after_all(
        &self,
        id: &str,
        lost: Unanswered,
        is_made: impl FnOnce(&Instance) -> bool,
    ) -> Result<Instance, Failure> {
        if !lost.seen {
            return Err(lost.failure);
        }
        let uncertain = uncertain(lost.failure);
        let Ok(answer) = self.once(self.call().instance(id), ONE_MAX).await else { return Err(uncertain) };
        match self.success(answer, Operation::Instance, &[]).and_then(|answer| self.described(&answer)) {
            Ok(now) if is_made(&now) => Ok(now),
            Err(gone) if gone.code == Code::InstanceGone => Err(gone),
            Ok(_) | Err(_) => Err(uncertain),
        }
    }

    /// Deletes an instance. An instance that does not exist counts as deleted.
    pub async fn delete(&self, id: &str) -> Result<(), Failure> {
        let id = self.known_id(id)?;
        let deleted = match self.repeat(|| self.call().delete(id), ONE_MAX).await {
            Ok(answer) => self.done(answer),
            Err(lost) => self.after_all(id, lost, |_| false).await.map(drop),
        };
        match deleted {
            Err(failure) if failure.code == Code::InstanceGone => Ok(()),
            deleted => deleted,
        }
    }

    /// Errors: [`Code::InstanceGone`].
    pub async fn set_enabled(&self, id: &str, enabled: bool) -> Result<(), Failure> {
        let id = self.known_id(id)?;
        match self.repeat(|| self.call().enabled(id, enabled), ONE_MAX).await {
            Ok(answer) => self.done(answer),
            Err(lost) => self.after_all(id, lost, |now| now.disabled != enabled).await.map(drop),
        }
    }

    /// Checks that an Element token and the sign-in behind it work.
    ///
    /// Errors: [`Code::InstanceGone`], [`Code::ConnectionDisabled`].
    pub async fn ping(&self, element_token: &Sensitive<String>) -> Result<(), Failure> {
        if !is_header_safe(element_token.expose()) {
            return Err(Failure::new(Code::InstanceGone).host(self.host()));
        }
        let answer = self.repeat(|| self.call().ping(element_token), ONE_MAX).await?;
        let secrets = [element_token.expose().as_str()];
        let answer = self.success(answer, Operation::Ping, &secrets)?;
        answer::json(&answer).map(drop).ok_or_else(|| self.unreadable(&answer))
    }

    /// Lists the elements that this client can read. Their configuration may be missing; [`Hosted::element`] has it.
    pub async fn elements(&self) -> Result<Vec<Element>, Failure> {
        self.pages(|page| self.call().elements(page), element::read, |element| &element.key).await
    }

    /// Errors: [`Code::ElementUnknown`].
    pub async fn element(&self, key: &str) -> Result<Element, Failure> {
        let key = self.known_key(key)?;
        let asked = Operation::Element(key);
        let answer = self.ask(|| self.call().element(key), asked, LARGE_MAX).await?;
        let mut value = answer::json(&answer).ok_or_else(|| self.unreadable(&answer))?;
        if !element::has_configuration(&value) {
            let request = || self.call().element_configuration(key);
            match self.ask(request, asked, LARGE_MAX).await {
                Ok(answer) => {
                    let listed = answer::json(&answer).ok_or_else(|| self.unreadable(&answer))?;
                    value = element::with_configuration(value, listed);
                }
                // The element exists: it has no configuration.
                Err(failure) if failure.code == Code::ElementUnknown => {}
                Err(failure) => return Err(failure),
            }
        }
        element::read(&value).ok_or_else(|| self.unreadable(&answer))
    }

    fn call(&self) -> Caller<'_> {
        Caller { base: &self.base_url, user: &self.secrets.user, organization: &self.secrets.organization }
    }

    /// Ids come from outside: only a valid one may be part of a path.
    fn known_id<'i>(&self, id: &'i str) -> Result<&'i str, Failure> {
        if instance::is_id(id) { Ok(id) } else { Err(Failure::new(Code::InstanceGone).host(self.host())) }
    }

    fn known_key<'k>(&self, key: &'k str) -> Result<&'k str, Failure> {
        let unknown = || Failure::new(Code::ElementUnknown).name(key).host(self.host());
        if element::is_key(key) { Ok(key) } else { Err(unknown()) }
    }

    fn described(&self, answer: &HttpResponse) -> Result<Instance, Failure> {
        let read = answer::json(answer).and_then(|value: Value| instance::read(&value));
        read.ok_or_else(|| self.unreadable(answer))
    }

    /// Accepts a success with an empty body or JSON. An HTML page did not come from the platform.
    fn done(&self, answer: HttpResponse) -> Result<(), Failure> {
        let answer = self.success(answer, Operation::Instance, &[])?;
        let fine = answer::is_empty(&answer) || answer::json(&answer).is_some();
        if fine { Ok(()) } else { Err(self.unreadable(&answer)) }
    }

    fn unreadable(&self, answer: &HttpResponse) -> Failure {
        refusal::unreadable(answer).host(self.host())
    }

    /// Returns a success, or the failure that a refusal means for a form.
    async fn accepted(
        &self,
        answer: HttpResponse,
        asked: Operation<'_>,
        key: &str,
        sent: &Pairs,
        secrets: &[&str],
    ) -> Result<HttpResponse, Failure> {
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(self.form_refusal(&answer, asked, key, sent, secrets).await)
    }

    /// Turns a refusal that names fields into problems of those fields. The element is read for its secret fields.
    async fn form_refusal(
        &self,
        answer: &HttpResponse,
        asked: Operation<'_>,
        key: &str,
        sent: &Pairs,
        secrets: &[&str],
    ) -> Failure {
        let failure = self.refusal(answer, asked, secrets);
        if failure.code != Code::PlatformRejected || answer.status != 400 {
            return failure;
        }
        let element = if key.is_empty() { None } else { self.element(key).await.ok() };
        let is_secret = |key: &str| element.as_ref().and_then(|e| e.field(key)).is_some_and(|f| f.secret);
        let sent_secrets =
            sent.iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| value.expose().as_str());
        let secrets: Vec<&str> = secrets.iter().copied().chain(sent_secrets).collect();
        let failure = self.refusal(answer, asked, &secrets);
        let keys: Vec<&str> = sent.iter().map(|(key, _)| key.as_str()).collect();
        match refusal::field_problems(answer, &refusal::field_names(element.as_ref(), &keys)) {
            Some(fields) => Failure { code: Code::FormInvalid, fields: Some(fields), ..failure },
            None => failure,
        }
    }

    async fn ask(
        &self,
        request: impl Fn() -> HttpRequest,
        asked: Operation<'_>,
        most: usize,
    ) -> Result<HttpResponse, Failure> {
        let answer = self.repeat(request, most).await?;
        self.success(answer, asked, &[])
    }

    fn success(
        &self,
        answer: HttpResponse,
        asked: Operation<'_>,
        secrets: &[&str],
    ) -> Result<HttpResponse, Failure> {
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(self.refusal(&answer, asked, secrets))
    }

    fn refusal(&self, answer: &HttpResponse, asked: Operation<'_>, secrets: &[&str]) -> Failure {
        let own = [self.secrets.user.expose().as_str(), self.secrets.organization.expose().as_str()];
        let secrets: Vec<&str> = own.into_iter().chain(secrets.iter().copied()).collect();
        refusal::read(answer, asked, &secrets, clock::now_s()).host(self.host())
    }
}

/// Marks a failure after which the platform may or may not have carried out the call.
fn uncertain(failure: Failure) -> Failure {
    Failure { code: Code::PlatformUncertain, ..failure }
}

fn sign_in(provider_data: &Pairs) -> OneTimeCode {
    if provider_data.is_empty() { OneTimeCode::NotSent } else { OneTimeCode::Sent }
}

/// The values that an error text must not repeat.
fn secrets_of(pairs: &Pairs) -> Vec<&str> {
    let secret = pairs.iter().filter(|(name, value)| may_be_secret(name, value.expose()));
    secret.map(|(_, value)| value.expose().as_str()).collect()
}

/// The same for a body. Every value of a callback is secret: it could be used again.
fn secrets_of_body<'p>(configuration: &'p Pairs, provider_data: &'p Pairs) -> Vec<&'p str> {
    let of_callback = provider_data.iter().map(|(_, value)| value.expose().as_str());
    secrets_of(configuration).into_iter().chain(of_callback).collect()
}
