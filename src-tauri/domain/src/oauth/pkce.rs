//! Proof Key for Code Exchange (RFC 7636). `plain` protects nothing once the address leaks, and is sent only to providers
//! that know nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroize;

use crate::sensitive::Sensitive;

/// The `code_challenge_method` of [`Verifier::challenge`].
pub const CHALLENGE_METHOD: &str = "S256";

/// The `code_challenge_method` of a challenge that is the verifier itself.
pub const PLAIN_METHOD: &str = "plain";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a code verifier has 43 to 128 unreserved characters")]
pub struct InvalidVerifier;

/// The `code_verifier`: made for one authorization, sent only to the token endpoint.
#[derive(Clone, Debug)]
pub struct Verifier(Sensitive<String>);

impl Verifier {
    /// 32 random bytes become 43 characters (RFC 7636 §4.1).
    pub fn from_random(mut random: [u8; 32]) -> Self {
        let verifier = Self(URL_SAFE_NO_PAD.encode(random).into());
        random.zeroize();
        verifier
    }

    pub fn new(text: Sensitive<String>) -> Result<Self, InvalidVerifier> {
        if well_formed(text.expose()) { Ok(Self(text)) } else { Err(InvalidVerifier) }
    }

    /// The `code_verifier`.
    pub fn secret(&self) -> &Sensitive<String> {
        &self.0
    }

    /// The `code_challenge` (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }
}

/// Whether the verifier belongs to the challenge (RFC 7636 §4.6, the server's side). Takes constant time.
pub fn verify(challenge: &str, verifier: &str) -> bool {
    well_formed(verifier)
        && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)).as_bytes().ct_eq(challenge.as_bytes()).into()
}

/// RFC 7636 §4.1: 43 to 128 unreserved characters.
fn well_formed(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const RANDOM: [u8; 32] = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
        214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_appendix_b_is_reproduced() {
        let verifier = Verifier::from_random(RANDOM);
        assert_eq!(verifier.secret().expose(), VERIFIER);
        assert_eq!(verifier.challenge(), CHALLENGE);
        assert!(verify(CHALLENGE, VERIFIER));
        assert_eq!(format!("{verifier:?}"), "Verifier([redacted])");
    }

    #[test]
    fn a_verifier_of_another_challenge_is_refused() {
        let other = Verifier::from_random([7; 32]);
        assert!(!verify(CHALLENGE, other.secret().expose()));
        assert!(!verify("", VERIFIER));
        assert!(!verify(&format!("{CHALLENGE}="), VERIFIER));
        assert!(!verify(VERIFIER, VERIFIER), "method plain is not spoken here");
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for (text, good) in [
            ("a".repeat(42), false),
            ("a".repeat(43), true),
            ("-._~".repeat(32), true),
            ("a".repeat(129), false),
            (format!("{}+", "a".repeat(43)), false),
            (format!("{}é", "a".repeat(43)), false),
        ] {
            assert_eq!(Verifier::new(text.as_str().into()).is_ok(), good, "{text}");
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&text));
            assert_eq!(verify(&challenge, &text), good, "{text}");
        }
    }
}
