//! `ui/src/ipc/types.ts` is generated from the types of this folder.

use std::path::Path;

use ts_rs::{Config, TS};

use super::*;
use crate::attempt::{Stage, Stray};
use crate::connection::Status;
use crate::element::{Condition, FieldOption};
use crate::error::{Code, Failure, NetworkFault, PlatformAnswer, Refused};
use crate::exchange::Exchange;
use crate::form::{FieldProblem, Problem};
use crate::key_end::KeyEnd;
use crate::values::FieldKind;

/// `UPDATE_TYPES=1 cargo test types_ts` writes the file; without it the test says whether it is current.
#[test]
fn types_ts_is_current() {
    let cfg = Config::new().with_large_int("number");
    let mut text = String::from(
        "// Generated from src-tauri/domain/src/view by `UPDATE_TYPES=1 cargo test types_ts`. Not to be edited.\n",
    );
    let declarations = [
        Code::decl(&cfg),
        Problem::decl(&cfg),
        FieldProblem::decl(&cfg),
        PlatformAnswer::decl(&cfg),
        Refused::decl(&cfg),
        NetworkFault::decl(&cfg),
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
        FieldOption::decl(&cfg),
        FieldKind::decl(&cfg),
        Condition::decl(&cfg),
        FieldView::decl(&cfg),
        AuthView::decl(&cfg),
        Reach::decl(&cfg),
        WayView::decl(&cfg),
        ElementView::decl(&cfg),
        ElementProblem::decl(&cfg),
        Revocation::decl(&cfg),
        Revoked::decl(&cfg),
        RemovedView::decl(&cfg),
        TestView::decl(&cfg),
        CertificateView::decl(&cfg),
        KeyEnd::decl(&cfg),
        ConnectionView::decl(&cfg),
        NotImported::decl(&cfg),
        ImportView::decl(&cfg),
        Stage::decl(&cfg),
        Stray::decl(&cfg),
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
    assert!(committed == text, "ui/src/ipc/types.ts is not current: run UPDATE_TYPES=1 cargo test types_ts");
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
