//! The requests of the platform API.

use serde_json::{Map, Value, json};
use url::Url;

use crate::element::Step;
use crate::http::{HttpRequest, Method};
use crate::sensitive::Sensitive;

/// A name with its value.
type Pair = (String, Sensitive<String>);

/// The maximum, and the platform's default.
const PAGE_SIZE: &str = "200";

#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Without a trailing slash.
    pub base: &'a Url,
    pub user: &'a Sensitive<String>,
    pub organization: &'a Sensitive<String>,
}

/// The members of an instance to create or change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instance<'a> {
    pub element: Option<&'a str>,
    pub name: Option<&'a str>,
    pub tags: Option<&'a [String]>,
    pub provider_data: Option<&'a [Pair]>,
    /// By the element's own keys.
    pub configuration: Option<&'a [Pair]>,
}

impl Instance<'_> {
    fn json(&self) -> String {
        let object = |pairs: &[Pair]| {
            let members = pairs.iter().map(|(name, value)| (name.clone(), value.expose().as_str().into()));
            Value::Object(members.collect())
        };
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("element", self.element.map(|key| json!({ "key": key })));
        put("name", self.name.map(Value::from));
        put("tags", self.tags.map(Value::from));
        // Only sign-ins with a browser have provider data.
        put("providerData", self.provider_data.filter(|pairs| !pairs.is_empty()).map(object));
        put("configuration", self.configuration.map(object));
        Value::Object(body).to_string()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceFilter<'a> {
    All,
    Tagged(&'a str),
    /// Those whose name contains this text.
    Named(&'a str),
}

impl Caller<'_> {
    /// `GET /organizations/me`, which checks the secrets.
    pub fn organization(&self) -> HttpRequest {
        self.request(Method::Get, &["organizations", "me"])
    }

    /// `GET /elements/{key}/oauth/token` or `…/oauth/url`. The API takes the client secret only in the query, so the
    /// URLs of these calls must not appear in logs or errors.
    pub fn oauth(&self, key: &str, step: Step, query: &[Pair]) -> HttpRequest {
        let last = match step {
            Step::Token => "token",
            Step::Url => "url",
        };
        let mut request = self.request(Method::Get, &["elements", key, "oauth", last]);
        request.url.query_pairs_mut().extend_pairs(query.iter().map(|(n, v)| (n, v.expose())));
        request
    }

    pub fn elements(&self, page: Option<&str>) -> HttpRequest {
        paged(self.request(Method::Get, &["elements"]), page)
    }

    pub fn element(&self, key: &str) -> HttpRequest {
        self.request(Method::Get, &["elements", key])
    }

    pub fn element_configuration(&self, key: &str) -> HttpRequest {
        self.request(Method::Get, &["elements", key, "configuration"])
    }

    pub fn instances(&self, filter: InstanceFilter<'_>, page: Option<&str>) -> HttpRequest {
        let mut request = self.request(Method::Get, &["instances"]);
        let condition = match filter {
            InstanceFilter::All => None,
            InstanceFilter::Tagged(tag) => Some(("tags[]", tag)),
            InstanceFilter::Named(text) => Some(("searchText", text)),
        };
        request.url.query_pairs_mut().extend_pairs(condition);
        paged(request, page)
    }

    /// `POST /instances`. Must not be repeated: each call creates another instance.
    pub fn create(&self, instance: &Instance<'_>) -> HttpRequest {
        with_json(self.request(Method::Post, &["instances"]), instance)
    }

    pub fn instance(&self, id: &str) -> HttpRequest {
        self.request(Method::Get, &["instances", id])
    }

    /// `PATCH /instances/{id}`.
    pub fn change(&self, id: &str, instance: &Instance<'_>) -> HttpRequest {
        with_json(self.request(Method::Patch, &["instances", id]), instance)
    }

    pub fn delete(&self, id: &str) -> HttpRequest {
        self.request(Method::Delete, &["instances", id])
    }

    /// `PUT /instances/{id}/enabled`, or `DELETE` to disable.
    pub fn enabled(&self, id: &str, enabled: bool) -> HttpRequest {
        let method = if enabled { Method::Put } else { Method::Delete };
        self.request(method, &["instances", id, "enabled"])
    }

    /// `GET /ping`, which checks the Element token and the sign-in behind it.
    pub fn ping(&self, element_token: &Sensitive<String>) -> HttpRequest {
        self.authorized(Method::Get, &["ping"], &format!(", Element {}", element_token.expose()))
    }

    fn request(&self, method: Method, path: &[&str]) -> HttpRequest {
        self.authorized(method, path, "")
    }

    /// Secrets contain `+ / =`, which need no encoding in a header.
    fn authorized(&self, method: Method, path: &[&str], element: &str) -> HttpRequest {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let (user, organization) = (self.user.expose(), self.organization.expose());
        HttpRequest::new(method, url)
            .header("accept", "application/json")
            .header("authorization", format!("User {user}, Organization {organization}{element}"))
    }
}

fn paged(mut request: HttpRequest, page: Option<&str>) -> HttpRequest {
    let next = page.map(|token| ("nextPage", token));
    request.url.query_pairs_mut().append_pair("pageSize", PAGE_SIZE).extend_pairs(next);
    request
}

fn with_json(request: HttpRequest, instance: &Instance<'_>) -> HttpRequest {
    let request = request.header("content-type", "application/json");
    HttpRequest { body: Some(instance.json().into()), ..request }
}
