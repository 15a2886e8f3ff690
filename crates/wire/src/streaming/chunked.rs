//! The framing `aws-chunked`: `LENGTH[;chunk-signature=HEX]`, the data, and so on until a chunk of no
//! length, which trailers may follow. Each line ends in CR LF.
//!
//! Pieces of data are passed on before their chunk is complete, so that a chunk may be of any size; a wrong
//! signature is a fault at the chunk's end.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::fault;
use crate::{Fault, sigv4::ChunkSigner};

/// A chunk's line, or a trailer's: a length, a signature, and the names around them are below 200 bytes.
const MAX_LINE: usize = 1024;
const MAX_TRAILERS: usize = 16;
/// All chunks but the last are at least as large.
const LEAST_CHUNK: u64 = 8192;
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Takes the framing off a body, fed with what comes in pieces of any size.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    line: Vec<u8>,
    signer: Option<ChunkSigner>,
    /// What is claimed of the chunk that is coming, and what has come of it.
    claimed: Vec<u8>,
    digest: Sha256,
    /// Whether there was a chunk that only the last may be.
    was_small: bool,
    takes_trailers: bool,
    trailers: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Within the line before a chunk.
    Length,
    Data {
        left: u64,
    },
    /// Before the end of line behind a chunk's data.
    AfterData,
    Trailers,
    Over,
}

impl Decoder {
    /// `signer` checks the signatures of chunks that have them; `takes_trailers` if there may be any.
    pub fn new(signer: Option<ChunkSigner>, takes_trailers: bool) -> Self {
        Self {
            state: State::Length,
            line: Vec::new(),
            signer,
            claimed: Vec::new(),
            digest: Sha256::default(),
            was_small: false,
            takes_trailers,
            trailers: Vec::new(),
        }
    }

    /// The next piece of data in what came, which is taken off it; `None` once more must come.
    pub fn next(&mut self, from: &mut Bytes) -> Result<Option<Bytes>, Fault> {
        loop {
            if from.is_empty() {
                return Ok(None);
            }
            match self.state {
                State::Data { left } => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX);
                    let data = from.split_to(from.len().min(most));
                    if self.signer.is_some() {
                        self.digest.update(&data);
                    }
                    self.state = match left - data.len() as u64 {
                        0 => State::AfterData,
                        left => State::Data { left },
                    };
                    return Ok(Some(data));
                }
                // What follows the end belongs to nothing.
                State::Over => return Err(fault::no_chunk()),
                State::Length => {
                    if let Some(line) = self.line(from)? {
                        self.begin_chunk(&line)?;
                    }
                }
                State::AfterData => {
                    if let Some(line) = self.line(from)? {
                        if !line.is_empty() {
                            return Err(fault::no_chunk());
                        }
                        self.check_chunk()?;
                        self.state = State::Length;
                    }
                }
                State::Trailers => {
                    if let Some(line) = self.line(from)? {
                        self.trailer(&line)?;
                    }
                }
            }
        }
    }

    /// The trailers, names in lower case, of a body that has ended; a fault if it has not.
    pub fn finish(self) -> Result<Vec<(String, String)>, Fault> {
        match self.state {
            State::Over => Ok(self.trailers),
            _ => Err(fault::no_chunk()),
        }
    }

    /// A whole line without its end; `None` until it has come.
    fn line(&mut self, from: &mut Bytes) -> Result<Option<Vec<u8>>, Fault> {
        let end = from.iter().position(|b| *b == b'\n');
        let taken = from.split_to(end.map_or(from.len(), |at| at + 1));
        if self.line.len() + taken.len() > MAX_LINE {
            return Err(fault::no_chunk());
        }
        self.line.extend_from_slice(&taken);
        if end.is_none() {
            return Ok(None);
        }
        // Clients that sign trailers end them with a LF, before the line's own end.
        if self.state == State::Trailers && !self.line.ends_with(b"\r\n") && self.line.len() > 1 {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.line);
        if !line.ends_with(b"\r\n") {
            return Err(fault::no_chunk());
        }
        line.truncate(line.len() - 2);
        if self.state == State::Trailers && line.ends_with(b"\n") {
            line.pop();
        }
        Ok(Some(line))
    }

    fn begin_chunk(&mut self, line: &[u8]) -> Result<(), Fault> {
        let line = std::str::from_utf8(line).map_err(|_| fault::no_chunk())?;
        let (length, rest) = line.split_once(';').unwrap_or((line, ""));
        let is_hex = !length.is_empty() && length.bytes().all(|b| b.is_ascii_hexdigit());
        let length = u64::from_str_radix(length, 16).ok().filter(|_| is_hex);
        let length = length.ok_or_else(fault::no_chunk)?;
        if self.was_small && length > 0 {
            return Err(fault::small_chunk());
        }
        self.was_small = length < LEAST_CHUNK;
        if self.signer.is_some() {
            let signature = rest.strip_prefix("chunk-signature=");
            let signature = signature.ok_or_else(fault::other_signature)?;
            self.claimed = signature.as_bytes().to_vec();
        }
        self.state = match length {
            0 => {
                self.check_chunk()?;
                State::Trailers
            }
            left => State::Data { left },
        };
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), Fault> {
        let Some(signer) = &mut self.signer else {
            return Ok(());
        };
        let digest = hex::encode(std::mem::take(&mut self.digest).finalize());
        let expected = signer.chunk(&digest);
        same(expected.as_bytes(), &self.claimed)
    }

    /// A line behind the last chunk; the empty one ends all.
    fn trailer(&mut self, line: &[u8]) -> Result<(), Fault> {
        if line.is_empty() {
            // Trailers that come unsigned behind signed chunks could be anybody's.
            if self.signer.is_some() && !self.trailers.is_empty() {
                return Err(fault::other_signature());
            }
            self.state = State::Over;
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|_| fault::no_trailer())?;
        let (name, value) = line.split_once(':').ok_or_else(fault::no_trailer)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !self.takes_trailers || self.trailers.len() == MAX_TRAILERS {
            return Err(fault::no_trailer());
        }
        match &self.signer {
            Some(signer) if name == TRAILER_SIGNATURE => {
                let lines = self.trailers.iter();
                let lines: String = lines
                    .map(|(name, value)| format!("{name}:{value}\n"))
                    .collect();
                let expected = signer.trailers(&hex::encode(Sha256::digest(lines)));
                same(expected.as_bytes(), value.as_bytes())?;
                // Nothing more may follow but the end.
                (self.signer, self.takes_trailers) = (None, false);
            }
            _ => self.trailers.push((name, value.to_owned())),
        }
        Ok(())
    }
}

fn same(expected: &[u8], claimed: &[u8]) -> Result<(), Fault> {
    match bool::from(expected.ct_eq(claimed)) {
        true => Ok(()),
        false => Err(fault::other_signature()),
    }
}
