//! Numbers of elements and entries in the API. They are derived from the key, and so the same at every start.

/// FNV-1a with 32 bits, without the sign bit that the integers of some callers have.
pub(super) fn number_of(key: &str) -> u32 {
    let hash =
        key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::io::catalog::Catalog;

    #[test]
    fn each_element_has_its_own_number() {
        assert_eq!(number_of("zendesk"), number_of("zendesk"));
        let catalog = Catalog::shipped();
        let numbers: BTreeSet<_> = catalog.iter().map(|element| number_of(&element.key)).collect();
        assert_eq!(numbers.len(), catalog.iter().count());
    }
}
