//! The JSON Schema of the element format, generated from the types.

use std::fs;

use crate::element::Element;

/// The schema for editors and for authors of elements.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../elements/schema.json");

/// With `KEYRACK_WRITE_SCHEMA=1` this test writes the file first.
#[test]
fn the_committed_schema_is_current() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Element)).expect("a schema is JSON");
    let schema = format!("{schema}\n");
    if std::env::var_os("KEYRACK_WRITE_SCHEMA").is_some() {
        fs::write(FILE, &schema).expect("the schema can be written");
    }
    let kept = fs::read_to_string(FILE).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == schema, "schema.json is older than the types: run `make types`");
}
