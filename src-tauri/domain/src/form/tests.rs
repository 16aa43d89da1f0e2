use std::collections::BTreeMap;

use super::*;
use crate::element::Element;

const ZENDESK: &str = include_str!("../../../elements/zendesk/element.toml");
const SALESFORCE: &str = include_str!("../../../elements/sfdc/element.toml");

/// Kinds that no shipped element has.
const EXTRA: &str = r#"
key = "extra"
name = "Extra"
initials = "EX"
category = "Test"
gives = "Nothing"
access = ["Nothing"]

[auth.custom]

[[fields]]
key = "kind"
label = "Kind"
type = "select"
options = [{ value = "cloud", label = "Cloud" }, { value = "own", label = "Own server" }]
default = "cloud"
example = "cloud"

[[fields]]
key = "server"
label = "Server"
type = "origin"
example = "https://desk.example.com"
visible_when = { field = "kind", is = "own" }
sends_whole = true
query = ["server"]
steps = ["url"]

[[fields]]
key = "notify"
label = "Notify"
type = "toggle"
default = "true"
example = "false"
required = false
query = ["notify"]

[[fields]]
key = "nick"
label = "Nick"
example = "bee"
max_length = 5
required = false
prefix = "@"
"#;

fn element(text: &str) -> Element {
    Element::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// The element's practice values with others laid over them.
fn checked(text: &str, over: &[(&str, &str)]) -> Result<Values, Vec<FieldProblem>> {
    let element = element(text);
    let mut given = element.practice_values();
    given.extend(map(over));
    check(&element, &given, &map(&[("oauth.callback.url", "http://localhost:14747/callback/test")]))
}

fn one_problem(text: &str, key: &str, value: &str) -> Option<Problem> {
    let problems = checked(text, &[(key, value)]).err()?;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].key, key);
    Some(problems[0].problem)
}

#[test]
fn the_expected_part_is_cut_out_of_a_pasted_address() {
    for pasted in [
        "acme",
        " acme\n",
        "\u{200b}acme\u{feff}",
        "ACME",
        "acme.zendesk.com",
        "Acme.Zendesk.com",
        "https://acme.zendesk.com",
        "https://acme.zendesk.com/",
        "https://acme.zendesk.com/agent/dashboard?x=1#y",
        "HTTPS://ACME.ZENDESK.COM/agent",
        "http://acme.zendesk.com",
        "acme.zendesk.com/agent",
        "https://acme",
    ] {
        let values = checked(ZENDESK, &[("zendesk.subdomain", pasted)])
            .unwrap_or_else(|p| panic!("{pasted:?}: {p:?}"));
        assert_eq!(values.get("zendesk.subdomain"), Some("acme"), "{pasted:?}");
    }
}

#[test]
fn hostile_or_mistyped_sites_are_malformed() {
    for value in [
        "evil.com/",
        "a.b",
        "a.b.zendesk.com",
        "user@acme",
        "https://user@acme.zendesk.com",
        "acme.zendesk.com.evil.com",
        "https://evil.com/acme.zendesk.com",
        "https://evil.com/.zendesk.com",
        "https://acme.zendesk.com:8443/",
        "äcme",
        "a b",
        "ac\r\nme",
        "ac\tme",
        "-acme",
        "acme-",
        ".zendesk.com",
        "https://.zendesk.com",
        "//acme.zendesk.com",
        "acme\\x",
        "acme?x",
    ] {
        assert_eq!(one_problem(ZENDESK, "zendesk.subdomain", value), Some(Problem::Malformed), "{value:?}");
    }
    assert_eq!(one_problem(ZENDESK, "zendesk.subdomain", &"a".repeat(64)), Some(Problem::Malformed));
    assert_eq!(one_problem(ZENDESK, "zendesk.subdomain", &"a".repeat(1001)), Some(Problem::TooLong));
    assert_eq!(one_problem(ZENDESK, "zendesk.subdomain", &"a".repeat(100_000)), Some(Problem::TooLong));
    for empty in ["", "  ", "\u{200b}"] {
        assert_eq!(one_problem(ZENDESK, "zendesk.subdomain", empty), Some(Problem::Required), "{empty:?}");
    }
}

#[test]
fn a_host_lies_below_its_suffix() {
    for (given, kept) in [
        ("test.salesforce.com", "test.salesforce.com"),
        ("https://Acme.my.salesforce.com/", "acme.my.salesforce.com"),
        ("http://test.salesforce.com", "test.salesforce.com"),
    ] {
        let values = checked(SALESFORCE, &[("site.address", given)]).expect(given);
        assert_eq!(values.get("site.address"), Some(kept));
    }
    for bad in [
        "test",
        "salesforce.com",
        "evilsalesforce.com",
        "test.salesforce.com.evil.com",
        "evil.com",
        "evil.com/.salesforce.com",
        "a@test.salesforce.com",
        "test.salesforce.com:8443",
        "tést.salesforce.com",
        "127.0.0.1",
        "evil.com?.salesforce.com",
        "https://acme.my.salesforce.com/home",
        "acme.my.salesforce.com/acme.my.salesforce.com",
        "acme.my.salesforce.com?x",
        "https://acme.my.salesforce.com//",
    ] {
        assert_eq!(one_problem(SALESFORCE, "site.address", bad), Some(Problem::Malformed), "{bad}");
    }
}

#[test]
fn an_address_is_kept_byte_for_byte() {
    for good in [
        "https://www.mycoolapp.com/auth",
        "https://www.my_cool_app.com",
        "https://www.mycoolapp.com/auth/?a=b%20c",
        "https://WWW.MyCoolApp.com:443/Auth",
        "http://localhost:14747/callback/zendesk",
        "http://127.0.0.1:1717",
        "http://[::1]:8080/",
    ] {
        let values = checked(ZENDESK, &[("oauth.callback.url", &format!(" {good} "))]).expect(good);
        assert_eq!(values.get("oauth.callback.url"), Some(good));
    }
    for bad in [
        "www.mycoolapp.com/auth",
        "http://www.mycoolapp.com/auth",
        "http://localhost.evil.com/",
        "http://127.0.0.1.evil.com/",
        "https://a.com/#x",
        "https://a.com/#",
        "https://user@a.com/",
        "https://user:pw@a.com/",
        "https://@a.com/",
        "https://a.com\\@b.com/",
        "https:a.com",
        "https:/a.com",
        "https:///a.com",
        "https://",
        "https://a.com/a b",
        "https://a.com/\r\nx",
        "https://ä.com/",
        "keyrack://callback",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ] {
        assert_eq!(one_problem(ZENDESK, "oauth.callback.url", bad), Some(Problem::Malformed), "{bad:?}");
    }
}

#[test]
fn an_origin_is_https_and_has_no_path() {
    let own = |value: &str| checked(EXTRA, &[("kind", "own"), ("server", value)]);
    for (given, kept) in [
        ("https://desk.example.com", "https://desk.example.com"),
        ("https://Desk.Example.com:8443", "https://desk.example.com:8443"),
        ("https://desk.example.com:443/", "https://desk.example.com"),
    ] {
        assert_eq!(own(given).expect(given).get("server"), Some(kept));
    }
    for bad in [
        "desk.example.com",
        "http://desk.example.com",
        "http://localhost:80",
        "https://u@desk.example.com",
        "https://",
        "https://shop.example.com/magento/",
        "https://desk.example.com/?x=1",
        "https://desk.example.com?",
        "https://desk.example.com/#x",
    ] {
        assert_eq!(own(bad).unwrap_err()[0].problem, Problem::Malformed, "{bad}");
    }
}

#[test]
fn choices_and_conditions_are_checked() {
    assert_eq!(one_problem(EXTRA, "kind", "Cloud"), Some(Problem::NotAnOption));
    assert_eq!(one_problem(EXTRA, "notify", "yes"), Some(Problem::NotAnOption));
    assert_eq!(one_problem(EXTRA, "nick", "beetle"), Some(Problem::TooLong));
    assert_eq!(one_problem(EXTRA, "other", "x"), Some(Problem::Unknown));
    // What is not asked for is neither required nor kept.
    let cloud = checked(EXTRA, &[("server", "nonsense")]).expect("the field is not visible");
    assert_eq!(cloud.get("server"), None);
    let own = check(&element(EXTRA), &map(&[("kind", "own")]), &BTreeMap::new()).unwrap_err();
    assert_eq!(own, [FieldProblem { key: "server".into(), problem: Problem::Required }]);
}

#[test]
fn an_absent_field_takes_its_default_and_an_empty_one_stays_empty() {
    let extra = element(EXTRA);
    let values = |given: &[(&str, &str)]| check(&extra, &map(given), &BTreeMap::new()).expect("accepted");
    assert_eq!(values(&[]).public_pairs(), [("kind", "cloud"), ("notify", "true")]);
    assert_eq!(values(&[("kind", ""), ("notify", " ")]).public_pairs(), [("kind", "cloud")]);
    assert_eq!(values(&[("nick", "@bee")]).get("nick"), Some("bee"));
}

#[test]
fn secrets_are_kept_apart_and_never_repeated() {
    let values = checked(ZENDESK, &[("oauth.api.secret", " hunter2 ")]).expect("accepted");
    assert_eq!(values.get("oauth.api.secret"), None);
    assert_eq!(values.secret("oauth.api.secret").map(|s| s.expose().as_str()), Some("hunter2"));
    assert!(values.secret("oauth.api.key").is_none());
    assert!(values.public_pairs().iter().all(|(key, _)| *key != "oauth.api.secret"));
    assert_eq!(values.secret_pairs().len(), 1);
    assert!(!format!("{values:?}").contains("hunter2"));
    let problems = checked(ZENDESK, &[("oauth.api.secret", "hunter2 hunter2")]).unwrap_err();
    assert!(!format!("{problems:?}").contains("hunter2"));
}

#[test]
fn checking_sent_values_again_changes_nothing() {
    for (text, over) in [
        (ZENDESK, &[("zendesk.subdomain", "acme")][..]),
        (SALESFORCE, &[("site.address", "test.salesforce.com")]),
        (EXTRA, &[("kind", "own"), ("server", "https://desk.example.com")]),
    ] {
        let values = checked(text, over).expect("accepted");
        let element = element(text);
        let sent =
            configuration(&element, &values).into_iter().map(|(k, v)| (k, v.expose().clone())).collect();
        let again = check(&element, &sent, &BTreeMap::new()).expect("accepted again");
        assert_eq!(again.public_pairs(), values.public_pairs());
    }
}

#[test]
fn a_query_is_read_back_into_configuration_keys() {
    let query =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Vec<_>>();
    let given = query(&[("apiKey", "k"), ("siteAddress", "acme"), ("state", "s"), ("callbackUrl", "")]);
    let read = read_query(&element(ZENDESK), &given);
    assert_eq!(read, map(&[("oauth.api.key", "k"), ("zendesk.subdomain", "acme")]));
    let dotted = read_query(&element(ZENDESK), &query(&[("zendesk.subdomain", "acme")]));
    assert_eq!(dotted, map(&[("zendesk.subdomain", "acme")]));
}

#[test]
fn a_field_is_sent_only_in_its_steps() {
    let element = element(EXTRA);
    let values =
        checked(EXTRA, &[("kind", "own"), ("server", "https://desk.example.com")]).expect("accepted");
    let names = |step| oauth_query(&element, &values, step).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(names(Step::Token), ["notify"]);
    assert_eq!(names(Step::Url), ["server", "notify"]);
}

/// Fields that are made of others, and one with several lines.
const MADE: &str = r#"
key = "made"
name = "Made"
initials = "MA"
category = "Test"
gives = "Nothing"
access = ["Nothing"]

[auth.custom]

[[fields]]
key = "address"
label = "Address"
type = "address"
example = "https://acme.example.com"
required = false
derived = "https://{site}.example.com/{team}"

[[fields]]
key = "site"
label = "Site"
example = "acme"
pattern = "[a-z]+"

[[fields]]
key = "team"
label = "Team"
example = "blue"
required = false
empty_means = "all"

[[fields]]
key = "note"
label = "Note"
example = "acme"
required = false
max_length = 4
derived = "{nick}"

[[fields]]
key = "nick"
label = "Nick"
example = "bee"
required = false

[[fields]]
key = "private.key"
label = "Private key"
type = "lines"
example = "practice"
required = false
secret = true
"#;

#[test]
fn an_empty_field_is_derived_from_others() {
    let made = |given: &[(&str, &str)]| check(&element(MADE), &map(given), &BTreeMap::new());
    let values = made(&[("site", "acme")]).expect("accepted");
    // In the order of the form, and sent like a value that was typed; what is missing became empty.
    assert_eq!(values.public_pairs(), [("address", "https://acme.example.com/all"), ("site", "acme")]);
    let values = made(&[("site", "acme"), ("team", "blue"), ("address", " ")]).expect("accepted");
    assert_eq!(values.get("address"), Some("https://acme.example.com/blue"));
    let own = made(&[("site", "acme"), ("address", "https://other.example")]).expect("accepted");
    assert_eq!(own.get("address"), Some("https://other.example"));
    // It is judged as if it had been typed.
    let long = made(&[("site", "acme"), ("nick", "beetle")]).unwrap_err();
    assert_eq!(long, [FieldProblem { key: "note".into(), problem: Problem::TooLong }]);
    // A single problem among valid values is the only one reported.
    let missing = made(&[]).unwrap_err();
    assert_eq!(missing, [FieldProblem { key: "site".into(), problem: Problem::Required }]);
}

#[test]
fn only_a_lines_field_accepts_line_breaks() {
    let pasted = "-----BEGIN KEY-----\r\nabc\rdef\n\tghi\n-----END KEY-----\n";
    let given = map(&[("site", "acme"), ("private.key", pasted)]);
    let values = check(&element(MADE), &given, &BTreeMap::new()).expect("accepted");
    let kept = values.secret("private.key").map(|secret| secret.expose().as_str());
    assert_eq!(kept, Some("-----BEGIN KEY-----\nabc\ndef\n\tghi\n-----END KEY-----"));
    let escape = map(&[("site", "acme"), ("private.key", "a\u{1b}[31m")]);
    let problems = check(&element(MADE), &escape, &BTreeMap::new()).unwrap_err();
    assert_eq!(problems, [FieldProblem { key: "private.key".into(), problem: Problem::Malformed }]);
    assert_eq!(one_problem(ZENDESK, "oauth.api.key", "a\nb"), Some(Problem::Malformed));
}

#[test]
fn a_platform_call_may_have_more_entries_and_any_callback() {
    let zendesk = element(ZENDESK);
    let call = |callback: &str| {
        let given = map(&[
            ("zendesk.subdomain", "acme"),
            ("oauth.api.key", "k"),
            ("oauth.api.secret", "s"),
            ("oauth.callback.url", callback),
            ("event.notification.enabled", "true"),
        ]);
        check_call(&zendesk, &given)
    };
    for good in ["http://www.my_cool_app.com/auth", "https://a.example/x?y=z", "http://localhost:8080"] {
        assert_eq!(call(good).expect(good).get("oauth.callback.url"), Some(good));
    }
    for bad in
        ["www.mycoolapp.com", "http://u@a.com", "http://a.com/#x", "http://ä.com", "ftp://a.com", "http:///a"]
    {
        let problems = call(bad).unwrap_err();
        assert_eq!(
            problems,
            [FieldProblem { key: "oauth.callback.url".into(), problem: Problem::Malformed }]
        );
    }
    let missing: Vec<String> =
        check_call(&zendesk, &BTreeMap::new()).unwrap_err().into_iter().map(|p| p.key).collect();
    assert_eq!(missing, ["zendesk.subdomain", "oauth.api.key", "oauth.api.secret", "oauth.callback.url"]);
    // Everywhere else an unknown entry is a mistake.
    assert_eq!(one_problem(ZENDESK, "event.notification.enabled", "true"), Some(Problem::Unknown));
}

/// Which way is taken, and part of an address, are no parameters of `oauth/url`.
const PARTIAL: &str = r#"
key = "partial"
name = "Partial"
initials = "PA"
category = "Test"
gives = "Nothing"
access = ["Nothing"]

[auth.custom]

[[fields]]
key = "way"
label = "Way"
type = "select"
options = [{ value = "old", label = "Old" }, { value = "new", label = "New" }]
example = "new"

[[fields]]
key = "team"
label = "Team"
example = "acme"
query = ["team"]
visible_when = { field = "way", is = "new" }

[[fields]]
key = "shop"
label = "Shop"
example = "acme"

[[fields]]
key = "site"
label = "Site"
example = "acme"
derived = "{shop}-site"
required = false

[[fields]]
key = "late"
label = "Late"
example = "later"
query = ["late"]
steps = ["url"]
"#;

#[test]
fn a_field_that_a_query_does_not_carry_is_required_only_in_the_whole_form() {
    let element = element(PARTIAL);
    let given = map(&[("team", "acme")]);
    let required = |keys: &[&str]| -> Vec<FieldProblem> {
        let problem = |key: &&str| FieldProblem { key: (*key).to_owned(), problem: Problem::Required };
        keys.iter().map(problem).collect()
    };
    assert_eq!(check_call(&element, &given).expect_err("incomplete"), required(&["way", "shop", "late"]));
    let values = check_partial(&element, &given, Step::Token).expect("enough for this step");
    assert_eq!(values.public_pairs(), [("team", "acme")], "nothing is derived from what is unknown");
    assert_eq!(check_partial(&element, &given, Step::Url).expect_err("incomplete"), required(&["late"]));
    let wrong = map(&[("shop", "acme"), ("way", "none")]);
    let problems = check_partial(&element, &wrong, Step::Token).expect_err("no such way");
    assert_eq!(problems[0].problem, Problem::NotAnOption);
}
