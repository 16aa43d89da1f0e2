use std::collections::BTreeMap;

use super::accept;
use super::check::{check, check_entries, entry};
use super::problem::{FieldProblem, Problem};
use crate::element::{Auth, Element, Grant};
use crate::sensitive::Sensitive;
use crate::values::Values;

/// An element of one way with the values of its form, checked: what a sign-in, and later its connection, is made of.
#[derive(Clone, Debug)]
pub struct FilledForm {
    pub element: Element,
    pub values: Values,
}

impl FilledForm {
    /// Checks the given values, see [`check`]. The element is of one way.
    pub fn check(
        element: Element,
        given: &BTreeMap<String, String>,
        defaults: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<FieldProblem>> {
        let values = check(&element, given, defaults)?;
        Ok(Self { element, values })
    }

    /// Checks configuration entries of this way, see [`check_entries`].
    pub fn of_entries(
        element: &Element,
        way: Option<&str>,
        entries: &BTreeMap<String, Sensitive<String>>,
    ) -> Result<Self, Vec<FieldProblem>> {
        let element = element.in_way_of(way, entries).ok_or_else(|| vec![FieldProblem::unknown_way()])?;
        let values = check_entries(&element, entries)?;
        Ok(Self { element, values })
    }

    /// Sets a field after the check, to a value that became known later: the bound port, a registered client.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), FieldProblem> {
        let problem = |problem| FieldProblem { key: key.to_owned(), problem };
        let field = self.element.field(key).ok_or_else(|| problem(Problem::Unknown))?;
        let text = accept::normalize(&self.element, field, text).map_err(problem)?;
        self.values.set(entry(field, text, true));
        let fields = &self.element.fields;
        self.values.sort_by_position(|key| fields.iter().position(|field| field.key == key));
        Ok(())
    }

    pub fn auth(&self) -> &Auth {
        &self.element.auth
    }

    /// How tokens are obtained; [`Grant::AuthorizationCode`] unless OAuth 2 says otherwise.
    pub fn grant(&self) -> Grant {
        match self.auth() {
            Auth::Oauth2(oauth2) => oauth2.grant(&self.values),
            _ => Grant::AuthorizationCode,
        }
    }

    /// All given values, secret ones too, as the keychain item keeps them.
    pub fn entries(&self) -> BTreeMap<String, Sensitive<String>> {
        let public = self.values.public_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.into()));
        let secret = self.values.secret_pairs().into_iter().map(|(k, v)| (k.to_owned(), v.clone()));
        public.chain(secret).collect()
    }
}
