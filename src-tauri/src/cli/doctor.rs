//! `keyrack doctor`: checks everything that the program needs. The only command that lists the keychain.

use std::collections::BTreeSet;

use serde_json::json;

use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use super::sentence::sentence;
use crate::domain::connection::Connection;
use crate::domain::error::{Code, Failure};
use crate::io::http::proxy_in_use;
use crate::io::listener::Bound;
use crate::io::loopback::Loopback;
use crate::io::vault::KEYCHAIN_NAME;

struct Finding {
    check: &'static str,
    text: String,
    failure: Option<Failure>,
}

impl Finding {
    fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, text: text.into(), failure: None }
    }

    fn bad(check: &'static str, failure: Failure) -> Self {
        Self { check, text: sentence(&failure, None), failure: Some(failure) }
    }

    fn of(check: &'static str, result: Result<String, Failure>) -> Self {
        result.map_or_else(|failure| Self::bad(check, failure), |text| Self::good(check, text))
    }
}

pub(super) fn run(context: &Context) -> Result<(), Problem> {
    let findings = [
        Finding::of("index", check_index(context)),
        Finding::of("keychain", check_keychain(context)),
        Finding::of("connections", check_items(context)),
        Finding::good("callback port", check_port(context)),
        Finding::of("network", describe_network(context)),
        Finding::of("elements", check_elements(context)),
    ];
    if context.json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({ "check": f.check, "ok": f.failure.is_none(), "says": f.text, "failure": f.failure }))
            .collect();
        print::json(&json!({ "version": env!("CARGO_PKG_VERSION"), "findings": list }));
    } else {
        print::table(findings.iter().map(|f| {
            let mark = if f.failure.is_none() { "ok" } else { "problem" };
            [mark, f.check, f.text.as_str()]
        }));
    }
    findings.into_iter().find_map(|f| f.failure).map_or(Ok(()), |failure| Err(Problem::printed(failure)))
}

fn check_index(context: &Context) -> Result<String, Failure> {
    context.engine.index.probe()?;
    Ok(context.engine.paths.index().display().to_string())
}

fn check_keychain(context: &Context) -> Result<String, Failure> {
    context.engine.vault.probe()?;
    Ok(format!("the {KEYCHAIN_NAME} takes and returns values"))
}

/// Finds rows without an item, and items without a row.
fn check_items(context: &Context) -> Result<String, Failure> {
    block_on(context.engine.reconcile())?;
    let kept = context.engine.vault.connection_ids()?;
    // Items of open attempts and pending removals are expected.
    let open = context.engine.index.open_attempts()?.into_iter().map(|attempt| attempt.id);
    let expected: Vec<_> = open.chain(context.engine.index.pending_removals()?).collect();
    let rows = context.engine.index.connections(None)?;
    let is_readable = |id: &str| matches!(context.engine.vault.get(id), Ok(Some(_)));
    if let Some(row) = rows.iter().find(|row| !kept.contains(&row.id) || !is_readable(&row.id)) {
        let failure = Failure::new(Code::SignInExpired).name(&row.name);
        return Err(failure.detail("the keychain holds no whole item for it"));
    }
    let text = format!("{} connections, each with its item", rows.len());
    Ok(match count_orphans(&kept, &rows, &expected) {
        0 => text,
        orphans => format!("{text}; {orphans} items in the {KEYCHAIN_NAME} belong to no connection"),
    })
}

/// Counts the items that belong neither to a connection nor to an operation that was begun.
fn count_orphans(kept: &BTreeSet<String>, rows: &[Connection], expected: &[String]) -> usize {
    kept.iter().filter(|id| !rows.iter().any(|row| row.id == **id) && !expected.contains(id)).count()
}

/// A port in use is no failure: an open sign-in holds it too.
fn check_port(context: &Context) -> String {
    let port = context.engine.callback_port();
    match block_on(Bound::bind(Loopback::Name, port)) {
        Ok(_) => format!("{port} is free"),
        Err(_) => format!("{port} is in use just now"),
    }
}

fn describe_network(context: &Context) -> Result<String, Failure> {
    let added = context.engine.trust().list()?;
    let proxy =
        proxy_in_use().map_or_else(|| "no proxy".to_owned(), |proxy| format!("through the proxy {proxy}"));
    let authorities = match added.as_slice() {
        [] => "the system's certificate authorities".to_owned(),
        [one] => format!("the system's certificate authorities and “{}”", one.subject),
        several => format!("the system's certificate authorities and {} that were added", several.len()),
    };
    let mut text = format!("{proxy}; {authorities}");
    // Known only if a server was asked meanwhile.
    if let Some(skew) = context.engine.clock_skew() {
        let way = if skew > 0 { "slow" } else { "fast" };
        text.push_str(&format!("; this computer's clock is {} seconds {way}", skew.abs()));
    }
    Ok(text)
}

fn check_elements(context: &Context) -> Result<String, Failure> {
    let catalog = context.engine.catalog();
    match catalog.faults().first() {
        None => Ok(format!("{} can be connected", catalog.iter().count())),
        Some(fault) => {
            let file = fault.file.display().to_string();
            Err(Failure::new(Code::ElementInvalid).name(file).detail(fault.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_operations_that_were_begun_are_no_orphans() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let kept = BTreeSet::from_iter(ids(&["attempt", "removed", "unknown"]));
        assert_eq!(count_orphans(&kept, &[], &ids(&["attempt", "removed"])), 1);
        assert_eq!(count_orphans(&kept, &[], &[]), 3);
    }
}
