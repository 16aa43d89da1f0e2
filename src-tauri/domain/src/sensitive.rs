//! Secret values: tokens, client secrets, verifiers, codes.
//!
//! `Sensitive<T>` prints as `[redacted]`, has no `Serialize`, and is wiped when dropped. Search for
//! [`Sensitive::expose`] to review every use.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Keeps `T` out of logs, errors and serialised values, and wipes it from memory when dropped.
#[derive(Clone, Default)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself. Keep the borrow short.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl Sensitive<String> {
    /// Compares in constant time (RFC 6749 §10.10). The length is not hidden.
    pub fn same_as(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Sensitive<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Sensitive<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_secret() {
        let secret = Sensitive::from("hunter2");
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(format!("{:?}", Some(&secret)), "Some([redacted])");
    }

    #[test]
    fn comparison_distinguishes_secrets() {
        let secret = Sensitive::from("abc");
        assert!(secret.same_as("abc"));
        assert!(!secret.same_as("abd"));
        assert!(!secret.same_as("abcd"));
    }
}
