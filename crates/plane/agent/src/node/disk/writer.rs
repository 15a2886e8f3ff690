//! The thread that writes: the newest content of each file, again and again until the disk takes it.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use wharf_durable::{self as durable, Durability};
use wharf_spares::Spares;

/// What failed is tried again after this, then after twice as long, up to the longest. What comes
/// new is tried at once all the same, and once something succeeds the rest follows.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What the writer is told.
pub enum Order {
    Save {
        path: PathBuf,
        bytes: Vec<u8>,
        durability: Durability,
        done: Option<oneshot::Sender<()>>,
    },
    Remove {
        path: PathBuf,
    },
}

/// The disk; tests put one that fails in its place.
pub trait Files: Send {
    fn replace(&self, path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()>;
    /// One that is not there is removed already.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

#[derive(Default)]
pub struct RealFiles {
    spares: Spares,
}

impl Files for RealFiles {
    fn replace(&self, path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Process => self.spares.replace(path, bytes),
            Durability::Machine => durable::replace(path, bytes, durability),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.spares.remove(path)
    }
}

/// What is to become of one file.
#[derive(Default)]
struct Work {
    /// `None` removes it.
    content: Option<(Vec<u8>, Durability)>,
    waiting: Vec<oneshot::Sender<()>>,
    failed: bool,
}

pub struct Writer<F> {
    files: F,
    pending: BTreeMap<PathBuf, Work>,
    pause: Duration,
    /// When what failed is tried again.
    due: Option<Instant>,
}

impl<F: Files> Writer<F> {
    pub fn new(files: F) -> Self {
        Self {
            files,
            pending: BTreeMap::new(),
            pause: FIRST_PAUSE,
            due: None,
        }
    }

    /// Until nobody can give orders any more. Then what is still refused is given up: the process ends.
    pub fn run(mut self, queue: &Receiver<Order>) {
        loop {
            let next = match self.due {
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => queue.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match next {
                Ok(first) => {
                    for order in std::iter::once(first).chain(queue.try_iter()) {
                        self.take(order);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.write(Instant::now());
        }
    }

    /// The last order for each file counts; who waits for an earlier one hears of the later.
    fn take(&mut self, order: Order) {
        match order {
            Order::Save {
                path,
                bytes,
                durability,
                done,
            } => {
                let work = self.pending.entry(path).or_default();
                work.content = Some((bytes, durability));
                work.waiting.extend(done);
                work.failed = false;
            }
            Order::Remove { path } => {
                // Nobody is told of a save that a removal overtook.
                self.pending.insert(path, Work::default());
            }
        }
    }

    /// Carries out what is new, and what failed before once its time has come.
    fn write(&mut self, now: Instant) {
        let again = self.due.is_some_and(|due| due <= now);
        let mut turn: Vec<(bool, PathBuf)> = self
            .pending
            .iter()
            .filter(|(_, work)| again || !work.failed)
            .map(|(path, work)| (work.content.is_some(), path.clone()))
            .collect();
        // Removals first: whoever then hears of a save finds what was removed before it gone, and
        // they make room.
        turn.sort();
        let mut wrote = false;
        for (_, path) in turn {
            wrote |= self.write_one(&path);
        }
        if self.pending.is_empty() {
            (self.due, self.pause) = (None, FIRST_PAUSE);
        } else if again || self.due.is_none() || wrote {
            if wrote {
                self.pause = FIRST_PAUSE;
            }
            self.due = Some(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether it is done.
    fn write_one(&mut self, path: &Path) -> bool {
        let Some(work) = self.pending.get_mut(path) else {
            return false;
        };
        let done = match &work.content {
            Some((bytes, durability)) => self.files.replace(path, bytes, *durability),
            None => self.files.remove(path),
        };
        if let Err(error) = done {
            if !std::mem::replace(&mut work.failed, true) {
                tracing::error!(
                    path = %path.display(),
                    %error,
                    "failed to save the node's state; will retry"
                );
            }
            return false;
        }
        for waiting in self
            .pending
            .remove(path)
            .into_iter()
            .flat_map(|w| w.waiting)
        {
            // Whoever has gone does not want to know.
            let _ = waiting.send(());
        }
        true
    }
}
