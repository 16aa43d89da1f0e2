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
use crate::domain::error::NetworkFault;
use crate::io::trust::{Added, check_server, is_self_issued, issuer_name};

/// Why a server's certificate is refused.
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
    pub(super) fn network_fault(self) -> Option<NetworkFault> {
        match self {
            Self::UnknownIssuer => None,
            Self::Expired | Self::NotYetValid => Some(NetworkFault::CertificateDate),
            Self::WrongName | Self::NoName => Some(NetworkFault::CertificateName),
            Self::Revoked | Self::NoStore | Self::Other => Some(NetworkFault::CertificateOther),
        }
    }

    fn from_rustls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(error) = error else { return Self::Other };
        match error {
            // An authority with the name of a known one and another key leads to a bad signature.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                Self::NoName
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Revoked => Self::Revoked,
            _ => Self::Other,
        }
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
        Some(added) => (Verifier::new_with_extra_roots(added.authorities, provider.clone()).ok(), added.all),
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
            return check_added(end_entity, server_name, now)
                .map_err(|error| refuse(CertificateProblem::from_rustls(&error)));
        }
        let Some(platform) = &self.platform else { return Err(refuse(CertificateProblem::NoStore)) };
        platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| match CertificateProblem::from_rustls(&error) {
                // An authority's own certificate is refused for being one, before its issuer is looked for.
                CertificateProblem::Other if is_self_issued(end_entity) => {
                    refuse(CertificateProblem::UnknownIssuer)
                }
                problem => refuse(problem),
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
