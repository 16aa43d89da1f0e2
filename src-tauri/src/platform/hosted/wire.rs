//! The wire format of the platform API: queries and bodies made of a form.

use crate::domain::form::{self, FilledForm, Step};
use crate::platform::{NewInstance, Pairs};

/// `GET /elements/{path_key}/oauth/token` or `…/oauth/url`.
#[derive(Clone, Debug)]
pub struct OauthCall {
    /// The key in the path, which is not always the one of the element.
    pub path_key: String,
    pub query: Pairs,
}

impl OauthCall {
    pub fn new(form: &FilledForm, step: Step, state: &str, request_token: Option<&str>) -> Self {
        let mut query = form::oauth_query(&form.element, &form.values, step);
        query.push(("state".to_owned(), state.into()));
        query.extend(request_token.map(|token| ("requestToken".to_owned(), token.into())));
        Self { path_key: form.element.path_key().to_owned(), query }
    }
}

/// The body of `POST /instances`.
#[derive(Clone, Debug)]
pub struct InstanceBody {
    /// The element's own key.
    pub element: String,
    pub name: String,
    pub tags: Vec<String>,
    /// Every parameter of the callback, and fixed ones; for OAuth 1.0a also `secret`.
    pub provider_data: Pairs,
    /// The element's fields under their own keys.
    pub configuration: Pairs,
}

impl InstanceBody {
    pub fn new(form: &FilledForm, new: &NewInstance<'_>) -> Self {
        let mut configuration = form::configuration(&form.element, &form.values);
        for (name, key) in &form.element.callback.configuration {
            let brought = new.provided.iter().find(|(known, _)| known == name);
            configuration.extend(brought.map(|(_, value)| (key.clone(), value.clone())));
        }
        let mut provider_data = new.provided.clone();
        for (name, value) in &form.element.callback.fixed {
            if !provider_data.iter().any(|(known, _)| known == name) {
                provider_data.push((name.clone(), value.as_str().into()));
            }
        }
        Self {
            element: form.element.wire_key().to_owned(),
            name: new.name.to_owned(),
            tags: new.tags.to_vec(),
            provider_data,
            configuration,
        }
    }
}
