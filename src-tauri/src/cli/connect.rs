//! `keyrack connect`: one sign-in, from the arguments to a connection.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::{mpsc, oneshot, watch};

use super::args::{Connect, Reconnect, SignIn};
use super::print;
use super::run::{Context, block_on};
use crate::domain::attempt::Stage;
use crate::domain::connection::{Connection, clean_name};
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::view::{ConnectRequest, KeychainState};
use crate::engine::{Browser, Controls, Ending, Engine, Paste, SigningIn, Unsaved, WorkspaceId};

/// A secret that is longer than this is a file named by mistake.
const SECRET_MAX: u64 = 64 * 1024;

/// How to finish by hand.
const PASTE: &str = "paste the address that the browser ended on, then press Enter.";

/// Most sign-ins have called back by then.
const PASTE_OFFERED_AFTER: Duration = Duration::from_secs(20);

/// An address that is longer is none: callbacks are at most 16 kB.
const PASTE_MAX: u64 = 16 * 1024;

/// How often a locked keychain is looked at while the token waits in memory.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(super) fn connect(context: &Context, args: Connect) -> Result<(), print::Problem> {
    let workspace = context.workspace_or_default()?.id;
    let element = block_on(context.engine.element_in(&workspace, &args.key))?;
    if args.name.as_deref().is_some_and(|name| clean_name(name).is_empty()) {
        let problem = FieldProblem { key: "name".into(), problem: Problem::Required };
        return Err(Failure::form(vec![problem]).into());
    }
    let request = ConnectRequest {
        element: args.key,
        name: args.name.unwrap_or_default(),
        tags: args.tags,
        values: values(&element, &args.sign_in)?,
        again: None,
    };
    run(context, &workspace, &element, request, &args.sign_in, false)
}

pub(super) fn reconnect(context: &Context, args: &Reconnect) -> Result<(), print::Problem> {
    let connection = context.find(&args.name)?;
    let element = block_on(context.engine.element_in(&connection.workspace, &connection.element))?;
    context.tell_of_platform(&connection, "It is signed in again");
    let request = ConnectRequest {
        element: connection.element.clone(),
        name: connection.name.clone(),
        tags: connection.tags.clone(),
        values: values(&element, &args.sign_in)?,
        again: Some(connection.id.clone()),
    };
    run(context, &connection.workspace, &element, request, &args.sign_in, args.other_account)
}

fn run(
    context: &Context,
    workspace: &WorkspaceId,
    element: &Element,
    request: ConnectRequest,
    args: &SignIn,
    other_account: bool,
) -> Result<(), print::Problem> {
    let again = request.again.is_some();
    let connection = block_on(sign_in(context, workspace, request, args, other_account))
        .map_err(|failure| print::Problem::of(failure, element))?;
    let view = context.engine.view(connection);
    if context.json {
        print::json(&view);
    } else {
        let identity = view.identity.as_deref().map(|who| format!(" as {who}")).unwrap_or_default();
        print::note(&match again {
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
    Ok(())
}

fn values(element: &Element, args: &SignIn) -> Result<BTreeMap<String, String>, Failure> {
    if args.paste && args.secrets.iter().any(|text| text.ends_with("=-")) {
        let both = "standard input can give either the secret (-) or the address (--paste)";
        return Err(Failure::new(Code::Usage).detail(both));
    }
    let mut values = BTreeMap::new();
    for text in &args.set {
        let (key, value) = split(text, "--set")?;
        if element.field(&key).is_some_and(|field| field.secret) {
            return Err(Failure::new(Code::Usage)
                .detail(format!("{key} is a secret: give it with --secret {key}=env:VAR, file:PATH or -")));
        }
        values.insert(key, value);
    }
    values.extend(secrets(&args.secrets)?);
    Ok(values)
}

/// The values of `--secret` options.
pub(super) fn secrets(options: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for text in options {
        let (key, source) = split(text, "--secret")?;
        let value = secret(&source)
            .map_err(|why| Failure::new(Code::Usage).detail(format!("--secret {key}: {why}")))?;
        values.insert(key, value);
    }
    Ok(values)
}

fn split(text: &str, option: &str) -> Result<(String, String), Failure> {
    let parts = text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    parts.ok_or_else(|| Failure::new(Code::Usage).detail(format!("{option} wants KEY=VALUE")))
}

/// Reads a secret from where it was said to be. The errors name the place, never what it holds.
fn secret(source: &str) -> Result<String, String> {
    let text = if source == "-" {
        bounded(std::io::stdin())?
    } else if let Some(variable) = source.strip_prefix("env:") {
        std::env::var(variable).map_err(|_| format!("the variable {variable} is not set"))?
    } else if let Some(path) = source.strip_prefix("file:") {
        bounded(std::fs::File::open(path).map_err(|e| format!("{path}: {}", e.kind()))?)?
    } else {
        return Err(
            "say env:VAR, file:PATH or -; a secret on the command line can be seen by other programs".into(),
        );
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn bounded(source: impl Read) -> Result<String, String> {
    let mut text = String::new();
    source.take(SECRET_MAX + 1).read_to_string(&mut text).map_err(|e| e.kind().to_string())?;
    if text.len() as u64 > SECRET_MAX { Err("too long for a secret".into()) } else { Ok(text) }
}

async fn sign_in(
    context: &Context,
    workspace: &WorkspaceId,
    request: ConnectRequest,
    args: &SignIn,
    other_account: bool,
) -> Result<Connection, Failure> {
    let engine = &context.engine;
    let deadline = Instant::now() + args.timeout;
    let (cancel, cancelled) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        let _ = cancel.send(true);
        // Kept until the program ends: a closed channel would look like a decision.
        std::future::pending::<()>().await;
    });
    let mut stopped = cancelled.clone();
    let mut signing = tokio::select! {
        started = engine.start(workspace, request) => started?,
        _ = stopped.wait_for(|stop| *stop) => return Err(Failure::new(Code::Cancelled)),
    };
    signing.any_account = other_account;
    announce(&signing, args).await;
    let paste = args.paste || signing.paste_only();
    let (paste_in, pasted) = mpsc::channel(1);
    if paste {
        print::note(PASTE);
        tokio::spawn(read_pasted(paste_in));
    } else if std::io::stdin().is_terminal() {
        // A person who is stuck sees the way out; a script's standard input is its own.
        tokio::spawn(async move {
            tokio::time::sleep(PASTE_OFFERED_AFTER).await;
            print::note(&format!("If the browser ended on an error page: {PASTE}"));
            read_pasted(paste_in).await;
        });
    } else {
        // Held open, so that the end of pasting is not taken for an event.
        tokio::spawn(async move { paste_in.closed().await });
    }
    let (_steer, deadline_seen) = watch::channel(deadline);
    let (stage, _) = watch::channel(Stage::Waiting);
    let controls = Controls { pasted, cancelled, deadline: deadline_seen, stage };
    let ending = engine.finish(signing, controls).await;
    settle(engine, ending, deadline).await
}

/// Waits for the keychain where need be, and until the page has reached the browser.
async fn settle(engine: &Engine, ending: Ending, deadline: Instant) -> Result<Connection, Failure> {
    let (result, opened) = match ending {
        Ending::Connected(connection, opened) => (Ok(*connection), opened),
        Ending::Failed(failure, opened) => (Err(*failure), opened),
        Ending::Unsaved(unsaved) => match save_until(engine, *unsaved, deadline).await {
            Ending::Connected(connection, opened) => (Ok(*connection), opened),
            Ending::Failed(failure, opened) => (Err(*failure), opened),
            Ending::Unsaved(unsaved) => (Err(unsaved.failure), unsaved.opened),
        },
    };
    if let Some(opened) = opened {
        opened.close().await;
    }
    result
}

async fn save_until(engine: &Engine, mut unsaved: Unsaved, deadline: Instant) -> Ending {
    let busy = unsaved.failure.code == Code::RenewalBusy;
    let waits = busy || matches!(unsaved.failure.code, Code::KeychainLocked | Code::KeychainMissing);
    if busy {
        print::note("Another program is renewing this connection. The sign-in is saved when it has ended.");
    } else if waits {
        print::note("The keychain is locked. Unlock it: the sign-in waits in memory and is saved then.");
    }
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    loop {
        // A keychain that refuses, or that cannot hold the value, will not think better of it.
        let now_or_never = !waits
            || tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => Instant::now() >= deadline,
                () = &mut interrupted => true,
            };
        if now_or_never {
            let failure = unsaved.failure.clone().product(unsaved.product());
            let opened = unsaved.opened.take();
            let returned = engine.give_back(unsaved).await;
            print::note(if returned {
                "The sign-in was not saved and was given back to the provider."
            } else {
                "The sign-in was not saved. The provider may still list it; end it there."
            });
            return Ending::Failed(Box::new(failure), opened);
        }
        if engine.keychain().await.state != KeychainState::Ready {
            continue;
        }
        match engine.save(unsaved).await {
            Ending::Unsaved(again) => unsaved = *again,
            ended => return ended,
        }
    }
}

async fn announce(signing: &SigningIn, args: &SignIn) {
    let Some(url) = signing.url() else { return };
    let choice = match (&args.browser, args.no_browser) {
        (_, true) => Browser::None,
        (Some(command), _) => Browser::Command(command.clone()),
        (None, _) => Browser::Default,
    };
    if let Some(code) = signing.user_code() {
        print::code_line(code);
        print::note("Check that the page in the browser shows this code, or enter it there.");
    }
    if choice == Browser::None {
        print::open_line(url.as_str());
        crate::fault::point("browser_opened");
    } else if signing.open_browser(&choice).await {
        print::note(&format!("Finish in the browser: sign in at {} and allow access.", signing.host()));
    } else {
        print::note("No browser opened. Open this address in any browser on this computer:");
        print::open_line(url.as_str());
    }
}

/// Reads addresses from standard input, one a line, until one is believed.
async fn read_pasted(paste_in: mpsc::Sender<Paste>) {
    let mut input = BufReader::new(tokio::io::stdin());
    loop {
        let mut line = Vec::new();
        match (&mut input).take(PASTE_MAX).read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {}
            _ => break,
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if line.is_empty() {
            continue;
        }
        let (reply, answered) = oneshot::channel();
        if paste_in.send((line, reply)).await.is_err() {
            return;
        }
        match answered.await {
            Ok(Err(failure)) => print::note(&print::sentence(&failure, None)),
            _ => break,
        }
    }
    // The end of the input is not an answer: the browser may still call back.
    paste_in.closed().await;
}

/// Control-C, or the polite request to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
