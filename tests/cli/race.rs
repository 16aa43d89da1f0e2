//! Many programs that want the same expired token at a provider that rotates, and ends the grant if a refresh token
//! comes twice: one of them renews. And one that is killed while it does.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::home::{Home, wait_until};
use crate::support::keyrack::Outcome;
use crate::support::servers::{self, Server, oidc_element, write_element};
use crate::support::{random::Random, rounds_of};

/// How many programs ask at once.
const PROGRAMS: usize = 20;

fn connected(home: &Home) -> Server {
    let server = Server::oidc_with_client(json!({}));
    write_element(home, "acme", &oidc_element("acme", &server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    server
}

/// Leaves a token that has ended; the next one lives long.
fn expire(home: &Home, server: &Server) {
    server.set_life(1);
    home.run(&["renew", "Anvils"]).ok();
    server.set_life(600);
    wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));
}

#[test]
fn of_twenty_programs_that_ask_at_once_one_renews() {
    let home = Home::new();
    let server = connected(&home);
    for round in 0..rounds_of(5, 50) {
        expire(&home, &server);
        let before = server.token_calls("refresh_token");
        // Slow enough that all of them meet at the lock.
        server.control("next", json!({ "after_ms": 300 }));
        let running: Vec<_> = (0..PROGRAMS)
            .map(|n| home.start(if n % 5 == 4 { &["test", "Anvils"] } else { &["token", "Anvils"] }))
            .collect();
        let ended: Vec<_> = running.into_iter().map(|running| running.wait().ok()).collect();
        assert_eq!(server.token_calls("refresh_token"), before + 1, "round {round}");
        let token = home.session.items()[0]["access_token"].as_str().expect("a token").to_owned();
        let printed = ended.iter().filter(|outcome| outcome.stdout.trim_end() == token).count();
        assert_eq!(printed, PROGRAMS - PROGRAMS / 5, "round {round}: each has the one new token");
        assert!(server.accepts(&token), "round {round}");
    }
    let counts = server.counts();
    assert_eq!((&counts["replays"], &counts["revoked_grants"]), (&json!(0), &json!(0)), "the grant is alive");
    assert_eq!(home.list()[0]["status"], "ok");
}

fn sign_in_again(home: &Home) {
    servers::sign_in(home, &["reconnect", "Anvils"], "maria", &[]).ok();
}

/// What a connection is found in after its refresher was killed.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// A token that works.
    Alive,
    /// Nothing, and it says so.
    Ended,
}

/// Asks for a token and holds the program to its word.
fn found(home: &Home, server: &Server, what: &str) -> Found {
    let outcome: Outcome = home.run(&["token", "Anvils", "--json"]);
    let state = home.list()[0]["status"].clone();
    if outcome.code() == Some(0) {
        let token = outcome.json()["token"].as_str().expect("a token").to_owned();
        assert!(server.accepts(&token), "{what}: a token that is handed out works");
        assert_eq!(state, "ok", "{what}");
        let refresh = home.session.items()[0]["refresh_token"].as_str().expect("one").to_owned();
        assert!(server.accepts(&refresh), "{what}: and so does the one that renews it");
        Found::Alive
    } else {
        outcome.error(10, "sign_in_expired");
        assert_eq!(state, "needs_sign_in", "{what}");
        let said = home.run(&["token", "Anvils"]);
        assert!(said.stderr.contains("has ended"), "{what}: {}", said.stderr);
        Found::Ended
    }
}

#[test]
fn a_refresher_killed_at_a_random_point_loses_nothing_that_was_in_the_keychain() {
    let home = Home::new();
    let server = connected(&home);
    let mut chance = Random::new();
    let (mut alive, mut ended, mut early) = (0, 0, 0);
    // How long a renewal takes here that nobody kills: about half of it is over when the provider is asked.
    expire(&home, &server);
    let begun = Instant::now();
    home.run(&["token", "Anvils"]).ok();
    let usual = u64::try_from(begun.elapsed().as_millis()).expect("a short time");
    for round in 0..rounds_of(20, 200) {
        expire(&home, &server);
        let granted = server.counts()["granted"]["refresh_token"].clone();
        let old = home.session.items()[0]["refresh_token"].clone();
        // Around the moments at which the answer comes and is written, and well before and after them.
        let answer = chance.below(60);
        let kill = usual / 3 + chance.below(usual + answer);
        server.control("next", json!({ "after_ms": answer }));
        let refresher = home.start(&["token", "Anvils"]);
        thread::sleep(Duration::from_millis(kill));
        refresher.kill();
        let new = home.session.items()[0]["refresh_token"].clone();
        let was_granted = server.counts()["granted"]["refresh_token"] != granted;
        let what =
            format!("seed {}, round {round}, answer after {answer} ms, kill after {kill} ms", chance.seed);
        match found(&home, &server, &what) {
            Found::Alive => alive += 1,
            Found::Ended => {
                assert_eq!(old, new, "{what}: once the new token is in the keychain, it is not lost");
                assert!(was_granted, "{what}: what was not answered is not lost either");
                ended += 1;
                sign_in_again(&home);
            }
        }
        early += u32::from(!was_granted);
    }
    println!(
        "seed {}: {alive} went on, {ended} need a sign-in, {early} were killed before the provider answered",
        chance.seed
    );
    home.assert_consistent(1);
}

#[test]
fn nothing_but_the_write_stands_between_the_answer_and_the_keychain() {
    let home = Home::new();
    let server = connected(&home);
    for (point, wanted) in [("renewal_answered", Found::Ended), ("renewal_kept", Found::Alive)] {
        expire(&home, &server);
        let mut refresher = home.start_with(&["token", "Anvils"], &[("KEYRACK_FAULT", point)]);
        refresher.line(&format!("fault: {point}"));
        refresher.kill();
        assert_eq!(found(&home, &server, point), wanted, "{point}");
        if wanted == Found::Ended {
            sign_in_again(&home);
        }
    }
    home.assert_consistent(1);
}

#[test]
fn a_lock_dies_with_its_holder() {
    let home = Home::new();
    let server = connected(&home);
    expire(&home, &server);
    // Held by a program that hangs before it has asked for anything.
    server.control("next", json!({ "before_ms": 60_000 }));
    let holder = home.start(&["token", "Anvils"]);
    let asked = || server.control("pending", json!({}))["calls"].as_u64() > Some(0);
    crate::support::home::eventually("the refresher asks", || asked().then_some(()));
    let waiting = home.start(&["token", "Anvils"]);
    let _ =
        Command::new("kill").args(["-KILL", &holder.id().to_string()]).status().expect("kill is installed");
    let printed = waiting.wait().ok().stdout;
    assert!(server.accepts(printed.trim_end()));
    drop(holder);
}
