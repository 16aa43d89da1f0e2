//! Requests with an OAuth 1.0a signature, whose timestamp must fit the provider's clock (RFC 5849 §3.3).

use url::Url;

use super::{Local, refusal};
use crate::domain::element::{Element, Oauth1};
use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::oauth::oauth1::{SignError, Signing};
use crate::domain::oauth::token::TokenRefusal;
use crate::io::clock;

/// Providers accept some minutes either way. Below this a correction would only follow the rounding of `Date` and the
/// way of the answer.
const NOTICEABLE_S: i64 = 30;

impl Local {
    /// Sends a signed request; a second time if its refusal tells that the provider's clock stands elsewhere.
    pub(super) async fn signed(
        &self,
        oauth1: &Oauth1,
        url: &Url,
        make: impl Fn(&Signing) -> Result<HttpRequest, SignError>,
    ) -> Result<HttpResponse, Failure> {
        let internal = |e: SignError| Failure::internal(e.to_string());
        let believed = self.offset(url);
        let answer = self.http.send(make(&self.signing(oauth1, url)).map_err(internal)?).await?;
        if self.has_learned(url, believed) && matches!(answer.status, 400 | 401) {
            return Ok(self.http.send(make(&self.signing(oauth1, url)).map_err(internal)?).await?);
        }
        Ok(answer)
    }

    /// What a signature needs beside the keys, by the clock of whoever checks it.
    pub(super) fn signing(&self, oauth1: &Oauth1, url: &Url) -> Signing {
        Signing {
            method: oauth1.signature_method,
            timestamp: clock::now_s().saturating_add_signed(self.offset(url)),
            nonce: clock::random_id(),
        }
    }

    /// Whether an answer told that the provider's clock stands elsewhere than was believed.
    pub(super) fn has_learned(&self, url: &Url, believed: i64) -> bool {
        self.offset(url).abs_diff(believed) >= NOTICEABLE_S.unsigned_abs()
    }

    /// Seconds that the provider's clock is ahead, as far as that matters.
    pub(super) fn offset(&self, url: &Url) -> i64 {
        self.http.skew(url).filter(|skew| skew.abs() >= NOTICEABLE_S).unwrap_or_default()
    }

    /// A refusal, with the clock's part in it.
    pub(super) fn signed_refusal(&self, refused: TokenRefusal, element: &Element, url: &Url) -> Failure {
        let failure = refusal(refused, element);
        match failure.code {
            Code::ClockWrong => Failure { clock_skew: self.http.skew(url), ..failure },
            _ => failure,
        }
    }
}
