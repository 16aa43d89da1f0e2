//! Making an instance exactly once.
//!
//! `POST /instances` is never repeated: each makes another account, and a code works only once. So the instance carries
//! a tag of its attempt, and when the answer is lost it is looked for by that.

use super::send::Size;
use super::{Hosted, of, secrets_of_body, sign_in};
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::refusal::Asked;
use crate::domain::hosted::{answer, instance, tag_of};
use crate::domain::http::HttpResponse;
use crate::io::http::{HttpError, Reached};
use crate::platform::{Instance, InstanceBody, Issued, NotCreated};

/// Why it is not known whether there is an instance.
struct Lost {
    failure: Failure,
    /// The provider refused, as far as words tell: then there is probably none.
    refused: bool,
}

impl Hosted {
    /// `POST /instances`, once. If its answer is lost the instance is looked for, and adopted.
    ///
    /// # Errors
    /// Whatever the platform or the provider answers; [`Code::PlatformUncertain`] if neither an answer nor an instance
    /// was found.
    pub async fn create_instance(&self, body: &InstanceBody, attempt: &str) -> Result<Issued, NotCreated> {
        self.sendable()?;
        let tags: Vec<String> = body.tags.iter().cloned().chain([tag_of(attempt)]).collect();
        let request = self.call().create(&of(body, &tags));
        let lost = match self.once(request, Size::One, self.pace.call).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                match answer::json(&answer).and_then(|value| instance::read(&value)) {
                    Some(made) => return self.issued(made).await,
                    None => Lost { failure: self.unreadable(&answer), refused: false },
                }
            }
            Ok(answer) => self.refused(&answer, body).await?,
            // Nobody has seen the request.
            Err(error @ HttpError::Unreachable { stage: Reached::Nobody, .. }) => {
                return Err(self.no_answer(error).into());
            }
            Err(error) => Lost { failure: self.no_answer(error), refused: false },
        };
        self.search(attempt, lost).await
    }

    /// A refusal is definite, unless it is one of a platform that failed on the way.
    async fn refused(&self, answer: &HttpResponse, body: &InstanceBody) -> Result<Lost, NotCreated> {
        let asked = Asked::Creation(&body.element, sign_in(&body.provider_data));
        let secrets = secrets_of_body(body);
        let failure = self.form_refusal(answer, asked, &body.element, &body.configuration, &secrets).await;
        // 408: it stopped waiting for itself. A redirect comes from what stands before it: it has not seen the call.
        if answer.status < 500 && answer.status != 408 {
            return Err(failure.into());
        }
        Ok(Lost { refused: failure.code != Code::PlatformFailed, failure })
    }

    async fn search(&self, attempt: &str, lost: Lost) -> Result<Issued, NotCreated> {
        let uncertain = Failure { code: Code::PlatformUncertain, ..lost.failure.clone() };
        let looking = async {
            for pause in self.pace.looks {
                tokio::time::sleep(pause).await;
                match self.find_attempt(attempt).await {
                    Ok(Some(found)) => return Some(self.issued(found).await),
                    Ok(None) if lost.refused => return Some(Err(lost.failure.clone().into())),
                    // It may still be working, and so may the connection.
                    Ok(None) | Err(_) => {}
                }
            }
            None
        };
        match tokio::time::timeout(self.pace.search, looking).await {
            Ok(Some(result)) => result,
            Ok(None) | Err(_) => Err(NotCreated { failure: uncertain, uncertain: true }),
        }
    }

    /// What was made, with its token: a platform that masks it in one answer may show it in the other.
    async fn issued(&self, made: Instance) -> Result<Issued, NotCreated> {
        let id = made.id.clone();
        let made = if made.token.is_some() { Ok(made) } else { self.instance(&id).await };
        // It exists, whatever is wrong with it: it is to be looked for again, not made again.
        let there = |failure| NotCreated { failure, uncertain: true };
        match made {
            Ok(Instance { token: Some(token), .. }) => {
                let hosts = vec![self.host().to_owned()];
                Ok(Issued { token, instance: Some(id), tokens: None, hosts })
            }
            Ok(_) => {
                let bad = Failure::new(Code::PlatformBadResponse).host(self.host());
                Err(there(bad.detail("the new instance has no token")))
            }
            Err(failure) => Err(there(Failure { code: Code::PlatformUncertain, ..failure })),
        }
    }
}
