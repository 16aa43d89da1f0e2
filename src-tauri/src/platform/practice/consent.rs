//! The consent page. Plain HTML, so it works without JavaScript and in any browser.

use axum::http::StatusCode;
use axum::response::Response;

use super::answers::error_page;
use super::elements::elements_of;
use super::shared::{ACCOUNT, PendingDecision, Shared};
use crate::io::{clock, page};

const TEMPLATE: &str = include_str!("../../../pages/consent.html");

/// Shows the page. Its form is answered by [`decide`](super::endpoints::decide).
pub(super) fn show_consent(shared: &Shared, product: &str, pending: PendingDecision) -> Response {
    // Of several elements the one with the shortest name has the provider's own.
    let Some(element) = elements_of(&shared.catalog, product).min_by_key(|element| element.name.len()) else {
        return error_page("The practice provider does not know this product.");
    };
    let handle = clock::random_token();
    shared.decisions.insert(&handle, pending);
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
