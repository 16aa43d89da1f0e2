//! The names of values in the platform API, for requests and for reading them.

use std::collections::BTreeMap;

use crate::element::{Element, Field, STANDARD_QUERY, Step};
use crate::sensitive::Sensitive;
use crate::tally;
use crate::values::Values;

/// The query of `oauth/token` or `oauth/url`, without `state` and `requestToken`, which belong to the attempt.
pub fn oauth_query(element: &Element, values: &Values, step: Step) -> Vec<(String, Sensitive<String>)> {
    tally::count(&tally::CODINGS);
    let standard =
        STANDARD_QUERY.iter().filter_map(|(key, name)| Some(((*name).to_owned(), values.sent(key)?)));
    let own =
        element.fields.iter().filter(|field| field.steps.contains(&step)).flat_map(|field| {
            field.query.iter().filter_map(|name| Some((name.clone(), sent(field, values)?)))
        });
    standard.chain(own).collect()
}

/// The `configuration` of an instance.
pub fn configuration(element: &Element, values: &Values) -> Vec<(String, Sensitive<String>)> {
    tally::count(&tally::CODINGS);
    let fields = element.fields.iter().filter(|field| field.configuration);
    fields.filter_map(|field| Some((field.key.clone(), sent(field, values)?))).collect()
}

/// The configuration in the query of `oauth/token` or `oauth/url`. Parameters without a field (`state`,
/// `requestToken`, `scope`, …) are left out. If a field has several names, the first in the element file counts.
pub fn read_query(element: &Element, query: &[(String, String)]) -> BTreeMap<String, String> {
    tally::count(&tally::CODINGS);
    let named =
        |name: &str| query.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, v)| v.clone());
    let standard = STANDARD_QUERY.iter().filter(|(key, _)| element.field(key).is_some());
    let standard = standard.filter_map(|(key, name)| Some(((*key).to_owned(), named(name)?)));
    let own = element
        .fields
        .iter()
        .filter_map(|field| Some((field.key.clone(), field.query.iter().find_map(|name| named(name))?)));
    standard.chain(own).collect()
}

fn sent(field: &Field, values: &Values) -> Option<Sensitive<String>> {
    let value = values.sent(&field.key)?;
    if !field.sends_whole {
        return Some(value);
    }
    Some(Sensitive::new(format!("{}{}{}", field.prefix, value.expose(), field.suffix)))
}
