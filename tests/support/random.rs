//! Random numbers from a printed seed, so that a run can be repeated with `KEYRACK_SEED=…`.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64, which is short and good enough to choose moments.
pub struct Random {
    pub seed: u64,
    state: u64,
}

impl Random {
    /// Seeded by `KEYRACK_SEED`, else by the clock.
    pub fn new() -> Self {
        let given = std::env::var("KEYRACK_SEED").ok().and_then(|text| text.parse().ok());
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_secs());
        let seed = given.unwrap_or_else(clock);
        println!("KEYRACK_SEED={seed}");
        Self { seed, state: seed }
    }

    /// A number in `0..end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
