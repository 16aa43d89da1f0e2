//! The metadata of an authorization server (RFC 8414, OpenID Connect Discovery 1.0).

use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use super::json::{self, NotJson};
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

/// Where the metadata of an issuer may be. OpenID Connect Discovery 1.0 §4 appends the well-known part, RFC 8414 §3.1
/// and §5 insert it before the path. OpenID comes first, because only its document names the userinfo endpoint.
pub fn well_known(issuer: &Url) -> Vec<Url> {
    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
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
    let members = match json::parse(body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body)) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(NotJson::Malformed) => return Err(MetadataProblem::NotJson),
        Err(NotJson::Duplicate) => return Err(MetadataProblem::Duplicate),
    };
    let here = issuer.parse::<Url>().is_ok_and(|issuer| is_loopback(&issuer));
    let members = Members { members, here };
    // Checked first: nothing else in the document of another issuer matters.
    let published = members.text("issuer")?.ok_or(MetadataProblem::Missing("issuer"))?;
    if published != issuer {
        return Err(MetadataProblem::OtherIssuer);
    }
    let openid = members.is_given("jwks_uri")
        && (members.is_given("subject_types_supported")
            || members.is_given("id_token_signing_alg_values_supported"));
    Ok(Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: members.address("authorization_endpoint")?,
        token_endpoint: members.address("token_endpoint")?,
        revocation_endpoint: members.address("revocation_endpoint")?,
        device_authorization_endpoint: members.address("device_authorization_endpoint")?,
        registration_endpoint: members.address("registration_endpoint")?,
        userinfo_endpoint: members.address("userinfo_endpoint")?,
        scopes_supported: members.list("scopes_supported")?.unwrap_or_default(),
        code_challenge_methods_supported: members.list("code_challenge_methods_supported")?,
        token_endpoint_auth_methods_supported: members.list("token_endpoint_auth_methods_supported")?,
        grant_types_supported: members.list("grant_types_supported")?,
        iss_supported: members.truth("authorization_response_iss_parameter_supported")?,
        requires_par: members.truth("require_pushed_authorization_requests")?,
        openid,
    })
}

struct Members {
    members: Map<String, Value>,
    /// Whether the issuer is on this computer.
    here: bool,
}

impl Members {
    /// A member that is null counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn is_given(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn read<'v, T>(
        &'v self,
        name: &'static str,
        convert: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, MetadataProblem> {
        self.get(name).map(|value| convert(value).ok_or(MetadataProblem::WrongType(name))).transpose()
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, MetadataProblem> {
        self.read(name, Value::as_str)
    }

    fn truth(&self, name: &'static str) -> Result<bool, MetadataProblem> {
        Ok(self.read(name, Value::as_bool)?.unwrap_or_default())
    }

    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, MetadataProblem> {
        self.read(name, |value| {
            let items = value.as_array().filter(|items| items.len() <= LONGEST_LIST)?;
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// RFC 6749 §3.1 and §3.2: no fragment; RFC 8414 §2: https. Only an issuer on this computer may name addresses of
    /// this computer: another one could have codes or requests sent to a local program.
    fn address(&self, name: &'static str) -> Result<Option<Url>, MetadataProblem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let url = address::parse(text).filter(|url| self.here || !is_loopback(url));
        url.map(Some).ok_or(MetadataProblem::BadAddress(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitive::Sensitive;

    const ISSUER: &str = "https://id.example.com/tenant";

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: Sensitive::new(body.as_bytes().to_vec()) }
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
                assert_eq!(found, Err(MetadataProblem::BadAddress(name)), "{name} {here}");
            }
            for issuer in ["http://127.0.0.1:4000", "https://localhost:4000", "http://[::1]:4000/tenant"] {
                for endpoint in ["http://localhost:1/", "https://127.0.0.1/", "https://id.example.com/"] {
                    let text = format!(r#"{{"issuer":"{issuer}","{name}":"{endpoint}"}}"#);
                    assert!(read_metadata(issuer, &answer(200, &text)).is_ok(), "{issuer} {name} {endpoint}");
                }
                let text = format!(r#"{{"issuer":"{issuer}","{name}":"http://id.example.com/"}}"#);
                let found = read_metadata(issuer, &answer(200, &text));
                assert_eq!(found, Err(MetadataProblem::BadAddress(name)), "{issuer}");
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
            (r#","token_endpoint":7"#, WrongType("token_endpoint")),
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
            (r#","userinfo_endpoint":"javascript:alert(1)""#, BadAddress("userinfo_endpoint")),
            (r#","registration_endpoint":"https://a b/""#, BadAddress("registration_endpoint")),
            (r#","scopes_supported":"openid""#, WrongType("scopes_supported")),
            (r#","scopes_supported":["a",1]"#, WrongType("scopes_supported")),
            (r#","code_challenge_methods_supported":{}"#, WrongType("code_challenge_methods_supported")),
            (
                r#","authorization_response_iss_parameter_supported":"true""#,
                WrongType("authorization_response_iss_parameter_supported"),
            ),
            (r#","a":{"b":1,"b":2}"#, Duplicate),
        ] {
            let found = read(more).unwrap_err();
            assert_eq!(found, problem, "{more}");
            assert!(!found.to_string().contains("example"), "{found}");
        }
        let many = format!(",\"scopes_supported\":[{}\"x\"]", "\"x\",".repeat(LONGEST_LIST));
        assert_eq!(read(&many), Err(WrongType("scopes_supported")));
    }
}
