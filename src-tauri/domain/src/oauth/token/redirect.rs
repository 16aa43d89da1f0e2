//! Whether a provider refused the redirect address, and which one it expects. RFC 6749 has no code for it, so the
//! message is searched.

use crate::address;

/// The codes of Google and Microsoft, and of Slack.
const CODES: [&str; 3] = ["redirect_uri_mismatch", "invalid_redirect_uri", "bad_redirect_uri"];

/// Codes of the RFC under which providers report it, with a message.
const BROAD_CODES: [&str; 4] = ["invalid_request", "invalid_grant", "invalid_client", "unauthorized_client"];

/// Names of the address in those messages.
const NAMES: [&str; 6] =
    ["redirect_uri", "redirect uri", "redirect url", "redirection uri", "callback url", "callback uri"];

/// Whether a refusal, through the browser or by the token endpoint, is about the redirect address.
pub fn is_redirect_refusal(error: &str, description: Option<&str>) -> bool {
    let error = error.to_ascii_lowercase();
    let words = description.unwrap_or_default().to_ascii_lowercase();
    CODES.contains(&error.as_str())
        || (BROAD_CODES.contains(&error.as_str())
            && NAMES.iter().any(|name| words.contains(name) || words.contains(&name.replace(' ', "-"))))
}

/// The address that the message quotes, if it is exactly one.
pub fn quoted_address(description: &str) -> Option<String> {
    let delimiter = |c: char| c.is_whitespace() || "'\"`<>()[]{},;“”‘’".contains(c);
    let mut found = description
        .split(delimiter)
        .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
        // Punctuation of the sentence.
        .map(|word| word.trim_end_matches(['.', ':', '!', '?']))
        .filter(|word| address::parse(word).is_some());
    let first = found.next()?;
    found.all(|other| other == first).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_redirect_address_is_recognized() {
        for (error, description, about) in [
            ("redirect_uri_mismatch", None, true),
            ("REDIRECT_URI_MISMATCH", None, true),
            ("invalid_redirect_uri", None, true),
            ("invalid_request", Some("The redirect_uri MUST match the registered callback URL."), true),
            ("invalid_grant", Some("redirect_uri must be identical"), true),
            ("invalid_client", Some("Callback URL not approved by Desk"), true),
            ("invalid_request", Some("The Redirect URI is not registered"), true),
            ("invalid_request", Some("callback-url is missing"), true),
            ("invalid_request", None, false),
            ("invalid_request", Some("code_challenge is required"), false),
            ("access_denied", Some("redirect_uri"), false),
            ("invalid_scope", Some("redirect uri"), false),
        ] {
            assert_eq!(is_redirect_refusal(error, description), about, "{error} {description:?}");
        }
    }

    #[test]
    fn the_registered_address_is_taken_from_a_message_that_quotes_one() {
        for (words, address) in [
            ("registered: 'http://localhost:1717/callback'.", Some("http://localhost:1717/callback")),
            ("The address must be https://acme.example/auth.", Some("https://acme.example/auth")),
            ("want <https://a.example/x?y=1>, not more", Some("https://a.example/x?y=1")),
            ("https://a.example or https://a.example", Some("https://a.example")),
            ("https://a.example or https://b.example", None),
            ("see http://a.example/help", None),
            ("https://", None),
            ("https://me@a.example/", None),
            ("nothing here", None),
        ] {
            assert_eq!(quoted_address(words).as_deref(), address, "{words}");
        }
    }
}
