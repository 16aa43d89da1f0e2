use std::collections::BTreeMap;

use super::*;
use crate::element::{Api, Auth, CALLBACK_URL};
use crate::form;
use crate::template::TemplateError;

/// Replaces one text of the plain file; the file must then be refused at this line for this reason.
fn refused(find: &str, replace: &str, line: usize, what: &str) {
    assert!(PLAIN.contains(find), "{find} is not in the plain file");
    let text = PLAIN.replacen(find, replace, 1);
    let problems = Element::parse(&text).expect_err(&format!("{replace} was accepted"));
    let found = problems.iter().any(|p| p.line == Some(line) && p.to_string().contains(what));
    assert!(found, "{replace}: expected line {line} {what:?}, found {problems:#?}");
}

#[test]
fn the_plain_file_is_accepted() {
    parse(PLAIN);
}

#[test]
fn shown_text_has_no_hidden_character() {
    for hidden in ['\u{202E}', '\u{200B}', '\u{2028}', '\u{AD}', '\u{9B}'] {
        let word = format!("Pl{hidden}ain");
        refused("name = \"Plain\"", &format!("name = \"{word}\""), 2, "one line of 1 to 80");
        let what = "this text holds a character that does not show";
        refused("gives", &format!("note = \"\"\"A\n{word}\"\"\"\ngives"), 5, what);
        refused("label = \"", &format!("help = \"{word}\"\nlabel = \""), 15, what);
        refused("example = \"", &format!("example = \"{word}"), 16, what);
    }
    for escape in ["\\u001b[2J", "\\u0085", "\\r", "\\f", "\\b", "\\U000E0041"] {
        refused("gives", &format!("note = \"A{escape}B\"\ngives"), 5, "holds a character that does not show");
    }
    let plain = PLAIN.replacen("name = \"Plain\"", "name = \"Plain ❤\u{FE0F}\"\nnote = \"Two\\nlines\"", 1);
    parse(&plain);
}

#[test]
fn the_documentation_may_be_a_part_of_a_page() {
    let docs = |page: &str| format!("docs = \"{page}\"\ngives");
    parse(&PLAIN.replacen("gives", &docs("https://acme.example/api#authentication"), 1));
    for page in [
        "http://acme.example/#a",
        "#authentication",
        "https://acme.example/#a#b",
        "https://acme.example/#<a>",
    ] {
        refused("gives", &docs(page), 5, "docs: this is a whole address that begins with https://");
    }
}

#[test]
fn a_path_key_is_the_key_of_an_element() {
    let check = |path_key: &str| {
        let text = PLAIN.replacen("initials", &format!("path_key = \"{path_key}\"\ninitials"), 1);
        Element::parse_among(&text, |key| key == "zendesk")
    };
    for path_key in ["zendesk", "plain"] {
        let element = check(path_key).unwrap();
        assert_eq!(element.path_key(), path_key);
        assert_eq!(element.fields, parse(PLAIN).fields, "the form stays its own");
    }
    let problems = check("paperwork").unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].line, Some(3));
    assert_eq!(
        problems[0].to_string(),
        "path_key: no element has the key paperwork; add its file first, or remove path_key"
    );
    assert_eq!(Element::parse_among(PLAIN, |_| false), Ok(parse(PLAIN)));
}

#[test]
fn a_fault_names_its_line() {
    refused("gives", "gvies", 5, "this version does not know the word `gvies`; did you mean `gives`?");
    refused(
        "scopes = [",
        "scope = [",
        11,
        "this version does not know the word `scope`; did you mean `scopes`?",
    );
    refused("pattern", "patern", 17, "this version does not know the word `patern`; did you mean `pattern`?");
    refused("name = \"Plain\"", "", 1, "name is missing");
    refused("secret = true", "secret = \"yes\"", 29, "true or false is needed here");
    refused(
        "type = \"address\"",
        "type = \"adress\"",
        35,
        "this version does not know the word `adress`; did you mean `address`?",
    );
    refused(
        "[auth.oauth2]",
        "[auth.oauth3]",
        8,
        "this version does not know the word `oauth3`; did you mean `oauth2`?",
    );
    refused(
        "scopes = [\"read\"]",
        "pkce = \"S512\"",
        11,
        "this version does not know the word `S512`; a newer Keyrack may",
    );
    refused("key = \"plain\"", "key = \"plain", 1, "");
    refused("name = \"Plain\"", "name = \"Plain\"\nname = \"Again\"", 3, "duplicate key");
    refused(
        "https://{site}.example.com/token",
        "http://{site}.example.com/token",
        10,
        "begins with https://",
    );
    refused("https://{site}.example.com/token", "https://{site}.com/token", 10, "last two labels");
    refused("https://{site}.example.com/token", "https://me@example.com/token", 10, "none of @");
}

#[test]
fn all_missing_and_unknown_words_and_wrong_types_are_reported_at_once() {
    let text = "name = 7\naccess = \"all\"\nkits = 1\n[auth]\n[[fields]]\nkey = \"a\"\nrequired = 1\n\
        [api]\naddress = \"https://a.example\"\ntoken_answer = []\n[[fields]]\nlabel = \"b\"\nsteps = \"url\"\n\
        max_length = \"9\"\nvisible_when = \"a\"\n";
    let mut problems: Vec<(usize, String)> = Element::parse(text)
        .expect_err("refused")
        .into_iter()
        .map(|problem| (problem.line.expect("a line"), problem.to_string()))
        .collect();
    problems.sort();
    let expected = [
        (1, "category is missing"),
        (1, "gives is missing"),
        (1, "key is missing"),
        (1, "name: a text in quotes is needed here"),
        (2, "access: a list in [ ] is needed here"),
        (3, "kits: this version does not know the word `kits`; a newer Keyrack may"),
        (4, "auth: exactly one of these is needed here: oauth2, oauth1, basic, api_key, session, custom"),
        (5, "fields.0: example is missing"),
        (5, "fields.0: label is missing"),
        (7, "fields.0.required: true or false is needed here"),
        (10, "api.token_answer: a table is needed here"),
        (11, "fields.1: example is missing"),
        (11, "fields.1: key is missing"),
        (13, "fields.1.steps: a list in [ ] is needed here"),
        (14, "fields.1.max_length: a whole number is needed here"),
        (15, "fields.1.visible_when: a table is needed here"),
    ];
    assert_eq!(problems, expected.map(|(line, what)| (line, what.to_owned())));
}

#[test]
fn addresses_are_safe_with_any_value() {
    let token = "token_endpoint = \"https://{site}.example.com/token\"";
    let unsafe_label = "a hole in a host needs";
    refused("pattern = \"[a-z0-9-]+\"\n", "", 9, unsafe_label);
    for pattern in [".+", "[^/]+", "[a-z.]+", "[!-~]+", "(?s:.*)"] {
        refused("[a-z0-9-]+", pattern, 10, unsafe_label);
    }
    refused(token, "token_endpoint = \"https://{site}/token\"", 10, "needs the type host");
    refused(token, "token_endpoint = \"{site}/token\"", 10, "needs the type origin");
    refused(token, "token_endpoint = \"{site}\"", 10, "needs the type address");
    refused(token, "token_endpoint = \"https://example.com/{nothing}\"", 10, "there is no field nothing");
    refused(token, "token_endpoint = \"https://example.com/{oauth.api.secret}\"", 10, "is secret");
    let select =
        "type = \"select\"\noptions = [{ value = \"evil.com/\", label = \"Evil\" }]\nexample = \"evil.com/\"";
    refused("example = \"acme\"\npattern = \"[a-z0-9-]+\"", select, 9, unsafe_label);
}

#[test]
fn extra_parameters_never_repeat_standard_ones() {
    for name in [
        "state",
        "STATE",
        "redirect_uri",
        "client_secret",
        "response_mode",
        "code_challenge",
        "oauth_token",
        "a b",
    ] {
        let extra = format!("authorize_parameters = {{ \"{name}\" = \"x\" }}");
        refused("scopes = [\"read\"]", &extra, 11, "is a parameter of the sign-in itself");
    }
    for name in ["grant_type", "client_id", "refresh_token", "code_verifier", "scope"] {
        let extra = format!("token_parameters = {{ {name} = \"x\" }}");
        refused("scopes = [\"read\"]", &extra, 11, "is a parameter of the sign-in itself");
    }
    refused("com/authorize", "com/authorize?state=x", 9, "state would stand there twice");
    refused("siteAddress", "state", 18, "not a free parameter name");
    refused("siteAddress", "apiKey", 18, "not a free parameter name");
}

#[test]
fn inconsistent_tables_are_refused() {
    let site = "query = [\"siteAddress\"]";
    refused("key = \"plain\"", "key = \"../plain\"", 1, "a key has only");
    refused("name = \"Plain\"", "name = \"\"", 2, "one line of 1 to 80");
    refused("initials = \"PL\"", "initials = \"PLA\"", 3, "1 or 2 characters");
    refused("key = \"oauth.api.key\"", "key = \"site\"", 21, "stands twice");
    refused("secret = true", "", 8, "needs the field oauth.api.secret");
    refused("type = \"address\"", "", 8, "needs the field oauth.callback.url");
    refused(site, "options = [{ value = \"a\", label = \"A\" }]", 18, "only a select has options");
    refused(site, "type = \"select\"", 18, "a select needs options");
    refused(site, "host_suffix = \".example.com\"", 18, "only a host has");
    refused(site, "type = \"host\"", 18, "a host needs a host_suffix");
    refused(site, "type = \"host\"\nhost_suffix = \".com\"", 19, "such as .example.com");
    refused(site, "type = \"toggle\"", 17, "only text has a pattern");
    refused(site, "default = \"a.b\"", 18, "would not accept");
    refused(site, "empty_means = \"acme\"", 18, "never empty");
    refused(site, "max_length = 9000", 18, "at most 8000");
    refused(site, "steps = []", 18, "without steps");
    refused("example = \"acme\"", "example = \"a.b\"", 16, "would not accept");
    refused("[a-z0-9-]+", "[a-z0-9-", 17, "not a regular expression");
    refused("secret = true", "secret = true\ndefault = \"x\"", 30, "not written into a file");
    refused("secret = true", "secret = true\nquery = [\"apiSecret\"]", 30, "the platform API names this one");
    refused(
        site,
        "visible_when = { field = \"oauth.api.key\", is = \"x\" }",
        18,
        "there is no earlier field",
    );
    refused(
        "secret = true",
        "secret = true\nvisible_when = { field = \"site\", is = \"a.b\" }",
        30,
        "never has this value",
    );
    refused("scopes = [\"read\"]", "scopes = [\"read write\"]", 11, "one entry for each scope");
    refused("scopes = [\"read\"]", "scope_field = \"x\"", 11, "there is no field x");
    refused("scopes = [\"read\"]", "announces_issuer = true", 11, "no issuer to compare with");
    refused("token_endpoint = \"https://{site}.example.com/token\"", "", 8, "token_endpoint is needed");
}

#[test]
fn a_field_with_a_credential_is_secret() {
    let file = |auth: &str, secret: bool| {
        let secret = if secret { "secret = true" } else { "" };
        let head = "format = 2\nkey = \"acme\"\nname = \"Acme\"\ncategory = \"Other\"\ngives = \"Anvils\"\n";
        let field = |key: &str, secret: &str| {
            format!("\n[[fields]]\nkey = \"{key}\"\nlabel = \"Value\"\nexample = \"x\"\n{secret}\n")
        };
        format!("{head}{auth}\n{}{}", field("credential", secret), field("user", ""))
    };
    for auth in [
        "[auth.api_key]\nkey_field = \"credential\"",
        "[auth.basic]\nusername_field = \"user\"\npassword_field = \"credential\"",
        "[auth.basic]\nusername_field = \"credential\"",
        "[auth.basic]\nusername = \"{user}/token\"\npassword = \"{credential}\"",
        "[auth.oauth1]\ntoken_field = \"credential\"\ntoken_secret_field = \"credential\"",
    ] {
        parse(&file(auth, true));
        let problems = Element::parse(&file(auth, false)).expect_err(auth);
        let lines: Vec<_> = problems.iter().map(|problem| (problem.line, problem.what.as_str())).collect();
        assert!(
            lines.iter().any(|(_, what)| what.ends_with("holds a secret: write secret = true")),
            "{lines:?}"
        );
    }
}

#[test]
fn no_two_parameters_share_a_name() {
    let scopes = "scopes = [\"read\"]";
    parse(&PLAIN.replace(scopes, "parameter_names = { client_id = \"app_id\", client_secret = \"secret\" }"));
    for names in ["{ client_id = \"code\" }", "{ client_id = \"id\", client_secret = \"id\" }"] {
        refused(scopes, &format!("parameter_names = {names}"), 11, "is the name of another parameter too");
    }
}

#[test]
fn a_grant_needs_its_endpoints_and_a_place_in_the_form() {
    let scopes = "scopes = [\"read\"]";
    let token = "token_endpoint = \"https://{site}.example.com/token\"";
    let device = "device_authorization_endpoint = \"https://{site}.example.com/device\"";
    refused(scopes, "grants = [\"device_code\"]", 8, "device_authorization_endpoint is needed");
    refused(scopes, "grants = [\"implicit\"]", 11, "does not know the word `implicit`; a newer Keyrack may");
    let twice = "grants = [\"client_credentials\", \"client_credentials\"]";
    refused(scopes, twice, 11, "a grant stands twice");
    refused(scopes, "registration_endpoint = \"http://example.com/r\"", 11, "begins with https://");
    let http = "device_authorization_endpoint = \"http://{site}.example.com/device\"";
    refused(scopes, http, 11, "begins with https://");
    let authorization = "authorization_endpoint = \"https://{site}.example.com/authorize\"\n";
    let own = PLAIN.replace(authorization, "").replace(scopes, "grants = [\"client_credentials\"]");
    parse(&own);
    parse(
        &own.replace("\"client_credentials\"", "\"device_code\"")
            .replace(token, &format!("{token}\n{device}")),
    );

    let field = "\n[[fields]]\nkey = \"oauth.grant\"\nlabel = \"Way\"\nexample = \"device_code\"\ntype = \"select\"\n\
         options = [{ value = \"device_code\", label = \"Device\" }]\n";
    let with = format!("{PLAIN}{field}");
    let problems = Element::parse(&with).expect_err("refused");
    assert!(
        problems.iter().any(|p| p.what.contains("is a select of grants that stand here")),
        "{problems:?}"
    );
    let both = format!("{device}\ngrants = [\"authorization_code\", \"device_code\"]");
    parse(&with.replace(scopes, &both));
}

#[test]
fn only_a_client_that_registers_itself_needs_no_id() {
    let key = "example = \"practice-key\"";
    let optional = "example = \"practice-key\"\nrequired = false";
    refused(key, optional, 8, "may be left empty only with a registration_endpoint");
    let registers = "registration_endpoint = \"https://{site}.example.com/register\"";
    parse(&PLAIN.replace(key, optional).replace("scopes = [\"read\"]", registers));
}

#[test]
fn retired_generic_and_from_must_be_consistent() {
    refused("access = [", "retired = true\naccess = [", 6, "a retired element has a note");
    refused("access = [", "generic = true\nfrom = \"oauth2\"\naccess = [", 7, "is not made by another");
    refused("access = [", "from = \"../x\"\naccess = [", 6, "a key has only");
}

#[test]
fn a_derived_field_is_made_of_public_entered_ones() {
    let site = "query = [\"siteAddress\"]";
    let derived = |more: &str| format!("type = \"address\"\nrequired = false\n{more}");
    let callback = "type = \"address\"";
    parse(&PLAIN.replacen(callback, &derived("derived = \"https://{site}.example.com/{oauth.api.key}\""), 1));
    refused(callback, &derived("derived = \"https://{nothing}\""), 37, "there is no field nothing");
    refused(callback, &derived("derived = \"https://{oauth.api.secret}\""), 37, "is secret");
    refused(callback, &derived("derived = \"https://{oauth.callback.url}\""), 37, "is itself derived");
    refused(callback, &derived("derived = \"https://{site\""), 37, "a hole is written {key}");
    refused(callback, &derived("derived = \"https://example.com\""), 37, "without a hole this is a default");
    refused(site, "derived = \"{oauth.api.key}\"", 18, "is not required");
    refused(site, "required = false\ndefault = \"a\"\nderived = \"{oauth.api.key}\"", 20, "neither default");
    refused(
        "secret = true",
        "secret = true\nrequired = false\nderived = \"{site}\"",
        31,
        "a secret is not made",
    );
}

#[test]
fn an_oauth1_file_names_its_endpoints() {
    let oauth2 = PLAIN.find("[auth.oauth2]").expect("there");
    let fields = PLAIN.find("[[fields]]").expect("there");
    let text = format!("{}[auth.oauth1]\n\n{}", &PLAIN[..oauth2], &PLAIN[fields..]);
    let problems = Element::parse(&text).expect_err("refused");
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["request_token_endpoint", "authorization_endpoint", "token_endpoint"]
            .map(|member| format!("auth.oauth1: {member} is needed"))
    );
    assert_eq!(problems[0].line, Some(8));
}

#[test]
fn answers_that_could_choose_another_server_are_refused() {
    let with = |tables: &str| PLAIN.replacen("[[fields]]", &format!("{tables}\n[[fields]]"), 1);
    for (tables, what) in [
        (
            "[api.token_answer]\nmember = \"url\"\nhost_suffix = \".example.com\"",
            "must stand in auth.oauth2.answer.keep",
        ),
        (
            "[auth.oauth2.answer]\nkeep = [\"url\"]\n[api.token_answer]\nmember = \"url\"\nhost_suffix = \"com\"",
            "such as .example.com",
        ),
        ("[identity]\nendpoint = \"https://example.com\"\nat = [\"id\"]", "a JSON pointer begins with /"),
        ("[callback]\nconfiguration = { country = \"site\" }", "already asked for by a field"),
    ] {
        let problems = Element::parse(&with(tables)).expect_err(tables);
        assert!(problems.iter().any(|p| p.what.contains(what)), "{tables}: {problems:?}");
    }
    let unbound = with("[callback]\nechoes_state = false").replace("scopes = [\"read\"]", "pkce = \"off\"");
    assert!(Element::parse(&unbound).is_err_and(|p| p[0].what.contains("bound only by PKCE")));
}

#[test]
fn a_client_without_a_secret_uses_pkce() {
    let with = |line: &str| PLAIN.replace("scopes = [\"read\"]", line);
    let public = "client_authentication = \"none\"";
    let problems = Element::parse(&with(&format!("pkce = \"off\"\n{public}"))).expect_err("refused");
    assert_eq!(
        problems[0].to_string(),
        "auth.oauth2.pkce: a client without a secret needs PKCE, which must be on"
    );
    assert_eq!(problems[0].line, Some(11));
    Element::parse(&with("pkce = \"off\"")).expect("the secret binds the code");
    Element::parse(&with(public)).expect("PKCE binds the code");
}

#[test]
fn a_custom_element_of_an_earlier_version_uses_pkce_without_a_secret() {
    let file = PLAIN
        .replace("scopes = [\"read\"]", "pkce = \"off\"\nclient_authentication = \"none\"")
        .replace("key = \"plain\"", "key = \"plain\"\nfrom = \"oauth2\"");
    let element = Element::parse(&file).expect("kept");
    let Auth::Oauth2(oauth2) = &element.auth else { panic!("it is OAuth 2") };
    assert!(oauth2.uses_pkce());
}

#[test]
fn a_callback_value_is_declared_and_never_part_of_a_host() {
    let with = |tables: &str| PLAIN.replacen("[[fields]]", &format!("{tables}\n[[fields]]"), 1);
    let api = |address: &str| {
        with(&format!("[callback]\nprovider_data = [\"realmId\"]\n[api]\naddress = \"{address}\""))
    };
    let path = "https://{site}.example.com/company/{callback.realmId}?realm={callback.realmId}";
    let element = parse(&api(path));
    let given = element.practice_values();
    let callback = BTreeMap::from([(CALLBACK_URL.to_owned(), "http://localhost/callback/plain".to_owned())]);
    let values = form::check(&element, &given, &callback).expect("accepted");
    let before = element.hosts(&values).expect("filled");
    assert_eq!(before.iter().collect::<Vec<_>>(), ["acme.example.com"]);
    assert_eq!(element.account_host(&values).as_deref(), Some("acme.example.com"));
    let Some(Api { address: Some(address), .. }) = &element.api else { panic!("it has an address") };
    assert_eq!(address.fill(&values), Err(TemplateError::Missing("callback.realmId".into())));
    let values = values.with_callback(&BTreeMap::from([("realmId".to_owned(), "../47 11".into())]));
    let url = address.fill(&values).expect("filled");
    assert_eq!(url.as_str(), "https://acme.example.com/company/..%2F47%2011?realm=..%2F47%2011");
    assert_eq!(element.hosts(&values).expect("filled"), before);
    assert!(form::configuration(&element, &values).iter().all(|(key, _)| !key.starts_with("callback.")));

    let token = "https://{site}.example.com/token";
    for (text, what) in [
        (api("https://{callback.realmId}.example.com/"), "may fill only a path segment or a query value"),
        (api("https://{callback.realmId}/"), "may fill only a path segment or a query value"),
        (api("{callback.realmId}/x"), "may fill only a path segment or a query value"),
        (api("{callback.realmId}"), "may fill only a path segment or a query value"),
        (api("https://example.com/{callback.country}"), "no callback value country is declared: name it in"),
        (api("https://example.com/{callback.code}"), "no callback value code is declared: name it in"),
        (
            api(path).replace(token, &format!("{token}/{{callback.realmId}}")),
            "callback.realmId may stand only in identity.endpoint and api.address",
        ),
        (with("[callback.examples]\nrealmId = \"1\""), "no callback value realmId is declared"),
        (
            with("[callback]\nprovider_data = [\"code\"]\nexamples = { code = \"1\" }"),
            "no callback value code",
        ),
        (with("[callback]\nprovider_data = [\"a\"]\nexamples = { a = \"\" }"), "an example is one line"),
        (
            PLAIN.replace("key = \"oauth.api.key\"", "key = \"callback.key\""),
            "keys that begin with callback.",
        ),
    ] {
        let problems = Element::parse(&text).expect_err(&text);
        assert!(problems.iter().any(|p| p.what.contains(what)), "{text}: {problems:?}");
    }
}

#[test]
fn declared_callback_values_exclude_protocol_parameters() {
    let rules = "provider_data = [\"realmId\", \"code\", \"oauth_verifier\", \"error_uri\"]\n\
                 configuration = { country = \"x.country\", state = \"x.state\" }\nexamples = { realmId = \"4711\" }";
    let element = parse(&PLAIN.replacen("[[fields]]", &format!("[callback]\n{rules}\n[[fields]]"), 1));
    assert_eq!(element.callback.names().into_iter().collect::<Vec<_>>(), ["country", "realmId"]);
}
