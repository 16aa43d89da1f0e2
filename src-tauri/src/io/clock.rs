//! The time and randomness of this computer, which the domain takes as arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::renewal::to_ms;

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    to_ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Whether more than `time` has passed since `since`, in milliseconds since 1970.
pub fn has_passed(time: Duration, since: i64) -> bool {
    now_ms().saturating_sub(since) > to_ms(time)
}

/// Seconds since 1970, as OAuth 1.0a counts them (RFC 5849 §3.3).
pub fn now_s() -> u64 {
    u64::try_from(now_ms() / 1000).unwrap_or_default()
}

/// Random bytes from the operating system. Panics if it has none to give: no secret can be made then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// 256 random bits as text that needs no escaping in a URL: `state`, codes and tokens.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// 128 random bits in lower-case hexadecimal: ids, which are also file names.
pub fn random_id() -> String {
    hex::encode(random::<16>())
}
