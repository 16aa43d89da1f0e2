//! The page on which a person allows or denies, and what happens when they press a button. Plain HTML: it works
//! without JavaScript and in any browser.

use axum::Form;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;

use super::{ACCOUNT, Shared, oauth1, oauth2, refused_page};
use crate::io::{clock, page};

const TEMPLATE: &str = include_str!("../../../pages/consent.html");

/// What a decision is about.
#[derive(Clone)]
pub(super) enum Request {
    OAuth2(oauth2::Asked),
    OAuth1 { token: String },
}

/// Shows the page for `request`.
pub(super) fn ask(shared: &Shared, product: &str, request: Request) -> Response {
    // Several elements may share a provider; the shortest name is the provider's own.
    let of_provider = shared.catalog.iter().filter(|element| element.provider() == product);
    let Some(element) = of_provider.min_by_key(|element| element.name.len()) else {
        return refused_page("The practice provider does not know this product.");
    };
    let handle = clock::random_token();
    shared.consents.insert(&handle, request);
    let access: String =
        element.access.iter().map(|line| format!("<li>{}</li>", page::escape(line))).collect();
    let (_, email) = ACCOUNT;
    let values = [
        ("product", page::escape(&element.name)),
        ("initials", page::escape(&element.initials)),
        ("app", "Keyrack".to_owned()),
        ("account", email.to_owned()),
        ("access", access),
        ("action", format!("/{}/decision", page::escape(product))),
        ("request", handle),
    ];
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    page::html(StatusCode::OK, TEMPLATE, &values, true)
}

/// The form of the page.
#[derive(Deserialize)]
pub(super) struct Decision {
    request: String,
    decision: String,
}

/// A button was pressed. The handle is random and works once, so nobody else can press it, nor the person twice.
pub(super) async fn decision(State(shared): State<Shared>, Form(form): Form<Decision>) -> Response {
    let Some(request) = shared.consents.remove(&form.request) else {
        return refused_page("This page was used already. Start again from Keyrack.");
    };
    let allowed = form.decision == "allow";
    let target = match request {
        Request::OAuth2(asked) => oauth2::decided(&shared, asked, allowed),
        Request::OAuth1 { token } => oauth1::decided(&shared, &token, allowed),
    };
    match target {
        Ok(url) => redirect(&url),
        Err(text) => refused_page(text),
    }
}

/// 303: the browser continues with GET and does not send the form along.
fn redirect(url: &Url) -> Response {
    let headers = [
        (header::LOCATION, url.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
