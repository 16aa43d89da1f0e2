//! One value in one keychain item, or in numbered parts where it is too long for one.
//!
//! Windows holds 2,560 bytes an item, and access tokens of 16 kB exist. The same limit is used everywhere, so that
//! what Windows needs is tested on every system. A value is replaced without a moment at which it is not there: new
//! parts first, then the head is flipped to them, then the old parts are removed.

use keyring_core::Error as Keyring;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Entries;
use crate::domain::sensitive::Sensitive;
use crate::io::clock;

/// CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows.
const PART: usize = 2_560;

/// What the item holds when the value lies in parts. A value of ours never begins like this.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    keyrack_parts: u32,
    generation: String,
    sha256: String,
}

impl Head {
    fn part_names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.keyrack_parts).map(|n| format!("{}.{n}", self.generation))
    }
}

fn checksum(value: &[u8]) -> String {
    Sha256::digest(value).iter().map(|b| format!("{b:02x}")).collect()
}

/// What the item itself holds, and the head that it is if the value lies in parts.
struct Held {
    bytes: Zeroizing<Vec<u8>>,
    head: Option<Head>,
}

fn held(entries: &Entries) -> Result<Option<Held>, Keyring> {
    match entries.entry(None, "")?.get_secret() {
        Ok(bytes) => {
            let head = serde_json::from_slice(&bytes).ok();
            Ok(Some(Held { bytes: Zeroizing::new(bytes), head }))
        }
        Err(Keyring::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn write(entries: &Entries, label: &str, value: &Sensitive<String>) -> Result<(), Keyring> {
    let bytes = value.expose().as_bytes();
    let old = held(entries)?.and_then(|held| held.head);
    if bytes.len() <= PART {
        entries.entry(None, label)?.set_secret(bytes)?;
    } else {
        let head = Head {
            keyrack_parts: u32::try_from(bytes.len().div_ceil(PART)).unwrap_or(u32::MAX),
            generation: clock::random_id()[..8].to_owned(),
            sha256: checksum(bytes),
        };
        if let Err(error) = write_parts(entries, label, &head, bytes) {
            let _ = remove_parts(entries, &head);
            return Err(error);
        }
    }
    if let Some(old) = old {
        // The value is saved: parts that nobody points to any more are no reason to say otherwise.
        let _ = remove_parts(entries, &old);
    }
    Ok(())
}

fn write_parts(entries: &Entries, label: &str, head: &Head, bytes: &[u8]) -> Result<(), Keyring> {
    for (name, chunk) in head.part_names().zip(bytes.chunks(PART)) {
        entries.entry(Some(&name), label)?.set_secret(chunk)?;
    }
    let text = serde_json::to_vec(head).map_err(|e| Keyring::PlatformFailure(Box::new(e)))?;
    entries.entry(None, label)?.set_secret(&text)
}

pub(super) fn read(entries: &Entries) -> Result<Option<Sensitive<String>>, Keyring> {
    // A second look, because the head may be flipped, and its old parts removed, between reading the two.
    match read_once(entries) {
        Err(Keyring::BadStoreFormat(_)) => read_once(entries),
        done => done,
    }
}

fn read_once(entries: &Entries) -> Result<Option<Sensitive<String>>, Keyring> {
    let Some(Held { bytes, head }) = held(entries)? else { return Ok(None) };
    let whole = match head {
        None => bytes,
        Some(head) => {
            let mut whole = Zeroizing::new(Vec::new());
            for name in head.part_names() {
                match entries.entry(Some(&name), "")?.get_secret() {
                    Ok(part) => whole.extend_from_slice(&Zeroizing::new(part)),
                    Err(Keyring::NoEntry) => return Err(Keyring::BadStoreFormat("a part is missing".into())),
                    Err(error) => return Err(error),
                }
            }
            if checksum(&whole) != head.sha256 {
                return Err(Keyring::BadStoreFormat("the parts do not fit together".into()));
            }
            whole
        }
    };
    String::from_utf8(whole.to_vec())
        .map(|text| Some(text.into()))
        .map_err(|e| Keyring::BadEncoding(e.into_bytes()))
}

pub(super) fn erase(entries: &Entries) -> Result<(), Keyring> {
    let Some(Held { head, .. }) = held(entries)? else { return Ok(()) };
    if let Some(head) = head {
        remove_parts(entries, &head)?;
    }
    delete(entries, None)
}

fn remove_parts(entries: &Entries, head: &Head) -> Result<(), Keyring> {
    head.part_names().try_for_each(|name| delete(entries, Some(&name)))
}

fn delete(entries: &Entries, part: Option<&str>) -> Result<(), Keyring> {
    match entries.entry(part, "")?.delete_credential() {
        Ok(()) | Err(Keyring::NoEntry) => Ok(()),
        Err(error) => Err(error),
    }
}
