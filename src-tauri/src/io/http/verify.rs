//! Verifies server certificates with the operating system's trust store and the certificates that the user added, and
//! keeps the reason of a refusal. No setting overrides a refusal.

use std::error::Error;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::chain::causes;
use crate::domain::certificate::CertificateProblem;
use crate::io::trust::{Added, Trust, check_server, is_self_issued, issuer_name, not_before};

fn find_problem(error: &rustls::Error) -> CertificateProblem {
    let rustls::Error::InvalidCertificate(error) = error else { return CertificateProblem::Other };
    match error {
        // An authority with the name of a known one and another key leads to a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateProblem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            CertificateProblem::NoName
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
#[derive(Debug, thiserror::Error)]
#[error("{}", .problem.description())]
pub(super) struct CertificateRefusal {
    pub(super) problem: CertificateProblem,
    /// The issuer of the last certificate in the chain.
    pub(super) issuer: Option<String>,
}

impl CertificateRefusal {
    /// Finds the refusal among the causes of an error.
    pub(super) fn find_in<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        causes(error).find_map(|error| match error.downcast_ref()? {
            rustls::Error::InvalidCertificate(CertificateError::Other(refused)) => refused.0.downcast_ref(),
            _ => None,
        })
    }
}

/// TLS with the operating system's trust store, whose reading takes some milliseconds, and what the user added. `None`
/// reads no store and refuses every certificate, for clients that speak no TLS.
pub(super) fn tls_config(added: Option<Added>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (platform, added) = match added {
        Some(added) => (open_verifier(added.authorities, &provider).ok(), added.all),
        None => (None, Vec::new()),
    };
    let verifier = SystemVerifier { platform, added, provider: provider.clone() };
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
    check_roots(trust.added().authorities)
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

/// Judges the certificate of a server that the user added itself: it counts for its own names, while it is valid.
fn check_added(
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, rustls::Error> {
    verify_server_name(&ParsedCertificate::try_from(certificate)?, server_name)?;
    check_server(certificate, i64::try_from(now.as_secs()).unwrap_or(i64::MAX))?;
    Ok(ServerCertVerified::assertion())
}

#[derive(Debug)]
struct SystemVerifier {
    /// `None` without a trust store.
    platform: Option<Verifier>,
    /// A server may show one of these as its own, also an authority's, which is what `openssl req -x509` makes.
    added: Vec<CertificateDer<'static>>,
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
        if self.added.iter().any(|added| added == end_entity) {
            return check_added(end_entity, server_name, now).map_err(|error| refuse(find_problem(&error)));
        }
        let Some(platform) = &self.platform else { return Err(refuse(CertificateProblem::NoStore)) };
        platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| {
                let chain = std::iter::once(end_entity).chain(intermediates).filter_map(not_before);
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                match find_problem(&error).at(chain, now) {
                    // An authority's own certificate is refused for being one, before its issuer is looked for.
                    CertificateProblem::Other if is_self_issued(end_entity) => {
                        refuse(CertificateProblem::UnknownIssuer)
                    }
                    problem => refuse(problem),
                }
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
