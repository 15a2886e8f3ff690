//! Disks for tasks, made ahead: a task's start must not wait for one to be formatted.
//!
//! For each size there is a formatted template; a disk is a sparse copy of it, of which some are kept
//! mounted and ready. Nothing of this outlives the agent but files in a folder of its own, which the
//! next one empties.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use wharf_container::runtime::PreparedDisk;

/// Ready disks of a size that was asked for before: enough for a service that is started anew.
const READY: usize = 2;
/// The name of a template tells how it was formatted; another way takes another number.
const FORMAT: u32 = 1;
/// What Fargate gives a task whose definition does not say more.
const FARGATE_GIB: u64 = 20;
/// The largest that a definition or a launch can ask for.
const MOST_GIB: u64 = 200;
/// No smaller disk can be had: its own tables would fill it.
pub const LEAST_BYTES: u64 = 16 << 20;

/// A task's disk of so many GiB is more than a task can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task's disk can have at most {most} GiB, not {0}", most = MOST_GIB)]
pub struct DiskTooLarge(pub u64);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Disks {
    dir: PathBuf,
    /// `None`: this machine cannot make any.
    pool: Arc<OnceCell<Option<Arc<DiskPool>>>>,
    /// Of tasks whose launch type names no size.
    default_bytes: u64,
}

#[derive(Debug)]
struct DiskPool {
    dir: PathBuf,
    ready: Mutex<BTreeMap<u64, Vec<PreparedDisk>>>,
    /// Held by the one thread that makes disks ahead.
    filling: Mutex<()>,
    next: AtomicU64,
}

impl Disks {
    /// Looks, beside everything else, whether this machine can make them, by making one. `dir` is
    /// `<data>/node/disks`.
    pub fn open(dir: PathBuf, default_bytes: u64) -> Self {
        let disks = Self {
            dir,
            pool: Arc::default(),
            default_bytes,
        };
        let first = disks.clone();
        tokio::spawn(async move { first.pool().await.is_some() });
        disks
    }

    async fn pool(&self) -> Option<Arc<DiskPool>> {
        let open = || async {
            let (dir, bytes) = (self.dir.clone(), self.default_bytes);
            let made = tokio::task::spawn_blocking(move || DiskPool::open(dir, bytes)).await;
            match made.unwrap_or_else(|e| Err(io::Error::other(e))) {
                Ok(pool) => Some(Arc::new(pool)),
                Err(error) => {
                    tracing::error!(
                        %error,
                        "this machine cannot give tasks disks of their own, so that nothing limits what they write; `wharf doctor` says what it lacks"
                    );
                    None
                }
            }
        };
        self.pool.get_or_init(open).await.clone()
    }

    pub async fn are_there(&self) -> bool {
        self.pool().await.is_some()
    }

    /// What a task may write: Fargate's sizes for its tasks, the node's own for all others.
    ///
    /// # Errors
    /// It was told of a larger one than there can be.
    pub fn size_of(&self, launch_type: &str, ephemeral_gib: u64) -> Result<u64, DiskTooLarge> {
        match (launch_type, ephemeral_gib) {
            (_, gib) if gib > MOST_GIB => Err(DiskTooLarge(gib)),
            (_, gib) if gib > 0 => Ok(gib << 30),
            ("FARGATE", _) => Ok(FARGATE_GIB << 30),
            _ => Ok(self.default_bytes),
        }
    }

    /// A disk of this size; `None` where this machine makes none.
    pub async fn take(&self, bytes: u64) -> io::Result<Option<PreparedDisk>> {
        let Some(pool) = self.pool().await else {
            return Ok(None);
        };
        let ready = pool.ready().entry(bytes).or_default().pop();
        let refill = pool.clone();
        let filling = tokio::task::spawn_blocking(move || refill.fill(bytes));
        if let Some(disk) = ready {
            return Ok(Some(disk));
        }
        let made = tokio::task::spawn_blocking(move || pool.make(bytes));
        drop(filling);
        made.await.map_err(io::Error::other)?.map(Some)
    }
}

impl DiskPool {
    fn open(dir: PathBuf, default_bytes: u64) -> io::Result<Self> {
        let pool = Self {
            dir,
            ready: Mutex::default(),
            filling: Mutex::default(),
            next: AtomicU64::new(0),
        };
        match fs::remove_dir_all(pool.ready_dir()) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        fs::create_dir_all(pool.ready_dir())?;
        let first = pool.make(default_bytes)?;
        pool.ready().entry(default_bytes).or_default().push(first);
        Ok(pool)
    }

    fn ready(&self) -> parking_lot::MutexGuard<'_, BTreeMap<u64, Vec<PreparedDisk>>> {
        self.ready.lock()
    }

    fn ready_dir(&self) -> PathBuf {
        self.dir.join("ready")
    }

    fn make(&self, bytes: u64) -> io::Result<PreparedDisk> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let image = self.ready_dir().join(format!("{number}.img"));
        PreparedDisk::make(&self.template(bytes)?, &image)
    }

    /// Those of one size; the next task to want it takes one.
    fn fill(&self, bytes: u64) {
        let Some(_alone) = self.filling.try_lock() else {
            return;
        };
        while self.ready().get(&bytes).map_or(0, Vec::len) < READY {
            match self.make(bytes) {
                Ok(disk) => self.ready().entry(bytes).or_default().push(disk),
                Err(error) => {
                    // The task that needs it tries again and tells what fails.
                    tracing::warn!(%error, bytes, "failed to prepare a task disk ahead of time");
                    return;
                }
            }
        }
    }

    /// The formatted file of this size, made at first need.
    fn template(&self, bytes: u64) -> io::Result<PathBuf> {
        let path = self.dir.join(format!("{FORMAT}-{bytes}.ext4"));
        if !path.exists() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let fresh = self.ready_dir().join(format!("{number}.ext4"));
            fs::File::create(&fresh)?.set_len(bytes)?;
            format(&fresh)?;
            // Half a template after a power failure would look like one.
            fs::File::open(&fresh)?.sync_all()?;
            fs::rename(fresh, &path)?;
        }
        Ok(path)
    }
}

/// No journal, since nothing on it outlives the machine; all tables together at its head and written
/// as they are used, so that a fresh disk of any size is some dozen kilobytes.
fn format(file: &Path) -> io::Result<()> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for program in ["mkfs.ext4", "/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"] {
        let done = Command::new(program)
            .args([
                "-q", "-F", "-m", "0", "-b", "4096", "-i", "16384", "-I", "256",
            ])
            .args(["-O", "^has_journal,^resize_inode,sparse_super2"])
            .args(["-G", "4096", "-E"])
            .arg("lazy_itable_init=1,nodiscard,num_backup_sb=0,packed_meta_blocks=1")
            .arg(file)
            .stdin(Stdio::null())
            .output();
        match done {
            Ok(done) if done.status.success() => return Ok(()),
            Ok(done) => {
                let said = String::from_utf8_lossy(&done.stderr);
                return Err(io::Error::other(format!("mkfs.ext4: {}", said.trim())));
            }
            Err(error) => failure = error,
        }
    }
    Err(io::Error::new(
        failure.kind(),
        format!("cannot run mkfs.ext4: {failure}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let disks = Disks {
            dir: PathBuf::new(),
            pool: Arc::default(),
            default_bytes: 5 << 30,
        };
        assert_eq!(disks.size_of("EC2", 0), Ok(5 << 30));
        assert_eq!(disks.size_of("FARGATE", 0), Ok(20 << 30));
        assert_eq!(disks.size_of("FARGATE", 21), Ok(21 << 30));
        assert_eq!(disks.size_of("FARGATE", 200), Ok(200 << 30));
        for gib in [201, u64::MAX] {
            assert_eq!(disks.size_of("FARGATE", gib), Err(DiskTooLarge(gib)));
            assert_eq!(disks.size_of("EC2", gib), Err(DiskTooLarge(gib)));
        }
    }
}
