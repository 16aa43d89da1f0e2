//! Measures Keyrack beside a rival in the same run: the window against an empty window of the same toolkit, printing a
//! token against `secret-tool lookup`, renewing one against the bare exchange, `keyrack serve` against the provider and
//! the keychain alone. Prints medians of alternating runs, so that a busy machine slows both alike. No figure fails.

#[path = "../support/mod.rs"]
mod support;

mod catalogue;
mod renewal;
mod screen;
mod serve;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keyrack::domain::workspace::WorkspaceId;
use keyrack::io::index::Index;
use screen::Screen;
use support::display::Display;
use support::home::Home;

/// Rows in the list.
const CONNECTIONS: usize = 1_000;
/// Starts of each window.
const WINDOWS: usize = 9;
/// Runs of each command.
const COMMANDS: usize = 60;
/// How long a window takes to settle.
const REST: Duration = Duration::from_secs(4);

fn main() {
    if let Some(command) = std::env::args().nth(1).filter(|a| a == "--peak") {
        return peak_of_child(&command);
    }
    // Only one part, while working on it.
    let part = std::env::var("KEYRACK_FIGURES").unwrap_or_default();
    match part.as_str() {
        "catalogue" => return catalogue::figures(),
        "serve" => return serve::figures(),
        "renewal" => return renewal::figures(),
        _ => {}
    }
    let home = Home::new();
    home.connect(&["zendesk", "--name", "Figures"]);
    fill(&home);
    println!("Medians. {CONNECTIONS} connections in the list. Ratio: ours to the rival's.\n");
    windows(&home);
    tokens(&home);
    sizes();
    catalogue::figures();
    renewal::figures();
    serve::figures();
}

fn release(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release").join(name);
    assert!(path.exists(), "{} is not built: run make bench", path.display());
    path
}

/// Adds rows like the connected one, so that a new fact of a connection is no concern of this program.
fn fill(home: &Home) {
    let index = Index::open(&home.path().join("data/index.sqlite3")).expect("an index");
    let mut row = index.connections(None).expect("readable").pop().expect("connected");
    row.workspace = WorkspaceId::Local;
    row.instance = None;
    for number in 0..CONNECTIONS {
        row.id = format!("{number:032x}");
        row.element = ["zendesk", "sfdc", "ciscospark", "desk"][number % 4].into();
        row.name = format!("Account {number:04}");
        row.identity = Some(format!("user{number}@acme.example"));
        let mut token = [0; 32];
        token[..8].copy_from_slice(&(number as u64).to_le_bytes());
        index.finish_attempt(&row, &token).expect("a row");
    }
}

/// One start of a window.
struct Start {
    mapped: Duration,
    painted: Duration,
    pss_kib: u64,
}

fn windows(home: &Home) {
    let display = Display::start();
    let ours = release("keyrack-desktop");
    let rival = release("examples/empty_window");
    // The settled picture of each, to detect when it has been painted.
    let at_rest = [&ours, &rival].map(|program| start(home, &display, program, None).1);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        a.push(start(home, &display, &ours, Some(&at_rest[0])).0);
        b.push(start(home, &display, &rival, Some(&at_rest[1])).0);
    }
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    row(
        "window mapped",
        "ms",
        "empty window",
        median(a.iter().map(|s| ms(s.mapped))),
        median(b.iter().map(|s| ms(s.mapped))),
    );
    row(
        "list painted",
        "ms",
        "empty window",
        median(a.iter().map(|s| ms(s.painted))),
        median(b.iter().map(|s| ms(s.painted))),
    );
    let mib = |s: &Start| s.pss_kib as f64 / 1024.0;
    row(
        "memory (PSS, all processes)",
        "MiB",
        "empty window",
        median(a.iter().map(mib)),
        median(b.iter().map(mib)),
    );
}

fn start(home: &Home, display: &Display, program: &Path, at_rest: Option<&[u8]>) -> (Start, Vec<u8>) {
    let screen = Screen::watch(&display.name);
    let begin = Instant::now();
    let mut child = Command::new(program)
        .env_clear()
        .envs(home.environment())
        .env("DISPLAY", &display.name)
        .env("NO_AT_BRIDGE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let window = screen.mapped();
    let mapped = begin.elapsed();
    if let Some(at_rest) = at_rest {
        screen.until(window, at_rest);
    }
    let painted = begin.elapsed();
    std::thread::sleep(REST);
    let picture = screen.screenshot(window);
    let pss_kib = pss(child.id());
    end(&mut child);
    screen.unmapped(window);
    (Start { mapped, painted, pss_kib }, picture)
}

fn end(child: &mut Child) {
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    let _ = child.wait();
}

/// The proportional set size of a process and its descendants, in KiB.
fn pss(root: u32) -> u64 {
    let mut total = 0;
    let mut ids = vec![root];
    while let Some(id) = ids.pop() {
        let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let line = rollup.lines().find(|l| l.starts_with("Pss:")).unwrap_or_default();
        total += line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or_default();
        for thread in fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            ids.extend(children.split_whitespace().filter_map(|n| n.parse::<u32>().ok()));
        }
    }
    total
}

fn tokens(home: &Home) {
    let ours = release("keyrack");
    let user = {
        let id = home.list().iter().find(|c| c["name"] == "Figures").expect("connected")["id"].clone();
        let home_id = fs::read_to_string(home.path().join("data/home-id")).expect("a home id");
        format!("{}:{}", home_id.trim(), id.as_str().expect("text"))
    };
    let token = || command(home, ours.to_str().expect("a plain path"), &["token", "Figures"]);
    let lookup = || command(home, "secret-tool", &["lookup", "service", "keyrack", "username", &user]);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..COMMANDS {
        a.push(timed(token()));
        b.push(timed(lookup()));
    }
    row("print a token", "ms", "secret-tool lookup", median(a.into_iter()), median(b.into_iter()));
    let peak = |of: Command| {
        let myself = std::env::current_exe().expect("a path");
        let mut outer = Command::new(myself);
        outer.arg("--peak").arg(of.get_program()).args(of.get_args()).env_clear().envs(home.environment());
        let out = outer.output().expect("measured");
        String::from_utf8_lossy(&out.stdout).trim().parse::<f64>().expect("a number") / 1024.0
    };
    row("peak memory of that", "MiB", "secret-tool lookup", peak(token()), peak(lookup()));
}

fn command(home: &Home, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(home.environment()).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn timed(mut command: Command) -> f64 {
    let begin = Instant::now();
    let status = command.status().expect("started");
    let taken = begin.elapsed().as_secs_f64() * 1000.0;
    assert!(status.success(), "{command:?}");
    taken
}

/// Runs the command after `--peak` and prints its peak memory in KiB. Needs a process of its own, because the operating
/// system reports one maximum for all children; the few MiB of this program are the least it can report.
fn peak_of_child(_: &str) {
    let mut words = std::env::args().skip(2);
    let mut command = Command::new(words.next().expect("a command"));
    let status = command.args(words).stdout(Stdio::null()).status().expect("started");
    assert!(status.success());
    let usage =
        nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).expect("getrusage");
    println!("{}", usage.max_rss());
}

fn sizes() {
    let mb = |path: &Path| fs::metadata(path).map(|m| m.len() as f64 / 1e6).unwrap_or_default();
    let empty = mb(&release("examples/empty_window"));
    row("size of keyrack-desktop", "MB", "empty window", mb(&release("keyrack-desktop")), empty);
    println!("{:<30}{:>9.1} MB", "size of keyrack", mb(&release("keyrack")));
    let debs = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/bundle/deb"));
    let debs = debs.into_iter().flatten().flatten().map(|e| e.path());
    for deb in debs.filter(|p| p.extension().is_some_and(|e| e == "deb")) {
        println!("{:<30}{:>9.1} MB", "size of the .deb", mb(&deb));
    }
}

fn row(what: &str, unit: &str, rival: &str, ours: f64, theirs: f64) {
    println!(
        "{what:<30}{ours:>9.1} {unit:<4} {rival:<20}{theirs:>9.1} {unit:<4} ratio {:>5.2}",
        ours / theirs
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
