//! Workspaces: which exist, and what an element's form is filled in with in each.

use std::collections::BTreeMap;

use super::{Engine, WorkspaceId};
use crate::domain::connection::folded;
use crate::domain::element::{Auth, CALLBACK_URL, Element, Field, FieldKind};
use crate::domain::error::{Code, Failure};
use crate::domain::view::{
    AuthView, ElementView, FieldKind as KindView, FieldView, OptionView, VisibleWhen, WorkspaceKind,
    WorkspaceView,
};
use crate::io::index::Setting;

/// The callback port unless Settings say otherwise: free in IANA's list, outside the ranges that systems hand out for
/// outgoing connections, and easy to read out over the telephone.
pub const DEFAULT_PORT: u16 = 14747;

/// How an address of ours says that any free port will do.
pub(super) const ANY_PORT: &str = ":0/";

/// A workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub view: WorkspaceView,
}

impl Engine {
    /// All workspaces. These two are always there.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn workspaces(&self) -> Result<Vec<Workspace>, Failure> {
        let counts = self.index.connection_counts()?;
        let make = |id: WorkspaceId, name: &str, label: &str, kind, base_url| {
            let connections = counts.iter().find(|(of, _)| of == id.as_str()).map_or(0, |(_, count)| *count);
            let view = WorkspaceView { name: name.into(), label: label.into(), kind, base_url, connections };
            Workspace { id, view }
        };
        let mut all = vec![
            make(WorkspaceId::Local, "local", "This computer", WorkspaceKind::Local, None),
            make(WorkspaceId::Practice, "practice", "Practice", WorkspaceKind::Practice, None),
        ];
        all.extend(self.index.hosted_workspaces()?.into_iter().map(|row| {
            let id = WorkspaceId::Hosted(row.id);
            make(id, &row.name, &row.name, WorkspaceKind::Hosted, Some(row.base_url))
        }));
        Ok(all)
    }

    /// The workspace of this name, ignoring case, or id.
    ///
    /// # Errors
    /// [`Code::WorkspaceUnknown`].
    pub fn workspace(&self, name_or_id: &str) -> Result<Workspace, Failure> {
        let unknown = || Failure::new(Code::WorkspaceUnknown).name(name_or_id);
        let named = |w: &Workspace| w.id.as_str() == name_or_id || folded(&w.view.name) == folded(name_or_id);
        self.workspaces()?.into_iter().find(named).ok_or_else(unknown)
    }

    /// The workspace in use: the one that was chosen last, or this computer if that is gone.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn current_workspace(&self) -> Result<Workspace, Failure> {
        let chosen =
            self.index.setting(Setting::Workspace)?.unwrap_or_else(|| WorkspaceId::Local.to_string());
        self.workspace(&chosen).or_else(|failure| match failure.code {
            Code::WorkspaceUnknown => self.workspace(WorkspaceId::Local.as_str()),
            _ => Err(failure),
        })
    }

    /// Makes a workspace the one in use.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn use_workspace(&self, workspace: &Workspace) -> Result<(), Failure> {
        Ok(self.index.set_setting(Setting::Workspace, workspace.id.as_str())?)
    }

    /// The port in the callback address of new connections.
    pub fn callback_port(&self) -> u16 {
        let stored = self.index.setting(Setting::CallbackPort).ok().flatten();
        stored.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_PORT)
    }

    /// What a form is filled in with before the person has typed anything.
    pub(super) fn defaults(&self, workspace: &WorkspaceId, element: &Element) -> BTreeMap<String, String> {
        let provider = element.provider();
        let mut values =
            if *workspace == WorkspaceId::Practice { element.practice_values() } else { BTreeMap::new() };
        let callback = if *workspace == WorkspaceId::Practice || element.callback.any_loopback_port {
            // Port 0: whichever is free. The practice provider and these providers take any (RFC 8252 §7.3).
            format!("http://127.0.0.1{ANY_PORT}callback/{provider}")
        } else {
            self.usual_callback(element)
        };
        values.insert(CALLBACK_URL.to_owned(), callback);
        values
    }

    /// Puts the address with the usual port into a form, where the element registers itself with any.
    pub(super) fn fix_port(
        &self,
        workspace: &WorkspaceId,
        element: &Element,
        values: &mut BTreeMap<String, String>,
    ) {
        let registers =
            matches!(&element.auth, Auth::Oauth2(oauth2) if oauth2.registration_endpoint.is_some());
        if registers && *workspace != WorkspaceId::Practice {
            values.insert(CALLBACK_URL.to_owned(), self.usual_callback(element));
        }
    }

    fn usual_callback(&self, element: &Element) -> String {
        format!("http://localhost:{}/callback/{}", self.callback_port(), element.provider())
    }

    /// An element with its form filled in for a workspace.
    pub fn element_view(&self, workspace: &WorkspaceId, element: &Element) -> ElementView {
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
            generic: element.generic,
            retired: element.retired,
            own: element.from.is_some(),
            fields: element.fields.iter().map(|field| field_view(field, &defaults)).collect(),
        }
    }

    /// All elements of a workspace with their forms, by category and name.
    ///
    /// # Errors
    /// Whatever a hosted platform answers when it is asked for its catalogue.
    pub async fn element_views(&self, workspace: &WorkspaceId) -> Result<Vec<ElementView>, Failure> {
        let elements = self.elements_in(workspace).await?;
        let mut views: Vec<_> = elements.iter().map(|e| self.element_view(workspace, e)).collect();
        views.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
        Ok(views)
    }
}

fn field_view(field: &Field, defaults: &BTreeMap<String, String>) -> FieldView {
    let filled = defaults.get(&field.key).or(field.default.as_ref()).cloned().unwrap_or_default();
    // What an empty field becomes by itself is worked out when the form is sent.
    let optional = field.derived.is_some();
    // Port 0 means "any free port" to us and nothing to a person: the field is shown empty and may stay so.
    let any_port = filled.contains(ANY_PORT);
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        help: field.help.clone(),
        example: field
            .derived
            .as_ref()
            .map_or_else(|| field.example.clone(), |derived| derived.clone().into()),
        value: if any_port { String::new() } else { filled },
        kind: match field.kind {
            FieldKind::Text => KindView::Text,
            FieldKind::Select => KindView::Select,
            FieldKind::Toggle => KindView::Toggle,
            FieldKind::Address => KindView::Address,
            FieldKind::Origin => KindView::Origin,
            FieldKind::Host => KindView::Host,
            FieldKind::Lines => KindView::Lines,
        },
        options: field
            .options
            .iter()
            .map(|o| OptionView { value: o.value.clone(), label: o.label.clone() })
            .collect(),
        required: field.required && !any_port && !optional,
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
