//! Why a server's certificate is refused, also by the numbers of the operating systems.

use crate::error::NetworkFault;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum CertificateProblem {
    #[strum(serialize = "nobody known here vouches for its certificate")]
    UnknownIssuer,
    #[strum(serialize = "its certificate has expired")]
    Expired,
    #[strum(serialize = "its certificate is not valid yet")]
    NotYetValid,
    #[strum(serialize = "its certificate belongs to another server")]
    WrongName,
    #[strum(serialize = "its certificate names no server, since it has no subjectAltName")]
    NoName,
    #[strum(serialize = "its certificate was revoked")]
    Revoked,
    #[strum(serialize = "this computer has no list of certificate authorities")]
    NoStore,
    #[strum(serialize = "its certificate is damaged or not made for this")]
    Other,
}

impl CertificateProblem {
    /// Fixed words, for use alone or after a colon.
    pub fn description(self) -> &'static str {
        self.into()
    }

    /// Whether a wrong clock on this computer would cause the same refusal.
    pub fn depends_on_clock(self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid)
    }

    /// The reason; `None` for an issuer that is not trusted.
    pub fn network_fault(self) -> Option<NetworkFault> {
        match self {
            Self::UnknownIssuer => None,
            Self::Expired | Self::NotYetValid => Some(NetworkFault::CertificateDate),
            Self::WrongName | Self::NoName => Some(NetworkFault::CertificateName),
            Self::Revoked | Self::NoStore | Self::Other => Some(NetworkFault::CertificateOther),
        }
    }

    /// Reads the number at the end of an error text. The verifiers of Windows and macOS give most numbers only there.
    pub fn from_system_text(text: &str) -> Self {
        let text = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let begin = text.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| {
            // The sign belongs to the number.
            if text[at..].starts_with('-') {
                at
            } else {
                at + text[at..].chars().next().map_or(0, char::len_utf8)
            }
        });
        text[begin..].parse().map_or(Self::Other, Self::from_system_code)
    }

    /// HRESULTs of Windows (winerror.h) and OSStatus values of macOS (SecBase.h). No number is in both.
    fn from_system_code(code: i32) -> Self {
        match code.cast_unsigned() {
            // CERT_E_UNTRUSTEDROOT, CERT_E_CHAINING, CERT_E_UNTRUSTEDCA.
            0x800B_0109 | 0x800B_010A | 0x800B_0112 => return Self::UnknownIssuer,
            // TRUST_E_CERT_SIGNATURE: an authority with the name of a known one and another key.
            0x8009_6004 => return Self::UnknownIssuer,
            // CERT_E_EXPIRED, which also means not yet valid.
            0x800B_0101 => return Self::Expired,
            // CERT_E_CN_NO_MATCH, CERT_E_INVALID_NAME.
            0x800B_010F | 0x800B_0114 => return Self::WrongName,
            // CERT_E_REVOKED, CRYPT_E_REVOKED.
            0x800B_010C | 0x8009_2010 => return Self::Revoked,
            _ => {}
        }
        match code {
            // errSecNotTrusted, errSecCreateChainFailed.
            -67_843 | -25_318 => Self::UnknownIssuer,
            // errSecCertificateExpired.
            -67_818 => Self::Expired,
            // errSecCertificateNotValidYet.
            -67_819 => Self::NotYetValid,
            // errSecHostNameMismatch.
            -67_602 => Self::WrongName,
            // errSecCertificateRevoked.
            -67_820 => Self::Revoked,
            _ => Self::Other,
        }
    }

    /// Distinguishes what Windows has one number for. `not_before` are those of the certificates in the chain; all times
    /// are seconds since 1970.
    pub fn at(self, mut not_before: impl Iterator<Item = i64>, now: i64) -> Self {
        match self {
            Self::Expired if not_before.any(|begin| begin > now) => Self::NotYetValid,
            problem => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CertificateProblem::*;
    use super::*;

    #[test]
    fn each_number_of_a_system_has_its_problem() {
        let hresult =
            |code: u32| format!("The text of Windows, in 2 lines. (os error {})", code.cast_signed());
        let os_status = |code: i32| format!("“Gateway 7” certificate is not trusted: {code}");
        for (text, wanted) in [
            (hresult(0x800B_0109), UnknownIssuer),
            (hresult(0x800B_010A), UnknownIssuer),
            (hresult(0x800B_0112), UnknownIssuer),
            (hresult(0x8009_6004), UnknownIssuer),
            (hresult(0x800B_0101), Expired),
            (hresult(0x800B_010F), WrongName),
            (hresult(0x800B_0114), WrongName),
            (hresult(0x800B_010C), Revoked),
            (hresult(0x8009_2010), Revoked),
            (hresult(0x8009_310B), Other),
            (os_status(-67_843), UnknownIssuer),
            (os_status(-25_318), UnknownIssuer),
            (os_status(-67_818), Expired),
            (os_status(-67_819), NotYetValid),
            (os_status(-67_602), WrongName),
            (os_status(-67_820), Revoked),
            (os_status(-50), Other),
            // The sign counts, and so does the last number alone.
            (os_status(67_843), Other),
            ("-67843".into(), UnknownIssuer),
            ("error -67843 after 3 tries".into(), Other),
            ("99999999999999999999".into(), Other),
            ("é1".into(), Other),
            ("no number".into(), Other),
            (String::new(), Other),
        ] {
            assert_eq!(CertificateProblem::from_system_text(&text), wanted, "{text}");
        }
    }

    #[test]
    fn a_certificate_that_begins_later_has_not_expired() {
        for (problem, not_before, wanted) in [
            (Expired, &[100, 50][..], Expired),
            (Expired, &[50, 101], NotYetValid),
            (Expired, &[], Expired),
            (UnknownIssuer, &[101], UnknownIssuer),
        ] {
            assert_eq!(problem.at(not_before.iter().copied(), 100), wanted, "{problem:?} {not_before:?}");
        }
    }
}
