//! The forms of elements: what each is filled in with, and how it is shown.

use std::collections::BTreeMap;

use url::Url;

use super::{Engine, WorkspaceId};
use crate::domain::address::is_loopback;
use crate::domain::element::{Auth, CALLBACK_URL, Element, Field};
use crate::domain::error::Failure;
use crate::domain::form::FieldProblem;
use crate::domain::view::{AuthView, ElementView, FieldView, Reach, WayView};
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

    /// The address of this program's callback. Where the element declares one of its own, its example says how the
    /// provider wants it: another name of this computer, or https for an address that is pasted.
    fn usual_callback(&self, element: &Element) -> String {
        let usual = format!("http://localhost:{}/callback/{}", self.callback_port(), element.provider());
        let example = element.field(CALLBACK_URL).and_then(|field| Url::parse(&field.example).ok());
        let Some(mut url) = example.filter(is_loopback) else { return usual };
        if url.set_port(Some(self.callback_port())).is_err() {
            return usual;
        }
        url.set_path(&format!("/callback/{}", element.provider()));
        url.into()
    }

    /// The values that choose a way while the user has entered none.
    pub(super) fn usual_choices(
        &self,
        workspace: &WorkspaceId,
        element: &Element,
    ) -> BTreeMap<String, String> {
        if *workspace == WorkspaceId::Practice { element.practice_values() } else { BTreeMap::new() }
    }

    /// An element in the given way, or in the easiest.
    ///
    /// Errors: [`Code::FormInvalid`] for a way that it does not have.
    pub fn element_view_in(
        &self,
        workspace: &WorkspaceId,
        element: &Element,
        way: Option<&str>,
    ) -> Result<ElementView, Failure> {
        let unknown = || Failure::form(vec![FieldProblem::unknown_way()]);
        let narrowed = element.in_named_way(way).ok_or_else(unknown)?;
        Ok(self.view_of(workspace, element, &narrowed))
    }

    /// An element in the easiest way.
    pub fn element_view(&self, workspace: &WorkspaceId, element: &Element) -> ElementView {
        let easiest = element.in_named_way(None).unwrap_or_else(|| element.clone());
        self.view_of(workspace, element, &easiest)
    }

    fn view_of(&self, workspace: &WorkspaceId, whole: &Element, element: &Element) -> ElementView {
        let defaults = self.defaults(workspace, element);
        // A platform connects its own element, whatever a file here says.
        let own = !workspace.is_hosted() && self.catalog().is_own(&whole.key);
        let others = whole.named_ways().filter(|(name, _, _)| Some(*name) != element.way.as_deref());
        ElementView {
            key: element.key.clone(),
            name: element.name.clone(),
            initials: element.initials.clone(),
            category: element.category.clone(),
            gives: element.gives.clone(),
            access: element.access.clone(),
            note: element.note.clone(),
            auth: auth_view(&element.auth),
            reach: Reach::from(&element.auth),
            formerly: element.formerly.clone(),
            mark: element.mark.clone(),
            setup_page: element.setup_address(),
            replaced_by: element.replaced_by.clone(),
            historical: element.historical,
            way: element.way.clone(),
            label: element.label.clone(),
            ways: others.map(way_view).collect(),
            generic: element.generic,
            retired: element.retired,
            own,
            hosts: own.then(|| whole.host_names().into_iter().collect()),
            fields: element.fields.iter().map(|field| field_view(field, &defaults)).collect(),
        }
    }

    /// All elements of a workspace without their forms, by category and name.
    pub async fn element_views(&self, workspace: &WorkspaceId) -> Result<Vec<ElementView>, Failure> {
        let elements = self.elements_in(workspace).await?;
        let listed = |element| ElementView { fields: Vec::new(), ..self.element_view(workspace, element) };
        let mut views: Vec<_> = elements.iter().map(listed).collect();
        views.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
        Ok(views)
    }
}

fn way_view((name, label, auth): (&str, Option<&str>, &Auth)) -> WayView {
    WayView {
        key: name.to_owned(),
        label: label.map(str::to_owned),
        auth: auth_view(auth),
        reach: Reach::from(auth),
    }
}

fn auth_view(auth: &Auth) -> AuthView {
    match auth {
        Auth::Oauth2(_) => AuthView::Oauth2,
        Auth::Oauth1(_) => AuthView::Oauth1,
        Auth::Basic(_) => AuthView::Basic,
        Auth::ApiKey(_) => AuthView::ApiKey,
        Auth::Session(_) => AuthView::Session,
        Auth::Custom(_) => AuthView::Custom,
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
