//! The text of an error answer.

use serde_json::Value;

use crate::hosted::answer::{as_text, json};
use crate::http::HttpResponse;
use crate::text::{LONGEST_DESCRIPTION, plain_line};

/// Shorter secrets are not removed: that would garble the text.
const SHORTEST_SECRET: usize = 4;

/// The text as received. It may repeat secrets.
#[derive(Default)]
pub(super) struct ErrorText {
    pub(super) is_json: bool,
    pub(super) request_id: Option<String>,
    pub(super) message: Option<String>,
    pub(super) provider_message: Option<String>,
    /// Both messages in lower case.
    lower: String,
}

impl ErrorText {
    pub(super) fn read(answer: &HttpResponse) -> Self {
        let value = json(answer);
        let is_json = value.is_some();
        let value = value.unwrap_or_default();
        let member = |names: &[&str]| {
            let found = names.iter().find_map(|name| value.pointer(name).and_then(as_text));
            found.filter(|text| !text.is_empty())
        };
        let id_header = || answer.header("elements-request-id").map(str::to_owned);
        let message =
            member(&["/message", "/error_description", "/error/message", "/error", "/errors/0/message"])
                .or_else(|| value.as_str().map(str::to_owned));
        let provider_message = member(&["/providerMessage", "/provider_message"]);
        let lower = [&message, &provider_message].into_iter().flatten().map(|t| t.to_lowercase()).collect();
        Self {
            is_json: is_json && !matches!(value, Value::Null),
            request_id: member(&["/requestId", "/request_id"]).or_else(id_header),
            message,
            provider_message,
            lower,
        }
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.lower.contains(word)
    }

    /// Providers phrase `invalid_grant` (RFC 6749 §5.2) in many ways, which the platform passes on.
    pub(super) fn mentions_used_code(&self) -> bool {
        let plain = [
            "invalid_grant",
            "bad_verification_code",
            "already used",
            "already been used",
            "already redeemed",
            "already been redeemed",
            "invalid code",
            "invalid authorization code",
            "code is invalid",
            "code was not found",
        ];
        // Trials, licences and passwords expire too.
        let expired = self.contains("expired")
            && ["code", "authorization", "grant", "verifier", "token"].iter().any(|word| self.contains(word));
        expired || plain.iter().any(|word| self.contains(word))
    }

    pub(super) fn mentions_workspace_secrets(&self) -> bool {
        self.contains("organization") && self.contains("secret")
    }
}

/// One bounded line without the secrets that were sent, in plain or in query encoding.
pub(super) fn redact(text: &str, secrets: &[&str]) -> Option<String> {
    let mut text = text.to_owned();
    let mut secrets: Vec<&str> = secrets.iter().copied().filter(|s| s.len() >= SHORTEST_SECRET).collect();
    // Longest first: one secret may be the beginning of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text.replace(secret, "…").replace(&encoded, "…");
    }
    let line = plain_line(&text, LONGEST_DESCRIPTION);
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_secrets_are_redacted() {
        let words = "apiSecret=a%2Fb%3D and a/b= and \u{202E}more";
        assert_eq!(redact(words, &["a/b="]).as_deref(), Some("apiSecret=… and … and more"));
        assert_eq!(redact("it was s3cr3t-more", &["s3cr3t", "s3cr3t-more"]).as_deref(), Some("it was …"));
    }
}
