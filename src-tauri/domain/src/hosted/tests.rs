use serde_json::{Value, json};

use super::*;
use crate::element::{Auth, Element, Field, FieldKind};
use crate::form::{self, Problem, Step};
use std::collections::BTreeMap;

fn element(value: Value) -> Element {
    element::read(&value).expect("an element")
}

fn field<'e>(element: &'e Element, key: &str) -> &'e Field {
    element.field(key).unwrap_or_else(|| panic!("no field {key}"))
}

fn keys(element: &Element) -> Vec<&str> {
    element.fields.iter().map(|field| field.key.as_str()).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

// ---- where and who ----

#[test]
fn a_base_url_is_a_preset_or_an_address() {
    for (text, url) in [
        ("us", "https://api.cloud-elements.com/elements/api-v2"),
        (" EU ", "https://api.cloud-elements.co.uk/elements/api-v2"),
        ("staging", "https://staging.cloud-elements.com/elements/api-v2"),
        ("https://api.example.com", "https://api.example.com/elements/api-v2"),
        ("https://API.example.com:8443/", "https://api.example.com:8443/elements/api-v2"),
        ("https://api.example.com/other/api//", "https://api.example.com/other/api"),
        ("http://127.0.0.1:4000/elements/api-v2/", "http://127.0.0.1:4000/elements/api-v2"),
    ] {
        assert_eq!(base_url(text).map(String::from).as_deref(), Ok(url), "{text}");
    }
    for text in [
        "nowhere",
        "api.example.com",
        "http://api.example.com",
        "https://user@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com/#x",
        "ftp://api.example.com",
        "https://api.example.com/a b",
        "https://",
    ] {
        assert_eq!(base_url(text), Err(Problem::Malformed), "{text}");
    }
    assert_eq!(base_url("  "), Err(Problem::Required));
    for preset in PRESETS {
        assert_eq!(base_url(preset.base_url).map(String::from).as_deref(), Ok(preset.base_url));
    }
}

#[test]
fn a_header_safe_secret_has_no_comma_or_space() {
    for secret in ["abc+/=", "0123456789abcdef", "~"] {
        assert!(is_header_safe(secret), "{secret}");
    }
    for secret in ["", "a b", "a\r\nb", "a, Organization b", "ä", "a\u{7f}"] {
        assert!(!is_header_safe(secret), "{secret:?}");
    }
}

#[test]
fn attempt_tags_are_removed_from_the_users_tags() {
    let tags = ["a".to_owned(), attempt_tag("1"), "keyrack".to_owned()];
    assert_eq!(tags[1], "keyrack:1");
    assert_eq!(without_attempt_tags(&tags), ["a", "keyrack"]);
}

#[test]
fn a_long_value_may_be_secret_unless_its_key_is_public() {
    for (key, value) in [
        ("oauth.api.key", "short"),
        ("apiKey", "short"),
        ("oauth.api.secret", "x"),
        ("sid", "12345678"),
        ("nickname", "12345678"),
        ("event.notification.callback.headers", "{\"authorization\":1}"),
    ] {
        assert!(may_be_secret(key, value), "{key}");
    }
    for (key, value) in [
        ("region", "eu"),
        ("sandbox", "false"),
        ("name", "Customer support"),
        ("zendesk.subdomain", "my-company"),
        ("siteAddress", "my-company"),
        ("oauth.callback.url", "https://app.example.com/auth"),
        ("oauth.scope", "read write"),
    ] {
        assert!(!may_be_secret(key, value), "{key}");
    }
}

// ---- instances ----

#[test]
fn an_instance_is_read_despite_deviations() {
    let read = instance::read(&json!({
        "id": "57", "name": "Ours", "token": "********", "disabled": "true",
        "tags": ["a", {"id": 4, "name": "b"}, {"id": 5}, null, 7],
        "elementKey": "desk",
        "configuration": {
            "subdomain": "acme", "oauth.api.secret": "****", "oauth.api.key": "k", "empty": "", "none": null,
            "event.notification.enabled": false, "poll": 15, "oauth.user.token": "shown-by-mistake", "list": []
        }
    }))
    .expect("an instance");
    assert_eq!((read.id.as_str(), read.element.as_str(), read.product.as_str()), ("57", "desk", "desk"));
    assert!(read.token.is_none() && read.disabled);
    assert_eq!(read.tags, ["a", "b", "7"]);
    let expected = map(&[
        ("subdomain", "acme"),
        ("oauth.api.key", "k"),
        ("event.notification.enabled", "false"),
        ("poll", "15"),
    ]);
    assert_eq!(read.configuration, expected);
    let bare = instance::read(&json!({"id": 9})).expect("an instance");
    assert_eq!((bare.id.as_str(), bare.element.as_str(), bare.disabled), ("9", "", false));
    for bad in
        [json!({}), json!({"id": null}), json!({"id": ".."}), json!({"id": "a/b"}), json!([]), json!("x")]
    {
        assert!(instance::read(&bad).is_none(), "{bad}");
    }
    // What no header can carry is no token.
    assert!(instance::read(&json!({"id": 1, "token": "a\nb"})).expect("an instance").token.is_none());
}

#[test]
fn the_texts_of_an_instance_are_shown_without_hidden_characters() {
    let hostile = "A\u{1b}[2J\u{9b}\u{202E}\r\nopen: x";
    let read = instance::read(&json!({
        "id": 1, "name": hostile, "tags": [hostile, "\u{200B}"], "element": {"key": hostile, "name": "\u{202E}"}
    }))
    .expect("an instance");
    let shown = "A[2J open: x";
    assert_eq!((read.name.as_str(), read.product.as_str(), read.element.as_str()), (shown, shown, shown));
    assert_eq!(read.tags, [shown]);
}

// ---- elements ----

/// OAuth 2 with a site: hidden plumbing with templates, options of every element, an own help.
fn zendesk() -> Element {
    element(json!({
        "id": 41, "name": "Zendesk", "key": "zendesk", "hub": "helpdesk", "typeOauth": true,
        "description": "Connects <b>Zendesk&reg;</b> tickets &amp; people. Needs an administrator.",
        "authentication": {"type": "oauth2"},
        "configuration": [
            {"key": "event.notification.enabled", "name": "Enable events", "type": "BOOLEAN", "defaultValue": "FALSE",
             "required": false, "displayOrder": 20, "hideFromConsole": false, "active": true},
            {"key": "oauth.api.secret", "name": "API Secret", "type": "TEXTFIELD_128", "required": true, "displayOrder": 3},
            {"key": "oauth.api.key", "name": "API Key", "type": "TEXTFIELD_128", "required": true, "displayOrder": 2,
             "description": "The &quot;unique identifier&quot;<br/>of the client"},
            {"key": "zendesk.subdomain", "name": "Zendesk Subdomain", "type": "TEXTFIELD_64", "required": true, "displayOrder": 1},
            {"key": "oauth.callback.url", "name": "Callback URL", "type": "TEXTFIELD_1000", "required": true, "displayOrder": 4,
             "defaultValue": "https://auth.example.com/oauth"},
            {"key": "oauth.scope", "name": "Scope", "type": "TEXTFIELD_128", "required": false, "displayOrder": 5,
             "defaultValue": "read write"},
            {"key": "oauth.token.url", "name": "Token URL", "type": "TEXTFIELD_1000", "required": true,
             "hideFromConsole": true, "defaultValue": "https://{zendesk.subdomain}.zendesk.com/oauth/tokens"},
            {"key": "oauth.user.refresh_interval", "name": "Interval", "type": "TEXTFIELD_32", "required": true,
             "hideFromConsole": true},
            {"key": "old", "name": "Old", "type": "TEXTFIELD_32", "required": false, "active": false},
            {"key": "must", "name": "Tenant number", "type": "TEXTFIELD_32", "required": true, "internal": true}
        ]
    }))
}

#[test]
fn an_oauth2_element_asks_for_the_client() {
    let element = zendesk();
    assert_eq!((element.name.as_str(), element.initials.as_str()), ("Zendesk", "ZE"));
    assert_eq!(element.category, "Help desk");
    assert_eq!(element.gives, "Connects Zendesk® tickets & people");
    assert_eq!(element.auth.kind(), "oauth2");
    assert_eq!(
        keys(&element),
        [
            "zendesk.subdomain",
            "oauth.api.key",
            "oauth.api.secret",
            "oauth.callback.url",
            "oauth.scope",
            "event.notification.enabled",
            "must"
        ]
    );
    let site = field(&element, "zendesk.subdomain");
    assert_eq!((site.label.as_str(), site.max_length, site.required), ("Zendesk Subdomain", 64, true));
    assert_eq!(site.query, ["siteAddress", "zendesk.subdomain"]);
    let key = field(&element, "oauth.api.key");
    assert_eq!(
        (key.label.as_str(), key.help.as_str()),
        ("API Key", "The \"unique identifier\" of the client")
    );
    let secret = field(&element, "oauth.api.secret");
    assert!(secret.secret && secret.query.is_empty() && secret.help.starts_with("Beside"));
    let callback = field(&element, "oauth.callback.url");
    assert_eq!(
        (callback.kind, callback.advanced, callback.default.as_deref()),
        (FieldKind::Address, true, None)
    );
    assert_eq!(field(&element, "oauth.scope").query, ["scope"]);
    assert_eq!(field(&element, "oauth.scope").default.as_deref(), Some("read write"));
    let events = field(&element, "event.notification.enabled");
    assert_eq!(
        (events.kind, events.default.as_deref(), events.advanced),
        (FieldKind::Toggle, Some("false"), true)
    );
    assert!(field(&element, "must").advanced && field(&element, "must").required);
}

#[test]
fn the_same_form_code_serves_a_hosted_element() {
    let element = zendesk();
    let given = map(&[
        ("zendesk.subdomain", " acme "),
        ("oauth.api.key", "k"),
        ("oauth.api.secret", "s"),
        ("must", "7"),
    ]);
    let callback = map(&[("oauth.callback.url", "http://localhost:14747/callback/zendesk")]);
    let values = form::check(&element, &given, &callback).expect("accepted");
    let query: Vec<(String, String)> = form::oauth_query(&element, &values, Step::Url)
        .into_iter()
        .map(|(name, value)| (name, value.expose().clone()))
        .collect();
    let expected = [
        ("apiKey", "k"),
        ("apiSecret", "s"),
        ("callbackUrl", "http://localhost:14747/callback/zendesk"),
        ("siteAddress", "acme"),
        ("zendesk.subdomain", "acme"),
        ("scope", "read write"),
        ("event.notification.enabled", "false"),
        ("must", "7"),
    ];
    assert_eq!(query, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    let missing = form::check(&element, &BTreeMap::new(), &callback).expect_err("refused");
    let missing: Vec<&str> = missing.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(missing, ["zendesk.subdomain", "oauth.api.key", "oauth.api.secret", "must"]);
}

#[test]
fn an_oauth1_element_is_known_by_its_request_url() {
    // Such elements were met with the type oauth2, and with typeOauth false.
    for kind in ["oauth1", "oauth2", "custom"] {
        let element = element(json!({
            "name": "Etsy", "key": "etsy", "hub": "ecommerce", "typeOauth": false, "authentication": {"type": kind},
            "configuration": [
                {"key": "oauth.api.key", "type": "TEXTFIELD_128", "required": true},
                {"key": "oauth.callback.url", "type": "TEXTFIELD_128", "required": true},
                {"key": "oauth.request.url", "type": "TEXTFIELD_128", "required": true, "hideFromConsole": true}
            ]
        }));
        let Auth::Oauth1(oauth1) = &element.auth else { panic!("{kind}") };
        assert!(oauth1.token_endpoint.is_none());
        assert_eq!(element.category, "E-commerce");
        assert_eq!(element.gives, "Etsy");
        // The secret was not listed, and there is no sign-in without.
        assert_eq!(keys(&element), ["oauth.api.key", "oauth.callback.url", "oauth.api.secret"]);
        assert_eq!(field(&element, "oauth.api.key").label, "Client ID");
        assert!(field(&element, "oauth.api.secret").secret);
    }
}

#[test]
fn basic_and_key_elements_have_no_browser() {
    let basic = element(json!({
        "name": "Help Scout", "key": "helpscout", "hub": "helpdesk", "authentication": {"type": "basic"},
        "configuration": [
            {"key": "username", "name": "API key", "configDataType": "TEXTFIELD_128", "mandatory": "true"},
            {"key": "password", "name": "Password", "configDataType": "PASSWORD", "mandatory": true, "defaultValue": "********"},
            {"key": "site.id", "name": "Site", "type": "COMBO", "required": true, "defaultValue": "eu",
             "options": [{"value": "us", "description": "America"}, "eu", {"value": "us"}]},
            {"key": "region", "type": "COMBO", "required": true},
            {"key": "private.key", "type": "TEXTAREA", "required": true, "name": "Private key"},
            {"key": "flag", "type": "BOOLEAN_YESNO", "defaultValue": "Yes"},
            {"key": "novel", "type": "SLIDER", "defaultValue": "12345"}
        ]
    }));
    let Auth::Basic(parts) = &basic.auth else { panic!("basic") };
    assert_eq!(
        (parts.username_field.as_deref(), parts.password_field.as_deref()),
        (Some("username"), Some("password"))
    );
    assert!(field(&basic, "username").required);
    // The platform has a password already and does not show it.
    let password = field(&basic, "password");
    assert!(password.secret && !password.required && password.default.is_none() && password.query.is_empty());
    let site = field(&basic, "site.id");
    assert_eq!((site.kind, site.default.as_deref(), site.options.len()), (FieldKind::Select, Some("eu"), 2));
    assert_eq!(site.options[0].label, "America");
    assert_eq!(site.query, ["siteAddress", "site.id"]);
    assert_eq!(field(&basic, "region").kind, FieldKind::Text);
    let key = field(&basic, "private.key");
    assert_eq!((key.kind, key.max_length), (FieldKind::Lines, 8000));
    assert!(key.query.is_empty());
    assert_eq!(field(&basic, "flag").default.as_deref(), Some("true"));
    assert_eq!(field(&basic, "novel").kind, FieldKind::Text);

    let api = element(json!({
        "name": "Chargify", "key": "chargify", "hub": "finance", "authentication": {"type": "apiKey"},
        "configuration": [{"key": "subdomain", "type": "TEXTFIELD_32"}, {"key": "api.password", "type": "TEXTFIELD_32"}]
    }));
    let Auth::ApiKey(place) = &api.auth else { panic!("api key") };
    assert_eq!(place.key_field.as_deref(), Some("api.password"));
    assert_eq!(api.category, "Finance");
}

#[test]
fn texts_of_a_form_hide_nothing() {
    let hostile = "A\u{1b}[2J\u{9b}\u{202E}\r\nopen: x";
    let shown = "A[2J open: x";
    let element = element(json!({
        "name": hostile, "key": "evil", "hub": hostile, "description": hostile,
        "configuration": [
            {"key": "a", "name": hostile, "description": hostile, "required": true, "defaultValue": hostile},
            {"key": "b", "type": "COMBO", "options": [hostile, {"value": "eu", "label": hostile}, "us\nopen: x"]},
            {"key": "c\u{202E}", "name": "The key is a name in JSON"}
        ]
    }));
    assert_eq!(
        (element.name.as_str(), element.category.as_str(), element.gives.as_str()),
        (shown, shown, shown)
    );
    let field = |key| field(&element, key);
    assert_eq!((field("a").label.as_str(), field("a").help.as_str()), (shown, shown));
    // The platform uses its own default.
    assert!(field("a").default.is_none() && !field("a").required);
    let options: Vec<_> = field("b").options.iter().map(|o| (o.value.as_str(), o.label.as_str())).collect();
    assert_eq!(options, [("eu", shown)]);
    assert_eq!(element.fields.len(), 2);
}

#[test]
fn a_password_grant_does_not_open_a_browser() {
    let sugar = element(json!({
        "name": "SugarCRM", "key": "sugarcrmv2", "hub": "crm", "authentication": {"type": "oauth2Password"},
        "configuration": [
            {"key": "username", "type": "TEXTFIELD_128", "required": true},
            {"key": "password", "type": "PASSWORD", "required": true},
            {"key": "oauth.api.key", "type": "TEXTFIELD_128", "hideFromConsole": true, "defaultValue": "sugar"},
            {"key": "oauth.callback.url", "type": "TEXTFIELD_128", "hideFromConsole": true, "defaultValue": "x"},
            {"key": "site", "type": "TEXTFIELD_128", "required": true}
        ]
    }));
    assert_eq!(sugar.auth.kind(), "custom");
    assert_eq!(keys(&sugar), ["username", "password", "site"]);
    assert_eq!(sugar.category, "CRM");
}

#[test]
fn a_default_made_of_other_fields_is_filled_in_when_the_form_is_sent() {
    let now = element(json!({
        "name": "ServiceNow", "key": "servicenow", "hub": "helpdesk", "authentication": {"type": "custom"},
        "configuration": [
            {"key": "base.url", "name": "Address", "type": "TEXTFIELD_1000", "required": true,
             "defaultValue": "https://{subdomain}.service-now.com"},
            {"key": "subdomain", "type": "TEXTFIELD_64", "required": true},
            {"key": "api.url", "type": "TEXTFIELD_1000", "required": true, "defaultValue": "{hidden.base}/api"},
            {"key": "hidden.base", "type": "TEXTFIELD_1000", "required": true, "hideFromConsole": true,
             "defaultValue": "https://{subdomain}.service-now.com"},
            {"key": "leaks", "type": "TEXTFIELD_1000", "required": true, "defaultValue": "x{password}"},
            {"key": "password", "type": "PASSWORD", "required": true},
            {"key": "json", "type": "CODE_EDITOR", "required": false, "defaultValue": "{\"a\": 1}"}
        ]
    }));
    assert_eq!(keys(&now), ["base.url", "subdomain", "api.url", "leaks", "password", "json"]);
    let address = field(&now, "base.url");
    assert!(!address.required && address.default.is_none() && address.advanced);
    assert_eq!(address.derived.as_ref().map(|d| d.as_str()), Some("https://{subdomain}.service-now.com"));
    // Made of what only the platform has, or of a secret: the platform fills it.
    for key in ["api.url", "leaks"] {
        assert!(field(&now, key).derived.is_none() && !field(&now, key).required, "{key}");
    }
    assert_eq!(field(&now, "json").default.as_deref(), Some("{\"a\": 1}"));
    let sent = |given: &[(&str, &str)]| {
        let values = form::check(&now, &map(given), &BTreeMap::new()).expect("accepted");
        form::configuration(&now, &values)
            .into_iter()
            .map(|(k, v)| (k, v.expose().clone()))
            .collect::<Vec<_>>()
    };
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    let rest = [pair("subdomain", "acme"), pair("password", "p"), pair("json", "{\"a\": 1}")];
    let derived = sent(&[("subdomain", "acme"), ("password", "p")]);
    assert_eq!(derived, [&[pair("base.url", "https://acme.service-now.com")], &rest[..]].concat());
    let own = sent(&[("subdomain", "acme"), ("password", "p"), ("base.url", "https://other.example")]);
    assert_eq!(own, [&[pair("base.url", "https://other.example")], &rest[..]].concat());
}

#[test]
fn an_element_with_an_unsafe_key_is_refused() {
    for bad in
        [json!({"name": "X"}), json!({"key": "../x"}), json!({"key": ".."}), json!({"key": "a b"}), json!([])]
    {
        assert!(element::read(&bad).is_none(), "{bad}");
    }
    let bare = element(json!({"key": "shareFile"}));
    assert_eq!((bare.name.as_str(), bare.category.as_str()), ("shareFile", "Other"));
    assert!(bare.fields.is_empty());
}

#[test]
fn too_many_entries_are_cut() {
    let entries: Vec<Value> =
        (0..100_000).map(|n| json!({"key": format!("k{n}"), "type": "TEXTFIELD_32"})).collect();
    assert_eq!(element(json!({"key": "x", "configuration": entries})).fields.len(), 500);
}

#[test]
fn html_becomes_plain_text() {
    for (html, text) in [
        ("plain", "plain"),
        ("<p>One.</p><p>Two</p>", "One. Two"),
        ("a &amp;amp; b &lt;c&gt; &#39;d&#x27; &nbsp; e", "a &amp; b <c> 'd' e"),
        ("<a href=\"https://x.example/?a>b\">here</a>, now", "here, now"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<script>alert(1)</script>safe<!-- no -->", "safe"),
        ("&unknown; &#xD800; &#; &", "&unknown; &#xD800; &#; &"),
        ("broken <b", "broken <b"),
        ("größer <i>als</i> ß", "größer als ß"),
    ] {
        assert_eq!(html::to_text(html), text, "{html}");
    }
    // Markup without an end, in any amount.
    assert!(html::to_text(&"<a ".repeat(1_000_000)).len() < 5000);
    assert!(html::to_text(&"ß<".repeat(1_000_000)).len() < 5000);
    let long = "Connects accounts of people who work together, so that nothing has to be typed into two programs. More.";
    let cut = html::first_sentence(long, 80);
    assert!(
        cut.chars().count() <= 80 && cut.ends_with('…') && long.starts_with(cut.trim_end_matches('…')),
        "{cut}"
    );
    assert_eq!(html::first_sentence("Desk.com is a help desk. It is closed.", 80), "Desk.com is a help desk");
}

#[test]
fn a_request_id_without_a_visible_character_is_none() {
    for (id, expected) in [(r"r1\u202e", Some("r1")), (r"\u202e", None), (r"\u0007 ", None)] {
        let body = format!(r#"{{"requestId":"{id}","message":"No."}}"#);
        let body = crate::sensitive::Sensitive::new(body.into_bytes());
        let answer = crate::http::HttpResponse { status: 400, body, ..Default::default() };
        let failure = refusal::read(&answer, refusal::Operation::Platform, &[], 0);
        assert_eq!(failure.platform.expect("an answer").request_id.as_deref(), expected, "{id}");
    }
}
