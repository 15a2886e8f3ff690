//! An index is made while the layer is decompressed: reading from [`Indexing`] gives the archive, and leaves behind where
//! decompressing can begin.

use std::io::{self, Read};

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{
        DecompressorOxide, decompress,
        inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY},
    },
};
use sha2::{Digest as _, Sha256};

use crate::{
    SPAN, WINDOW,
    inflate::{TRAILER, header},
    ztoc::{Entry, Point, encode},
};

const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
const INPUT: usize = 128 << 10;
/// A header of gzip may have a name in it; no longer one.
const MOST_OF_HEADER: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum Unindexable {
    #[error("the layer is not compressed with gzip")]
    NotGzip,
    #[error("the layer cannot be decompressed")]
    Broken,
}

impl From<Unindexable> for io::Error {
    fn from(it: Unindexable) -> Self {
        Self::new(io::ErrorKind::InvalidData, it)
    }
}

pub struct Indexing<R> {
    input: R,
    /// What was read and not decompressed yet.
    buffer: Vec<u8>,
    is_at_end: bool,
    state: Box<DecompressorOxide>,
    /// A ring: the next byte goes where the oldest is.
    window: Vec<u8>,
    next: usize,
    /// Of the window, what the caller has not had yet.
    unread: std::ops::Range<usize>,
    consumed: u64,
    made: u64,
    span: u64,
    points: Vec<Point>,
    hash: Sha256,
    /// Of the span before, until this one holds something: a stream may end with a block of nothing.
    before: Option<Sha256>,
    /// The byte before the next.
    last: u8,
    is_over: bool,
}

impl<R: Read> Indexing<R> {
    /// # Errors
    /// The layer cannot be read, or does not begin as gzip does.
    pub fn begin(input: R) -> io::Result<Self> {
        Self::with_spans(input, SPAN)
    }

    pub(crate) fn with_spans(input: R, span: u64) -> io::Result<Self> {
        let mut indexing = Self {
            input,
            buffer: Vec::new(),
            is_at_end: false,
            state: Box::default(),
            window: vec![0; WINDOW],
            next: 0,
            unread: 0..0,
            consumed: 0,
            made: 0,
            span,
            points: Vec::new(),
            hash: Sha256::new(),
            before: None,
            last: 0,
            is_over: false,
        };
        if !indexing.pass_header()? {
            return Err(Unindexable::NotGzip.into());
        }
        indexing.point(0);
        Ok(indexing)
    }

    fn fill(&mut self, least: usize) -> io::Result<()> {
        while self.buffer.len() < least && !self.is_at_end {
            let before = self.buffer.len();
            let mut more = (&mut self.input).take((INPUT.max(least) - before) as u64);
            self.is_at_end = more.read_to_end(&mut self.buffer)? == 0;
        }
        Ok(())
    }

    /// So many bytes of the layer are behind us.
    fn pass(&mut self, bytes: usize) {
        if let Some(last) = self.buffer[..bytes].last() {
            self.last = *last;
        }
        self.hash.update(&self.buffer[..bytes]);
        if let Some(before) = &mut self.before {
            before.update(&self.buffer[..bytes]);
        }
        self.buffer.drain(..bytes);
        self.consumed += bytes as u64;
    }

    /// Whether there is one.
    fn pass_header(&mut self) -> io::Result<bool> {
        self.fill(MOST_OF_HEADER)?;
        let Some(length) = header(&self.buffer) else {
            return Ok(false);
        };
        self.pass(length);
        Ok(true)
    }

    /// Decompressing can begin here, with so many bits of the byte before.
    fn point(&mut self, bits: u8) {
        // The header before the first is of no span.
        let hash = std::mem::take(&mut self.hash);
        if let Some(before) = self.points.last_mut() {
            self.before = Some(hash.clone());
            before.digest = hash.finalize().into();
        }
        if bits > 0 {
            self.hash.update([self.last]);
        }
        self.points.push(Point {
            at: self.consumed,
            plain: self.made,
            bits,
            window: [&self.window[self.next..], &self.window[..self.next]].concat(),
            digest: [0; 32],
        });
    }

    /// More of the archive, unless that is over.
    fn step(&mut self) -> io::Result<()> {
        self.fill(1)?;
        let (status, taken, made) = decompress(
            &mut self.state,
            &self.buffer,
            &mut self.window,
            self.next,
            FLAGS,
        );
        self.pass(taken);
        self.unread = self.next..self.next + made;
        self.next = (self.next + made) % WINDOW;
        self.made += made as u64;
        if made > 0 {
            self.before = None;
        }
        match status {
            TINFLStatus::BlockBoundary => {
                let since = self.points.last().map_or(0, |last| last.plain);
                if self.made - since > self.span
                    && let Some(state) = self.state.block_boundary_state()
                {
                    self.point(state.num_bits);
                }
            }
            TINFLStatus::Done => {
                self.fill(TRAILER)?;
                self.pass(TRAILER.min(self.buffer.len()));
                self.is_over = !self.pass_header()?;
                *self.state = DecompressorOxide::default();
            }
            TINFLStatus::HasMoreOutput => {}
            TINFLStatus::NeedsMoreInput if !(self.is_at_end && self.buffer.is_empty()) => {}
            _ => return Err(Unindexable::Broken.into()),
        }
        Ok(())
    }

    /// The index, once all of the archive was read: it ended at `plain`, and had these entries.
    ///
    /// # Errors
    /// The layer cannot be read to its end.
    pub fn finish(mut self, entries: &[Entry], plain: u64, tool: &str) -> io::Result<Vec<u8>> {
        io::copy(&mut self, &mut io::sink())?;
        // What follows the last stream belongs to the last span.
        loop {
            self.fill(1)?;
            if self.buffer.is_empty() {
                break;
            }
            self.pass(self.buffer.len());
        }
        let mut hash = std::mem::take(&mut self.hash);
        if let Some(before) = self.before.take() {
            self.points.pop();
            hash = before;
        }
        if let Some(last) = self.points.last_mut() {
            last.digest = hash.finalize().into();
        }
        // A span may begin where the archive has ended already, and hold its padding.
        let least = self.points.last().map_or(0, |last| last.plain + 1);
        if least > self.made {
            return Err(Unindexable::Broken.into());
        }
        let plain = plain.clamp(least, self.made);
        Ok(encode(entries, &self.points, self.consumed, plain, tool))
    }
}

impl<R: Read> Read for Indexing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.unread.is_empty() {
            if self.is_over {
                return Ok(0);
            }
            self.step()?;
        }
        let bytes = out.len().min(self.unread.len());
        let from = self.unread.start;
        out[..bytes].copy_from_slice(&self.window[from..from + bytes]);
        self.unread.start += bytes;
        Ok(bytes)
    }
}
