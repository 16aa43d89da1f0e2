//! `keyrack doctor`: is everything there that this program needs? The only command that lists the keychain.

use std::collections::BTreeSet;

use serde_json::json;

use super::print::{self, Problem};
use super::run::{Context, block_on};
use super::trust;
use crate::domain::connection::Connection;
use crate::domain::error::Failure;
use crate::io::listener::Bound;
use crate::io::loopback::Loopback;
use crate::io::vault::KEYCHAIN_NAME;

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    says: String,
    failure: Option<Failure>,
}

impl Finding {
    fn good(what: &'static str, says: impl Into<String>) -> Self {
        Self { what, says: says.into(), failure: None }
    }

    fn bad(what: &'static str, failure: Failure) -> Self {
        Self { what, says: print::sentence(&failure, None), failure: Some(failure) }
    }
}

pub(super) fn doctor(context: &Context) -> Result<(), Problem> {
    let findings = [
        index(context),
        keychain(context),
        items(context),
        port(context),
        network(context),
        elements(context),
    ];
    if context.json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({ "check": f.what, "ok": f.failure.is_none(), "says": f.says, "failure": f.failure }))
            .collect();
        print::json(&json!({ "version": env!("CARGO_PKG_VERSION"), "findings": list }));
    } else {
        print::table(findings.iter().map(|f| {
            let mark = if f.failure.is_none() { "ok" } else { "problem" };
            [mark, f.what, f.says.as_str()]
        }));
    }
    match findings.into_iter().find_map(|f| f.failure) {
        // Said already, in the list.
        Some(failure) => Err(Problem::shown(failure)),
        None => Ok(()),
    }
}

fn index(context: &Context) -> Finding {
    match context.engine.index.probe() {
        Ok(()) => Finding::good("index", context.engine.paths.index().display().to_string()),
        Err(error) => Finding::bad("index", error.into()),
    }
}

fn keychain(context: &Context) -> Finding {
    match context.engine.vault.probe() {
        Ok(()) => Finding::good("keychain", format!("the {KEYCHAIN_NAME} takes and returns values")),
        Err(error) => Finding::bad("keychain", error.into()),
    }
}

/// Rows without an item, and items without a row.
fn items(context: &Context) -> Finding {
    let looked = || -> Result<Finding, Failure> {
        block_on(context.engine.reconcile())?;
        let kept = context.engine.vault.connection_ids()?;
        // The item of a sign-in that is under way, or of a removal that the provider is yet to be told of, is no riddle.
        let open = context.engine.index.open_attempts()?.into_iter().map(|attempt| attempt.id);
        let begun: Vec<_> = open.chain(context.engine.index.pending_removals()?).collect();
        let rows = context.engine.index.connections(None)?;
        let whole = |id: &str| matches!(context.engine.vault.get(id), Ok(Some(_)));
        let missing: Vec<_> = rows.iter().filter(|row| !kept.contains(&row.id) || !whole(&row.id)).collect();
        let orphans = orphans(&kept, &rows, &begun);
        let mut says = format!("{} connections, each with its item", rows.len());
        if orphans > 0 {
            says = format!("{says}; {orphans} items in the {KEYCHAIN_NAME} belong to no connection");
        }
        Ok(match missing.first() {
            None => Finding::good("connections", says),
            Some(row) => {
                let failure = Failure::new(crate::domain::error::Code::SignInExpired).name(&row.name);
                Finding::bad("connections", failure.detail("the keychain holds no whole item for it"))
            }
        })
    };
    looked().unwrap_or_else(|failure| Finding::bad("connections", failure))
}

/// How many kept items neither a connection nor something that was begun accounts for.
fn orphans(kept: &BTreeSet<String>, rows: &[Connection], begun: &[String]) -> usize {
    kept.iter().filter(|id| !rows.iter().any(|row| row.id == **id) && !begun.contains(id)).count()
}

fn port(context: &Context) -> Finding {
    let port = context.engine.callback_port();
    match block_on(Bound::bind(Loopback::Name, port)) {
        Ok(_) => Finding::good("callback port", format!("{port} is free")),
        // Not a failure: a sign-in that is under way holds it too.
        Err(_) => Finding::good("callback port", format!("{port} is in use just now")),
    }
}

fn network(context: &Context) -> Finding {
    match trust::finding(context, context.engine.clock_skew()) {
        Ok(says) => Finding::good("network", says),
        Err(failure) => Finding::bad("network", failure),
    }
}

fn elements(context: &Context) -> Finding {
    let catalog = context.engine.catalog();
    match catalog.faults().first() {
        None => Finding::good("elements", format!("{} can be connected", catalog.iter().count())),
        Some(fault) => Finding::bad(
            "elements",
            Failure::new(crate::domain::error::Code::ElementInvalid)
                .name(fault.file.display().to_string())
                .detail(fault.to_string()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_accounts_for_its_item() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let kept = BTreeSet::from_iter(ids(&["attempt", "removed", "nobody's"]));
        assert_eq!(orphans(&kept, &[], &ids(&["attempt", "removed"])), 1);
        assert_eq!(orphans(&kept, &[], &[]), 3);
    }
}
