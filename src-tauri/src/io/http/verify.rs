//! Verifies server certificates with the operating system's trust store and the authorities that the user added, and
//! keeps the reason of a refusal. No setting overrides a refusal.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::domain::certificate::CertificateProblem;
use crate::io::trust::{Trust, issuer_name, not_before};

fn find_problem(error: &rustls::Error) -> CertificateProblem {
    let rustls::Error::InvalidCertificate(error) = error else { return CertificateProblem::Other };
    match error {
        // An authority with the name of a known one and another key leads to a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateProblem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::WrongName
        }
        CertificateError::Revoked => CertificateProblem::Revoked,
        CertificateError::Other(OtherError(error)) => {
            CertificateProblem::from_system_text(&error.to_string())
        }
        _ => CertificateProblem::Other,
    }
}

/// A refusal, as it passes through the error chain between handshake and caller.
#[derive(Clone, Debug)]
pub(super) struct CertificateRefusal {
    pub(super) problem: CertificateProblem,
    /// The issuer of the last certificate in the chain.
    pub(super) issuer: Option<String>,
}

impl fmt::Display for CertificateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.description())
    }
}

impl Error for CertificateRefusal {}

impl CertificateRefusal {
    /// Finds the refusal among the causes of an error.
    pub(super) fn find_in(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(refused)))) =
                error.downcast_ref()
            {
                return refused.downcast_ref().cloned();
            }
            cause = match error.downcast_ref::<std::io::Error>() {
                // `source` skips the error that an `io::Error` wraps.
                Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }
}

/// TLS with the operating system's trust store and these authorities. Reading the store takes some milliseconds.
pub(super) fn tls_config(added: Vec<CertificateDer<'static>>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let platform = open_verifier(added, &provider).ok();
    config(provider.clone(), SystemVerifier { platform, provider })
}

/// The plain verifier if no authority was added, or if the added ones cannot be used: on Windows they need an engine of
/// their own, whose failure must not refuse the servers that the system trusts.
fn open_verifier(
    added: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    if !added.is_empty()
        && let Ok(verifier) = Verifier::new_with_extra_roots(added, provider.clone())
    {
        return Ok(verifier);
    }
    Verifier::new(provider.clone())
}

/// Checks that certificates can be verified here, also with the added authorities. The error is in fixed words.
pub fn check_trust(trust: &Trust) -> Result<(), &'static str> {
    check_roots(trust.roots())
}

fn check_roots(added: Vec<CertificateDer<'static>>) -> Result<(), &'static str> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Verifier::new(provider.clone()).map_err(|_| CertificateProblem::NoStore.description())?;
    if added.is_empty() {
        return Ok(());
    }
    Verifier::new_with_extra_roots(added, provider)
        .map(drop)
        .map_err(|_| "the system cannot use the certificate authorities that were added")
}

/// For clients that speak no TLS: reads no store and refuses every certificate.
pub(super) fn tls_config_without_trust() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    config(provider.clone(), SystemVerifier { platform: None, provider })
}

fn config(provider: Arc<CryptoProvider>, verifier: SystemVerifier) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of both versions")
        // rustls calls any verifier but its own dangerous. Ours refuses what the system's refuses.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[derive(Debug)]
struct SystemVerifier {
    /// `None` without a trust store.
    platform: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for SystemVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refuse = |problem| {
            let issuer = issuer_name(intermediates.last().unwrap_or(end_entity));
            CertificateError::Other(OtherError(Arc::new(CertificateRefusal { problem, issuer }))).into()
        };
        let Some(platform) = &self.platform else { return Err(refuse(CertificateProblem::NoStore)) };
        platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| {
                let chain = std::iter::once(end_entity).chain(intermediates).filter_map(not_before);
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                refuse(find_problem(&error).at(chain, now))
            },
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_operating_system_are_found_in_its_error() {
        for (text, wanted) in [
            (
                "A certificate chain could not be built. (os error -2146762486)",
                CertificateProblem::UnknownIssuer,
            ),
            ("“localhost” certificate is not trusted: -67843", CertificateProblem::UnknownIssuer),
            ("“localhost” certificate is expired: -67818", CertificateProblem::Expired),
            ("Malformed OCSP response", CertificateProblem::Other),
        ] {
            let other = OtherError(Arc::from(Box::<dyn Error + Send + Sync>::from(text)));
            assert_eq!(find_problem(&CertificateError::Other(other).into()), wanted, "{text}");
        }
    }

    #[test]
    fn authorities_that_cannot_be_used_leave_those_of_the_system() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let damaged = vec![CertificateDer::from(b"damaged".to_vec())];
        assert!(Verifier::new_with_extra_roots(damaged.clone(), provider.clone()).is_err());
        assert!(open_verifier(damaged.clone(), &provider).is_ok());
        assert_eq!(check_roots(Vec::new()), Ok(()));
        assert!(check_roots(damaged).is_err_and(|text| text.ends_with("that were added")));
    }
}
