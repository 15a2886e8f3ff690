//! Removing links, apart from everything else: the kernel takes some twenty milliseconds for each,
//! in which nobody else should wait. Caller of a removal learn its end; what a crash leaves behind
//! is found by name at the next start.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::error::NetworkError;
use crate::host;
use crate::netlink::{Family, link};
use crate::netns::Namespace;

/// More than a host has tasks that end at once; whoever adds more waits.
const QUEUE: usize = 1024;

pub(crate) struct Removal {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) link: String,
    pub(crate) done: oneshot::Sender<Result<(), NetworkError>>,
}

#[derive(Debug)]
pub(crate) struct Reaper {
    queue: SyncSender<Removal>,
    thread: JoinHandle<()>,
}

impl Reaper {
    pub(crate) fn spawn() -> io::Result<Self> {
        let (queue, removals) = sync_channel::<Removal>(QUEUE);
        let thread = thread::Builder::new()
            .name("wharf-links".into())
            .spawn(move || {
                for Removal {
                    namespace,
                    link,
                    done,
                } in removals
                {
                    let removed = remove(&namespace, &link);
                    if let Err(error) = &removed {
                        tracing::warn!(%error, link, "a link stays until the next start");
                    }
                    // Nobody may be waiting any more.
                    let _ = done.send(removed);
                }
            })?;
        Ok(Self { queue, thread })
    }

    pub(crate) fn remove(&self, removal: Removal) {
        if let Err(refused) = self.queue.send(removal) {
            let _ = refused.0.done.send(Err(NetworkError::Stopped));
        }
    }

    /// Returns when everything asked for is done.
    pub(crate) fn finish(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the thread that removes links panicked");
        }
    }
}

fn remove(namespace: &Namespace, name: &str) -> Result<(), NetworkError> {
    namespace
        .run(|| host::open(Family::Route)?.perform(vec![link::delete(name)]))
        .map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()
}
