//! How much of an image is read. An image is somebody's upload: whatever is in it, reading it ends.

use std::{
    io::{self, Read},
    time::{Duration, Instant},
};

/// Why an image is not read to the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// A layer or a file in it is not what it says it is.
    #[error("{0} cannot be read: {1}")]
    Damaged(String, String),
    /// More than is read of any image.
    #[error("the image has more than {0}")]
    TooMuch(String),
    #[error("reading the image took longer than {0} seconds")]
    TooSlow(u64),
    /// What keeps its packages is not read by this version.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// Bounds on one image.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of its layers once they are unpacked.
    pub unpacked: u64,
    /// Entries of its layers.
    pub entries: u64,
    /// One file that says which packages there are, in bytes.
    pub file: u64,
    /// One database of RPM, in bytes.
    pub database: u64,
    /// One archive of Java, in bytes, packed or unpacked, with those inside it.
    pub archive: u64,
    /// All that is kept of the system's packages, in bytes; those of languages have as much of their own.
    pub kept: u64,
    /// Of the system; those of languages are counted by themselves.
    pub packages: usize,
    /// What may be found in it.
    pub findings: usize,
    /// All findings at once, in bytes.
    pub found: u64,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked: 32 << 30,
            entries: 2_000_000,
            file: 32 << 20,
            database: 192 << 20,
            archive: 256 << 20,
            kept: 64 << 20,
            packages: 50_000,
            findings: 50_000,
            found: 64 << 20,
            time: Duration::from_secs(600),
        }
    }
}

/// What is left of the bounds while an image is read.
#[derive(Debug)]
pub struct Budget {
    pub(crate) limits: Limits,
    unpacked: u64,
    entries: u64,
    system: Room,
    languages: Room,
    begun: Instant,
}

/// Whose packages a file is about. Those of languages take no room of the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    System,
    Language,
}

/// What is left for packages.
#[derive(Debug)]
struct Room {
    packages: usize,
    bytes: u64,
}

/// What a file took of the room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub kind: Kind,
    pub packages: usize,
    pub bytes: u64,
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        let room = || Room {
            packages: limits.packages,
            bytes: limits.kept,
        };
        Self {
            unpacked: limits.unpacked,
            entries: limits.entries,
            system: room(),
            languages: room(),
            begun: Instant::now(),
            limits,
        }
    }

    pub(crate) fn entry(&mut self) -> Result<(), ScanError> {
        let left = self.entries.checked_sub(1);
        self.entries =
            left.ok_or_else(|| ScanError::TooMuch(format!("{} files", self.limits.entries)))?;
        Ok(())
    }

    fn room(&mut self, kind: Kind) -> &mut Room {
        match kind {
            Kind::System => &mut self.system,
            Kind::Language => &mut self.languages,
        }
    }

    /// Takes room for what is about to be kept.
    pub(crate) fn charge(&mut self, cost: Cost) -> Result<(), ScanError> {
        let (packages, bytes) = (self.limits.packages, self.limits.kept);
        let room = self.room(cost.kind);
        let left = room.packages.checked_sub(cost.packages);
        let left = left.ok_or_else(|| ScanError::TooMuch(format!("{packages} packages")))?;
        room.bytes = (room.bytes.checked_sub(cost.bytes))
            .ok_or_else(|| ScanError::TooMuch(format!("{bytes} bytes of package data")))?;
        room.packages = left;
        Ok(())
    }

    /// What was charged is kept no more.
    pub(crate) fn give_back(&mut self, cost: Cost) {
        let room = self.room(cost.kind);
        room.packages += cost.packages;
        room.bytes += cost.bytes;
    }

    /// The same, as long as there is time.
    pub(crate) fn timed<R>(&self, inner: R) -> Timed<R> {
        Timed {
            inner,
            begun: self.begun,
            most: self.limits.time,
        }
    }

    pub(crate) fn time(&self) -> Result<(), ScanError> {
        match self.begun.elapsed() > self.limits.time {
            true => Err(ScanError::TooSlow(self.limits.time.as_secs())),
            false => Ok(()),
        }
    }
}

/// A reader of what is packed, which ends when the time is over. A layer may be packed parts without a byte in them, one
/// after the other: nothing comes out of it that [`Metered`] would see.
#[derive(Debug)]
pub(crate) struct Timed<R> {
    inner: R,
    begun: Instant,
    most: Duration,
}

impl<R: Read> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.begun.elapsed() > self.most {
            return Err(io::Error::other(ScanError::TooSlow(self.most.as_secs())));
        }
        self.inner.read(buffer)
    }
}

/// A reader that takes what is read from the budget.
pub(crate) struct Metered<'a, R> {
    inner: R,
    pub(crate) budget: &'a mut Budget,
    /// Why reading ended, when it did not end by itself.
    pub(crate) over: Option<ScanError>,
}

impl<'a, R: Read> Metered<'a, R> {
    pub(crate) fn new(inner: R, budget: &'a mut Budget) -> Self {
        let over = None;
        Self {
            inner,
            budget,
            over,
        }
    }

    fn pass(&mut self, read: usize) -> Result<(), ScanError> {
        self.budget.time()?;
        let left = self.budget.unpacked.checked_sub(read as u64);
        self.budget.unpacked = left
            .ok_or_else(|| ScanError::TooMuch(format!("{} bytes", self.budget.limits.unpacked)))?;
        Ok(())
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Err(error) = self.pass(read) {
            let text = error.to_string();
            self.over = Some(error);
            return Err(io::Error::other(text));
        }
        Ok(read)
    }
}
