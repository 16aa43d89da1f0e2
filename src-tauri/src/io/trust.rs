//! Certificate authorities that the person trusts beside those of the operating system, such as the one of an
//! organisation whose network opens what passes through. One file in PEM; only `io/http` asks what is in it.
//!
//! The operating system's own store is read by `io/http/verify`. Nothing here can make the program trust less, or
//! believe a server whom nobody vouches for.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::clock;
use super::lock::Lock;
use super::paths::private_file;
use crate::domain::error::{Code, Failure};
use crate::domain::text::plain_line;
use crate::domain::view::CertificateView;

/// A chain of authorities is some kilobytes; the whole list of a browser would be two hundred.
const GIVEN_MAX: usize = 64 * 1024;
/// All that were ever added. Beyond it the file is not ours.
const FILE_MAX: u64 = 1024 * 1024;
/// Names of authorities are short; whoever writes more writes prose.
const NAME_MAX: usize = 120;
/// Two programs add at once only by accident, and each takes milliseconds.
const TURN: Duration = Duration::from_secs(5);
const LOCK: &str = "extra-ca";

/// Why a certificate was not added or removed. The texts are for people and hold nothing of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A key that must stay where it is.
    #[error("The file holds a private key. Nothing was read from it: give the authority's certificate alone")]
    PrivateKey,
    /// Neither PEM nor a certificate.
    #[error("The file holds no certificate. It should begin with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// More than a chain of authorities can be.
    #[error("The file is larger than 64 kB. Give the authority's certificate alone")]
    TooLarge,
    /// A server's own certificate, or somebody's.
    #[error("The certificate of “{0}” is no authority's. Ask for the one of whoever issued it")]
    NotAnAuthority(String),
    /// It is over.
    #[error("The certificate of “{0}” has expired. Ask for the one that took its place")]
    Expired(String),
    /// A certificate that cannot be checked with, for instance because of its age.
    #[error("The certificate of “{0}” cannot be used to check others")]
    Unusable(String),
    /// None of those that were added.
    #[error("No certificate that was added has this SHA-256")]
    Unknown,
    /// The file cannot be read or written.
    #[error("The list of added certificates cannot be read or written: {0}")]
    File(String),
}

impl TrustError {
    /// A stable word for each.
    pub fn word(&self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::NoCertificate => "no_certificate",
            Self::TooLarge => "too_large",
            Self::NotAnAuthority(_) => "not_an_authority",
            Self::Expired(_) => "expired",
            Self::Unusable(_) => "unusable",
            Self::Unknown => "unknown",
            Self::File(_) => "file",
        }
    }
}

impl From<io::Error> for TrustError {
    fn from(error: io::Error) -> Self {
        Self::File(error.kind().to_string())
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        let code = if matches!(error, TrustError::File(_)) { Code::Internal } else { Code::Usage };
        Self::new(code).detail(error.to_string())
    }
}

/// What a file looked like; another look means that it was written meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Option<(SystemTime, u64)>);

/// The file of added authorities, which need not exist.
#[derive(Clone, Debug)]
pub struct Trust {
    path: PathBuf,
}

impl Trust {
    /// The authorities in this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// What was added, in the order in which it was.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<CertificateView>, TrustError> {
        Ok(self.read()?.iter().filter_map(|der| view(der)).collect())
    }

    /// Adds all certificates of a text in PEM, or one in DER. Either all are added or none. Those that were added
    /// before stay as they are.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be added.
    pub fn add(&self, given: &[u8]) -> Result<Vec<CertificateView>, TrustError> {
        let new = certificates(given)?;
        let now = clock::now_ms();
        let views = new.iter().map(|der| authority(der, now)).collect::<Result<Vec<_>, _>>()?;
        let _turn = self.turn()?;
        let mut all = self.read()?;
        for der in new {
            if !all.contains(&der) {
                all.push(der);
            }
        }
        self.write(&all)?;
        Ok(views)
    }

    /// Takes one away, by its SHA-256 in hexadecimal digits; colons between them and upper case do not matter.
    ///
    /// # Errors
    /// [`TrustError::Unknown`] if it was not added.
    pub fn remove(&self, sha256: &str) -> Result<CertificateView, TrustError> {
        let wanted = sha256.replace([':', ' '], "").to_ascii_lowercase();
        let _turn = self.turn()?;
        let mut all = self.read()?;
        let place = all.iter().position(|der| digest(der) == wanted).ok_or(TrustError::Unknown)?;
        let removed = view(&all.remove(place)).ok_or(TrustError::Unknown)?;
        self.write(&all)?;
        Ok(removed)
    }

    /// Those that can vouch for a server today. Whoever edited the file by hand must not cut this program off from
    /// everything: what cannot be used is left out.
    pub(super) fn roots(&self) -> Vec<CertificateDer<'static>> {
        let now = clock::now_ms();
        let mut all = self.read().unwrap_or_default();
        all.retain(|der| authority(der, now).is_ok());
        all
    }

    pub(super) fn stamp(&self) -> Stamp {
        let seen = fs::metadata(&self.path).ok();
        Stamp(seen.and_then(|seen| Some((seen.modified().ok()?, seen.len()))))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn turn(&self) -> Result<Lock, TrustError> {
        Lock::take_blocking(self.folder(), LOCK, TURN)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::TimedOut).into())
    }

    fn read(&self) -> Result<Vec<CertificateDer<'static>>, TrustError> {
        match fs::metadata(&self.path) {
            Ok(seen) if seen.len() > FILE_MAX => {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            _ => {}
        }
        let text = fs::read(&self.path)?;
        Ok(CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect())
    }

    /// Readers see the old file or the new one, never half of it.
    fn write(&self, all: &[CertificateDer<'_>]) -> Result<(), TrustError> {
        let draft = self.path.with_extension(clock::random_id());
        let written = (|| {
            let mut file = private_file(&draft)?;
            for der in all {
                file.write_all(pem(der).as_bytes())?;
            }
            file.sync_all()?;
            fs::rename(&draft, &self.path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        Ok(written?)
    }
}

/// Who issued a certificate, in one line of plain text: a stranger may have written it.
pub(super) fn issuer_of(der: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(name(certificate.issuer())).filter(|name| !name.is_empty())
}

fn certificates(given: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    // First of all: what follows may be kept or quoted.
    if given.windows(KEY.len()).any(|part| part == KEY) {
        return Err(TrustError::PrivateKey);
    }
    if given.len() > GIVEN_MAX {
        return Err(TrustError::TooLarge);
    }
    let in_pem: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(given).collect();
    match in_pem {
        Ok(all) if !all.is_empty() => Ok(all),
        // Windows exports DER unless told otherwise. A sequence begins with 0x30 there.
        Ok(_) if given.first() == Some(&0x30) => Ok(vec![CertificateDer::from(given.to_vec())]),
        _ => Err(TrustError::NoCertificate),
    }
}

/// The end of every label of a key in PEM, whatever its kind (RFC 7468 §§10 and 11, RFC 5915 §4).
const KEY: &[u8] = b"PRIVATE KEY-----";

/// A certificate that may vouch for others now.
fn authority(der: &CertificateDer<'_>, now_ms: i64) -> Result<CertificateView, TrustError> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| TrustError::NoCertificate)?;
    let view = view(der).filter(|_| rest.is_empty()).ok_or(TrustError::NoCertificate)?;
    // RFC 5280 §4.2.1.9: without this extension, or without its mark, a certificate vouches for nobody.
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

fn view(der: &CertificateDer<'_>) -> Option<CertificateView> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(CertificateView {
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        expires_at: certificate.validity().not_after.timestamp().saturating_mul(1000),
        sha256: digest(der),
    })
}

/// What people call a certificate's owner: the common name, with the organisation where that tells more.
fn name(of: &X509Name<'_>) -> String {
    let text = |part: Option<&x509_parser::x509::AttributeTypeAndValue<'_>>| {
        part.and_then(|part| part.as_str().ok())
            .map(|text| plain_line(text, NAME_MAX))
            .filter(|text| !text.is_empty())
    };
    let common = text(of.iter_common_name().next());
    let organization = text(of.iter_organization().next());
    match (common, organization) {
        (Some(common), Some(organization)) if !common.contains(&organization) => {
            format!("{common} ({organization})")
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => plain_line(&of.to_string(), NAME_MAX),
    }
}

fn digest(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 7468 §2: lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};

    /// A certificate that vouches for itself, and its key.
    fn made(name: &str, change: impl FnOnce(&mut CertificateParams)) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([]).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        (params.self_signed(&key).expect("signed"), key)
    }

    fn home() -> (tempfile::TempDir, Trust) {
        let dir = tempfile::tempdir().expect("a folder");
        let trust = Trust::at(dir.path().join("extra-ca.pem"));
        (dir, trust)
    }

    #[test]
    fn an_authority_is_added_listed_and_removed() {
        let (_dir, trust) = home();
        assert_eq!(trust.list(), Ok(vec![]));
        let (ca, _) = made("Ours", |params| params.distinguished_name.push(DnType::OrganizationName, "Acme"));
        let added = trust.add(ca.pem().as_bytes()).expect("added");
        assert_eq!((added[0].subject.as_str(), added[0].issuer.as_str()), ("Ours (Acme)", "Ours (Acme)"));
        assert!(added[0].expires_at > clock::now_ms());
        assert_eq!(trust.list(), Ok(added.clone()));
        trust.add(ca.der()).expect("DER, and a second time");
        assert_eq!(trust.list(), Ok(added.clone()), "it is there once");

        let spelled = added[0].sha256.to_ascii_uppercase();
        let spelled: Vec<_> = spelled.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        assert_eq!(trust.remove(&spelled.join(":")), Ok(added[0].clone()));
        assert_eq!(trust.list(), Ok(vec![]));
        assert_eq!(trust.remove(&added[0].sha256), Err(TrustError::Unknown));
    }

    #[test]
    fn several_are_added_or_none() {
        let (_dir, trust) = home();
        let (one, _) = made("One", |_| {});
        let (two, _) = made("Two", |_| {});
        let (leaf, _) = made("Leaf", |params| params.is_ca = IsCa::NoCa);
        let bundle = |parts: &[&rcgen::Certificate]| parts.iter().map(|part| part.pem()).collect::<String>();
        let refused = trust.add(bundle(&[&one, &leaf]).as_bytes());
        assert_eq!(refused, Err(TrustError::NotAnAuthority("Leaf".to_owned())));
        assert_eq!(trust.list(), Ok(vec![]));
        let added = trust.add(bundle(&[&one, &two]).as_bytes()).expect("added");
        assert_eq!(added.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["One", "Two"]);
    }

    #[test]
    fn what_cannot_vouch_is_refused_in_words_of_its_own() {
        let (dir, trust) = home();
        let (ca, key) = made("Ours", |_| {});
        let (old, _) = made("Old", |params| params.not_after = date_time_ymd(2020, 1, 1));
        let (leaf, _) = made("Leaf", |params| params.is_ca = IsCa::ExplicitNoCa);
        for (given, error) in [
            (key.serialize_pem(), TrustError::PrivateKey),
            (ca.pem() + &key.serialize_pem(), TrustError::PrivateKey),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----".to_owned(), TrustError::PrivateKey),
            (String::new(), TrustError::NoCertificate),
            ("hello".to_owned(), TrustError::NoCertificate),
            (ca.pem().replace("MI", ""), TrustError::NoCertificate),
            ("-----BEGIN CERTIFICATE-----\n".repeat(4000), TrustError::TooLarge),
            (old.pem(), TrustError::Expired("Old".to_owned())),
            (leaf.pem(), TrustError::NotAnAuthority("Leaf".to_owned())),
        ] {
            assert_eq!(trust.add(given.as_bytes()), Err(error));
        }
        assert!(!dir.path().join("extra-ca.pem").exists(), "nothing was written");
    }

    #[test]
    fn a_name_cannot_move_a_cursor() {
        let (ca, _) = made("Ev\u{1b}[2Jil\u{202E}", |_| {});
        assert_eq!(issuer_of(ca.der()).as_deref(), Some("Ev[2Jil"));
    }

    #[test]
    fn a_file_that_was_edited_by_hand_is_used_as_far_as_it_can_be() {
        let (dir, trust) = home();
        let (ca, _) = made("Ours", |_| {});
        let (old, _) = made("Old", |params| params.not_after = date_time_ymd(2020, 1, 1));
        let text = format!(
            "# by hand\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{}\n{}\nrest",
            old.pem(),
            ca.pem()
        );
        fs::write(dir.path().join("extra-ca.pem"), text).expect("written");
        assert_eq!(trust.roots(), [ca.der().clone()]);
        assert_eq!(trust.list().expect("read").len(), 2, "the one that expired can be removed");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_the_persons_own_and_whole_at_any_time() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, trust) = home();
        let before = trust.stamp();
        trust.add(made("Ours", |_| {}).0.pem().as_bytes()).expect("added");
        let mode = fs::metadata(dir.path().join("extra-ca.pem")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(trust.stamp(), before);

        let adding = |n: usize| {
            let trust = trust.clone();
            std::thread::spawn(move || trust.add(made(&format!("N{n}"), |_| {}).0.pem().as_bytes()).map(drop))
        };
        let all: Vec<_> = (0..4).map(adding).collect();
        for one in all {
            one.join().expect("no panic").expect("added");
        }
        assert_eq!(trust.list().expect("read").len(), 5, "none is lost");
        let left: Vec<_> = fs::read_dir(dir.path())
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("plain"))
            .collect();
        assert_eq!(left.len(), 2, "no draft stays: {left:?}");
    }
}
