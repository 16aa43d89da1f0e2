//! Reads and checks certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, RootCertStore};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::error::TrustError;
use super::file::read_certificates;
use crate::domain::text::plain_line;
use crate::domain::view::CertificateView;

const MAX_NAME_CHARS: usize = 120;

/// All certificates of a file.
pub(super) fn parse(given: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    Ok(read_certificates(given)?.into_iter().map(CertificateDer::from).collect())
}

/// Checks that a certificate can be trusted now: an authority's, or one that a server issued for itself.
pub(super) fn check(der: &CertificateDer<'_>, now_ms: i64) -> Result<CertificateView, TrustError> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| TrustError::NoCertificate)?;
    let view = view(der).filter(|_| rest.is_empty()).ok_or(TrustError::NoCertificate)?;
    if !certificate.is_ca() {
        if certificate.issuer() != certificate.subject() {
            return Err(TrustError::NotAnAuthority(view.subject));
        }
        // A common name is no name of a server (RFC 9525 §2).
        if !matches!(certificate.subject_alternative_name(), Ok(Some(_))) {
            return Err(TrustError::NamesNoServer(view.subject));
        }
    }
    if view.expires_at <= now_ms {
        return Err(TrustError::Expired(view.subject));
    }
    if RootCertStore::empty().add(der.clone().into_owned()).is_err() {
        return Err(TrustError::Unusable(view.subject));
    }
    Ok(view)
}

/// Whether a certificate may issue others (RFC 5280 §4.2.1.9).
pub(super) fn is_authority(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| certificate.is_ca())
}

/// Whether a certificate names itself as its issuer.
pub(in crate::io) fn is_self_issued(der: &CertificateDer<'_>) -> bool {
    let parsed = X509Certificate::from_der(der);
    parsed.is_ok_and(|(_, certificate)| certificate.issuer() == certificate.subject())
}

/// Whether a certificate may be a server's own (RFC 5280 §4.2.1.12), and is valid at this moment.
pub(in crate::io) fn check_server(der: &CertificateDer<'_>, seconds: i64) -> Result<(), CertificateError> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
    let usage = certificate.extended_key_usage().map_err(|_| CertificateError::BadEncoding)?;
    if usage.is_some_and(|usage| !usage.value.server_auth && !usage.value.any) {
        return Err(CertificateError::InvalidPurpose);
    }
    let validity = certificate.validity();
    if seconds < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet);
    }
    if seconds > validity.not_after.timestamp() {
        return Err(CertificateError::Expired);
    }
    Ok(())
}

pub(super) fn view(der: &CertificateDer<'_>) -> Option<CertificateView> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(CertificateView {
        subject: display_name(certificate.subject()),
        issuer: display_name(certificate.issuer()),
        expires_at: certificate.validity().not_after.timestamp().saturating_mul(1000),
        sha256: fingerprint(der),
    })
}

/// The issuer of an untrusted certificate, as one line of plain text.
pub(in crate::io) fn issuer_name(der: &CertificateDer<'_>) -> Option<String> {
    Some(view(der)?.issuer).filter(|name| !name.is_empty())
}

/// When a certificate begins to be valid, in seconds since 1970.
pub(in crate::io) fn not_before(der: &CertificateDer<'_>) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.validity().not_before.timestamp())
}

/// The common name, with the organisation unless the name contains it.
fn display_name(name: &X509Name<'_>) -> String {
    let text = |part: Option<&AttributeTypeAndValue<'_>>| {
        part.and_then(|part| part.as_str().ok())
            .map(|text| plain_line(text, MAX_NAME_CHARS))
            .filter(|text| !text.is_empty())
    };
    let common = text(name.iter_common_name().next());
    let organization = text(name.iter_organization().next());
    match (common, organization) {
        (Some(common), Some(organization)) if !common.contains(&organization) => {
            format!("{common} ({organization})")
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => plain_line(&name.to_string(), MAX_NAME_CHARS),
    }
}

pub(super) fn fingerprint(der: &[u8]) -> String {
    hex::encode(Sha256::digest(der))
}

/// RFC 7468 §2: lines of 64 characters.
pub(super) fn to_pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
