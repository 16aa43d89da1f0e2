//! Fuzz targets. Each is a function that takes any bytes, gives them to a place where text from outside is read, and
//! panics if the result breaks a promise of that place. `make fuzz` runs them with libFuzzer; the tests of this crate
//! run them over the committed seeds.

pub mod assertions;
pub mod callback_query;
pub mod element_file;
pub mod metadata_document;
pub mod template;
pub mod token_answer;

#[cfg(feature = "servers")]
pub mod callback_bytes;
#[cfg(feature = "servers")]
pub mod instance_body;
#[cfg(feature = "servers")]
pub mod serve_bytes;
#[cfg(feature = "servers")]
mod served;
#[cfg(feature = "servers")]
mod socket;

#[cfg(test)]
mod seeds;

#[cfg(feature = "libfuzzer")]
#[doc(hidden)]
pub use libfuzzer_sys;

/// The program of a target: libFuzzer, or without it a run over the files named on the command line.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(feature = "libfuzzer")]
        keyrack_fuzz::libfuzzer_sys::fuzz_target!(|data: &[u8]| keyrack_fuzz::$name::check(data));

        #[cfg(not(feature = "libfuzzer"))]
        fn main() {
            keyrack_fuzz::run_over_files(keyrack_fuzz::$name::check);
        }
    };
}

/// Runs a target over each file named on the command line, such as one that a crash left behind.
pub fn run_over_files(check: fn(&[u8])) {
    for path in std::env::args_os().skip(1) {
        let data = std::fs::read(&path).expect("a readable file");
        check(&data);
    }
}
