//! The secrets of the server and the `Authorization` header that shows them: `User …, Organization …` for calls to the
//! platform, `User …, Element …` for calls by an instance. The words stand in one header, in any order.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::Shared;
use super::refusal::Refusal;
use crate::domain::connection::Connection;
use crate::domain::error::Failure;
use crate::domain::sensitive::Sensitive;
use crate::engine::{Engine, WorkspaceId};
use crate::platform::hosted::Secrets;

/// What a caller who may do everything sends.
pub(super) fn header_of(secrets: &Secrets) -> Sensitive<String> {
    format!("User {}, Organization {}", secrets.user.expose(), secrets.organization.expose()).into()
}

/// Who calls, as far as was proved.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// The User and the Organization secret were shown.
    platform: bool,
    /// The User secret and an Element token were shown.
    element: Option<Connection>,
}

impl Caller {
    /// Judges the header. Whatever is shown must be right, also where nothing need be shown.
    pub(super) fn of(shared: &Shared, headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut lines = headers.get_all(header::AUTHORIZATION).iter();
        let Some(line) = lines.next() else { return Ok(Self::default()) };
        if lines.next().is_some() {
            return Err(Refusal::unauthorized());
        }
        let shown = line.to_str().ok().and_then(Shown::read).ok_or_else(Refusal::unauthorized)?;
        let is = |given: Option<&str>, secret: &Sensitive<String>| given.map(|given| secret.same_as(given));
        let user = is(shown.user, &shared.secrets.user);
        let organization = is(shown.organization, &shared.secrets.organization);
        if user != Some(true) || organization == Some(false) {
            return Err(Refusal::unauthorized());
        }
        let element = match shown.element {
            Some(token) => {
                let sha256 = Sha256::digest(token.as_bytes()).into();
                let found = shared.engine.index.find_by_token(&shared.workspace, &sha256)?;
                Some(found.ok_or_else(Refusal::unauthorized)?)
            }
            None => None,
        };
        Ok(Self { platform: organization == Some(true), element })
    }

    /// For calls to the platform.
    pub(super) fn platform(&self) -> Result<(), Refusal> {
        if self.platform { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    /// For calls by an instance.
    pub(super) fn connection(&self) -> Result<Connection, Refusal> {
        self.element.clone().ok_or_else(Refusal::unauthorized)
    }

    /// Whether an Element token was shown.
    pub(super) fn is_element(&self) -> bool {
        self.element.is_some()
    }
}

/// The parts of a header.
#[derive(Debug, Default, PartialEq)]
struct Shown<'h> {
    user: Option<&'h str>,
    organization: Option<&'h str>,
    element: Option<&'h str>,
}

impl<'h> Shown<'h> {
    /// `None` if a part is no word and secret, has a foreign word, or stands twice. The secrets are Base64, which has
    /// no comma.
    fn read(line: &'h str) -> Option<Self> {
        let mut shown = Self::default();
        for part in line.split(',') {
            let (word, secret) = part.trim().split_once(char::is_whitespace)?;
            let place = match word.to_ascii_lowercase().as_str() {
                "user" => &mut shown.user,
                "organization" => &mut shown.organization,
                "element" => &mut shown.element,
                _ => return None,
            };
            if place.replace(secret.trim()).is_some() {
                return None;
            }
        }
        Some(shown)
    }
}

/// Writes down the hashes of Element tokens that an earlier version issued, by which calls find their instance.
pub(super) async fn hash_older_tokens(engine: &Engine, workspace: &WorkspaceId) -> Result<(), Failure> {
    for id in engine.index.ids_without_token_hash(workspace)? {
        let (vault, key) = (engine.vault.clone(), id.clone());
        let item = tokio::task::spawn_blocking(move || vault.get(&key)).await;
        // Without its item a connection has no token to be called with.
        if let Ok(Ok(Some(item))) = item {
            engine.index.set_token_hash(&id, &item.token_sha256())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stand_in_any_order_and_case() {
        for line in ["User a+/=, Organization b", "Organization b,User a+/=", "  user  a+/= ,ORGANIZATION b "]
        {
            let shown = Shown { user: Some("a+/="), organization: Some("b"), element: None };
            assert_eq!(Shown::read(line), Some(shown), "{line}");
        }
        let shown = Shown::read("User a, Element c, Organization b").expect("read");
        assert_eq!(shown.element, Some("c"));
    }

    #[test]
    fn anything_else_is_no_header_of_ours() {
        for line in
            ["", "User", "Bearer x", "User a, Bearer b", "User a, User b", "User a,, Element b", "User a,"]
        {
            assert_eq!(Shown::read(line), None, "{line}");
        }
    }
}
