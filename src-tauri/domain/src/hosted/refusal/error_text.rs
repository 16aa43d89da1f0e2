//! The text of an error answer.

use serde_json::Value;

use crate::hosted::answer::{as_text, json};
use crate::http::HttpResponse;

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
