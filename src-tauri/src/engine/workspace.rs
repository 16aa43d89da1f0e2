//! Workspaces: which exist, and what an element's form is filled in with in each.

use std::collections::BTreeMap;

use super::Engine;
use crate::domain::element::{Auth, CALLBACK_URL, Element, Field, FieldKind};
use crate::domain::error::{Code, Failure};
use crate::domain::view::{
    AuthView, ElementView, FieldKind as KindView, FieldView, OptionView, VisibleWhen, WorkspaceKind,
    WorkspaceView,
};

/// This computer.
pub const LOCAL: &str = "local";
/// The built-in provider.
pub const PRACTICE: &str = "practice";
/// The callback port unless Settings say otherwise: free in IANA's list, outside the ranges that systems hand out for
/// outgoing connections, and easy to read out over the telephone.
pub const DEFAULT_PORT: u16 = 14747;

impl Engine {
    /// All workspaces.
    pub fn workspaces(&self) -> Vec<WorkspaceView> {
        let view =
            |name: &str, label: &str, kind| WorkspaceView { name: name.into(), label: label.into(), kind };
        vec![
            view(LOCAL, "This computer", WorkspaceKind::Local),
            view(PRACTICE, "Practice", WorkspaceKind::Practice),
        ]
    }

    /// The workspace of this name.
    ///
    /// # Errors
    /// [`Code::WorkspaceUnknown`].
    pub fn workspace(&self, name: &str) -> Result<WorkspaceView, Failure> {
        let unknown = || Failure::new(Code::WorkspaceUnknown).name(name);
        self.workspaces().into_iter().find(|w| w.name == name).ok_or_else(unknown)
    }

    /// The port in the callback address of new connections.
    pub fn callback_port(&self) -> u16 {
        let stored = self.index.setting("callback_port").ok().flatten();
        stored.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_PORT)
    }

    /// What a form is filled in with before the person has typed anything.
    pub(super) fn defaults(&self, workspace: &str, element: &Element) -> BTreeMap<String, String> {
        let provider = element.provider();
        let mut values = if workspace == PRACTICE { element.practice_values() } else { BTreeMap::new() };
        let callback = if workspace == PRACTICE || element.callback.any_loopback_port {
            // Port 0: whichever is free. The practice provider and these providers take any (RFC 8252 §7.3).
            format!("http://127.0.0.1:0/callback/{provider}")
        } else {
            format!("http://localhost:{}/callback/{provider}", self.callback_port())
        };
        values.insert(CALLBACK_URL.to_owned(), callback);
        values
    }

    /// An element with its form filled in for a workspace.
    pub fn element_view(&self, workspace: &str, element: &Element) -> ElementView {
        let defaults = self.defaults(workspace, element);
        ElementView {
            key: element.key.clone(),
            name: element.name.clone(),
            initials: element.initials.clone(),
            category: element.category.clone(),
            gives: element.gives.clone(),
            access: element.access.clone(),
            note: element.note.clone(),
            auth: match element.auth {
                Auth::Oauth2(_) => AuthView::Oauth2,
                Auth::Oauth1(_) => AuthView::Oauth1,
                Auth::Basic(_) => AuthView::Basic,
                Auth::ApiKey(_) => AuthView::ApiKey,
                Auth::Custom(_) => AuthView::Custom,
            },
            fields: element.fields.iter().map(|field| field_view(field, &defaults)).collect(),
        }
    }

    /// All elements with their forms, by category and name.
    pub fn element_views(&self, workspace: &str) -> Vec<ElementView> {
        let mut views: Vec<_> = self.catalog().iter().map(|e| self.element_view(workspace, e)).collect();
        views.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
        views
    }
}

fn field_view(field: &Field, defaults: &BTreeMap<String, String>) -> FieldView {
    let filled = defaults.get(&field.key).or(field.default.as_ref()).cloned().unwrap_or_default();
    // Port 0 means "any free port" to us and nothing to a person: the field is shown empty and may stay so.
    let any_port = filled.contains(":0/");
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        help: field.help.clone(),
        example: field.example.clone(),
        value: if any_port { String::new() } else { filled },
        kind: match field.kind {
            FieldKind::Text => KindView::Text,
            FieldKind::Select => KindView::Select,
            FieldKind::Toggle => KindView::Toggle,
            FieldKind::Address => KindView::Address,
            FieldKind::Origin => KindView::Origin,
            FieldKind::Host => KindView::Host,
        },
        options: field
            .options
            .iter()
            .map(|o| OptionView { value: o.value.clone(), label: o.label.clone() })
            .collect(),
        required: field.required && !any_port,
        secret: field.secret,
        advanced: field.advanced,
        prefix: field.prefix.clone(),
        suffix: field.suffix.clone(),
        problem: field.problem.clone(),
        max_length: u32::try_from(field.max_length).unwrap_or(u32::MAX),
        visible_when: field
            .visible_when
            .as_ref()
            .map(|w| VisibleWhen { field: w.field.clone(), is: w.is.clone() }),
    }
}
