//! `keyrack doctor`: checks everything that the program needs. The only command that lists the keychain.

use serde_json::json;

use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use super::sentence::sentence;
use crate::domain::error::{Code, Failure, NetworkFault};
use crate::engine::{Repair, Restored};
use crate::io::http::{check_trust, proxy_in_use};
use crate::io::listener::Bound;
use crate::io::loopback::Loopback;
use crate::io::vault::KEYCHAIN_NAME;

pub(super) fn run(context: &Context, repair: &Repair) -> Result<(), Problem> {
    let findings = [
        ("index", check_index(context, repair)),
        ("keychain", check_keychain(context)),
        ("connections", check_items(context)),
        ("callback port", Ok(check_port(context))),
        ("network", describe_network(context)),
        ("elements", check_elements(context)),
    ];
    let rows = findings.each_ref().map(|(check, result)| match result {
        Ok(text) => (*check, text.clone(), None),
        Err(failure) => (*check, sentence(failure, None), Some(failure)),
    });
    let list = rows.each_ref().map(|(check, text, failure)| {
        json!({ "check": check, "ok": failure.is_none(), "says": text, "failure": failure })
    });
    context.print(&json!({ "version": env!("CARGO_PKG_VERSION"), "findings": list }), || {
        print::table(rows.iter().map(|(check, text, failure)| {
            [if failure.is_none() { "ok" } else { "problem" }, check, text.as_str()]
        }));
    });
    let failure = findings.into_iter().find_map(|(_, result)| result.err());
    failure.map_or(Ok(()), |failure| Err(Problem::printed(failure)))
}

fn check_index(context: &Context, repair: &Repair) -> Result<String, Failure> {
    context.engine.check_index()?;
    let file = context.engine.paths().index().display().to_string();
    Ok(match repair {
        Repair::NotNeeded => file,
        Repair::Created => format!("{file}; it was missing. Restart other Keyrack programs"),
        Repair::SetAside(kept) => {
            let kept = kept.display();
            format!("{file}; it was damaged, and is set aside: {kept}. Restart other Keyrack programs")
        }
    })
}

fn check_keychain(context: &Context) -> Result<String, Failure> {
    context.engine.check_keychain()?;
    Ok(format!("the {KEYCHAIN_NAME} takes and returns values"))
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Finds connections without an item, and lists those that only the keychain holds.
fn check_items(context: &Context) -> Result<String, Failure> {
    block_on(context.engine.reconcile())?;
    let Restored { added, left } = context.engine.restore()?;
    let connections = context.engine.audit_items()?;
    let mut text = format!("{}, each with its item", count(connections, "connection"));
    if added > 0 {
        text.push_str(&format!("; {added} of them were missing in the list and are back"));
    }
    if left > 0 {
        text.push_str(&format!("; {} in the {KEYCHAIN_NAME} without a connection", count(left, "item")));
    }
    Ok(text)
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
    let trust = context.engine.trust();
    let added = match trust.list()?.as_slice() {
        [] => String::new(),
        [one] => format!(" and “{}”", one.subject),
        several => format!(" and {} that were added", several.len()),
    };
    check_trust(&trust).map_err(|detail| Failure::new(Code::CertificateUntrusted).detail(detail))?;
    let proxy = proxy_in_use().map_err(|variable| {
        let detail = format!("{}; write it like http://proxy.example:3128", variable.problem);
        let network = Some(NetworkFault::ProxyVariable);
        Failure { network, ..Failure::new(Code::Usage).name(variable.name).detail(detail) }
    })?;
    let proxy = proxy.map_or_else(|| "no proxy".to_owned(), |proxy| format!("through the proxy {proxy}"));
    let mut text = format!("{proxy}; the system's certificate authorities{added}");
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
        None => {
            let connectable = format!("{} can be connected", catalog.iter().count());
            Ok(match catalog.strays().len() {
                0 => connectable,
                count => format!(
                    "{connectable}; {count} in the elements folder are not read: `keyrack elements list`"
                ),
            })
        }
        Some(fault) => {
            let file = fault.file.display().to_string();
            Err(Failure::new(Code::ElementInvalid).name(file).detail(fault.to_string()))
        }
    }
}
