//! The API of a hosted platform as values: its requests (`call`) and what its answers mean (`answer`, `instance`,
//! `element`, `refusal`).
//!
//! Several products speak this API, each with deviations: reading is tolerant, except where a mistake would lose a token
//! or send a secret elsewhere. Sending, repeating and paging are in `platform/hosted`.

pub mod answer;
mod base_url;
pub mod call;
pub mod element;
pub mod html;
pub mod instance;
pub mod refusal;
mod secrecy;
#[cfg(test)]
mod tests;

pub use base_url::{API_PATH, PRESETS, Preset, base_url};
pub use instance::{attempt_tag, without_attempt_tags};
pub use secrecy::{is_header_safe, is_masked, is_secret_key, may_be_secret};
