use std::fs;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};

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
    assert_eq!(refused, Err(TrustError::NotAnAuthority("Leaf".to_owned())));
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
    for (given, error) in [
        (key.serialize_pem(), TrustError::PrivateKey),
        (ca.pem() + &key.serialize_pem(), TrustError::PrivateKey),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----".to_owned(), TrustError::PrivateKey),
        (String::new(), TrustError::NoCertificate),
        ("hello".to_owned(), TrustError::NoCertificate),
        (ca.pem().replace("MI", ""), TrustError::NoCertificate),
        ("-----BEGIN CERTIFICATE-----\n".repeat(4000), TrustError::TooLarge),
        (old.pem(), TrustError::Expired("Old".to_owned())),
        (leaf.pem(), TrustError::NotAnAuthority("Leaf".to_owned())),
    ] {
        assert_eq!(trust.add(given.as_bytes()), Err(error));
    }
    assert!(!dir.path().join("extra-ca.pem").exists(), "nothing was written");
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
    assert_eq!(trust.roots(), [ca.der().clone()]);
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
