//! The text of a file or a pipe that another program wrote. Windows programs write a byte order mark, and PowerShell 5
//! writes UTF-16.

use zeroize::Zeroizing;

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFileError {
    #[error("UTF-16 text without a byte order mark; save it as UTF-8")]
    UnmarkedUtf16,
    #[error("not UTF-8 text")]
    NotText,
}

/// Decodes UTF-8, and UTF-16 with a byte order mark. The mark is not part of the text.
pub fn decode(bytes: &[u8]) -> Result<String, TextFileError> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => decode_utf8(rest)?,
    };
    if text.contains('\0') { Err(TextFileError::NotText) } else { Ok(text) }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextFileError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = Zeroizing::new(pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>());
    match String::from_utf16(&units) {
        Ok(text) if odd.is_empty() => Ok(text),
        _ => Err(TextFileError::NotText),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<String, TextFileError> {
    // In UTF-16 the Latin letters have a zero beside them.
    let is_utf16 = bytes.len() >= 2 && bytes.as_chunks::<2>().0.iter().all(|[a, b]| (*a == 0) != (*b == 0));
    match str::from_utf8(bytes) {
        _ if is_utf16 => Err(TextFileError::UnmarkedUtf16),
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(TextFileError::NotText),
    }
}

#[cfg(test)]
mod tests {
    use super::TextFileError::*;
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_chooses_the_encoding_and_is_not_part_of_the_text() {
        for (bytes, wanted) in [
            (b"s3cret\r\n".to_vec(), Ok("s3cret\r\n")),
            ("\u{feff}s3crét".into(), Ok("s3crét")),
            (utf16("\u{feff}s3crét😀\r\n", u16::to_le_bytes), Ok("s3crét😀\r\n")),
            (utf16("\u{feff}s3crét", u16::to_be_bytes), Ok("s3crét")),
            (utf16("s3cret", u16::to_le_bytes), Err(UnmarkedUtf16)),
            (utf16("s3cret", u16::to_be_bytes), Err(UnmarkedUtf16)),
            // UTF-32.
            (b"\xff\xfe\0\0s\0\0\0".to_vec(), Err(NotText)),
            // Cut in a unit, and between the halves of a character.
            (b"\xff\xfes\0x".to_vec(), Err(NotText)),
            (b"\xff\xfe\x3d\xd8".to_vec(), Err(NotText)),
            (b"s3cr\xe9t".to_vec(), Err(NotText)),
            (b"s3\0cret".to_vec(), Err(NotText)),
            // Only one mark is a mark.
            ("\u{feff}\u{feff}x".into(), Ok("\u{feff}x")),
            ("\u{feff}".into(), Ok("")),
            (Vec::new(), Ok("")),
            (b"x".to_vec(), Ok("x")),
        ] {
            assert_eq!(decode(&bytes), wanted.map(str::to_owned), "{bytes:?}");
        }
    }
}
