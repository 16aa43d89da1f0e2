//! Numbers for what has none of its own here. The API knows elements and entries by number too; ours are derived from
//! the key, so that they are the same at every start.

/// A number for a key: FNV-1a with 32 bits, without the sign that some callers' integers have.
pub(super) fn of(key: &str) -> u32 {
    let hash =
        key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::catalog::Catalog;

    #[test]
    fn a_number_stays_and_each_element_has_its_own() {
        assert_eq!(of("zendesk"), of("zendesk"));
        let catalog = Catalog::shipped();
        let numbers: std::collections::BTreeSet<_> = catalog.iter().map(|element| of(&element.key)).collect();
        assert_eq!(numbers.len(), catalog.iter().count());
    }
}
