//! Certificate authorities in Settings.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::home::{Home, eventually};
use crate::support::window::Window;

#[test]
fn an_authority_is_added_from_a_file_and_removed() {
    let mut params = CertificateParams::new([]).expect("no names");
    params.distinguished_name.push(DnType::CommonName, "Example Gateway");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("signed");
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("gateway.pem");
    fs::write(&file, authority.pem()).expect("written");
    let trusted = || home.json(&["trust", "list"]).as_array().expect("a list").clone();

    let window = Window::open(&home);
    window.press("Settings");
    window.wait_for_text("Add a certificate");
    window.type_into(&window.find("//input[@type='file']"), &file.display().to_string());
    window.wait_for_text("Example Gateway");
    eventually("it is trusted", || (trusted().len() == 1).then_some(()));
    window.press("Remove Example Gateway");
    window.wait_for_text("Remove this certificate?");
    window.press("Remove");
    eventually("it is no longer trusted", || trusted().is_empty().then_some(()));
}
