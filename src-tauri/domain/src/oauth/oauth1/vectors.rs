//! The examples of RFC 5849, and vectors that other programs computed: no signer judges itself.

use super::*;
use crate::oauth::percent::{Malformed, parse_form};

/// The client of RFC 5849 §1.2.
fn printer() -> Credentials {
    Credentials::client("dpf43f3p2l4k3l03", "kd94hf93k423kf44".into())
}

fn signing(method: SignatureMethod, timestamp: u64, nonce: &str) -> Signing {
    Signing { method, timestamp, nonce: nonce.into() }
}

fn authorization(request: &HttpRequest) -> &str {
    request.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1.expose()
}

/// The signature in the header, decoded.
fn signature_of(request: &HttpRequest) -> String {
    let parameters = parse_authorization_header(authorization(request)).unwrap();
    parameters.into_iter().find(|(name, _)| name == "oauth_signature").unwrap().1
}

fn address(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// The three requests of RFC 5849 §1.2, with the secrets that sign each.
fn example_of_section_1_2() -> [(HttpRequest, &'static str, &'static str); 3] {
    use SignatureMethod::HmacSha1;
    let temporary = printer().with_token("hh5s93j4hdidpola".into(), "hdhd0244k9j7ao03".into());
    let token = printer().with_token("nnch734d00sl2jdk".into(), "pfkkdhi9sl3r4s00".into());
    [
        (
            request_token(
                address("https://photos.example.net/initiate"),
                "http://printer.example.com/ready",
                &printer(),
                &signing(HmacSha1, 137_131_200, "wIjqoS"),
            )
            .unwrap(),
            "",
            "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
        ),
        (
            access_token(
                address("https://photos.example.net/token"),
                &"hfdp7dh39dks9884".into(),
                &temporary,
                &signing(HmacSha1, 137_131_201, "walatlh"),
            )
            .unwrap(),
            "hdhd0244k9j7ao03",
            "gKgrFCywp7rO0OXSjdot/IHF7IU=",
        ),
        (
            sign(
                HttpRequest::new(
                    Method::Get,
                    address("http://photos.example.net/photos?file=vacation.jpg&size=original"),
                ),
                &token,
                &signing(HmacSha1, 137_131_202, "chapoH"),
                &[],
            )
            .unwrap(),
            "pfkkdhi9sl3r4s00",
            "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
        ),
    ]
}

#[test]
fn the_three_requests_of_section_1_2_are_signed_as_printed() {
    for (request, token_secret, signature) in example_of_section_1_2() {
        assert_eq!(signature_of(&request), signature, "{}", request.url);
        let parameters = parse_authorization_header(authorization(&request)).unwrap();
        assert!(
            verify(
                request.method,
                &request.url,
                &parameters,
                "kd94hf93k423kf44",
                token_secret,
                SignatureMethod::HmacSha1
            ),
            "{}",
            request.url
        );
    }
    let [(first, ..), ..] = example_of_section_1_2();
    assert_eq!(
        authorization(&first),
        "OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_signature_method=\"HMAC-SHA1\", \
         oauth_timestamp=\"137131200\", oauth_nonce=\"wIjqoS\", \
         oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\", \
         oauth_signature=\"74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D\""
    );
}

#[test]
fn the_base_string_of_section_3_4_1_1_is_reproduced() {
    let header = "OAuth realm=\"Example\", oauth_consumer_key=\"9djdj82h48djs9d2\", oauth_token=\"kkk9d7dh3k39sjv7\", \
                  oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131201\", oauth_nonce=\"7d8f3e4a\", \
                  oauth_signature=\"bYT5CMsGcbgUdFHObYMEfcx6bsw%3D\"";
    let mut parameters = parse_authorization_header(header).unwrap();
    parameters.extend(parse_form("c2&a3=2+q").unwrap());
    let url = address("http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    assert_eq!(
        base_string(Method::Post, &url, &parameters).unwrap(),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D\
         %26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1\
         %26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    );
}

/// The base string was written by hand after §1.2's third request, and signed by
/// `printf %s "$BASE" | openssl dgst -sha256 -hmac 'kd94hf93k423kf44&pfkkdhi9sl3r4s00' -binary | base64`.
#[test]
fn hmac_sha256_signs_as_openssl_does() {
    let url = address("http://photos.example.net/photos?file=vacation.jpg&size=original");
    let token = printer().with_token("nnch734d00sl2jdk".into(), "pfkkdhi9sl3r4s00".into());
    let how = signing(SignatureMethod::HmacSha256, 137_131_202, "chapoH");
    let request = sign(HttpRequest::new(Method::Get, url), &token, &how, &[]).unwrap();
    assert_eq!(signature_of(&request), "HtMwoX2zenlFjgGg/SNEoKEQmL7CzxYFEKzs7er044Y=");
}

/// The base string came from Python's `urllib.parse.quote(…, safe='-._~')`, the signature from
/// `printf %s "$BASE" | openssl dgst -sha1 -hmac 's%2B&' -binary | base64`.
#[test]
fn a_callback_that_is_percent_encoded_itself_is_encoded_once_more() {
    let client = Credentials::client("k", "s+".into());
    let how = signing(SignatureMethod::HmacSha1, 1, "n");
    let callback = "http://localhost:14747/callback/acme?x=a%2Fb c";
    let request =
        request_token(address("https://acme.example/request_token"), callback, &client, &how).unwrap();
    assert!(
        authorization(&request).contains(
            "oauth_callback=\"http%3A%2F%2Flocalhost%3A14747%2Fcallback%2Facme%3Fx%3Da%252Fb%20c\""
        )
    );
    assert_eq!(signature_of(&request), "0lThNHS8yCkbwCaKxyKGC4xRVho=");
}

#[test]
fn only_a_form_body_is_signed() {
    let signature_with = |content_type: &str, body: &str, query: &str| {
        let mut request = HttpRequest::new(Method::Post, address(&format!("https://acme.example/a{query}")))
            .header("content-type", content_type);
        request.body = Some(body.into());
        let request = sign(request, &printer(), &signing(SignatureMethod::HmacSha1, 1, "n"), &[]).unwrap();
        assert_eq!(request.body.as_ref().unwrap().expose(), body, "the body is left alone");
        signature_of(&request)
    };
    let as_query = signature_with("application/json", "{}", "?x=1&y=2+3");
    assert_eq!(signature_with("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "y=2+3&x=1", ""), as_query);
    assert_eq!(signature_with("application/x-www-form-urlencoded", "x=1", "?y=2%203"), as_query);
    assert_eq!(
        signature_with("application/json", "x=1", "?y=2+3"),
        signature_with("text/plain", "", "?y=2+3")
    );
    assert_ne!(signature_with("application/json", "x=1", "?y=2+3"), as_query);
}

#[test]
fn plaintext_is_sent_only_over_a_protected_connection() {
    let client = Credentials::client("k", "s&1".into()).with_token("t".into(), "u 2".into());
    let how = signing(SignatureMethod::Plaintext, 1, "n");
    let ask = |url: &str| sign(HttpRequest::new(Method::Get, address(url)), &client, &how, &[]);
    for url in ["https://acme.example/a", "http://127.0.0.1:4000/a", "http://[::1]/a", "http://localhost/a"] {
        let request = ask(url).unwrap();
        assert_eq!(signature_of(&request), "s%261&u%202", "{url}");
        assert!(authorization(&request).ends_with("oauth_signature=\"s%25261%26u%25202\""), "{url}");
    }
    for url in ["http://acme.example/a", "http://localhost.example/a", "ftp://acme.example/a"] {
        assert_eq!(ask(url).unwrap_err(), SignError::PlaintextUnprotected, "{url}");
    }
}

#[test]
fn an_ambiguous_request_is_not_signed() {
    let how = signing(SignatureMethod::HmacSha1, 1, "n");
    let ask = |url: &str| {
        sign(HttpRequest::new(Method::Get, address(url)), &printer(), &how, &[("oauth_verifier", "v")])
            .unwrap_err()
    };
    for name in ["oauth_nonce", "oauth_verifier", "oauth_signature"] {
        let url = format!("https://acme.example/a?{name}=x");
        assert_eq!(ask(&url), SignError::RepeatedParameter(name.into()));
    }
    assert_eq!(ask("https://acme.example/a?b=%zz"), SignError::Malformed(Malformed::Percent));
    assert_eq!(ask("https://acme.example/a?b=%FF"), SignError::Malformed(Malformed::Utf8));
}

#[test]
fn signing_again_replaces_the_old_signature() {
    let [(first, ..), ..] = example_of_section_1_2();
    let again = sign(first, &printer(), &signing(SignatureMethod::HmacSha1, 2, "n2"), &[]).unwrap();
    assert_eq!(again.headers.iter().filter(|(name, _)| *name == "authorization").count(), 1);
    assert!(authorization(&again).contains("n2"));
}

#[test]
fn a_changed_or_forged_request_is_refused() {
    for method in [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256, SignatureMethod::Plaintext] {
        let url = address("https://acme.example/token?a=1");
        let client = printer().with_token("t".into(), "ts".into());
        let request = access_token(url.clone(), &"v".into(), &client, &signing(method, 1, "n")).unwrap();
        let good = parse_authorization_header(authorization(&request)).unwrap();
        let check = |parameters: &[(String, String)], url: &Url, client_secret: &str, token_secret: &str| {
            verify(Method::Post, url, parameters, client_secret, token_secret, method)
        };
        let secret = "kd94hf93k423kf44";
        assert!(check(&good, &url, secret, "ts"), "{method:?}");
        assert!(!check(&good, &url, "other", "ts"), "{method:?}");
        assert!(!check(&good, &url, secret, ""), "{method:?}");

        let signature = good.iter().find(|(name, _)| name == "oauth_signature").unwrap().clone();
        let twice: Vec<_> = good.iter().cloned().chain([signature]).collect();
        assert!(!check(&twice, &url, secret, "ts"), "{method:?}: two signatures");
        let unsigned: Vec<_> = good.iter().filter(|(name, _)| name != "oauth_signature").cloned().collect();
        assert!(!check(&unsigned, &url, secret, "ts"), "{method:?}: no signature");
        for other in [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256, SignatureMethod::Plaintext] {
            let accepted = verify(Method::Post, &url, &good, secret, "ts", other);
            assert_eq!(accepted, other == method, "signed by {method:?}, checked as {other:?}");
        }
        // PLAINTEXT protects nothing of the request itself.
        if method != SignatureMethod::Plaintext {
            assert!(!check(&good, &address("https://acme.example/token?a=2"), secret, "ts"), "{method:?}");
            assert!(!verify(Method::Get, &url, &good, secret, "ts", method), "{method:?}");
            let mut changed = good.clone();
            changed.iter_mut().find(|(name, _)| name == "oauth_verifier").unwrap().1 = "w".into();
            assert!(!check(&changed, &url, secret, "ts"), "{method:?}");
        }
    }
}

#[test]
fn an_authorization_header_is_read_strictly() {
    let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    };
    for (header, result) in [
        ("OAuth a=\"1\"", Ok(pairs(&[("a", "1")]))),
        ("oauth  a=\"%2B+\",b=\"\" ,\tc=\"3\" ", Ok(pairs(&[("a", "++"), ("b", ""), ("c", "3")]))),
        (r#"OAuth realm="a, b=\"c\"\\", a="1""#, Ok(pairs(&[("a", "1")]))),
        ("OAuth", Err(BadHeader::OtherScheme)),
        ("Bearer a=\"1\"", Err(BadHeader::OtherScheme)),
        ("OAuth a=1", Err(BadHeader::NotAList)),
        ("OAuth a=\"1", Err(BadHeader::NotAList)),
        ("OAuth a=\"1\" b=\"2\"", Err(BadHeader::NotAList)),
        ("OAuth a=\"1\",", Err(BadHeader::NotAList)),
        ("OAuth a=\"1\", a=\"2\"", Err(BadHeader::Duplicate)),
        ("OAuth a=\"%zz\"", Err(BadHeader::Malformed(Malformed::Percent))),
        ("OAuth a=\"%FF\"", Err(BadHeader::Malformed(Malformed::Utf8))),
    ] {
        assert_eq!(parse_authorization_header(header), result, "{header}");
    }
}

#[test]
fn a_damaged_authorization_header_is_an_error_and_never_a_panic() {
    let whole = r#"OAuth realm="a\"b", a="%C3%A9", b="2""#;
    assert!(parse_authorization_header(whole).is_ok());
    for at in 0..whole.len() {
        let complete = whole[..at].ends_with('"') && !whole[..at].ends_with(['=', '\\']);
        let cut = parse_authorization_header(&whole[..at]);
        assert!(cut.is_err() || complete, "cut at {at}: {cut:?}");
        // A multi-byte character must not be split.
        let _ = parse_authorization_header(&format!("{}\u{20ac}{}", &whole[..at], &whole[at + 1..]));
    }
}
