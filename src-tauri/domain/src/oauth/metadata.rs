//! The metadata of an authorization server (RFC 8414, OpenID Connect Discovery 1.0).

use thiserror::Error;
use url::Url;

use super::json::{self, Json};
use crate::address::{self, is_loopback};
use crate::http::HttpResponse;

/// The largest documents of enterprise servers stay below 20 KiB.
const LONGEST_DOCUMENT: usize = 256 * 1024;

/// The longest real lists are of scopes.
const LONGEST_LIST: usize = 1000;

/// The members that Keyrack uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Byte for byte.
    pub issuer: String,
    pub authorization_endpoint: Option<Url>,
    pub token_endpoint: Option<Url>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Url>,
    /// RFC 8628 §4.
    pub device_authorization_endpoint: Option<Url>,
    /// RFC 7591.
    pub registration_endpoint: Option<Url>,
    /// OpenID Connect Core 1.0 §5.3.
    pub userinfo_endpoint: Option<Url>,
    /// Empty if not published.
    pub scopes_supported: Vec<String>,
    /// RFC 7636 methods; absent if not published.
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// Absent means `client_secret_basic` (RFC 8414 §2).
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Absent means `authorization_code` and `implicit` (RFC 8414 §2).
    pub grant_types_supported: Option<Vec<String>>,
    /// Whether each answer carries `iss` (RFC 9207 §3).
    pub iss_supported: bool,
    /// Whether authorization requests must be pushed (RFC 9126 §5).
    pub requires_par: bool,
    /// Whether this is an OpenID provider: it publishes keys for ID tokens and types of subjects (Discovery 1.0 §3).
    pub openid: bool,
}

impl Metadata {
    /// Whether another document of the same server could add an endpoint.
    pub fn is_complete(&self) -> bool {
        self.authorization_endpoint.is_some()
            && self.token_endpoint.is_some()
            && self.revocation_endpoint.is_some()
            && self.registration_endpoint.is_some()
            && self.code_challenge_methods_supported.is_some()
    }

    /// The same with what only another document of this issuer has.
    pub fn completed_by(self, other: Self) -> Self {
        let scopes_supported =
            if self.scopes_supported.is_empty() { other.scopes_supported } else { self.scopes_supported };
        Self {
            issuer: self.issuer,
            authorization_endpoint: self.authorization_endpoint.or(other.authorization_endpoint),
            token_endpoint: self.token_endpoint.or(other.token_endpoint),
            revocation_endpoint: self.revocation_endpoint.or(other.revocation_endpoint),
            device_authorization_endpoint: self
                .device_authorization_endpoint
                .or(other.device_authorization_endpoint),
            registration_endpoint: self.registration_endpoint.or(other.registration_endpoint),
            userinfo_endpoint: self.userinfo_endpoint.or(other.userinfo_endpoint),
            scopes_supported,
            code_challenge_methods_supported: self
                .code_challenge_methods_supported
                .or(other.code_challenge_methods_supported),
            token_endpoint_auth_methods_supported: self
                .token_endpoint_auth_methods_supported
                .or(other.token_endpoint_auth_methods_supported),
            grant_types_supported: self.grant_types_supported.or(other.grant_types_supported),
            iss_supported: self.iss_supported || other.iss_supported,
            requires_par: self.requires_par || other.requires_par,
            openid: self.openid || other.openid,
        }
    }
}

/// Why a document cannot be used. Contains names of members, never values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MetadataProblem {
    #[error("nothing is published there (status {0})")]
    Absent(u16),
    #[error("what is published there is not a JSON document")]
    NotJson,
    #[error("the document is too long")]
    TooLong,
    /// RFC 8259 §4.
    #[error("the document has a member twice")]
    Duplicate,
    /// RFC 8414 §3.3.
    #[error("the document is of another issuer")]
    OtherIssuer,
    #[error("the document has no {0}")]
    Missing(&'static str),
    #[error("{0} is not what it should be")]
    WrongType(&'static str),
    #[error("{0} is not an address that may be used")]
    BadAddress(&'static str),
}

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// The issuer in the address of its metadata, which documentation gives and users paste. Another address is an issuer.
pub fn issuer_of(address: &str) -> String {
    let found = [OPENID, OAUTH].iter().find_map(|part| address.split_once(part));
    let Some((before, after)) = found else { return address.to_owned() };
    let path = after.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.is_empty() || path.starts_with('/') { format!("{before}{path}") } else { address.to_owned() }
}

/// Where the metadata of an issuer may be. OpenID Connect Discovery 1.0 §4 appends the well-known part, RFC 8414 §3.1
/// and §5 insert it before the path. OpenID comes first, because only its document names the userinfo endpoint.
pub fn well_known(issuer: &Url) -> Vec<Url> {
    // RFC 8414 §3.1 and Discovery 1.0 §4.1: a trailing slash is removed first.
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![format!("{path}{OPENID}"), format!("{OAUTH}{path}")];
    if !path.is_empty() {
        paths.push(format!("{OPENID}{path}"));
    }
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        // RFC 8414 §2: an issuer has neither query nor fragment.
        url.set_query(None);
        url.set_fragment(None);
        url
    };
    paths.into_iter().map(at).collect()
}

/// The issuer with its trailing slash added or removed. Users copy either form, and both have the same [`well_known`]
/// addresses, so the document there tells which one is right.
pub fn toggle_trailing_slash(issuer: &str) -> String {
    issuer.strip_suffix('/').map_or_else(|| format!("{issuer}/"), str::to_owned)
}

/// Reads the metadata published for `issuer`, which is compared byte for byte (RFC 8414 §3.3).
pub fn read_metadata(issuer: &str, answer: &HttpResponse) -> Result<Metadata, MetadataProblem> {
    // RFC 8414 §3.2: success is 200. A redirect would let one server speak for another.
    if answer.status != 200 {
        return Err(MetadataProblem::Absent(answer.status));
    }
    let body = answer.body.expose();
    if body.len() > LONGEST_DOCUMENT {
        return Err(MetadataProblem::TooLong);
    }
    let Some(members @ Json::Object(_)) = json::parse(body) else { return Err(MetadataProblem::NotJson) };
    let here = issuer.parse::<Url>().is_ok_and(|issuer| is_loopback(&issuer));
    let members = Members { members, here };
    // Checked first: nothing else in the document of another issuer matters.
    let published = members.required("issuer")?.ok_or(MetadataProblem::Missing("issuer"))?;
    if published != issuer {
        return Err(MetadataProblem::OtherIssuer);
    }
    let openid = members.is_given("jwks_uri")
        && (members.is_given("subject_types_supported")
            || members.is_given("id_token_signing_alg_values_supported"));
    Ok(Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: members.required_address("authorization_endpoint")?,
        token_endpoint: members.required_address("token_endpoint")?,
        revocation_endpoint: members.address("revocation_endpoint"),
        device_authorization_endpoint: members.address("device_authorization_endpoint"),
        registration_endpoint: members.address("registration_endpoint"),
        userinfo_endpoint: members.address("userinfo_endpoint"),
        scopes_supported: members.list("scopes_supported").unwrap_or_default(),
        code_challenge_methods_supported: members.list("code_challenge_methods_supported"),
        token_endpoint_auth_methods_supported: members.list("token_endpoint_auth_methods_supported"),
        grant_types_supported: members.list("grant_types_supported"),
        iss_supported: members.truth("authorization_response_iss_parameter_supported"),
        requires_par: members.truth("require_pushed_authorization_requests"),
        openid,
    })
}

/// The members of a document. Only the issuer and the two endpoints of a sign-in can spoil it: another member that cannot
/// be used counts as absent.
struct Members {
    members: Json,
    /// Whether the issuer is on this computer.
    here: bool,
}

impl Members {
    /// A member that is null or ambiguous counts as absent.
    fn get(&self, name: &str) -> Option<&Json> {
        self.members.member(name).filter(|value| **value != Json::Null)
    }

    fn is_given(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Byte for byte.
    fn required(&self, name: &'static str) -> Result<Option<&str>, MetadataProblem> {
        if self.members.is_repeated(name) && !self.is_given(name) {
            return Err(MetadataProblem::Duplicate);
        }
        self.get(name).map(|value| value.as_text().ok_or(MetadataProblem::WrongType(name))).transpose()
    }

    /// Some servers write a truth value as text.
    fn truth(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
    }

    /// Some servers write a list as one text.
    fn list(&self, name: &str) -> Option<Vec<String>> {
        let items: Vec<&str> = match self.get(name)? {
            Json::List(items) => items.iter().filter_map(Json::as_text).collect(),
            Json::Text(text) => text.split([' ', ',']).filter(|item| !item.is_empty()).collect(),
            _ => return None,
        };
        (items.len() <= LONGEST_LIST).then(|| items.into_iter().map(str::to_owned).collect())
    }

    fn required_address(&self, name: &'static str) -> Result<Option<Url>, MetadataProblem> {
        match self.required(name)?.map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => self.parse_address(text).map(Some).ok_or(MetadataProblem::BadAddress(name)),
        }
    }

    fn address(&self, name: &str) -> Option<Url> {
        self.parse_address(self.text(name)?)
    }

    /// RFC 6749 §3.1 and §3.2: no fragment; RFC 8414 §2: https. Only an issuer on this computer may name addresses of
    /// this computer: another one could have codes or requests sent to a local program.
    fn parse_address(&self, text: &str) -> Option<Url> {
        address::parse(text).filter(|url| self.here || !is_loopback(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::Sensitive;

    const ISSUER: &str = "https://id.example.com/tenant";

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
    }

    /// A document of [`ISSUER`] with these members more.
    fn read(more: &str) -> Result<Metadata, MetadataProblem> {
        read_metadata(ISSUER, &answer(200, &format!("{{\"issuer\":\"{ISSUER}\"{more}}}")))
    }

    #[test]
    fn the_well_known_part_precedes_the_path_of_oauth_and_follows_that_of_openid() {
        for (issuer, places) in [
            (
                "https://id.example.com",
                vec![
                    "https://id.example.com/.well-known/openid-configuration",
                    "https://id.example.com/.well-known/oauth-authorization-server",
                ],
            ),
            (
                "https://id.example.com/tenant/",
                vec![
                    "https://id.example.com/tenant/.well-known/openid-configuration",
                    "https://id.example.com/.well-known/oauth-authorization-server/tenant",
                    "https://id.example.com/.well-known/openid-configuration/tenant",
                ],
            ),
            (
                "http://127.0.0.1:4000/a%2Fb?x=1#y",
                vec![
                    "http://127.0.0.1:4000/a%2Fb/.well-known/openid-configuration",
                    "http://127.0.0.1:4000/.well-known/oauth-authorization-server/a%2Fb",
                    "http://127.0.0.1:4000/.well-known/openid-configuration/a%2Fb",
                ],
            ),
        ] {
            let asked: Vec<String> =
                well_known(&issuer.parse().unwrap()).into_iter().map(String::from).collect();
            assert_eq!(asked, places, "{issuer}");
            assert_eq!(
                well_known(&toggle_trailing_slash(issuer).parse().unwrap()).len(),
                places.len(),
                "with or without the last slash the same places are asked"
            );
        }
        for issuer in ["https://id.example.com", "https://id.example.com/t"] {
            let other = toggle_trailing_slash(issuer);
            assert_eq!(other, format!("{issuer}/"));
            assert_eq!(toggle_trailing_slash(&other), issuer);
            assert_eq!(well_known(&other.parse().unwrap()), well_known(&issuer.parse().unwrap()));
        }
    }

    #[test]
    fn the_address_of_metadata_names_its_issuer() {
        let issuer = "https://id.example.com";
        for (address, found) in [
            (issuer, issuer),
            ("https://id.example.com/t/", "https://id.example.com/t/"),
            ("https://id.example.com/.well-known/openid-configuration", issuer),
            ("https://id.example.com/.well-known/openid-configuration/", issuer),
            ("https://id.example.com/.well-known/openid-configuration?p=1#x", issuer),
            ("https://id.example.com/t/.well-known/openid-configuration", "https://id.example.com/t"),
            ("https://id.example.com/.well-known/oauth-authorization-server", issuer),
            (
                "https://id.example.com/.well-known/oauth-authorization-server/t/u",
                "https://id.example.com/t/u",
            ),
            ("https://id.example.com/.well-known/openid-configuration/t", "https://id.example.com/t"),
            (
                "https://id.example.com/.well-known/openid-configuration2",
                "https://id.example.com/.well-known/openid-configuration2",
            ),
        ] {
            assert_eq!(issuer_of(address), found, "{address}");
        }
    }

    #[test]
    fn a_second_document_adds_what_the_first_one_lacks() {
        let first = read(r#","token_endpoint":"https://id.example.com/1""#).unwrap();
        assert!(!first.is_complete());
        let second = read(
            r#","token_endpoint":"https://id.example.com/2","registration_endpoint":"https://id.example.com/r",
            "code_challenge_methods_supported":["S256"],"require_pushed_authorization_requests":true"#,
        );
        let both = first.clone().completed_by(second.unwrap());
        assert_eq!(both.token_endpoint.as_ref().unwrap().path(), "/1");
        assert_eq!(both.registration_endpoint.as_ref().unwrap().path(), "/r");
        assert!(both.requires_par && both.code_challenge_methods_supported.is_some());
        assert_eq!(first.clone().completed_by(first.clone()), first);
    }

    #[test]
    fn a_document_is_read_and_unknown_members_are_ignored() {
        let metadata = read(
            r#","authorization_endpoint":"https://id.example.com/a?b=c","token_endpoint":"https://id.example.com:1/t",
            "revocation_endpoint":"https://r.example.com","device_authorization_endpoint":"https://id.example.com/d",
            "registration_endpoint":"https://id.example.com/r","userinfo_endpoint":"https://id.example.com/u",
            "scopes_supported":["openid","a"],"code_challenge_methods_supported":["plain","S256"],
            "token_endpoint_auth_methods_supported":["none"],"grant_types_supported":[],
            "authorization_response_iss_parameter_supported":true,"require_pushed_authorization_requests":true,
            "jwks_uri":"https://id.example.com/k","subject_types_supported":["public"],
            "mtls_endpoint_aliases":{"token_endpoint":7},"op_policy_uri":null,"x":[1,{"issuer":2}]"#,
        )
        .unwrap();
        assert_eq!(metadata.issuer, ISSUER);
        assert_eq!(metadata.authorization_endpoint.unwrap().as_str(), "https://id.example.com/a?b=c");
        assert_eq!(metadata.token_endpoint.unwrap().as_str(), "https://id.example.com:1/t");
        assert_eq!(metadata.userinfo_endpoint.unwrap().path(), "/u");
        assert_eq!(metadata.scopes_supported, ["openid", "a"]);
        assert_eq!(metadata.code_challenge_methods_supported.unwrap(), ["plain", "S256"]);
        assert_eq!(metadata.grant_types_supported, Some(vec![]));
        assert!(metadata.iss_supported && metadata.requires_par && metadata.openid);
        let least = read("").unwrap();
        assert!(least.authorization_endpoint.is_none() && least.code_challenge_methods_supported.is_none());
        assert!(!least.iss_supported && !least.requires_par && !least.openid);
    }

    #[test]
    fn a_document_of_another_issuer_is_discarded() {
        for issuer in
            ["https://id.example.com/tenant/", "https://ID.example.com/tenant", "https://id.example.com", ""]
        {
            let text = format!(r#"{{"token_endpoint":7,"issuer":"{issuer}"}}"#);
            assert_eq!(
                read_metadata(ISSUER, &answer(200, &text)),
                Err(MetadataProblem::OtherIssuer),
                "{issuer}"
            );
        }
    }

    #[test]
    fn only_an_issuer_on_this_computer_names_addresses_of_this_computer() {
        const ENDPOINTS: [&str; 6] = [
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "device_authorization_endpoint",
            "registration_endpoint",
            "userinfo_endpoint",
        ];
        for name in ENDPOINTS {
            for here in [
                "http://localhost:1/",
                "https://localhost/",
                "https://LOCALHOST/",
                "http://127.0.0.1:1/",
                "https://127.8.8.8/",
                "https://2130706433/",
                "https://[::1]/",
            ] {
                let found = read(&format!(r#","{name}":"{here}""#));
                match name {
                    "authorization_endpoint" | "token_endpoint" => {
                        assert_eq!(found, Err(MetadataProblem::BadAddress(name)), "{name} {here}");
                    }
                    _ => assert_eq!(found, read(""), "{name} {here}"),
                }
            }
            for issuer in ["http://127.0.0.1:4000", "https://localhost:4000", "http://[::1]:4000/tenant"] {
                for endpoint in ["http://localhost:1/", "https://127.0.0.1/", "https://id.example.com/"] {
                    let text = format!(r#"{{"issuer":"{issuer}","{name}":"{endpoint}"}}"#);
                    assert!(read_metadata(issuer, &answer(200, &text)).is_ok(), "{issuer} {name} {endpoint}");
                }
                let text = format!(r#"{{"issuer":"{issuer}","{name}":"http://id.example.com/"}}"#);
                let found = read_metadata(issuer, &answer(200, &text));
                let without = read_metadata(issuer, &answer(200, &format!(r#"{{"issuer":"{issuer}"}}"#)));
                let spoilt = found == Err(MetadataProblem::BadAddress(name));
                assert!(spoilt || found == without, "{issuer} {name}");
            }
        }
    }

    #[test]
    fn invalid_metadata_is_refused_with_the_name_of_the_member() {
        use MetadataProblem::*;
        for (status, body, problem) in [
            (404, "{}", Absent(404)),
            (302, "{}", Absent(302)),
            (204, "", Absent(204)),
            (200, "<html>", NotJson),
            (200, "[]", NotJson),
            (200, "", NotJson),
            (200, "{}", Missing("issuer")),
            (200, r#"{"issuer":null}"#, Missing("issuer")),
            (200, r#"{"issuer":["https://id.example.com/tenant"]}"#, WrongType("issuer")),
            (200, r#"{"issuer":"https://id.example.com/tenant","issuer":"x"}"#, Duplicate),
            (200, &format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST_DOCUMENT)), TooLong),
        ] {
            assert_eq!(read_metadata(ISSUER, &answer(status, body)), Err(problem), "{status} {body:.60}");
        }
        for (more, problem) in [
            (r#","token_endpoint":7"#, BadAddress("token_endpoint")),
            (r#","token_endpoint":"http://id.example.com/t""#, BadAddress("token_endpoint")),
            (r#","token_endpoint":"/t""#, BadAddress("token_endpoint")),
            (
                r#","authorization_endpoint":"https://me:pw@id.example.com/""#,
                BadAddress("authorization_endpoint"),
            ),
            (
                r#","authorization_endpoint":"https://id.example.com/#x""#,
                BadAddress("authorization_endpoint"),
            ),
            (r#","token_endpoint":["https://id.example.com/t"]"#, WrongType("token_endpoint")),
            (r#","token_endpoint":"https://a.example/","token_endpoint":"https://b.example/""#, Duplicate),
        ] {
            let found = read(more).unwrap_err();
            assert_eq!(found, problem, "{more}");
            assert!(!found.to_string().contains("example"), "{found}");
        }
    }

    #[test]
    fn an_optional_member_that_cannot_be_used_counts_as_absent() {
        let many = format!(r#","scopes_supported":[{}"x"]"#, r#""x","#.repeat(LONGEST_LIST));
        for more in [
            r#","authorization_endpoint":"""#,
            r#","token_endpoint":null"#,
            r#","userinfo_endpoint":"javascript:alert(1)""#,
            r#","userinfo_endpoint":"/userinfo""#,
            r#","registration_endpoint":"https://a b/""#,
            r#","registration_endpoint":false"#,
            r#","revocation_endpoint":{"url":"https://id.example.com/r"}"#,
            r#","revocation_endpoint":"https://a.example/","revocation_endpoint":"https://b.example/""#,
            r#","device_authorization_endpoint":["https://id.example.com/d"]"#,
            r#","scopes_supported":{}"#,
            r#","code_challenge_methods_supported":{}"#,
            r#","grant_types_supported":true,"grant_types_supported":[]"#,
            r#","authorization_response_iss_parameter_supported":"false""#,
            r#","require_pushed_authorization_requests":[true]"#,
            r#","a":{"b":1,"b":2},"c":1e999,"d":"\ud83d","d":1"#,
            &many,
        ] {
            assert_eq!(read(more), read(""), "{more:.80}");
        }
        let broken = [b"{\"service\":\"M\xfcller\",\"issuer\":\"", ISSUER.as_bytes(), b"\"}"].concat();
        let broken = HttpResponse { body: Sensitive::new(broken), ..answer(200, "") };
        assert_eq!(read_metadata(ISSUER, &broken), read(""));
    }

    #[test]
    fn lists_and_truth_values_are_read_as_servers_write_them() {
        for (written, items) in [
            (r#""client_secret_basic""#, &["client_secret_basic"][..]),
            (r#""client_secret_post none""#, &["client_secret_post", "none"]),
            (r#"["a",1,null,{},"b"]"#, &["a", "1", "b"]),
            ("[]", &[]),
        ] {
            let metadata = read(&format!(r#","token_endpoint_auth_methods_supported":{written}"#)).unwrap();
            assert_eq!(metadata.token_endpoint_auth_methods_supported.unwrap(), items, "{written}");
        }
        for (written, truth) in
            [("true", true), (r#""true""#, true), (r#""True""#, true), ("1", true), ("0", false)]
        {
            let name = "authorization_response_iss_parameter_supported";
            let metadata =
                read(&format!(r#","{name}":{written},"require_pushed_authorization_requests":{written}"#));
            let metadata = metadata.unwrap();
            assert_eq!((metadata.iss_supported, metadata.requires_par), (truth, truth), "{written}");
        }
    }
}
