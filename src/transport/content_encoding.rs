//! Decoding a body that came encoded, as fetch does.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method, StatusCode};

use super::failure::Failure;

/// Input is decoded in pieces of this size, so that the limit is seen before memory is full.
const PIECE: usize = 4096;
const GZIP_MAGIC: u8 = 0x1f;
const ZLIB_METHOD: u8 = 0x08;

/// The codings of one body, outermost first.
pub struct ContentDecoder {
    stages: Vec<Stage>,
    /// Whether there was any input.
    begun: bool,
}

enum Stage {
    Gzip(Box<Option<GzDecoder<Vec<u8>>>>),
    Deflate(Inflater),
    Brotli(Box<DecompressorWriter<Vec<u8>>>),
}

impl ContentDecoder {
    /// The decoder that an answer needs. `None` when it has no coding, one that is unknown (the body is then handed
    /// over as it came), or no body to decode.
    #[must_use]
    pub fn new(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        if *method == Method::HEAD || matches!(status.as_u16(), 101 | 204 | 205 | 304) {
            return None;
        }
        let mut stages = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            for coding in value.to_str().ok()?.split(',') {
                stages.push(Stage::new(&coding.trim().to_ascii_lowercase())?);
            }
        }
        stages.reverse();
        (!stages.is_empty()).then_some(Self { stages, begun: false })
    }

    /// Decodes the next piece of the body; `room` is the number of bytes that may still come out.
    ///
    /// # Errors
    /// [`Failure::BadEncoding`]; [`Failure::TooLarge`] with `limit` when there is no room.
    pub fn decode(&mut self, input: &[u8], room: u64, limit: u64) -> Result<Bytes, Failure> {
        let mut decoded = Vec::new();
        self.begun |= !input.is_empty();
        for piece in input.chunks(PIECE) {
            let mut data = piece.to_vec();
            for stage in &mut self.stages {
                let coding = stage.name();
                data = stage.write(&data).map_err(|source| Failure::BadEncoding { coding, source })?;
                // An inner stage that swells must not fill the memory either.
                if data.len() as u64 > room {
                    return Err(Failure::TooLarge { limit });
                }
            }
            decoded.append(&mut data);
            if decoded.len() as u64 > room {
                return Err(Failure::TooLarge { limit });
            }
        }
        Ok(decoded.into())
    }

    /// Says that the body is complete. One without a single byte is an empty body, whatever its coding.
    ///
    /// # Errors
    /// [`Failure::BadEncoding`] when it was cut short.
    pub fn finish(mut self) -> Result<(), Failure> {
        if !self.begun {
            return Ok(());
        }
        for stage in &mut self.stages {
            if !stage.is_complete() {
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the body ends in the middle");
                return Err(Failure::BadEncoding { coding: stage.name(), source });
            }
        }
        Ok(())
    }
}

impl Stage {
    fn new(coding: &str) -> Option<Self> {
        Some(match coding {
            "gzip" | "x-gzip" => Self::Gzip(Box::new(Some(GzDecoder::new(Vec::new())))),
            "deflate" => Self::Deflate(Inflater::default()),
            "br" => Self::Brotli(Box::new(DecompressorWriter::new(Vec::new(), PIECE))),
            _ => return None,
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Deflate(_) => "deflate",
            Self::Brotli(_) => "br",
        }
    }

    fn write(&mut self, input: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(member) => write_members(member, input),
            Self::Deflate(inflater) => inflater.write(input),
            Self::Brotli(decoder) => {
                write_until_end(&mut **decoder, input)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }

    fn is_complete(&mut self) -> bool {
        match self {
            Self::Gzip(member) => (**member).as_mut().is_none_or(|decoder| decoder.try_finish().is_ok()),
            Self::Deflate(inflater) => inflater.ended,
            Self::Brotli(decoder) => decoder.close().is_ok(),
        }
    }
}

/// Undoes deflate with its zlib header or without: the first byte tells.
#[derive(Default)]
struct Inflater {
    state: Option<Decompress>,
    ended: bool,
}

impl Inflater {
    fn write(&mut self, mut input: &[u8]) -> io::Result<Vec<u8>> {
        let mut decoded = Vec::new();
        let Some(first) = input.first() else { return Ok(decoded) };
        let state = self.state.get_or_insert_with(|| Decompress::new(first & 0x0f == ZLIB_METHOD));
        while !self.ended {
            decoded.reserve(PIECE);
            let (taken, made) = (state.total_in(), state.total_out());
            let status = state.decompress_vec(input, &mut decoded, FlushDecompress::None)?;
            let taken = usize::try_from(state.total_in() - taken).unwrap_or_default();
            input = &input[taken..];
            self.ended = status == Status::StreamEnd;
            if taken == 0 && state.total_out() == made {
                break;
            }
        }
        Ok(decoded)
    }
}

/// Writes and flushes; returns what is left over behind the end of the stream.
fn write_until_end<'a>(decoder: &mut impl Write, mut input: &'a [u8]) -> io::Result<&'a [u8]> {
    while !input.is_empty() {
        match decoder.write(input)? {
            0 => break,
            taken => input = &input[taken..],
        }
    }
    decoder.flush()?;
    Ok(input)
}

/// A gzip body may be several members in a row; what follows them and is no member is ignored.
fn write_members(member: &mut Option<GzDecoder<Vec<u8>>>, mut input: &[u8]) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    while let Some(decoder) = member {
        input = write_until_end(decoder, input)?;
        decoded.append(decoder.get_mut());
        if input.is_empty() {
            break;
        }
        *member = (input[0] == GZIP_MAGIC).then(|| GzDecoder::new(Vec::new()));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
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
        ContentDecoder::new(&Method::GET, StatusCode::OK, &headers)
    }

    fn decode(coding: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut decoder = decoder(coding).unwrap();
        let mut output = Vec::new();
        for byte in body {
            output.extend(decoder.decode(&[*byte], u64::MAX, u64::MAX)?);
        }
        decoder.finish()?;
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
        for (coding, body) in
            [("gzip", gzip(TEXT)), ("deflate", zlib.finish().unwrap()), ("br", brotli.to_vec())]
        {
            for length in 1..body.len() {
                let failure = decode(coding, &body[..length]).unwrap_err();
                assert_eq!(failure.code(), "ERR_CYCLE_BAD_ENCODING", "{coding} {length}");
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
        assert!(ContentDecoder::new(&Method::HEAD, StatusCode::OK, &headers).is_none());
        assert!(ContentDecoder::new(&Method::GET, StatusCode::NO_CONTENT, &headers).is_none());
    }

    #[test]
    fn rubbish_is_an_error_and_a_bomb_hits_the_limit() {
        assert_eq!(decode("gzip", b"not gzip at all").unwrap_err().code(), "ERR_CYCLE_BAD_ENCODING");
        let bomb = gzip(&vec![0; 10 << 20]);
        let failure = decoder("gzip").unwrap().decode(&bomb, 1000, 1000).unwrap_err();
        assert!(matches!(failure, Failure::TooLarge { limit: 1000 }));
    }
}
