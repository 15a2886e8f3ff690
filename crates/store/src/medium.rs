//! Where frames go: into the log of a folder, or nowhere.
//!
//! In memory there are segments too, of which only the sizes are kept, so that history is compacted
//! by the same rules.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use wharf_wal::{AppendError, DataFile, FolderLock, Log, LogError, Purpose};

pub(crate) enum Medium {
    Folder {
        log: Box<Log>,
        dir: PathBuf,
        _lock: FolderLock,
    },
    Memory(Segments),
}

/// Sizes of the segments that a log would have, by id; the last one takes new frames.
#[derive(Debug)]
pub(crate) struct Segments {
    sizes: VecDeque<(u64, u64)>,
    segment_bytes: u64,
}

/// A frame that is now as durable as its medium.
pub(crate) struct Accepted {
    pub(crate) segment: u64,
    /// The file and the byte of it at which the payload starts.
    pub(crate) place: Option<(Arc<DataFile>, u64)>,
}

impl Segments {
    pub(crate) fn new(segment_bytes: u64) -> Self {
        Self {
            sizes: VecDeque::from([(1, 0)]),
            segment_bytes,
        }
    }

    fn append(&mut self, bytes: u64) -> u64 {
        let (mut id, mut size) = self.sizes.back().copied().unwrap_or((0, u64::MAX));
        if size >= self.segment_bytes {
            (id, size) = (id + 1, 0);
        } else {
            self.sizes.pop_back();
        }
        self.sizes.push_back((id, size + bytes));
        id
    }
}

impl Medium {
    pub(crate) fn append(
        &mut self,
        payload: &[u8],
        purpose: Purpose,
    ) -> Result<Accepted, AppendError> {
        match self {
            Self::Folder { log, .. } => log.append(payload, purpose).map(|it| Accepted {
                segment: it.segment,
                place: Some((it.file, it.offset)),
            }),
            Self::Memory(segments) => Ok(Accepted {
                segment: segments.append(payload.len() as u64),
                place: None,
            }),
        }
    }

    pub(crate) fn probe(&mut self, bytes: usize) -> Result<(), AppendError> {
        match self {
            Self::Folder { log, .. } => log.probe(bytes),
            Self::Memory(_) => Ok(()),
        }
    }

    /// Whether it takes no more frames.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self, Self::Folder { log, .. } if log.failed().is_some())
    }

    /// Whether there is hardly any room left.
    pub(crate) fn is_tight(&self) -> bool {
        matches!(self, Self::Folder { log, .. } if log.is_tight())
    }

    /// Gives room free for a file that will replace larger ones; whether there was any.
    pub(crate) fn free_reserve(&mut self) -> bool {
        match self {
            Self::Folder { log, .. } => log.free_reserve(),
            Self::Memory(_) => false,
        }
    }

    /// The segment that takes new frames.
    pub(crate) fn active_segment(&self) -> u64 {
        match self {
            Self::Folder { log, .. } => log.active_segment(),
            Self::Memory(segments) => segments.sizes.back().map_or(1, |(id, _)| *id),
        }
    }

    /// Ids and bytes of all segments, oldest first.
    pub(crate) fn segments(&self) -> Box<dyn DoubleEndedIterator<Item = (u64, u64)> + '_> {
        match self {
            Self::Folder { log, .. } => Box::new(log.segments()),
            Self::Memory(segments) => Box::new(segments.sizes.iter().copied()),
        }
    }

    pub(crate) fn remove_before(&mut self, first: u64) -> Result<(), LogError> {
        match self {
            Self::Folder { log, .. } => log.remove_before(first),
            Self::Memory(segments) => {
                let active = segments.sizes.back().map_or(first, |(id, _)| *id);
                segments.sizes.retain(|(id, _)| *id >= first.min(active));
                Ok(())
            }
        }
    }
}
