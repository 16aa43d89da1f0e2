//! What is really sent to the most wanted products, compared with facts that come from elsewhere.

mod facts;
mod stage;
mod table;
mod trial;

use std::collections::BTreeMap;

use self::stage::Stage;
use self::trial::Trial;
use super::bench::Bench;
use crate::domain::element::{API_KEY, API_SECRET, Auth, CALLBACK_URL, Element};
use crate::domain::form::{FilledForm, Values};
use crate::engine::WorkspaceId;
use crate::platform::Local;

#[tokio::test]
async fn the_most_wanted_products_are_sent_what_they_want() {
    let stage = Stage::default();
    let answers = stage.clone();
    let bench = Bench::new(move |seen| answers.answer(seen)).await;
    bench.engine.http.answer_from(bench.provider.base.join("/").expect("an address"));
    let (mut faults, mut compared) = (Vec::new(), 0);
    let products = facts::read();
    assert!(products.len() >= 60, "{}", products.len());
    for (key, rights) in &products {
        let element = bench.engine.element(key).unwrap_or_else(|failure| panic!("{key}: {failure:?}"));
        let ways = ways(&element);
        for right in rights.iter().filter(|right| !ways.iter().any(|(way, _)| kind(way) == right.kind)) {
            faults.push(format!("{key}: no way is {}", right.kind));
        }
        // Nothing is called with what other ways hold.
        for (way, given) in ways.into_iter().filter(|(way, _)| !matches!(way.auth, Auth::Custom(_))) {
            let name = format!("{key} {}", way.way.as_deref().unwrap_or(kind(&way)));
            match rights.iter().find(|right| right.kind == kind(&way)) {
                None => faults.push(format!("{name}: there are no facts")),
                Some(right) if right.left_out.is_some() => {}
                Some(right) => {
                    let form =
                        fill(&bench, way, &given).unwrap_or_else(|problem| panic!("{name}: {problem}"));
                    let provider = Local::new(&bench.engine.http, None).bind(form).await;
                    let provider = provider.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
                    let found = Trial::new(&stage, right, provider).run().await;
                    faults.extend(found.into_iter().map(|fault| format!("{name}, {fault}")));
                    compared += 1;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults in {compared} ways\n{}", faults.len(), faults.join("\n"));
    assert!(compared >= 85, "{compared}");
}

/// Each way, with the examples of what its form asks for.
fn ways(element: &Element) -> Vec<(Element, BTreeMap<String, String>)> {
    let conditions = element.ways.iter().map(|way| way.when.clone());
    let with_values = element.each_way().zip(conditions.chain([None])).map(|(way, when)| {
        let asked = way.fields.iter().filter(|field| {
            let client = [API_KEY, API_SECRET].contains(&field.key.as_str());
            field.key != CALLBACK_URL && (client || (field.required && field.default.is_none()))
        });
        let mut given: BTreeMap<_, _> =
            asked.map(|field| (field.key.clone(), field.example.clone())).collect();
        given.extend(when.map(|when| (when.field, when.is)).or_else(|| other_choice(element)));
        (way, given)
    });
    with_values.collect()
}

/// The choice of the element's own way, where a field chooses.
fn other_choice(element: &Element) -> Option<(String, String)> {
    let conditions = || element.ways.iter().filter_map(|way| way.when.as_ref());
    let field = element.field(&conditions().next()?.field)?;
    let other = field.options.iter().find(|option| conditions().all(|when| when.is != option.value))?;
    Some((field.key.clone(), other.value.clone()))
}

/// The kind of a way, as the facts name it.
fn kind(way: &Element) -> &'static str {
    match &way.auth {
        Auth::Oauth2(rules) if rules.grant(&Values::default()).is_without_browser() => "client_credentials",
        auth => auth.kind(),
    }
}

fn fill(bench: &Bench, way: Element, given: &BTreeMap<String, String>) -> Result<FilledForm, String> {
    let defaults = bench.engine.defaults(&WorkspaceId::Local, &way);
    FilledForm::check(way, given, &defaults).map_err(|problems| format!("{problems:?}"))
}
