//! Pins what the platform API and the providers expect of each shipped element.

use std::collections::BTreeMap;

use super::*;
use crate::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, RevocationStyle};
use crate::form::{self, Step, Values};

struct Pin {
    text: &'static str,
    key: &'static str,
    path_key: &'static str,
    provider: &'static str,
    kind: &'static str,
    token_query: &'static [&'static str],
    url_query: &'static [&'static str],
    provider_data: &'static [&'static str],
    own_configuration: &'static [&'static str],
    authorization_endpoint: &'static str,
    token_endpoint: &'static str,
}

const NAMES: &[&str] = &["apiKey", "apiSecret", "callbackUrl"];

macro_rules! text {
    ($key:literal) => {
        include_str!(concat!("../../../../elements/", $key, "/element.toml"))
    };
}

const fn salesforce(key: &'static str, path_key: &'static str, text: &'static str) -> Pin {
    Pin {
        text,
        key,
        path_key,
        provider: "salesforce",
        kind: "oauth2",
        token_query: NAMES,
        url_query: NAMES,
        provider_data: &["code"],
        own_configuration: &[],
        authorization_endpoint: "https://login.salesforce.com/services/oauth2/authorize",
        token_endpoint: "https://login.salesforce.com/services/oauth2/token",
    }
}

const PINS: [Pin; 8] = [
    Pin {
        text: text!("desk"),
        key: "desk",
        path_key: "desk",
        provider: "desk",
        kind: "oauth1",
        token_query: &["apiKey", "apiSecret", "callbackUrl", "siteAddress", "subdomain"],
        url_query: &["apiKey", "apiSecret", "callbackUrl", "siteAddress", "subdomain"],
        provider_data: &["oauth_token", "oauth_verifier", "secret"],
        own_configuration: &["subdomain"],
        authorization_endpoint: "https://acme.desk.com/oauth/authorize",
        token_endpoint: "https://acme.desk.com/oauth/access_token",
    },
    Pin {
        text: text!("zendesk"),
        key: "zendesk",
        path_key: "zendesk",
        provider: "zendesk",
        kind: "oauth2",
        token_query: &["apiKey", "apiSecret", "callbackUrl", "siteAddress", "zendesk.subdomain"],
        url_query: &["apiKey", "apiSecret", "callbackUrl", "siteAddress", "zendesk.subdomain"],
        provider_data: &["code"],
        own_configuration: &["zendesk.subdomain"],
        authorization_endpoint: "https://acme.zendesk.com/oauth/authorizations/new",
        token_endpoint: "https://acme.zendesk.com/oauth/tokens",
    },
    Pin {
        text: text!("ciscospark"),
        key: "ciscospark",
        path_key: "ciscospark",
        provider: "ciscospark",
        kind: "oauth2",
        token_query: NAMES,
        url_query: NAMES,
        provider_data: &["code"],
        own_configuration: &[],
        authorization_endpoint: "https://webexapis.com/v1/authorize",
        token_endpoint: "https://webexapis.com/v1/access_token",
    },
    Pin {
        text: text!("actessentialsoauth"),
        key: "actessentialsoauth",
        path_key: "actessentialsoauth",
        provider: "actessentialsoauth",
        kind: "oauth2",
        token_query: NAMES,
        url_query: NAMES,
        provider_data: &["code"],
        own_configuration: &[],
        authorization_endpoint: "https://mycloud.act.com/act/oauth/v2/authorize",
        token_endpoint: "https://mycloud.act.com/act/oauth/v2/token",
    },
    salesforce("sfdcdocuments", "sfdc", text!("sfdcdocuments")),
    salesforce("sfdcmarketingcloud", "sfdc", text!("sfdcmarketingcloud")),
    salesforce("sfdcservicecloud", "sfdcservicecloud", text!("sfdcservicecloud")),
    salesforce("sfdc", "sfdcdocuments", text!("sfdc")),
];

fn practice(element: &Element, over: &[(&str, &str)]) -> Values {
    let mut given = element.practice_values();
    given.extend(over.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let callback = format!("http://localhost:14747/callback/{}", element.provider());
    let defaults = BTreeMap::from([(CALLBACK_URL.to_owned(), callback)]);
    form::check(element, &given, &defaults).unwrap_or_else(|p| panic!("{}: {p:?}", element.key))
}

#[test]
fn each_element_matches_the_platform_api() {
    for pin in PINS {
        let element = parse(pin.text);
        let key = pin.key;
        assert_eq!(element.key, key);
        assert_eq!(element.path_key(), pin.path_key, "{key}");
        assert_eq!(element.provider(), pin.provider, "{key}");
        assert_eq!(element.auth.kind(), pin.kind, "{key}");
        assert_eq!(element.provider_data(), pin.provider_data, "{key}");

        let values = practice(&element, &[]);
        let names =
            |step| form::oauth_query(&element, &values, step).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(names(Step::Token), pin.token_query, "{key}: oauth/token");
        assert_eq!(names(Step::Url), pin.url_query, "{key}: oauth/url");

        let mut keys: Vec<_> = form::configuration(&element, &values).into_iter().map(|(k, _)| k).collect();
        keys.sort();
        let mut expected = [&[API_KEY, API_SECRET, CALLBACK_URL], pin.own_configuration].concat();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{key}: configuration");

        let endpoints: BTreeMap<_, _> = element.auth.templates().into_iter().collect();
        let filled = |name| endpoints[name].fill(&values).map(String::from);
        assert_eq!(filled("authorization_endpoint").as_deref(), Ok(pin.authorization_endpoint), "{key}");
        assert_eq!(filled("token_endpoint").as_deref(), Ok(pin.token_endpoint), "{key}");
    }
}

#[test]
fn a_salesforce_site_is_sent_only_when_it_was_given() {
    for pin in PINS.iter().filter(|pin| pin.provider == "salesforce") {
        let element = parse(pin.text);
        let values = practice(&element, &[("site.address", "test.salesforce.com")]);
        let query = form::oauth_query(&element, &values, Step::Url);
        let sent: Vec<_> =
            query.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
        assert_eq!(sent.last(), Some(&("siteAddress", "https://test.salesforce.com")), "{}", pin.key);
        assert!(element.hosts(&values).unwrap().contains("test.salesforce.com"));
        assert!(practice(&element, &[]).public_pairs().iter().all(|(key, _)| *key != "site.address"));
    }
}

#[test]
fn access_can_be_revoked_by_a_call_or_on_a_page() {
    for (text, call, page) in [
        (
            text!("zendesk"),
            Some((
                "https://acme.zendesk.com/api/v2/oauth/tokens/current.json",
                RevocationStyle::DeleteWithToken,
            )),
            Some("https://support.zendesk.com/hc/en-us/articles/4408834578074"),
        ),
        (text!("ciscospark"), None, Some("https://idbroker.webex.com/idb/profile")),
        (
            text!("sfdc"),
            Some(("https://login.salesforce.com/services/oauth2/revoke", RevocationStyle::Rfc7009)),
            Some(
                "https://login.salesforce.com/?startURL=%2Flightning%2Fsettings%2Fpersonal%2FAdvancedUserDetails%2Fhome",
            ),
        ),
        (text!("desk"), None, None),
        (text!("actessentialsoauth"), None, None),
    ] {
        let element = parse(text);
        let values = practice(&element, &[]);
        let revocation = match &element.auth {
            Auth::Oauth2(oauth2) => oauth2.revocation.as_ref(),
            _ => None,
        };
        let found = revocation.map(|r| (r.endpoint.fill(&values).unwrap().to_string(), r.style));
        assert_eq!(found, call.map(|(url, style)| (url.to_owned(), style)), "{}", element.key);
        let found = element.access_page.as_ref().map(|page| page.fill(&values).unwrap().to_string());
        assert_eq!(found.as_deref(), page, "{}", element.key);
    }
}

#[test]
fn only_closed_products_are_retired() {
    for pin in PINS {
        let element = parse(pin.text);
        let retired = ["desk", "actessentialsoauth"].contains(&pin.key);
        assert_eq!((element.retired, element.note.is_some()), (retired, retired), "{}", pin.key);
    }
}

#[test]
fn the_authorization_request_of_each_provider_is_pinned() {
    use crate::element::Pkce;
    for (text, scope, life, identity) in [
        (text!("zendesk"), "read write", None, "https://acme.zendesk.com/api/v2/users/me.json"),
        (
            text!("ciscospark"),
            "spark:people_read spark:rooms_read spark:memberships_read spark:teams_read spark:messages_read \
             spark:messages_write spark:kms",
            Some(1_209_599),
            "https://webexapis.com/v1/people/me",
        ),
        (
            text!("sfdc"),
            "api refresh_token",
            Some(900),
            "https://login.salesforce.com/services/oauth2/userinfo",
        ),
    ] {
        let element = parse(text);
        let values = practice(&element, &[]);
        let Auth::Oauth2(oauth2) = &element.auth else { panic!("{}", element.key) };
        assert_eq!(oauth2.scope(&values).as_deref(), Some(scope), "{}", element.key);
        assert_eq!((oauth2.pkce, oauth2.default_life), (Pkce::S256, life));
        assert_eq!(element.identity.as_ref().unwrap().endpoint.fill(&values).unwrap().as_str(), identity);
        // Each of them takes http on loopback, and only a registered port of it.
        assert!(!element.callback.any_loopback_port);
        let callback = element.field(CALLBACK_URL).unwrap();
        assert_eq!(callback.example, format!("http://localhost:14747/callback/{}", element.provider()));
        assert!(callback.help.contains("letter for letter"), "{}", callback.help);
    }
}

#[test]
fn a_salesforce_sandbox_or_own_domain_is_used_for_every_call() {
    let element = parse(text!("sfdc"));
    for site in ["test.salesforce.com", "acme.my.salesforce.com", "acme--dev.sandbox.my.salesforce.com"] {
        let values = practice(&element, &[("site.address", site)]);
        let hosts: Vec<String> = element.hosts(&values).unwrap().into_iter().collect();
        assert_eq!(hosts, ["*.salesforce.com", site]);
        let page = element.access_page.as_ref().unwrap().fill(&values).unwrap();
        assert_eq!(page.host_str(), Some(site));
    }
}

#[test]
fn the_salesforce_api_is_always_below_salesforce_com() {
    let element = parse(text!("sfdc"));
    let base = |url: &str| {
        let answer = BTreeMap::from([("instance_url".to_owned(), url.to_owned())]);
        let api = element.api.as_ref().unwrap();
        api.token_answer.as_ref().unwrap().base(&answer).map(String::from)
    };
    assert_eq!(base("https://acme.my.salesforce.com").as_deref(), Ok("https://acme.my.salesforce.com/"));
    for bad in [
        "https://evil.com",
        "https://evilsalesforce.com",
        "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com.evil.com",
        "https://acme.my.salesforce.com@evil.com",
        "nonsense",
        "",
    ] {
        assert!(base(bad).is_err(), "{bad}");
    }
    assert_eq!(
        element.hosts(&practice(&element, &[])).unwrap().into_iter().collect::<Vec<_>>(),
        ["*.salesforce.com", "login.salesforce.com"]
    );
}

#[test]
fn every_field_has_help_and_a_problem_sentence() {
    for pin in PINS {
        for field in parse(pin.text).fields {
            assert!(field.help.ends_with('.'), "{}: {} has no help", pin.key, field.key);
            assert!(field.problem.ends_with('.'), "{}: {} has no problem text", pin.key, field.key);
        }
    }
}

#[test]
fn sentences_for_users_have_no_protocol_terms() {
    for pin in PINS {
        let element = parse(pin.text);
        let mut texts = vec![element.name, element.gives, element.category, element.note.unwrap_or_default()];
        texts.extend(element.access);
        texts.extend(element.fields.into_iter().map(|field| field.problem));
        for text in texts {
            let words: Vec<String> =
                text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            for word in ["oauth", "token", "scope", "grant", "pkce", "instance", "please", "successfully"] {
                assert!(!words.iter().any(|w| w == word), "{}: {text}", pin.key);
            }
            assert!(!text.contains('!') || text.contains("Act!"), "{}: {text}", pin.key);
        }
    }
}

#[test]
fn a_written_element_reads_back_the_same() {
    for pin in PINS {
        let element = parse(pin.text);
        let text = toml::to_string(&element).expect("an element is TOML");
        assert_eq!(parse(&text), element, "{text}");
    }
}
