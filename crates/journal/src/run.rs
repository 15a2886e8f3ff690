//! A run: blocks one after another, each stream's together, in the form that each says ([`crate::packed`]), then
//! where they are.
//!
//! ```text
//! magic 8 | salt u32 | block* | footer frame | footer position u64
//! ```

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_wal::{
    DataFile, DecodeError, Decoder, Disk, Encoder, FRAME_HEADER_BYTES, FrameReader,
    MAX_FRAME_BYTES, Output, encode_frame,
};

use crate::{
    OpenError,
    block::{Block, FileId},
};

const MAGIC: [u8; 8] = *b"wharfru3";
/// Of versions before this one: packed blocks without filters.
const UNFILTERED_MAGIC: [u8; 8] = *b"wharfru2";
/// Of those before: blocks as they are.
const UNPACKED_MAGIC: [u8; 8] = *b"wharfrun";
const PREFIX_BYTES: u64 = 12;
/// Blocks told of by one footer frame; a run has as many frames as it needs.
const FOOTER_BLOCKS: usize = 1 << 20;
/// Records of a block: each takes a byte at least.
const MAX_RECORDS: u32 = 4 << 20;
const _: () = assert!(FOOTER_BLOCKS * 50 < MAX_FRAME_BYTES);

pub(crate) fn run_path(dir: &Path, id: u32) -> PathBuf {
    dir.join(format!("{id:08x}.run"))
}

/// The id in a run's file name.
pub(crate) fn run_id(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".run")?;
    (digits.len() == 8)
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

/// A durable run and its blocks, each with its stream.
pub(crate) struct FinishedRun {
    pub(crate) data: Arc<DataFile>,
    pub(crate) blocks: Vec<(u64, Block)>,
}

/// A run being written.
pub(crate) struct RunWriter {
    id: u32,
    path: PathBuf,
    out: Output,
    salt: u32,
    position: u64,
    blocks: Vec<(u64, Block)>,
}

impl RunWriter {
    pub(crate) fn create(dir: &Path, disk: &Disk, id: u32) -> io::Result<Self> {
        let path = run_path(dir, id);
        let mut out = Output::create(disk, &path)?;
        let salt: u32 = rand::random();
        out.write_all(&MAGIC)?;
        out.write_all(&salt.to_le_bytes())?;
        Ok(Self {
            id,
            path,
            out,
            salt,
            position: PREFIX_BYTES,
            blocks: Vec::new(),
        })
    }

    pub(crate) fn block(
        &mut self,
        stream: u64,
        first: u64,
        count: u32,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.out.write_all(bytes)?;
        let block = Block {
            first,
            position: self.position,
            count,
            len: bytes.len() as u32,
            crc: crc32fast::hash(bytes),
            file: FileId::run(self.id),
        };
        self.blocks.push((stream, block));
        self.position += u64::from(block.len);
        Ok(())
    }

    /// Makes the run durable, though not yet part of the journal.
    pub(crate) fn finish(mut self) -> io::Result<FinishedRun> {
        let mut frames = Vec::new();
        let parts = self.blocks.chunks(FOOTER_BLOCKS);
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.enumerate() {
            encode_frame(
                &mut frames,
                self.salt,
                index as u64,
                footer(part, index == last).as_slice(),
            );
        }
        if self.blocks.is_empty() {
            encode_frame(&mut frames, self.salt, 0, footer(&[], true).as_slice());
        }
        self.out.write_all(&frames)?;
        self.out.write_all(&self.position.to_le_bytes())?;
        Ok(FinishedRun {
            data: DataFile::new(self.path, self.out.finish()?),
            blocks: self.blocks,
        })
    }
}

fn footer(blocks: &[(u64, Block)], last: bool) -> Encoder {
    let mut out = Encoder::new();
    out.u8(u8::from(last));
    out.number(blocks.len() as u64);
    for (stream, b) in blocks {
        for number in [
            *stream,
            b.first,
            b.position,
            b.count.into(),
            b.len.into(),
            b.crc.into(),
        ] {
            out.number(number);
        }
    }
    out
}

/// Opens a run and hands each of its blocks, with its stream, to `visit`. Whether they say in which form they
/// are.
pub(crate) fn open(
    dir: &Path,
    id: u32,
    mut visit: impl FnMut(u64, Block),
) -> Result<(Arc<DataFile>, bool), OpenError> {
    let path = run_path(dir, id);
    let file = File::open(&path).map_err(OpenError::io("open", &path))?;
    let size = file
        .metadata()
        .map_err(OpenError::io("inspect", &path))?
        .len();
    let data = DataFile::new(path.clone(), file);
    let corrupt = |at, reason: &str| OpenError::corrupt(&path, at, reason);
    let fail = |e| OpenError::io("read", &path)(e);
    if size < PREFIX_BYTES + FRAME_HEADER_BYTES as u64 + 8 {
        return Err(corrupt(0, "it is too short for a run"));
    }
    let (mut prefix, mut tail) = ([0; PREFIX_BYTES as usize], [0; 8]);
    data.read_exact_at(&mut prefix, 0).map_err(fail)?;
    data.read_exact_at(&mut tail, size - 8).map_err(fail)?;
    let [m0, m1, m2, m3, m4, m5, m6, m7, salt @ ..] = prefix;
    let start = u64::from_le_bytes(tail);
    let magic = [m0, m1, m2, m3, m4, m5, m6, m7];
    let packs = magic == MAGIC || magic == UNFILTERED_MAGIC;
    if !(packs || magic == UNPACKED_MAGIC) || !(PREFIX_BYTES..size - 8).contains(&start) {
        return Err(corrupt(0, "it is no run of this version"));
    }
    let mut bytes =
        vec![0; usize::try_from(size - 8 - start).map_err(|_| corrupt(start, "too long"))?];
    data.read_exact_at(&mut bytes, start).map_err(fail)?;
    let mut frames = FrameReader::new(bytes.as_slice(), u32::from_le_bytes(salt), 0, start);
    loop {
        let (payload, at) = frames
            .next_frame()
            .map_err(|_| corrupt(start, "its footer is damaged"))?;
        let last = read_footer(payload, FileId::run(id), start, &mut visit)
            .map_err(|e| corrupt(at, &format!("its footer {e}")))?;
        if last {
            return Ok((data, packs));
        }
    }
}

pub(crate) fn read_footer(
    payload: &[u8],
    file: FileId,
    end: u64,
    visit: &mut impl FnMut(u64, Block),
) -> Result<bool, DecodeError> {
    let small = |n: u64| u32::try_from(n).map_err(|_| DecodeError::BadNumber);
    let mut input = Decoder::new(payload);
    let last = input.u8()? == 1;
    for _ in 0..input.count(6)? {
        let (stream, first, position) = (input.counter()?, input.counter()?, input.counter()?);
        let (count, len) = (small(input.number()?)?, small(input.number()?)?);
        let crc = small(input.number()?)?;
        if position + u64::from(len) > end || count > MAX_RECORDS {
            return Err(DecodeError::BadNumber);
        }
        visit(
            stream,
            Block {
                first,
                position,
                count,
                len,
                crc,
                file,
            },
        );
    }
    input.finish()?;
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// As if damage had met the checksum too: what is let through stays within the file.
        #[test]
        fn hostile_footers_never_panic(bytes in proptest::collection::vec(0u8..200, 0..99)) {
            let _ = read_footer(&bytes, FileId::run(1), 1000, &mut |_, block| {
                assert!(block.position + u64::from(block.len) <= 1000);
            });
        }
    }

    #[test]
    fn a_run_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut out = RunWriter::create(dir.path(), &Disk::default(), 7).unwrap();
        out.block(1, 10, 2, b"\x01a\x01b").unwrap();
        out.block(2, 0, 1, b"\x01c").unwrap();
        let written = out.finish().unwrap().blocks;
        let read = || {
            let mut found = Vec::new();
            let visit = |stream, block| found.push((stream, block));
            let (_, packs) = open(dir.path(), 7, visit).unwrap();
            assert_eq!(found, written);
            packs
        };
        assert!(read());
        // As versions before this one wrote it.
        for (magic, packs) in [(UNFILTERED_MAGIC, true), (UNPACKED_MAGIC, false)] {
            let path = run_path(dir.path(), 7);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[..8].copy_from_slice(&magic);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(), packs);
        }
    }
}
