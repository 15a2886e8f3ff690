//! The writing side of a container's log spool (the form is `wharf_shim_protocol::spool`).
//!
//! Appends go to the page cache: the death of any process loses nothing, that of the machine ends
//! the container anyway. A write that fails in the middle is cut back, so that a segment holds
//! whole records only.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
};

use wharf_shim_protocol::{LogPlan, spool::segment_name};

/// Bounds of one segment in bytes; the size in between is an eighth of what the spool may hold.
const SEGMENT_MIN: u64 = 64 << 10;
const SEGMENT_MAX: u64 = 4 << 20;

#[derive(Debug, Clone, Copy)]
struct Segment {
    start: u64,
    len: u64,
}

/// Records of one container, oldest first.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    max_bytes: u64,
    blocking: bool,
    segments: VecDeque<Segment>,
    current: Option<File>,
    end: u64,
    trimmed: u64,
}

impl Spool {
    /// `None` for a plan that discards.
    pub fn create(folder: PathBuf, plan: LogPlan) -> io::Result<Option<Self>> {
        let LogPlan::Spool {
            max_bytes,
            blocking,
        } = plan
        else {
            return Ok(None);
        };
        wharf_spares::make_inside(&folder)?;
        let max_bytes = max_bytes.max(SEGMENT_MIN * 2);
        Ok(Some(Self {
            folder,
            max_bytes,
            blocking,
            segments: VecDeque::new(),
            current: None,
            end: 0,
            trimmed: 0,
        }))
    }

    /// Nothing more may be appended until something was delivered: the container has to wait.
    pub fn is_full(&self) -> bool {
        self.blocking && self.end - self.trimmed >= self.max_bytes
    }

    /// Appends whole records.
    pub fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let limit = (self.max_bytes / 8).clamp(SEGMENT_MIN, SEGMENT_MAX);
        if self
            .segments
            .back()
            .is_none_or(|segment| segment.len >= limit)
        {
            self.current = None;
        }
        if self.current.is_none() {
            self.begin_segment()?;
        }
        let (Some(file), Some(segment)) = (&mut self.current, self.segments.back_mut()) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if let Err(e) = file.write_all(records) {
            file.set_len(segment.len)?;
            file.seek(SeekFrom::Start(segment.len))?;
            return Err(e);
        }
        segment.len += records.len() as u64;
        self.end += records.len() as u64;
        if !self.blocking {
            self.drop_oldest();
        }
        Ok(())
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let path = self.folder.join(segment_name(self.end));
        // A segment of the same name can only be an empty one left by a failed attempt.
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(path)?;
        if self
            .segments
            .back()
            .is_none_or(|last| last.start != self.end)
        {
            self.segments.push_back(Segment {
                start: self.end,
                len: 0,
            });
        }
        self.current = Some(file);
        Ok(())
    }

    /// The agent has delivered everything before this offset.
    pub fn trim(&mut self, before: u64) {
        self.trimmed = self.trimmed.max(before.min(self.end));
        while self.segments.len() > 1
            && self
                .segments
                .front()
                .is_some_and(|oldest| oldest.start + oldest.len <= self.trimmed)
        {
            self.remove_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        while self.segments.len() > 1
            && self
                .segments
                .front()
                .is_some_and(|oldest| self.end - oldest.start > self.max_bytes)
        {
            self.remove_oldest();
        }
    }

    fn remove_oldest(&mut self) {
        if let Some(oldest) = self.segments.pop_front() {
            let _ = fs::remove_file(self.folder.join(segment_name(oldest.start)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &std::path::Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn blocking_fills_up_and_goes_on_after_a_trim() {
        let dir = tempfile::tempdir().unwrap();
        let plan = LogPlan::Spool {
            max_bytes: 256 << 10,
            blocking: true,
        };
        let mut spool = Spool::create(dir.path().join("logs"), plan)
            .unwrap()
            .unwrap();
        let chunk = vec![b'x'; 32 << 10];
        let mut appended = 0u64;
        while !spool.is_full() {
            spool.append(&chunk).unwrap();
            appended += chunk.len() as u64;
        }
        assert_eq!(appended, 256 << 10);
        assert_eq!(names(&dir.path().join("logs")).len(), 4);
        spool.trim(100 << 10);
        assert!(!spool.is_full());
        assert_eq!(names(&dir.path().join("logs"))[0], segment_name(64 << 10));
        // A trim beyond the end does not invent room, and the last segment stays.
        spool.trim(u64::MAX);
        assert_eq!(names(&dir.path().join("logs")), [segment_name(192 << 10)]);
    }

    #[test]
    fn non_blocking_drops_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        let plan = LogPlan::Spool {
            max_bytes: 128 << 10,
            blocking: false,
        };
        let mut spool = Spool::create(dir.path().join("logs"), plan)
            .unwrap()
            .unwrap();
        for _ in 0..64 {
            spool.append(&vec![b'x'; 16 << 10]).unwrap();
            assert!(!spool.is_full());
        }
        let kept: u64 = names(&dir.path().join("logs"))
            .iter()
            .map(|n| fs::metadata(dir.path().join("logs").join(n)).unwrap().len())
            .sum();
        assert!((64 << 10..=128 << 10).contains(&kept), "{kept}");
    }
}
