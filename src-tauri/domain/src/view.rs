//! What the window and `--json` may see of elements, connections and attempts: plain values without a secret.
//! `ui/src/ipc/types.ts` is generated from these types and checked by a test.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::attempt::Stage;
use super::connection::{Connection, Facts, Status};
use super::error::{Code, Failure};

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// As the operating system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Whether the keychain can be used right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    /// Unlocked.
    Ready,
    /// Locked, or silent.
    Locked,
    /// There is none.
    Missing,
}

/// The keychain in the words of this operating system.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeychainView {
    /// "Keychain", "Credential Manager" or "keyring".
    pub name: String,
    /// Whether it can be used.
    pub state: KeychainState,
}

/// What answers the calls of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// This computer.
    Local,
    /// The built-in practice provider.
    Practice,
    /// A hosted platform.
    Hosted,
}

/// A workspace as the switcher shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkspaceView {
    /// The name on the command line.
    pub name: String,
    /// The name in the window.
    pub label: String,
    /// What answers its calls.
    pub kind: WorkspaceKind,
    /// Where a hosted platform is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub base_url: Option<String>,
    /// How many connections it has here.
    pub connections: u32,
}

/// A platform that many people have: its address need not be typed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PresetView {
    /// The word on the command line.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Where its API begins.
    pub base_url: String,
}

/// A hosted workspace that is to be added. It holds secrets, so there is no `Debug`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkspaceRequest {
    /// What to call it.
    pub name: String,
    /// Where its API begins, or the name of a preset.
    pub base_url: String,
    /// The User secret.
    pub user_secret: String,
    /// The Organization secret.
    pub organization_secret: String,
}

/// An instance at a hosted platform, as the import lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct InstanceView {
    /// Its id there.
    pub id: String,
    /// What it is called there.
    pub name: String,
    /// The element's key.
    pub element: String,
    /// The product's name.
    pub product: String,
    /// Two letters for the tile.
    pub initials: String,
    /// Free words.
    pub tags: Vec<String>,
    /// Whether it is switched off there.
    pub disabled: bool,
    /// The connection that it is here already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// An instance that could not be brought in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NotImported {
    /// Its id at the platform.
    pub instance: String,
    /// Why.
    pub failure: Failure,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportView {
    /// The connections that are new here.
    pub added: Vec<ConnectionView>,
    /// What could not be brought in.
    pub failed: Vec<NotImported>,
}

/// One choice of a select field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OptionView {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// How a field is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text,
    /// One of several options.
    Select,
    /// On or off.
    Toggle,
    /// A whole address.
    Address,
    /// Scheme and host.
    Origin,
    /// A host name.
    Host,
    /// Several lines, such as a private key.
    Lines,
}

/// When a field is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VisibleWhen {
    /// Another field's key.
    pub field: String,
    /// The value it must have.
    pub is: String,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldView {
    /// The configuration key.
    pub key: String,
    /// Above the field.
    pub label: String,
    /// Below the field: where the value is found.
    pub help: String,
    /// A value that would do.
    pub example: String,
    /// What the field is filled in with.
    pub value: String,
    /// How it is entered.
    pub kind: FieldKind,
    /// The choices of a select.
    pub options: Vec<OptionView>,
    /// Whether it may stay empty.
    pub required: bool,
    /// Whether it is kept in the keychain and never shown again.
    pub secret: bool,
    /// Whether it stands under "Advanced".
    pub advanced: bool,
    /// Shown before the value.
    pub prefix: String,
    /// Shown after the value.
    pub suffix: String,
    /// What to say when the value does not fit.
    pub problem: String,
    /// The longest value, in characters.
    pub max_length: u32,
    /// When it is shown; always, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub visible_when: Option<VisibleWhen>,
}

/// How an element signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AuthView {
    /// RFC 6749.
    Oauth2,
    /// RFC 5849.
    Oauth1,
    /// User name and password.
    Basic,
    /// One key.
    ApiKey,
    /// Something of the product's own.
    Custom,
}

/// An element of the catalogue, with its form filled in for a workspace.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ElementView {
    /// The element's key.
    pub key: String,
    /// The product's name.
    pub name: String,
    /// Two letters for the tile.
    pub initials: String,
    /// The group it stands in.
    pub category: String,
    /// What connecting it gives.
    pub gives: String,
    /// What the product will be asked for.
    pub access: Vec<String>,
    /// Something to know before starting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
    /// How it signs in.
    pub auth: AuthView,
    /// Whether its form describes a provider first, of which an element of the person's own is made.
    pub generic: bool,
    /// Whether the product was closed by its maker: on this computer it can only be practised.
    pub retired: bool,
    /// Whether its file is the person's own, and may be taken out of the list.
    pub own: bool,
    /// The form.
    pub fields: Vec<FieldView>,
}

/// A connection as the list and `keyrack list --json` show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct ConnectionView {
    /// The workspace by its name, the product by its name today.
    #[serde(flatten)]
    pub facts: Facts,
    /// Two letters for the tile.
    pub initials: String,
    pub disabled: bool,
    pub status: Status,
    /// The failure behind `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_code: Option<Code>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed_at: Option<i64>,
    /// When the access token ends, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The provider's words for what was granted.
    pub scopes: Vec<String>,
    /// Plain words for what was granted.
    pub access: Vec<String>,
    /// What becomes of its access when it is removed.
    pub revocation: Revocation,
}

impl Deref for ConnectionView {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

/// What becomes of the access at the provider when a connection is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Revocation {
    /// It is ended there.
    Ends,
    /// Nothing ends it by a call; the product has a page for it.
    Page {
        /// Where.
        url: String,
    },
    /// Nothing ends it but its own time.
    Stays,
}

/// What became of the access at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// It is ended there.
    Yes,
    /// The provider did not answer; it is told later.
    Later,
    /// There is no way to end it by a call, or the provider refused.
    No,
}

/// A connection that was removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct RemovedView {
    /// What became of the access.
    pub revoked: Revoked,
    /// The product's page on which access can be ended by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A connection that works.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct TestView {
    /// Whose account it is, if whoever was asked told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
}

/// A certificate authority that the person added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CertificateView {
    /// Whose it is.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// The SHA-256 of the certificate in hexadecimal digits.
    pub sha256: String,
}

impl ConnectionView {
    /// Joins a row with the words of its element; `element` is `(name, initials, access)`.
    pub fn new(row: Connection, element: Option<(&str, &str, &[String])>, revocation: Revocation) -> Self {
        let mut facts = row.facts;
        let (initials, access) = match element {
            Some((name, initials, access)) => {
                name.clone_into(&mut facts.product);
                (initials.to_owned(), access.to_vec())
            }
            None => (initials_of(&facts.product), vec![]),
        };
        Self {
            facts,
            initials,
            disabled: row.disabled,
            status: row.status,
            last_code: row.last_code.as_deref().and_then(Code::parse),
            renewed_at: row.renewed_at,
            expires_at: row.expires_at,
            scopes: row.scopes,
            access,
            revocation,
        }
    }
}

/// Two letters for the tile of a product that no element file describes.
pub fn initials_of(product: &str) -> String {
    let words: Vec<&str> = product.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let letters: String = match words.as_slice() {
        [] => "?".to_owned(),
        [one] => one.chars().take(2).collect(),
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
    };
    letters.to_uppercase()
}

/// An attempt of this window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct AttemptView {
    /// Becomes the connection's id.
    pub id: String,
    /// The element's key.
    pub element: String,
    /// The product's name.
    pub product: String,
    /// Two letters for the tile.
    pub initials: String,
    /// What the connection will be called.
    pub name: String,
    /// Whether it signs in again to a connection that exists.
    pub again: bool,
    /// Where it stands.
    pub stage: Stage,
    /// The host the browser was sent to.
    pub host: String,
    /// The whole address, to be shown when no browser opens.
    pub link: String,
    /// Where the answer is expected.
    pub callback: String,
    /// Whether the answer cannot arrive by itself.
    pub paste_only: bool,
    /// Whether a browser took the address.
    pub browser_opened: bool,
    /// What the person types there, or compares (RFC 8628 §3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_code: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// Milliseconds since 1970.
    pub ends_at: i64,
    /// The connection it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Why it ended, or why the token could not be saved yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The Settings screen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsView {
    /// System, light or dark.
    pub appearance: Appearance,
    /// The port in the callback address of new connections.
    pub callback_port: u16,
    /// Where the index lies.
    pub data_folder: String,
    /// Where element files of the person's own lie.
    pub elements_folder: String,
    /// Where the log lies.
    pub log_folder: String,
    /// Of the program.
    pub version: String,
    /// Certificate authorities that are trusted beside those of the system.
    pub certificates: Vec<CertificateView>,
    /// The proxy in use, as host and port; empty if none.
    pub proxy: String,
}

/// Everything that the window shows, in one answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct State {
    /// The one in use.
    pub workspace: WorkspaceView,
    /// All of them.
    pub workspaces: Vec<WorkspaceView>,
    /// Of the workspace in use.
    pub connections: Vec<ConnectionView>,
    /// Of this window.
    pub attempts: Vec<AttemptView>,
    /// Its state.
    pub keychain: KeychainView,
    /// As stored.
    pub settings: SettingsView,
    /// Seconds that other clocks are ahead of this computer's, if that is enough to be in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub clock_skew: Option<i64>,
}

/// A filled-in form on its way to the engine. The values may hold secrets, so there is no `Debug`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConnectRequest {
    /// The element's key.
    pub element: String,
    /// Empty: the program picks one.
    pub name: String,
    /// Free words.
    pub tags: Vec<String>,
    /// Configuration key to value.
    pub values: BTreeMap<String, String>,
    /// The id of the connection to sign in to again: what it was made with need not be given anew.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub again: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ts_rs::{Config, TS};

    use super::*;
    use crate::error::PlatformAnswer;
    use crate::exchange::Exchange;
    use crate::form::{FieldProblem, Problem};

    /// `UPDATE_TYPES=1 cargo test types_ts` writes the file; without it the test says whether it is current.
    #[test]
    fn types_ts_is_current() {
        let cfg = Config::new().with_large_int("number");
        let mut text = String::from(
            "// Generated from src-tauri/domain/src/view.rs by `UPDATE_TYPES=1 cargo test types_ts`. Not to be edited.\n",
        );
        let declarations = [
            Code::decl(&cfg),
            Problem::decl(&cfg),
            FieldProblem::decl(&cfg),
            PlatformAnswer::decl(&cfg),
            Exchange::decl(&cfg),
            Failure::decl(&cfg),
            Appearance::decl(&cfg),
            Status::decl(&cfg),
            KeychainState::decl(&cfg),
            KeychainView::decl(&cfg),
            WorkspaceKind::decl(&cfg),
            WorkspaceView::decl(&cfg),
            PresetView::decl(&cfg),
            WorkspaceRequest::decl(&cfg),
            InstanceView::decl(&cfg),
            OptionView::decl(&cfg),
            FieldKind::decl(&cfg),
            VisibleWhen::decl(&cfg),
            FieldView::decl(&cfg),
            AuthView::decl(&cfg),
            ElementView::decl(&cfg),
            Revocation::decl(&cfg),
            Revoked::decl(&cfg),
            RemovedView::decl(&cfg),
            TestView::decl(&cfg),
            CertificateView::decl(&cfg),
            ConnectionView::decl(&cfg),
            NotImported::decl(&cfg),
            ImportView::decl(&cfg),
            Stage::decl(&cfg),
            AttemptView::decl(&cfg),
            SettingsView::decl(&cfg),
            State::decl(&cfg),
            ConnectRequest::decl(&cfg),
        ];
        for declaration in declarations {
            // ts-rs copies doc comments; the Rust file is where they are read.
            text.push_str("\nexport ");
            text.push_str(&without_comments(&declaration));
            text.push('\n');
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/ipc/types.ts");
        if std::env::var_os("UPDATE_TYPES").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        let committed = std::fs::read_to_string(&path).expect("ui/src/ipc/types.ts");
        assert!(
            committed == text,
            "ui/src/ipc/types.ts is not current: run UPDATE_TYPES=1 cargo test types_ts"
        );
    }

    fn without_comments(declaration: &str) -> String {
        let mut out = String::new();
        let mut rest = declaration;
        while let Some(start) = rest.find("/**") {
            out.push_str(&rest[..start]);
            rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
        }
        out.push_str(rest);
        out.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
