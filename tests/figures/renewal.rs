//! Measures what `keyrack token` adds to a refresh: printing an expired token beside the bare refresh call at the same
//! provider. Both rotate their refresh token each time.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::elements::oidc_element;
use crate::support::home::{Home, wait_until};
use crate::support::servers::{self, CLIENT_ID, CLIENT_SECRET, Server, write_element};
use crate::support::visitor;
use crate::{command, median, release, row, timed};

/// Runs of each. The token must expire before each of ours, which takes a second.
const TURNS: usize = 25;

pub fn figures() {
    let home = Home::new();
    let server = Server::oidc(json!({ "life": 1 }));
    server.register(json!({ "token_endpoint_auth_method": "client_secret_post" }));
    let element = oidc_element("acme", &server.url)
        .replace("client_authentication = \"basic\"", "client_authentication = \"body\"");
    write_element(&home, "acme", &element);
    for name in ["Ours", "Bare"] {
        servers::connect(&home, "acme", "maria", &["--name", name]).ok();
    }
    let items = home.session.items();
    let bare = items.iter().find(|item| item["name"] == "Bare").expect("connected");
    let mut refresh_token = bare["refresh_token"].as_str().expect("one").to_owned();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let list = home.list();
        let row = list.iter().find(|row| row["name"] == "Ours").expect("listed");
        wait_until(row["expires_at"].as_i64().expect("an end"));
        let program = release("keyrack");
        ours.push(timed(command(&home, program.to_str().expect("a plain path"), &["token", "Ours"])));
        let (took, next) = exchange(&server, &refresh_token);
        theirs.push(took);
        refresh_token = next;
    }
    let (ours, theirs) = (median(ours.into_iter()), median(theirs.into_iter()));
    println!("\nAn expired token at oidc-provider, {TURNS} turns each");
    row("print it, renewed", "ms", "refresh call alone", ours, theirs);
    println!("{:<30}{:>9.1} ms", "overhead", ours - theirs);
}

/// Refreshes over a bare socket; returns the milliseconds and the new refresh token.
fn exchange(server: &Server, refresh_token: &str) -> (f64, String) {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", refresh_token)
        .append_pair("client_id", CLIENT_ID)
        .append_pair("client_secret", CLIENT_SECRET)
        .finish();
    let begin = Instant::now();
    let answer = visitor::send(
        &server.at("/token"),
        "POST",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        &form,
    );
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
    (took, answer["refresh_token"].as_str().expect("rotated").to_owned())
}
