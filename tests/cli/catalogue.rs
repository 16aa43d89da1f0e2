//! Every way to connect every product of the catalogue, with the practice provider.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use keyrack_domain::element::{Auth, Element};
use keyrack_domain::values::Values;
use serde_json::Value;

use crate::support::home::Home;
use crate::support::user;

/// One way to connect a product.
struct Way {
    /// As it was narrowed to this way.
    element: Element,
    arguments: Vec<String>,
}

impl Way {
    fn name(&self) -> String {
        match self.element.way.as_deref().or(self.arguments.get(1).map(String::as_str)) {
            Some(way) => format!("{} {way}", self.element.key),
            None => self.element.key.clone(),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn elements() -> Vec<Element> {
    let folders = fs::read_dir(root().join("src-tauri/elements")).expect("the catalogue");
    let mut folders: Vec<_> = folders.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let files = folders.iter().filter(|folder| folder.is_dir()).map(|folder| folder.join("element.toml"));
    let read = |file: std::path::PathBuf| {
        let text = fs::read_to_string(&file).expect("a file");
        Element::parse(&text).unwrap_or_else(|problems| panic!("{}: {problems:?}", file.display()))
    };
    files.map(read).collect()
}

fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for element in elements().iter().filter(|element| !element.generic) {
        let conditions = element.ways.iter().map(|way| way.when.clone());
        for (narrowed, when) in element.each_way().zip(conditions.chain([None])) {
            let mut arguments = Vec::new();
            if let Some(when) = when {
                arguments = vec!["--set".to_owned(), format!("{}={}", when.field, when.is)];
            } else if let Some(way) = &narrowed.way {
                arguments = vec!["--way".to_owned(), way.clone()];
            } else if let Some((field, value)) = other_choice(element) {
                arguments = vec!["--set".to_owned(), format!("{field}={value}")];
            }
            ways.push(Way { element: narrowed, arguments });
        }
    }
    ways
}

/// A value of the field that chooses a way, with which none of them is chosen.
fn other_choice(element: &Element) -> Option<(&str, &str)> {
    let conditions = || element.ways.iter().filter_map(|way| way.when.as_ref());
    let field = element.field(&conditions().next()?.field)?;
    let is_other = |value: &&str| conditions().all(|when| when.is != *value);
    let options = field.options.iter().map(|option| option.value.as_str());
    let value = options.chain(["true", "false"]).find(is_other)?;
    Some((&field.key, value))
}

#[test]
fn every_way_to_connect_every_product_works_in_practice() {
    let ways = ways();
    assert!(ways.len() >= 500, "{}", ways.len());
    let facts = fs::read_to_string(root().join("tests/facts/keys.json")).expect("the facts");
    let facts: BTreeMap<String, Vec<String>> = serde_json::from_str(&facts).expect("JSON");
    let home = Home::new();
    let mut faults = Vec::new();
    for way in &ways {
        // A panic is a fault of this way alone.
        let connected = catch_unwind(AssertUnwindSafe(|| connect(&home, way, &facts)));
        if let Err(fault) = connected.unwrap_or_else(|_| Err("see above".to_owned())) {
            faults.push(format!("{}: {fault}", way.name()));
        }
    }
    faults.sort();
    assert!(faults.is_empty(), "{} of {} ways\n{}", faults.len(), ways.len(), faults.join("\n"));
}

/// Connects in one way, and compares what calls of the product would carry.
fn connect(home: &Home, way: &Way, facts: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
    let (element, name) = (&way.element, way.name());
    let mut arguments = vec![element.key.as_str(), "--name", &name, "--json"];
    arguments.extend(way.arguments.iter().map(String::as_str));
    let mut running = home.practise(&arguments, &[]);
    let signs_in = match &element.auth {
        // In practice there is no other device.
        Auth::Oauth2(rules) => !rules.grant(&Values::default()).is_without_browser(),
        auth => auth.needs_browser(),
    };
    if signs_in {
        let address = running.next_line("open: ").map_err(|stderr| format!("no address: {stderr}"))?;
        let callback = user::allow(&address);
        let _ = user::open_tab(&callback).join();
    }
    let connected = running.wait();
    if connected.code() != Some(0) {
        return Err(format!("{} {}", connected.stdout, connected.stderr));
    }
    let connected = connected.json();
    if connected["identity"].as_str().is_none() && !matches!(element.auth, Auth::Custom(_)) {
        return Err(format!("the account is not named: {connected}"));
    }
    let token = home.run(&["token", &name, "--workspace", "practice", "--json"]);
    if token.code() != Some(0) {
        return Err(format!("no token: {} {}", token.stdout, token.stderr));
    }
    let token = token.json();
    if token["token"].as_str().is_none_or(str::is_empty) {
        return Err(format!("an empty token: {token}"));
    }
    match (&element.auth, facts.get(&element.key)) {
        (Auth::ApiKey(_), Some(places)) => carries(&token, places),
        _ => Ok(()),
    }
}

/// Whether a call carries the key in one of these places.
fn carries(token: &Value, places: &[String]) -> Result<(), String> {
    let key = token["token"].as_str().unwrap_or_default();
    let is_carried = |place: &String| match place.strip_prefix('?') {
        Some(parameter) => token["query"][parameter] == key,
        None => {
            let (name, value) = place.split_once(": ").expect("a header");
            let expected = value.replace("{key}", key);
            let headers = token["headers"].as_object().into_iter().flatten();
            let mut found = headers.filter(|(known, _)| known.eq_ignore_ascii_case(name));
            found.any(|(_, value)| value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(&expected)))
        }
    };
    if places.iter().any(is_carried) { Ok(()) } else { Err(format!("{places:?} in {token}")) }
}
