//! Merging files in the background: closed segments into a run, runs into a larger one, and a run
//! that is mostly trimmed into a smaller one.
//!
//! Inputs: the index, and the files a job names. The job writes a new run, then the manifest that
//! has it in the place of its sources; the writer afterwards points the index to it and removes
//! them. A crash at any moment leaves one manifest and all files it names.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::Path,
    sync::Arc,
};

use parking_lot::RwLock;
use wharf_wal::{DataFile, Decoder, Disk, ReplaceError};

use crate::{
    JournalOptions,
    block::{Block, FileId, Stored},
    manifest::{Head, Image},
    packed::{self, Packer},
    run::{FinishedRun, RunWriter, run_path},
    state::{Files, State},
    writer::read,
};

/// Merged blocks grow up to this before they are packed: large enough that records find others that are like them,
/// small enough that reading a few records reads little.
const BLOCK_BYTES: usize = 256 << 10;
/// A packed block of so much stays as it is: packing it anew, with others, gains nothing.
pub(crate) const FULL_BYTES: usize = BLOCK_BYTES / 2;
/// As `BLOCK_BYTES`, of blocks that are not packed.
const PLAIN_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) sources: HashSet<FileId>,
    /// The run to write.
    pub(crate) run: u32,
    /// The manifest's head when it is done.
    pub(crate) head: Head,
}

#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) sources: HashSet<FileId>,
    pub(crate) head: Head,
    /// `None` if nothing of the sources is of use any more.
    pub(crate) run: Option<(FileId, Arc<DataFile>)>,
    pub(crate) blocks: HashMap<u64, Vec<Block>>,
}

/// The next job worth doing. `sealed` are the log's closed segments, `active` is the one behind.
pub(crate) fn choose(
    files: &Files,
    head: &Head,
    sealed: &[u64],
    active: u64,
    options: &JournalOptions,
) -> Option<Job> {
    if sealed.len() >= options.merge_segments.max(1) {
        let segments = sealed.iter().map(|id| FileId::segment(*id));
        let sources = segments.flat_map(|it| [it, it.of_packed()]).collect();
        return Some(job(head, sources, active));
    }
    let runs: Vec<_> = files
        .iter()
        .filter(|(id, _)| id.as_run().is_some())
        .collect();
    let bytes: u64 = files.iter().map(|(_, file)| file.block_bytes).sum();
    let crowded = bytes > options.bytes_wanted;
    // These cost nothing but a manifest, which matters on a full disk.
    let useless: HashSet<FileId> = runs
        .iter()
        .filter(|(_, file)| file.live_bytes == 0)
        .map(|(id, _)| *id)
        .collect();
    if !useless.is_empty() {
        return Some(job(head, useless, head.first_segment));
    }
    let wasteful = runs.iter().find(|(_, file)| {
        let live = file.live_bytes;
        live * 2 < file.block_bytes.max(1) || crowded && live * 8 < file.block_bytes * 7
    });
    if let Some((id, _)) = wasteful {
        return Some(job(head, HashSet::from([*id]), head.first_segment));
    }
    let mut tiers: HashMap<u32, HashSet<FileId>> = HashMap::new();
    for (id, file) in runs
        .iter()
        .filter(|(_, f)| f.block_bytes < options.max_run_bytes)
    {
        tiers
            .entry(file.block_bytes.max(1).ilog(4))
            .or_default()
            .insert(*id);
    }
    let full = tiers
        .into_values()
        .find(|tier| tier.len() >= options.merge_runs.max(2));
    full.map(|sources| job(head, sources, head.first_segment))
}

fn job(head: &Head, sources: HashSet<FileId>, first_segment: u64) -> Job {
    let run = head.next_run;
    let kept = |id: &u32| !sources.contains(&FileId::run(*id));
    let mut runs: Vec<u32> = head.runs.iter().copied().filter(kept).collect();
    runs.push(run);
    let head = Head {
        first_segment,
        next_run: run + 1,
        runs,
        ..head.clone()
    };
    Job { sources, run, head }
}

pub(crate) fn perform(
    dir: &Path,
    disk: &Disk,
    state: &RwLock<State>,
    mut job: Job,
) -> io::Result<Merged> {
    let path = run_path(dir, job.run);
    // What no manifest names the next opening would remove too, but a full disk needs it now.
    let discard = |_: &io::Error| drop(std::fs::remove_file(&path));
    let copy = || {
        let mut out = RunWriter::create(dir, disk, job.run)?;
        copy_blocks(state, &job.sources, &mut out)?;
        out.finish()
    };
    let FinishedRun {
        data,
        blocks: written,
    } = copy().inspect_err(discard)?;
    if written.is_empty() {
        job.head.runs.retain(|id| *id != job.run);
    }
    // The manifest's own sync of the folder makes the run's name durable with it.
    let image = Image::take(&read(state), &job.head);
    match image.write(dir, disk) {
        Ok(()) => {}
        Err(ReplaceError::Unchanged(e)) => {
            discard(&e);
            return Err(e);
        }
        Err(ReplaceError::Unsettled(e)) => return Err(e),
    }
    let run = if written.is_empty() {
        let _ = std::fs::remove_file(&path);
        None
    } else {
        Some((FileId::run(job.run), data))
    };
    let mut blocks: HashMap<u64, Vec<Block>> = HashMap::new();
    for (stream, block) in written {
        blocks.entry(stream).or_default().push(block);
    }
    Ok(Merged {
        sources: job.sources,
        head: job.head,
        run,
        blocks,
    })
}

fn copy_blocks(
    state: &RwLock<State>,
    sources: &HashSet<FileId>,
    out: &mut RunWriter,
) -> io::Result<()> {
    let mut open = Open::new()?;
    let streams: Vec<u64> = read(state).streams.keys().copied().collect();
    for id in streams {
        // Held for one stream at a time.
        let blocks: Vec<(Block, Stored)> = {
            let state = read(state);
            let Some(stream) = state.streams.get(&id) else {
                continue;
            };
            let merged = stream.blocks.iter().filter(|b| sources.contains(&b.file));
            let stored = merged.map(|block| {
                let file = state.files.get(block.file);
                let file = file.ok_or_else(|| io::Error::other("a file is missing"))?;
                Ok((*block, Stored::new(file, block)))
            });
            stored.collect::<io::Result<_>>()?
        };
        for (block, stored) in blocks {
            if open.end() != block.first {
                open.flush(id, out)?;
            }
            let bytes = match stored.read_packed()? {
                Ok(packed) if is_full(&packed) => {
                    open.flush(id, out)?;
                    out.block(id, block.first, block.count, &packed)?;
                    continue;
                }
                Ok(packed) => packed::unpack(packed)?,
                Err(bytes) => bytes,
            };
            if open.bytes.len() + bytes.len() > BLOCK_BYTES {
                open.flush(id, out)?;
            }
            open.add(&block, &bytes);
        }
        open.flush(id, out)?;
    }
    Ok(())
}

/// Whether a packed block stays as it is; one of a version before gains a filter.
fn is_full(packed: &[u8]) -> bool {
    let is_large = packed::packed_bytes(packed).is_some_and(|bytes| bytes >= FULL_BYTES);
    is_large && packed::is_of_now(packed)
}

/// The block being put together.
struct Open {
    first: u64,
    count: u32,
    bytes: Vec<u8>,
    packer: Packer,
}

impl Open {
    fn new() -> io::Result<Self> {
        Ok(Self {
            first: 0,
            count: 0,
            bytes: Vec::new(),
            packer: Packer::new()?,
        })
    }

    fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    fn add(&mut self, block: &Block, bytes: &[u8]) {
        if self.count == 0 {
            self.first = block.first;
        }
        self.count += block.count;
        self.bytes.extend_from_slice(bytes);
    }

    fn flush(&mut self, stream: u64, out: &mut RunWriter) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        match self.packer.pack(&self.bytes)? {
            Some(packed) => out.block(stream, self.first, self.count, &packed)?,
            None => self.write_plain(stream, out)?,
        }
        self.count = 0;
        self.bytes.clear();
        Ok(())
    }

    /// As smaller blocks: of one that is not packed a part is read no more than the whole.
    fn write_plain(&self, stream: u64, out: &mut RunWriter) -> io::Result<()> {
        let damaged = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut input = Decoder::new(&self.bytes);
        let (mut from, mut first, mut count) = (0, self.first, 0);
        while !input.is_empty() {
            let begin = input.position();
            input.bytes().map_err(damaged)?;
            if count > 0 && input.position() - from > PLAIN_BYTES {
                out.block(
                    stream,
                    first,
                    count,
                    &packed::plain(&self.bytes[from..begin]),
                )?;
                (from, first, count) = (begin, first + u64::from(count), 0);
            }
            count += 1;
        }
        out.block(stream, first, count, &packed::plain(&self.bytes[from..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_versions_before_are_packed_anew() {
        let bytes = (BLOCK_BYTES as u32).to_le_bytes();
        for (form, full) in [(1, false), (2, true)] {
            assert_eq!(is_full(&[&[form][..], &bytes].concat()), full);
        }
    }
}
