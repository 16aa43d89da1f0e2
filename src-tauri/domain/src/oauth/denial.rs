//! The words with which providers say that the user declined, at the callback and to a device.

/// Error codes with the providers that send them. One that also names other causes, such as `interaction_required`, is
/// not listed: it is no decision of the user.
const DENIALS: [&str; 18] = [
    // RFC 6749 §4.1.2.1 and RFC 8628 §3.5.
    "access_denied",
    // Draft 00 of OAuth 2, §3.5.1.1.2; Facebook and Instagram in `error_reason`.
    "user_denied",
    // LinkedIn: at the form that asks for the password, and at the consent. Apple sends the second one.
    "user_cancelled_login",
    "user_cancelled_authorize",
    // The first two in American English, and their short forms.
    "user_canceled_login",
    "user_canceled_authorize",
    "user_cancelled",
    "user_canceled",
    // Microsoft Entra, to a device.
    "authorization_declined",
    // Words of the same meaning, from servers that RFC 8628 or OAuth 2 does not bind to one.
    "authorization_denied",
    "user_declined",
    "user_rejected",
    "consent_denied",
    "consent_declined",
    "consent_rejected",
    // The platform API, and Dropbox for OAuth 1.0a.
    "not_approved",
    // The OAuth 1.0 problem reporting extension.
    "permission_denied",
    "user_refused",
];

/// Whether a provider's error code says that the user declined. Case and separators are ignored: some servers send
/// `ACCESS_DENIED` or `access-denied`.
pub fn is_denial(error: &str) -> bool {
    let error = error.trim().to_ascii_lowercase().replace(['-', ' '], "_");
    DENIALS.contains(&error.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_for_a_refusal_by_the_user_is_a_denial() {
        for denial in DENIALS {
            assert!(is_denial(denial), "{denial}");
            assert!(is_denial(&denial.to_ascii_uppercase()), "{denial} in upper case");
            assert!(is_denial(&denial.replace('_', "-")), "{denial} with hyphens");
        }
        assert!(is_denial("Access denied"));
        for other in
            ["", "invalid_scope", "interaction_required", "consent_required", "access_denied_by_policy"]
        {
            assert!(!is_denial(other), "{other}");
        }
    }
}
