//! Parsing of a callback URL that the user pasted.

use thiserror::Error;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasteProblem {
    #[error("this is not an address")]
    NotAnAddress,
    /// An address, but not the callback address of this sign-in.
    #[error("this address belongs to something else")]
    OtherAddress,
    #[error("this address holds no answer")]
    NoAnswer,
}

/// The query of a pasted address, if that is the callback address. The callback address's own query is kept (RFC 5849
/// §2.2): the provider sends it back among its parameters.
pub fn pasted_query(address: &str, callback_url: &str) -> Result<String, PasteProblem> {
    let callback = Url::parse(callback_url).map_err(|_| PasteProblem::OtherAddress)?;
    let (address, authority) = (address.trim(), callback.authority());
    // Browsers may show and copy an address without its scheme.
    let bare = address.get(..authority.len()).is_some_and(|start| start.eq_ignore_ascii_case(authority));
    let scheme = if bare { format!("{}://", callback.scheme()) } else { String::new() };
    let url = Url::parse(&format!("{scheme}{address}")).map_err(|_| PasteProblem::NotAnAddress)?;
    if !url.has_host() {
        return Err(PasteProblem::NotAnAddress);
    }
    if url.origin() != callback.origin() || url.path() != callback.path() {
        return Err(PasteProblem::OtherAddress);
    }
    let query = url.query().unwrap_or_default();
    let own: Vec<&str> = callback.query().unwrap_or_default().split('&').collect();
    let mut answer = query.split('&').filter(|pair| !pair.is_empty() && !own.contains(pair));
    if answer.next().is_none() {
        return Err(PasteProblem::NoAnswer);
    }
    Ok(query.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_callback_address_is_accepted_when_pasted() {
        let plain = "https://www.mycoolapp.com/auth";
        let local = "http://localhost:14747/callback/acme";
        let with_query = "https://www.mycoolapp.com/auth?app=1";
        for (address, callback, result) in [
            ("https://www.mycoolapp.com/auth?code=a%2Bb&state=s", plain, Ok("code=a%2Bb&state=s")),
            ("  https://WWW.mycoolapp.com:443/auth?code=a#_=_\n", plain, Ok("code=a")),
            ("www.mycoolapp.com/auth?code=a", plain, Ok("code=a")),
            ("localhost:14747/callback/acme?code=a", local, Ok("code=a")),
            ("https://www.mycoolapp.com/auth?app=1&code=a", with_query, Ok("app=1&code=a")),
            ("https://www.mycoolapp.com/auth?code=a", with_query, Ok("code=a")),
            ("https://www.mycoolapp.com/auth?app=1", with_query, Err(PasteProblem::NoAnswer)),
            ("https://www.mycoolapp.com/auth", plain, Err(PasteProblem::NoAnswer)),
            ("https://www.mycoolapp.com/auth?", plain, Err(PasteProblem::NoAnswer)),
            ("https://www.mycoolapp.com/auth#code=a", plain, Err(PasteProblem::NoAnswer)),
            ("http://www.mycoolapp.com/auth?code=a", plain, Err(PasteProblem::OtherAddress)),
            ("https://www.mycoolapp.com:8443/auth?code=a", plain, Err(PasteProblem::OtherAddress)),
            ("https://www.mycoolapp.com/auth/?code=a", plain, Err(PasteProblem::OtherAddress)),
            ("https://www.mycoolapp.com.evil.example/auth?code=a", plain, Err(PasteProblem::OtherAddress)),
            ("https://acme.example/authorize?state=s", plain, Err(PasteProblem::OtherAddress)),
            ("http://127.0.0.1:14747/callback/acme?code=a", local, Err(PasteProblem::OtherAddress)),
            ("", plain, Err(PasteProblem::NotAnAddress)),
            ("SplxlOBeZQQYbYS6WxSbIA", plain, Err(PasteProblem::NotAnAddress)),
            ("code:abc", plain, Err(PasteProblem::NotAnAddress)),
            ("é", plain, Err(PasteProblem::NotAnAddress)),
        ] {
            assert_eq!(pasted_query(address, callback), result.map(str::to_owned), "{address}");
        }
    }
}
