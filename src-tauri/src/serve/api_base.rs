//! The part of a product's server that calls are passed on to: everything below one address, and nothing else. A token
//! must not go where the element does not send it.

use url::Url;

/// Where a product's API begins.
pub(super) struct ApiBase(Url);

impl ApiBase {
    pub(super) fn new(base: Url) -> Self {
        Self(base)
    }

    /// The address of a path below; `None` for a path that leads out.
    pub(super) fn below(&self, path: &str, query: Option<&str>) -> Option<Url> {
        if has_dot_segment(path) {
            return None;
        }
        let mut url = Url::parse(&format!("{}/{path}", self.0.as_str().trim_end_matches('/'))).ok()?;
        url.set_query(query);
        self.behind(&url).is_some().then_some(url)
    }

    /// What a `Location` in the answer to a call of `asked` is for our caller. Below the base it becomes an address of
    /// ours, under `here`: a caller that follows it comes with our secrets to us, and not to the product without any.
    /// Any other stays the product's, written whole: what is relative there would be relative to us here.
    pub(super) fn location(&self, location: &str, asked: &Url, here: &str) -> Option<String> {
        let target = asked.join(location).ok()?;
        let Some(behind) = self.behind(&target) else { return Some(target.into()) };
        let part = |mark: &str, text: Option<&str>| text.map(|t| format!("{mark}{t}")).unwrap_or_default();
        let (query, fragment) = (part("?", target.query()), part("#", target.fragment()));
        let slash = if behind.is_empty() { "/" } else { "" };
        Some(format!("{here}{slash}{behind}{query}{fragment}"))
    }

    /// What of an address lies behind the base, with its slash.
    fn behind<'u>(&self, url: &'u Url) -> Option<&'u str> {
        let behind = url.path().strip_prefix(self.0.path().trim_end_matches('/'))?;
        let inside = url.origin() == self.0.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && (behind.is_empty() || behind.starts_with('/'));
        inside.then_some(behind)
    }
}

/// `.` and `..` also in their percent-encoded forms, which servers and libraries read alike (RFC 3986 §5.2.4 after
/// §6.2.2.2), and the backslash, which some of them take for a slash.
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
        ApiBase::new(text.parse().expect("an address"))
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
            assert_eq!(base.below(path, None).expect(path).as_str(), url);
        }
        assert_eq!(
            base.below("a", Some("b=1&c=%2e%2e/")).expect("below").as_str(),
            "https://acme.example/api/v2/a?b=1&c=%2e%2e/"
        );
        for path in ["..", ".", "a/../../b", "%2e%2E/b", ".%2e", "a/%2e", "..%2fb", "a\\..\\b", "..%5cb"] {
            assert_eq!(base.below(path, None), None, "{path}");
        }
        let server = super::ApiBase::new("https://acme.example/".parse().expect("an address"));
        assert_eq!(server.below("/b", None).expect("below").as_str(), "https://acme.example//b");
    }

    #[test]
    fn a_redirect_below_the_base_comes_here_again_and_any_other_stays_the_products() {
        let base = base("https://acme.example/api/v2");
        let asked = base.below("users/me", None).expect("below");
        for (location, told) in [
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
            assert_eq!(base.location(location, &asked, "/raw").as_deref(), Some(told), "{location}");
        }
        assert_eq!(base.location("https://", &asked, "/raw"), None);
    }
}
