use std::collections::BTreeMap;

use super::*;
use crate::element::Element;
use crate::form;
use crate::values::Values;

/// A form whose text fields accept anything, so that the template stands alone against its values.
const LAX: &str = r#"
key = "lax"
name = "Lax"
initials = "LX"
category = "Test"
gives = "Nothing"
access = []
auth = { custom = {} }

[[fields]]
key = "a.b"
label = "Text"
example = "acme"

[[fields]]
key = "origin"
label = "Origin"
example = "https://example.com"
type = "origin"
required = false

[[fields]]
key = "host"
label = "Host"
example = "acme.my.example.com"
type = "host"
host_suffix = ".example.com"
required = false

[[fields]]
key = "whole"
label = "Whole"
example = "https://example.com/authorize"
type = "address"
required = false
"#;

fn values(pairs: &[(&str, &str)]) -> Values {
    let element: Element = toml::from_str(LAX).expect("the test element can be read");
    let given: BTreeMap<_, _> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let defaults = BTreeMap::from([("a.b".to_owned(), "acme".to_owned())]);
    form::check(&element, &given, &defaults).expect("the test values are accepted")
}

fn fill(template: &str, pairs: &[(&str, &str)]) -> Result<String, TemplateError> {
    template.parse::<Template>().expect(template).fill(&values(pairs)).map(String::from)
}

#[test]
fn values_are_encoded_for_their_place() {
    let host = "https://{a.b}.zendesk.com/x";
    let path = "https://example.com/t/{a.b}/x";
    let query = "https://example.com/t?site={a.b}&x=1";
    for (template, value, expected) in [
        (host, "acme", "https://acme.zendesk.com/x"),
        (host, "acme-2", "https://acme-2.zendesk.com/x"),
        ("https://{a.b}-api.eu.example.com", "dc1", "https://dc1-api.eu.example.com/"),
        (path, "a b", "https://example.com/t/a%20b/x"),
        (path, "a/b", "https://example.com/t/a%2Fb/x"),
        (path, "a?b#c", "https://example.com/t/a%3Fb%23c/x"),
        (path, "ä", "https://example.com/t/%C3%A4/x"),
        (path, "%2e", "https://example.com/t/%252e/x"),
        (path, "a..b", "https://example.com/t/a..b/x"),
        (query, "a&b=c", "https://example.com/t?site=a%26b%3Dc&x=1"),
        (query, "a+b", "https://example.com/t?site=a%2Bb&x=1"),
        (query, "'", "https://example.com/t?site=%27&x=1"),
        ("http://127.0.0.1:8080/{a.b}", "x", "http://127.0.0.1:8080/x"),
        ("http://[::1]:8080/{a.b}", "x", "http://[::1]:8080/x"),
        ("https://example.com:8443?{a.b}", "x", ""),
    ] {
        match template.parse::<Template>() {
            Ok(_) => assert_eq!(
                fill(template, &[("a.b", value)]).as_deref(),
                Ok(expected),
                "{template} with {value}"
            ),
            Err(problem) => assert_eq!((problem, expected), (TemplateProblem::QueryName, ""), "{template}"),
        }
    }
}

#[test]
fn a_host_hole_takes_exactly_one_label() {
    for hostile in [
        "evil.com/",
        "evil.com",
        "a.b",
        "a@b",
        "user@evil.com",
        "a:1",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "ä",
        "аcme",
        "a b",
        "-a",
        "a-",
        "Acme",
        "%2e",
        "a%2f",
        "..",
        ".",
        "localhost.",
        "a_b",
        "a。b",
        "{a.b}",
    ] {
        for template in ["https://{a.b}.zendesk.com/x", "https://x{a.b}.zendesk.com/x"] {
            let result = fill(template, &[("a.b", hostile)]);
            let in_label = template.contains("x{") && hostile == "-a";
            assert!(
                result == Err(TemplateError::Refused("a.b".into())) || in_label,
                "{hostile:?}: {result:?}"
            );
        }
    }
    let long = "a".repeat(63);
    assert!(fill("https://{a.b}.zendesk.com", &[("a.b", &long)]).is_ok());
    assert!(fill("https://x{a.b}.zendesk.com", &[("a.b", &long)]).is_err());
}

#[test]
fn a_path_hole_cannot_walk_up_the_path() {
    for dots in [".", ".."] {
        for template in [
            "https://example.com/a/{a.b}",
            "https://example.com/a/{a.b}/c",
            "https://example.com/a/{a.b}?x=1",
        ] {
            assert_eq!(
                fill(template, &[("a.b", dots)]),
                Err(TemplateError::Refused("a.b".into())),
                "{template}"
            );
        }
    }
    assert_eq!(
        fill("https://example.com/a/.{a.b}", &[("a.b", ".")]),
        Err(TemplateError::Refused("a.b".into()))
    );
}

#[test]
fn a_whole_host_an_origin_and_a_whole_address_need_fields_of_their_type() {
    let host = [("host", "acme.my.example.com")];
    assert_eq!(fill("https://{host}/x", &host).as_deref(), Ok("https://acme.my.example.com/x"));
    assert_eq!(fill("https://{host}:8443/x", &host).as_deref(), Ok("https://acme.my.example.com:8443/x"));
    let origin = [("origin", "https://Desk.Example.com:8443/")];
    assert_eq!(fill("{origin}/x", &origin).as_deref(), Ok("https://desk.example.com:8443/x"));
    assert_eq!(fill("{origin}?x=1", &origin).as_deref(), Ok("https://desk.example.com:8443/?x=1"));
    let whole = [("whole", "http://localhost:9000/authorize?a=b")];
    assert_eq!(fill("{whole}", &whole).as_deref(), Ok("http://localhost:9000/authorize?a=b"));
    for template in ["https://{a.b}/x", "{a.b}/x", "{a.b}", "https://{whole}/x", "{host}/x", "{whole}/x"] {
        let hole =
            template.trim_start_matches("https://").trim_matches(['{', '}']).split('}').next().unwrap();
        let all = [host[0], origin[0], whole[0]];
        assert_eq!(fill(template, &all), Err(TemplateError::Refused(hole.into())), "{template}");
    }
}

#[test]
fn an_address_as_text_is_unchanged_and_checked_like_a_url() {
    let text = |template: &str, pairs: &[(&str, &str)]| {
        template.parse::<Template>().expect(template).fill_text(&values(pairs))
    };
    for whole in ["https://id.example.com", "https://id.example.com/", "https://id.example.com/a%2fb"] {
        assert_eq!(text("{whole}", &[("whole", whole)]).as_deref(), Ok(whole));
        assert_eq!(text(whole, &[]).as_deref(), Ok(whole));
    }
    assert_eq!(text("https://{a.b}.example.com", &[]).as_deref(), Ok("https://acme.example.com"));
    assert_eq!(text("{a.b}", &[]), Err(TemplateError::Refused("a.b".into())));
    assert_eq!(text("{whole}", &[]), Err(TemplateError::Missing("whole".into())));
}

#[test]
fn a_missing_value_is_named() {
    assert_eq!(fill("https://{host}/x", &[]), Err(TemplateError::Missing("host".into())));
    assert_eq!(fill("https://example.com/{nothing}", &[]), Err(TemplateError::Missing("nothing".into())));
}

#[test]
fn templates_that_could_lead_elsewhere_are_refused() {
    use TemplateProblem::*;
    for (text, expected) in [
        ("", Scheme),
        ("example.com/x", Scheme),
        ("ftp://example.com", Scheme),
        ("http://example.com/x", Scheme),
        ("http://{a}.example.com/x", Scheme),
        ("http://localhost.evil.com/", Scheme),
        ("HTTPS://example.com", Scheme),
        ("//example.com", Scheme),
        ("https://user@example.com", Character),
        ("https://example.com/a b", Character),
        ("https://example.com\\a", Character),
        ("https://example.com/#x", Character),
        ("https://exämple.com", Character),
        ("https://example.com/\r\nx", Character),
        ("https://", Host),
        ("https:///x", Host),
        ("https://Example.com", Host),
        ("https://example..com", Host),
        ("https://{a}.com", Host),
        ("https://example.{a}", Host),
        ("https://www.{a}.com", Host),
        ("https://{a}example.com", Host),
        ("https://a.{b}", Host),
        ("https://example.com:{a}/", Host),
        ("https://example.com:99999/", Host),
        ("https://example.com:/", Host),
        ("https://{a}-.example.com/", Host),
        ("{a}.example.com/", Host),
        ("{a}example", Host),
        ("https://example.com/{a", Hole),
        ("https://example.com/a}", Hole),
        ("https://example.com/{}", Hole),
        ("https://example.com/{a{b}}", Hole),
        ("https://example.com/{a}{b}", Hole),
        ("https://example.com/{a/b}", Hole),
        ("https://example.com/a/../b", DotSegment),
        ("https://example.com/%2E%2e/b", DotSegment),
        ("https://example.com/?{a}=1", QueryName),
        ("https://example.com/?x=1&{a}", QueryName),
    ] {
        assert_eq!(text.parse::<Template>(), Err(expected), "{text}");
    }
    assert_eq!(format!("https://example.com/{}", "a".repeat(1000)).parse::<Template>(), Err(TooLong));
}

#[test]
fn a_template_lists_its_holes_and_query_names() {
    let template: Template = "https://{a}.example.com/{b}/x?c={d}&e=f&g".parse().unwrap();
    assert_eq!(template.holes(), [("a", Place::Label), ("b", Place::Path), ("d", Place::Query)]);
    assert_eq!(template.query_names(), ["c", "e", "g"]);
    assert_eq!(template.to_string(), "https://{a}.example.com/{b}/x?c={d}&e=f&g");
}
