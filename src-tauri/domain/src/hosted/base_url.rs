//! Where the API of a hosted platform begins.

use serde::Serialize;
use url::Url;

use crate::address;
use crate::form::Problem;

/// A platform with a name of its own on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "PresetView"))]
pub struct Preset {
    /// The word on the command line.
    pub name: &'static str,
    pub label: &'static str,
    pub base_url: &'static str,
}

/// The platform's own environments. Any other is given by its address.
pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "us",
        label: "Cloud Elements, United States",
        base_url: "https://api.cloud-elements.com/elements/api-v2",
    },
    Preset {
        name: "eu",
        label: "Cloud Elements, Europe",
        base_url: "https://api.cloud-elements.co.uk/elements/api-v2",
    },
    Preset {
        name: "staging",
        label: "Cloud Elements, staging",
        base_url: "https://staging.cloud-elements.com/elements/api-v2",
    },
];

/// The path of the API at every known platform, also of `serve`.
pub const API_PATH: &str = "/elements/api-v2";

/// The base URL for the name of a preset or an address: https, or http on this computer, since calls carry secrets.
pub fn base_url(text: &str) -> Result<Url, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Required);
    }
    let preset = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(text));
    let mut url = address::parse(preset.map_or(text, |preset| preset.base_url)).ok_or(Problem::Malformed)?;
    if url.query().is_some() {
        return Err(Problem::Malformed);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(if path.is_empty() { API_PATH } else { &path });
    Ok(url)
}
