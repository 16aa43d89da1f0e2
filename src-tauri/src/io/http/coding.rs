//! Undoes the codings of a response (RFC 9110 §8.4). None is requested, but some servers compress whatever they send.

use std::io::Read;

use axum::http::{HeaderMap, header};
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::FrameDecoderError;

/// Servers use one or two. A response can unpack to itself, so each more would cost a whole pass.
const MAX_CODINGS: usize = 8;
/// The input buffer of the brotli decoder.
const BROTLI_BUFFER_BYTES: usize = 4096;
/// The largest window of this coding (RFC 9659 §3).
const ZSTD_WINDOW_BYTES: u64 = 8 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodingError {
    /// The coding is not known here.
    Unknown,
    /// The body is not what its coding says, or not whole.
    Damaged,
    /// More than the limit, unpacked.
    TooLarge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// `None` for a word that changes nothing: some servers name a character set or the framing here.
    fn parse(name: &str) -> Result<Option<Self>, CodingError> {
        Ok(Some(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            "" | "identity" | "none" | "chunked" | "utf-8" | "utf8" | "us-ascii" | "iso-8859-1" => {
                return Ok(None);
            }
            _ => return Err(CodingError::Unknown),
        }))
    }

    fn decode(self, body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
        match self {
            Self::Gzip => read(MultiGzDecoder::new(body), limit),
            Self::Deflate => inflate(body, limit),
            Self::Brotli => read(brotli_decompressor::Decompressor::new(body, BROTLI_BUFFER_BYTES), limit),
            Self::Zstd => unpack_zstd(body, limit),
        }
    }
}

/// The body as it was before the codings that the headers name, at most `limit` bytes.
pub(super) fn decode(headers: &HeaderMap, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, CodingError> {
    // A response without content may name a coding too.
    if body.is_empty() {
        return Ok(body);
    }
    // In the order in which they were applied.
    let fields = [header::CONTENT_ENCODING, header::TRANSFER_ENCODING];
    let values = fields.iter().flat_map(|name| headers.get_all(name));
    let mut codings = Vec::new();
    for value in values {
        for name in value.to_str().map_err(|_| CodingError::Unknown)?.split(',') {
            codings.extend(Coding::parse(name.trim())?);
        }
    }
    if codings.len() > MAX_CODINGS {
        return Err(CodingError::Unknown);
    }
    codings.into_iter().rev().try_fold(body, |body, coding| coding.decode(&body, limit))
}

fn read(decoder: impl Read, limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut unpacked).map_err(|_| CodingError::Damaged)?;
    if unpacked.len() > limit { Err(CodingError::TooLarge) } else { Ok(unpacked) }
}

/// With the zlib format's header, or without it as some servers send it (RFC 9110 §8.4.1.2).
fn inflate(body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    // RFC 1950 §2.2: the method is 8, and the two bytes are a multiple of 31.
    let has_header =
        matches!(body, [a, b, ..] if a & 0x0f == 8 && u16::from_be_bytes([*a, *b]).is_multiple_of(31));
    let mut unpacked = Vec::with_capacity(limit.saturating_add(1));
    let mut stream = Decompress::new(has_header);
    // The readers of this library take a truncated stream for a whole one.
    let status = stream.decompress_vec(body, &mut unpacked, FlushDecompress::Finish);
    match status {
        _ if unpacked.len() > limit => Err(CodingError::TooLarge),
        Ok(Status::StreamEnd) => Ok(unpacked),
        _ => Err(CodingError::Damaged),
    }
}

fn unpack_zstd(body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW_BYTES);
    let mut unpacked = vec![0; limit];
    match decoder.decode_all(body, &mut unpacked) {
        Ok(length) => {
            unpacked.truncate(length);
            Ok(unpacked)
        }
        Err(FrameDecoderError::TargetTooSmall) => Err(CodingError::TooLarge),
        Err(_) => Err(CodingError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const PLAIN: &[u8] = br#"{"access_token":"canary"}"#;
    const LIMIT: usize = 1024;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("written");
        encoder.finish().expect("whole")
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("written");
        encoder.finish().expect("whole")
    }

    fn raw_deflate(plain: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("written");
        encoder.finish().expect("whole")
    }

    fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex).expect("hexadecimal")
    }

    fn brotli() -> Vec<u8> {
        bytes("0b0c807b226163636573735f746f6b656e223a2263616e617279227d03")
    }

    fn zstd() -> Vec<u8> {
        bytes("28b52ffd0458c900007b226163636573735f746f6b656e223a2263616e617279227dda7a19b2")
    }

    fn decoded(codings: &[&'static str], body: Vec<u8>) -> Result<Vec<u8>, CodingError> {
        let mut headers = HeaderMap::new();
        for coding in codings {
            headers.append(header::CONTENT_ENCODING, coding.parse().expect("a value"));
        }
        decode(&headers, body, LIMIT)
    }

    #[test]
    fn every_common_coding_is_undone() {
        let members = [gzip(&PLAIN[..9]), gzip(&PLAIN[9..])].concat();
        for (codings, body) in [
            (&["gzip"] as &[_], gzip(PLAIN)),
            (&["gzip"], members),
            (&["x-gzip"], gzip(PLAIN)),
            (&["GZIP"], gzip(PLAIN)),
            (&["deflate"], zlib(PLAIN)),
            (&["deflate"], raw_deflate(PLAIN)),
            (&["br"], brotli()),
            (&["zstd"], zstd()),
            (&["zstd"], [zstd(), bytes("502a4d1802000000abcd")].concat()),
            (&["deflate, gzip"], gzip(&zlib(PLAIN))),
            (&["br", " gzip ,, identity"], gzip(&brotli())),
            (&["gzip,gzip"], gzip(&gzip(PLAIN))),
            (&[], PLAIN.to_vec()),
            (&["identity"], PLAIN.to_vec()),
            (&["UTF-8"], PLAIN.to_vec()),
        ] {
            assert_eq!(decoded(codings, body).as_deref(), Ok(PLAIN), "{codings:?}");
        }
        let mut transfer = HeaderMap::new();
        transfer.append(header::TRANSFER_ENCODING, "gzip, chunked".parse().expect("a value"));
        assert_eq!(decode(&transfer, gzip(PLAIN), LIMIT).as_deref(), Ok(PLAIN));
        assert_eq!(decoded(&["gzip"], Vec::new()), Ok(Vec::new()), "no content");
    }

    #[test]
    fn unknown_damaged_and_truncated_bodies_are_refused() {
        for unknown in ["compress", "gzip, exi", "sdch", "gzip;q=1"] {
            assert_eq!(decoded(&[unknown], PLAIN.to_vec()), Err(CodingError::Unknown), "{unknown}");
        }
        assert_eq!(decoded(&["gzip"; MAX_CODINGS + 1], gzip(PLAIN)), Err(CodingError::Unknown));
        let all = [
            ("gzip", gzip(PLAIN)),
            ("deflate", zlib(PLAIN)),
            ("deflate", raw_deflate(PLAIN)),
            ("br", brotli()),
            ("zstd", zstd()),
        ];
        for (coding, whole) in all {
            assert_eq!(decoded(&[coding], PLAIN.to_vec()), Err(CodingError::Damaged), "{coding}");
            for length in 1..whole.len() {
                let part = decoded(&[coding], whole[..length].to_vec());
                assert_eq!(part, Err(CodingError::Damaged), "{coding}: {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_refused() {
        let zeros = vec![0; 3 * 1024 * 1024];
        for (coding, bomb) in [
            ("gzip", gzip(&zeros)),
            ("gzip, gzip", gzip(&gzip(&zeros))),
            ("deflate", zlib(&zeros)),
            ("deflate", raw_deflate(&zeros)),
            ("br", bytes("9bffff2ff82700e2b14020f7fe05")),
            ("zstd", bytes("28b52ffd04684c000008000100fcff3910020300100040270fa6")),
        ] {
            assert_eq!(decoded(&[coding], bomb), Err(CodingError::TooLarge), "{coding}");
        }
        for whole in [LIMIT, LIMIT + 1] {
            let fits = whole == LIMIT;
            for (coding, body) in [("gzip", gzip(&zeros[..whole])), ("deflate", zlib(&zeros[..whole]))] {
                assert_eq!(decoded(&[coding], body).is_ok(), fits, "{coding}: {whole}");
            }
        }
    }
}
