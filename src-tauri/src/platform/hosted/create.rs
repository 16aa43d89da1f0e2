//! Making an instance exactly once.
//!
//! `POST /instances` is never repeated: each call makes another instance, and a code works only once. The instance
//! carries a tag of its attempt; if the answer is lost, it is found by that tag.

use std::collections::BTreeMap;

use super::bounds::ONE_MAX;
use super::wire::InstanceBody;
use super::{Hosted, secrets_of_body, sign_in, uncertain};
use crate::domain::credential::Credential;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::refusal::Operation;
use crate::domain::hosted::{answer, attempt_tag, call, instance};
use crate::domain::http::HttpResponse;
use crate::domain::sensitive::Sensitive;
use crate::platform::{Instance, Issued, NotCreated};

impl Hosted {
    /// Sends `POST /instances` once. If the answer is lost, finds and adopts the instance.
    ///
    /// Errors: [`Code::PlatformUncertain`] if the answer was lost and no instance was found.
    pub async fn create_instance(&self, body: &InstanceBody, attempt: &str) -> Result<Issued, NotCreated> {
        self.sendable()?;
        let tags: Vec<String> = body.tags.iter().cloned().chain([attempt_tag(attempt)]).collect();
        let request = self.call().create(&call::Instance {
            element: Some(&body.element),
            name: Some(&body.name),
            tags: Some(&tags),
            provider_data: Some(&body.provider_data),
            configuration: Some(&body.configuration),
        });
        let lost = match self.once(request, ONE_MAX).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                match answer::json(&answer).and_then(|value| instance::read(&value)) {
                    Some(made) => return self.issued(made).await,
                    None => uncertain(self.unreadable(&answer)),
                }
            }
            Ok(answer) => self.refused(&answer, body).await?,
            Err(error) if error.is_not_sent() => return Err(self.no_answer(error).into()),
            Err(error) => uncertain(self.no_answer(error)),
        };
        self.search(attempt, lost).await
    }

    /// Returns `Err` for a definite refusal. Otherwise the platform failed on the way, and the failure is used if no
    /// instance is found.
    async fn refused(&self, answer: &HttpResponse, body: &InstanceBody) -> Result<Failure, NotCreated> {
        let asked = Operation::Creation(&body.element, sign_in(&body.provider_data));
        let secrets = secrets_of_body(&body.configuration, &body.provider_data);
        let failure = self.form_refusal(answer, asked, &body.element, &body.configuration, &secrets).await;
        // 408 may come after the call was carried out. A redirect comes from a proxy: the platform has not seen the call.
        if answer.status < 500 && answer.status != 408 {
            return Err(failure.into());
        }
        // The provider's own refusal says more than `platform_uncertain`.
        Ok(if failure.code == Code::PlatformFailed { uncertain(failure) } else { failure })
    }

    /// Looks while the platform may still be making the instance. Finding none proves nothing: a list may lag behind.
    async fn search(&self, attempt: &str, failure: Failure) -> Result<Issued, NotCreated> {
        let looking = async {
            for pause in self.pace.looks {
                tokio::time::sleep(pause).await;
                if let Ok(Some(found)) = self.find_attempt(attempt).await {
                    return Some(self.issued(found).await);
                }
            }
            None
        };
        match tokio::time::timeout(self.pace.search, looking).await {
            Ok(Some(result)) => result,
            Ok(None) | Err(_) => Err(NotCreated { failure, uncertain: true }),
        }
    }

    /// The parts of a connection whose tokens the platform keeps.
    pub fn kept_there(&self, instance: String, token: Sensitive<String>) -> Issued {
        Issued {
            own_call: false,
            token,
            instance: Some(instance),
            credential: Credential::ElementTokenOnly,
            missing: Vec::new(),
            hosts: vec![self.host().to_owned()],
            callback: BTreeMap::new(),
        }
    }

    /// Returns the new instance with its token. A platform may mask the token in one answer and show it in another.
    async fn issued(&self, made: Instance) -> Result<Issued, NotCreated> {
        let id = made.id.clone();
        let made = if made.token.is_some() { Ok(made) } else { self.instance(&id).await };
        // The instance exists: it must be found again, not made again.
        let there = |failure| NotCreated { failure, uncertain: true };
        match made {
            Ok(Instance { token: Some(token), .. }) => Ok(self.kept_there(id, token)),
            Ok(_) => {
                let bad = Failure::new(Code::PlatformBadResponse).host(self.host());
                Err(there(bad.detail("the new instance has no token")))
            }
            Err(failure) => Err(there(uncertain(failure))),
        }
    }
}
