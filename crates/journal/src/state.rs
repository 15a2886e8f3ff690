//! The index: streams, the places of their blocks, and cursors. Knows no I/O and no threads.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    ops::Bound,
    sync::Arc,
};

use wharf_wal::DataFile;

use crate::{
    block::{Block, FileId},
    record::Op,
};

#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) name: Arc<str>,
    /// Records before this offset are gone.
    pub(crate) first: u64,
    /// Offset of the next record.
    pub(crate) end: u64,
    /// In the order of their offsets; none ends at or before `first`.
    pub(crate) blocks: VecDeque<Block>,
    pub(crate) cursors: BTreeMap<Box<str>, u64>,
}

impl Stream {
    fn trim(&mut self, before: u64, files: &mut Files) {
        self.first = self.first.max(before.min(self.end));
        while self.blocks.front().is_some_and(|b| b.end() <= self.first) {
            if let Some(block) = self.blocks.pop_front() {
                files.release(&block);
            }
        }
    }

    /// The blocks from the one with record `from` on.
    pub(crate) fn blocks_from(&self, from: u64) -> impl Iterator<Item = &Block> {
        let start = self.blocks.partition_point(|b| b.end() <= from);
        self.blocks.range(start..)
    }
}

/// A file and how much of it is still of use.
#[derive(Debug)]
pub(crate) struct FileState {
    pub(crate) data: Arc<DataFile>,
    /// Its blocks say in which form they are; those of runs of before, and of segments but the packed ones, which count
    /// as another file, are as they are.
    pub(crate) packs: bool,
    /// Bytes of all its blocks.
    pub(crate) block_bytes: u64,
    /// Bytes of those that a stream still has.
    pub(crate) live_bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<FileId, FileState>);

impl Files {
    pub(crate) fn add(&mut self, id: FileId, data: &Arc<DataFile>) -> &mut FileState {
        self.0.entry(id).or_insert_with(|| FileState {
            data: Arc::clone(data),
            packs: false,
            block_bytes: 0,
            live_bytes: 0,
        })
    }

    pub(crate) fn get(&self, id: FileId) -> Option<&FileState> {
        self.0.get(&id)
    }

    pub(crate) fn remove(&mut self, id: FileId) -> Option<FileState> {
        self.0.remove(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &FileState)> {
        self.0.iter().map(|(id, file)| (*id, file))
    }

    pub(crate) fn hold(&mut self, block: &Block) {
        if let Some(file) = self.0.get_mut(&block.file) {
            file.live_bytes += u64::from(block.len);
        }
    }

    fn release(&mut self, block: &Block) {
        if let Some(file) = self.0.get_mut(&block.file) {
            file.live_bytes = file.live_bytes.saturating_sub(u64::from(block.len));
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) streams: HashMap<u64, Stream>,
    pub(crate) names: BTreeMap<Arc<str>, u64>,
    pub(crate) next_stream: u64,
    pub(crate) files: Files,
}

impl State {
    pub(crate) fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.get(self.names.get(name)?)
    }

    /// Streams whose names start with `prefix`, behind `after`.
    pub(crate) fn list(&self, prefix: &str, after: Option<&str>) -> impl Iterator<Item = &Stream> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.names
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(prefix))
            .filter_map(|(_, id)| self.streams.get(id))
    }

    pub(crate) fn add_stream(&mut self, id: u64, name: &str, first: u64) -> &mut Stream {
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name), id);
        self.next_stream = self.next_stream.max(id.saturating_add(1));
        let stream = Stream {
            name,
            first,
            end: first,
            ..Stream::default()
        };
        self.streams.entry(id).or_insert(stream)
    }

    /// Applies a durable operation. `file` and `position` say where an append's block stands.
    ///
    /// Replaying goes over operations that the manifest already knows the outcome of: a stream that
    /// it does not have any more is not made again, and what speaks of one is passed over.
    pub(crate) fn apply(&mut self, op: &Op<'_>, file: FileId, data: &Arc<DataFile>, position: u64) {
        match *op {
            Op::Create { stream, name } => {
                if stream >= self.next_stream {
                    self.add_stream(stream, name, 0);
                }
            }
            Op::Append {
                stream,
                first,
                count,
                block: bytes,
                packed,
            } => {
                let len = bytes.len() as u32;
                let file = if packed { file.of_packed() } else { file };
                let known = self.files.add(file, data);
                known.block_bytes += u64::from(len);
                known.packs = packed;
                let Some(stream) = self.streams.get_mut(&stream) else {
                    return;
                };
                let block = Block {
                    first,
                    position,
                    count,
                    len,
                    crc: crc32fast::hash(bytes),
                    file,
                };
                stream.end = stream.end.max(block.end());
                if block.end() > stream.first {
                    self.files.hold(&block);
                    stream.blocks.push_back(block);
                }
            }
            Op::Trim { stream, before } => {
                if let Some(stream) = self.streams.get_mut(&stream) {
                    stream.trim(before, &mut self.files);
                }
            }
            Op::Delete { stream } => self.delete(stream),
            Op::Cursor {
                stream,
                name,
                offset,
            } => {
                if let Some(stream) = self.streams.get_mut(&stream) {
                    stream.cursors.insert(name.into(), offset);
                }
            }
            Op::DropCursor { stream, name } => {
                if let Some(stream) = self.streams.get_mut(&stream) {
                    stream.cursors.remove(name);
                }
            }
        }
    }

    /// Takes up a block of a run; only while loading, see [`Self::sort_blocks`].
    pub(crate) fn add_block(&mut self, id: u64, block: Block) {
        if let Some(file) = self.files.0.get_mut(&block.file) {
            file.block_bytes += u64::from(block.len);
        }
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        if block.end() > stream.first {
            self.files.hold(&block);
            stream.end = stream.end.max(block.end());
            stream.blocks.push_back(block);
        }
    }

    /// Runs come in any order; their blocks must not.
    pub(crate) fn sort_blocks(&mut self) {
        for stream in self.streams.values_mut() {
            stream
                .blocks
                .make_contiguous()
                .sort_unstable_by_key(|b| b.first);
        }
    }

    fn delete(&mut self, id: u64) {
        if let Some(stream) = self.streams.remove(&id) {
            self.names.remove(&stream.name);
            stream
                .blocks
                .iter()
                .for_each(|block| self.files.release(block));
        }
    }

    /// Puts merged blocks of one stream in the place of those that stand in `merged` files.
    pub(crate) fn replace_blocks(&mut self, id: u64, merged: &HashSet<FileId>, new: &[Block]) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        let old = std::mem::take(&mut stream.blocks);
        let mut blocks: Vec<Block> = old
            .into_iter()
            .filter(|b| !merged.contains(&b.file))
            .collect();
        for block in new.iter().filter(|b| b.end() > stream.first) {
            self.files.hold(block);
            blocks.push(*block);
        }
        blocks.sort_unstable_by_key(|b| b.first);
        stream.blocks = blocks.into();
    }
}
