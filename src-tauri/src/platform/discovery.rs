//! What an authorization server publishes about itself (RFC 8414, OpenID Connect Discovery 1.0).

use url::Url;

use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::oauth::metadata::{
    Metadata, MetadataProblem, issuer_of, read_metadata, toggle_trailing_slash, well_known,
};
use crate::io::http::{Http, HttpError};

/// Reads the metadata of the authorization server at this address, or at this address of its metadata. What the first
/// document lacks is looked for in the next.
///
/// Errors: [`Code::IssuerUnknown`] if nothing is published there, or what is belongs to another server;
/// [`Code::ProviderRejected`] if it takes only pushed authorization requests; [`Code::ProviderUnreachable`].
pub async fn discover(http: &Http, address: &str) -> Result<Metadata, Failure> {
    let issuer = &issuer_of(address);
    let unknown =
        |detail: String| Failure::new(Code::IssuerUnknown).host(host_of(issuer)).name(issuer).detail(detail);
    let address: Url = issuer.parse().map_err(|_| unknown("this is not an address".to_owned()))?;
    let mut problem = MetadataProblem::Absent(404);
    let mut unreachable = None;
    let mut found: Option<Metadata> = None;
    for place in well_known(&address) {
        let request = HttpRequest::new(Method::Get, place).header("accept", "application/json");
        let answer = match http.send(request).await {
            Ok(answer) => answer,
            Err(_) if found.is_some() => break,
            // Gateways drop or refuse what they do not know; another place may have the document.
            Err(error @ HttpError::Unreachable { .. }) if !error.is_not_sent() => {
                unreachable.get_or_insert(error.into());
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match read_either_spelling(issuer, &answer) {
            Ok(more) => {
                found = Some(match found {
                    Some(first) if first.issuer == more.issuer => first.completed_by(more),
                    Some(first) => first,
                    None => more,
                });
                if found.as_ref().is_some_and(Metadata::is_complete) {
                    break;
                }
            }
            Err(MetadataProblem::Absent(status @ (408 | 425 | 429 | 500..))) => {
                let busy = Failure::new(Code::ProviderUnreachable).host(host_of(issuer));
                unreachable.get_or_insert(busy.detail(format!("status {status}")));
            }
            Err(absent @ MetadataProblem::Absent(_)) => {
                if matches!(problem, MetadataProblem::Absent(_)) {
                    problem = absent;
                }
            }
            Err(other) => problem = other,
        }
    }
    match found {
        // RFC 9126 §5: such a server takes no authorization request that comes by the browser.
        Some(metadata) if metadata.requires_par => {
            let detail = "this server takes only pushed authorization requests (RFC 9126)";
            Err(Failure::new(Code::ProviderRejected).host(host_of(issuer)).detail(detail))
        }
        Some(metadata) => Ok(metadata),
        None => Err(unreachable.unwrap_or_else(|| unknown(problem.to_string()))),
    }
}

fn read_either_spelling(issuer: &str, answer: &HttpResponse) -> Result<Metadata, MetadataProblem> {
    match read_metadata(issuer, answer) {
        // Both spellings have the same address, and users copy either.
        Err(MetadataProblem::OtherIssuer) => read_metadata(&toggle_trailing_slash(issuer), answer),
        read => read,
    }
}

fn host_of(address: &str) -> String {
    let url = address.parse::<Url>().ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "this address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Server, json};

    #[tokio::test]
    async fn a_server_that_takes_only_pushed_requests_is_refused() {
        for (required, expected) in [(true, Some(Code::ProviderRejected)), (false, None)] {
            let server = Server::start(move |seen| {
                let issuer = format!("http://{}", seen.header("host").unwrap_or_default());
                json(&format!(
                    r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/a","token_endpoint":"{issuer}/t",
                    "require_pushed_authorization_requests":{required}}}"#
                ))
            })
            .await;
            let issuer = server.base.origin().ascii_serialization();
            let refused = discover(&Http::default(), &issuer).await.err();
            assert_eq!(refused.as_ref().map(|failure| failure.code), expected, "{refused:?}");
        }
    }
}
