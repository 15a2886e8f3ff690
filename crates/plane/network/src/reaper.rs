//! Removing links, apart from everything else: the kernel takes tens of milliseconds for it, in
//! which nobody else should wait. What piles up meanwhile goes all at once, which takes no longer
//! than one. The caller of a removal learns its end; what a crash leaves behind is found by name
//! at the next start.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::error::NetworkError;
use crate::host;
use crate::netlink::{Family, Request, conntrack, link};
use crate::netns::Namespace;

/// More than a host has tasks that end at once; whoever adds more waits.
const QUEUE: usize = 1024;
/// The group that links enter to be removed together. A scope's namespace holds nothing but our
/// own links, which are in group 0 otherwise.
const LEAVING: u32 = 0x7768_6172;
/// Keeps a batch's answers within the socket's buffer.
const TOGETHER: usize = 256;

/// What is left of a task's network once it is cut off.
pub(crate) struct Remains {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) link: String,
    /// The address of a task that had UDP ports published.
    pub(crate) udp: Option<Ipv4Addr>,
}

struct Removal {
    remains: Remains,
    done: oneshot::Sender<Result<(), NetworkError>>,
}

#[derive(Debug)]
pub(crate) struct Reaper {
    queue: SyncSender<Removal>,
    thread: JoinHandle<()>,
}

impl Reaper {
    pub(crate) fn spawn() -> io::Result<Self> {
        let (queue, removals) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("wharf-links".into())
            .spawn(move || {
                while let Some(batch) = next_batch(&removals) {
                    remove_all(batch);
                }
            })?;
        Ok(Self { queue, thread })
    }

    /// `done` learns the end, if it still listens then.
    pub(crate) fn remove(&self, remains: Remains, done: oneshot::Sender<Result<(), NetworkError>>) {
        if let Err(refused) = self.queue.send(Removal { remains, done }) {
            // Nobody may be waiting any more.
            let _ = refused.0.done.send(Err(NetworkError::Stopped));
        }
    }

    /// Returns when everything asked for is done.
    pub(crate) fn finish(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the link removal thread panicked");
        }
    }
}

/// Waits for one, takes what else is there.
fn next_batch(removals: &Receiver<Removal>) -> Option<Vec<Removal>> {
    let mut batch = vec![removals.recv().ok()?];
    batch.extend(removals.try_iter().take(TOGETHER - 1));
    Some(batch)
}

fn remove_all(mut batch: Vec<Removal>) {
    let udp: BTreeSet<Ipv4Addr> = batch
        .iter()
        .filter_map(|removal| removal.remains.udp)
        .collect();
    if !udp.is_empty()
        && let Err(error) = forget_flows(&udp)
    {
        tracing::warn!(%error, "failed to remove flows of UDP ports; clients may still reach addresses of tasks that ended");
    }
    while let Some(first) = batch.first() {
        let namespace = first.remains.namespace.clone();
        let same = |removal: &mut Removal| Arc::ptr_eq(&removal.remains.namespace, &namespace);
        let together: Vec<Removal> = batch.extract_if(.., same).collect();
        let mut requests: Vec<Request> = together
            .iter()
            .map(|removal| link::join(&removal.remains.link, LEAVING))
            .collect();
        requests.push(link::delete_group(LEAVING));
        let removed = remove(&namespace, requests);
        if let Err(error) = &removed {
            tracing::warn!(%error, "failed to remove links; will retry at the next start");
        }
        // An error has one owner; the first caller is told the cause, the others that it failed.
        let mut failure = removed.err();
        let failed = failure.is_some();
        for removal in together {
            let result = match (failure.take(), failed) {
                (Some(error), _) => Err(error),
                (None, true) => Err(NetworkError::kernel(
                    format!("remove the link {}", removal.remains.link),
                    io::Error::other("the removal of others with it failed"),
                )),
                (None, false) => Ok(()),
            };
            let _ = removal.done.send(result);
        }
    }
}

/// In the host's namespace, where this thread is.
fn forget_flows(tasks: &BTreeSet<Ipv4Addr>) -> Result<(), NetworkError> {
    conntrack::forget_udp(&mut host::open(Family::Netfilter)?, tasks)
}

fn remove(namespace: &Namespace, requests: Vec<Request>) -> Result<(), NetworkError> {
    namespace
        .run(|| host::open(Family::Route)?.perform(requests))
        .map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()
}
