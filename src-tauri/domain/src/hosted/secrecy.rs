//! Which values are secret, as far as their keys and texts tell.

/// Whether a secret can be part of the `Authorization` header, where a comma begins the next part.
pub fn is_header_safe(secret: &str) -> bool {
    !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// Whether the platform hides the value: it is nothing but asterisks.
pub fn is_masked(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'*')
}

/// Whether an entry is secret by its key alone: platforms declare some secrets as plain text.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("secret") || key.contains("password")
}

/// Public entries that explain a refusal. Each may also be the end of a longer key, as in `zendesk.subdomain`.
const PUBLIC: [&str; 9] = [
    "name",
    "tags",
    "subdomain",
    "site",
    "siteaddress",
    "site.address",
    "scope",
    "callbackurl",
    "oauth.callback.url",
];

/// Shorter values, such as `true`, `eu` and numbers, occur in many sentences.
const SHORTEST_GUESS: usize = 8;

/// Whether a sent value must be removed from the text of an error. Only the element knows which of its entries are
/// secret, and few keys tell (`account.pin`, `sid`), so every long value counts as secret unless its key is public.
pub fn may_be_secret(key: &str, value: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let is = |name: &str| lower.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    is_secret_key(key)
        || is("oauth.api.key")
        || is("apikey")
        || (value.len() >= SHORTEST_GUESS && !PUBLIC.into_iter().any(is))
}
