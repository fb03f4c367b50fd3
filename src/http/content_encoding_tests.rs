use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const TEXT: &[u8] = b"the same words, the same words, the same words";

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn decoder(coding: &str) -> Option<ContentDecoder> {
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]);
    ContentDecoder::new(&Method::GET, StatusCode::OK, &headers).unwrap()
}

fn push(decoder: &mut ContentDecoder, body: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
    decoder.push(Bytes::copy_from_slice(body));
    while let Some(portion) = decoder.portion()? {
        output.extend(portion);
    }
    Ok(())
}

/// Decodes byte by byte and at once, and checks that both give the same.
fn decode(coding: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
    let (mut slow, mut quick) = (decoder(coding).unwrap(), decoder(coding).unwrap());
    let (mut output, mut at_once) = (Vec::new(), Vec::new());
    let pushed = push(&mut quick, body, &mut at_once).and_then(|()| quick.finish());
    for byte in body {
        push(&mut slow, &[*byte], &mut output)?;
    }
    slow.finish()?;
    pushed?;
    assert_eq!(output, at_once);
    Ok(output)
}

#[test]
fn decodes_gzip_byte_by_byte_with_members_and_trailing_zeros() {
    assert_eq!(decode("gzip", &gzip(TEXT)).unwrap(), TEXT);
    let mut two = gzip(TEXT);
    two.extend(gzip(b"!"));
    two.extend([0; 3]);
    assert_eq!(decode("X-GZIP", &two).unwrap(), [TEXT, b"!"].concat());
}

#[test]
fn decodes_deflate_with_and_without_its_header() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(TEXT).unwrap();
    assert_eq!(decode("deflate", &zlib.finish().unwrap()).unwrap(), TEXT);
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(TEXT).unwrap();
    assert_eq!(decode("deflate", &raw.finish().unwrap()).unwrap(), TEXT);
}

#[test]
fn decodes_brotli() {
    // "hello" as an uncompressed meta-block.
    let brotli = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
    assert_eq!(decode("br", &brotli).unwrap(), b"hello");
}

#[test]
fn a_body_that_is_cut_short_is_an_error_and_an_empty_one_is_empty() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(TEXT).unwrap();
    let brotli = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
    for (coding, body) in [("gzip", gzip(TEXT)), ("deflate", zlib.finish().unwrap()), ("br", brotli.to_vec())]
    {
        for length in 1..body.len() {
            let error = decode(coding, &body[..length]).unwrap_err();
            assert_eq!(error.code(), "ERR_CYCLE_BAD_ENCODING", "{coding} {length}");
        }
        assert_eq!(decode(coding, &[]).unwrap(), b"");
    }
}

#[test]
fn several_codings_are_undone_from_the_last_to_the_first() {
    let twice = gzip(&gzip(TEXT));
    assert_eq!(decode("gzip, gzip", &twice).unwrap(), TEXT);
}

#[test]
fn an_unknown_coding_and_a_bodyless_answer_are_left_alone() {
    assert!(decoder("gzip, zip").is_none());
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, "gzip".parse().unwrap())]);
    assert!(ContentDecoder::new(&Method::HEAD, StatusCode::OK, &headers).unwrap().is_none());
    assert!(ContentDecoder::new(&Method::GET, StatusCode::NO_CONTENT, &headers).unwrap().is_none());
}

#[test]
fn rubbish_is_an_error() {
    assert_eq!(decode("gzip", b"not gzip at all").unwrap_err().code(), "ERR_CYCLE_BAD_ENCODING");
    assert_eq!(decode("br", &[0xff; 200]).unwrap_err().code(), "ERR_CYCLE_BAD_ENCODING");
}

#[test]
fn no_step_of_any_coding_gives_more_than_a_portion() {
    let zeros = vec![0; 10 << 20];
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&zeros).unwrap();
    for (coding, body) in [
        ("gzip", gzip(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
        ("gzip, gzip, gzip", gzip(&gzip(&gzip(&zeros)))),
        ("deflate", zlib.finish().unwrap()),
    ] {
        let mut decoder = decoder(coding).unwrap();
        decoder.push(body.into());
        let mut total = 0;
        while let Some(portion) = decoder.portion().unwrap() {
            assert!(!portion.is_empty() && portion.len() <= 3 * PORTION, "{coding}: {}", portion.len());
            for stage in &decoder.stages {
                assert!(stage.input.len() <= 3 * PORTION);
            }
            total += portion.len();
        }
        assert_eq!(total, zeros.len(), "{coding}");
        decoder.finish().unwrap();
    }
}

#[test]
fn a_body_has_no_more_than_five_codings() {
    for (codings, fields, fits) in [(5, 1, true), (6, 1, false), (1, 5, true), (1, 6, false), (2, 3, false)] {
        let mut headers = HeaderMap::new();
        for _ in 0..fields {
            headers.append(CONTENT_ENCODING, vec!["gzip"; codings].join(",").parse().unwrap());
        }
        let made = ContentDecoder::new(&Method::GET, StatusCode::OK, &headers);
        assert_eq!(made.is_ok(), fits);
        assert!(made.err().is_none_or(|error| error.code() == "ERR_CYCLE_BAD_ENCODING"));
    }
}
