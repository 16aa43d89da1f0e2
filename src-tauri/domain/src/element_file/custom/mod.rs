//! Custom elements: the form of a generic element names a server, and an element for that server is written to a file.
//! It holds every address, so that later changes of the server's metadata do not change it, and the user can edit it.

mod draft;
mod fields;
mod oauth1;
mod oauth2;
mod toml_text;

pub use oauth1::custom_oauth1;
pub use oauth2::custom_oauth2;
pub use toml_text::to_toml;
