//! What an authorization server publishes about itself (RFC 8414, OpenID Connect Discovery 1.0).

use url::Url;

use crate::domain::error::{Code, Failure};
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::metadata::{
    Metadata, MetadataProblem, read_metadata, toggle_trailing_slash, well_known,
};
use crate::io::http::Http;

/// Reads the metadata of the authorization server at this address.
///
/// Errors: [`Code::IssuerUnknown`] if nothing is published there, or what is belongs to another server;
/// [`Code::ProviderRejected`] if it takes only pushed authorization requests; [`Code::ProviderUnreachable`].
pub async fn discover(http: &Http, issuer: &str) -> Result<Metadata, Failure> {
    let unknown =
        |detail: String| Failure::new(Code::IssuerUnknown).host(host_of(issuer)).name(issuer).detail(detail);
    let address: Url = issuer.parse().map_err(|_| unknown("this is not an address".to_owned()))?;
    let mut problem = MetadataProblem::Absent(404);
    for place in well_known(&address) {
        let request = HttpRequest::new(Method::Get, place).header("accept", "application/json");
        let answer = http.send(request).await?;
        let read = match read_metadata(issuer, &answer) {
            // Both spellings have the same address, and users copy either.
            Err(MetadataProblem::OtherIssuer) => read_metadata(&toggle_trailing_slash(issuer), &answer),
            read => read,
        };
        match read {
            // RFC 9126 §5: such a server takes no authorization request that comes by the browser.
            Ok(metadata) if metadata.requires_par => {
                let detail = "this server takes only pushed authorization requests (RFC 9126)";
                return Err(Failure::new(Code::ProviderRejected).host(host_of(issuer)).detail(detail));
            }
            Ok(metadata) => return Ok(metadata),
            // The next place may have it.
            Err(MetadataProblem::Absent(status @ (408 | 425 | 429 | 500..))) => {
                let busy = Failure::new(Code::ProviderUnreachable).host(host_of(issuer));
                return Err(busy.detail(format!("status {status}")));
            }
            Err(absent @ MetadataProblem::Absent(_)) => {
                if matches!(problem, MetadataProblem::Absent(_)) {
                    problem = absent;
                }
            }
            Err(other) => problem = other,
        }
    }
    Err(unknown(problem.to_string()))
}

fn host_of(address: &str) -> String {
    let url = address.parse::<Url>().ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "this address".to_owned())
}
