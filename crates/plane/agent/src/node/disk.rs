//! Durable state: `state/node.json` and `state/tasks/<task id>.json`.
//!
//! Every file is replaced as a whole (written beside it, then a rename or an exchange of names), so that a kill at any
//! moment leaves either the old or the new. `node.json` is flushed to the disk as well. A task's record is not: no
//! container outlives the machine, so what a power failure takes from it says nothing that is still
//! true, and a damaged record is set aside. All writing is done by one thread; saves that pile up for
//! the same file are merged, and whoever waits for one is told when its content, or a later one, is
//! written. What fails is tried again until it succeeds ([`writer`]).

mod writer;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};
use wharf_durable::{self as durable, Durability};

use tokio::sync::oneshot;

pub(crate) use self::writer::{Files, RealFiles};
use self::writer::{Order, Writer};
use super::record::{NodeRecord, TaskRecord};

/// No record comes near this; larger files are damage.
const MAX_FILE: u64 = 8 << 20;
const NODE_FILE: &str = "node.json";
pub const TASK_DIR: &str = "tasks";

/// State on disk cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    #[error("cannot {step} {path}")]
    Io {
        step: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path} is damaged: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error("the thread that writes the node's state has ended")]
    Ended,
}

fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    let path = path.to_owned();
    move |source| DiskError::Io { step, path, source }
}

/// What was found at the start.
#[derive(Debug, Default)]
pub struct Loaded {
    pub node: NodeRecord,
    /// In the order of arrival.
    pub tasks: Vec<TaskRecord>,
}

/// Handle to the writing thread.
#[derive(Debug, Clone)]
pub struct Disk {
    dir: PathBuf,
    orders: mpsc::Sender<Order>,
}

impl Disk {
    /// Reads everything below `dir` and starts the writer.
    ///
    /// # Errors
    /// Unreadable files; a damaged task file is set aside with a warning, for its containers are
    /// found again through their shim, but a damaged node file is an error.
    pub fn open(dir: impl Into<PathBuf>) -> Result<(Self, Loaded), DiskError> {
        Self::open_with(dir.into(), RealFiles::default())
    }

    /// The same through `files`.
    pub(crate) fn open_with(
        dir: PathBuf,
        files: impl Files + 'static,
    ) -> Result<(Self, Loaded), DiskError> {
        let tasks = dir.join(TASK_DIR);
        fs::create_dir_all(&tasks).map_err(failed("create", &tasks))?;
        let node = match read(&dir.join(NODE_FILE))? {
            None => NodeRecord::default(),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|e| DiskError::Damaged {
                path: dir.join(NODE_FILE),
                detail: e.to_string(),
            })?,
        };
        let loaded = Loaded {
            node,
            tasks: load_tasks(&tasks)?,
        };
        let (orders, queue) = mpsc::channel();
        thread::Builder::new()
            .name("node-state".to_owned())
            .spawn(move || Writer::new(files).run(&queue))
            .map_err(failed("start the writer of", &dir))?;
        Ok((Self { dir, orders }, loaded))
    }

    /// Saves a task; the receiver hears when that survives the process, however often it had to be
    /// tried.
    pub fn save_task(&self, record: &TaskRecord) -> oneshot::Receiver<()> {
        let bytes = serde_json::to_vec(record).expect("records have text keys");
        self.save(self.task_path(record.id()), bytes, Durability::Process)
    }

    pub fn save_node(&self, record: &NodeRecord) -> oneshot::Receiver<()> {
        let bytes = serde_json::to_vec(record).expect("records have text keys");
        self.save(self.dir.join(NODE_FILE), bytes, Durability::Machine)
    }

    pub fn remove_task(&self, task_id: &str) {
        // A writer that has ended has logged why.
        let _ = self.orders.send(Order::Remove {
            path: self.task_path(task_id),
        });
    }

    fn save(&self, path: PathBuf, bytes: Vec<u8>, durability: Durability) -> oneshot::Receiver<()> {
        let (done, heard) = oneshot::channel();
        let _ = self.orders.send(Order::Save {
            path,
            bytes,
            durability,
            done: Some(done),
        });
        heard
    }

    fn task_path(&self, task_id: &str) -> PathBuf {
        self.dir.join(TASK_DIR).join(format!("{task_id}.json"))
    }
}

fn load_tasks(dir: &Path) -> Result<Vec<TaskRecord>, DiskError> {
    let mut tasks: Vec<TaskRecord> = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let path = entry.map_err(failed("list", dir))?.path();
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if extension == "new" {
            // What a kill between write and rename left.
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
        if extension != "json" {
            continue;
        }
        let Some(bytes) = read(&path)? else { continue };
        match serde_json::from_slice::<TaskRecord>(&bytes) {
            Ok(record)
                if record.is_sound() && path.file_stem().is_some_and(|s| s == record.id()) =>
            {
                tasks.push(record);
            }
            _ => {
                tracing::warn!(path = %path.display(), "failed to read a task record: it is damaged and set aside");
                let aside = path.with_extension("damaged");
                fs::rename(&path, &aside).map_err(failed("rename", &path))?;
            }
        }
    }
    tasks.sort_by_key(|t| t.arrival);
    Ok(tasks)
}

/// The tasks that have a record in the folder, whatever is in it.
pub fn task_ids(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect()
}

/// The whole file; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    durable::read(path, MAX_FILE).map_err(failed("read", path))
}

/// Replaces the file as a whole, durable when this returns.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    durable::replace(path, bytes, Durability::Machine).map_err(failed("replace", path))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    };

    use super::*;
    use crate::{engine::TaskState, node::record::FORMAT, protocol::payload::Container};

    fn record(id: &str, arrival: u64) -> TaskRecord {
        let task = crate::protocol::payload::Task {
            arn: format!("arn:aws:ecs:us-east-1:0:task/default/{id}"),
            containers: vec![Container {
                name: "a".into(),
                ..Container::default()
            }],
            ..Default::default()
        };
        TaskRecord {
            format: FORMAT,
            arrival,
            received_at: wharf_base::Timestamp(0),
            stopped_at: None,
            task,
            state: TaskState {
                containers: vec![Default::default()],
                ..TaskState::default()
            },
            outbox: Default::default(),
            endpoint_ids: vec!["e".into()],
            credentials_id: None,
            execution_credentials_id: None,
        }
    }

    #[tokio::test]
    async fn what_was_saved_is_there_again_in_order_of_arrival() {
        let dir = tempfile::tempdir().unwrap();
        let (disk, loaded) = Disk::open(dir.path()).unwrap();
        assert!(loaded.tasks.is_empty());
        disk.save_task(&record("aaaaaaaa", 2)).await.unwrap();
        disk.save_task(&record("bbbbbbbb", 1)).await.unwrap();
        disk.save_task(&record("cccccccc", 3)).await.unwrap();
        disk.remove_task("cccccccc");
        let node = NodeRecord {
            sequence: 7,
            ..NodeRecord::default()
        };
        disk.save_node(&node).await.unwrap();
        let (_, loaded) = Disk::open(dir.path()).unwrap();
        let ids: Vec<&str> = loaded.tasks.iter().map(TaskRecord::id).collect();
        assert_eq!(ids, ["bbbbbbbb", "aaaaaaaa"]);
        assert_eq!(loaded.node, node);
    }

    /// A disk that is full until told otherwise.
    #[derive(Clone, Default)]
    struct FullDisk(Arc<AtomicBool>, Arc<AtomicU32>);

    impl Files for FullDisk {
        fn replace(&self, path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
            if self.0.load(Ordering::SeqCst) {
                return RealFiles::default().replace(path, bytes, durability);
            }
            self.1.fetch_add(1, Ordering::SeqCst);
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            RealFiles::default().remove(path)
        }
    }

    #[tokio::test]
    async fn what_a_full_disk_refused_is_saved_once_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let files = FullDisk::default();
        let (disk, _) = Disk::open_with(dir.path().to_owned(), files.clone()).unwrap();
        let mut first = disk.save_task(&record("aaaaaaaa", 1));
        let second = disk.save_task(&record("bbbbbbbb", 2));
        let gone = disk.save_task(&record("cccccccc", 3));
        // Each was tried, and each again.
        while files.1.load(Ordering::SeqCst) < 7 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(first.try_recv().is_err(), "it is not durable");
        disk.remove_task("cccccccc");
        assert!(gone.await.is_err(), "a removal overtook it");
        files.0.store(true, Ordering::SeqCst);
        first.await.unwrap();
        second.await.unwrap();
        let (_, loaded) = Disk::open(dir.path()).unwrap();
        let ids: Vec<&str> = loaded.tasks.iter().map(TaskRecord::id).collect();
        assert_eq!(ids, ["aaaaaaaa", "bbbbbbbb"]);
    }

    #[test]
    fn damage_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let tasks = dir.path().join(TASK_DIR);
        fs::create_dir_all(&tasks).unwrap();
        fs::write(tasks.join("aaaaaaaa.json"), b"{").unwrap();
        fs::write(tasks.join("bbbbbbbb.new"), b"{").unwrap();
        let (_, loaded) = Disk::open(dir.path()).unwrap();
        assert!(loaded.tasks.is_empty());
        assert!(tasks.join("aaaaaaaa.damaged").exists());
        assert!(!tasks.join("bbbbbbbb.new").exists());
        fs::write(dir.path().join(NODE_FILE), b"{").unwrap();
        assert!(matches!(
            Disk::open(dir.path()),
            Err(DiskError::Damaged { .. })
        ));
    }
}
