//! The `Authorization` header: `User …, Organization …` for calls to the platform, `User …, Element …` for calls by an
//! instance, in any order.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::shared::Shared;
use crate::domain::connection::Connection;
use crate::domain::sensitive::Sensitive;
use crate::platform::hosted::Secrets;

/// The header with every permission.
pub(super) fn platform_header(secrets: &Secrets) -> Sensitive<String> {
    format!("User {}, Organization {}", secrets.user.expose(), secrets.organization.expose()).into()
}

/// What the caller proved to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// With the User secret at least, which belongs to every header.
    user: bool,
    /// With the User and the Organization secret.
    platform: bool,
    /// With the User secret and an Element token.
    element: Option<Connection>,
}

impl Caller {
    /// Every secret that is sent must be right, even for calls that need none.
    pub(super) fn authenticate(shared: &Shared, headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut lines = headers.get_all(header::AUTHORIZATION).iter();
        let Some(line) = lines.next() else { return Ok(Self::default()) };
        if lines.next().is_some() {
            return Err(Refusal::unauthorized());
        }
        let sent = line.to_str().ok().and_then(SentSecrets::parse).ok_or_else(Refusal::unauthorized)?;
        let is = |given: Option<&str>, secret: &Sensitive<String>| given.map(|given| secret.same_as(given));
        let user = is(sent.user, &shared.secrets.user);
        let organization = is(sent.organization, &shared.secrets.organization);
        if user != Some(true) || organization == Some(false) {
            return Err(Refusal::unauthorized());
        }
        let element = match sent.element {
            Some(token) => {
                let sha256 = Sha256::digest(token.as_bytes()).into();
                let found = shared.engine.find_by_token(&shared.workspace, &sha256)?;
                Some(found.ok_or_else(Refusal::unauthorized)?)
            }
            None => None,
        };
        Ok(Self { user: true, platform: organization == Some(true), element })
    }

    /// Whether the caller is no stranger: some calls need no secrets.
    pub(super) fn showed_secrets(&self) -> bool {
        self.user
    }

    pub(super) fn require_platform(&self) -> Result<(), Refusal> {
        if self.platform { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    /// The connection of the Element token.
    pub(super) fn require_element(&self) -> Result<Connection, Refusal> {
        self.element.clone().ok_or_else(Refusal::unauthorized)
    }

    pub(super) fn is_element(&self) -> bool {
        self.element.is_some()
    }
}

#[derive(Debug, Default, PartialEq)]
struct SentSecrets<'h> {
    user: Option<&'h str>,
    organization: Option<&'h str>,
    element: Option<&'h str>,
}

impl<'h> SentSecrets<'h> {
    /// `None` if a part is not a known word and a secret, or is repeated. The secrets are Base64, which has no comma.
    fn parse(line: &'h str) -> Option<Self> {
        let mut sent = Self::default();
        for part in line.split(',') {
            let (word, secret) = part.trim().split_once(char::is_whitespace)?;
            let place = match word.to_ascii_lowercase().as_str() {
                "user" => &mut sent.user,
                "organization" => &mut sent.organization,
                "element" => &mut sent.element,
                _ => return None,
            };
            if place.replace(secret.trim()).is_some() {
                return None;
            }
        }
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_have_any_order_and_case() {
        for line in ["User a+/=, Organization b", "Organization b,User a+/=", "  user  a+/= ,ORGANIZATION b "]
        {
            let sent = SentSecrets { user: Some("a+/="), organization: Some("b"), element: None };
            assert_eq!(SentSecrets::parse(line), Some(sent), "{line}");
        }
        let sent = SentSecrets::parse("User a, Element c, Organization b").expect("parsed");
        assert_eq!(sent.element, Some("c"));
    }

    #[test]
    fn any_other_header_is_refused() {
        for line in
            ["", "User", "Bearer x", "User a, Bearer b", "User a, User b", "User a,, Element b", "User a,"]
        {
            assert_eq!(SentSecrets::parse(line), None, "{line}");
        }
    }
}
