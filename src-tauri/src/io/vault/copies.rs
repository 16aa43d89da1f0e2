//! An item that the keyring holds more than once, after keyrings were restored, merged or imported: the newest counts, and
//! the next write or removal deletes the others.

use keyring_core::{Entry, Error as Keyring};

use super::keychain;

pub(super) fn get_secret(entry: &Entry) -> Result<Vec<u8>, Keyring> {
    match entry.get_secret() {
        Err(Keyring::Ambiguous(copies)) => split_newest(copies)?.0.get_secret(),
        done => done,
    }
}

pub(super) fn set_secret(entry: &Entry, secret: &[u8]) -> Result<(), Keyring> {
    match entry.set_secret(secret) {
        Err(Keyring::Ambiguous(copies)) => {
            let (newest, older) = split_newest(copies)?;
            newest.set_secret(secret)?;
            // The value is saved, even if a copy stays.
            let _ = delete_all(older);
            Ok(())
        }
        done => done,
    }
}

/// Deletes the item with all its copies. There need not be one.
pub(super) fn delete(entry: &Entry) -> Result<(), Keyring> {
    match entry.delete_credential() {
        Ok(()) | Err(Keyring::NoEntry) => Ok(()),
        Err(Keyring::Ambiguous(copies)) => delete_all(copies),
        Err(error) => Err(error),
    }
}

fn delete_all(copies: Vec<Entry>) -> Result<(), Keyring> {
    copies.iter().try_for_each(|copy| match copy.delete_credential() {
        Err(Keyring::NoEntry) => Ok(()),
        done => done,
    })
}

fn split_newest(mut copies: Vec<Entry>) -> Result<(Entry, Vec<Entry>), Keyring> {
    copies.sort_by_cached_key(keychain::age);
    let newest = copies.pop().ok_or(Keyring::NoEntry)?;
    Ok((newest, copies))
}
