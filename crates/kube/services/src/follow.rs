//! A book that follows its cluster, and who hears of changes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Change, Client, Informer, Selection, kind};

use crate::{book::Book, service::Name};

/// The services of a cluster. Clones are handles of the same; the watches end with `stop` or with the last handle.
#[derive(Clone)]
pub struct Services {
    shared: Arc<Shared>,
    services: Informer,
    slices: Informer,
}

#[derive(Default)]
struct Shared {
    book: RwLock<Book>,
    /// What a former process knew; nothing once the first lists are in the book.
    before: RwLock<Book>,
    readers: Mutex<HashMap<u64, Arc<Unread>>>,
    next: AtomicU64,
}

#[derive(Default)]
struct Unread {
    names: Mutex<BTreeSet<Name>>,
    woken: Notify,
}

/// Hears which services changed since it last asked. However many changes there were, a service is told once.
pub struct Reader {
    shared: Arc<Shared>,
    own: Arc<Unread>,
    id: u64,
}

impl Services {
    pub fn start(client: Client, stop: &CancellationToken) -> Self {
        let shared = Arc::new(Shared::default());
        let follow = |kind| {
            let selection = Selection::default();
            Informer::start(client.clone(), kind, selection, &[], stop.clone())
        };
        let (services, slices) = (follow(kind::SERVICE), follow(kind::ENDPOINT_SLICE));
        let on_service = shared.clone();
        services.subscribe(move |change| {
            let changed = match change {
                Change::Deleted(object) => on_service.book.write().remove_service(object),
                other => on_service.book.write().put_service(other.object()),
            };
            on_service.tell(changed);
        });
        let on_slice = shared.clone();
        slices.subscribe(move |change| match change {
            Change::Deleted(object) => {
                let changed = on_slice.book.write().remove_slice(object);
                on_slice.tell(changed);
            }
            other => {
                let changed = on_slice.book.write().put_slice(other.object());
                on_slice.tell(changed);
            }
        });
        Self {
            shared,
            services,
            slices,
        }
    }

    /// With what a former process knew.
    #[must_use]
    pub fn knowing(self, before: Book) -> Self {
        *self.shared.before.write() = before;
        self
    }

    /// Until all that was there at the beginning is in the book. Before, absence means nothing.
    pub async fn synced(&self) {
        self.services.synced().await;
        self.slices.synced().await;
        *self.shared.before.write() = Book::default();
    }

    pub fn is_synced(&self) -> bool {
        self.services.is_synced() && self.slices.is_synced()
    }

    /// The book as it is; watches wait while it is held.
    pub fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.shared.book.read()
    }

    /// The best there is to answer by: before the book is whole, what a former process knew.
    pub fn known(&self) -> RwLockReadGuard<'_, Book> {
        let before = self.shared.before.read();
        // Asked while it is held: it is emptied only when the answer is yes.
        match self.is_synced() {
            true => self.book(),
            false => before,
        }
    }

    /// Who hears of every service that is there as of one that changed, and of all changes from now on.
    pub fn reader(&self) -> Reader {
        let own = Arc::new(Unread::default());
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        self.shared.readers.lock().insert(id, own.clone());
        let all = self.shared.book.read();
        let all = all.services().map(|(service, _)| service.name.clone());
        own.add(all);
        Reader {
            shared: self.shared.clone(),
            own,
            id,
        }
    }
}

impl Shared {
    fn tell(&self, changed: impl IntoIterator<Item = Name>) {
        let changed: Vec<Name> = changed.into_iter().collect();
        if changed.is_empty() {
            return;
        }
        for reader in self.readers.lock().values() {
            reader.add(changed.iter().cloned());
        }
    }
}

impl Unread {
    fn add(&self, names: impl Iterator<Item = Name>) {
        self.names.lock().extend(names);
        self.woken.notify_one();
    }
}

impl Reader {
    /// Waits until there is something, and takes at most `most` names of it; the rest is told by the next call. Nothing is lost
    /// when the wait is given up.
    pub async fn changed(&self, most: usize) -> BTreeSet<Name> {
        loop {
            let woken = self.own.woken.notified();
            {
                let mut names = self.own.names.lock();
                if names.len() <= most && !names.is_empty() {
                    return std::mem::take(&mut *names);
                }
                if !names.is_empty() {
                    let rest = names.iter().nth(most).cloned();
                    let rest = rest.map(|at| names.split_off(&at)).unwrap_or_default();
                    return std::mem::replace(&mut *names, rest);
                }
            }
            woken.await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.readers.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
