//! Reads and checks certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};
use zeroize::Zeroizing;

use super::error::TrustError;
use crate::domain::text::plain_line;
use crate::domain::text_file;
use crate::domain::view::CertificateView;

/// A chain of authorities has some kilobytes; a browser's whole list has two hundred.
const MAX_GIVEN_BYTES: usize = 64 * 1024;
const MAX_NAME_CHARS: usize = 120;

/// The end of every label of a private key in PEM (RFC 7468 §§10 and 11, RFC 5915 §4).
const KEY_LABEL_END: &[u8] = b"PRIVATE KEY-----";

/// All certificates of a text in PEM, or one in DER.
pub(super) fn parse(given: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    if text_file::is_marked(given) {
        let text = text_file::decode(given).map_err(|_| TrustError::NoCertificate)?;
        return parse(Zeroizing::new(text).trim_start_matches('\u{feff}').as_bytes());
    }
    // Before anything else: the content may be kept or quoted from here on.
    if given.windows(KEY_LABEL_END.len()).any(|part| part == KEY_LABEL_END) {
        return Err(TrustError::PrivateKey);
    }
    if given.len() > MAX_GIVEN_BYTES {
        return Err(TrustError::TooLarge);
    }
    let in_pem: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(given).collect();
    match in_pem {
        Ok(all) if !all.is_empty() => Ok(all),
        // Windows exports DER by default; it begins with the tag of a sequence.
        Ok(_) if given.first() == Some(&0x30) => Ok(vec![CertificateDer::from(given.to_vec())]),
        _ => Err(TrustError::NoCertificate),
    }
}

/// Checks that a certificate is an authority's and valid now.
pub(super) fn check_authority(der: &CertificateDer<'_>, now_ms: i64) -> Result<CertificateView, TrustError> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| TrustError::NoCertificate)?;
    let view = view(der).filter(|_| rest.is_empty()).ok_or(TrustError::NoCertificate)?;
    // RFC 5280 §4.2.1.9: only a certificate with this extension may issue others.
    if !certificate.is_ca() {
        return Err(TrustError::NotAnAuthority(view.subject));
    }
    if view.expires_at <= now_ms {
        return Err(TrustError::Expired(view.subject));
    }
    if RootCertStore::empty().add(der.clone().into_owned()).is_err() {
        return Err(TrustError::Unusable(view.subject));
    }
    Ok(view)
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
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(display_name(certificate.issuer())).filter(|name| !name.is_empty())
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
