//! What each call to a product carries: its credential, as the element says, and whatever else the product wants.

use crate::credential::Credential;
use crate::element::{ApiKeyPlace, Auth, CallText, KEY_FIELD, TOKEN_HOLE};
use crate::form::FilledForm;
use crate::oauth::token::{BEARER, basic_header};
use crate::sensitive::Sensitive;

/// The name of the header that usually carries a credential.
pub const AUTHORIZATION: &str = "Authorization";

pub type Named = Vec<(String, Sensitive<String>)>;

/// What is added to each call. For OAuth 1.0a the signature comes on top.
#[derive(Clone, Debug, Default)]
pub struct CallParts {
    pub headers: Named,
    pub query: Named,
    /// Added to a body that is a form.
    pub form: Named,
    /// Added to a body that is a JSON object.
    pub json: Named,
}

impl CallParts {
    /// An access token as RFC 6750 §2.1 says.
    pub fn bearer(token: &Sensitive<String>) -> Self {
        let header = (AUTHORIZATION.to_owned(), format!("{BEARER} {}", token.expose()).into());
        Self { headers: vec![header], ..Self::default() }
    }
}

impl FilledForm {
    /// Whether calls carry more than the credential in its usual place.
    pub fn has_own_call(&self) -> bool {
        self.element.api.as_ref().is_some_and(|api| api.texts().next().is_some())
    }

    /// What calls with this credential carry.
    pub fn call_parts(&self, credential: &Credential) -> CallParts {
        let token = credential.calling_secret();
        let api = self.element.api.as_ref();
        let fill = |texts: &std::collections::BTreeMap<String, CallText>| -> Named {
            let filled = texts.iter().map(|(name, text)| (name, text.fill(&self.values, token)));
            filled.filter_map(|(name, text)| Some((name.clone(), text?))).collect()
        };
        let mut parts = api.map_or_else(CallParts::default, |api| CallParts {
            headers: fill(&api.headers),
            query: fill(&api.query),
            form: fill(&api.form),
            json: fill(&api.json),
        });
        if !self.says_where_the_credential_is() {
            match self.usual_place(credential) {
                Some(ApiKeyPlaced::Header(name, value)) => parts.headers.push((name, value)),
                Some(ApiKeyPlaced::Query(name, value)) => parts.query.push((name, value)),
                None => {}
            }
        }
        parts
    }

    /// Whether `api` places the credential itself.
    fn says_where_the_credential_is(&self) -> bool {
        let Some(api) = &self.element.api else { return false };
        let key_field = match &self.element.auth {
            Auth::ApiKey(key) => Some(key.key_field.as_deref().unwrap_or(KEY_FIELD)),
            _ => None,
        };
        let is_credential = |hole: &str| hole == TOKEN_HOLE || Some(hole) == key_field;
        api.headers.keys().any(|name| name.eq_ignore_ascii_case(AUTHORIZATION))
            || api.texts().any(|(_, text)| text.holes().any(is_credential))
    }

    fn usual_place(&self, credential: &Credential) -> Option<ApiKeyPlaced> {
        let header = |value: Sensitive<String>| Some(ApiKeyPlaced::Header(AUTHORIZATION.to_owned(), value));
        let bearer = |token: &Sensitive<String>| header(format!("{BEARER} {}", token.expose()).into());
        match credential {
            Credential::Tokens(tokens) if tokens.token_secret.is_some() => None,
            Credential::Tokens(tokens) => bearer(&tokens.access_token),
            Credential::Key { key, .. } => {
                let Auth::ApiKey(rules) = &self.element.auth else { return bearer(key) };
                let value = || Sensitive::new(format!("{}{}", rules.prefix, key.expose()));
                match &rules.place {
                    Some(ApiKeyPlace::Header(name)) => Some(ApiKeyPlaced::Header(name.clone(), value())),
                    Some(ApiKeyPlace::Query(name)) => Some(ApiKeyPlaced::Query(name.clone(), value())),
                    None => bearer(key),
                }
            }
            Credential::Basic { username, password } => {
                header(basic_header(username.expose(), password.expose()))
            }
            Credential::ElementTokenOnly => None,
        }
    }
}

enum ApiKeyPlaced {
    Header(String, Sensitive<String>),
    Query(String, Sensitive<String>),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::element::Element;

    /// The headers and the query of a call with what the form of this element gives, as `Name: value` and `name=value`.
    fn call(tables: &str) -> Vec<String> {
        let text = format!(
            "format = 2\nkey = \"acme\"\nname = \"Acme\"\ncategory = \"Other\"\ngives = \"Things\"\n{tables}"
        );
        let element = Element::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let form = FilledForm::check(&element, &element.practice_values(), &BTreeMap::new());
        let form = form.expect("accepted");
        let credential = Credential::given(&form).expect("a credential");
        let CallParts { headers, query, form, json } = form.call_parts(&credential);
        let headers = headers.into_iter().map(|(name, value)| format!("{name}: {}", value.expose()));
        let others = query.into_iter().chain(form).chain(json);
        headers.chain(others.map(|(name, value)| format!("{name}={}", value.expose()))).collect()
    }

    #[test]
    fn a_credential_stands_where_the_product_wants_it() {
        let app = "[[fields]]\nkey = \"app.key\"\nlabel = \"App key\"\nexample = \"app\"\nsecret = true\n";
        let mail = "[[fields]]\nkey = \"mail\"\nlabel = \"Mail\"\nexample = \"m@a.example\"\n
            [[fields]]\nkey = \"api.token\"\nlabel = \"Token\"\nexample = \"t\"\nsecret = true\n";
        for (tables, carried) in [
            ("[auth.api_key]\n", &["Authorization: Bearer practice-key"][..]),
            ("[auth.api_key]\nplace = { header = \"x-api-key\" }\n", &["x-api-key: practice-key"]),
            (
                "[auth.api_key]\nplace = { query = \"api_key\" }\nprefix = \"k-\"\n",
                &["api_key=k-practice-key"],
            ),
            (
                "[auth.api_key]\n[api.headers]\nAuthorization = \"Token token={token}\"\n",
                &["Authorization: Token token=practice-key"],
            ),
            (
                "[auth.api_key]\n[api.headers]\nAcme-Version = \"2\"\n",
                &["Acme-Version: 2", "Authorization: Bearer practice-key"],
            ),
            (
                &format!(
                    "[auth.api_key]\n[api.headers]\nDD-API-KEY = \"{{token}}\"\nDD-APP = \"{{app.key}}\"\n{app}"
                ),
                &["DD-API-KEY: practice-key", "DD-APP: app"],
            ),
            ("[auth.api_key]\n[api.query]\napikey = \"{token}\"\n", &["apikey=practice-key"]),
            ("[auth.api_key]\n[api.json]\nkey = \"{token}\"\n", &["key=practice-key"]),
            // maria@example.org:practice-password
            ("[auth.basic]\n", &["Authorization: Basic bWFyaWFAZXhhbXBsZS5vcmc6cHJhY3RpY2UtcGFzc3dvcmQ="]),
            // m@a.example/token:t
            (
                &format!("[auth.basic]\nusername = \"{{mail}}/token\"\npassword = \"{{api.token}}\"\n{mail}"),
                &["Authorization: Basic bUBhLmV4YW1wbGUvdG9rZW46dA=="],
            ),
        ] {
            assert_eq!(call(tables), carried, "{tables}");
        }
    }
}
