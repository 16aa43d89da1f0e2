//! Giving access back, as RFC 7009 says or in the product's way.

use super::{Local, endpoint, practice_url};
use crate::domain::element::{Auth, Element, RevocationStyle};
use crate::domain::form::Values;
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::token::TokenSet;
use crate::domain::view::{Revocation, Revoked};

/// What becomes of the access of a connection when it is removed. Its values are needed only where the product's page
/// differs from one account to the next.
pub fn revocation(element: &Element, values: &Values, practice: bool) -> Revocation {
    let by_call = match element.auth_for(values) {
        Auth::Oauth2(oauth2) => practice || oauth2.revocation.is_some(),
        _ => false,
    };
    if by_call {
        return Revocation::Ends;
    }
    let page = element.access_page.as_ref().filter(|_| !practice);
    let page = page.and_then(|page| page.fill(values).ok());
    page.map_or(Revocation::Stays, |url| Revocation::Page { url: url.into() })
}

impl Local {
    /// Whether an access token deletes itself there, and so must be alive to be given back.
    pub fn revokes_with_access_token(&self, element: &Element, values: &Values) -> bool {
        match element.auth_for(values) {
            Auth::Oauth2(oauth2) if self.practice.is_none() => {
                oauth2.revocation.as_ref().is_some_and(|r| r.style == RevocationStyle::DeleteWithToken)
            }
            _ => false,
        }
    }

    /// Gives tokens back. Without an answer, or with one that may pass, they still work there (RFC 7009 §2.2.1).
    pub async fn revoke(&self, element: &Element, values: &Values, tokens: &TokenSet) -> Revoked {
        let Some((request, style)) = self.revocation_request(element, values, tokens).await else {
            return Revoked::No;
        };
        let alone = style == RevocationStyle::DeleteWithToken && tokens.refresh_token.is_none();
        match self.http.send(request).await.map(|answer| answer.status) {
            // RFC 7009 §2.2: 200 also for a token that is not known (any more).
            Ok(200..300) => Revoked::Yes,
            // The token that was to delete itself is not accepted: it has ended.
            Ok(401) if alone => Revoked::Yes,
            Ok(408 | 425 | 429 | 500..) | Err(_) => Revoked::Later,
            Ok(_) => Revoked::No,
        }
    }

    async fn revocation_request(
        &self,
        element: &Element,
        values: &Values,
        tokens: &TokenSet,
    ) -> Option<(HttpRequest, RevocationStyle)> {
        let Auth::Oauth2(oauth2) = element.auth_for(values) else { return None };
        let (url, style) = match (&self.practice, &oauth2.revocation) {
            (Some(_), _) => {
                (self.real(practice_url(element, "oauth2/revoke")).await.ok()?, RevocationStyle::Rfc7009)
            }
            (None, Some(revocation)) => (revocation.endpoint.fill(values).ok()?, revocation.style),
            (None, None) => return None,
        };
        let request = match style {
            RevocationStyle::DeleteWithToken => {
                self.authorized(HttpRequest::new(Method::Delete, url), element, values, tokens).ok()
            }
            RevocationStyle::Rfc7009 => {
                // RFC 7009 §2.1: ending the refresh token ends the grant; without one, the access token is all there is.
                let (token, hint) = match &tokens.refresh_token {
                    Some(token) => (token, "refresh_token"),
                    None => (&tokens.access_token, "access_token"),
                };
                endpoint(oauth2, &url, &self.client_of_earlier(values), &[]).revoke(token, hint).ok()
            }
        };
        Some((request?, style))
    }
}
