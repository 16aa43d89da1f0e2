//! Stores a value in one keychain item, or in numbered parts if it is too long for one.
//!
//! Windows allows 2,560 bytes per item, and access tokens of 16 kB exist. A value is replaced atomically: first the new
//! parts are written, then the head is pointed to them, then the old parts are removed.

use keyring_core::Error as Keyring;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::copies;
use super::entries::Entries;
use crate::domain::sensitive::Sensitive;
use crate::io::clock;

/// The content of the item of a value in parts. No value of ours is such JSON.
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
    hex::encode(Sha256::digest(value))
}

/// The content of an item, and the head that it is if the value is in parts.
struct Content {
    bytes: Zeroizing<Vec<u8>>,
    head: Option<Head>,
}

fn read_item(entries: &Entries) -> Result<Option<Content>, Keyring> {
    match copies::get_secret(&entries.entry(None, "")?) {
        Ok(bytes) => {
            let head = serde_json::from_slice(&bytes).ok();
            Ok(Some(Content { bytes: Zeroizing::new(bytes), head }))
        }
        Err(Keyring::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn write(entries: &Entries, label: &str, value: &Sensitive<String>) -> Result<(), Keyring> {
    let bytes = value.expose().as_bytes();
    let old = read_item(entries)?.and_then(|content| content.head);
    if bytes.len() <= entries.max_item_bytes {
        entries.save(None, label, bytes)?;
    } else {
        let head = Head {
            keyrack_parts: u32::try_from(bytes.len().div_ceil(entries.max_item_bytes)).unwrap_or(u32::MAX),
            generation: clock::random_id()[..8].to_owned(),
            sha256: checksum(bytes),
        };
        if let Err(error) = write_parts(entries, label, &head, bytes) {
            let _ = remove_parts(entries, &head);
            return Err(error);
        }
    }
    if let Some(old) = old {
        // The value is saved, even if unused parts stay.
        let _ = remove_parts(entries, &old);
    }
    Ok(())
}

fn write_parts(entries: &Entries, label: &str, head: &Head, bytes: &[u8]) -> Result<(), Keyring> {
    for (name, chunk) in head.part_names().zip(bytes.chunks(entries.max_item_bytes)) {
        entries.save(Some(&name), label, chunk)?;
    }
    let text = serde_json::to_vec(head).map_err(|e| Keyring::PlatformFailure(Box::new(e)))?;
    entries.save(None, label, &text)
}

pub(super) fn read(entries: &Entries) -> Result<Option<Sensitive<String>>, Keyring> {
    // Read again: a writer may have removed the old parts between reading the head and the parts.
    match read_once(entries) {
        Err(Keyring::BadStoreFormat(_)) => read_once(entries),
        done => done,
    }
}

fn read_once(entries: &Entries) -> Result<Option<Sensitive<String>>, Keyring> {
    let Some(Content { bytes, head }) = read_item(entries)? else { return Ok(None) };
    let whole = match head {
        None => bytes,
        Some(head) => {
            let mut whole = Zeroizing::new(Vec::new());
            for name in head.part_names() {
                match copies::get_secret(&entries.entry(Some(&name), "")?) {
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
    let Some(Content { head, .. }) = read_item(entries)? else { return Ok(()) };
    if let Some(head) = head {
        remove_parts(entries, &head)?;
    }
    copies::delete(&entries.entry(None, "")?)
}

fn remove_parts(entries: &Entries, head: &Head) -> Result<(), Keyring> {
    head.part_names().try_for_each(|name| copies::delete(&entries.entry(Some(&name), "")?))
}
