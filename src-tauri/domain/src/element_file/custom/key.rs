//! The key of a custom element.

use sha2::{Digest, Sha256};
use url::Url;

use crate::address::host_and_port;

/// A key is also a folder name and a part of an address; this keeps it recognizable.
const LONGEST_KEY: usize = 60;

/// The key for the server at this address: its host, its port if that is unusual, and its path.
pub(super) fn key_for(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return String::new() };
    let text = format!("{}/{}", host_and_port(&url), url.path()).to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let key = words.join("-");
    if key.len() > LONGEST_KEY {
        let tail = hex::encode(&Sha256::digest(address.as_bytes())[..4]);
        return format!("{}-{tail}", key[..LONGEST_KEY - 1 - tail.len()].trim_end_matches('-'));
    }
    // The key of a product is one word, which a host of one word must not replace.
    if words.len() == 1 { format!("{key}-server") } else { key }
}
