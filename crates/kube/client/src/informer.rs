//! A kind's objects kept by list and watch, and who hears of their changes.
//!
//! The loop: list all, then watch from the list's revision; a watch that ended or broke is resumed where it was, and only if the
//! server no longer has that revision all is listed again. Subscribers are told in order, by the loop itself, and must be quick: they
//! put keys into queues.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
use rand::Rng;
use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;

pub use crate::cache::Change;
use crate::{
    cache::{BY_NAMESPACE, BY_OWNER, Cache, Index, NOT_KEPT, OF_OWNERS_NOT_KEPT},
    client::{Client, Selection},
    error::Error,
    kind::Kind,
    object::Object,
    watch::Event,
};

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LAST_WAIT: Duration = Duration::from_secs(30);
/// A watch that lasted this long was a good one.
const GOOD_WATCH: Duration = Duration::from_secs(1);
/// Each watch is asked for a length between this and twice as much, so that many do not end at once.
const WATCH_SECONDS: u64 = 300;

type Subscriber = Box<dyn Fn(&Change) + Send + Sync>;

/// A cache of a kind that follows the server. Clones are handles of the same one; the watch ends with `stop` or the last handle.
#[derive(Clone)]
pub struct Informer {
    inner: Arc<Inner>,
    _task: Arc<Task>,
}

struct Inner {
    kind: Kind,
    cache: RwLock<Cache>,
    /// Held while a change is put in and told, so that everybody sees the same order.
    subscribers: Mutex<Vec<Subscriber>>,
    synced: watch::Sender<bool>,
}

struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Informer {
    /// Begins to follow a selection of a kind. By namespace and owner its objects are found in any case; `indexes` adds to that.
    pub fn start(
        client: Client,
        kind: Kind,
        selection: Selection,
        indexes: &[Index],
        stop: CancellationToken,
    ) -> Self {
        let indexes = [&[BY_NAMESPACE, BY_OWNER], indexes].concat();
        let without = match selection.metadata_only {
            true => OF_OWNERS_NOT_KEPT,
            false => NOT_KEPT,
        };
        let inner = Arc::new(Inner {
            kind,
            cache: RwLock::new(Cache::new(&indexes, without)),
            subscribers: Mutex::default(),
            synced: watch::Sender::new(false),
        });
        let follow = follow(inner.clone(), client, selection);
        let stopped = inner.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = follow => {}
            }
            // They may hold this informer in turn.
            stopped.subscribers.lock().clear();
        });
        Self {
            inner,
            _task: Arc::new(Task(task)),
        }
    }

    pub fn kind(&self) -> &Kind {
        &self.inner.kind
    }

    /// Whether all that was there at the beginning is in the cache. Before, absence means nothing.
    pub fn is_synced(&self) -> bool {
        *self.inner.synced.borrow()
    }

    pub async fn synced(&self) {
        let mut synced = self.inner.synced.subscribe();
        // The sender is in `inner`, which is held here.
        let _ = synced.wait_for(|it| *it).await;
    }

    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.inner.cache.read().get(namespace, name)
    }

    pub fn all(&self) -> Vec<Arc<Value>> {
        self.inner.cache.read().all()
    }

    pub fn len(&self) -> usize {
        self.inner.cache.read().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<Value>> {
        self.by(BY_NAMESPACE.name, namespace)
    }

    /// Objects with an owner of this uid.
    pub fn owned_by(&self, uid: &str) -> Vec<Arc<Value>> {
        self.by(BY_OWNER.name, uid)
    }

    /// By an index that the informer was started with.
    pub fn by(&self, index: &str, key: &str) -> Vec<Arc<Value>> {
        self.inner.cache.read().by(index, key)
    }

    /// Tells `subscriber` all there is as added, then every change. It may read the cache, and must not subscribe or observe.
    pub fn subscribe(&self, subscriber: impl Fn(&Change) + Send + Sync + 'static) {
        let mut subscribers = self.inner.subscribers.lock();
        for object in self.all() {
            subscriber(&Change::Added(object));
        }
        subscribers.push(Box::new(subscriber));
    }

    /// Puts the answer of a write in, so that the next decision sees it.
    pub fn observe(&self, written: &Value) {
        let written = written.clone();
        self.inner.apply(|cache| cache.observe(written));
    }

    /// The same after a deletion: `answer` is the object while something holds it back, else it is gone.
    pub fn observe_deletion(&self, object: &Value, answer: &Value) {
        if answer.uid() == object.uid() && answer.is_deleting() {
            self.observe(answer);
        } else {
            self.inner.apply(|cache| cache.observe_end(object));
        }
    }
}

impl Inner {
    fn apply<C: IntoIterator<Item = Change>>(&self, change: impl FnOnce(&mut Cache) -> C) {
        let subscribers = self.subscribers.lock();
        let changes = change(&mut self.cache.write());
        for change in changes {
            for subscriber in subscribers.iter() {
                subscriber(&change);
            }
        }
    }
}

async fn follow(inner: Arc<Inner>, client: Client, selection: Selection) {
    let mut wait = Backoff::new(FIRST_WAIT, LAST_WAIT, 2.0);
    loop {
        match client.list(&inner.kind, &selection).await {
            Ok(list) => {
                wait.reset();
                inner.apply(|cache| cache.replace(list.items, &list.revision));
                inner.synced.send_replace(true);
                watch_from(&inner, &client, &selection, list.revision).await;
            }
            // The pages' revision was compacted meanwhile.
            Err(error) if error.is_gone() => tokio::time::sleep(wait.wait()).await,
            Err(error) => {
                let wait = wait.wait();
                tracing::warn!(kind = %inner.kind, %error, ?wait, "failed to list; retrying");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Watches until the server no longer knows how to go on.
async fn watch_from(inner: &Inner, client: &Client, selection: &Selection, mut revision: String) {
    let mut wait = Backoff::new(FIRST_WAIT, LAST_WAIT, 2.0);
    loop {
        let began = Instant::now();
        let seconds = rand::rng().random_range(WATCH_SECONDS..=2 * WATCH_SECONDS);
        let length = Duration::from_secs(seconds);
        let ended = async {
            let mut watch = client
                .watch(&inner.kind, selection, &revision, length)
                .await?;
            while let Some(event) = watch.next().await? {
                tell(inner, event, &mut revision);
            }
            Ok::<_, Error>(())
        };
        let ended = ended.await;
        if began.elapsed() >= GOOD_WATCH {
            wait.reset();
        }
        match ended {
            Err(error) if error.is_gone() => return,
            Ok(()) if began.elapsed() >= GOOD_WATCH => {}
            Ok(()) => tokio::time::sleep(wait.wait()).await,
            Err(error) => {
                let wait = wait.wait();
                tracing::debug!(kind = %inner.kind, %error, ?wait, "a watch broke; retrying");
                tokio::time::sleep(wait).await;
                // A server that refuses may have lost the kind or its history: see what there is.
                if error.refusal().is_some() {
                    return;
                }
            }
        }
    }
}

fn tell(inner: &Inner, event: Event, revision: &mut String) {
    match event {
        Event::Added(object) | Event::Modified(object) => {
            *revision = object.resource_version().to_owned();
            inner.apply(|cache| cache.told(object));
        }
        Event::Deleted(object) => {
            *revision = object.resource_version().to_owned();
            inner.apply(|cache| cache.told_end(&object));
        }
        Event::Bookmark { revision: at, .. } => {
            inner.cache.write().told_revision(&at);
            *revision = at;
        }
    }
}

/// One informer per kind, shared by all who ask.
#[derive(Clone)]
pub struct Informers {
    inner: Arc<Shared>,
}

struct Shared {
    client: Client,
    stop: CancellationToken,
    /// Indexes beyond those that every informer has.
    indexes: Vec<(Kind, Index)>,
    started: Mutex<HashMap<Kind, Informer>>,
}

impl Informers {
    /// `indexes` are those that readers will ask for, by kind.
    pub fn new(client: Client, indexes: Vec<(Kind, Index)>, stop: CancellationToken) -> Self {
        Self {
            inner: Arc::new(Shared {
                client,
                stop,
                indexes,
                started: Mutex::default(),
            }),
        }
    }

    /// All objects of a kind; the first who asks starts the watch.
    pub fn of(&self, kind: &Kind) -> Informer {
        let mut started = self.inner.started.lock();
        if let Some(informer) = started.get(kind) {
            return informer.clone();
        }
        let indexes = self.inner.indexes.iter().filter(|(it, _)| it == kind);
        let indexes: Vec<Index> = indexes.map(|(_, index)| *index).collect();
        let informer = Informer::start(
            self.inner.client.clone(),
            kind.clone(),
            Selection::default(),
            &indexes,
            self.inner.stop.clone(),
        );
        started.insert(kind.clone(), informer.clone());
        informer
    }
}

#[cfg(test)]
mod tests;
