//! redb and fjall as the base of an MVCC layer: each put writes the current entry and the history,
//! durably, from one thread that commits everything that waits together, as the store's own does.
//! What a layer on them would need beyond this (comparisons, previous values, watches) is left out,
//! in their favour.

use std::{path::Path, sync::mpsc};

use anyhow::Context;
use tokio::sync::oneshot;

use wharf_bench_peers::load::Client;

use crate::{key, value};

/// Commits groups of puts.
pub trait Engine: Send + 'static {
    fn commit(&mut self, first_revision: u64, puts: &[(String, Vec<u8>)]) -> anyhow::Result<()>;
    /// Reads every current entry; returns their number.
    fn read_all(&mut self, visit: &mut dyn FnMut(&[u8], &[u8])) -> anyhow::Result<usize>;
}

struct Put {
    key: String,
    value: Vec<u8>,
    done: oneshot::Sender<()>,
}

/// The handle of a client on a group-committing thread.
#[derive(Clone)]
pub struct Grouped(mpsc::Sender<Put>);

impl Grouped {
    pub fn start(mut engine: impl Engine) -> Self {
        let (sender, puts) = mpsc::channel::<Put>();
        std::thread::spawn(move || {
            let mut revision = 0;
            while let Ok(first) = puts.recv() {
                let (mut group, mut done) = (Vec::new(), Vec::new());
                let waiting = std::iter::from_fn(|| puts.try_recv().ok()).take(1023);
                for put in std::iter::once(first).chain(waiting) {
                    group.push((put.key, put.value));
                    done.push(put.done);
                }
                if let Err(e) = engine.commit(revision + 1, &group) {
                    eprintln!("commit failed: {e:#}");
                    return;
                }
                revision += group.len() as u64;
                for done in done {
                    let _ = done.send(());
                }
            }
        });
        Self(sender)
    }
}

impl Client for Grouped {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        let (done, answer) = oneshot::channel();
        let put = Put {
            key: key(n % crate::KEYS),
            value: value(n),
            done,
        };
        self.0.send(put).ok().context("the writer is gone")?;
        answer.await.context("the writer is gone")
    }
}

const CURRENT: redb::TableDefinition<'_, &str, &[u8]> = redb::TableDefinition::new("current");
const HISTORY: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("history");

pub struct Redb(redb::Database);

impl Redb {
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        Ok(Self(redb::Database::create(dir.join("redb"))?))
    }
}

impl Engine for Redb {
    fn commit(&mut self, first_revision: u64, puts: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
        let mut txn = self.0.begin_write()?;
        txn.set_quick_repair(true);
        {
            let mut current = txn.open_table(CURRENT)?;
            let mut history = txn.open_table(HISTORY)?;
            for (revision, (key, value)) in (first_revision..).zip(puts) {
                current.insert(key.as_str(), value.as_slice())?;
                history.insert(revision, [key.as_bytes(), value].concat().as_slice())?;
            }
        }
        Ok(txn.commit()?)
    }

    fn read_all(&mut self, visit: &mut dyn FnMut(&[u8], &[u8])) -> anyhow::Result<usize> {
        use redb::{ReadableDatabase, ReadableTable};
        let table = self.0.begin_read()?.open_table(CURRENT)?;
        let mut count = 0;
        for entry in table.iter()? {
            let (key, value) = entry?;
            visit(key.value().as_bytes(), value.value());
            count += 1;
        }
        Ok(count)
    }
}

pub struct Fjall {
    database: fjall::Database,
    current: fjall::Keyspace,
    history: fjall::Keyspace,
}

impl Fjall {
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let database = fjall::Database::builder(dir.join("fjall"))
            .cache_size(4 << 20)
            .worker_threads(1)
            .open()?;
        let small = || fjall::KeyspaceCreateOptions::default().max_memtable_size(8 << 20);
        let current = database.keyspace("current", small)?;
        let history = database.keyspace("history", small)?;
        Ok(Self {
            database,
            current,
            history,
        })
    }
}

impl Engine for Fjall {
    fn commit(&mut self, first_revision: u64, puts: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
        let mut batch = self
            .database
            .batch()
            .durability(Some(fjall::PersistMode::SyncData));
        for (revision, (key, value)) in (first_revision..).zip(puts) {
            batch.insert(&self.current, key.as_bytes(), value.as_slice());
            let entry = [key.as_bytes(), value].concat();
            batch.insert(&self.history, revision.to_be_bytes(), entry);
        }
        Ok(batch.commit()?)
    }

    fn read_all(&mut self, visit: &mut dyn FnMut(&[u8], &[u8])) -> anyhow::Result<usize> {
        let mut count = 0;
        for entry in self.current.iter() {
            let (key, value) = entry.into_inner()?;
            visit(&key, &value);
            count += 1;
        }
        Ok(count)
    }
}
