//! The calls of the platform API as request values.

use serde_json::{Map, Value, json};
use url::Url;

use crate::http::{HttpRequest, Method};
use crate::sensitive::Sensitive;

/// Names and values as they travel.
type Pair = (String, Sensitive<String>);

/// The most that a page of a list holds; it is also what platforms give unasked.
const PAGE_SIZE: &str = "200";

/// Which of the two calls before the browser opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oauth {
    /// `oauth/token`: OAuth 1.0a only.
    Token,
    /// `oauth/url`.
    Url,
}

/// Where a platform is, and as whom it is called.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Where the API begins, without a slash at its end.
    pub base: &'a Url,
    /// The User secret.
    pub user: &'a Sensitive<String>,
    /// The Organization secret.
    pub organization: &'a Sensitive<String>,
}

/// What an instance is made of, or what changes of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instance<'a> {
    /// The element's key.
    pub element: Option<&'a str>,
    /// Its name.
    pub name: Option<&'a str>,
    /// All its tags.
    pub tags: Option<&'a [String]>,
    /// What the callback brought.
    pub provider_data: Option<&'a [Pair]>,
    /// Entries under the element's own keys.
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
        // A sign-in without a browser has nothing of the kind.
        put("providerData", self.provider_data.filter(|pairs| !pairs.is_empty()).map(object));
        put("configuration", self.configuration.map(object));
        Value::Object(body).to_string()
    }
}

/// Which instances a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// All of the organization.
    All,
    /// Those with this tag.
    Tagged(&'a str),
    /// Those whose name contains this text.
    Named(&'a str),
}

impl Caller<'_> {
    /// Whether the secrets are those of this organization: `GET /organizations/me`.
    pub fn organization(&self) -> HttpRequest {
        self.request(Method::Get, &["organizations", "me"])
    }

    /// `GET /elements/{key}/oauth/token` or `…/oauth/url`.
    ///
    /// The API wants the application's secret in the query, in both. There is no other way to hand it over, so no
    /// address of these calls may stand in a log or an error text.
    pub fn oauth(&self, key: &str, call: Oauth, query: &[Pair]) -> HttpRequest {
        let last = match call {
            Oauth::Token => "token",
            Oauth::Url => "url",
        };
        let mut request = self.request(Method::Get, &["elements", key, "oauth", last]);
        request.url.query_pairs_mut().extend_pairs(query.iter().map(|(n, v)| (n, v.expose())));
        request
    }

    /// One page of the elements.
    pub fn elements(&self, page: Option<&str>) -> HttpRequest {
        paged(self.request(Method::Get, &["elements"]), page)
    }

    /// `GET /elements/{key}`.
    pub fn element(&self, key: &str) -> HttpRequest {
        self.request(Method::Get, &["elements", key])
    }

    /// `GET /elements/{key}/configuration`.
    pub fn element_configuration(&self, key: &str) -> HttpRequest {
        self.request(Method::Get, &["elements", key, "configuration"])
    }

    /// One page of the instances that are meant.
    pub fn instances(&self, which: Which<'_>, page: Option<&str>) -> HttpRequest {
        let mut request = self.request(Method::Get, &["instances"]);
        match which {
            Which::All => {}
            Which::Tagged(tag) => {
                request.url.query_pairs_mut().append_pair("tags[]", tag);
            }
            Which::Named(text) => {
                request.url.query_pairs_mut().append_pair("searchText", text);
            }
        }
        paged(request, page)
    }

    /// `POST /instances`. Never to be repeated: each makes another one.
    pub fn create(&self, instance: &Instance<'_>) -> HttpRequest {
        with_json(self.request(Method::Post, &["instances"]), instance)
    }

    /// `GET /instances/{id}`.
    pub fn instance(&self, id: &str) -> HttpRequest {
        self.request(Method::Get, &["instances", id])
    }

    /// `PATCH /instances/{id}`: what is named.
    pub fn change(&self, id: &str, instance: &Instance<'_>) -> HttpRequest {
        with_json(self.request(Method::Patch, &["instances", id]), instance)
    }

    /// `DELETE /instances/{id}`.
    pub fn delete(&self, id: &str) -> HttpRequest {
        self.request(Method::Delete, &["instances", id])
    }

    /// `PUT /instances/{id}/enabled`, or `DELETE` to switch it off.
    pub fn enabled(&self, id: &str, enabled: bool) -> HttpRequest {
        let method = if enabled { Method::Put } else { Method::Delete };
        self.request(method, &["instances", id, "enabled"])
    }

    /// `GET /ping`: whether the Element token and the sign-in behind it work.
    pub fn ping(&self, element_token: &Sensitive<String>) -> HttpRequest {
        self.bare(Method::Get, &["ping"]).header("authorization", self.authorization(Some(element_token)))
    }

    fn request(&self, method: Method, path: &[&str]) -> HttpRequest {
        self.bare(method, path).header("authorization", self.authorization(None))
    }

    fn bare(&self, method: Method, path: &[&str]) -> HttpRequest {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        HttpRequest::new(method, url).header("accept", "application/json")
    }

    /// The secrets stand there as they are: they hold `+ / =`, which in a header mean themselves.
    fn authorization(&self, element_token: Option<&Sensitive<String>>) -> Sensitive<String> {
        let (user, organization) = (self.user.expose(), self.organization.expose());
        let element = element_token.map(|token| format!(", Element {}", token.expose())).unwrap_or_default();
        format!("User {user}, Organization {organization}{element}").into()
    }
}

fn paged(mut request: HttpRequest, page: Option<&str>) -> HttpRequest {
    let mut query = request.url.query_pairs_mut();
    query.append_pair("pageSize", PAGE_SIZE);
    if let Some(token) = page {
        query.append_pair("nextPage", token);
    }
    drop(query);
    request
}

fn with_json(request: HttpRequest, instance: &Instance<'_>) -> HttpRequest {
    let request = request.header("content-type", "application/json");
    HttpRequest { body: Some(instance.json().into()), ..request }
}
