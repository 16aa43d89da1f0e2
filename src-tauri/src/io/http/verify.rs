//! Who may speak for a server. The operating system's trust store decides, with the authorities that the person added;
//! this only keeps why it refused, and whom it would have had to trust. There is no way around a refusal.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::io::trust::issuer_of;

/// Why a server's certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody whom this computer trusts vouches for it.
    UnknownIssuer,
    /// It is over.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// It belongs to another server.
    WrongName,
    /// Whoever vouched for it took that back.
    Revoked,
    /// This computer has no trust store, so that no certificate can be good.
    NoStore,
    /// Anything else.
    Other,
}

impl Why {
    /// Fixed words, to stand alone or after a colon.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "nobody known here vouches for its certificate",
            Self::Expired => "its certificate has expired",
            Self::NotYetValid => "its certificate is not valid yet",
            Self::WrongName => "its certificate belongs to another server",
            Self::Revoked => "its certificate was revoked",
            Self::NoStore => "this computer has no list of certificate authorities",
            Self::Other => "its certificate is damaged or not made for this",
        }
    }

    /// Whether a wrong clock on this computer would lead to the same refusal.
    pub fn hangs_on_the_clock(self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid)
    }

    fn of(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(error) = error else { return Self::Other };
        match error {
            // A bad signature is what an authority leads to that has a known one's name, and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Revoked => Self::Revoked,
            _ => Self::Other,
        }
    }
}

/// A refusal on its way through the layers between the handshake and the caller.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) why: Why,
    /// Who issued the last certificate that was presented: whoever would have to be trusted.
    pub(super) issuer: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why.in_words())
    }
}

impl Error for Refused {}

impl Refused {
    /// The refusal among the causes of an error.
    pub(super) fn among(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(refused)))) =
                error.downcast_ref()
            {
                return refused.downcast_ref().cloned();
            }
            cause = match error.downcast_ref::<std::io::Error>() {
                // `source` of such an error skips the very error that it wraps.
                Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }
}

/// The settings of TLS: the operating system's judgement, with these authorities added. Reading its store takes some
/// milliseconds.
pub(super) fn verifying(added: Vec<CertificateDer<'static>>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let platform = Verifier::new_with_extra_roots(added, provider.clone()).ok();
    config(provider.clone(), Judge { platform, provider })
}

/// Settings for clients that speak no TLS: nothing is read, and nobody would be believed.
pub(super) fn believing_nobody() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    config(provider.clone(), Judge { platform: None, provider })
}

fn config(provider: Arc<CryptoProvider>, judge: Judge) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of both versions")
        // The name that rustls gives to any verifier but its own. Ours refuses whatever the system's refuses.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[derive(Debug)]
struct Judge {
    /// Absent where there is no trust store.
    platform: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refused = |why| {
            let issuer = issuer_of(intermediates.last().unwrap_or(end_entity));
            CertificateError::Other(OtherError(Arc::new(Refused { why, issuer }))).into()
        };
        let Some(platform) = &self.platform else { return Err(refused(Why::NoStore)) };
        platform
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| refused(Why::of(&error)))
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
