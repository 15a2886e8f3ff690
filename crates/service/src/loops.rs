//! The loops of a service: the lease of its shard, its feed, its workers.
//!
//! One rule for panics: a loop that panics ends [`Loops::run`], and with it the service and the
//! server. Half a service is worse than one that starts again. (A panic in the work on one key is
//! a failure of that key, which [`wharf_reconcile::run`] retries.)

use std::{fmt, future::Future, hash::Hash, sync::Arc};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::Scope;
use wharf_store::Store;
use wharf_wire::fault::Chain;

use crate::feed::{Look, Reach, feed};

/// A queue of keys of records whose accounts take turns: for work that takes long, of which an account may have much.
pub fn queue_of_accounts() -> Arc<Queue<String>> {
    let account =
        |key: &String| Scope::parse(key).map_or_else(String::new, |(scope, ..)| scope.account);
    Arc::new(Queue::in_turns(account))
}

/// What a service runs beside its operations.
pub struct Loops {
    service: &'static str,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Loops {
    pub fn new(service: &'static str, stop: CancellationToken) -> Self {
        Self {
            service,
            stop,
            tasks: JoinSet::new(),
        }
    }

    /// What ends all loops.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Acquires the shard and holds it. Tried once before this returns: workers that look at a key
    /// before it is held would fail; a failure is retried by the loop.
    pub async fn hold(&mut self, shard: &Shard, store: &Store, permit: Permit, how: Takeover) {
        if let Err(error) = shard.renew(store, &permit, how).await {
            tracing::warn!(
                service = self.service,
                error = %Chain(&error),
                "acquiring the reconcilers' shard failed, will retry"
            );
        }
        let held = shard.clone().hold(store.clone(), permit, how, self.stop());
        self.spawn(held);
    }

    /// A loop that ends by itself once [`Loops::stop`] is cancelled.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Workers on a queue's keys.
    pub fn work<K, E, W, F>(&mut self, queue: &Arc<Queue<K>>, workers: usize, work: W)
    where
        K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
        E: fmt::Display + Send + 'static,
        W: Fn(K) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Next, E>> + Send + 'static,
    {
        let run = wharf_reconcile::run(queue.clone(), workers, self.stop(), work);
        self.spawn(run);
    }

    /// Waits until all loops have ended, or until one panics; the others are then aborted.
    pub async fn run(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(service = self.service, %error, "a loop failed with a panic, the service ends");
                return;
            }
        }
    }
}

/// The loops of a service with one shard, and one queue that its own records feed.
pub struct OneQueue<'a, K> {
    pub service: &'static str,
    pub store: &'a Store,
    pub shard: &'a Shard,
    /// For the shard's lease.
    pub permit: Permit,
    pub takeover: Takeover,
    pub queue: &'a Arc<Queue<K>>,
    pub workers: usize,
}

impl<K> OneQueue<'_, K>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
{
    /// Until `stop`, or until a loop panics. `changed` hears of each record and adds to the queue what
    /// is to be looked at; `work` brings one key forward.
    pub async fn run<E, W, F>(
        self,
        stop: CancellationToken,
        changed: impl Fn(&str, Look) -> Reach + Send + Sync + 'static,
        work: W,
    ) where
        E: fmt::Display + Send + 'static,
        W: Fn(K) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Next, E>> + Send + 'static,
    {
        let mut loops = Loops::new(self.service, stop);
        let held = loops.hold(self.shard, self.store, self.permit, self.takeover);
        held.await;
        let feed = feed(self.store.clone(), self.service, loops.stop(), changed);
        loops.spawn(feed);
        loops.work(self.queue, self.workers, work);
        loops.run().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accounts_take_turns_at_a_queue_of_theirs() {
        let queue = queue_of_accounts();
        let key = |account: &str, id: &str| Scope::new("s", account, "us-east-1").key("kind", id);
        let busy = ["1", "2"].map(|id| key("111111111111", id));
        let other = key("222222222222", "1");
        for key in busy.iter().chain([&other]) {
            queue.wake(key.clone());
        }
        for expected in [&busy[0], &other, &busy[1]] {
            assert_eq!(queue.next().await, *expected);
        }
    }

    #[tokio::test]
    async fn a_loop_that_panics_ends_the_service() {
        let stop = CancellationToken::new();
        let mut loops = Loops::new("test", stop.clone());
        loops.spawn(async move { stop.cancelled().await });
        loops.spawn(async { panic!("a bug in a loop") });
        // Would wait for ever for the first loop.
        loops.run().await;
    }

    #[tokio::test]
    async fn loops_end_when_told_to() {
        let stop = CancellationToken::new();
        let mut loops = Loops::new("test", stop.clone());
        let told = loops.stop();
        loops.spawn(async move { told.cancelled().await });
        stop.cancel();
        loops.run().await;
    }
}
