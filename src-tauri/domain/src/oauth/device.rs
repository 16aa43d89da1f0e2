//! Signing in on another device (RFC 8628): reads the codes and the answers to polling.

use url::Url;

use super::denial::is_denial;
use super::meaning::{Meaning, meaning};
use super::token::{Members, TokenRefusal, TokenSet};
use crate::address::{self, is_loopback};
use crate::http::HttpResponse;
use crate::sensitive::Sensitive;
use crate::text::plain_line;

/// The default of RFC 8628 §3.2, in seconds.
pub const DEFAULT_INTERVAL: u64 = 5;

/// Added by each `slow_down` (RFC 8628 §3.5), in seconds.
const SLOW_DOWN: u64 = 5;

/// In seconds. A user who has entered the code waits for the next poll.
const LONGEST_INTERVAL: u64 = 60;

/// In seconds. Real codes live for minutes.
const LONGEST_LIFE: u64 = 60 * 60;

/// RFC 8628 §6.1 expects eight characters.
const LONGEST_USER_CODE: usize = 40;

/// Device codes are random texts; JWTs stay below this.
const LONGEST_DEVICE_CODE: usize = 8 * 1024;

/// The codes of a sign-in on another device.
#[derive(Clone, Debug)]
pub struct DeviceAuthorization {
    pub device_code: Sensitive<String>,
    /// What the user enters or compares (RFC 8628 §3.3.1). One line, never markup.
    pub user_code: String,
    /// Where the user enters it.
    pub verification_uri: Url,
    /// The same with the code in it, if the server offers that.
    pub verification_uri_complete: Option<Url>,
    /// The lifetime of both codes in seconds.
    pub expires_in: u64,
    /// The shortest time between two polls in seconds.
    pub interval: u64,
}

/// The outcome of one poll.
#[derive(Clone, Debug)]
pub enum PollOutcome {
    /// The user gave access.
    Issued(Box<TokenSet>),
    /// Not yet, or a temporary failure: poll again after `interval` seconds, and from then on with this interval.
    Wait {
        interval: u64,
    },
    /// The user declined.
    Denied,
    /// The code has expired.
    Expired,
    Failed(TokenRefusal),
}

/// Reads the answer of the device authorization endpoint at `endpoint` (RFC 8628 §3.2).
pub fn read_device_authorization(
    endpoint: &Url,
    answer: &HttpResponse,
) -> Result<DeviceAuthorization, TokenRefusal> {
    let members = Members::read(answer)?;
    let bad = TokenRefusal::BadAnswer;
    let device_code = members.require("device_code", answer, "no device code in the answer")?;
    if device_code.len() > LONGEST_DEVICE_CODE {
        return Err(bad("the device code is too long"));
    }
    let user_code = members.decisive("user_code")?.ok_or(bad("no user code in the answer"))?;
    // Shown unchanged or not at all: the server would not accept a shortened code.
    if plain_line(user_code, LONGEST_USER_CODE) != user_code {
        return Err(bad("the user code is none that a person could type"));
    }
    // Google's name from before the RFC, which others copied.
    let page = members.get("verification_uri").or_else(|| members.get("verification_url"));
    let page = page.ok_or(bad("no verification address in the answer"))?;
    let address = |text: &str| {
        let url = address::parse(text).ok_or(bad("the verification address is not https"))?;
        // The browser opens it: a server elsewhere must not send it to a page of this computer.
        if is_loopback(&url) && !is_loopback(endpoint) {
            return Err(bad("the verification address is on this computer"));
        }
        Ok(url)
    };
    let complete =
        members.get("verification_uri_complete").or_else(|| members.get("verification_url_complete"));
    Ok(DeviceAuthorization {
        device_code: device_code.into(),
        user_code: user_code.to_owned(),
        verification_uri: address(page)?,
        verification_uri_complete: complete.map(address).transpose()?,
        // Required by RFC 8628 §3.2, but sometimes missing.
        expires_in: members.seconds("expires_in").unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE),
        // At least a second, so that polling never floods the server.
        interval: members.seconds("interval").unwrap_or(DEFAULT_INTERVAL).clamp(1, LONGEST_INTERVAL),
    })
}

/// The meaning of the token endpoint's answer to a device code (RFC 8628 §3.5). `interval` is the current one, and a
/// network failure is passed as [`TokenRefusal::Temporary`].
pub fn poll_outcome(answer: Result<TokenSet, TokenRefusal>, interval: u64) -> PollOutcome {
    let refusal = match answer {
        Ok(tokens) => return PollOutcome::Issued(Box::new(tokens)),
        Err(refusal) => refusal,
    };
    // Clients must poll less often when they get no answer; doubling the interval is recommended.
    let doubled = interval.saturating_mul(2).min(LONGEST_INTERVAL).max(interval);
    match &refusal {
        TokenRefusal::Refused { error, .. } => match error.as_str() {
            // "MUST be increased by 5 seconds for this and all subsequent requests", so it is not capped.
            "slow_down" => PollOutcome::Wait { interval: interval.saturating_add(SLOW_DOWN) },
            "authorization_pending" => PollOutcome::Wait { interval },
            denial if is_denial(denial) => PollOutcome::Denied,
            "expired_token" => PollOutcome::Expired,
            spent if meaning(spent) == Some(Meaning::CodeSpent) => PollOutcome::Expired,
            _ => PollOutcome::Failed(refusal),
        },
        TokenRefusal::Temporary { retry_after, .. } => {
            PollOutcome::Wait { interval: doubled.max(retry_after.unwrap_or_default()) }
        }
        TokenRefusal::WebPage { .. } => PollOutcome::Wait { interval: doubled },
        TokenRefusal::BadAnswer(_) => PollOutcome::Failed(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::TokenAnswer;
    use crate::oauth::token::read_token_answer;

    const NOW: u64 = 1_795_716_000;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
    }

    fn asked_at(endpoint: &str, status: u16, body: &str) -> Result<DeviceAuthorization, TokenRefusal> {
        read_device_authorization(&endpoint.parse().unwrap(), &answer(status, body))
    }

    /// The answer of RFC 8628 §3.2 without its optional members, and with these.
    fn read(more: &str) -> Result<DeviceAuthorization, TokenRefusal> {
        asked_at(
            "https://example.com/device_authorization",
            200,
            &format!(
                r#"{{"device_code":"d1","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device"{more}}}"#
            ),
        )
    }

    /// The outcome of one poll as a short text.
    fn polled(body: &str, status: u16, interval: u64) -> String {
        match poll_outcome(read_token_answer(&answer(status, body), &TokenAnswer::default(), NOW), interval) {
            PollOutcome::Issued(tokens) => tokens.access_token.expose().clone(),
            PollOutcome::Wait { interval } => format!("wait {interval}"),
            PollOutcome::Denied => "denied".to_owned(),
            PollOutcome::Expired => "expired".to_owned(),
            PollOutcome::Failed(refusal) => format!("failed: {refusal}"),
        }
    }

    #[test]
    fn the_codes_are_read_and_bounded() {
        let whole = read(
            r#","verification_uri_complete":"https://example.com/device?c=W","expires_in":1800,"interval":7"#,
        );
        let whole = whole.unwrap();
        assert_eq!((whole.user_code.as_str(), whole.expires_in, whole.interval), ("WDJB-MJHT", 1800, 7));
        assert_eq!(whole.verification_uri_complete.unwrap().query(), Some("c=W"));
        assert!(!format!("{:?}", whole.device_code).contains("d1"));
        for (more, expires_in, interval) in [
            ("", 3600, 5),
            (r#","interval":0"#, 3600, 1),
            (r#","interval":-5"#, 3600, 1),
            (r#","interval":"10","expires_in":"60""#, 60, 10),
            (r#","interval":99999,"expires_in":1e99"#, 3600, 60),
            (r#","interval":"soon""#, 3600, 5),
        ] {
            let read = read(more).unwrap();
            assert_eq!((read.expires_in, read.interval), (expires_in, interval), "{more}");
        }
        let older = r#"{"device_code":"d","user_code":"u","verification_url":"https://a.example/d"}"#;
        assert_eq!(asked_at("https://a.example/d", 200, older).unwrap().verification_uri.path(), "/d");
    }

    #[test]
    fn device_codes_and_addresses_that_are_unsafe_to_show_are_refused() {
        for (body, what) in [
            ("{}", "no device code in the answer"),
            (r#"{"device_code":"d"}"#, "no user code in the answer"),
            (r#"{"device_code":"d","user_code":"u"}"#, "no verification address in the answer"),
            (
                r#"{"device_code":"d","user_code":"a\u202eb","verification_uri":"https://a.example"}"#,
                "the user code is none that a person could type",
            ),
            (
                &format!(r#"{{"device_code":"d","user_code":"{}"}}"#, "x".repeat(41)),
                "the user code is none that a person could type",
            ),
            (&format!(r#"{{"device_code":"{}"}}"#, "x".repeat(9000)), "the device code is too long"),
            (
                r#"{"device_code":"d","user_code":"u","verification_uri":"http://a.example"}"#,
                "the verification address is not https",
            ),
            (
                r#"{"device_code":"d","user_code":"u","verification_uri":"https://a.example","verification_uri_complete":"file:///etc"}"#,
                "the verification address is not https",
            ),
            ("<x>", "neither JSON nor a form"),
        ] {
            let refusal = asked_at("https://a.example/d", 200, body).unwrap_err();
            assert_eq!(refusal, TokenRefusal::BadAnswer(what), "{body:.80}");
        }
        let refused = asked_at("https://a.example/d", 400, r#"{"error":"unauthorized_client"}"#).unwrap_err();
        assert!(matches!(refused, TokenRefusal::Refused { error, .. } if error == "unauthorized_client"));
    }

    #[test]
    fn only_a_server_on_this_computer_sends_the_browser_to_a_page_of_this_computer() {
        let two = |uri: &str, complete: &str| {
            format!(
                r#"{{"device_code":"d","user_code":"u","verification_uri":"{uri}","verification_uri_complete":"{complete}"}}"#
            )
        };
        let (there, here) = ("https://a.example/device", "http://localhost:1/device");
        for (endpoint, uri, complete, fine) in [
            ("https://a.example/d", there, there, true),
            ("https://a.example/d", here, there, false),
            ("https://a.example/d", there, here, false),
            ("https://a.example/d", there, "https://127.0.0.1/device", false),
            ("https://a.example/d", "https://[::1]/device", there, false),
            ("http://127.0.0.1:4000/d", here, here, true),
            ("https://localhost:4000/d", here, there, true),
        ] {
            let found = asked_at(endpoint, 200, &two(uri, complete)).map(|_| ());
            let wanted = if fine {
                Ok(())
            } else {
                Err(TokenRefusal::BadAnswer("the verification address is on this computer"))
            };
            assert_eq!(found, wanted, "{endpoint} {uri} {complete}");
        }
    }

    #[test]
    fn each_answer_decides_whether_and_how_often_to_poll() {
        for (status, body, interval, said) in [
            (200, r#"{"access_token":"t"}"#, 5, "t"),
            (400, r#"{"error":"authorization_pending"}"#, 5, "wait 5"),
            (428, r#"{"error":"authorization_pending"}"#, 9, "wait 9"),
            (200, r#"{"error":"authorization_pending"}"#, 5, "wait 5"),
            (400, r#"{"error":"slow_down"}"#, 5, "wait 10"),
            (403, r#"{"error":"slow_down"}"#, 60, "wait 65"),
            (400, r#"{"error":"access_denied"}"#, 5, "denied"),
            (400, r#"{"error":"authorization_declined"}"#, 5, "denied"),
            (400, r#"{"error":"expired_token"}"#, 5, "expired"),
            (400, r#"{"error":"code_expired"}"#, 5, "expired"),
            (403, r#"{"error":"rate_limit_exceeded"}"#, 5, "wait 10"),
            (200, "<html>Welcome to our network</html>", 5, "wait 10"),
            (503, "", 5, "wait 10"),
            (429, r#"{"error":"slow_down"}"#, 40, "wait 60"),
            (500, "", 60, "wait 60"),
            (500, "", 65, "wait 65"),
            (
                400,
                r#"{"error":"invalid_grant"}"#,
                5,
                "failed: the provider refused (invalid_grant, status 400)",
            ),
            (200, "{}", 5, "failed: unexpected answer: no access token in the answer"),
        ] {
            assert_eq!(polled(body, status, interval), said, "{status} {body} {interval}");
        }
    }

    #[test]
    fn slow_down_applies_to_all_later_polls() {
        let mut interval = DEFAULT_INTERVAL;
        for answer in ["slow_down", "authorization_pending", "slow_down", "authorization_pending"] {
            let refusal = TokenRefusal::Refused { error: answer.into(), description: None, status: 400 };
            let PollOutcome::Wait { interval: next } = poll_outcome(Err(refusal), interval) else {
                panic!("{answer}")
            };
            assert!(next >= interval);
            interval = next;
        }
        assert_eq!(interval, 15);
        let busy = TokenRefusal::Temporary { status: 429, retry_after: Some(120) };
        assert!(matches!(poll_outcome(Err(busy), interval), PollOutcome::Wait { interval: 120 }));
    }
}
