//! Reading the answer of a token endpoint: strict where it matters for security, tolerant of common mistakes.

use super::members::Members;
use super::outcome::{BEARER, TokenRefusal, TokenSet};
use crate::element::TokenAnswer;
use crate::http::HttpResponse;

/// Types of RFC 6750 tokens in lower case: the standard's, Apigee's, and Slack's two.
const BEARER_NAMES: [&str; 4] = ["bearer", "bearertoken", "bot", "user"];

/// A longer code is prose, or a value in the wrong place.
const LONGEST_REPORTED_CODE: usize = 60;

/// The error code of any answer, if it is a plain word and thus fit for a report.
pub fn error_code(answer: &HttpResponse) -> Option<String> {
    let members = Members::parse(answer.body.expose()).unwrap_or_default();
    let own = members.own_code();
    if own.is_none() && answer.status < 400 {
        return None;
    }
    let error = answer.sent.redact(&members.code(own, answer)?);
    let plain = error.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    (plain && error.len() <= LONGEST_REPORTED_CODE).then_some(error)
}

/// Reads the answer of an OAuth 2 token endpoint (RFC 6749 §5), with the provider's `differences`; `now` is in seconds
/// since 1970.
pub fn read_token_answer(
    answer: &HttpResponse,
    differences: &TokenAnswer,
    now: u64,
) -> Result<TokenSet, TokenRefusal> {
    let members = Members::read(answer).map_err(|refusal| match refusal {
        // RFC 6749 §5.2: 401 means that the client is not recognized; some servers send no code.
        TokenRefusal::Refused { error, description, status: 401 } if error == "http_401" => {
            TokenRefusal::Refused { error: "invalid_client".to_owned(), description, status: 401 }
        }
        other => other,
    })?;
    let keep = &differences.keep;
    let members = members.moved(differences.at.as_deref(), &differences.names);
    let access_token = members.require("access_token", answer, "no access token in the answer")?;
    // RFC 6749 appendix A.12. Other characters could forge a second header.
    if !access_token.bytes().all(|b| (0x20..=0x7e).contains(&b)) {
        return Err(TokenRefusal::BadAnswer("the access token holds characters that no header can carry"));
    }
    // RFC 6749 §7.1: a token of an unknown type must not be used. A missing type is a common mistake.
    if let Some(kind) = members.decisive("token_type")?
        && !BEARER_NAMES.contains(&kind.to_ascii_lowercase().as_str())
    {
        return Err(TokenRefusal::BadAnswer("an unknown type of token"));
    }
    Ok(TokenSet {
        access_token: access_token.into(),
        token_secret: None,
        refresh_token: members.decisive("refresh_token")?.map(Into::into),
        token_type: BEARER.to_owned(),
        expires_in: members.life(now),
        scope: members.get("scope").map(str::to_owned),
        extra: members.named(keep),
    })
}

#[cfg(test)]
mod tests;
