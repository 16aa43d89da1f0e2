//! The program at a terminal, which a pseudoterminal stands in for.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, tcgetattr};

use crate::support::home::{Home, eventually};
use crate::support::keyrack::Running;
use crate::support::session::Session;
use crate::support::user;

struct Terminal {
    user: File,
    program: File,
}

impl Terminal {
    fn open() -> Self {
        let pair = openpty(None, None).expect("a pseudoterminal");
        Self { user: pair.master.into(), program: pair.slave.into() }
    }

    fn start(&self, mut command: Command) -> Running {
        command.stdin(Stdio::from(self.program.try_clone().expect("a descriptor")));
        Running::start_at(command)
    }

    fn flags(&self) -> LocalFlags {
        tcgetattr(&self.program).expect("settings").local_flags
    }

    fn wait_for(&self, what: &str, changed: impl Fn(LocalFlags) -> bool) {
        eventually(what, || changed(self.flags()).then_some(()));
    }

    fn type_text(&mut self, text: &str) {
        self.user.write_all(text.as_bytes()).expect("typed");
    }
}

const CONNECT: [&str; 10] = [
    "connect",
    "zendesk",
    "--workspace",
    "local",
    "--set",
    "zendesk.subdomain=acme",
    "--set",
    "oauth.api.key=client",
    "--secret",
    "oauth.api.secret=-",
];

#[test]
fn a_secret_at_a_terminal_is_one_line_without_echo() {
    for (typed, goes_on) in
        [("hunter2\n", true), ("\x1b[200~hunter2\x1b[201~\r", true), ("hun\x03", false), ("\x04", false)]
    {
        let home = Home::new();
        let mut terminal = Terminal::open();
        let before = terminal.flags();
        let mut running = terminal.start(home.command(&[&CONNECT[..], &["--no-browser"]].concat()));
        terminal.wait_for("the echo is off", |flags| !flags.contains(LocalFlags::ECHO));
        terminal.type_text(typed);
        terminal.wait_for("the settings are restored", |flags| flags == before);
        if goes_on {
            running.line("open: ");
            running.interrupt();
        }
        let outcome = running.wait();
        assert_ne!(outcome.code(), Some(0));
        let prompt = "Type or paste oauth.api.secret, then press Enter. It is not shown.\n";
        assert!(outcome.stderr.starts_with(prompt), "{typed:?} {}", outcome.stderr);
        assert!(!outcome.stderr.contains("hun"), "{}", outcome.stderr);
    }
}

#[test]
fn a_new_key_is_asked_for_at_a_terminal() {
    let home = Home::new();
    home.practise(&["stripe", "--name", "Shop"], &[]).wait().ok();
    let mut terminal = Terminal::open();
    let running = terminal.start(home.command(&["replace-key", "Shop"]));
    terminal.wait_for("the echo is off", |flags| !flags.contains(LocalFlags::ECHO));
    terminal.type_text("sk_new_1\n");
    let outcome = running.wait().ok();
    assert!(outcome.stderr.contains("The key of Shop is replaced"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("sk_new_1"), "{}", outcome.stderr);
    assert_eq!(home.run(&["token", "Shop"]).ok().stdout, "sk_new_1\n");
}

#[test]
fn a_new_element_is_asked_for_at_a_terminal() {
    let home = Home::in_session(Session::without_keyring());
    let mut terminal = Terminal::open();
    let running = terminal.start(home.command(&["elements", "new", "acme"]));
    let answers = [
        "Acme",
        "key",
        "",
        "https://api.acme.example/v1",
        "X-Acme-Key: {token}",
        "https://api.acme.example/me",
        "",
    ];
    terminal.type_text(&(answers.join("\n") + "\n"));
    let outcome = running.wait().ok();
    assert!(outcome.stderr.contains("keyrack connect acme --workspace practice"), "{}", outcome.stderr);
    let file = outcome.stdout.trim();
    home.run(&["elements", "check", file]).ok();
    let text = std::fs::read_to_string(file).expect("written");
    assert!(text.contains("headers = { \"X-Acme-Key\" = \"{token}\" }"), "{text}");
}

#[test]
fn a_signal_restores_the_terminal() {
    for signal in ["-TERM", "-HUP", "-QUIT", "-INT"] {
        let home = Home::new();
        let terminal = Terminal::open();
        let before = terminal.flags();
        let running = terminal.start(home.command(&CONNECT));
        terminal.wait_for("the echo is off", |flags| !flags.contains(LocalFlags::ECHO));
        running.signal(signal);
        assert_eq!(running.wait().code(), Some(17), "{signal}");
        assert_eq!(terminal.flags(), before, "{signal}");
    }
}

#[test]
fn a_silent_pipe_is_given_up_at_the_timeout() {
    let home = Home::new();
    let pipe = home.path().with_extension("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is installed").success());
    let secret = format!("oauth.api.secret=file:{}", pipe.display());
    let arguments = [&CONNECT[..9], &[&secret, "--timeout", "1", "--json"]].concat();
    home.run(&arguments).error(2, "usage");
    assert!(home.opened_addresses().is_empty());
}

#[test]
fn an_ignored_hang_up_stays_ignored() {
    let home = Home::new();
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_keyrack")).args(["connect", "zendesk", "--workspace", "practice"]);
    command.arg("--no-browser").env_clear().envs(home.environment());
    let mut running = Running::start(command);
    let address = running.line("open: ");
    running.signal("-HUP");
    let tab = user::open_tab(&user::allow(&address));
    running.wait().ok();
    tab.join().expect("a tab").expect("a page");
}

/// A core dump holds the secrets in the memory of the program.
#[test]
fn no_core_is_dumped() {
    let home = Home::new();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited; cd \"$KEYRACK_CORES\"; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_keyrack")).args(["connect", "zendesk", "--workspace", "practice"]);
    let cores = tempfile::tempdir().expect("a folder");
    command.arg("--no-browser").env_clear().envs(home.environment()).env("KEYRACK_CORES", cores.path());
    let mut running = Running::start(command);
    running.line("open: ");
    running.signal("-ABRT");
    let outcome = running.wait();
    assert_eq!(outcome.code(), None, "the signal ended it");
    assert!(!outcome.dumped_core());
    assert_eq!(std::fs::read_dir(cores.path()).expect("listed").count(), 0, "no file is left");
}

#[test]
fn no_window_opens_without_a_display() {
    let home = Home::in_session(Session::without_keyring());
    for variables in [&[][..], &[("DISPLAY", ":65000")], &[("WAYLAND_DISPLAY", "gone")], &[("DISPLAY", "x")]]
    {
        let outcome = home.start_with(&["open"], variables).wait();
        let says = "keyrack: There is no display here; the command line works without one.\n";
        assert_eq!((outcome.code(), outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(2), "", says));
        home.start_with(&["open", "--json"], variables).wait().error(2, "usage");
    }
}

const PASTE: [&str; 14] = [
    "connect",
    "zendesk",
    "--workspace",
    "local",
    "--name",
    "Support",
    "--set",
    "zendesk.subdomain=acme",
    "--set",
    "oauth.api.key=client",
    "--secret",
    "oauth.api.secret=env:APP_SECRET",
    "--no-browser",
    "--paste",
];

/// A terminal in line mode cuts what is longer than 4095 bytes.
#[test]
fn a_long_address_is_pasted_whole() {
    let home = Home::new();
    let mut terminal = Terminal::open();
    let before = terminal.flags();
    let mut command = home.command(&PASTE);
    command.args(["--set", "oauth.callback.url=https://www.example.test/cb"]).env("APP_SECRET", "hidden");
    let mut running = terminal.start(command);
    running.line("paste the address");
    terminal.wait_for("the line mode is left", |flags| !flags.contains(LocalFlags::ICANON));
    // It is whole, so it is refused for its state and not for its end.
    terminal.type_text(&format!("https://www.example.test/cb?code={}&state=other&x=1\n", "c".repeat(6000)));
    running.line("The pasted address belongs to another sign-in.");
    terminal.type_text("https://www.example.test/cb#nothing\n");
    running.line("This is not the address");
    running.interrupt();
    assert_eq!(running.wait().code(), Some(17));
    assert_eq!(terminal.flags(), before);
}

/// Reading the terminal in the background stops a job.
#[test]
fn a_background_job_goes_on() {
    let home = Home::new();
    let terminal = Terminal::open();
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait", "bash", "-c", "set -m; \"$0\" \"$@\" & wait $!"]);
    command.arg(env!("CARGO_BIN_EXE_keyrack")).args(["connect", "zendesk", "--workspace", "practice"]);
    command.args(["--no-browser", "--paste"]).env_clear().envs(home.environment());
    let mut running = terminal.start(command);
    let address = running.line("open: ");
    running.line("paste the address");
    let tab = user::open_tab(&user::allow(&address));
    running.wait().ok();
    let page = tab.join().expect("a tab").expect("a page");
    assert!(page.body.contains("is connected"), "{}", page.body);
}
