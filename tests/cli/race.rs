//! Concurrent processes with the same expired token, at a provider that rotates refresh tokens and ends the grant if one
//! is used twice; and processes that are killed during a renewal.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::elements::oidc_element;
use crate::support::home::{Home, wait_until};
use crate::support::servers::{self, Server, write_element};
use crate::support::{random::Random, rounds_of};

/// The number of concurrent processes.
const PROGRAMS: usize = 20;

fn connect(home: &Home) -> Server {
    let server = Server::oidc_with_client(json!({}));
    write_element(home, "acme", &oidc_element("acme", &server.url));
    servers::connect(home, "acme", "maria", &["--name", "Anvils"]).ok();
    server
}

/// Leaves an expired token; the next one lives long.
fn expire(home: &Home, server: &Server) {
    server.set_life(1);
    home.run(&["renew", "Anvils"]).ok();
    server.set_life(600);
    wait_until(home.list()[0]["expires_at"].as_i64().expect("an end"));
}

#[test]
fn one_of_twenty_concurrent_processes_renews() {
    let home = Home::new();
    let server = connect(&home);
    for round in 0..rounds_of(5, 50) {
        expire(&home, &server);
        let before = server.token_calls("refresh_token");
        // Slow enough that all of them wait for the lock.
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
    assert_eq!((&counts["replays"], &counts["revoked_grants"]), (&json!(0), &json!(0)), "the grant is valid");
    assert_eq!(home.list()[0]["status"], "ok");
}

fn sign_in_again(home: &Home) {
    servers::sign_in(home, &["reconnect", "Anvils"], "maria", &[]).ok();
}

/// The state of a connection after its renewal was killed.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The token works.
    Alive,
    /// A new sign-in is needed, which is reported.
    Ended,
}

/// Requests a token and checks that the result is true.
fn check_token(home: &Home, server: &Server, what: &str) -> Outcome {
    let outcome = home.run(&["token", "Anvils", "--json"]);
    let state = home.list()[0]["status"].clone();
    if outcome.code() == Some(0) {
        let token = outcome.json()["token"].as_str().expect("a token").to_owned();
        assert!(server.accepts(&token), "{what}: the printed token works");
        assert_eq!(state, "ok", "{what}");
        let refresh = home.session.items()[0]["refresh_token"].as_str().expect("one").to_owned();
        assert!(server.accepts(&refresh), "{what}: the refresh token works");
        Outcome::Alive
    } else {
        outcome.error(10, "sign_in_expired");
        assert_eq!(state, "needs_sign_in", "{what}");
        let plain = home.run(&["token", "Anvils"]);
        assert!(plain.stderr.contains("has ended"), "{what}: {}", plain.stderr);
        Outcome::Ended
    }
}

#[test]
fn a_renewal_killed_at_a_random_point_loses_nothing_in_the_keychain() {
    let home = Home::new();
    let server = connect(&home);
    let mut random = Random::new();
    let (mut alive, mut ended, mut early) = (0, 0, 0);
    // The time of an uninterrupted renewal; the request is sent after about half of it.
    expire(&home, &server);
    let begun = Instant::now();
    home.run(&["token", "Anvils"]).ok();
    let usual = u64::try_from(begun.elapsed().as_millis()).expect("a short time");
    for round in 0..rounds_of(20, 200) {
        expire(&home, &server);
        let granted = server.counts()["granted"]["refresh_token"].clone();
        let old = home.session.items()[0]["refresh_token"].clone();
        // Around the moments at which the response arrives and is saved, and well before and after them.
        let answer = random.below(60);
        let kill = usual / 3 + random.below(usual + answer);
        server.control("next", json!({ "after_ms": answer }));
        let refresher = home.start(&["token", "Anvils"]);
        thread::sleep(Duration::from_millis(kill));
        refresher.kill();
        let new = home.session.items()[0]["refresh_token"].clone();
        let was_granted = server.counts()["granted"]["refresh_token"] != granted;
        let what =
            format!("seed {}, round {round}, answer after {answer} ms, kill after {kill} ms", random.seed);
        match check_token(&home, &server, &what) {
            Outcome::Alive => alive += 1,
            Outcome::Ended => {
                assert_eq!(old, new, "{what}: once the new token is in the keychain, it is not lost");
                assert!(was_granted, "{what}: nothing is lost before the response");
                ended += 1;
                sign_in_again(&home);
            }
        }
        early += u32::from(!was_granted);
    }
    println!(
        "seed {}: {alive} continued, {ended} need a sign-in, {early} were killed before the response",
        random.seed
    );
    home.assert_consistent(1);
}

#[test]
fn a_renewed_token_is_saved_directly_after_the_response() {
    let home = Home::new();
    let server = connect(&home);
    for (point, wanted) in [("renewal_answered", Outcome::Ended), ("renewal_kept", Outcome::Alive)] {
        expire(&home, &server);
        let mut refresher = home.start_with(&["token", "Anvils"], &[("KEYRACK_FAULT", point)]);
        refresher.line(&format!("fault: {point}"));
        refresher.kill();
        assert_eq!(check_token(&home, &server, point), wanted, "{point}");
        if wanted == Outcome::Ended {
            sign_in_again(&home);
        }
    }
    home.assert_consistent(1);
}

#[test]
fn a_lock_is_released_when_its_holder_is_killed() {
    let home = Home::new();
    let server = connect(&home);
    expire(&home, &server);
    // Held by a process whose request is delayed.
    server.control("next", json!({ "before_ms": 60_000 }));
    let holder = home.start(&["token", "Anvils"]);
    let is_pending = || server.control("pending", json!({}))["calls"].as_u64() > Some(0);
    crate::support::home::eventually("a request for renewal", || is_pending().then_some(()));
    let waiting = home.start(&["token", "Anvils"]);
    let _ =
        Command::new("kill").args(["-KILL", &holder.id().to_string()]).status().expect("kill is installed");
    let printed = waiting.wait().ok().stdout;
    assert!(server.accepts(printed.trim_end()));
    drop(holder);
}
