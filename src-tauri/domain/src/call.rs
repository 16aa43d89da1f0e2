//! What each call to a product carries: its credential, as the element says, and whatever else the product wants.

use crate::credential::Credential;
use crate::element::{ApiKey, ApiKeyPlace, Auth, KEY_FIELD, Named, TOKEN_HOLE, fill_all};
use crate::form::FilledForm;
use crate::oauth::token::{BEARER, basic_header};
use crate::sensitive::Sensitive;

/// The name of the header that usually carries a credential.
pub const AUTHORIZATION: &str = "Authorization";

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
        Self::header(AUTHORIZATION, format!("{BEARER} {}", token.expose()).into())
    }

    /// One header.
    pub fn header(name: &str, value: Sensitive<String>) -> Self {
        Self { headers: vec![(name.to_owned(), value)], ..Self::default() }
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
        let fill = |texts| fill_all(texts, &self.values, token);
        let mut parts = self.element.api.as_ref().map_or_else(CallParts::default, |api| CallParts {
            headers: fill(&api.headers),
            query: fill(&api.query),
            form: fill(&api.form),
            json: fill(&api.json),
        });
        if !self.says_where_the_credential_is() {
            let usual = self.usual_parts(credential);
            parts.headers.extend(usual.headers);
            parts.query.extend(usual.query);
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

    /// The credential where it usually stands.
    fn usual_parts(&self, credential: &Credential) -> CallParts {
        match (credential, &self.element.auth) {
            (Credential::Tokens(tokens), _) if tokens.token_secret.is_some() => CallParts::default(),
            (Credential::Tokens(tokens), _) => CallParts::bearer(&tokens.access_token),
            (Credential::Key { key, .. }, Auth::ApiKey(ApiKey { place: Some(place), prefix, .. })) => {
                let value = format!("{prefix}{}", key.expose()).into();
                match place {
                    ApiKeyPlace::Header(name) => CallParts::header(name, value),
                    ApiKeyPlace::Query(name) => {
                        CallParts { query: vec![(name.clone(), value)], ..CallParts::default() }
                    }
                }
            }
            (Credential::Key { key, .. }, _) => CallParts::bearer(key),
            (Credential::Basic { username, password, .. }, _) => {
                CallParts::header(AUTHORIZATION, basic_header(username.expose(), password.expose()))
            }
            (Credential::ElementTokenOnly, _) => CallParts::default(),
        }
    }
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
        let given = element.practice_values();
        let form = FilledForm::check(element, &given, &BTreeMap::new());
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
