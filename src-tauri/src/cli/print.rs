//! The words of the command line. One place writes to each stream, and whatever came from outside is cleaned of control
//! characters before a terminal sees it.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form;
use crate::domain::view::{ConnectionView, ElementView};
use crate::io::vault::KEYCHAIN_NAME;

/// A failure with what is needed to speak about it.
pub(super) struct Problem {
    failure: Failure,
    /// The labels of its fields.
    element: Option<Box<Element>>,
    /// Whether the person has read it already.
    shown: bool,
}

impl Problem {
    /// A failure of an element's form or sign-in.
    pub(super) fn of(failure: Failure, element: &Element) -> Self {
        Self { failure, element: Some(Box::new(element.clone())), shown: false }
    }

    /// A failure that was part of the result.
    pub(super) fn shown(failure: Failure) -> Self {
        Self { failure, element: None, shown: true }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { failure, element: None, shown: false }
    }
}

/// Ends the program with a failure, said once.
pub(super) fn failure(problem: &Problem, as_json: bool) -> ExitCode {
    let failure = &problem.failure;
    match failure.code {
        Code::Internal => tracing::error!(detail = failure.detail.as_deref().unwrap_or_default(), "internal"),
        _ => tracing::info!(code = %failure, "ended"),
    }
    if !problem.shown {
        if as_json {
            json(&serde_json::json!({ "error": failure }));
        } else {
            note(&format!("keyrack: {}", sentence(failure, problem.element.as_deref())));
        }
    }
    ExitCode::from(failure.code.exit_status())
}

/// A line of the result. A reader that has gone away is no failure.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A line for the person.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", clean(text));
}

/// The sign-in address, for whoever opens it by hand or by script.
pub(super) fn open_line(url: &str) {
    let _ = writeln!(std::io::stderr().lock(), "open: {url}");
}

/// What a person enters on the page of a sign-in whose browser cannot call back, or compares there.
pub(super) fn code_line(code: &str) {
    let _ = writeln!(std::io::stderr().lock(), "code: {}", one_line(code));
}

/// The result as one JSON document.
pub(super) fn json(value: &impl Serialize) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Columns as wide as their longest value; the last one is left as it is.
pub(super) fn table<'a, const N: usize>(rows: impl Iterator<Item = [&'a str; N]>) {
    let rows: Vec<[String; N]> = rows.map(|row| row.map(one_line)).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// An element with its fields.
pub(super) fn element(view: &ElementView) {
    line(&format!("{} ({})", view.name, view.key));
    line(&view.gives);
    if let Some(note) = &view.note {
        line(note);
    }
    for field in &view.fields {
        let option = if field.secret { "--secret" } else { "--set" };
        let rest = match (field.required, field.value.is_empty() || field.secret) {
            (true, true) => String::new(),
            (true, false) => format!(" (unless given: {})", field.value),
            (false, _) => " (optional)".to_owned(),
        };
        line(&format!("\n  {option} {}=…{rest}", field.key));
        line(&format!("      {}. {}", field.label, field.help));
        line(&format!("      Example: {}", field.example));
    }
}

/// A connection, a fact a line.
pub(super) fn connection(view: &ConnectionView) {
    let optional = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "-".into());
    let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), utc);
    let facts = [
        ("name", view.name.clone()),
        ("id", view.id.clone()),
        ("product", view.product.clone()),
        ("workspace", view.workspace.to_string()),
        ("instance", optional(&view.instance)),
        ("account", optional(&view.identity)),
        ("host", optional(&view.host)),
        ("status", if view.disabled { "off".to_owned() } else { view.status.as_str().to_owned() }),
        ("tags", view.tags.join(", ")),
        ("scopes", view.scopes.join(" ")),
        ("not given", view.missing.join(" ")),
        ("connected", time(Some(view.created_at))),
        ("renewed", time(view.renewed_at)),
        ("token ends", time(view.expires_at)),
    ];
    let told = facts.iter().filter(|(name, value)| *name != "not given" || !value.is_empty());
    table(told.map(|(name, value)| [*name, value.as_str()]));
}

/// A moment in the one notation that needs no time zone.
pub(super) fn utc(ms: i64) -> String {
    let (days, seconds) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1000);
    // Days since 1970 to a date, by H. Hinnant's civil calendar arithmetic.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02} UTC")
}

/// A value for a POSIX shell, whatever it holds.
pub(super) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What happened and what to do, in one or two sentences.
pub(super) fn sentence(failure: &Failure, element: Option<&Element>) -> String {
    let fact = |fact: &Option<String>| one_line(fact.as_deref().unwrap_or_default());
    let who = failure.product.as_ref().or(failure.host.as_ref());
    let product = who.map_or_else(|| "The provider".to_owned(), |product| one_line(product));
    let (name, detail) = (fact(&failure.name), fact(&failure.detail));
    let platform = failure.host.as_ref().map_or_else(|| "The platform".to_owned(), |host| one_line(host));
    let text = match failure.code {
        Code::AccessDenied => format!("{product} reported that access was declined. Nothing was saved."),
        Code::AuthorizationExpired => {
            format!("{product} says that this sign-in was used already, or took too long. Start it again.")
        }
        Code::CallbackBusy => format!(
            "Another Keyrack is signing in at port {}. Finish or cancel it there, then try again.",
            failure.port.unwrap_or_default()
        ),
        Code::CallbackInvalid => {
            "This is not the address that the sign-in ends on. Copy the whole address from the browser.".into()
        }
        Code::CallbackTimeout => "Nobody finished the sign-in in the browser. Nothing was saved; run it again.".into(),
        Code::Cancelled => "Cancelled. Nothing was saved.".into(),
        Code::CertificateUntrusted => {
            let host = failure.host.as_ref().map_or_else(|| "the server".to_owned(), |host| one_line(host));
            match failure.issuer.as_deref().map(one_line) {
                Some(issuer) => format!(
                    "This computer does not trust “{issuer}”, which vouches for {host}. \
                     If that is your own network's authority, ask your administrator for its certificate and add it with: \
                     keyrack trust add FILE"
                ),
                None => format!("The certificate of {host} cannot be trusted. Nothing was sent; ask your administrator."),
            }
        }
        Code::ClockWrong => match failure.clock_skew {
            Some(skew) => format!(
                "{product} refuses the time of this computer, whose clock is {}. Set the clock, then try again.",
                behind(skew)
            ),
            None => format!("{product} refuses the time of this computer. Check its clock, then try again."),
        },
        Code::ConnectionDisabled => {
            format!("“{name}” is switched off. Switch it on with: keyrack enable {}", shell_quoted(&name))
        }
        Code::ConnectionUnknown => format!("No connection is called “{name}”. See: keyrack list"),
        Code::ElementInvalid => format!("The element file {name} cannot be used: {detail}"),
        Code::ElementRetired => format!(
            "{product} was closed by its maker. It can be practised (--workspace practice), and connected in a hosted \
             workspace that still answers for it."
        ),
        Code::ElementUnknown => format!("No element has the key “{name}”. See: keyrack elements list"),
        Code::FormInvalid => return fields(failure, element),
        Code::IndexNewer => {
            format!("A newer version of Keyrack wrote {name}. Update this program; nothing was changed.")
        }
        Code::IndexUnwritable if failure.product.is_some() => format!(
            "The sign-in is saved in the {KEYCHAIN_NAME}, but the index could not be written. \
             Make room on the disk; the next start adds {name} to the list."
        ),
        Code::IndexUnwritable => {
            "The index cannot be read or written. Check the disk and the rights of the folder, then try again.".into()
        }
        Code::InstanceGone => format!(
            "The platform no longer has “{name}”. Connect it again, or remove it here with: keyrack remove --here {}",
            shell_quoted(&name)
        ),
        Code::IssuerMismatch => format!(
            "The answer came from another sign-in service than {product}. Nothing was saved. Start again; \
             if it happens again, tell your administrator."
        ),
        Code::IssuerUnknown => format!(
            "Nothing at {} tells how to sign in there. Check the address, or give authorization_endpoint and \
             token_endpoint.",
            fact(&failure.host)
        ),
        Code::Internal => "Something failed inside Keyrack. The log has more.".into(),
        Code::KeychainDenied => format!("The {KEYCHAIN_NAME} refused access. Allow Keyrack there, then try again."),
        Code::KeychainLocked => format!("The {KEYCHAIN_NAME} is locked. Unlock it, then try again."),
        Code::KeychainMissing => format!(
            "No {KEYCHAIN_NAME} was found, so there is no safe place for a token. \
             Install and start one, such as gnome-keyring, or create its default keyring; then try again."
        ),
        Code::KeychainTooLong => format!("The token is too long for the {KEYCHAIN_NAME}."),
        Code::NameAmbiguous => format!(
            "“{name}” could be any of these; use the id or --workspace:\n  {}",
            failure.candidates.as_deref().unwrap_or_default().join("\n  ")
        ),
        Code::NameTaken => format!("A connection called “{name}” exists already. Choose another name."),
        Code::NeedsSettings => {
            format!("{product} no longer accepts the client ID or secret. Check the app's registration there.")
        }
        Code::PlatformBadResponse => {
            format!("{platform} sent an answer that cannot be read. Check the address of the workspace.")
        }
        Code::PlatformBusy => match failure.platform.as_ref().and_then(|answer| answer.retry_after) {
            Some(seconds) => format!("{platform} asks to wait {seconds} seconds. Try again then."),
            None => format!("{platform} is busy. Try again in a minute."),
        },
        Code::PlatformFailed => format!("{platform} failed at its own end. Try again later."),
        Code::PlatformLimit => format!("{platform} refuses something of this size."),
        Code::PlatformRejected => format!("{platform} refused."),
        Code::PlatformUncertain => format!(
            "The answer of {platform} was lost, so it is not known whether this was done there. Look with: keyrack doctor, \
             which also finds what was made; then repeat it if need be."
        ),
        Code::PlatformUnreachable => {
            format!("{platform} can't be reached. Check the connection and the address of the workspace.")
        }
        Code::PortInUse => {
            let free = failure.free_port.map(|port| format!(" Port {port} is free.")).unwrap_or_default();
            // A sign-in waits at its callback address; a server of ours says where it would listen.
            let other = if name.is_empty() { "give another oauth.callback.url" } else { "choose another with --listen" };
            format!("Another program uses port {}. Close it, or {other}.{free}", failure.port.unwrap_or_default())
        }
        Code::ProviderBadResponse => format!("{product} sent an unexpected answer. Its service may have changed."),
        Code::ProviderRejected => {
            format!("{product} refused the sign-in. Usually the client ID or secret is wrong; check both.")
        }
        Code::ProviderUnreachable => format!("{product} can't be reached. Check the connection and try again."),
        Code::RedirectMismatch => {
            let sent = fact(&failure.redirect);
            let registered = failure.registered.as_deref().map(one_line);
            let other = registered.map_or_else(String::new, |other| format!("\n  registered {other}"));
            format!(
                "{product} does not know the address to come back to. Register it there letter for letter, \
                 or give the registered one with --set oauth.callback.url=…\n  sent       {sent}{other}"
            )
        }
        Code::RenewalBusy => format!("Another program has been renewing “{name}” for 30 seconds. Try again."),
        Code::SignInExpired => format!("The sign-in of “{name}” has ended. Connect it again."),
        Code::StateMismatch => {
            "The pasted address belongs to another sign-in. Paste the one that this sign-in ended on.".into()
        }
        Code::Usage => return detail,
        Code::WorkspaceSecrets => format!(
            "{platform} does not accept the User and Organization secrets. Copy both again from the platform's own page."
        ),
        Code::WorkspaceTaken => format!("A workspace called “{name}” exists already. Choose another name."),
        Code::WorkspaceUnknown => format!("No workspace is called “{name}”. See: keyrack workspaces list"),
        Code::WrongAccount => match failure.found.as_deref().map(one_line) {
            Some(found) => format!(
                "The browser is signed in as {found}, but “{name}” belongs to {}. Nothing was changed. Sign in as the \
                 right account, or take the other one with --other-account.",
                fact(&failure.expected)
            ),
            None => format!(
                "{product} did not say who signed in, and “{name}” belongs to {}. Nothing was changed. Try again, or take \
                 whoever it is with --other-account.",
                fact(&failure.expected)
            ),
        },
    };
    let raw_words_help =
        !matches!(failure.code, Code::ElementInvalid | Code::CallbackInvalid | Code::KeychainLocked);
    let mut words: Vec<String> = Vec::new();
    words.extend(Some(detail).filter(|detail| !detail.is_empty()));
    if let Some(answer) = &failure.platform {
        let said =
            [&answer.message, &answer.provider_message].into_iter().flatten().map(|text| one_line(text));
        words.extend(
            said.filter(|text| !text.is_empty()).filter(|text| !words.contains(text)).collect::<Vec<_>>(),
        );
        words.extend(answer.request_id.as_ref().map(|id| format!("request {}", one_line(id))));
    }
    if words.is_empty() || !raw_words_help { text } else { format!("{text} ({})", words.join("; ")) }
}

/// How far off a clock is, in words. `skew` is what others are ahead, in seconds.
fn behind(skew: i64) -> String {
    let (amount, unit) = match skew.unsigned_abs() {
        seconds @ 0..=119 => (seconds, "seconds"),
        seconds @ 120..=7199 => (seconds / 60, "minutes"),
        seconds => (seconds / 3600, "hours"),
    };
    format!("{amount} {unit} {}", if skew > 0 { "slow" } else { "fast" })
}

/// A line for each field, with its label, its key, and where the value is found.
fn fields(failure: &Failure, element: Option<&Element>) -> String {
    let problems = failure.fields.as_deref().unwrap_or_default();
    let lines: Vec<_> = problems
        .iter()
        .map(|p| {
            let field = element.and_then(|e| e.field(&p.key));
            let label = field.map_or_else(|| p.key.clone(), |f| format!("{} ({})", f.label, p.key));
            let problem = field.map(|f| f.problem.as_str()).unwrap_or_default();
            let option = if field.is_some_and(|f| f.secret) { "--secret" } else { "--set" };
            match p.problem {
                form::Problem::Required if field.is_none() => format!("The {} is missing.", p.key),
                form::Problem::Required => {
                    let help = field.map(|f| f.help.as_str()).unwrap_or_default();
                    format!("{label} is missing. Give it with {option} {}=… {help}", p.key)
                }
                form::Problem::Malformed => format!("{label} does not fit. {problem}"),
                form::Problem::NotAnOption => format!("{label} is none of the choices."),
                form::Problem::TooLong => format!("{label} is too long."),
                form::Problem::Unknown => format!("{label} is not a field of this element."),
            }
        })
        .collect();
    lines.join("\n  ").trim_end().to_owned()
}

/// A fact within a sentence or a cell.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text without control characters, except for our own line breaks: a provider's words must not move a cursor.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_795_305_600_999), "2026-11-22 00:00:00 UTC");
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(shell_quoted("a'b $(id)"), r"'a'\''b $(id)'");
    }

    #[test]
    fn a_providers_words_cannot_move_the_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a [2Jb");
    }
}
