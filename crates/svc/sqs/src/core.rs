//! What every operation and loop of the service works with: the queues, loaded when they are first asked for.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::MutexGuard as TokioMutexGuard;
use wharf_base::Permit;
use wharf_reconcile::{Queue as WorkQueue, Shard};
use wharf_records::{Record as _, Scope};
use wharf_seal::Keyring;
use wharf_service::{Pages, Place, Table, Turns, queue_of_accounts};
use wharf_store::{Op, Range, Store, Txn};
use wharf_wire::{Context, Fault};

use crate::{
    config::Parts,
    fault::{self, SqsFaults},
    keys::Keys,
    live::Live,
    loading::{self, Loaded},
    machine::{Account, Machine, Message, Millis, Original, Stage},
    metered::Meter,
    names::{QueueId, SERVICE},
    outdated_keys::Looked,
    records::Queue,
    stored::{self, DEDUP, Drawer, Holds, PART},
};

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<SqsFaults>;

/// Keys removed in one transaction.
const DELETES: usize = 100;

pub struct Core {
    pub parts: Parts,
    pub table: Table<SqsFaults>,
    pub keys: Keys,
    pub looked: Looked,
    queues: Mutex<HashMap<QueueId, Arc<Live>>>,
    /// What accounts hold.
    accounts: Mutex<HashMap<String, Account>>,
    /// Loads and changes of one queue come after one another.
    pub turns: Turns,
    /// Of those who begin to move messages from a queue. Turns of queues are taken under them.
    pub moves: Turns,
    /// Keys of records that the reconciler looks at.
    pub work: Arc<WorkQueue<String>>,
    pub shard: Shard,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            keys: Keys::default(),
            looked: Looked::default(),
            queues: Mutex::default(),
            accounts: Mutex::default(),
            turns: Turns::default(),
            moves: Turns::default(),
            work: queue_of_accounts(),
            shard: Shard::new("/w1/c0/sqs/shard/0"),
        }
    }

    /// The queues in memory.
    pub fn loaded(&self) -> Vec<Arc<Live>> {
        self.queues.lock().values().cloned().collect()
    }

    pub fn now(&self) -> Millis {
        u64::try_from(self.parts.clock.now().millis()).unwrap_or(0)
    }

    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, SqsFaults> {
        let keyring: &Keyring = &self.parts.keyring;
        Pages::new(keyring, cx, list, selection)
    }

    pub fn queues(&self) -> MutexGuard<'_, HashMap<QueueId, Arc<Live>>> {
        self.queues.lock()
    }

    /// A queue, if there is one.
    pub async fn find(&self, id: &QueueId) -> Result<Option<Arc<Live>>, ChangeError> {
        if let Some(live) = self.queues().get(id) {
            return Ok(Some(live.clone()));
        }
        let _turn = self.turns.take(id).await;
        self.find_in_turn(id).await
    }

    /// The same for who has the queue's turn already.
    pub async fn find_in_turn(&self, id: &QueueId) -> Result<Option<Arc<Live>>, ChangeError> {
        if let Some(live) = self.queues().get(id) {
            return Ok(Some(live.clone()));
        }
        let Some(stored) = self.table.read::<Queue>(&key(id)).await? else {
            return Ok(None);
        };
        let machine = self.load(&id.place, &stored.record).await?;
        let live = self.enter(id.clone(), stored.record, machine);
        Ok(Some(live))
    }

    /// Takes a queue into memory.
    pub fn enter(&self, id: QueueId, record: Queue, machine: Machine) -> Arc<Live> {
        let meter = Meter::new(&self.parts.counters, &id, self.now());
        let account = id.place.account.clone();
        let account = self.accounts.lock().entry(account).or_default().clone();
        let live = Arc::new(Live::new(id.clone(), record, machine, meter, account));
        self.queues().insert(id, live.clone());
        live
    }

    /// A queue that somebody asks for and that must be there.
    pub async fn get(&self, id: &QueueId) -> Result<Arc<Live>, Fault> {
        let live = self.find(id).await?.ok_or_else(fault::no_queue)?;
        live.meter.asked(self.now());
        Ok(live)
    }

    /// The queue of a request's URL.
    pub async fn asked(&self, cx: &Context, url: Option<&str>) -> Result<Arc<Live>, Fault> {
        let url = url.ok_or_else(|| fault::missing("QueueUrl"))?;
        self.get(&QueueId::of_url(cx, url)?).await
    }

    /// The same with the queue's turn, for who changes its record: while somebody waits for the turn, a queue may make room for
    /// another of its name, and a change of that one must reach it in memory too.
    pub async fn asked_in_turn(
        &self,
        cx: &Context,
        url: Option<&str>,
    ) -> Result<(Arc<Live>, TokioMutexGuard<'_, ()>), Fault> {
        let url = url.ok_or_else(|| fault::missing("QueueUrl"))?;
        let id = QueueId::of_url(cx, url)?;
        let turn = self.turns.take(&id).await;
        let live = self.find_in_turn(&id).await?.ok_or_else(fault::no_queue)?;
        live.meter.asked(self.now());
        Ok((live, turn))
    }

    /// Reads the messages of a queue.
    async fn load(&self, place: &Place, queue: &Queue) -> Result<Machine, ChangeError> {
        let (drawer, now) = (Drawer::new(place, &queue.drawer), self.now());
        let fifo = queue.settings.fifo;
        let Loaded {
            messages,
            with_parts,
        } = loading::messages(self.store(), &drawer, fifo, now).await?;
        let mut stray = Vec::new();
        let mut machine = Machine::of(fifo, messages, now);
        for kind in [PART, DEDUP] {
            let mut pages = self.store().pages(Range::prefix(drawer.prefix(kind)));
            while let Some(page) = pages.next().await? {
                for entry in page.entries {
                    match drawer.holds(&entry.key) {
                        // Its message was never sent, or is gone.
                        Some(Holds::Part(id)) if !with_parts.contains(&id) => stray.push(entry.key),
                        Some(Holds::Part(_)) => {}
                        Some(Holds::Dedup(name)) => {
                            let read = stored::decode_dedup(&entry.value);
                            let (seq, id, until) = read.map_err(ChangeError::other)?;
                            machine.dedup.remember(name, Original { seq, id, until });
                        }
                        Some(Holds::Message(_)) | None => {}
                    }
                }
            }
        }
        self.delete(&LOADING, stray).await?;
        Ok(machine)
    }

    /// Deletes keys, some at a time.
    pub async fn delete(&self, permit: &Permit, keys: Vec<String>) -> Result<(), ChangeError> {
        for some in keys.chunks(DELETES) {
            let mut txn = Txn::new();
            txn.then = some.iter().map(Op::delete).collect();
            self.store().txn(permit, txn).await?;
        }
        Ok(())
    }
}

/// For parts of messages that never were.
const LOADING: Permit = Permit::for_controller("sqs-loading");

/// The key of a queue's record.
pub fn key(id: &QueueId) -> String {
    let Place { account, region } = &id.place;
    Scope::new(SERVICE, account, region).key(Queue::KIND, &id.name)
}

/// What the machine knows of a stored message.
pub fn message(
    state: &stored::State,
    id: u128,
    bytes: u32,
    group: Option<&str>,
    fifo: bool,
) -> Message {
    Message {
        mark: Message::mark(id),
        visible_at: state.visible_at,
        receives: state.receives,
        bytes,
        group: group.filter(|_| fifo).map(Arc::from),
        stage: Stage::Ready,
    }
}
