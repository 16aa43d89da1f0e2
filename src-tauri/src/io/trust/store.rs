//! The PEM file of added certificates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;

use super::certificate::{check, fingerprint, is_authority, parse, to_pem, view};
use super::error::TrustError;
use super::file::{PemBlock, pem_blocks};
use crate::domain::view::CertificateView;
use crate::io::lock::Lock;
use crate::io::{clock, files};

/// A larger file was not written by this program.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Adding and removing take milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK: &str = "extra-ca";

/// What tells versions of the file apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Stamp(Option<(SystemTime, u64)>);

/// The file of added authorities, which need not exist.
/// The certificates that the user added.
#[derive(Debug, Default)]
pub(in crate::io) struct Added {
    /// The valid authorities, which vouch for servers.
    pub(in crate::io) authorities: Vec<CertificateDer<'static>>,
    /// Every certificate. A server may show one of them as its own.
    pub(in crate::io) all: Vec<CertificateDer<'static>>,
}

/// The file of added authorities, which need not exist.
#[derive(Clone, Debug)]
pub struct Trust {
    path: PathBuf,
}

impl Trust {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// In the order in which they were added.
    pub fn list(&self) -> Result<Vec<CertificateView>, TrustError> {
        Ok(self.read()?.iter().filter_map(|der| view(der)).collect())
    }

    /// Adds all certificates of a file: all or none. Those already there stay as they are.
    pub fn add(&self, given: &[u8]) -> Result<Vec<CertificateView>, TrustError> {
        let new = parse(given)?;
        let now = clock::now_ms();
        let views = new.iter().map(|der| check(der, now)).collect::<Result<Vec<_>, _>>()?;
        let _lock = self.lock()?;
        let mut all = self.read()?;
        for der in new {
            if !all.contains(&der) {
                all.push(der);
            }
        }
        self.write(&all)?;
        Ok(views)
    }

    /// Removes a certificate by its SHA-256 in hexadecimal, with or without colons, in either case.
    pub fn remove(&self, sha256: &str) -> Result<CertificateView, TrustError> {
        let wanted = sha256.replace([':', ' '], "").to_ascii_lowercase();
        let _lock = self.lock()?;
        let mut all = self.read()?;
        let place = all.iter().position(|der| fingerprint(der) == wanted).ok_or(TrustError::Unknown)?;
        let removed = view(&all.remove(place)).ok_or(TrustError::Unknown)?;
        self.write(&all)?;
        Ok(removed)
    }

    /// What was added. Unusable authorities are skipped, so that a file edited by hand does not break every connection.
    pub(in crate::io) fn added(&self) -> Added {
        let now = clock::now_ms();
        let all = self.read().unwrap_or_default();
        let usable = |der: &&CertificateDer<'_>| is_authority(der) && check(der, now).is_ok();
        Added { authorities: all.iter().filter(usable).cloned().collect(), all }
    }

    pub(in crate::io) fn stamp(&self) -> Stamp {
        let metadata = fs::metadata(&self.path).ok();
        Stamp(metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len()))))
    }

    fn lock(&self) -> Result<Lock, TrustError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        Lock::take_blocking(folder, LOCK, LOCK_TIMEOUT)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::TimedOut).into())
    }

    fn read(&self) -> Result<Vec<CertificateDer<'static>>, TrustError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES => {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            _ => {}
        }
        let bytes = fs::read(&self.path)?;
        let text = String::from_utf8_lossy(&bytes);
        let found = pem_blocks(&text).filter_map(PemBlock::certificates).flatten();
        Ok(found.map(CertificateDer::from).collect())
    }

    fn write(&self, all: &[CertificateDer<'_>]) -> Result<(), TrustError> {
        let text: String = all.iter().map(|der| to_pem(der)).collect();
        Ok(files::replace(&self.path, text.as_bytes())?)
    }
}
