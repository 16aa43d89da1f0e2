//! One sign-in, from the options to a connection.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::watch;

use super::context::{Context, block_on};
use super::options::{parse_seconds, read_secrets, split_pair};
use super::paste;
use super::print;
use super::problem::{Problem, usage};
use super::signals::interrupted;
use crate::domain::attempt::{Stage, Stray};
use crate::domain::connection::Connection;
use crate::domain::element::{Element, KEY_ENDS};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{self, FieldProblem};
use crate::domain::view::{ConnectRequest, ConnectionView, KeychainState};
use crate::engine::{Browser, Controls, Ending, Engine, SigningIn, Unsaved, WorkspaceId};
use crate::io::browser::NotOpened;

/// How often a locked keychain is asked again while the token waits in memory.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(super) struct Options {
    /// A field of the element's form; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A secret field, from a variable, a file or standard input; may be repeated
    #[arg(long = "secret", value_name = "KEY=env:VAR|file:PATH|-")]
    secrets: Vec<String>,
    /// The day on which the key ends, such as 2031-01-31
    #[arg(long, value_name = "DAY")]
    ends: Option<String>,
    /// The browser to open instead of the usual one
    #[arg(long, value_name = "CMD", conflicts_with = "no_browser")]
    browser: Option<String>,
    /// Open none; print the address as a line that begins with "open: "
    #[arg(long)]
    no_browser: bool,
    /// Read the address that the browser ended on from standard input
    #[arg(long)]
    paste: bool,
    /// How many seconds to wait for the sign-in
    #[arg(long, value_name = "S", default_value = "900", value_parser = parse_seconds)]
    timeout: Duration,
}

impl Options {
    pub(super) fn read_values(&self, element: &Element) -> Result<BTreeMap<String, String>, Failure> {
        if self.paste && self.secrets.iter().any(|text| text.ends_with("=-")) {
            return Err(usage("standard input can give either the secret (-) or the address (--paste)"));
        }
        let mut values = BTreeMap::new();
        for text in &self.set {
            let (key, value) = split_pair(text, "--set")?;
            if element.field(key).is_some_and(|field| field.secret) {
                let what = format!("{key} is a secret: give it with --secret {key}=env:VAR, file:PATH or -");
                return Err(usage(what));
            }
            values.insert(key.to_owned(), value.to_owned());
        }
        values.extend(self.ends.clone().map(|day| (KEY_ENDS.to_owned(), day)));
        values.extend(read_secrets(&self.secrets, self.timeout)?);
        Ok(values)
    }

    /// Has the terminal ask for the secrets that the form needs and no option gives.
    ///
    /// Errors: [`Code::FormInvalid`] where there is no terminal.
    pub(super) fn ask_for_secrets(&mut self, element: &Element) -> Result<(), Failure> {
        let is_given = |key: &str| self.secrets.iter().any(|option| option.starts_with(&format!("{key}=")));
        let needed = element.fields.iter().filter(|field| field.secret && field.required);
        let missing: Vec<_> = needed.map(|field| field.key.clone()).filter(|key| !is_given(key)).collect();
        if !missing.is_empty() && !std::io::stdin().is_terminal() {
            let problem = |key| FieldProblem { key, problem: form::Problem::Required };
            return Err(Failure::form(missing.into_iter().map(problem).collect()));
        }
        self.secrets.extend(missing.iter().map(|key| format!("{key}=-")));
        Ok(())
    }

    fn choose_browser(&self) -> Browser {
        match &self.browser {
            _ if self.no_browser => Browser::None,
            Some(command) => Browser::Command(command.clone()),
            None => Browser::Default,
        }
    }
}

/// Signs in and prints the connection.
pub(super) fn run(
    context: &Context,
    workspace: &WorkspaceId,
    element: &Element,
    request: ConnectRequest,
    options: &Options,
    other_account: bool,
) -> Result<(), Problem> {
    let again = request.again.is_some();
    let connection = block_on(sign_in(&context.engine, workspace, request, options, other_account))
        .map_err(|failure| Problem::with_element(failure, element))?;
    let view = context.engine.view(connection);
    context.print(&view, || print_connected(&view, again, !element.auth.needs_browser()));
    Ok(())
}

fn print_connected(view: &ConnectionView, again: bool, by_key: bool) {
    let identity = view.identity.as_deref().map(|account| format!(" as {account}")).unwrap_or_default();
    print::note(&match again {
        true if by_key => format!("The key of {} is replaced{identity}.", view.name),
        true => format!("{} is signed in again{identity}.", view.name),
        false => format!("{} is connected{identity}.", view.product),
    });
    if !view.missing.is_empty() {
        print::note(&format!(
            "Not all that was asked for was given. Missing: {}. Sign in again to ask once more.",
            view.missing.join(", ")
        ));
    }
    print::line(&view.name);
}

async fn sign_in(
    engine: &Engine,
    workspace: &WorkspaceId,
    request: ConnectRequest,
    options: &Options,
    other_account: bool,
) -> Result<Connection, Failure> {
    let deadline = Instant::now() + options.timeout;
    let (cancel, cancelled) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        let _ = cancel.send(true);
        // Kept until the program ends: a closed channel would count as a decision.
        std::future::pending::<()>().await;
    });
    let mut stopped = cancelled.clone();
    let mut signing = tokio::select! {
        started = engine.start(workspace, request) => started?,
        _ = stopped.wait_for(|stop| *stop) => return Err(Failure::new(Code::Cancelled)),
    };
    signing.any_account = other_account;
    open_page(&signing, &options.choose_browser()).await;
    if let Some(strays) = signing.strays() {
        tokio::spawn(print_strays(strays));
    }
    let (_keep, deadline_seen) = watch::channel(deadline);
    let (stage, _) = watch::channel(Stage::Waiting);
    let ending = {
        // At the end of this block the terminal gets its line mode back.
        let pasting = paste::start_reading(options.paste || signing.paste_only());
        let controls = Controls { pasted: pasting.addresses, cancelled, deadline: deadline_seen, stage };
        engine.finish(signing, controls).await
    };
    wait_for_result(engine, ending, deadline).await
}

/// Opens the sign-in page, or prints its address.
async fn open_page(signing: &SigningIn, browser: &Browser) {
    let Some(url) = signing.url() else { return };
    if let Some(code) = signing.user_code() {
        print::marked_note("code", code);
        print::note("Check that the page in the browser shows this code, or enter it there.");
    }
    if *browser == Browser::None {
        print::marked_note("open", url.as_str());
        crate::fault::point("browser_opened");
        return;
    }
    let problem = match signing.open_browser(browser).await {
        Ok(()) => {
            let host = signing.host();
            return print::note(&format!("Finish in the browser: sign in at {host} and allow access."));
        }
        Err(NotOpened::NoBrowser) => "No browser opened.".to_owned(),
        Err(NotOpened::Command { command, why }) => format!("No browser opened. {command}: {why}."),
    };
    print::note(&format!("{problem} Open this address in any browser on this computer:"));
    print::marked_note("open", url.as_str());
}

/// Says what came to the callback address and does not end the sign-in.
async fn print_strays(mut strays: watch::Receiver<Option<Stray>>) {
    while strays.changed().await.is_ok() {
        let Some(stray) = *strays.borrow_and_update() else { continue };
        print::note(match stray {
            Stray::Foreign => {
                "Something came back that does not belong to this sign-in. It was ignored; the sign-in still waits."
            }
            Stray::HeadTooLong => {
                "The browser sent more cookies for localhost than Keyrack reads (256 kB). Delete them in the browser and \
                 load the page again."
            }
        });
    }
}

/// Waits for the keychain if it is locked, and until the browser has received its page.
async fn wait_for_result(engine: &Engine, ending: Ending, deadline: Instant) -> Result<Connection, Failure> {
    let ending = match ending {
        Ending::Unsaved(unsaved) => save_until(engine, *unsaved, deadline).await,
        ended => ended,
    };
    let (result, opened) = match ending {
        Ending::Connected(connection, opened) => (Ok(*connection), opened),
        Ending::Failed(failure, opened) => (Err(*failure), opened),
        Ending::Unsaved(unsaved) => (Err(unsaved.failure), unsaved.opened),
    };
    if let Some(opened) = opened {
        opened.close().await;
    }
    result
}

/// Saves a token as soon as the keychain is ready. At the deadline the token is given back to the provider.
async fn save_until(engine: &Engine, mut unsaved: Unsaved, deadline: Instant) -> Ending {
    let reason = reason_to_wait(unsaved.failure.code);
    if let Some(reason) = reason {
        print::note(reason);
    }
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    loop {
        // Waiting does not help with a keychain that refuses access or cannot hold the value.
        let over = reason.is_none()
            || tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => Instant::now() >= deadline,
                () = &mut interrupted => true,
            };
        if over {
            break;
        }
        if engine.keychain().await.state != KeychainState::Ready {
            continue;
        }
        match engine.save(unsaved).await {
            Ending::Unsaved(again) => unsaved = *again,
            ended => return ended,
        }
    }
    let failure = unsaved.failure.clone().product(unsaved.product());
    let opened = unsaved.opened.take();
    print::note(match engine.give_back(unsaved).await {
        true => "The sign-in was not saved and was given back to the provider.",
        false => "The sign-in was not saved. The provider may still list it; end it there.",
    });
    Ending::Failed(Box::new(failure), opened)
}

/// Why a token waits in memory, in words for the user; `None` if it could not be saved later either.
fn reason_to_wait(code: Code) -> Option<&'static str> {
    match code {
        Code::RenewalBusy => {
            Some("Another program is renewing this connection. The sign-in is saved when it has ended.")
        }
        Code::KeychainLocked | Code::KeychainMissing => {
            Some("The keychain is locked. Unlock it: the sign-in waits in memory and is saved then.")
        }
        Code::IndexUnwritable => {
            Some("The disk cannot be written. Make room: the sign-in waits in memory and is saved then.")
        }
        _ => None,
    }
}
