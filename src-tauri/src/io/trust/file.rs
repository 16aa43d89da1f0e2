//! Reads certificate files as systems, browsers and editors write them: PEM (RFC 7468), DER and PKCS #7, in UTF-8 or
//! UTF-16.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use x509_parser::asn1_rs::{Any, Class, FromBer, Tag};

use super::error::TrustError;

/// Some programs leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A chain of authorities has some kilobytes; a browser's whole list has two hundred.
const MAX_FILE_BYTES: usize = 64 * 1024;

const PEM_BEGIN: &str = "-----BEGIN ";

/// The end of every label of a private key in PEM (RFC 7468 §§10 and 11, RFC 5915 §4).
const KEY_LABEL_END: &[u8] = b"PRIVATE KEY-----";

/// The content type of signed data (RFC 5652 §5.1), which carries certificates.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// The certificates of a file, in DER.
pub(super) fn read_certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, TrustError> {
    let file = to_utf8(file);
    // Before anything else: the content may be kept or quoted from here on.
    if file.windows(KEY_LABEL_END.len()).any(|part| part == KEY_LABEL_END) || is_key_file(&file) {
        return Err(TrustError::PrivateKey);
    }
    if file.len() > MAX_FILE_BYTES {
        return Err(TrustError::TooLarge);
    }
    let is_pem = file.windows(PEM_BEGIN.len()).any(|part| part == PEM_BEGIN.as_bytes());
    let found = if is_pem { read_pem(&file) } else { read_der(&file) };
    found.filter(|all| !all.is_empty()).ok_or(TrustError::NoCertificate)
}

/// A part of a text in PEM.
pub(super) struct PemBlock<'t> {
    label: &'t str,
    /// `None` if it is damaged.
    content: Option<Vec<u8>>,
}

impl PemBlock<'_> {
    /// The certificates of this block, none if it is something else. `None` if it is damaged.
    pub(super) fn certificates(self) -> Option<Vec<Vec<u8>>> {
        match self.label {
            "CERTIFICATE" | "X509 CERTIFICATE" => Some(vec![self.content?]),
            // OpenSSL appends for what the certificate is trusted.
            "TRUSTED CERTIFICATE" => Some(vec![element(&self.content?)?.whole.to_vec()]),
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => read_signed_data(&self.content?),
            _ => Some(Vec::new()),
        }
    }
}

/// The blocks of a text in PEM. Text around them is ignored (RFC 7468 §2).
pub(super) fn pem_blocks(text: &str) -> impl Iterator<Item = PemBlock<'_>> {
    text.split(PEM_BEGIN).skip(1).filter_map(|part| {
        let (label, rest) = part.split_once("-----")?;
        let content = rest.split_once("-----END ").and_then(|(base64, end)| {
            let base64: String = base64.split_whitespace().collect();
            end.strip_prefix(label)?.strip_prefix("-----")?;
            BASE64.decode(base64).ok()
        });
        Some(PemBlock { label, content })
    })
}

fn read_pem(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = String::from_utf8_lossy(file);
    let blocks: Option<Vec<_>> = pem_blocks(&text).map(PemBlock::certificates).collect();
    Some(blocks?.concat())
}

/// Signed data, or certificates one after the other.
fn read_der(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    if let Some(all) = read_signed_data(file) {
        return Some(all);
    }
    let mut all = Vec::new();
    let mut rest = file;
    // An editor may have added the end of a line.
    while !rest.trim_ascii().is_empty() {
        let next = element(rest).filter(|next| next.is(Tag::Sequence))?;
        all.push(next.whole.to_vec());
        rest = next.rest;
    }
    Some(all)
}

/// The certificates in signed data: `SEQUENCE { OID, [0] { SEQUENCE { …, [0] { certificates }, … } } }` (RFC 5652 §5.1).
fn read_signed_data(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let kind = element(element(der)?.content)?;
    if !kind.is(Tag::Oid) || kind.content != SIGNED_DATA {
        return None;
    }
    let mut rest = element(element(kind.rest)?.content)?.content;
    while let Some(part) = element(rest) {
        if part.class == Class::ContextSpecific && part.tag == Tag(0) {
            let all = std::iter::successors(element(part.content), |previous| element(previous.rest));
            let certificates = all.filter(|part| part.is(Tag::Sequence));
            return Some(certificates.map(|part| part.whole.to_vec()).collect());
        }
        rest = part.rest;
    }
    Some(Vec::new())
}

/// Private keys (RFC 5208 §5, RFC 8017 §A.1.2) and PKCS #12, which holds them, begin with a version; certificates do not.
fn is_key_file(der: &[u8]) -> bool {
    element(der)
        .filter(|outer| outer.is(Tag::Sequence))
        .and_then(|outer| element(outer.content))
        .is_some_and(|first| first.is(Tag::Integer))
}

/// One value of ASN.1 with what follows it.
struct Element<'d> {
    class: Class,
    tag: Tag,
    content: &'d [u8],
    whole: &'d [u8],
    rest: &'d [u8],
}

impl Element<'_> {
    fn is(&self, tag: Tag) -> bool {
        self.class == Class::Universal && self.tag == tag
    }
}

fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (rest, any) = Any::from_ber(bytes).ok()?;
    let whole = &bytes[..bytes.len() - rest.len()];
    Some(Element { class: any.class(), tag: any.tag(), content: any.data, whole, rest })
}

/// The text of an editor that saves in UTF-16, and everything without a byte order mark.
fn to_utf8(file: &[u8]) -> Cow<'_, [u8]> {
    let (unit, rest): (fn([u8; 2]) -> u16, _) = match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => return Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        [b'-', 0, ..] => (u16::from_le_bytes, file),
        [0, b'-', ..] => (u16::from_be_bytes, file),
        _ => return Cow::Borrowed(file),
    };
    let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Cow::Owned(text.into_bytes())
}
