//! A minimal browser for providers that need cookies and several redirects: it follows them, fills in the form of a page,
//! and stops at a redirect to another server. It runs no scripts.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::http::{self, Answer};

/// No sign-in takes more redirects.
const MAX_STEPS: usize = 20;

/// Where following redirects ended.
#[derive(Debug)]
pub enum Place {
    /// A page of the same server.
    Page(Url, Answer),
    /// An address of another server, which was not opened.
    Elsewhere(Url),
}

/// A browser with its own cookies.
#[derive(Default)]
pub struct Visitor {
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Signs in as `login` and allows access. Returns the address to which the provider redirects, without opening it.
    #[track_caller]
    pub fn allow(&mut self, address: &str, login: &str) -> Url {
        self.decide(address, login, "allow")
    }

    /// Denies access, and returns the address like [`Visitor::allow`].
    #[track_caller]
    pub fn deny(&mut self, address: &str) -> Url {
        self.decide(address, "maria", "deny")
    }

    #[track_caller]
    fn decide(&mut self, address: &str, login: &str, decision: &str) -> Url {
        let place = self.get(&address.parse().expect("an address"));
        let place = match place {
            // A server without a consent page.
            Place::Elsewhere(url) => return url,
            Place::Page(url, page) => self.submit(&url, &page, &[("login", login), ("decision", decision)]),
        };
        match place {
            Place::Elsewhere(url) => url,
            Place::Page(url, page) => panic!("stopped at {url}: {}", page.body),
        }
    }

    /// Opens an address that redirects to another server, and returns that address.
    #[track_caller]
    pub fn follow(&mut self, address: &str) -> Url {
        match self.get(&address.parse().expect("an address")) {
            Place::Elsewhere(url) => url,
            Place::Page(url, page) => panic!("{url} does not redirect: {}", page.body),
        }
    }

    /// Opens an address and follows redirects on the same server.
    #[track_caller]
    pub fn get(&mut self, address: &Url) -> Place {
        self.go(address.clone(), None)
    }

    /// Submits the form of a page: its hidden fields unchanged, and `fields`.
    #[track_caller]
    pub fn submit(&mut self, address: &Url, page: &Answer, fields: &[(&str, &str)]) -> Place {
        assert_eq!(page.status, 200, "{}", page.body);
        let form = tags(&page.body, "form").next().unwrap_or_else(|| panic!("a form in {}", page.body));
        let action = attribute(form, "action").expect("an action");
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for input in tags(&page.body, "input").filter(|input| attribute(input, "type") == Some("hidden")) {
            body.append_pair(
                attribute(input, "name").unwrap_or_default(),
                attribute(input, "value").unwrap_or_default(),
            );
        }
        body.extend_pairs(fields);
        self.go(address.join(action).expect("an address"), Some(body.finish()))
    }

    #[track_caller]
    fn go(&mut self, mut address: Url, mut form: Option<String>) -> Place {
        let origin = address.origin();
        for _ in 0..MAX_STEPS {
            let answer = self.request(&address, form.take());
            let Some(location) = answer.header("location").filter(|_| (300..400).contains(&answer.status))
            else {
                return Place::Page(address, answer);
            };
            address = address.join(location).expect("an address");
            if address.origin() != origin {
                return Place::Elsewhere(address);
            }
        }
        panic!("too many redirects: {address}");
    }

    fn request(&mut self, url: &Url, form: Option<String>) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = match form {
            None => send(url, "GET", &format!("Cookie: {}\r\n", cookies.join("; ")), ""),
            Some(form) => {
                let head = format!(
                    "Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                    cookies.join("; ")
                );
                send(url, "POST", &head, &form)
            }
        };
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value.split(';').next().unwrap_or_default().split_once('=')
            {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        answer
    }
}

#[track_caller]
pub fn post_json(url: &Url, body: &Value) -> Answer {
    send(url, "POST", "Content-Type: application/json\r\n", &body.to_string())
}

/// Uses HTTP/1.0: the response is not chunked and ends with the connection.
#[track_caller]
pub fn send(url: &Url, method: &str, head: &str, body: &str) -> Answer {
    let text = format!(
        "{method} {} HTTP/1.0\r\nHost: {}\r\n{head}Content-Length: {}\r\n\r\n{body}",
        http::target(url),
        http::authority(url),
        body.len()
    );
    http::send(url, &text).expect("a response of the server")
}

/// The contents of the tags of this name.
fn tags<'p>(page: &'p str, name: &str) -> impl Iterator<Item = &'p str> {
    let begin = format!("<{name} ");
    let starts: Vec<_> = page.match_indices(&begin).map(|(at, found)| at + found.len() - 1).collect();
    starts.into_iter().map(move |at| page[at..].split('>').next().unwrap_or_default())
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}
