//! The pages that a sign-in shows in the user's browser: no script, no foreign content, no secret, not cached.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The style sheet of all pages, inline so that a page is a single response.
pub const STYLE: &str = include_str!("../../pages/style.css");
const RESULT: &str = include_str!("../../pages/result.html");

/// The page that shows how a sign-in ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    ok: bool,
    heading: String,
    text: String,
}

impl Page {
    /// Takes plain text, which is escaped when shown.
    pub fn new(ok: bool, heading: impl Into<String>, text: impl Into<String>) -> Self {
        Self { ok, heading: heading.into(), text: text.into() }
    }
}

/// `STYLE` as a source expression of a content security policy.
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))));

/// Fills a template and adds the headers. `values` must be escaped. A page with a form does not send
/// `form-action 'none'`, which Chromium also applies to the redirect that follows the form.
pub(crate) fn html(status: StatusCode, template: &str, values: &[(&str, &str)], has_form: bool) -> Response {
    let mut text = template.replace("{{style}}", STYLE);
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    let form_action = if has_form { "" } else { " form-action 'none';" };
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

/// The response to a callback.
pub(crate) fn respond(page: &Page) -> Response {
    let values = [
        ("title", "Keyrack"),
        ("tone", if page.ok { "ok" } else { "problem" }),
        ("heading", &escape(&page.heading)),
        ("text", &escape(&page.text)),
    ];
    html(StatusCode::OK, RESULT, &values, false)
}

/// Escapes text for HTML text or a quoted attribute. Braces too, so that no value is taken for a placeholder.
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
    fn values_are_escaped_as_text() {
        assert_eq!(
            escape("<b x='{{style}}'>&\n"),
            "&lt;b x=&#39;&#123;&#123;style&#125;&#125;&#39;&gt;&amp; "
        );
    }

    #[test]
    fn the_templates_have_all_placeholders_and_no_foreign_content() {
        for placeholder in ["{{style}}", "{{title}}", "{{tone}}", "{{heading}}", "{{text}}"] {
            assert!(RESULT.contains(placeholder), "{placeholder}");
        }
        for foreign in ["<script", "src=", "@import", "url("] {
            assert!(!RESULT.contains(foreign) && !STYLE.contains(foreign), "{foreign}");
        }
        assert!(!RESULT.contains("style=\""), "an inline style would be refused by our own policy");
    }
}
