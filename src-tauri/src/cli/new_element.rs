use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;
use strum::VariantNames;

use super::context::{Context, block_on};
use super::print;
use super::problem::{Problem, usage};
use crate::domain::element_file::{Outline, OutlineKind};
use crate::domain::error::{Code, Failure};
use crate::domain::form::{FieldProblem, Problem as FormProblem};
use crate::io::catalog;
use crate::io::files::replace;

/// Write the file of a new product
///
/// On a terminal, KEY alone asks for the rest. The file is written to the folder of elements that Settings shows, and passes
/// `keyrack elements check`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The product's key in commands: a-z, 0-9, - and _
    key: String,
    /// The address of a server that publishes how to sign in (OpenID Connect Discovery, RFC 8414)
    #[arg(long, value_name = "URL", conflicts_with_all = ["kind", "authorization", "token"])]
    from: Option<String>,
    /// The product's name
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// How it connects
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(OutlineKind::VARIANTS).try_map(|word| word.parse::<OutlineKind>()))]
    kind: Option<OutlineKind>,
    /// The page where the key is made, or the app is registered
    #[arg(long, value_name = "URL")]
    setup_page: Option<String>,
    /// OAuth 2: the authorization endpoint
    #[arg(long, value_name = "URL")]
    authorization: Option<String>,
    /// OAuth 2: the token endpoint
    #[arg(long, value_name = "URL")]
    token: Option<String>,
    /// Where the calls begin
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    api: Option<String>,
    /// The header of each call, such as "X-Api-Key: {token}"
    #[arg(long, value_name = "HEADER", conflicts_with = "from")]
    header: Option<String>,
    /// The call that names the account, such as …/me
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    identity: Option<String>,
    /// Where its answer names the account, such as /email
    #[arg(long, value_name = "POINTER", requires = "identity")]
    account: Option<String>,
    /// Write this file instead
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Problem> {
    let key = args.key.clone();
    if catalog::is_shipped(&key) {
        let what =
            format!("{key} is a product that ships with Keyrack: choose another key, such as {key}-own");
        return Err(usage(what).into());
    }
    let folder = context.engine.paths().elements();
    let file = args.out.clone().unwrap_or_else(|| catalog::file_of(&folder, &key));
    if file.exists() {
        return Err(
            usage(format!("{} is there already: change it, or choose another key", file.display())).into()
        );
    }
    let out = args.out.clone();
    let text = match &args.from {
        Some(issuer) => {
            let name = args.name.as_deref().unwrap_or_default();
            block_on(context.engine.describe_from(&key, name, issuer)).map_err(blame_from)?
        }
        None => write_outline(args)?,
    };
    match &out {
        Some(file) => write_out(context, &key, file, &text)?,
        None => drop(context.engine.save_element_text(&text, None)?),
    }
    let path = file.display().to_string();
    context.print(&json!({ "key": key, "file": path }), || {
        print::line(&path);
        if out.is_none() {
            print::note(&format!("Try it with: keyrack connect {key} --workspace practice"));
        }
    });
    Ok(())
}

fn write_out(context: &Context, key: &str, file: &Path, text: &str) -> Result<(), Failure> {
    if let Some(problem) = context.engine.check_element_text(text, None).first() {
        return Err(Failure::new(Code::ElementInvalid).name(key).detail(problem.text.clone()));
    }
    replace(file, text.as_bytes())
        .map_err(|error| usage(format!("{} cannot be written: {}", file.display(), error.kind())))
}

/// The file of what the options say, or the terminal.
fn write_outline(args: Args) -> Result<String, Problem> {
    let Args { key, name, kind, setup_page, authorization, token, api, header, identity, account, .. } = args;
    let given = [&name, &setup_page, &authorization, &token, &api, &header, &identity, &account];
    let asks = kind.is_none() && given.iter().all(|option| option.is_none()) && stdin().is_terminal();
    let text = |option: Option<String>| option.unwrap_or_default();
    let outline = Outline {
        key: key.clone(),
        name: text(name),
        kind: kind.unwrap_or_default(),
        setup_page: text(setup_page),
        authorization_endpoint: text(authorization),
        token_endpoint: text(token),
        api_address: text(api),
        header: text(header),
        identity_endpoint: text(identity),
        identity_at: text(account),
    };
    let outline = if asks { ask(outline)? } else { outline };
    outline.to_file().map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure::new(Code::ElementInvalid).name(key).detail(lines.join("; ")).into()
    })
}

/// Asks on the terminal. An empty answer leaves a comment in the file.
fn ask(mut outline: Outline) -> Result<Outline, Problem> {
    print::note("Press Enter to leave out what you do not know.");
    outline.name = answer("The product's name")?;
    outline.kind = loop {
        let kinds = OutlineKind::VARIANTS.join(", ");
        match answer(&format!("How it connects ({kinds})"))?.as_str() {
            "" => break OutlineKind::default(),
            word => match word.parse() {
                Ok(kind) => break kind,
                Err(_) => print::note(&format!("Choose one of: {kinds}.")),
            },
        }
    };
    if outline.kind == OutlineKind::Oauth2 {
        outline.authorization_endpoint = answer("The authorization endpoint (https://…)")?;
        outline.token_endpoint = answer("The token endpoint (https://…)")?;
        outline.setup_page = answer("The page where an app is registered (https://…)")?;
    } else {
        outline.setup_page = answer("The page where the key is made (https://…)")?;
    }
    outline.api_address = answer("Where the calls begin (https://…)")?;
    if outline.kind != OutlineKind::Password {
        outline.header =
            answer("The header of each call, such as X-Api-Key: {token}; Enter for Authorization: Bearer")?;
    }
    outline.identity_endpoint = answer("The call that names the account, such as https://…/me")?;
    if !outline.identity_endpoint.is_empty() {
        outline.identity_at = answer("Where its answer names the account (/email)")?;
    }
    Ok(outline)
}

fn answer(question: &str) -> Result<String, Problem> {
    print::note(&format!("{question}:"));
    let mut line = String::new();
    match stdin().read_line(&mut line) {
        Ok(0) | Err(_) => Err(Failure::new(Code::Cancelled).into()),
        Ok(_) => Ok(line.trim().to_owned()),
    }
}

/// The form of "Other" calls the address `issuer`.
fn blame_from(failure: Failure) -> Failure {
    let Some(fields) = &failure.fields else { return failure };
    let is_missing = |field: &FieldProblem| field.problem == FormProblem::Required;
    let names: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
    usage(if fields.iter().all(is_missing) {
        format!("--from: the server does not publish {}", names.join(" and "))
    } else {
        format!("--from: the server publishes values that cannot be used: {}", names.join(", "))
    })
}
