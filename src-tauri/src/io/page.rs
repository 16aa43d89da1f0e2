//! The pages that end in the person's browser: no script, nothing from elsewhere, nothing secret, nothing kept.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The one style sheet of all pages, inline so that a page is a single answer.
pub const STYLE: &str = include_str!("../../pages/style.css");
const RESULT: &str = include_str!("../../pages/result.html");

/// How a sign-in ended, in the browser's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    ok: bool,
    heading: String,
    text: String,
}

impl Page {
    /// Plain text; it is escaped when shown.
    pub fn new(ok: bool, heading: impl Into<String>, text: impl Into<String>) -> Self {
        Self { ok, heading: heading.into(), text: text.into() }
    }
}

/// `STYLE` as a source expression of a content security policy.
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))));

/// Makes a page of ours: fills the template and adds the headers. `values` must be escaped already.
/// `forms` says whether the page has a form, and so may not say `form-action 'none'`: Chromium would apply it to the
/// redirect that follows the form too.
pub(crate) fn html(status: StatusCode, template: &str, values: &[(&str, &str)], forms: bool) -> Response {
    let mut text = template.replace("{{style}}", STYLE);
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    let form_action = if forms { "" } else { " form-action 'none';" };
    let policy = format!(
        "default-src 'none'; style-src {}; base-uri 'none';{form_action} frame-ancestors 'none'",
        *STYLE_SOURCE
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(text)).into_response()
}

/// The answer to a callback.
pub(crate) fn respond(page: &Page) -> Response {
    let values = [
        ("title", "Keyrack"),
        ("tone", if page.ok { "ok" } else { "problem" }),
        ("heading", &escape(&page.heading)),
        ("text", &escape(&page.text)),
    ];
    html(StatusCode::OK, RESULT, &values, false)
}

/// Text as HTML text or a quoted attribute. Braces too, so that no value is taken for a placeholder.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '{' => out.push_str("&#123;"),
            '}' => out.push_str("&#125;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_becomes_markup_or_a_placeholder() {
        assert_eq!(
            escape("<b x='{{style}}'>&\n"),
            "&lt;b x=&#39;&#123;&#123;style&#125;&#125;&#39;&gt;&amp; "
        );
    }

    #[test]
    fn the_templates_have_all_their_placeholders_and_nothing_from_elsewhere() {
        for placeholder in ["{{style}}", "{{title}}", "{{tone}}", "{{heading}}", "{{text}}"] {
            assert!(RESULT.contains(placeholder), "{placeholder}");
        }
        for foreign in ["<script", "src=", "@import", "url("] {
            assert!(!RESULT.contains(foreign) && !STYLE.contains(foreign), "{foreign}");
        }
        assert!(!RESULT.contains("style=\""), "an inline style would be refused by our own policy");
    }
}
