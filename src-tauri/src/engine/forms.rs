//! The forms of elements: what each is filled in with, and how it is shown.

use std::collections::BTreeMap;

use super::{Engine, WorkspaceId};
use crate::domain::element::{Auth, CALLBACK_URL, Element, Field};
use crate::domain::error::Failure;
use crate::domain::view::{AuthView, ElementView, FieldView};
use crate::io::index::Setting;

/// The default callback port: free in IANA's list, outside the ranges of outgoing connections, and easy to read out.
pub const DEFAULT_PORT: u16 = 14747;

/// In an address, takes any free port.
pub(super) const ANY_PORT: &str = ":0/";

impl Engine {
    pub fn callback_port(&self) -> u16 {
        let stored = self.index.setting(Setting::CallbackPort).ok().flatten();
        stored.and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_PORT)
    }

    /// The values of a form before the user has typed anything.
    pub(super) fn defaults(&self, workspace: &WorkspaceId, element: &Element) -> BTreeMap<String, String> {
        let provider = element.provider();
        let mut values =
            if *workspace == WorkspaceId::Practice { element.practice_values() } else { BTreeMap::new() };
        let callback = if *workspace == WorkspaceId::Practice || element.callback.any_loopback_port {
            // These providers accept any port (RFC 8252 §7.3).
            format!("http://127.0.0.1{ANY_PORT}callback/{provider}")
        } else {
            self.usual_callback(element)
        };
        values.insert(CALLBACK_URL.to_owned(), callback);
        values
    }

    /// Sets the address with the usual port, where the element registers itself with any.
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
    pub async fn element_views(&self, workspace: &WorkspaceId) -> Result<Vec<ElementView>, Failure> {
        let elements = self.elements_in(workspace).await?;
        let mut views: Vec<_> = elements.iter().map(|e| self.element_view(workspace, e)).collect();
        views.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
        Ok(views)
    }
}

fn field_view(field: &Field, defaults: &BTreeMap<String, String>) -> FieldView {
    let filled = defaults.get(&field.key).or(field.default.as_ref()).cloned().unwrap_or_default();
    // An empty field is derived from the others when the form is sent.
    let optional = field.derived.is_some();
    // Port 0 means nothing to the user: the field is shown empty.
    let any_port = filled.contains(ANY_PORT);
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        help: field.help.clone(),
        example: field.derived.as_ref().map_or_else(|| field.example.clone(), ToString::to_string),
        value: if any_port { String::new() } else { filled },
        kind: field.kind,
        options: field.options.clone(),
        required: field.required && !any_port && !optional,
        secret: field.secret,
        advanced: field.advanced,
        prefix: field.prefix.clone(),
        suffix: field.suffix.clone(),
        problem: field.problem.clone(),
        max_length: u32::try_from(field.max_length).unwrap_or(u32::MAX),
        visible_when: field.visible_when.clone(),
    }
}
