//! The signature of a request (RFC 5849 §3.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;
use url::Url;
use zeroize::Zeroize;

use crate::address::host_and_port;
use crate::http::Method;
use crate::oauth::percent::{self, Malformed, encode};
use crate::sensitive::Sensitive;

/// How a request is signed. RSA-SHA1 (RFC 5849 §3.4.3) is not supported: no known product uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
#[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "SCREAMING-KEBAB-CASE")]
pub enum SignatureMethod {
    /// RFC 5849 §3.4.2; used by nearly every product.
    #[default]
    HmacSha1,
    /// Not in the RFC, but used by several products.
    HmacSha256,
    /// RFC 5849 §3.4.4: the secrets themselves, so only over a protected connection.
    Plaintext,
}

impl SignatureMethod {
    /// The value of `oauth_signature_method`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// RFC 5849 §3.4.1.2: scheme and host in lower case, as in a parsed [`Url`]; no default port, query or fragment.
pub fn base_string_uri(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host_and_port(url), url.path())
}

/// RFC 5849 §3.4.1.3.2: encoded first, then sorted by name and value.
pub fn normalized_parameters(parameters: &[(String, String)]) -> String {
    let mut encoded: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The signature base string (RFC 5849 §3.4.1.1). `parameters` are those of the header, without `realm`, and of a
/// form body; the query is taken from the address. An `oauth_signature` among them is ignored (§3.4.1.3.1).
pub fn base_string(method: Method, url: &Url, parameters: &[(String, String)]) -> Result<String, Malformed> {
    base_string_of(method.as_str(), url, parameters)
}

/// As [`base_string`], for a method by its name.
pub(super) fn base_string_of(
    method: &str,
    url: &Url,
    parameters: &[(String, String)],
) -> Result<String, Malformed> {
    let mut all = percent::parse_form(url.query().unwrap_or_default())?;
    all.extend(parameters.iter().cloned());
    all.retain(|(name, _)| name != "oauth_signature");
    let [uri, parameters] = [base_string_uri(url), normalized_parameters(&all)].map(|part| encode(&part));
    Ok(format!("{}&{uri}&{parameters}", encode(method)))
}

/// The value of `oauth_signature`, not yet encoded (RFC 5849 §3.4.2 to §3.4.4).
pub(super) fn signature(
    method: SignatureMethod,
    base_string: &str,
    client_secret: &str,
    token_secret: &str,
) -> Sensitive<String> {
    let mut key = format!("{}&{}", encode(client_secret), encode(token_secret));
    let signature = match method {
        SignatureMethod::HmacSha1 => {
            let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
            STANDARD.encode(mac.chain_update(base_string).finalize().into_bytes())
        }
        SignatureMethod::HmacSha256 => {
            let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
            STANDARD.encode(mac.chain_update(base_string).finalize().into_bytes())
        }
        SignatureMethod::Plaintext => key.clone(),
    };
    key.zeroize();
    signature.into()
}

/// Whether a request was signed with both secrets (RFC 5849 §3.2, the server's side). `parameters` are those of the
/// header and of a form body. Does not check time, nonce and token. The comparison takes constant time.
pub fn verify(
    method: Method,
    url: &Url,
    parameters: &[(String, String)],
    client_secret: &str,
    token_secret: &str,
    signature_method: SignatureMethod,
) -> bool {
    let only = |name: &str| {
        let mut found = parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        // RFC 5849 §3.1: each parameter once.
        found.next().filter(|_| found.next().is_none())
    };
    let (Some(given), Some(named)) = (only("oauth_signature"), only("oauth_signature_method")) else {
        return false;
    };
    let Ok(base) = base_string(method, url, parameters) else { return false };
    named == signature_method.as_str()
        && signature(signature_method, &base, client_secret, token_secret).same_as(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_string_uri_matches_the_host_header() {
        for (address, uri) in [
            // The two examples of RFC 5849 §3.4.1.2.
            ("http://EXAMPLE.COM:80/r%20v/X?id=123", "http://example.com/r%20v/X"),
            ("https://www.example.net:8080/?q=1", "https://www.example.net:8080/"),
            ("HTTPS://Example.com:443/a#f", "https://example.com/a"),
            ("http://example.com:443/a", "http://example.com:443/a"),
            ("https://example.com", "https://example.com/"),
            ("http://127.0.0.1:4000/a/", "http://127.0.0.1:4000/a/"),
            ("http://[::1]:4000/%7Ea", "http://[::1]:4000/%7Ea"),
        ] {
            assert_eq!(base_string_uri(&Url::parse(address).unwrap()), uri, "{address}");
        }
    }

    #[test]
    fn parameters_are_sorted_after_encoding_by_name_then_value() {
        for (parameters, normalized) in [
            (&[("b", "1"), ("a", "2")][..], "a=2&b=1"),
            (&[("a", "b"), ("a", "a"), ("a", "")], "a=&a=a&a=b"),
            // The encoded `%C3%A9` sorts before the plain `z`, the character itself would not.
            (&[("z", "1"), ("é", "1")], "%C3%A9=1&z=1"),
            // `a-` and `a1` differ from a comparison of joined pairs, where `=` would take part.
            (&[("a1", "x"), ("a", "x"), ("a-", "x")], "a=x&a-=x&a1=x"),
            (&[("a", "~-._ +/")], "a=~-._%20%2B%2F"),
        ] {
            let owned: Vec<_> = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(normalized_parameters(&owned), normalized, "{parameters:?}");
        }
    }

    #[test]
    fn method_names_are_those_of_the_wire() {
        for method in [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256, SignatureMethod::Plaintext] {
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
        }
    }
}
