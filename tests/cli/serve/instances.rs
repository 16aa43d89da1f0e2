//! Instances: listed, changed, disabled, enabled, signed in to again, removed.

use serde_json::{Value, json};

use super::{Served, parameters, zendesk};
use crate::support::home::Home;
use crate::support::user;

#[test]
fn an_instance_is_changed_disabled_and_removed_as_on_the_platform() {
    let home = Home::new();
    let served = Served::start(&home);
    let made = served.create("Support @eu");
    let (id, token) = (made["id"].clone(), made["token"].as_str().expect("a token").to_owned());
    assert_eq!(made["tags"], json!(["test", "eu"]), "an @word of the name is a tag");
    let path = format!("/instances/{id}");
    assert_eq!(served.call("GET", &path).ok(), made);
    assert_eq!(served.call_as(&token, "GET", "/instances").ok(), made);
    assert_eq!(served.call("GET", &format!("/elements/zendesk{path}")).ok(), made);
    served.call("GET", &format!("/elements/desk{path}")).refused(404);

    let change = json!({
        "name": "<i>Renamed</i>", "tags": ["a", { "name": "b" }],
        "configuration": { "event.notification.enabled": true, "oauth.api.secret": "********", "own.entry": "x" },
    });
    let changed = served.send("PATCH", &path, &change).ok();
    assert_eq!((&changed["name"], &changed["tags"]), (&json!("Renamed"), &json!(["a", "b"])));
    assert_eq!((&changed["id"], &changed["token"]), (&made["id"], &made["token"]));
    let configuration = &changed["configuration"];
    assert_eq!(configuration["event.notification.enabled"], "true");
    assert_eq!(configuration["own.entry"], "x");
    let filled =
        json!({ "configuration": { "oauth.user.token": "mine", "base.url": "https://evil.example" } });
    assert_eq!(served.send("PATCH", &path, &filled).ok()["configuration"], *configuration);
    assert!(!home.session.items()[0]["configuration"].to_string().contains("evil"), "nor saved");
    assert_eq!(home.list()[0]["name"], "Renamed", "in the index too");
    let item = home.session.items().remove(0);
    assert_eq!(item["configuration"]["oauth.api.secret"], "s3cret", "asterisks change nothing");
    served.call_as(&token, "GET", "/ping").ok();

    let put = served.send("PUT", &path, &json!({ "name": "Put", "element": { "key": "zendesk" } })).ok();
    assert_eq!((&put["name"], &put["tags"]), (&json!("Put"), &json!(["a", "b"])));
    served.send("PATCH", &path, &json!({ "element": { "key": "desk" } })).refused(400);
    served.send("PATCH", &path, &json!({ "name": "" })).refused(400);
    let message =
        served.send("PATCH", &path, &json!({ "configuration": { "zendesk.subdomain": "a b" } })).refused(400);
    assert!(message.contains("zendesk.subdomain"), "{message}");

    served.call("DELETE", &format!("{path}/enabled"));
    assert_eq!(served.call("GET", &path).ok()["disabled"], true);
    served.call_as(&token, "GET", "/ping").refused(403);
    served.call_as(&token, "GET", "/raw/me").refused(403);
    served.call_as(&token, "PUT", "/instances/enabled");
    served.call_as(&token, "GET", "/ping").ok();

    let gone = served.call("DELETE", &path);
    assert_eq!((gone.status, gone.body.len()), (200, 0));
    served.call("GET", &path).refused(404);
    served.call_as(&token, "GET", "/ping").refused(401);
    home.assert_consistent(0);
}

#[test]
fn configuration_entries_are_read_and_set_one_by_one() {
    let home = Home::new();
    let served = Served::start(&home);
    let made = served.create("Support");
    let (path, token) =
        (format!("/instances/{}/configuration", made["id"]), made["token"].as_str().expect("one"));
    let entries = served.call("GET", &path).ok();
    let entries = entries.as_array().expect("a list");
    assert_eq!(entries.len(), made["configuration"].as_object().expect("an object").len());
    let entry = |key: &str| entries.iter().find(|entry| entry["key"] == key).expect("listed");
    assert_eq!(entry("oauth.api.secret")["propertyValue"], "********");
    let site = entry("zendesk.subdomain");
    assert_eq!(site["propertyValue"], "acme");
    let one = format!("{path}/{}", site["id"]);
    assert_eq!(served.call("GET", &one).ok(), *site);
    let set = served.send("PATCH", &one, &json!({ "propertyValue": "other" })).ok();
    assert_eq!(set["propertyValue"], "other");
    let own = served.call_as(token, "GET", "/instances/configuration/zendesk.subdomain").ok();
    assert_eq!(own["propertyValue"], "other");
    served.send("PATCH", &one, &json!({ "propertyValue": "a b" })).refused(400);
    served.send("PATCH", &one, &json!({})).refused(400);
    served.call("GET", &format!("{path}/nothing")).refused(404);
}

#[test]
fn an_instance_is_signed_in_to_again() {
    let home = Home::new();
    let served = Served::start(&home);
    let made = served.create("Support");
    let before = home.session.items().remove(0);
    let path = format!("/instances/{}", made["id"]);
    let callback = user::allow(&served.start_sign_in("again"));
    let changed = served.send("PATCH", &path, &json!({ "providerData": parameters(&callback) })).ok();
    assert_eq!((&changed["id"], &changed["token"]), (&made["id"], &made["token"]));
    let after = home.session.items().remove(0);
    assert_eq!(before["id"], after["id"]);
    assert_ne!(before["access_token"], after["access_token"]);
    let token = made["token"].as_str().expect("a token");
    served.call_as(token, "GET", "/ping").ok();

    let callback = user::allow(&served.start_sign_in("and-again"));
    served.send("PUT", &path, &zendesk("Renamed", &parameters(&callback))).ok();
    served.send("PUT", &path, &zendesk("Renamed", &parameters(&callback))).refused(400);
    served.call_as(token, "GET", "/ping").ok();
    home.assert_consistent(1);
}

#[test]
fn instances_are_counted_searched_and_listed_in_pages() {
    let home = Home::new();
    let served = Served::start(&home);
    served.call("GET", "/instances").refused(404);
    assert_eq!(served.call("GET", "/instances/count").ok()["totalInstances"], 0);
    let names: Vec<String> = (1..=5).map(|number| format!("Account {number}")).collect();
    for name in &names {
        served.create(name);
    }
    let ids = |answer: Value| -> Vec<Value> {
        answer.as_array().expect("a list").iter().map(|instance| instance["name"].clone()).collect()
    };
    let answer = served.call("GET", "/instances");
    assert_eq!(json!(ids(answer.ok())), json!(names));
    assert_eq!(answer.header("elements-total-count").as_deref(), Some("5"));
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = served.call("GET", &format!("/instances?pageSize=2&hydrate=false{next}"));
        for instance in page.ok().as_array().expect("a list") {
            assert!(instance.get("configuration").is_none() && instance["token"].is_string());
            found.push(instance["name"].clone());
        }
        match page.header("elements-next-page-token") {
            Some(token) => next = format!("&nextPage={token}"),
            None => break,
        }
        if found.len() == 2 {
            // The last row of a page is removed: nothing is skipped or repeated.
            let id = served.call("GET", "/instances?searchText=account%202").ok()[0]["id"].clone();
            served.call("DELETE", &format!("/instances/{id}"));
        }
    }
    assert_eq!(json!(found), json!(names));
    assert_eq!(ids(served.call("GET", "/instances?searchText=ACCOUNT%203").ok()), ["Account 3"]);
    assert_eq!(ids(served.call("GET", "/instances?tags[]=test&tags%5B%5D=test").ok()).len(), 4);
    served.call("GET", "/instances?tags[]=none").refused(404);
    served.call("GET", "/elements/desk/instances").refused(404);
    assert_eq!(ids(served.call("GET", "/elements/zendesk/instances").ok()).len(), 4);
    let count = served.call("GET", "/instances/count").ok();
    assert_eq!(count, json!({ "totalInstances": 4, "elementInstances": { "zendesk": 4 } }));
}

#[test]
fn a_connection_removed_outside_the_server_is_gone_for_callers() {
    let home = Home::new();
    let served = Served::start(&home);
    let token = served.create("Support")["token"].as_str().expect("a token").to_owned();
    home.run(&["rename", "Support", "Other"]).ok();
    assert_eq!(served.call_as(&token, "GET", "/instances").ok()["name"], "Other");
    home.run(&["remove", "Other"]).ok();
    served.call_as(&token, "GET", "/instances").refused(401);
}
