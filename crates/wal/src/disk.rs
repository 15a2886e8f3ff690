//! The file operations that durability rests on, in one place, so that a test can make any of them
//! fail, stop half way or take long. Production passes no faults: each operation is then the plain
//! system call behind one branch.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::libc;

/// What is about to be done to a file or folder.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    Create {
        path: &'a Path,
    },
    Write {
        path: &'a Path,
        offset: u64,
        bytes: &'a [u8],
    },
    /// Room without bytes: they read as zeros.
    Allocate {
        path: &'a Path,
        bytes: u64,
    },
    SetLen {
        path: &'a Path,
        bytes: u64,
    },
    Sync {
        path: &'a Path,
    },
    Rename {
        from: &'a Path,
        to: &'a Path,
    },
    Remove {
        path: &'a Path,
    },
    SyncFolder {
        path: &'a Path,
    },
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of it is done.
    Refuse(i32),
    /// Of a write, so many bytes reach the file first.
    Short { bytes: usize, errno: i32 },
    /// Of a write, the last byte reaches the file as another, and nobody is told.
    Wrong,
}

/// Decides which operations fail. It may also take its time, as a slow disk does.
pub trait Faults: fmt::Debug + Send + Sync {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault>;
}

/// The way to the files. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    faults: Option<Arc<dyn Faults>>,
}

impl Disk {
    /// A disk that fails as `faults` says: for tests.
    pub fn failing(faults: Arc<dyn Faults>) -> Self {
        Self {
            faults: Some(faults),
        }
    }

    fn meet(&self, operation: Operation<'_>) -> io::Result<()> {
        match self.faults.as_ref().and_then(|it| it.meet(&operation)) {
            None | Some(Fault::Wrong) => Ok(()),
            Some(Fault::Refuse(errno) | Fault::Short { errno, .. }) => {
                Err(io::Error::from_raw_os_error(errno))
            }
        }
    }

    /// An empty file for reading and writing, whatever stood at `path`.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        self.meet(Operation::Create { path })?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
    }

    pub fn write_all_at(
        &self,
        file: &File,
        path: &Path,
        bytes: &[u8],
        offset: u64,
    ) -> io::Result<()> {
        if let Some(faults) = &self.faults {
            let operation = Operation::Write {
                path,
                offset,
                bytes,
            };
            match faults.meet(&operation) {
                None => {}
                Some(Fault::Refuse(errno)) => return Err(io::Error::from_raw_os_error(errno)),
                Some(Fault::Short {
                    bytes: written,
                    errno,
                }) => {
                    file.write_all_at(&bytes[..written.min(bytes.len())], offset)?;
                    return Err(io::Error::from_raw_os_error(errno));
                }
                Some(Fault::Wrong) => {
                    let mut bytes = bytes.to_vec();
                    if let Some(last) = bytes.last_mut() {
                        *last ^= 1;
                    }
                    return file.write_all_at(&bytes, offset);
                }
            }
        }
        file.write_all_at(bytes, offset)
    }

    /// Gives the file `bytes` of room that read as zeros.
    pub fn allocate(&self, file: &File, path: &Path, bytes: u64) -> io::Result<()> {
        let len = libc::off_t::try_from(bytes).map_err(io::Error::other)?;
        let flags = nix::fcntl::FallocateFlags::empty();
        let once = || {
            self.meet(Operation::Allocate { path, bytes })?;
            nix::fcntl::fallocate(file, flags, 0, len).map_err(io::Error::from)
        };
        loop {
            match once() {
                // A signal came in between, which says nothing about the disk.
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    pub fn set_len(&self, file: &File, path: &Path, bytes: u64) -> io::Result<()> {
        self.meet(Operation::SetLen { path, bytes })?;
        file.set_len(bytes)
    }

    /// Contents alone, with what is needed to read them back.
    pub fn sync_data(&self, file: &File, path: &Path) -> io::Result<()> {
        self.meet(Operation::Sync { path })?;
        file.sync_data()
    }

    pub fn sync_all(&self, file: &File, path: &Path) -> io::Result<()> {
        self.meet(Operation::Sync { path })?;
        file.sync_all()
    }

    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.meet(Operation::Rename { from, to })?;
        std::fs::rename(from, to)
    }

    pub fn remove(&self, path: &Path) -> io::Result<()> {
        self.meet(Operation::Remove { path })?;
        std::fs::remove_file(path)
    }

    /// Makes names in the folder durable.
    pub fn sync_folder(&self, folder: &File, path: &Path) -> io::Result<()> {
        self.meet(Operation::SyncFolder { path })?;
        folder.sync_all()
    }

    /// Puts a file written by `write` in the place of `dir/name`: either of them is whole at every
    /// moment. It is written as `dir/name.new` first, and nothing is put if `check` says no to it.
    pub fn replace<T>(
        &self,
        dir: &Path,
        name: &str,
        write: impl FnOnce(&mut Output) -> io::Result<T>,
        check: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<(T, File), ReplaceError> {
        let unfinished = dir.join(format!("{name}.new"));
        let target = dir.join(name);
        let prepare = || {
            // Before the rename, so that a lack of descriptors is met while nothing is at stake.
            let folder = File::open(dir)?;
            let mut out = Output::create(self, &unfinished)?;
            let written = write(&mut out)?;
            let file = out.finish()?;
            check(&file)?;
            self.rename(&unfinished, &target)?;
            Ok((written, file, folder))
        };
        let (written, file, folder) = prepare().map_err(|e| {
            // Gives its room back to a full disk; the next writing starts it anew in any case.
            let _ = std::fs::remove_file(&unfinished);
            ReplaceError::Unchanged(e)
        })?;
        self.sync_folder(&folder, dir)
            .map_err(ReplaceError::Unsettled)?;
        Ok((written, file))
    }
}

/// Which file the next opening will find.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    #[error("the file that was there")]
    Unchanged(#[source] io::Error),
    /// One of the two: what both need must stay.
    #[error("either file")]
    Unsettled(#[source] io::Error),
}

impl From<ReplaceError> for io::Error {
    fn from(e: ReplaceError) -> Self {
        match e {
            ReplaceError::Unchanged(e) | ReplaceError::Unsettled(e) => e,
        }
    }
}

/// A new file written from its beginning to its end.
#[derive(Debug)]
pub struct Output {
    disk: Disk,
    path: PathBuf,
    file: File,
    written: u64,
    buffer: Vec<u8>,
}

/// Bytes that go into one write.
const BUFFER_BYTES: usize = 256 << 10;

impl Output {
    pub fn create(disk: &Disk, path: &Path) -> io::Result<Self> {
        Ok(Self {
            disk: disk.clone(),
            path: path.to_owned(),
            file: disk.create(path)?,
            written: 0,
            buffer: Vec::with_capacity(BUFFER_BYTES),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes all of it durable, though not yet its name.
    pub fn finish(mut self) -> io::Result<File> {
        self.flush()?;
        self.disk.sync_all(&self.file, &self.path)?;
        Ok(self.file)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let disk = &self.disk;
        disk.write_all_at(&self.file, &self.path, &self.buffer, self.written)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
