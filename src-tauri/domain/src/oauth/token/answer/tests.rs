use super::*;
use crate::element::TokenAnswer;
use crate::oauth::token::members::{LONGEST_LIFE, LONGEST_WAIT};
use crate::sensitive::Sensitive;

const NOW: u64 = 1_795_716_000;

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
}

fn read(status: u16, body: &str) -> Result<TokenSet, TokenRefusal> {
    read_token_answer(&answer(status, body), &TokenAnswer::default(), NOW)
}

fn refused(error: &str, description: Option<&str>, status: u16) -> TokenRefusal {
    TokenRefusal::Refused { error: error.into(), description: description.map(Into::into), status }
}

#[test]
fn a_token_answer_is_read_and_only_named_members_are_kept() {
    let keep = ["instance_url", "team.id", "absent", "id_token", "refresh_token"].map(str::to_owned);
    let body = r#"{"access_token":"a1","token_type":"bearer","refresh_token":"r1","expires_in":3600,"scope":"x y",
                   "instance_url":"https://na1.example","team":{"id":7},"id_token":"jwt","other":[1,{}]}"#;
    let tokens = read_token_answer(
        &answer(200, body),
        &TokenAnswer { keep: keep.into(), ..TokenAnswer::default() },
        NOW,
    )
    .unwrap();
    assert_eq!(tokens.access_token.expose(), "a1");
    assert_eq!(tokens.refresh_token.unwrap().expose(), "r1");
    assert_eq!(tokens.token_type, "Bearer");
    assert_eq!(tokens.expires_in, Some(3600));
    assert_eq!(tokens.scope.as_deref(), Some("x y"));
    let extra: Vec<_> = tokens.extra.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(extra, [("instance_url", "https://na1.example"), ("team.id", "7")]);
}

#[test]
fn a_token_below_another_member_is_not_mixed_with_one_at_the_root() {
    let differences = TokenAnswer { at: Some("/authed_user".to_owned()), ..TokenAnswer::default() };
    for (body, expected) in [
        (
            r#"{"ok":true,"access_token":"bot","refresh_token":"bot-r","expires_in":9,"scope":"b","token_type":"bot",
                "authed_user":{"id":"U1","access_token":"user","refresh_token":"user-r","expires_in":7,"scope":"u"}}"#,
            ("user", Some("user-r"), Some(7), Some("u")),
        ),
        (
            r#"{"access_token":"bot","refresh_token":"bot-r","expires_in":9,"scope":"b",
                "authed_user":{"access_token":"user"}}"#,
            ("user", None, None, None),
        ),
        // A renewal of the user's token answers at the root.
        (
            r#"{"access_token":"new","refresh_token":"new-r","expires_in":7,"token_type":"user"}"#,
            ("new", Some("new-r"), Some(7), None),
        ),
    ] {
        let tokens = read_token_answer(&answer(200, body), &differences, NOW).unwrap();
        let refresh_token = tokens.refresh_token.as_ref().map(|token| token.expose().as_str());
        let found = (
            tokens.access_token.expose().as_str(),
            refresh_token,
            tokens.expires_in,
            tokens.scope.as_deref(),
        );
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn a_token_answer_may_have_many_forms() {
    for (body, access_token) in [
        (r#"{"access_token":"a1"}"#, "a1"),
        ("\u{FEFF}\n {\"access_token\":\"a1\"}\n", "a1"),
        (r#"{"access_token":"a1","refresh_token":null,"error":null,"scope":["x","y"]}"#, "a1"),
        (r#"{"access_token":"a1","error":""}"#, "a1"),
        (r#"{"access_token":"a1","error":false,"token_type":""}"#, "a1"),
        (r#"{"ok":true,"access_token":"a1","token_type":"bot"}"#, "a1"),
        (r#"{"access_token":"a1","token_type":"BEARER"}"#, "a1"),
        ("access_token=a%2B1&expires_in=10&token_type=bearer", "a+1"),
    ] {
        let tokens = read(200, body).unwrap_or_else(|refusal| panic!("{body}: {refusal}"));
        assert_eq!(tokens.access_token.expose(), access_token, "{body}");
        assert_eq!(tokens.token_type, "Bearer", "{body}");
        assert!(tokens.refresh_token.is_none(), "{body}");
    }
    assert_eq!(read(201, r#"{"access_token":"a","scope":["x","y"]}"#).unwrap().scope.as_deref(), Some("x y"));
}

#[test]
fn a_lifetime_is_read_from_numbers_and_text() {
    for (written, life) in [
        ("3600", Some(3600)),
        ("\"3600\"", Some(3600)),
        ("\" 3600 \"", Some(3600)),
        ("3599.7", Some(3599)),
        ("3.6e3", Some(3600)),
        ("\"3600.0\"", Some(3600)),
        ("0", Some(0)),
        ("-1", Some(0)),
        ("\"-9999999999999999999999\"", Some(0)),
        ("18446744073709551615", Some(LONGEST_LIFE)),
        ("99999999999999999999999999", Some(LONGEST_LIFE)),
        ("\"1e400\"", None),
        ("\"NaN\"", None),
        ("\"never\"", None),
        ("\"\"", None),
        ("null", None),
        ("true", None),
        ("{}", None),
        ("[60]", Some(60)),
        ("-0.5", Some(0)),
        ("1e308", Some(LONGEST_LIFE)),
        ("\"60 s\"", None),
        ("\"inf\"", None),
    ] {
        let body = format!(r#"{{"access_token":"a","expires_in":{written}}}"#);
        assert_eq!(read(200, &body).unwrap().expires_in, life, "{written}");
    }
    assert_eq!(read(200, r#"{"access_token":"a"}"#).unwrap().expires_in, None);
}

#[test]
fn an_answer_without_a_usable_token_is_refused_without_its_values() {
    for (status, body, what) in [
        (200, "", "neither JSON nor a form"),
        (200, "<a>b=c</a>", "neither JSON nor a form"),
        (200, "\"access_token\"", "neither JSON nor a form"),
        (200, r#"{"access_token":"a""#, "neither JSON nor a form"),
        (200, "access_token=%zz", "a member that is needed cannot be read"),
        (200, r#"{"access_token":"a\ud83d"}"#, "a member that is needed cannot be read"),
        (200, r#"{"access_token":"a","refresh_token":"r\ud83d"}"#, "a member that is needed cannot be read"),
        (200, r#"{"access_token":"a","refresh_token":"r1","refresh_token":"r2"}"#, "a member stands twice"),
        (200, r#"{"access_token":"a","token_type":"bearer","token_type":"mac"}"#, "a member stands twice"),
        (200, "{}", "no access token in the answer"),
        (200, "[]", "no access token in the answer"),
        (200, r#"{"access_token":""}"#, "no access token in the answer"),
        (200, r#"{"access_token":null,"note":"invalid_grant"}"#, "no access token in the answer"),
        (
            200,
            r#"{"access_token":"a\r\nx: y"}"#,
            "the access token holds characters that no header can carry",
        ),
        (200, r#"{"access_token":"é"}"#, "the access token holds characters that no header can carry"),
        (200, r#"{"access_token":"a0","access_token":"a1"}"#, "a member stands twice"),
        (200, "access_token=a0&access_token=a1", "a member stands twice"),
        (200, r#"{"access_token":"a","token_type":"mac"}"#, "an unknown type of token"),
        (200, r#"{"access_token":"a","token_type":"DPoP"}"#, "an unknown type of token"),
        (302, "", "neither a success nor an error"),
        (304, r#"{"access_token":"a"}"#, "neither a success nor an error"),
    ] {
        assert_eq!(read(status, body).unwrap_err(), TokenRefusal::BadAnswer(what), "{status} {body}");
    }
    let not_text = HttpResponse { body: Sensitive::new(vec![0xff, 0xfe]), ..answer(200, "") };
    assert_eq!(
        read_token_answer(&not_text, &TokenAnswer::default(), NOW).unwrap_err(),
        TokenRefusal::BadAnswer("neither JSON nor a form")
    );
}

#[test]
fn what_is_wrong_beside_the_members_that_are_used_does_not_spoil_them() {
    for body in [
        &b"{\"access_token\":\"t1\",\"name\":\"M\xfcller\"}"[..],
        br#"{"access_token":"t1","name":"\ud83d"}"#,
        br#"{"access_token":"t1","\udc00":1}"#,
        b"{\"access_token\":\"t1\",\"name\":\"a\nb\"}",
        br#"{"access_token":"t1","big":1e999,"x":{"y":1,"y":2},"z":1,"z":2}"#,
        br#"{"access_token":"t1","access_token":"t1"}"#,
        br#"{"access_token":"t1","scope":{"a":1},"expires_in":1,"expires_in":2}"#,
        b"access_token=t1&screen_name=M%FCller",
        b"access_token=t1&name=100%",
        b"access_token=t1&name=M\xfcller&name=x",
    ] {
        let answer = HttpResponse { body: Sensitive::new(body.to_vec()), ..answer(200, "") };
        let shown = String::from_utf8_lossy(body);
        let tokens = read_token_answer(&answer, &TokenAnswer::default(), NOW)
            .unwrap_or_else(|refusal| panic!("{shown}: {refusal}"));
        assert_eq!((tokens.access_token.expose().as_str(), tokens.expires_in), ("t1", None), "{shown}");
    }
}

#[test]
fn a_number_keeps_its_digits() {
    let long = "12345678901234567890123";
    let body = format!(r#"{{"access_token":{long},"refresh_token":{long}.50,"id":{long}}}"#);
    let tokens = read_token_answer(
        &answer(200, &body),
        &TokenAnswer { keep: vec!["id".to_owned()], ..TokenAnswer::default() },
        NOW,
    )
    .unwrap();
    assert_eq!(tokens.access_token.expose(), long);
    assert_eq!(*tokens.refresh_token.unwrap().expose(), format!("{long}.50"));
    assert_eq!(tokens.extra["id"], long);
}

#[test]
fn a_refusal_has_the_code_of_the_rfc_wherever_the_product_puts_it() {
    for (status, body, refusal) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"expired\n<b>"}"#,
            refused("invalid_grant", Some("expired <b>"), 400),
        ),
        (401, r#"{"error":"Invalid_Client"}"#, refused("invalid_client", None, 401)),
        (200, r#"{"error":"invalid_grant"}"#, refused("invalid_grant", None, 200)),
        (200, "error=bad_verification_code", refused("bad_verification_code", None, 200)),
        (200, r#"{"ok":false,"error":"code_already_used"}"#, refused("code_already_used", None, 200)),
        (400, "error=invalid_grant&error_description=late", refused("invalid_grant", Some("late"), 400)),
        (
            400,
            r#"{"error":{"type":"OAuthException","message":"invalid_grant: used","code":100}}"#,
            refused("invalid_grant", Some("invalid_grant: used"), 400),
        ),
        (
            400,
            r#"{"error":"Bad Request","message":"reason (invalid_grant)."}"#,
            refused("invalid_grant", Some("reason (invalid_grant)."), 400),
        ),
        (403, r#"[{"errorCode":"API_DISABLED","message":"no"}]"#, refused("API_DISABLED", Some("no"), 403)),
        (
            400,
            r#"{"error":"own_code","error_description":"see invalid_grant"}"#,
            refused("own_code", Some("see invalid_grant"), 400),
        ),
        (
            400,
            r#"{"message":"invalid_grant or invalid_client"}"#,
            refused("http_400", Some("invalid_grant or invalid_client"), 400),
        ),
        (400, r#"{"message":"not_invalid_grant"}"#, refused("http_400", Some("not_invalid_grant"), 400)),
        (
            400,
            "<html>invalid_grant</html>",
            refused("http_400", Some("a web page, no answer of a sign-in"), 400),
        ),
        (404, "<!DOCTYPE html>", refused("http_404", Some("a web page, no answer of a sign-in"), 404)),
        (
            400,
            "<?xml version='1.0'?><r>\n<error a='b'>invalid_grant</error><message>late</message></r>",
            refused("invalid_grant", Some("late"), 400),
        ),
        (404, "", refused("http_404", None, 404)),
        (403, r#"{"access_token":"a"}"#, refused("http_403", None, 403)),
    ] {
        assert_eq!(read(status, body).unwrap_err(), refusal, "{status} {body}");
    }
    let challenge = ("www-authenticate".to_owned(), "Bearer error=\"invalid_client\"".to_owned());
    let with_challenge = HttpResponse { headers: vec![challenge], ..answer(401, "") };
    assert_eq!(
        read_token_answer(&with_challenge, &TokenAnswer::default(), NOW).unwrap_err(),
        refused("invalid_client", None, 401)
    );
}

#[test]
fn a_challenge_tells_what_a_body_does_not() {
    for (status, challenge, body, refusal) in [
        (
            400,
            r#"Bearer realm="x", error="invalid_scope", error_description="not%20that one""#,
            "",
            refused("invalid_scope", Some("not that one"), 400),
        ),
        (
            401,
            "OAuth realm=\"x\", oauth_problem=token_expired, oauth_problem_advice=too%20late",
            "Unauthorized",
            refused("token_expired", Some("too late"), 401),
        ),
        (
            401,
            "OAuth oauth_problem=timestamp_refused",
            "<html>no</html>",
            refused("timestamp_refused", Some("a web page, no answer of a sign-in"), 401),
        ),
        (400, "Bearer error=\"a\"", r#"{"error":"invalid_scope"}"#, refused("invalid_scope", None, 400)),
    ] {
        let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
        let answer = HttpResponse { headers, ..answer(status, body) };
        assert_eq!(
            read_token_answer(&answer, &TokenAnswer::default(), NOW).unwrap_err(),
            refusal,
            "{challenge}"
        );
    }
}

#[test]
fn a_web_page_in_place_of_an_answer_is_recognized() {
    let page = "<!doctype html><html><body>Welcome to our network</body></html>";
    for status in [200, 302, 303, 307, 403] {
        assert_eq!(read(status, page).unwrap_err(), TokenRefusal::WebPage { status });
    }
    let declared = ("content-type".to_owned(), "text/html; charset=utf-8".to_owned());
    let declared = HttpResponse { headers: vec![declared], ..answer(200, "<p>Blocked</p>") };
    assert_eq!(
        read_token_answer(&declared, &TokenAnswer::default(), NOW).unwrap_err(),
        TokenRefusal::WebPage { status: 200 }
    );
    // Servers written in PHP declare everything to be a page.
    let form = HttpResponse { body: Sensitive::new(b"access_token=t".to_vec()), ..declared };
    assert_eq!(read_token_answer(&form, &TokenAnswer::default(), NOW).unwrap().access_token.expose(), "t");
    assert_eq!(read(511, page).unwrap_err(), TokenRefusal::Temporary { status: 511, retry_after: None });
}

#[test]
fn a_code_without_a_visible_character_is_none() {
    for code in [r"\u202e", r"\u200b \u0007", " "] {
        let body = format!(r#"{{"error":"{code}","error_code":"E7","message":"Revoked."}}"#);
        assert_eq!(read(400, &body).err(), Some(refused("E7", Some("Revoked."), 400)), "{code}");
        let body = format!(r#"{{"error":"{code}"}}"#);
        assert_eq!(read(403, &body).err(), Some(refused("http_403", None, 403)), "{code}");
        let no_token = TokenRefusal::BadAnswer("no access token in the answer");
        assert_eq!(read(200, &body).err(), Some(no_token), "{code}");
        assert_eq!(error_code(&answer(400, &body)), None, "{code}");
    }
}

#[test]
fn a_long_token_is_accepted() {
    let long = "x".repeat(16 * 1024);
    let body = format!(r#"{{"access_token":"{long}","refresh_token":"{long}"}}"#);
    let tokens = read(200, &body).unwrap();
    assert_eq!(tokens.access_token.expose(), &long);
    assert_eq!(tokens.refresh_token.unwrap().expose(), &long);
}

#[test]
fn a_401_without_a_code_means_invalid_client() {
    for (status, body, code) in [
        (401, "", "invalid_client"),
        (401, "<html>Unauthorized</html>", "invalid_client"),
        (401, r#"{"error":0}"#, "invalid_client"),
        (401, r#"{"note":"no"}"#, "invalid_client"),
        (401, r#"{"error":"invalid_grant"}"#, "invalid_grant"),
        (401, r#"{"error":"invalid_token"}"#, "invalid_token"),
        (403, "", "http_403"),
        (400, "", "http_400"),
    ] {
        let TokenRefusal::Refused { error, .. } = read(status, body).unwrap_err() else { panic!("{body}") };
        assert_eq!(error, code, "{status} {body}");
    }
}

#[test]
fn a_report_gets_an_error_code_and_no_value() {
    for (status, body, code) in [
        (400, r#"{"error":"invalid_grant","error_description":"x"}"#, Some("invalid_grant")),
        (200, r#"{"error":"invalid_grant"}"#, Some("invalid_grant")),
        (400, "error=slow_down", Some("slow_down")),
        (500, r#"{"error":"server_error"}"#, Some("server_error")),
        (503, r#"{"error":{"code":"E-7.1"}}"#, Some("E-7.1")),
        (403, r#"[{"errorCode":"API_DISABLED"}]"#, Some("API_DISABLED")),
        (400, r#"{"message":"reason (invalid_grant)"}"#, Some("invalid_grant")),
        (400, r#"{"error":"Bad Request"}"#, None),
        (400, r#"{"error":"a/b"}"#, None),
        (400, &format!(r#"{{"error":"{}"}}"#, "x".repeat(61)), None),
        (400, "<html>", None),
        (400, "", None),
        (400, r#"{"error":"a","error":"b"}"#, None),
        (200, r#"{"access_token":"invalid_grant"}"#, None),
        (200, r#"{"access_token":"a","error":false}"#, None),
    ] {
        assert_eq!(error_code(&answer(status, body)).as_deref(), code, "{status} {body:.60}");
    }
}

#[test]
fn temporary_failures_are_recognized() {
    for (status, body, wait, retry_after) in [
        (408, "", None, None),
        (425, "", None, None),
        (429, r#"{"error":"invalid_grant"}"#, Some("30"), Some(30)),
        (500, r#"{"error":"invalid_grant"}"#, Some(" 5 "), Some(5)),
        (503, "<html>", Some("Wed, 21 Oct 2015 07:28:00 GMT"), None),
        (599, "", Some("99999999"), Some(LONGEST_WAIT)),
        (400, r#"{"error":"temporarily_unavailable"}"#, None, None),
        (200, r#"{"error":"server_error"}"#, None, None),
        (400, r#"{"error":"rate_limit_exceeded"}"#, Some("7"), Some(7)),
        (403, r#"{"error":"Too Many Requests"}"#, None, None),
        (400, r#"{"code":17,"message":"Rate exceeded"}"#, None, None),
        (403, r#"{"error":{"code":403,"errors":[{"reason":"userRateLimitExceeded"}]}}"#, None, None),
        (400, r#"{"__type":"x","error":"ThrottlingException"}"#, None, None),
        (200, r#"{"ok":false,"error":"ratelimited"}"#, None, None),
    ] {
        let headers = wait.map(|wait| ("retry-after".to_owned(), wait.to_owned())).into_iter().collect();
        let answer = HttpResponse { headers, ..answer(status, body) };
        let refusal = read_token_answer(&answer, &TokenAnswer::default(), NOW).unwrap_err();
        assert_eq!(refusal, TokenRefusal::Temporary { status, retry_after }, "{status} {body}");
    }
}

#[test]
fn a_pending_authorization_is_no_failure_whatever_its_message_advises() {
    let body = r#"{"error":"authorization_pending","error_description":"Pending. Please try again later."}"#;
    let refusal = read_token_answer(&answer(400, body), &TokenAnswer::default(), NOW).unwrap_err();
    assert!(
        matches!(&refusal, TokenRefusal::Refused { error, .. } if error == "authorization_pending"),
        "{refusal:?}"
    );
}

#[test]
fn a_damaged_answer_is_an_error_and_never_a_panic() {
    let whole =
        br#"{"access_token":"a\u0031","token_type":"bearer","expires_in":-1.5e3,"scope":["x",{"y":null}]}"#;
    for at in 0..whole.len() {
        for damaged in [whole[..at].to_vec(), [&whole[..at], b"\xff", &whole[at + 1..]].concat()] {
            let damaged = HttpResponse { body: Sensitive::new(damaged), ..answer(200, "") };
            match read_token_answer(&damaged, &TokenAnswer::default(), NOW) {
                Ok(tokens) => assert_eq!(tokens.access_token.expose(), "a1", "at {at}"),
                Err(refusal) => assert!(matches!(refusal, TokenRefusal::BadAnswer(_)), "at {at}"),
            }
        }
    }
}
