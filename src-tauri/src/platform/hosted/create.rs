//! Making an instance exactly once.
//!
//! `POST /instances` is never repeated: each makes another account, and a code works only once. So the instance carries
//! a tag of its attempt, and when the answer is lost it is looked for by that.

use std::collections::BTreeMap;

use super::bounds::Size;
use super::wire::InstanceBody;
use super::{Hosted, of, secrets_of_body, sign_in, uncertain};
use crate::domain::credential::Credential;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::refusal::Operation;
use crate::domain::hosted::{answer, attempt_tag, instance};
use crate::domain::http::HttpResponse;
use crate::domain::sensitive::Sensitive;
use crate::platform::{Instance, Issued, NotCreated};

impl Hosted {
    /// `POST /instances`, once. If its answer is lost the instance is looked for, and adopted.
    ///
    /// # Errors
    /// Whatever the platform or the provider answers; [`Code::PlatformUncertain`] if neither an answer that tells nor
    /// an instance was found.
    pub async fn create_instance(&self, body: &InstanceBody, attempt: &str) -> Result<Issued, NotCreated> {
        self.sendable()?;
        let tags: Vec<String> = body.tags.iter().cloned().chain([attempt_tag(attempt)]).collect();
        let request = self.call().create(&of(body, &tags));
        let lost = match self.once(request, Size::One).await {
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

    /// A refusal is definite, unless it is one of a platform that failed on the way. Then this is what is told if
    /// there is no instance.
    async fn refused(&self, answer: &HttpResponse, body: &InstanceBody) -> Result<Failure, NotCreated> {
        let asked = Operation::Creation(&body.element, sign_in(&body.provider_data));
        let secrets = secrets_of_body(body);
        let failure = self.form_refusal(answer, asked, &body.element, &body.configuration, &secrets).await;
        // 408: it stopped waiting for itself. A redirect comes from what stands before it: it has not seen the call.
        if answer.status < 500 && answer.status != 408 {
            return Err(failure.into());
        }
        // The provider's own refusal says more than that nothing is known.
        Ok(if failure.code == Code::PlatformFailed { uncertain(failure) } else { failure })
    }

    /// Looks as long as the platform may still be making it. Afterwards too nobody knows: a list may lag behind, even
    /// where words tell of a refusal.
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

    /// What a connection is made of whose tokens the platform keeps.
    pub fn kept_there(&self, instance: String, token: Sensitive<String>) -> Issued {
        Issued {
            token,
            instance: Some(instance),
            credential: Credential::ElementTokenOnly,
            missing: Vec::new(),
            hosts: vec![self.host().to_owned()],
            callback: BTreeMap::new(),
        }
    }

    /// What was made, with its token: a platform that masks it in one answer may show it in the other.
    async fn issued(&self, made: Instance) -> Result<Issued, NotCreated> {
        let id = made.id.clone();
        let made = if made.token.is_some() { Ok(made) } else { self.instance(&id).await };
        // It exists, whatever is wrong with it: it is to be looked for again, not made again.
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
