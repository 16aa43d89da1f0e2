//! Reads the answers to a call with a token, and to a revocation. Many products say every refusal with status 200, so an
//! answer is read before it is believed.

use super::json;
use super::token::{Members, TokenRefusal, read_moment};
use crate::connection::{Account, normalize_name};
use crate::http::HttpResponse;
use crate::sensitive::Sensitive;

/// The longest name or key of an account, in characters: names are shown in a list.
const LONGEST: usize = 200;

/// Members that say whether a call succeeded.
const SUCCESS_MEMBERS: [&str; 3] = ["ok", "success", "succeeded"];

/// Where the answer to a call names the account, as JSON pointers.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountPlaces<'a> {
    /// The first that the answer has is the name. Without any, only the status counts.
    pub names: &'a [String],
    pub key: Option<&'a str>,
    /// A member and the value that it must have.
    pub accepted: Option<(&'a str, &'a str)>,
}

/// Reads whose token it is. `None` if the provider does not say.
pub fn read_account(
    answer: &HttpResponse,
    places: &AccountPlaces<'_>,
) -> Result<Option<Account>, TokenRefusal> {
    let AccountPlaces { names, key, accepted } = *places;
    match check(answer) {
        Err(TokenRefusal::BadAnswer(_)) if is_success(answer) && names.is_empty() && accepted.is_none() => {
            return Ok(None);
        }
        checked => checked.map(drop)?,
    }
    let json =
        json::parse(answer.body.expose()).ok_or(TokenRefusal::BadAnswer("no JSON where the account is"))?;
    if let Some((at, value)) = accepted
        && json.text_at(at) != Some(value)
    {
        let members = Members::read(answer)?;
        return Err(match members.refusal(answer) {
            Some(passing @ TokenRefusal::Temporary { .. }) => passing,
            // It means what others say with 401.
            Some(TokenRefusal::Refused { error, description, .. }) => {
                TokenRefusal::Refused { error, description, status: 401 }
            }
            _ => TokenRefusal::Refused { error: "not_ok".to_owned(), description: None, status: 401 },
        });
    }
    let text = |pointer: &str| json.text_at(pointer).filter(|text| !text.is_empty());
    let key = key.and_then(text).filter(|key| key.len() <= LONGEST).map(str::to_owned);
    let name = names.iter().find_map(|pointer| text(pointer));
    let shown = |name: &str| normalize_name(name).chars().take(LONGEST).collect::<String>();
    Ok(name.map(|name| Account { name: shown(name), key }))
}

/// Whether a token has ended by this answer. RFC 7009 §2.2 gives its body no meaning, but some products do.
pub fn read_revocation(answer: &HttpResponse) -> Result<(), TokenRefusal> {
    match check(answer) {
        Err(TokenRefusal::BadAnswer(_)) if is_success(answer) => Ok(()),
        Ok(members) if members.get("revoked") == Some("false") => Err(TokenRefusal::BadAnswer("not revoked")),
        checked => checked.map(drop),
    }
}

/// When a key ends, in milliseconds since 1970: at a JSON pointer, or in the header that `header:` names. `now` is in
/// seconds.
pub fn read_key_end(answer: &HttpResponse, at: &str, now: u64) -> Option<i64> {
    let body = || json::parse(answer.body.expose());
    let text = match at.strip_prefix("header:") {
        Some(name) => answer.header(&name.to_ascii_lowercase())?.to_owned(),
        None => body()?.text_at(at)?.to_owned(),
    };
    let moment = now.checked_add(read_moment(&text, now)?)?;
    i64::try_from(moment).ok()?.checked_mul(1000)
}

/// The text at a JSON pointer of an answer to a call that succeeded.
pub fn read_text(answer: &HttpResponse, at: &str) -> Result<Sensitive<String>, TokenRefusal> {
    check(answer)?;
    let json = json::parse(answer.body.expose());
    let text = json.as_ref().and_then(|json| json.text_at(at)).filter(|text| is_sendable(text));
    text.map(Sensitive::from).ok_or(TokenRefusal::BadAnswer("no token in the answer"))
}

/// A token in a header of an answer to a call that succeeded.
pub fn read_header(answer: &HttpResponse, name: &str) -> Option<Sensitive<String>> {
    let value = answer.header(&name.to_ascii_lowercase())?;
    (is_success(answer) && is_sendable(value)).then(|| value.into())
}

/// Whether a token can stand in a header: other characters could forge a second one.
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn is_success(answer: &HttpResponse) -> bool {
    (200..300).contains(&answer.status)
}

fn check(answer: &HttpResponse) -> Result<Members, TokenRefusal> {
    let members = Members::read(answer)?;
    if let Some(refusal) = members.refusal(answer) {
        return Err(refusal);
    }
    let has_failed = SUCCESS_MEMBERS.iter().any(|name| matches!(members.get(name), Some("false" | "0")))
        // GraphQL: errors beside data are about single fields.
        || (members.get("errors.0.message").is_some() && !members.has_below("data"));
    if has_failed {
        return Err(members.refused("not_ok".to_owned(), answer));
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: Sensitive::new(body.as_bytes().to_vec()), ..HttpResponse::default() }
    }

    fn account(body: &str) -> Result<Option<Account>, TokenRefusal> {
        let names = ["/email".to_owned(), "/user/name".to_owned()];
        let places = AccountPlaces { names: &names, key: Some("/id"), accepted: None };
        read_account(&answer(200, body), &places)
    }

    #[test]
    fn an_account_is_read_with_the_digits_of_its_key() {
        for (body, name, key) in [
            (r#"{"email":"maria@acme.example","id":"7"}"#, "maria@acme.example", Some("7")),
            (
                r#"{"user":{"name":"Maria"},"id":12345678901234567890123}"#,
                "Maria",
                Some("12345678901234567890123"),
            ),
            (r#"{"email":"","user":{"name":"M\u202ex"},"bio":"\ud83d"}"#, "Mx", None),
            (r#"{"ok":true,"error":null,"error_code":0,"errors":[],"email":"a"}"#, "a", None),
            (r#"{"data":{"x":1},"errors":[{"message":"no avatar"}],"email":"a"}"#, "a", None),
        ] {
            let read = account(body).unwrap().unwrap();
            assert_eq!((read.name.as_str(), read.key.as_deref()), (name, key), "{body}");
        }
        assert_eq!(account(r#"{"id":7}"#), Ok(None));
    }

    #[test]
    fn an_answer_that_speaks_of_an_error_is_not_believed() {
        let refused = |error: &str, description: Option<&str>| TokenRefusal::Refused {
            error: error.into(),
            description: description.map(Into::into),
            status: 200,
        };
        for (body, refusal) in [
            (r#"{"ok":false,"error":"invalid_auth"}"#, refused("invalid_auth", None)),
            (r#"{"ok":false,"email":"a"}"#, refused("not_ok", None)),
            (r#"{"success":false,"message":"no"}"#, refused("not_ok", Some("no"))),
            (r#"{"error":{"code":190,"message":"expired"}}"#, refused("190", Some("expired"))),
            (
                r#"{"data":null,"errors":[{"message":"not signed in"}]}"#,
                refused("not_ok", Some("not signed in")),
            ),
            (
                r#"{"ok":false,"error":"ratelimited"}"#,
                TokenRefusal::Temporary { status: 200, retry_after: None },
            ),
            ("<html>Please log in</html>", TokenRefusal::WebPage { status: 200 }),
            ("maria", TokenRefusal::BadAnswer("neither JSON nor a form")),
            ("email=maria", TokenRefusal::BadAnswer("no JSON where the account is")),
            ("", TokenRefusal::BadAnswer("neither JSON nor a form")),
        ] {
            assert_eq!(account(body), Err(refusal), "{body}");
        }
    }

    #[test]
    fn a_revocation_is_believed_unless_it_speaks_of_an_error() {
        for (status, body) in
            [(200, ""), (204, ""), (200, "OK"), (200, r#"{"ok":true,"revoked":true}"#), (200, "{}")]
        {
            assert_eq!(read_revocation(&answer(status, body)), Ok(()), "{status} {body}");
        }
        for (status, body) in [
            (200, r#"{"ok":false,"error":"invalid_client_id"}"#),
            (200, r#"{"ok":true,"revoked":false}"#),
            (200, r#"{"error":"unsupported_token_type"}"#),
            (200, "<!doctype html><html>Log in</html>"),
            (302, ""),
            (400, ""),
            (403, "{}"),
            (503, ""),
        ] {
            assert!(read_revocation(&answer(status, body)).is_err(), "{status} {body}");
        }
    }
}
