//! Measures `keyrack serve` under load beside its lower bound, the provider's token call and a keychain write, each alone;
//! and a call through it beside the same call made directly.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use keyrack::domain::oauth::pkce::Verifier;
use serde_json::Value;
use url::Url;

use crate::support::home::Home;
use crate::support::{http, user};
use crate::{median, release, row};

/// Instances to create.
const INSTANCES: usize = 1_000;
/// Clients that create them concurrently.
const CLIENTS: usize = 64;
/// Calls through the pass-through, and as many directly.
const CALLS: usize = 300;
/// Never opened: the code is read from the provider's redirect.
const CALLBACK: &str = "https://figures.example/callback";
/// About the size of a connection's keychain item.
const ITEM_BYTES: usize = 1_100;

pub fn figures() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let made = instances(&home, &serving);
    let token = bare_token_calls(&serving);
    let write = bare_writes();
    println!(
        "\n{INSTANCES} instances by {CLIENTS} clients at once; rival: a token call plus a keychain write, each alone"
    );
    let per_second = |total: Duration| INSTANCES as f64 / total.as_secs_f64();
    let floor = token.total + write.total;
    row("instances made", "/s", "one after the other", per_second(made.total), per_second(floor));
    row("time of all", "s", "one after the other", made.total.as_secs_f64(), floor.as_secs_f64());
    row("mean", "ms", "sum of means", made.mean(), token.mean() + write.mean());
    row("median", "ms", "sum of medians", made.at(0.5), token.at(0.5) + write.at(0.5));
    row("99th percentile", "ms", "sum of them", made.at(0.99), token.at(0.99) + write.at(0.99));
    row("keychain writes alone", "/s", "token calls alone", per_second(write.total), per_second(token.total));
    pass_through(&home, &serving);
}

/// The time of each call in milliseconds, and the time of all.
struct Times {
    each: Vec<f64>,
    total: Duration,
}

impl Times {
    fn mean(&self) -> f64 {
        self.each.iter().sum::<f64>() / self.each.len() as f64
    }

    fn at(&self, part: f64) -> f64 {
        let mut sorted = self.each.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[((sorted.len() - 1) as f64 * part).round() as usize]
    }
}

/// Runs the jobs on all clients concurrently.
fn by_clients<J: Send + Sync>(jobs: &[J], work: impl Fn(&J) + Sync) -> Times {
    let (next, each) = (Mutex::new(0), Mutex::new(Vec::with_capacity(jobs.len())));
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let job = {
                        let mut next = next.lock().expect("no panic");
                        *next += 1;
                        jobs.get(*next - 1)
                    };
                    let Some(job) = job else { return };
                    let begin = Instant::now();
                    work(job);
                    each.lock().expect("no panic").push(begin.elapsed().as_secs_f64() * 1000.0);
                }
            });
        }
    });
    Times { each: each.into_inner().expect("no panic"), total: begin.elapsed() }
}

/// Prepares the input of each call on all clients concurrently, because a code lives for one minute.
fn prepared<J: Send>(make: impl Fn(usize) -> J + Sync) -> Vec<J> {
    let (numbers, jobs) = ((0..INSTANCES).collect::<Vec<_>>(), Mutex::new(Vec::with_capacity(INSTANCES)));
    by_clients(&numbers, |n| {
        let job = make(*n);
        jobs.lock().expect("no panic").push(job);
    });
    jobs.into_inner().expect("no panic")
}

struct Serving {
    child: Child,
    base_url: String,
    authorization: String,
}

impl Serving {
    fn start(home: &Home) -> Self {
        let mut child = Command::new(release("keyrack"))
            .args(["serve", "--workspace", "practice", "--show-secrets"])
            .env_clear()
            .envs(home.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut read = |beginning: &str| {
            let line = lines.next().expect("a line").expect("text");
            line.strip_prefix(beginning).unwrap_or_else(|| panic!("{beginning} in {line}")).to_owned()
        };
        let base_url = read("base_url: ");
        let authorization = read("authorization: ");
        Self { child, base_url, authorization }
    }

    fn url(&self, path: &str) -> Url {
        format!("{}{path}", self.base_url).parse().expect("an address")
    }

    fn call(&self, method: &str, path: &str, authorization: &str, body: &str) -> Value {
        let url = self.url(path);
        let head = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            http::target(&url),
            http::authority(&url),
            body.len()
        );
        let answer = http::send(&url, &head).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// The address of the sign-in.
    fn oauth_url(&self, state: &str) -> Url {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("apiKey", "figures")
            .append_pair("apiSecret", "figures-secret")
            .append_pair("callbackUrl", CALLBACK)
            .append_pair("siteAddress", "acme")
            .append_pair("state", state)
            .finish();
        let answer =
            self.call("GET", &format!("/elements/zendesk/oauth/url?{query}"), &self.authorization, "");
        answer["oauthUrl"].as_str().expect("an address").parse().expect("an address")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn code_of(callback: &Url) -> String {
    let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code");
    code.1.into_owned()
}

fn instances(home: &Home, serving: &Serving) -> Times {
    let jobs = prepared(|n| {
        let state = format!("figures-{n}");
        let code = code_of(&user::allow(serving.oauth_url(&state).as_str()));
        serde_json::json!({
            "name": format!("Account {n}"),
            "element": { "key": "zendesk" },
            "providerData": { "code": code, "state": state },
            "configuration": {
                "oauth.api.key": "figures",
                "oauth.api.secret": "figures-secret",
                "oauth.callback.url": CALLBACK,
                "zendesk.subdomain": "acme",
            },
            "tags": ["figures"],
        })
        .to_string()
    });
    let ids = Mutex::new(BTreeSet::new());
    let times = by_clients(&jobs, |body| {
        let made = serving.call("POST", "/instances", &serving.authorization, body);
        ids.lock().expect("no panic").insert(made["id"].to_string());
    });
    let rows = home.list().len();
    assert_eq!(
        (ids.into_inner().expect("no panic").len(), rows),
        (INSTANCES, INSTANCES),
        "none lost or doubled"
    );
    // Reads every item and names those without a row.
    let doctor = home.run(&["doctor"]).ok().stdout;
    let whole =
        doctor.lines().any(|line| line.ends_with(&format!("{INSTANCES} connections, each with its item")));
    assert!(whole, "{doctor}");
    times
}

/// Calls the provider the way `serve` does.
fn bare_token_calls(serving: &Serving) -> Times {
    let authorize = serving.oauth_url("bare");
    let token = authorize.join("token").expect("an address");
    let jobs = prepared(|n| {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&(n as u64).to_le_bytes());
        let verifier = Verifier::from_random(seed);
        let mut address = authorize.clone();
        let challenge = verifier.challenge();
        address.query_pairs_mut().clear().extend_pairs(authorize.query_pairs().map(|(name, value)| {
            let value = if name == "code_challenge" { challenge.clone().into() } else { value };
            (name, value)
        }));
        (code_of(&user::allow(address.as_str())), verifier)
    });
    by_clients(&jobs, |(code, verifier)| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", "figures"),
            ("client_secret", "figures-secret"),
            ("code_verifier", verifier.secret().expose()),
        ];
        let answer = http::post(&token, &form).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    })
}

/// Writes to a keyring as empty as that of `serve`.
fn bare_writes() -> Times {
    let home = Home::new();
    let out = Command::new(release("examples/bare_keychain"))
        .args([INSTANCES, CLIENTS, ITEM_BYTES].map(|n| n.to_string()))
        .env_clear()
        .envs(home.environment())
        .output()
        .expect("started");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut each: Vec<f64> =
        String::from_utf8_lossy(&out.stdout).lines().map(|line| line.parse().expect("a number")).collect();
    let total = Duration::from_secs_f64(each.pop().expect("a total") / 1000.0);
    Times { each, total }
}

fn pass_through(home: &Home, serving: &Serving) {
    let authorize = serving.oauth_url("through");
    let direct = authorize.join("../me").expect("an address");
    let listed = serving.call("GET", "/instances?pageSize=1", &serving.authorization, "");
    let element_token = listed[0]["token"].as_str().expect("a token").to_owned();
    let user = serving.authorization.split(',').next().expect("a User secret").to_owned();
    let through = format!("{user}, Element {element_token}");
    let name = listed[0]["name"].as_str().expect("a name");
    let token = home.run(&["token", name]).ok().stdout.trim_end().to_owned();
    let ask = |url: &Url, authorization: &str| {
        let text = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n",
            http::target(url),
            http::authority(url)
        );
        let begin = Instant::now();
        let answer = http::send(url, &text).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        begin.elapsed().as_secs_f64() * 1000.0
    };
    let raw = serving.url("/raw/me");
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        a.push(ask(&raw, &through));
        b.push(ask(&direct, &format!("Bearer {token}")));
    }
    row("a call through serve", "ms", "the same directly", median(a.into_iter()), median(b.into_iter()));
}
