//! Certificate authorities of an organisation, and real proxies.
//!
//! `0.0.0.0` is used for another computer: it connects to this one and is not a loopback address.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::support::home::{Home, eventually};
use crate::support::keyrack::Outcome;
use crate::support::session::Session;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// In place of every secret that is sent through a proxy or to one.
const CANARY: &str = "canary-of-the-network";

/// An authority that no trust store contains.
static GATEWAY: LazyLock<Authority> = LazyLock::new(|| {
    let mut params = CertificateParams::new([]).expect("no names");
    params.distinguished_name.push(DnType::CommonName, "Example Gateway");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
});

/// A platform with a certificate of the gateway that refuses all secrets, which shows that a request arrived.
struct Platform {
    port: u16,
    seen: Arc<AtomicUsize>,
}

impl Platform {
    fn start() -> Self {
        let key = KeyPair::generate().expect("a key");
        let names = ["0.0.0.0".to_owned(), "localhost".to_owned()];
        let params = CertificateParams::new(names).expect("names");
        let certificate = params.signed_by(&key, &*GATEWAY).expect("signed");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("both versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a key that fits");
        let config = Arc::new(config);
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
        let port = socket.local_addr().expect("an address").port();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        std::thread::spawn(move || {
            for caller in socket.incoming().map_while(Result::ok) {
                let (config, count) = (config.clone(), count.clone());
                std::thread::spawn(move || refuse(caller, config, &count));
            }
        });
        Self { port, seen }
    }

    fn requests(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// Tries to add the platform as a workspace at this host.
    fn add(&self, home: &Home, host: &str, variables: &[(&str, &str)]) -> Outcome {
        let at = format!("https://{host}:{}/", self.port);
        let mut command = home.command(&["workspaces", "add", "Acme", "--at", &at, "--json"]);
        command.args(["--secret", "user=env:CANARY", "--secret", "organization=env:CANARY"]);
        command.env("CANARY", CANARY).envs(variables.iter().copied());
        crate::support::keyrack::Running::start(command).wait()
    }
}

fn refuse(caller: TcpStream, config: Arc<ServerConfig>, count: &AtomicUsize) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).expect("a connection"), caller);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    count.fetch_add(1, Ordering::SeqCst);
    let _ = stream.write_all(b"HTTP/1.1 401 No\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// A home that trusts the gateway.
fn trusting_home() -> Home {
    let home = Home::new();
    let file = write(&home, "gateway.pem", &GATEWAY.pem());
    home.run(&["trust", "add", &file]).ok();
    home
}

fn write(home: &Home, name: &str, text: &str) -> String {
    let file = home.path().with_file_name(name);
    fs::write(&file, text).expect("written");
    file.display().to_string()
}

/// An independent proxy server.
struct Proxy {
    child: Child,
    port: u16,
    log: PathBuf,
    _dir: tempfile::TempDir,
}

impl Proxy {
    fn start(more: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let (file, log) = (dir.path().join("tinyproxy.conf"), dir.path().join("log"));
        let text = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 20\nTimeout 30\nLogLevel Connect\n\
             LogFile \"{}\"\n{more}\n",
            log.display()
        );
        fs::write(&file, text).expect("written");
        let child = Command::new("tinyproxy")
            .args(["-d".as_ref(), "-c".as_ref(), file.as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .expect("tinyproxy is installed");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        eventually("the proxy listens", || TcpStream::connect(address).ok());
        Self { child, port, log, _dir: dir }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until the log contains a tunnel to this port.
    fn assert_passed(&self, port: u16) {
        let line = format!("CONNECT 0.0.0.0:{port}");
        eventually("a tunnel through the proxy", || {
            fs::read_to_string(&self.log).ok()?.contains(&line).then_some(())
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on which no server listens.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
    socket.local_addr().expect("an address").port()
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).expect("there").permissions().mode() & 0o777
}

#[test]
fn an_authority_is_added_listed_and_removed() {
    let home = Home::in_session(Session::without_keyring());
    let file = write(&home, "gateway.pem", &GATEWAY.pem());
    assert_eq!(home.json(&["trust", "list"]), Value::Array(vec![]));
    let added = home.json(&["trust", "add", &file]);
    assert_eq!(added[0]["subject"], "Example Gateway");
    assert_eq!(added[0]["issuer"], "Example Gateway");
    assert!(added[0]["expires_at"].as_i64().is_some_and(|ms| ms > 1_700_000_000_000));
    let sha256 = added[0]["sha256"].as_str().expect("text").to_owned();
    assert_eq!(sha256.len(), 64);
    assert_eq!(home.json(&["trust", "list"]), added);
    assert_eq!(mode(&home.path().join("config/extra-ca.pem")), 0o600);

    let listed = home.run(&["trust", "list"]).ok().stdout;
    assert!(listed.starts_with(&sha256) && listed.trim_end().ends_with("Example Gateway"), "{listed}");
    let again = home.run(&["trust", "add", &file]).ok();
    assert!(again.stdout.contains(&sha256), "{}", again.stdout);
    assert_eq!(home.json(&["trust", "list"]).as_array().map(Vec::len), Some(1), "listed once");

    let removed = home.json(&["trust", "remove", &sha256]);
    assert_eq!(removed["removed"]["sha256"], sha256.as_str());
    assert_eq!(home.json(&["trust", "list"]), Value::Array(vec![]));
    home.run(&["trust", "remove", &sha256, "--json"]).error(2, "usage");
}

#[test]
fn unusable_certificates_are_refused_and_keys_are_not_saved() {
    let home = Home::in_session(Session::without_keyring());
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["server.example".to_owned()]).expect("a name");
    let leaf = params.signed_by(&key, &*GATEWAY).expect("signed").pem();
    let secret = key.serialize_pem();
    for (name, text, says) in [
        ("key.pem", secret.clone(), "private key"),
        ("both.pem", GATEWAY.pem() + &secret, "private key"),
        ("garbage.pem", "garbage".to_owned(), "no certificate"),
        ("empty.pem", String::new(), "no certificate"),
        ("leaf.pem", leaf, "no authority"),
        ("large.pem", "#".repeat(65 * 1024), "larger than 64 kB"),
    ] {
        let file = write(&home, name, &text);
        let error = home.run(&["trust", "add", &file, "--json"]).error(2, "usage");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{name}: {error}");
        let plain = home.run(&["trust", "add", &file]);
        assert_eq!((plain.code(), plain.stdout.as_str()), (Some(2), ""), "{name}");
        assert!(plain.stderr.contains(says), "{}", plain.stderr);
    }
    let missing = home.path().with_file_name("missing.pem").display().to_string();
    home.run(&["trust", "add", &missing, "--json"]).error(2, "usage");
    assert_eq!(home.json(&["trust", "list"]), Value::Array(vec![]));
    let line = secret.lines().nth(1).expect("a line of the key").as_bytes();
    for (file, bytes) in home.files() {
        assert!(!bytes.windows(line.len()).any(|part| part == line), "{}", file.display());
    }
}

#[test]
fn an_unknown_authority_is_named_and_trusted_once_it_is_added() {
    let home = Home::new();
    let platform = Platform::start();
    let error = platform.add(&home, "0.0.0.0", &[]).error(12, "certificate_untrusted");
    assert_eq!(error["issuer"], "Example Gateway");
    assert_eq!(error["host"], "0.0.0.0");
    assert_eq!(platform.requests(), 0, "nothing was sent");

    let file = write(&home, "gateway.pem", &GATEWAY.pem());
    // Administrators replace the operating system's store this way, for instance in containers.
    platform.add(&home, "0.0.0.0", &[("SSL_CERT_FILE", file.as_str())]).error(10, "workspace_secrets");

    let none = [("SSL_CERT_FILE", "/dev/null")];
    let error = platform.add(&home, "0.0.0.0", &none).error(12, "certificate_untrusted");
    assert_eq!(error["detail"], "this computer has no list of certificate authorities");

    let added = home.json(&["trust", "add", &file]);
    platform.add(&home, "0.0.0.0", &[]).error(10, "workspace_secrets");
    platform.add(&home, "0.0.0.0", &none).error(10, "workspace_secrets");
    assert_eq!(platform.requests(), 3);

    home.run(&["trust", "remove", added[0]["sha256"].as_str().expect("text")]).ok();
    platform.add(&home, "0.0.0.0", &[]).error(12, "certificate_untrusted");
}

#[test]
fn proxy_variables_and_their_exceptions_are_used() {
    let home = trusting_home();
    let (platform, proxy) = (Platform::start(), Proxy::start(""));
    let address = proxy.address();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        fs::write(&proxy.log, "").expect("emptied");
        platform.add(&home, "0.0.0.0", &[(variable, &address)]).error(10, "workspace_secrets");
        proxy.assert_passed(platform.port);
    }
    assert_eq!(platform.requests(), 4);

    // This proxy does not exist, so a request that arrives bypassed it.
    let missing = format!("http://{CANARY}:{CANARY}@127.0.0.1:{}", free_port());
    for variable in ["NO_PROXY", "no_proxy"] {
        let variables = [("HTTPS_PROXY", missing.as_str()), (variable, "elsewhere.example, 0.0.0.0")];
        platform.add(&home, "0.0.0.0", &variables).error(10, "workspace_secrets");
    }
    let variables = [("HTTPS_PROXY", missing.as_str()), ("HTTP_PROXY", missing.as_str())];
    platform.add(&home, "localhost", &variables).error(10, "workspace_secrets");
    assert_eq!(platform.requests(), 7);

    let outcome = platform.add(&home, "0.0.0.0", &variables);
    let error = outcome.error(12, "platform_unreachable");
    assert_eq!((&error["detail"], &error["network"]), (&"the proxy does not answer".into(), &"proxy".into()));
    let socks = missing.replace("http://", "socks5h://");
    let other = platform.add(&home, "0.0.0.0", &[("ALL_PROXY", &socks)]);
    assert_eq!(other.error(12, "platform_unreachable")["detail"], "the proxy does not answer, or refuses");
    assert_no_secret(&home, &[outcome, other]);
}

#[test]
fn nothing_goes_out_while_a_proxy_variable_cannot_be_used() {
    let home = trusting_home();
    let (platform, proxy) = (Platform::start(), Proxy::start(""));
    let unusable = format!("http://keyrack:{CANARY}@127.0.0.1:{}x", proxy.port);
    let mut outcomes = Vec::new();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let outcome = platform.add(&home, "0.0.0.0", &[(variable, &unusable)]);
        let error = outcome.error(12, "platform_unreachable");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(variable)), "{error}");
        assert_eq!(error["network"], "proxy_variable");
        outcomes.push(outcome);

        let doctor = home.start_with(&["doctor"], &[(variable, &unusable)]).wait();
        assert_eq!(doctor.code(), Some(2));
        let line = doctor.stdout.lines().find(|line| line.contains("network")).expect("a finding");
        assert!(line.starts_with("problem") && line.contains(variable), "{line}");
        outcomes.push(doctor);
    }
    assert_eq!(platform.requests(), 0);

    // What only looks odd is used, also by a program that a web server starts.
    let odd =
        [("HTTPS_PROXY", format!(" '127.0.0.1:{}' ", proxy.port)), ("REQUEST_METHOD", "GET".to_owned())];
    let odd = odd.each_ref().map(|(name, value)| (*name, value.as_str()));
    outcomes.push(platform.add(&home, "0.0.0.0", &odd));
    outcomes[8].error(10, "workspace_secrets");
    proxy.assert_passed(platform.port);
    let locked = Proxy::start(&format!("BasicAuth keyrack {CANARY}"));
    let address = format!("keyrack:{CANARY}@127.0.0.1:{}", locked.port);
    let exempt = format!("elsewhere.example 0.0.0.0:{}", platform.port + 1);
    outcomes.push(platform.add(&home, "0.0.0.0", &[("https_proxy", &address), ("no_proxy", &exempt)]));
    outcomes[9].error(10, "workspace_secrets");
    locked.assert_passed(platform.port);
    assert_no_secret(&home, &outcomes);
}

#[test]
fn a_proxy_whose_certificate_is_not_trusted_is_named() {
    let home = Home::new();
    let (platform, proxy) = (Platform::start(), Platform::start());
    let address = format!("https://{CANARY}:{CANARY}@localhost:{}", proxy.port);
    let outcome = platform.add(&home, "0.0.0.0", &[("HTTPS_PROXY", &address)]);
    let error = outcome.error(12, "certificate_untrusted");
    assert_eq!(error["host"], format!("localhost:{}", proxy.port));
    assert_eq!(platform.requests() + proxy.requests(), 0, "nothing was sent");
    assert_no_secret(&home, &[outcome]);
}

#[test]
fn a_refusal_of_a_proxy_is_reported_without_its_password() {
    let home = trusting_home();
    let platform = Platform::start();
    let locked = Proxy::start(&format!("BasicAuth keyrack {CANARY}"));
    let mut outcomes = Vec::new();
    // This proxy refuses a wrong password with another status.
    for (who, says) in [
        ("", "the proxy wants a name and a password, or other ones"),
        ("keyrack:canary-of-another@", "the proxy refuses, or does not get through either"),
    ] {
        let address = format!("http://{who}127.0.0.1:{}", locked.port);
        let outcome = platform.add(&home, "0.0.0.0", &[("HTTPS_PROXY", &address)]);
        let error = outcome.error(12, "platform_unreachable");
        assert_eq!(error["detail"], says, "{who}");
        outcomes.push(outcome);
    }
    assert_eq!(platform.requests(), 0);
    let address = format!("http://keyrack:{CANARY}@127.0.0.1:{}", locked.port);
    outcomes.push(platform.add(&home, "0.0.0.0", &[("HTTPS_PROXY", &address)]));
    outcomes[2].error(10, "workspace_secrets");

    let strict = Proxy::start("ConnectPort 443");
    let outcome = platform.add(&home, "0.0.0.0", &[("HTTPS_PROXY", &strict.address())]);
    let error = outcome.error(12, "platform_unreachable");
    assert_eq!(error["detail"], "the proxy refuses, or does not get through either");
    outcomes.push(outcome);
    assert_no_secret(&home, &outcomes);
}

#[test]
fn doctor_names_the_proxy_without_its_password_and_the_added_authorities() {
    let home = trusting_home();
    let proxy = format!("http://{CANARY}:{CANARY}@proxy.example:3128/");
    let outcome = home.start_with(&["doctor", "--json"], &[("HTTPS_PROXY", &proxy)]).wait().ok();
    let json = outcome.json();
    let findings = json["findings"].as_array().expect("a list");
    let network = findings.iter().find(|finding| finding["check"] == "network").expect("a finding");
    let says = network["says"].as_str().expect("text");
    assert!(says.contains("proxy.example:3128") && says.contains("Example Gateway"), "{says}");
    let direct = home.start_with(&["doctor"], &[("HTTPS_PROXY", &proxy), ("NO_PROXY", "*")]).wait().ok();
    assert!(direct.stdout.contains("no proxy"), "{}", direct.stdout);
    assert_no_secret(&home, &[outcome, direct]);
}

/// Asserts that output and files contain no secret.
fn assert_no_secret(home: &Home, outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    }
    for (file, bytes) in home.files() {
        assert!(!bytes.windows(6).any(|part| part == b"canary"), "{}", file.display());
    }
}

#[test]
fn a_computer_without_a_trust_store_is_found_by_doctor() {
    let home = Home::new();
    let fine = home.run(&["doctor"]).ok();
    assert!(fine.stdout.contains("the system's certificate authorities"), "{}", fine.stdout);
    let empty = tempfile::tempdir().expect("a folder");
    let file = empty.path().join("none.pem");
    fs::write(&file, "").expect("written");
    let variables = [("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &empty.path().to_owned())];
    let variables = variables.map(|(name, path)| (name, path.to_str().expect("a plain path")));
    let outcome = home.start_with(&["doctor"], &variables).wait();
    assert_ne!(outcome.code(), Some(0), "{}", outcome.stdout);
    let row = outcome.stdout.lines().find(|line| line.contains("network")).expect("a row");
    assert!(row.starts_with("problem") && row.contains("no list of certificate authorities"), "{row}");
}
