//! Runs each target over its seeds, among them inputs that once broke a promise.

use std::fs;
use std::path::Path;

fn run_over_seeds(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(&folder).expect("a folder of seeds") {
        let path = entry.expect("an entry").path();
        // A panic shows the seed by name.
        println!("{}", path.display());
        check(&fs::read(&path).expect("a readable seed"));
        seeds += 1;
    }
    assert!(seeds > 0, "{target} has no seeds");
}

#[test]
fn the_seeds_break_no_promise_of_the_domain() {
    run_over_seeds("callback_query", crate::callback_query::check);
    run_over_seeds("token_answer", crate::token_answer::check);
    run_over_seeds("metadata_document", crate::metadata_document::check);
    run_over_seeds("element_file", crate::element_file::check);
    run_over_seeds("template", crate::template::check);
}

#[cfg(feature = "servers")]
#[test]
fn the_seeds_break_no_promise_of_the_servers() {
    run_over_seeds("instance_body", crate::instance_body::check);
    run_over_seeds("callback_bytes", crate::callback_bytes::check);
    run_over_seeds("serve_bytes", crate::serve_bytes::check);
}
