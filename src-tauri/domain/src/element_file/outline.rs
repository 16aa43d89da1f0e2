//! The text of a new element file. What its author does not know yet is written as a comment.

use super::problem::Problem;
use crate::element::Element;

/// How a new product connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum OutlineKind {
    /// A key that users make.
    #[default]
    Key,
    /// A user name and a password.
    Password,
    /// A sign-in in the browser, with an app of the user's.
    Oauth2,
}

/// What an author knows of a product. Texts may be empty.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    pub key: String,
    /// Default: the key with a capital.
    pub name: String,
    pub kind: OutlineKind,
    /// Where the key is made, or the app is registered.
    pub setup_page: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub api_address: String,
    /// The header of each call, as the documentation writes it: `X-Api-Key: {token}`. Default: as RFC 6750 says.
    pub header: String,
    /// The call that names the account.
    pub identity_endpoint: String,
    /// Where its answer names the account. Default: `/email`.
    pub identity_at: String,
}

impl Outline {
    /// The text of the file.
    ///
    /// Errors: what [`Element::parse`] finds.
    pub fn to_file(&self) -> Result<String, Vec<Problem>> {
        let text = self.write();
        Element::parse(&text).map(|_| text)
    }

    fn write(&self) -> String {
        let name = if self.name.trim().is_empty() { capitalize(&self.key) } else { self.name.clone() };
        let mut lines = vec![
            "format = 2".to_owned(),
            entry("key", &self.key),
            entry("name", &name),
            entry("category", "Other"),
            entry("gives", &format!("What {name} offers")),
            "# docs = \"https://…\"         the page that says how to sign in".to_owned(),
            known(
                "setup_page",
                &self.setup_page,
                "https://…",
                "where the key is made, or the app is registered",
            ),
        ];
        lines.extend(self.write_auth());
        lines.extend(self.write_identity());
        lines.extend(self.write_api());
        lines.join("\n") + "\n"
    }

    fn write_auth(&self) -> Vec<String> {
        let table = match self.kind {
            OutlineKind::Key => "[auth.api_key]",
            OutlineKind::Password => "[auth.basic]",
            OutlineKind::Oauth2 => "[auth.oauth2]",
        };
        let mut lines = vec![String::new(), table.to_owned()];
        if self.kind == OutlineKind::Oauth2 {
            let endpoints = [
                ("authorization_endpoint", &self.authorization_endpoint),
                ("token_endpoint", &self.token_endpoint),
            ];
            // The check says which one is needed.
            let given = endpoints.into_iter().filter(|(_, address)| !address.is_empty());
            lines.extend(given.map(|(key, address)| entry(key, address)));
            lines.push("# scopes = [\"read\"]          what is asked for".to_owned());
        }
        lines
    }

    fn write_identity(&self) -> Vec<String> {
        let at = if self.identity_at.is_empty() { "/email" } else { &self.identity_at };
        let lines = match self.identity_endpoint.as_str() {
            "" => vec![
                "# The call that names the account. It is the test of a connection.".to_owned(),
                "# [identity]".to_owned(),
                "# endpoint = \"https://…/me\"".to_owned(),
                "# at = [\"/email\"]            where its answer names the account".to_owned(),
            ],
            endpoint => {
                vec!["[identity]".to_owned(), entry("endpoint", endpoint), format!("at = [{}]", quote(at))]
            }
        };
        [vec![String::new()], lines].concat()
    }

    fn write_api(&self) -> Vec<String> {
        let header = self
            .header
            .split_once(':')
            .map(|(name, text)| format!("headers = {{ {} = {} }}", quote(name.trim()), quote(text.trim())));
        let is_empty = self.api_address.is_empty() && self.header.is_empty();
        let mut lines = vec![String::new(), if is_empty { "# [api]" } else { "[api]" }.to_owned()];
        lines.push(known("address", &self.api_address, "https://…", "where the calls begin"));
        lines.push(match header {
            Some(header) => header,
            // Not of the form NAME: VALUE. The check says so.
            None if !self.header.is_empty() => entry("headers", &self.header),
            None => "# headers = { X-Api-Key = \"{token}\" }   without, calls carry Authorization: Bearer"
                .to_owned(),
        });
        lines
    }
}

fn entry(key: &str, value: &str) -> String {
    format!("{key} = {}", quote(value))
}

/// An entry, or a comment where the value is not known.
fn known(key: &str, value: &str, example: &str, what: &str) -> String {
    if value.is_empty() { format!("# {key} = \"{example}\"   {what}") } else { entry(key, value) }
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn capitalize(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(kind: OutlineKind) -> Outline {
        Outline { key: "acme".to_owned(), kind, ..Outline::default() }
    }

    #[test]
    fn the_least_that_is_known_of_a_key_or_a_password_is_a_file() {
        for kind in [OutlineKind::Key, OutlineKind::Password] {
            let text = outline(kind).to_file().expect("a valid file");
            let element = Element::parse(&text).expect("read back");
            assert_eq!((element.key.as_str(), element.name.as_str()), ("acme", "Acme"));
        }
    }

    #[test]
    fn all_that_is_known_is_in_the_file() {
        let known = Outline {
            name: "Acme \"Shops\"".to_owned(),
            setup_page: "https://acme.example/keys".to_owned(),
            api_address: "https://api.acme.example/v1".to_owned(),
            header: "X-Acme-Key: Key {token}".to_owned(),
            identity_endpoint: "https://api.acme.example/v1/me".to_owned(),
            identity_at: "/user/mail".to_owned(),
            ..outline(OutlineKind::Key)
        };
        let element = Element::parse(&known.to_file().expect("a valid file")).expect("read back");
        assert_eq!(element.name, "Acme \"Shops\"");
        let api = element.api.expect("an API");
        assert_eq!(api.headers.keys().collect::<Vec<_>>(), ["X-Acme-Key"]);
        assert_eq!(element.identity.expect("an identity").at, ["/user/mail"]);
        let sign_in = Outline {
            authorization_endpoint: "https://acme.example/authorize".to_owned(),
            token_endpoint: "https://acme.example/token".to_owned(),
            ..outline(OutlineKind::Oauth2)
        };
        assert!(sign_in.to_file().is_ok());
    }

    #[test]
    fn what_the_check_refuses_is_no_file() {
        let refused = |outline: &Outline| {
            let problems = outline.to_file().expect_err("refused");
            let lines = problems.iter().map(|problem| format!("{:?} {problem}", problem.line));
            lines.collect::<Vec<_>>().join("; ")
        };
        for (outline, word) in [
            (Outline { key: "../etc".to_owned(), ..outline(OutlineKind::Key) }, "key"),
            (outline(OutlineKind::Oauth2), "endpoint"),
            (Outline { header: "X-Acme-Key".to_owned(), ..outline(OutlineKind::Key) }, "headers"),
            (
                Outline {
                    identity_endpoint: "http://acme.example/me".to_owned(),
                    ..outline(OutlineKind::Key)
                },
                "begins with https://",
            ),
            (Outline { name: "a\u{202e}b".to_owned(), ..outline(OutlineKind::Key) }, "does not show"),
        ] {
            let text = refused(&outline);
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}
