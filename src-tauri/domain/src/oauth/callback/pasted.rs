//! Parsing of a callback URL that the user pasted.

use thiserror::Error;
use url::Url;

use crate::text::one_line;

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
    let (address, authority) = (unwrap_address(address), callback.authority());
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

/// Splits what was pasted in one piece into addresses, each of which may be broken into several lines.
pub fn split_addresses(pasted: &str) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for line in pasted.split(['\n', '\r']).filter(|line| !line.trim().is_empty()) {
        // A scheme inside of a query belongs to a value.
        let begins = line.split(['?', '&', '=']).next().is_some_and(|start| start.contains("://"));
        match addresses.last_mut() {
            Some(address) if !begins => address.push_str(line),
            _ => addresses.push(line.to_owned()),
        }
    }
    addresses
}

/// The address without what people and programs put around it: white space, also inside where a line was broken,
/// hidden characters, the marks of a terminal, words before it, quotes, brackets, Markdown and punctuation.
fn unwrap_address(pasted: &str) -> String {
    let unmarked = pasted.replace("\x1b[200~", "").replace("\x1b[201~", "");
    let mut address: String = one_line(&unmarked).split(' ').collect();
    // The target of a Markdown link, `[text](address)`, which may have a title.
    if let Some((_, target)) = address.rsplit_once("](") {
        address = target.to_owned();
    }
    if let Some(scheme) = address.find("https://").or_else(|| address.find("http://"))
        // Not a scheme inside of another address.
        && !address[..scheme].contains(['/', '?', '='])
    {
        address.drain(..scheme);
    }
    let address = address.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[');
    // None of these stands in an address unencoded.
    let end =
        address.find(['<', '>', '"', '`', '“', '”', '„', '«', '»', '‘', '’', '|']).unwrap_or(address.len());
    let address = address[..end].trim_end_matches(['\'', '*', ')', ']', '}', '\\']);
    // A code may end in one of these.
    let last = address.rsplit(['?', '&']).next().unwrap_or_default();
    match last.starts_with("code=") || last.starts_with("oauth_verifier=") {
        true => address.to_owned(),
        false => address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']).to_owned(),
    }
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
    #[test]
    fn an_address_is_found_in_what_was_pasted_around_it() {
        let query = "code=a-b_c&state=s.t~u";
        let address = "https://www.mycoolapp.com/auth?code=a-b_c&state=s.t~u";
        let broken = "https://www.mycoolapp.com/auth?co\n  de=a-b_c&sta\r\n\tte=s.t~u";
        for pasted in [
            format!("\"{address}\""),
            format!("'{address}'"),
            format!("“{address}”"),
            format!("`{address}`"),
            format!("<{address}>"),
            format!("<{address}>,"),
            format!("({address})."),
            format!("**{address}**"),
            format!("[{address}]({address})"),
            format!("[the page]({address} \"title\")"),
            format!("\x1b[200~{address}\x1b[201~"),
            format!("URL: {address}"),
            format!("URL:<URL:{address}>"),
            format!("{address}."),
            format!("{address},"),
            format!("{address};"),
            format!("{address}!"),
            format!("\u{feff}\u{200b}{address}\u{200b}\u{2069}"),
            format!("> {address}"),
            format!("\u{a0}{address}\u{a0}"),
            broken.to_owned(),
            broken.replace("https://", "\""),
        ] {
            let found = pasted_query(&pasted, "https://www.mycoolapp.com/auth");
            assert_eq!(found, Ok(query.to_owned()), "{pasted:?}");
        }
        let of_code =
            pasted_query("https://www.mycoolapp.com/auth?state=s&code=a.", "https://www.mycoolapp.com/auth");
        assert_eq!(of_code, Ok("state=s&code=a.".to_owned()), "a code may end in a full stop");
        let inside = "https://evil.example/?u=https://www.mycoolapp.com/auth?code=a";
        let refused = pasted_query(inside, "https://www.mycoolapp.com/auth");
        assert_eq!(refused, Err(PasteProblem::OtherAddress));
    }

    #[test]
    fn a_paste_is_split_where_an_address_begins() {
        for (pasted, addresses) in [
            ("https://a.example/cb?code=1\n", &["https://a.example/cb?code=1"][..]),
            ("https://a.example/cb?co\nde=1\n", &["https://a.example/cb?code=1"]),
            (
                "https://a.example/cb?scope=\nx&u=https://b.example\n",
                &["https://a.example/cb?scope=x&u=https://b.example"],
            ),
            (
                "https://a.example/1\n\nhttps://a.example/2\r\n",
                &["https://a.example/1", "https://a.example/2"],
            ),
            (" \n", &[]),
        ] {
            assert_eq!(split_addresses(pasted), addresses, "{pasted:?}");
        }
    }
}
