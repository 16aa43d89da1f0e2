//! The part of a product's server that calls are forwarded to: only what is below one address, so that a token goes
//! nowhere else.

use url::Url;

/// Where the API of a product begins.
pub(super) struct ApiBase(pub(super) Url);

impl ApiBase {
    /// The address of a path; `None` for a path that leads out of the API.
    pub(super) fn join(&self, path: &str, query: Option<&str>) -> Option<Url> {
        if has_dot_segment(path) {
            return None;
        }
        let mut url = Url::parse(&format!("{}/{path}", self.0.as_str().trim_end_matches('/'))).ok()?;
        url.set_query(query);
        self.path_below(&url).is_some().then_some(url)
    }

    /// Translates a `Location` in the answer to a call of `asked` for the caller. Below the base it becomes an address
    /// under `here`, because the caller has no secrets of the product. Any other stays an address of the product, and
    /// becomes absolute.
    pub(super) fn location(&self, location: &str, asked: &Url, here: &str) -> Option<String> {
        let target = asked.join(location).ok()?;
        let Some(path) = self.path_below(&target) else { return Some(target.into()) };
        let part = |mark: &str, text: Option<&str>| text.map(|t| format!("{mark}{t}")).unwrap_or_default();
        let (query, fragment) = (part("?", target.query()), part("#", target.fragment()));
        let slash = if path.is_empty() { "/" } else { "" };
        Some(format!("{here}{slash}{path}{query}{fragment}"))
    }

    /// The path of an address after that of the base, with its slash.
    fn path_below<'u>(&self, url: &'u Url) -> Option<&'u str> {
        let path = url.path().strip_prefix(self.0.path().trim_end_matches('/'))?;
        let inside = url.origin() == self.0.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && (path.is_empty() || path.starts_with('/'));
        inside.then_some(path)
    }
}

/// `.` and `..`, also percent-encoded, which servers and libraries decode first (RFC 3986 §5.2.4, §6.2.2.2), and the
/// backslash, which some of them treat as a slash.
fn has_dot_segment(path: &str) -> bool {
    let plain = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
    plain.contains('\\')
        || plain.contains("%5c")
        || plain.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> ApiBase {
        ApiBase(text.parse().expect("an address"))
    }

    #[test]
    fn a_path_stays_below_the_base() {
        let base = base("https://acme.example/api/v2");
        for (path, url) in [
            ("users/me.json", "https://acme.example/api/v2/users/me.json"),
            ("", "https://acme.example/api/v2/"),
            ("a%2Fb/%20c", "https://acme.example/api/v2/a%2Fb/%20c"),
            ("/evil.example/x", "https://acme.example/api/v2//evil.example/x"),
            ("https://evil.example/", "https://acme.example/api/v2/https://evil.example/"),
            ("@evil.example", "https://acme.example/api/v2/@evil.example"),
            ("..a/b..", "https://acme.example/api/v2/..a/b.."),
        ] {
            assert_eq!(base.join(path, None).expect(path).as_str(), url);
        }
        assert_eq!(
            base.join("a", Some("b=1&c=%2e%2e/")).expect("below").as_str(),
            "https://acme.example/api/v2/a?b=1&c=%2e%2e/"
        );
        for path in ["..", ".", "a/../../b", "%2e%2E/b", ".%2e", "a/%2e", "..%2fb", "a\\..\\b", "..%5cb"] {
            assert_eq!(base.join(path, None), None, "{path}");
        }
        let server = ApiBase("https://acme.example/".parse().expect("an address"));
        assert_eq!(server.join("/b", None).expect("below").as_str(), "https://acme.example//b");
    }

    #[test]
    fn a_redirect_below_the_base_leads_back_here_and_any_other_to_the_product() {
        let base = base("https://acme.example/api/v2");
        let asked = base.join("users/me", None).expect("below");
        for (location, expected) in [
            ("/api/v2/users/7?x=1#y", "/raw/users/7?x=1#y"),
            ("7", "/raw/users/7"),
            ("https://acme.example/api/v2", "/raw/"),
            ("/login", "https://acme.example/login"),
            ("../../../login", "https://acme.example/login"),
            ("/api/v20/users", "https://acme.example/api/v20/users"),
            ("https://files.example/a?sig=1", "https://files.example/a?sig=1"),
            ("http://acme.example/api/v2/users", "http://acme.example/api/v2/users"),
            ("//evil.example/api/v2/a", "https://evil.example/api/v2/a"),
            ("https://x@acme.example/api/v2/a", "https://x@acme.example/api/v2/a"),
        ] {
            assert_eq!(base.location(location, &asked, "/raw").as_deref(), Some(expected), "{location}");
        }
        assert_eq!(base.location("https://", &asked, "/raw"), None);
    }
}
