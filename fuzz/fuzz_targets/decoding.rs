//! Random bytes as a body in random codings: decoding ends without a panic, gives the same however the body is cut, and no
//! more than a portion at a time.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use cycle_internal_api::http::content_encoding::ContentDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use libfuzzer_sys::fuzz_target;

/// A portion, and what a decoder may hold back beside it.
const PORTION: usize = 96 * 1024;
/// So much is decoded of one body: a few bytes may become gigabytes.
const ENOUGH: usize = 4 << 20;

#[derive(Arbitrary, Debug)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    codings: Vec<Coding>,
    piece: u8,
    body: &'a [u8],
}

fn decode(headers: &HeaderMap, body: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let mut output = Vec::new();
    let Ok(made) = ContentDecoder::new(&Method::GET, StatusCode::OK, headers) else { return (output, false) };
    let Some(mut decoder) = made else { return (body.to_vec(), true) };
    for piece in body.chunks(piece) {
        decoder.push(Bytes::copy_from_slice(piece));
        loop {
            match decoder.portion() {
                Ok(Some(portion)) => {
                    assert!(!portion.is_empty() && portion.len() <= PORTION);
                    output.extend(portion);
                    if output.len() > ENOUGH {
                        output.truncate(ENOUGH);
                        return (output, true);
                    }
                }
                Ok(None) => break,
                Err(_) => return (output, false),
            }
        }
    }
    let complete = decoder.finish().is_ok();
    (output, complete)
}

fuzz_target!(|input: Input| {
    let names = input.codings.iter().map(|coding| match coding {
        Coding::Gzip => "gzip",
        Coding::Deflate => "deflate",
        Coding::Brotli => "br",
    });
    let mut headers = HeaderMap::new();
    for name in names {
        headers.append(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    let (whole, whole_is_good) = decode(&headers, input.body, usize::MAX);
    let (pieces, pieces_are_good) = decode(&headers, input.body, usize::from(input.piece).max(1));
    assert_eq!(whole_is_good, pieces_are_good);
    if whole_is_good {
        assert_eq!(whole, pieces);
    }
});
