//! Ending access, as RFC 7009 says or in the product's way.

use super::{Provider, Server};
use crate::domain::credential::Credential;
use crate::domain::element::{Auth, Element, RevocationStyle};
use crate::domain::form::Values;
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::meaning::{Meaning, meaning};
use crate::domain::oauth::resource::read_revocation;
use crate::domain::oauth::token::{TokenRefusal, TokenSet, basic_header};
use crate::domain::view::{Revocation, Revoked};

/// What becomes of the access of a connection when it is removed. `values` fill in the product's page.
/// `auth` is of the connection's way.
pub fn revocation(element: &Element, auth: &Auth, values: &Values, practice: bool) -> Revocation {
    let by_call = match auth {
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

impl Provider {
    pub fn revocation(&self) -> Revocation {
        revocation(&self.form.element, self.form.auth(), &self.form.values, self.practice.is_some())
    }

    /// Whether an access token deletes itself there, and so must be valid to be revoked.
    pub fn revokes_with_access_token(&self) -> bool {
        matches!(&self.server, Server::OAuth2(server)
            if server.revocation.as_ref().is_some_and(|(_, style)| is_by_itself(*style)))
    }

    /// Revokes tokens. Without an answer, or with one that may pass, they still work (RFC 7009 §2.2.1).
    pub async fn revoke(&self, tokens: &TokenSet) -> Revoked {
        let Some((request, style)) = self.revocation_request(tokens) else { return Revoked::No };
        let alone = is_by_itself(style) && tokens.refresh_token.is_none();
        let Ok(answer) = self.transmit(request).await else { return Revoked::Later };
        match read_revocation(&answer) {
            // RFC 7009 §2.2: also for a token that is not known (any more).
            Ok(()) => Revoked::Yes,
            Err(TokenRefusal::Temporary { .. } | TokenRefusal::WebPage { .. }) => Revoked::Later,
            // The token that was to delete itself has ended.
            Err(TokenRefusal::Refused { status: 401, .. }) if alone => Revoked::Yes,
            Err(TokenRefusal::Refused { error, .. }) => match meaning(&error) {
                Some(Meaning::SignInEnded) if style == RevocationStyle::Rfc7009 => Revoked::Yes,
                Some(Meaning::Passing) => Revoked::Later,
                _ => Revoked::No,
            },
            Err(TokenRefusal::BadAnswer(_)) => Revoked::No,
        }
    }

    fn revocation_request(&self, tokens: &TokenSet) -> Option<(HttpRequest, RevocationStyle)> {
        let Server::OAuth2(server) = &self.server else { return None };
        let (url, style) = server.revocation.as_ref()?;
        let request = match style {
            RevocationStyle::DeleteWithToken | RevocationStyle::PostWithToken => {
                let method = match style {
                    RevocationStyle::DeleteWithToken => Method::Delete,
                    _ => Method::Post,
                };
                let credential = Credential::Tokens(tokens.clone());
                self.authorize(HttpRequest::new(method, url.clone()), &credential).ok()
            }
            RevocationStyle::DeleteWithClient => {
                let client = self.client();
                let header = basic_header(&client.client_id, client.client_secret.expose());
                let request = HttpRequest::new(Method::Delete, url.clone()).header("authorization", header);
                Some(request.json(&vec![("access_token".to_owned(), tokens.access_token.clone())]))
            }
            RevocationStyle::Rfc7009 => {
                // RFC 7009 §2.1: ending the refresh token ends the grant.
                let (token, hint) = match &tokens.refresh_token {
                    Some(token) => (token, "refresh_token"),
                    None => (&tokens.access_token, "access_token"),
                };
                server.endpoint(url, &self.client(), &[]).revoke(token, hint).ok()
            }
        };
        Some((request?, *style))
    }
}

/// Whether the access token ends itself there.
fn is_by_itself(style: RevocationStyle) -> bool {
    matches!(style, RevocationStyle::DeleteWithToken | RevocationStyle::PostWithToken)
}
