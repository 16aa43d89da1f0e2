//! The answer of a token endpoint. The first byte chooses the status and the header.

use keyrack_domain::element::TokenAnswer;
use keyrack_domain::http::HttpResponse;
use keyrack_domain::oauth::token::{TokenRefusal, error_code, read_token_answer};
use keyrack_domain::sensitive::Sensitive;

use crate::assertions::assert_plain;

const STATUSES: [u16; 10] = [200, 201, 299, 302, 400, 401, 403, 429, 500, 503];
const HEADERS: [(&str, &str); 4] = [
    ("content-type", "application/json"),
    ("retry-after", "120"),
    ("retry-after", "99999999999999999999"),
    ("www-authenticate", "Bearer error=\"invalid_grant\""),
];

/// In seconds: ten years and a day.
const LONGEST_LIFE: u64 = 10 * 365 * 24 * 60 * 60;
/// In seconds since 1970.
const NOW: u64 = 1_800_000_000;
const LONGEST_WAIT: u64 = 24 * 60 * 60;

pub fn check(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let (status, header) = (STATUSES[usize::from(choice % 10)], HEADERS[usize::from(choice / 10 % 4)]);
    let answer = HttpResponse {
        status,
        headers: vec![(header.0.to_owned(), header.1.to_owned())],
        body: Sensitive::new(body.to_vec()),
        ..HttpResponse::default()
    };
    if let Some(code) = error_code(&answer) {
        assert!(!code.is_empty());
        assert_plain(&code, 60);
    }
    let keep = ["instance_url", "authed_user.id", "access_token", "a.refresh_token"].map(str::to_owned);
    let mut differences = TokenAnswer { keep: keep.to_vec(), ..TokenAnswer::default() };
    if *choice >= 128 {
        differences.at = Some("/data".to_owned());
        differences.names.insert("refresh_token".to_owned(), "/a/refresh".to_owned());
    }
    match read_token_answer(&answer, &differences, NOW) {
        Ok(tokens) => {
            assert!((200..300).contains(&status));
            let token = tokens.access_token.expose();
            assert!(!token.is_empty() && token.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            assert_eq!(tokens.token_type, "Bearer");
            assert!(tokens.expires_in.is_none_or(|life| life <= LONGEST_LIFE));
            assert!(tokens.refresh_token.is_none_or(|token| !token.expose().is_empty()));
            // Tokens stay in their own fields.
            assert!(tokens.extra.keys().all(|name| keep[..2].contains(name)));
        }
        Err(TokenRefusal::Refused { error, description, status: reported }) => {
            assert_eq!(reported, status);
            assert!(!error.is_empty());
            assert_plain(&error, 64);
            assert_plain(description.as_deref().unwrap_or("x"), 300);
            assert_ne!(description.as_deref(), Some(""));
        }
        Err(TokenRefusal::Temporary { status: reported, retry_after }) => {
            assert_eq!(reported, status);
            assert!(retry_after.is_none_or(|wait| wait <= LONGEST_WAIT));
        }
        Err(TokenRefusal::WebPage { .. } | TokenRefusal::BadAnswer(_)) => {}
    }
}
