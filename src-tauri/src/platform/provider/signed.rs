//! Requests with an OAuth 1.0a signature, whose timestamp must fit the provider's clock (RFC 5849 §3.3).

use url::Url;

use super::Provider;
use crate::domain::element::Oauth1;
use crate::domain::error::Failure;
use crate::domain::http::{HttpRequest, HttpResponse};
use crate::domain::oauth::oauth1::{SignError, Signing};
use crate::io::clock;

/// Below this a correction would only follow the rounding of `Date` and the transit time of the answer.
const NOTICEABLE_S: i64 = 30;

impl Provider {
    /// Sends a signed request, a second time if its refusal shows that the provider's clock differs.
    pub(super) async fn send_signed(
        &self,
        rules: &Oauth1,
        url: &Url,
        make: impl Fn(&Signing) -> Result<HttpRequest, SignError>,
    ) -> Result<HttpResponse, Failure> {
        let request = || make(&self.signing(rules, url)).map_err(|e| Failure::internal(e.to_string()));
        let believed = self.clock_offset(url);
        let answer = self.transmit(request()?).await?;
        if self.has_learned_clock(url, believed) && matches!(answer.status, 400 | 401) {
            return Ok(self.transmit(request()?).await?);
        }
        Ok(answer)
    }

    /// What a signature needs beside the keys, by the provider's clock.
    pub(super) fn signing(&self, rules: &Oauth1, url: &Url) -> Signing {
        Signing {
            method: rules.signature_method,
            timestamp: clock::now_s().saturating_add_signed(self.clock_offset(url)),
            nonce: clock::random_id(),
        }
    }

    /// Whether an answer showed another time than was believed.
    pub(super) fn has_learned_clock(&self, url: &Url, believed: i64) -> bool {
        self.clock_offset(url).abs_diff(believed) >= NOTICEABLE_S.unsigned_abs()
    }

    /// Seconds that the provider's clock is ahead, as far as that matters.
    pub(super) fn clock_offset(&self, url: &Url) -> i64 {
        self.http.skew(url).filter(|skew| skew.abs() >= NOTICEABLE_S).unwrap_or_default()
    }
}
