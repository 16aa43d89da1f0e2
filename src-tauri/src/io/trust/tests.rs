use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use super::certificate::to_pem;
use super::*;
use crate::io::clock;

/// A self-signed certificate and its key.
fn self_signed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([]).expect("no names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    (params.self_signed(&key).expect("signed"), key)
}

/// The certificate of a server, from an authority.
fn issued_leaf() -> rcgen::Certificate {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
    let mut params = CertificateParams::new(["server.example".to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, "Issued");
    params.signed_by(&KeyPair::generate().expect("a key"), &ca).expect("signed")
}

/// A value of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    [&[tag, 0x82], &length[..], &content].concat()
}

/// Signed data without a signature, as systems export certificates (RFC 5652 §5.1).
fn pkcs7(certificates: &[&rcgen::Certificate]) -> Vec<u8> {
    let oid = |last: u8| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last];
    let all: Vec<&[u8]> = certificates.iter().map(|certificate| &certificate.der()[..]).collect();
    let signed = der(0x30, &[&[2, 1, 1], &[0x31, 0], &der(0x30, &[&oid(1)]), &der(0xa0, &all), &[0x31, 0]]);
    der(0x30, &[&oid(2), &der(0xa0, &[&signed])])
}

fn block(label: &str, der: &[u8]) -> String {
    to_pem(der).replace("CERTIFICATE", label)
}

fn home() -> (tempfile::TempDir, Trust) {
    let dir = tempfile::tempdir().expect("a folder");
    let trust = Trust::at(dir.path().join("extra-ca.pem"));
    (dir, trust)
}

#[test]
fn an_authority_is_added_listed_and_removed() {
    let (_dir, trust) = home();
    assert_eq!(trust.list(), Ok(vec![]));
    let (ca, _) =
        self_signed("Ours", |params| params.distinguished_name.push(DnType::OrganizationName, "Acme"));
    let added = trust.add(ca.pem().as_bytes()).expect("added");
    assert_eq!((added[0].subject.as_str(), added[0].issuer.as_str()), ("Ours (Acme)", "Ours (Acme)"));
    assert!(added[0].expires_at > clock::now_ms());
    assert_eq!(trust.list(), Ok(added.clone()));
    trust.add(ca.der()).expect("DER, and added twice");
    assert_eq!(trust.list(), Ok(added.clone()), "listed once");

    let spelled = added[0].sha256.to_ascii_uppercase();
    let spelled: Vec<_> = spelled.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
    assert_eq!(trust.remove(&spelled.join(":")), Ok(added[0].clone()));
    assert_eq!(trust.list(), Ok(vec![]));
    assert_eq!(trust.remove(&added[0].sha256), Err(TrustError::Unknown));
}

#[test]
fn several_certificates_are_added_or_none() {
    let (_dir, trust) = home();
    let (one, _) = self_signed("One", |_| {});
    let (two, _) = self_signed("Two", |_| {});
    let (leaf, _) = self_signed("Leaf", |params| params.is_ca = IsCa::NoCa);
    let bundle = |parts: &[&rcgen::Certificate]| parts.iter().map(|part| part.pem()).collect::<String>();
    let refused = trust.add(bundle(&[&one, &leaf]).as_bytes());
    assert_eq!(refused, Err(TrustError::NamesNoServer("Leaf".to_owned())));
    assert_eq!(trust.list(), Ok(vec![]));
    let added = trust.add(bundle(&[&one, &two]).as_bytes()).expect("added");
    assert_eq!(added.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["One", "Two"]);
}

#[test]
fn each_unusable_certificate_is_refused_with_its_own_error() {
    let (dir, trust) = home();
    let (ca, key) = self_signed("Ours", |_| {});
    let (old, _) = self_signed("Old", |params| params.not_after = date_time_ymd(2020, 1, 1));
    let (leaf, _) = self_signed("Leaf", |params| params.is_ca = IsCa::ExplicitNoCa);
    let issued = issued_leaf();
    for (given, error) in [
        (key.serialize_pem(), TrustError::PrivateKey),
        (ca.pem() + &key.serialize_pem(), TrustError::PrivateKey),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----".to_owned(), TrustError::PrivateKey),
        (String::new(), TrustError::NoCertificate),
        ("hello".to_owned(), TrustError::NoCertificate),
        (ca.pem().replace("MI", ""), TrustError::NoCertificate),
        ("-----BEGIN CERTIFICATE-----\n".repeat(4000), TrustError::TooLarge),
        (old.pem(), TrustError::Expired("Old".to_owned())),
        (leaf.pem(), TrustError::NamesNoServer("Leaf".to_owned())),
        (issued.pem(), TrustError::NotAnAuthority("Issued".to_owned())),
        (ca.pem().replace("-----END", ""), TrustError::NoCertificate),
        (ca.pem() + "-----BEGIN CERTIFICATE-----\nMII", TrustError::NoCertificate),
    ] {
        assert_eq!(trust.add(given.as_bytes()), Err(error));
    }
    assert!(!dir.path().join("extra-ca.pem").exists(), "nothing was written");
}

#[test]
fn certificates_are_read_in_the_forms_that_systems_and_editors_write() {
    let (one, key) = self_signed("One", |_| {});
    let (two, _) = self_signed("Two", |_| {});
    let pem = one.pem();
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    let both = pkcs7(&[&one, &two]);
    let aux = der(0x30, &[&der(0x30, &[&[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1]])]);
    let trusted = block("TRUSTED CERTIFICATE", &[&one.der()[..], &aux].concat());
    for (form, file, names) in [
        ("byte order mark", format!("\u{feff}{pem}").into_bytes(), &["One"] as &[_]),
        ("CRLF", pem.replace('\n', "\r\n").into_bytes(), &["One"]),
        ("CR", pem.replace('\n', "\r").into_bytes(), &["One"]),
        ("trailing spaces", pem.replace('\n', "  \n").into_bytes(), &["One"]),
        ("indented", pem.replace('\n', "\n\t").into_bytes(), &["One"]),
        ("no line end", pem.trim_end().as_bytes().to_vec(), &["One"]),
        ("no padding", pem.replace('=', "").into_bytes(), &["One"]),
        ("text around", format!("0 s:CN=One\n{pem}---\nServer certificate").into_bytes(), &["One"]),
        ("Latin-1 around", [b"caf\xe9\n", pem.as_bytes()].concat(), &["One"]),
        ("several", (pem.clone() + "\n\n" + &two.pem()).into_bytes(), &["One", "Two"]),
        ("another block", (block("X509 CRL", b"0") + &pem).into_bytes(), &["One"]),
        ("old label", block("X509 CERTIFICATE", one.der()).into_bytes(), &["One"]),
        ("trusted", trusted.into_bytes(), &["One"]),
        ("UTF-16 LE", utf16(&format!("\u{feff}{pem}"), u16::to_le_bytes), &["One"]),
        ("UTF-16 BE", utf16(&format!("\u{feff}{pem}"), u16::to_be_bytes), &["One"]),
        ("UTF-16 without a mark", utf16(&pem, u16::to_le_bytes), &["One"]),
        ("DER", one.der().to_vec(), &["One"]),
        ("DER and a line end", [one.der(), &b"\r\n"[..]].concat(), &["One"]),
        ("DER, several", [&one.der()[..], two.der()].concat(), &["One", "Two"]),
        ("PKCS #7 in DER", both.clone(), &["One", "Two"]),
        ("PKCS #7 in PEM", block("PKCS7", &both).into_bytes(), &["One", "Two"]),
        ("CMS in PEM", block("CMS", &both).into_bytes(), &["One", "Two"]),
    ] {
        let (_dir, trust) = home();
        let added = trust.add(&file).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(added.iter().map(|view| view.subject.as_str()).collect::<Vec<_>>(), names, "{form}");
        assert_eq!(trust.list(), Ok(added), "{form}");
    }
    let version_3_alone = der(0x30, &[&[2, 1, 3], &both]);
    let secret = key.serialize_pem();
    for (form, file, error) in [
        ("key in UTF-16", utf16(&format!("\u{feff}{secret}"), u16::to_le_bytes), TrustError::PrivateKey),
        ("key in DER", key.serialize_der(), TrustError::PrivateKey),
        ("PKCS #12", version_3_alone, TrustError::PrivateKey),
        ("empty PKCS #7", pkcs7(&[]), TrustError::NoCertificate),
        ("truncated DER", one.der()[..100].to_vec(), TrustError::NoCertificate),
        ("another block alone", block("X509 CRL", b"0").into_bytes(), TrustError::NoCertificate),
    ] {
        assert_eq!(home().1.add(&file), Err(error), "{form}");
    }
}

#[test]
fn a_file_with_a_byte_order_mark_is_read_when_edited_by_hand() {
    let (dir, trust) = home();
    let (ca, _) = self_signed("Ours", |_| {});
    fs::write(dir.path().join("extra-ca.pem"), format!("\u{feff}{}", ca.pem())).expect("written");
    assert_eq!(trust.added().all, [ca.der().clone()]);
}

#[test]
fn a_server_that_issued_its_own_certificate_is_no_authority() {
    let (_dir, trust) = home();
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["server.example".to_owned()]).expect("a name");
    let server = params.self_signed(&key).expect("signed");
    trust.add(server.pem().as_bytes()).expect("added");
    assert!(trust.added().authorities.is_empty(), "it vouches for no other server");
    assert_eq!(trust.added().all, [server.der().clone()]);
}

#[test]
fn control_characters_in_a_name_are_removed() {
    let (ca, _) = self_signed("Ev\u{1b}[2Jil\u{202E}", |_| {});
    assert_eq!(issuer_name(ca.der()).as_deref(), Some("Ev[2Jil"));
}

#[test]
fn unusable_parts_of_a_file_edited_by_hand_are_skipped() {
    let (dir, trust) = home();
    let (ca, _) = self_signed("Ours", |_| {});
    let (old, _) = self_signed("Old", |params| params.not_after = date_time_ymd(2020, 1, 1));
    let text = format!(
        "# by hand\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{}\n{}\nrest",
        old.pem(),
        ca.pem()
    );
    fs::write(dir.path().join("extra-ca.pem"), text).expect("written");
    assert_eq!(trust.added().authorities, [ca.der().clone()]);
    assert_eq!(trust.list().expect("read").len(), 2, "an expired one can be removed");
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_concurrent_additions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, trust) = home();
    let before = trust.stamp();
    trust.add(self_signed("Ours", |_| {}).0.pem().as_bytes()).expect("added");
    let mode = fs::metadata(dir.path().join("extra-ca.pem")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(trust.stamp(), before);

    let adding = |n: usize| {
        let trust = trust.clone();
        std::thread::spawn(move || {
            trust.add(self_signed(&format!("N{n}"), |_| {}).0.pem().as_bytes()).map(drop)
        })
    };
    let all: Vec<_> = (0..4).map(adding).collect();
    for thread in all {
        thread.join().expect("no panic").expect("added");
    }
    assert_eq!(trust.list().expect("read").len(), 5, "all are kept");
    let left: Vec<_> = fs::read_dir(dir.path())
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("plain"))
        .collect();
    assert_eq!(left.len(), 2, "no draft is left: {left:?}");
}
