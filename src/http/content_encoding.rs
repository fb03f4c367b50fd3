//! Decodes bodies with a `Content-Encoding`, as fetch does.

use std::io::{self, Write};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf as _, Bytes};
use flate2::write::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method, StatusCode};

use super::answer_head::has_null_body;
use super::error::Error;

/// The most codings of a body, as in fetch.
const MAX_CODINGS: usize = 5;
/// About the most bytes that one step of a decoder returns.
const PORTION: usize = 32 * 1024;
const GZIP_MAGIC: u8 = 0x1f;
const ZLIB_METHOD: u8 = 0x08;

/// Decodes a body in steps, so that only about one portion for each coding is in memory, however large the decoded body is.
pub struct ContentDecoder {
    /// The decoders, that of the outermost coding first.
    stages: Vec<Stage>,
    /// Whether there was any input.
    begun: bool,
}

/// One coding, and its input that is not decoded yet.
struct Stage {
    coding: Coding,
    input: Bytes,
}

enum Coding {
    Gzip(Box<Option<GzDecoder<Vec<u8>>>>),
    Deflate(Inflater),
    Brotli(Box<Brotli>),
}

impl ContentDecoder {
    /// The decoder for an answer. `None` if it has no coding or no body, or an unknown coding: then the body is delivered
    /// undecoded.
    ///
    /// # Errors
    /// [`Error::TooManyCodings`].
    pub fn new(method: &Method, status: StatusCode, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        if !headers.contains_key(CONTENT_ENCODING) || *method == Method::HEAD || has_null_body(status) {
            return Ok(None);
        }
        let fields = headers.get_all(CONTENT_ENCODING).iter();
        let codings: Vec<&[u8]> = fields
            .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
            .take(MAX_CODINGS + 1)
            .collect();
        if codings.len() > MAX_CODINGS {
            return Err(Error::TooManyCodings { limit: MAX_CODINGS });
        }
        let stages: Option<Vec<Stage>> =
            codings.into_iter().map(|coding| Coding::new(coding.trim_ascii()).map(Stage::from)).collect();
        Ok(stages.map(|mut stages| {
            stages.reverse();
            Self { stages, begun: false }
        }))
    }

    /// Adds the next piece of the body. Call [`portion`](Self::portion) until it returns `None` first.
    pub fn push(&mut self, input: Bytes) {
        self.begun |= !input.is_empty();
        if let Some(outermost) = self.stages.first_mut() {
            outermost.input = input;
        }
    }

    /// Decodes a portion. `None` when all input was decoded.
    ///
    /// # Errors
    /// [`Error::BadEncoding`].
    pub fn portion(&mut self) -> Result<Option<Bytes>, Error> {
        let last = self.stages.len() - 1;
        let mut index = last;
        loop {
            let stage = &mut self.stages[index];
            let decoded = stage.step().map_err(|source| stage.error(source))?;
            if decoded.is_empty() {
                // This stage needs more input from the stage before.
                let Some(before) = index.checked_sub(1) else { return Ok(None) };
                index = before;
            } else if index == last {
                return Ok(Some(decoded.into()));
            } else {
                index += 1;
                self.stages[index].input = decoded.into();
            }
        }
    }

    /// Checks that the body is complete. A body of zero bytes is complete with any coding.
    ///
    /// # Errors
    /// [`Error::BadEncoding`] when it ends early.
    pub fn finish(mut self) -> Result<(), Error> {
        if !self.begun {
            return Ok(());
        }
        for stage in &mut self.stages {
            if !stage.coding.is_complete() {
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the body ends early");
                return Err(stage.error(source));
            }
        }
        Ok(())
    }
}

impl From<Coding> for Stage {
    fn from(coding: Coding) -> Self {
        Self { coding, input: Bytes::new() }
    }
}

impl Stage {
    /// Decodes until there is a portion or no more input.
    fn step(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.coding {
            Coding::Gzip(member) => write_members(member, &mut self.input),
            Coding::Deflate(inflater) => inflater.read(&mut self.input),
            Coding::Brotli(decoder) => decoder.read(&mut self.input),
        }
    }

    fn error(&self, source: io::Error) -> Error {
        let coding = match self.coding {
            Coding::Gzip(_) => "gzip",
            Coding::Deflate(_) => "deflate",
            Coding::Brotli(_) => "br",
        };
        Error::BadEncoding { coding, source }
    }
}

impl Coding {
    fn new(name: &[u8]) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("gzip") || is("x-gzip") {
            Some(Self::Gzip(Box::new(Some(GzDecoder::new(Vec::new())))))
        } else if is("deflate") {
            Some(Self::Deflate(Inflater::default()))
        } else if is("br") {
            Some(Self::Brotli(Box::default()))
        } else {
            None
        }
    }

    fn is_complete(&mut self) -> bool {
        match self {
            Self::Gzip(member) => (**member).as_mut().is_none_or(|decoder| decoder.try_finish().is_ok()),
            Self::Deflate(inflater) => inflater.ended,
            Self::Brotli(decoder) => decoder.ended,
        }
    }
}

/// Decodes deflate, with or without a zlib header; the first byte tells which.
#[derive(Default)]
struct Inflater {
    state: Option<Decompress>,
    ended: bool,
}

impl Inflater {
    fn read(&mut self, input: &mut Bytes) -> io::Result<Vec<u8>> {
        if self.state.is_none() {
            let Some(first) = input.first() else { return Ok(Vec::new()) };
            self.state = Some(Decompress::new(first & 0x0f == ZLIB_METHOD));
        }
        let mut decoded = Vec::new();
        let Some(state) = self.state.as_mut().filter(|_| !self.ended) else {
            input.clear();
            return Ok(decoded);
        };
        decoded.reserve_exact(PORTION);
        loop {
            let (taken, made) = (state.total_in(), state.total_out());
            let status = state.decompress_vec(input, &mut decoded, FlushDecompress::None)?;
            let taken = usize::try_from(state.total_in() - taken).unwrap_or_default();
            input.advance(taken);
            if status == Status::StreamEnd {
                self.ended = true;
                return Ok(decoded);
            }
            if decoded.len() == decoded.capacity() || taken == 0 && state.total_out() == made {
                return Ok(decoded);
            }
        }
    }
}

/// Decodes brotli.
struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        let alloc = StandardAlloc::default;
        Self { state: BrotliState::new(alloc(), alloc(), alloc()), ended: false }
    }
}

impl Brotli {
    fn read(&mut self, input: &mut Bytes) -> io::Result<Vec<u8>> {
        if self.ended {
            input.clear();
            return Ok(Vec::new());
        }
        let mut decoded = vec![0; PORTION];
        let (mut left, mut taken, mut room, mut made, mut total) = (input.len(), 0, PORTION, 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut made,
            &mut decoded,
            &mut total,
            &mut self.state,
        );
        input.advance(taken);
        decoded.truncate(made);
        match result {
            BrotliResult::ResultFailure => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "corrupt brotli stream"))
            }
            BrotliResult::ResultSuccess => {
                self.ended = true;
                Ok(decoded)
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(decoded),
        }
    }
}

/// Decodes gzip. A body may have several members in a row; bytes after the last member are ignored.
fn write_members(member: &mut Option<GzDecoder<Vec<u8>>>, input: &mut Bytes) -> io::Result<Vec<u8>> {
    while let Some(decoder) = member
        && !input.is_empty()
    {
        // One write decodes no more than fits into the decoder's buffer.
        let taken = decoder.write(input)?;
        input.advance(taken);
        if input.is_empty() || taken == 0 {
            decoder.flush()?;
        }
        let decoded = std::mem::take(decoder.get_mut());
        if taken == 0 {
            *member = (input[0] == GZIP_MAGIC).then(|| GzDecoder::new(Vec::new()));
        }
        if !decoded.is_empty() {
            return Ok(decoded);
        }
    }
    input.clear();
    Ok(Vec::new())
}

#[cfg(test)]
#[path = "content_encoding_tests.rs"]
mod tests;
