use std::collections::BTreeMap;

use thiserror::Error;

use crate::sensitive::Sensitive;

/// The `token_type` of RFC 6750.
pub const BEARER: &str = "Bearer";

/// Keyrack's `token_type` for tokens that sign requests (RFC 5849).
pub const OAUTH1: &str = "OAuth1";

/// What a provider issued.
#[derive(Clone, Debug)]
pub struct TokenSet {
    pub access_token: Sensitive<String>,
    /// The secret of an OAuth 1.0a token.
    pub token_secret: Option<Sensitive<String>>,
    pub refresh_token: Option<Sensitive<String>>,
    /// [`BEARER`] or [`OAUTH1`].
    pub token_type: String,
    /// The lifetime in seconds from the moment of the answer. `None` if the provider does not say.
    pub expires_in: Option<u64>,
    /// The granted scope as the provider wrote it. `None` means as requested (RFC 6749 §5.1).
    pub scope: Option<String>,
    /// Members of the answer that the element keeps, such as `instance_url`.
    pub extra: BTreeMap<String, String>,
}

/// Why the provider issued no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    /// The provider refused; the same request would fail again.
    #[error("the provider refused ({error}, status {status})")]
    Refused {
        /// A code of RFC 6749 §5.2 if one is found, else the provider's own, else `http_` and the status.
        error: String,
        /// The provider's message on one line; never markup.
        description: Option<String>,
        status: u16,
    },
    /// The provider cannot answer now.
    #[error("the provider cannot answer now (status {status})")]
    Temporary {
        status: u16,
        /// Seconds to wait before the next request.
        retry_after: Option<u64>,
    },
    /// A web page came in place of an answer: the network wants its own sign-in first, or a firewall intervened.
    #[error("a web page answered (status {status})")]
    WebPage { status: u16 },
    /// The answer does not follow the RFCs. The text contains no value of it.
    #[error("unexpected answer: {0}")]
    BadAnswer(&'static str),
}

/// The result of a renewal: an absent refresh token or scope means that the old one remains valid (RFC 6749 §6), and
/// so do kept members that only the first answer has.
pub fn refreshed(old: &TokenSet, new: TokenSet) -> TokenSet {
    let mut extra = old.extra.clone();
    extra.extend(new.extra);
    TokenSet {
        refresh_token: new.refresh_token.or_else(|| old.refresh_token.clone()),
        scope: new.scope.or_else(|| old.scope.clone()),
        extra,
        ..new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(access: &str, refresh: Option<&str>, scope: Option<&str>, extra: &[(&str, &str)]) -> TokenSet {
        TokenSet {
            access_token: access.into(),
            token_secret: None,
            refresh_token: refresh.map(Into::into),
            token_type: BEARER.into(),
            expires_in: Some(60),
            scope: scope.map(Into::into),
            extra: extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn a_renewal_keeps_what_its_answer_omits() {
        let old =
            tokens("a1", Some("r1"), Some("read"), &[("instance_url", "https://na1.example"), ("id", "1")]);
        for (new, refresh, scope, id) in [
            (tokens("a2", None, None, &[]), "r1", "read", "1"),
            (tokens("a2", Some("r2"), Some("write"), &[("id", "2")]), "r2", "write", "2"),
        ] {
            let kept = refreshed(&old, new);
            assert_eq!(kept.access_token.expose(), "a2");
            assert_eq!(kept.refresh_token.unwrap().expose(), refresh);
            assert_eq!(kept.scope.unwrap(), scope);
            assert_eq!(kept.extra["id"], id);
            assert_eq!(kept.extra["instance_url"], "https://na1.example");
        }
    }

    #[test]
    fn tokens_do_not_show_in_debug_output() {
        let shown = format!("{:?}", tokens("hunter2", Some("hunter3"), None, &[]));
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
