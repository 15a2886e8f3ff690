//! Files of entries that wait to be handed over, on disk for as long as it takes: beyond the life of this process and without a control
//! plane.
//!
//! A file is packed and whole before it has its name. The names begin with the end of its interval, so the oldest is first. Bounds hold
//! for all of them and for each load balancer, so that one that cannot deliver takes little from the others.

use std::{
    collections::VecDeque,
    fs, io,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use wharf_durable::{self as durable, Durability};
use wharf_planeproto::access_logs::{self, Head, MOST_BYTES, MOST_HEAD};

use super::Lines;

/// Bytes of all files.
const MOST: u64 = 256 << 20;
/// Of one load balancer's.
const MOST_OF_BALANCER: u64 = 64 << 20;
/// They are looked through one by one.
const MOST_FILES: usize = 10_000;
const ENDING: &str = ".log";

/// The folder.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    files: VecDeque<Waiting>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub path: PathBuf,
    pub head: Head,
    size: u64,
}

/// A file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    #[error("too much waits to be handed over")]
    Full,
    #[error("it cannot be written")]
    Disk(#[from] io::Error),
}

/// Entries as they are sent.
#[derive(Debug)]
pub struct Packed {
    pub head: Head,
    bytes: Vec<u8>,
}

impl Packed {
    /// Packs lines for a host.
    ///
    /// # Errors
    /// Memory of the packer's could not be had.
    pub fn new(lines: Lines, host: &str) -> io::Result<Self> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&lines.text)?;
        let head = Head {
            instance: host.to_owned(),
            ..lines.head
        };
        let bytes = access_logs::join(&head, &packer.finish()?)?;
        Ok(Self { head, bytes })
    }
}

impl Spool {
    /// The files that were left there. What cannot be read is removed.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(dir: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            match found(&path) {
                Some(file) => files.push(file),
                None => drop(fs::remove_file(&path)),
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            dir,
            files: files.into(),
        })
    }

    /// Keeps a file.
    ///
    /// # Errors
    /// There is no room, or the disk refuses.
    pub fn keep(&mut self, packed: &Packed) -> Result<(), NotKept> {
        let Packed { head, bytes } = packed;
        let size = bytes.len() as u64;
        let all: u64 = self.files.iter().map(|it| it.size).sum();
        let own = self
            .files
            .iter()
            .filter(|it| it.head.balancer == head.balancer);
        let own: u64 = own.map(|it| it.size).sum();
        if all + size > MOST || own + size > MOST_OF_BALANCER || self.files.len() >= MOST_FILES {
            return Err(NotKept::Full);
        }
        let name = format!("{:012}-{:016x}{ENDING}", head.end.max(0), head.unique);
        let path = self.dir.join(name);
        durable::replace(&path, bytes, Durability::Process)?;
        let head = head.clone();
        self.files.push_back(Waiting { path, head, size });
        Ok(())
    }

    /// The next one to hand over.
    pub fn first(&self) -> Option<Waiting> {
        self.files.front().cloned()
    }

    /// It was handed over, or is given up.
    pub fn remove(&mut self, file: &Waiting) {
        self.files.retain(|it| it != file);
        if let Err(error) = fs::remove_file(&file.path) {
            tracing::warn!(path = %file.path.display(), %error, "failed to remove a file of logs of a load balancer; it may be delivered again");
        }
    }

    /// Others have their turn before it.
    pub fn put_last(&mut self, file: &Waiting) {
        self.files.retain(|it| it != file);
        self.files.push_back(file.clone());
    }
}

impl Waiting {
    /// What is sent of it; `None` if it is there no more.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> io::Result<Option<Vec<u8>>> {
        durable::read(&self.path, MOST_BYTES as u64)
    }
}

/// Their beginnings are read alone: all of them may be much, and load balancers wait for it.
fn found(path: &Path) -> Option<Waiting> {
    let name = path.file_name()?.to_str()?;
    let file = fs::File::open(path).ok()?;
    let about = file.metadata().ok()?;
    let is_whole = about.is_file() && name.ends_with(ENDING) && about.len() <= MOST_BYTES as u64;
    let mut start = Vec::new();
    file.take(MOST_HEAD as u64).read_to_end(&mut start).ok()?;
    let (head, _) = access_logs::split(&start).filter(|_| is_whole)?;
    Some(Waiting {
        path: path.to_owned(),
        head,
        size: about.len(),
    })
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;
    use wharf_planeproto::access_logs::{LogKind, Place};

    use super::*;

    fn packed(balancer: &str, end: i64, text: &[u8]) -> Packed {
        let lines = Lines {
            head: Head {
                instance: String::new(),
                balancer: balancer.to_owned(),
                kind: LogKind::Access,
                place: Place {
                    bucket: "b".to_owned(),
                    prefix: String::new(),
                },
                end,
                node: [10, 0, 0, 1].into(),
                unique: rand::random(),
                entries: 1,
            },
            text: text.to_vec(),
        };
        Packed::new(lines, "i-1").unwrap()
    }

    #[test]
    fn files_outlive_the_process_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("access-logs");
        let mut spool = Spool::open(dir.clone()).unwrap();
        spool.keep(&packed("lb", 600, b"second\n")).unwrap();
        spool.keep(&packed("lb", 300, b"first\n")).unwrap();
        fs::write(dir.join("unfinished"), b"x").unwrap();
        let mut spool = Spool::open(dir.clone()).unwrap();
        assert!(!dir.join("unfinished").exists());
        let first = spool.first().unwrap();
        assert_eq!((first.head.end, first.head.instance.as_str()), (300, "i-1"));
        let bytes = first.read().unwrap().unwrap();
        let (_, at) = access_logs::split(&bytes).unwrap();
        let mut text = String::new();
        GzDecoder::new(&bytes[at..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "first\n");
        spool.put_last(&first);
        let second = spool.first().unwrap();
        assert_eq!(second.head.end, 600);
        spool.remove(&second);
        spool.remove(&first);
        assert_eq!(spool.first(), None);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
    }

    #[test]
    fn a_load_balancer_that_cannot_deliver_leaves_room_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path().to_owned()).unwrap();
        spool.keep(&packed("a", 300, b"x")).unwrap();
        for file in &mut spool.files {
            file.size = MOST_OF_BALANCER;
        }
        assert!(matches!(
            spool.keep(&packed("a", 300, b"x")),
            Err(NotKept::Full)
        ));
        spool.keep(&packed("b", 300, b"x")).unwrap();
    }
}
