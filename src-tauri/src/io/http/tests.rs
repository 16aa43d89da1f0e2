//! Over real sockets, with generated authorities and servers.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::*;
use crate::domain::certificate::CertificateProblem;
use crate::domain::error::{Code, Failure, NetworkFault};
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::io::clock;
use crate::io::trust::Trust;

/// In place of every secret: it must not appear in any output.
const CANARY: &str = "canary-4f3c2b1a09e8d7c6";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// An authority that no store contains.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).expect("no names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "Example Networks");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
}

/// TLS for a server called `name`, with a certificate from this authority.
fn server_tls(
    name: &str,
    ca: &CertifiedIssuer<'_, KeyPair>,
    change: impl FnOnce(&mut CertificateParams),
) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    change(&mut params);
    let certificate = params.signed_by(&key, ca).expect("signed");
    acceptor(&certificate, &key)
}

fn acceptor(certificate: &rcgen::Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("both versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a key that fits");
    TlsAcceptor::from(Arc::new(config))
}

/// Sends `answer` to every request and counts the requests.
async fn serve(tls: Option<TlsAcceptor>, answer: String) -> (Url, Arc<AtomicUsize>) {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://localhost:{port}/oauth/token").parse().expect("an address");
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.expect("a caller");
            match &tls {
                None => reply(stream, &answer, &count).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        reply(stream, &answer, &count).await;
                    }
                }
            }
        }
    });
    (url, seen)
}

async fn reply(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str, count: &AtomicUsize) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    // Closing a connection with unread bytes would reset it, and Windows then discards the answer.
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    if stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.is_err() {
        return;
    }
    count.fetch_add(1, Ordering::SeqCst);
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn get(url: &Url) -> HttpRequest {
    HttpRequest::new(Method::Get, url.clone())
}

fn home() -> (tempfile::TempDir, Trust, Http) {
    let dir = tempfile::tempdir().expect("a folder");
    let trust = Trust::at(dir.path().join("extra-ca.pem"));
    let http = Http::with_trust(trust.clone());
    (dir, trust, http)
}

fn with_date(ahead: i64) -> String {
    let seconds = u64::try_from(clock::now_ms() / 1000 + ahead).expect("after 1970");
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    format!("HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 2\r\n\r\n{{}}")
}

#[tokio::test]
async fn an_unknown_authority_is_named_and_trusted_while_it_is_added() {
    let ca = authority("Example Gateway");
    let (url, seen) = serve(Some(server_tls("localhost", &ca, |_| {})), OK.to_owned()).await;
    let (_dir, trust, http) = home();

    let error = http.send(get(&url)).await.expect_err("untrusted");
    let failure = Failure::from(error.clone());
    assert_eq!(failure.code, Code::CertificateUntrusted);
    assert_eq!(failure.host.as_deref(), Some("localhost"));
    assert_eq!(failure.issuer.as_deref(), Some("Example Gateway (Example Networks)"));
    assert_eq!(failure.detail.as_deref(), Some("nobody known here vouches for its certificate"));
    assert!(error.is_not_sent());
    assert_eq!(seen.load(Ordering::SeqCst), 0, "nothing was sent");

    let added = trust.add(ca.pem().as_bytes()).expect("added");
    assert_eq!(http.send(get(&url)).await.expect("trusted now").status, 200);
    assert_eq!(http.clone().with_journal().send(get(&url)).await.expect("in clones too").status, 200);

    trust.remove(&added[0].sha256).expect("removed");
    let error = http.send(get(&url)).await.expect_err("trusted no longer");
    assert!(
        matches!(error, HttpError::Untrusted { problem: CertificateProblem::UnknownIssuer, .. }),
        "{error:?}"
    );
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_trusted_authority_does_not_make_every_certificate_valid() {
    let ca = authority("Example Gateway");
    let other = authority("Example Gateway");
    let (_dir, trust, http) = home();
    trust.add(ca.pem().as_bytes()).expect("added");
    let long_ago = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let far_ahead = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let clock = ", or this computer's clock is wrong";
    for (tls, wanted, says) in [
        (server_tls("elsewhere.example", &ca, |_| {}), CertificateProblem::WrongName, ""),
        (server_tls("localhost", &ca, long_ago), CertificateProblem::Expired, clock),
        (server_tls("localhost", &ca, far_ahead), CertificateProblem::NotYetValid, clock),
        // The same name, and another key.
        (server_tls("localhost", &other, |_| {}), CertificateProblem::UnknownIssuer, ""),
    ] {
        let (url, seen) = serve(Some(tls), OK.to_owned()).await;
        let error = http.send(get(&url)).await.expect_err("refused");
        let HttpError::Untrusted { problem, .. } = error else { panic!("{wanted:?}: {error:?}") };
        assert_eq!(problem, wanted);
        let failure = Failure::from(error);
        assert_eq!(failure.network.is_some(), failure.issuer.is_none(), "{failure:?}");
        assert_eq!(failure.code, Code::CertificateUntrusted);
        assert!(failure.detail.as_deref().is_some_and(|detail| detail.ends_with(says)), "{failure:?}");
        assert_eq!(failure.clock_skew, None);
        assert_eq!(seen.load(Ordering::SeqCst), 0, "nothing was sent");
    }
}

type Change = dyn Fn(&mut CertificateParams);

/// TLS with a certificate that the server issued for itself.
fn self_signed_tls(
    names: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> (TlsAcceptor, rcgen::Certificate) {
    let key = KeyPair::generate().expect("a key");
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    change(&mut params);
    let certificate = params.self_signed(&key).expect("signed");
    (acceptor(&certificate, &key), certificate)
}

#[tokio::test]
async fn a_self_signed_server_is_believed_for_its_own_names_once_it_is_added() {
    let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let no_authority = |params: &mut CertificateParams| params.is_ca = IsCa::ExplicitNoCa;
    let plain = |_: &mut CertificateParams| {};
    for change in [&authority as &Change, &no_authority, &plain] {
        let (tls, certificate) = self_signed_tls(&["localhost"], change);
        let (url, seen) = serve(Some(tls), OK.to_owned()).await;
        let (_dir, trust, http) = home();
        let failure = Failure::from(http.send(get(&url)).await.expect_err("not added"));
        assert_eq!(failure.issuer.as_deref(), Some("localhost"), "{failure:?}");
        trust.add(certificate.pem().as_bytes()).expect("added");
        assert_eq!(http.send(get(&url)).await.expect("believed").status, 200);
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_self_signed_server_is_refused_where_its_certificate_does_not_count() {
    use CertificateProblem::{Expired, NoName, NotYetValid, Other, UnknownIssuer, WrongName};
    let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let client = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    };
    let (_, other) = self_signed_tls(&["localhost"], authority);
    let old = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let cases: [(&[&str], &Change, CertificateProblem); 5] = [
        (&["elsewhere.example"], &authority, WrongName),
        (&[], &authority, NoName),
        (&["localhost"], &early, NotYetValid),
        (&["localhost"], &old, Expired),
        (&["localhost"], &client, Other),
    ];
    for (names, change, wanted) in cases {
        let (tls, certificate) = self_signed_tls(names, change);
        let (url, seen) = serve(Some(tls), OK.to_owned()).await;
        let (dir, _, http) = home();
        // As if it had been added while it was valid.
        std::fs::write(dir.path().join("extra-ca.pem"), certificate.pem()).expect("written");
        let error = http.send(get(&url)).await.expect_err("refused");
        let HttpError::Untrusted { problem, .. } = error else { panic!("{wanted:?}: {error:?}") };
        assert_eq!(problem, wanted);
        assert_eq!(seen.load(Ordering::SeqCst), 0, "nothing was sent");
    }
    // The same names, and another key.
    let (tls, _) = self_signed_tls(&["localhost"], authority);
    let (url, _) = serve(Some(tls), OK.to_owned()).await;
    let (_dir, trust, http) = home();
    trust.add(other.pem().as_bytes()).expect("added");
    let error = http.send(get(&url)).await.expect_err("refused");
    assert!(matches!(error, HttpError::Untrusted { problem: UnknownIssuer, .. }), "{error:?}");
}

#[tokio::test]
async fn the_dates_of_other_servers_show_whether_the_clock_invalidates_a_certificate() {
    let ca = authority("Example Gateway");
    let expired = server_tls("localhost", &ca, |params| params.not_after = date_time_ymd(2020, 1, 1));
    let (url, _) = serve(Some(expired), OK.to_owned()).await;
    for (ahead, blamed) in [(0, false), (420, true)] {
        let (_dir, trust, http) = home();
        trust.add(ca.pem().as_bytes()).expect("added");
        let (other, _) = serve(None, with_date(ahead)).await;
        http.send(get(&other)).await.expect("an answer");
        let failure = Failure::from(http.send(get(&url)).await.expect_err("expired"));
        let detail = failure.detail.unwrap_or_default();
        assert_eq!(detail.contains("clock"), blamed, "{detail}");
        assert_eq!(failure.clock_skew.is_some(), blamed);
    }
}

#[tokio::test]
async fn the_skew_of_a_server_is_read_from_its_responses() {
    for ahead in [7 * 60, -7 * 60] {
        let (url, _) = serve(None, with_date(ahead)).await;
        let http = Http::default();
        assert_eq!((http.skew(&url), http.clock_skew()), (None, None));
        http.with_journal().send(get(&url)).await.expect("an answer");
        let skew = http.skew(&url).expect("measured");
        assert!((skew - ahead).abs() <= 2, "{skew} for {ahead}");
        assert_eq!(http.clock_skew(), Some(skew));
    }
}

#[tokio::test]
async fn http_to_another_computer_is_refused_before_anything_is_sent() {
    // Listens on all addresses of this computer, also those that are not on loopback.
    let socket = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    let http = Http::default();
    for address in [
        format!("http://0.0.0.0:{port}/token"),
        format!("http://[::ffff:127.0.0.1]:{port}/token"),
        "http://provider.example/token".to_owned(),
        "http://localhost.example/token".to_owned(),
        "ftp://127.0.0.1/token".to_owned(),
    ] {
        let url = address.parse().expect("an address");
        let error = http.send(get(&url)).await.expect_err("refused");
        assert!(matches!(error, HttpError::NotSecure { .. }), "{address}: {error:?}");
        assert!(error.is_not_sent());
        assert_eq!(Failure::from(error).code, Code::ProviderBadResponse);
    }
    let called = tokio::time::timeout(Duration::from_millis(50), socket.accept()).await;
    assert!(called.is_err(), "no connection was made");
}

/// The head of the request that `send` makes, in lower case.
async fn sent_head(send: impl FnOnce(Url) -> HttpRequest) -> String {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    let request = send(format!("http://127.0.0.1:{port}/").parse().expect("an address"));
    let asking = tokio::spawn(async move { Http::default().send(request).await });
    let (mut stream, _) = socket.accept().await.expect("a caller");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
    stream.write_all(OK.as_bytes()).await.expect("sent");
    asking.await.expect("no panic").expect("an answer");
    String::from_utf8_lossy(&head).to_ascii_lowercase()
}

#[tokio::test]
async fn a_request_without_a_body_says_so_where_servers_expect_one() {
    for (method, body, length) in [
        (Method::Post, None, Some("0")),
        (Method::Put, None, Some("0")),
        (Method::Patch, None, Some("0")),
        (Method::Post, Some(""), Some("0")),
        (Method::Post, Some("a=b"), Some("3")),
        (Method::Get, None, None),
        (Method::Delete, None, None),
    ] {
        let head =
            sent_head(|url| HttpRequest { body: body.map(Into::into), ..HttpRequest::new(method, url) });
        let head = head.await;
        let lengths: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("content-length: ")).collect();
        assert_eq!(lengths, Vec::from_iter(length), "{method:?} {body:?}: {head}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (there, seen) = serve(None, OK.to_owned()).await;
    let redirect = format!("HTTP/1.1 307 There\r\nlocation: {there}\r\ncontent-length: 0\r\n\r\n");
    let (url, _) = serve(None, redirect).await;
    let mut request = get(&url).header("authorization", CANARY);
    request.method = Method::Post;
    request.body = Some(CANARY.into());
    assert_eq!(Http::default().send(request).await.expect("an answer").status, 307);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_response_is_aborted() {
    let endless = |piece: String, pause: Duration| async move {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
        let port = socket.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.expect("a caller");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a request"));
            }
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(piece.as_bytes()).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        });
        format!("http://127.0.0.1:{port}/").parse::<Url>().expect("an address")
    };
    let http = Http::default();
    let large = endless(format!("4000\r\n{}\r\n", ".".repeat(0x4000)), Duration::ZERO).await;
    let error = http.send(get(&large)).await.expect_err("too large");
    assert_eq!(error, HttpError::TooLarge { host: "127.0.0.1".to_owned() });

    let slow = endless("1\r\n.\r\n".to_owned(), Duration::from_millis(20)).await;
    let bounds = Bounds { time: Duration::from_millis(300), ..Bounds::default() };
    let error = http.send_within(get(&slow), bounds).await.expect_err("too slow");
    assert!(matches!(error, HttpError::Unreachable { delivery: Delivery::TimedOut, .. }), "{error:?}");
}

/// Sends `answer` byte for byte and closes the connection.
async fn response_to(answer: &'static [u8]) -> Result<HttpResponse, HttpError> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.expect("a caller");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a request"));
        }
        stream.write_all(answer).await.expect("sent");
    });
    Http::default().send(get(&format!("http://127.0.0.1:{port}/").parse().expect("an address"))).await
}

#[tokio::test]
async fn compressed_responses_are_unpacked_though_not_requested() {
    let head = sent_head(|url| get(&url)).await;
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 7\r\n\r\n\x01\x02\x00\xfd\xff{}";
    let answer = response_to(answer).await.expect("an answer");
    assert_eq!(answer.body.expose(), b"{}");

    let unknown = b"HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\nContent-Length: 2\r\n\r\n{}";
    let failure = Failure::from(response_to(unknown).await.expect_err("not readable"));
    assert_eq!((failure.code, failure.host.as_deref()), (Code::ProviderBadResponse, Some("127.0.0.1")));
    assert!(failure.detail.as_deref().is_some_and(|detail| detail.contains("compressed")), "{failure:?}");

    let busy = b"HTTP/1.1 503 Busy\r\nContent-Encoding: compress\r\nContent-Length: 2\r\n\r\n{}";
    let answer = response_to(busy).await.expect("its status says enough");
    assert_eq!((answer.status, answer.body.expose().len()), (503, 0));
}

#[tokio::test]
async fn responses_are_read_in_every_form_that_a_client_accepts() {
    for (answer, value) in [
        (&b"HTTP/1.1 200 OK\r\nX-A: v\r\nContent-Length: 2\r\n\r\n{}"[..], "v"),
        (b"HTTP/1.1 200\r\nx-a: v\r\ncontent-length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 \r\nX-A: v\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 Tr\xe8s bien\r\nX-A: v\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\nX-A: v\nContent-Length: 2\n\n{}", "v"),
        (b"\r\nHTTP/1.1 200 OK\r\nX-A: v\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.0 200 OK\r\nX-A: v\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A:v\r\nConnection: close\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A: \t v \t\r\nContent-Length:2 \r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A : v\r\nContent-Length : 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\n w\r\nContent-Length: 2\r\n\r\n{}", "v w"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\n\tw\r\n  x\r\nContent-Length: 2\r\n\r\n{}", "v w x"),
        (b"HTTP/1.1 200 OK\r\nX-A:\r\nContent-Length: 2\r\n\r\n{}", ""),
        (b"HTTP/1.1 200 OK\r\nX-A: caf\xc3\xa9\r\nContent-Length: 2\r\n\r\n{}", "caf\u{e9}"),
        (b"HTTP/1.1 200 OK\r\nX-A: caf\xe9\r\nContent-Length: 2\r\n\r\n{}", "caf\u{e9}"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\nno header\r\nX\x01: v\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\nContent-Length: 2, 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nX-A: v\r\nContent-Length: 2\r\n\r\n{}", "v"),
        (b"HTTP/1.1 200 OK\r\nX-A: v\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=\"b\"\r\n{\r\n01 ; c\r\n}\r\n0\r\nX-T: t\r\n\r\n", "v"),
    ] {
        let shown = answer.escape_ascii();
        let read = response_to(answer).await.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        assert_eq!((read.status, read.body.expose().as_slice()), (200, &b"{}"[..]), "{shown}");
        let words = read.header("x-a").map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(words.as_deref(), Some(value), "{shown}");
    }
}

#[tokio::test]
async fn a_response_whose_end_is_in_doubt_is_refused() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ] {
        let shown = answer.escape_ascii();
        let error = response_to(answer).await.expect_err("refused");
        assert!(matches!(error, HttpError::Unreachable { .. }), "{shown}: {error:?}");
    }
}

/// A server that sends these bytes, whatever it is asked, and closes the connection.
async fn answer_with(bytes: &'static [u8]) -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    port
}

#[tokio::test]
async fn what_broke_an_exchange_is_named() {
    use NetworkFault::{Connection, Handshake, Lost, Name, Protocol, Timeout};
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound").local_addr();
    let refusing = free.expect("an address").port();
    let mail = answer_with(b"220 mail.example ESMTP\r\n").await;
    // TLS 1.0, an alert: handshake_failure, and protocol_version.
    let (picky, old) =
        (answer_with(b"\x15\x03\x01\0\x02\x02\x28").await, answer_with(b"\x15\x03\x01\0\x02\x02\x46").await);
    let wants_certificate = answer_with(b"\x15\x03\x03\0\x02\x02\x74").await;
    let (closing, head) = (answer_with(b"").await, answer_with(b"HTTP/1.1 200 OK\r\nContent-Le").await);
    let half = answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}").await;
    let chunks = answer_with(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    let (quiet, ca) = (silent().await, authority("Example Gateway"));
    let (tls, _) = serve(Some(server_tls("localhost", &ca, |_| {})), OK.to_owned()).await;
    let (refused, no_http) = ("it refused the connection", "its answer is not HTTP");
    let (unsafe_tls, lost) = ("it speaks no version of TLS that is safe", "the connection was lost");
    let https = |port| format!("https://localhost:{port}/");
    let http = |port| format!("http://localhost:{port}/");
    for (address, fault, what) in [
        ("https://name.invalid/".to_owned(), Name, "its name was not found"),
        (http(refusing), Connection, refused),
        (https(refusing), Connection, refused),
        (https(mail), Handshake, "it does not speak TLS at this port"),
        (https(closing), Handshake, "it broke off the TLS handshake"),
        (https(picky), Handshake, unsafe_tls),
        (https(old), Handshake, unsafe_tls),
        (https(wants_certificate), Handshake, "it wants a certificate of this computer"),
        (http(mail), Protocol, no_http),
        (tls.as_str().replace("https", "http"), Protocol, no_http),
        (http(chunks), Protocol, no_http),
        (http(closing), Lost, lost),
        (http(head), Lost, lost),
        (http(half), Lost, lost),
        (quiet.to_string(), Timeout, "no answer in time"),
    ] {
        let delivery = match fault {
            Timeout => Delivery::TimedOut,
            Protocol | Lost => Delivery::MaybeSent,
            _ => Delivery::NotSent,
        };
        let time = if fault == Timeout { Duration::from_millis(1) } else { Bounds::default().time };
        let url: Url = address.parse().expect("an address");
        let asking = Http::default();
        let error = asking.send_within(get(&url), Bounds { time, ..Bounds::default() }).await;
        let (error, host) = (error.expect_err("no answer"), url.host_str().expect("a host").to_owned());
        assert_eq!(error, HttpError::Unreachable { host: host.clone(), fault, what, delivery }, "{address}");
        let failure = Failure::from(error);
        assert_eq!((failure.code, failure.network), (Code::ProviderUnreachable, Some(fault)), "{address}");
        assert_eq!((failure.host, failure.detail.as_deref()), (Some(host), Some(what)), "{address}");
    }
}

#[tokio::test]
async fn the_journal_holds_requests_and_no_values() {
    let refusal = r#"{"error":"invalid_grant","error_description":"canary-4f3c2b1a09e8d7c6"}"#;
    let answer = format!("HTTP/1.1 400 No\r\ncontent-length: {}\r\n\r\n{refusal}", refusal.len());
    let (mut url, _) = serve(None, answer).await;
    url.set_path(&format!("/v1/{CANARY}/token"));
    url.set_query(Some(&format!("code={CANARY}")));
    let root = Http::default();
    let (http, other) = (root.with_journal(), root.with_journal());
    let mut request = get(&url).header("authorization", CANARY);
    request.method = Method::Post;
    request.body = Some(CANARY.into());
    http.clone().send(request.clone()).await.expect("an answer");

    let mut nowhere: HttpRequest = request.clone();
    nowhere.url.set_port(Some(1)).expect("a port");
    let error = http.send(nowhere).await.expect_err("not reachable");
    let mut clear = request.clone();
    clear.url.set_host(Some("provider.example")).expect("a host");
    let refused = http.send(clear).await.expect_err("not secure");
    let waiting = http.send(get(&silent().await));
    tokio::time::timeout(Duration::from_millis(50), waiting).await.expect_err("silence");

    let found = http.exchanges();
    let short: Vec<_> = found
        .iter()
        .map(|e| (e.method.as_str(), e.path.as_str(), e.status, e.error.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        short,
        [
            ("POST", "/v1/…/token", Some(400), "invalid_grant"),
            ("POST", "/v1/…/token", None, "it refused the connection"),
            ("POST", "/v1/…/token", None, "its address does not begin with https"),
            ("GET", "/", None, "not waited for"),
        ]
    );
    assert_eq!(found[0].host, format!("localhost:{}", url.port().expect("a port")));
    let seen = format!(
        "{found:?}{}{request:?}{error:?}{error}{refused:?}{refused}{:?}",
        serde_json::to_string(&found).expect("JSON"),
        Failure::from(error.clone()),
    );
    assert!(!seen.contains("canary"), "{seen}");
    assert!(other.exchanges().is_empty() && root.exchanges().is_empty(), "each operation has its own");
}

#[tokio::test]
async fn the_journal_keeps_the_last_twenty_exchanges() {
    let (url, _) = serve(None, OK.to_owned()).await;
    let http = Http::default().with_journal();
    for n in 0..25 {
        let mut url = url.clone();
        url.set_path(&format!("/{n}"));
        http.send(get(&url)).await.expect("an answer");
    }
    let paths: Vec<_> = http.exchanges().into_iter().map(|e| e.path).collect();
    assert_eq!((paths.len(), paths[0].as_str(), paths[19].as_str()), (20, "/5", "/24"));
}

#[tokio::test]
async fn http_on_loopback_reads_no_trust_store() {
    let (url, _) = serve(None, OK.to_owned()).await;
    let http = Http::default();
    http.send(get(&url)).await.expect("an answer");
    assert!(http.shared.near.lock().await.is_none() && http.shared.far.lock().await.is_none());
}

/// A server that reads a request and never responds.
async fn silent() -> Url {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.expect("a caller");
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    format!("http://127.0.0.1:{port}/").parse().expect("an address")
}
