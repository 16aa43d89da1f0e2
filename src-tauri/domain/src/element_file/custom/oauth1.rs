//! A custom element for an OAuth 1.0a server.

use super::draft::{AUTHORIZATION, Draft, TOKEN, USERINFO, custom_element, key_for};
use super::fields::client_fields;
use crate::element::{Auth, Element, Identity, Oauth1};
use crate::form::FieldProblem;
use crate::oauth::oauth1::SignatureMethod;
use crate::template::Template;
use crate::values::Values;

/// The key of the generic element.
const OAUTH1: &str = "oauth1";

const REQUEST_TOKEN: &str = "request_token_endpoint";
const SIGNATURE: &str = "signature_method";

/// Common names of the account, most recognizable first: OAuth 1.0a has no standard for it.
const IDENTITY_MEMBERS: [&str; 5] = ["/email", "/screen_name", "/username", "/name", "/id"];

/// An element for the server whose three addresses the form holds, or the fields that are wrong.
pub fn custom_oauth1(values: &Values) -> Result<Element, Vec<FieldProblem>> {
    let mut draft = Draft::new(values);
    let request_token_endpoint = draft.required_endpoint(REQUEST_TOKEN);
    let authorization_endpoint = draft.required_endpoint(AUTHORIZATION);
    let token_endpoint = draft.required_endpoint(TOKEN);
    let userinfo = draft.endpoint(USERINFO, None);
    let method = values.get(SIGNATURE).and_then(|name| name.parse::<SignatureMethod>().ok());
    let address = authorization_endpoint.as_ref().map(Template::as_str).unwrap_or_default().to_owned();
    let key = key_for(&address);
    let auth = Auth::Oauth1(Box::new(Oauth1 {
        request_token_endpoint,
        authorization_endpoint,
        token_endpoint,
        signature_method: method.unwrap_or_default(),
        ..Oauth1::default()
    }));
    let identity = userinfo.map(|endpoint| Identity::new(endpoint, &IDENTITY_MEMBERS, None));
    let element = Element {
        fields: client_fields(&key, ["Consumer key", "Consumer secret"], [true, true]),
        identity,
        ..custom_element(OAUTH1, key, draft.name(&address), auth)
    };
    draft.finish(AUTHORIZATION, element)
}
