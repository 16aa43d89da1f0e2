use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::print;
use super::problem::Problem;
use crate::engine::open_paths;
use crate::io::vault::{KEYCHAIN_NAME, KEYCHAIN_SERVICE};

/// Enough characters of the home's id to find its items in the keychain.
const PREFIX_LENGTH: usize = 8;

/// Works without an index, which may be newer than this program.
pub(super) fn run(json: bool) -> Result<(), Problem> {
    let paths = open_paths()?;
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("KEYRACK_COMMIT"));
    let date =
        env!("KEYRACK_BUILD_EPOCH").parse().ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let build_date = date.and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_else(|| "unknown".to_owned());
    let (data, config) = (paths.data.display().to_string(), paths.config.display().to_string());
    let prefix: String = paths.home_id.chars().take(PREFIX_LENGTH).collect();
    if json {
        print::json(&json!({
            "version": version,
            "commit": commit,
            "build_date": build_date,
            "data_dir": data,
            "config_dir": config,
            "keychain": { "name": KEYCHAIN_NAME, "service": KEYCHAIN_SERVICE, "home_id_prefix": prefix },
        }));
    } else {
        let keychain = format!("{KEYCHAIN_NAME}, service {KEYCHAIN_SERVICE}, users {prefix}…");
        let facts = [
            ["version", version],
            ["commit", commit],
            ["build date", &build_date],
            ["data", &data],
            ["config", &config],
            ["keychain", &keychain],
        ];
        print::table(facts);
    }
    Ok(())
}
