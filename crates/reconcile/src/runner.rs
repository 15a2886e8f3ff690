//! Works on a queue's keys with a bounded number of workers.

use std::{fmt, future::Future, hash::Hash, sync::Arc, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Queue;

/// What a worker wants next for its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing before the next wake-up.
    Settled,
    /// A look after this long, whatever happens.
    After(Duration),
    /// It was not looked at, for it is not its turn: again after this long, and what failed before is not forgotten.
    Deferred(Duration),
}

/// Runs until `stop`: takes keys, calls `work`, retries failures with the queue's delays, sooner those that are woken. At most
/// `workers` calls run at once. Work in progress ends before this returns.
pub async fn run<K, E, W, F>(queue: Arc<Queue<K>>, workers: usize, stop: CancellationToken, work: W)
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    E: fmt::Display,
    W: Fn(K) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Next, E>> + Send + 'static,
{
    let mut working = JoinSet::new();
    loop {
        while working.len() >= workers.max(1) {
            working.join_next().await;
        }
        let key = tokio::select! {
            () = stop.cancelled() => break,
            key = queue.next() => key,
            // Finished workers are collected while nothing is due.
            Some(_) = working.join_next() => continue,
        };
        let (queue, work) = (queue.clone(), work.clone());
        working.spawn(async move {
            // Released on every way out, a panic of `work` included: the key must not stay taken.
            let mut guard = Release {
                queue: &queue,
                key: &key,
                end: End::Failed,
            };
            match work(key.clone()).await {
                Ok(Next::Settled) => guard.end = End::Done,
                Ok(Next::After(delay)) => {
                    queue.wake_after(key.clone(), delay);
                    guard.end = End::Done;
                }
                Ok(Next::Deferred(delay)) => guard.end = End::Deferred(delay),
                Err(error) => tracing::warn!(?key, %error, "reconciling a key failed; will retry"),
            }
        });
    }
    while working.join_next().await.is_some() {}
}

struct Release<'a, K: Clone + Eq + Hash> {
    queue: &'a Queue<K>,
    key: &'a K,
    end: End,
}

enum End {
    Done,
    Deferred(Duration),
    Failed,
}

impl<K: Clone + Eq + Hash> Drop for Release<'_, K> {
    fn drop(&mut self) {
        match self.end {
            End::Done => self.queue.done(self.key),
            End::Deferred(delay) => self.queue.deferred(self.key, delay),
            End::Failed => self.queue.failed(self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn retries_failures_and_survives_panics() {
        let queue = Arc::new(Queue::default());
        let stop = CancellationToken::new();
        let tries = Arc::new(AtomicU32::new(0));
        queue.wake("a");
        let work = {
            let (tries, stop) = (tries.clone(), stop.clone());
            move |_| {
                let (tries, stop) = (tries.clone(), stop.clone());
                async move {
                    match tries.fetch_add(1, Ordering::SeqCst) {
                        0 => Err("not yet"),
                        1 => panic!("a bug in a reconciler"),
                        2 => Ok(Next::After(Duration::from_secs(1))),
                        _ => {
                            stop.cancel();
                            Ok(Next::Settled)
                        }
                    }
                }
            }
        };
        run(queue, 2, stop, work).await;
        assert_eq!(tries.load(Ordering::SeqCst), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_waited_for_ends_no_row_of_failures() {
        let (queue, stop) = (Arc::new(Queue::default()), CancellationToken::new());
        let tries = Arc::new(AtomicU32::new(0));
        queue.wake("a");
        let work = {
            let (tries, stop) = (tries.clone(), stop.clone());
            move |_| {
                let (tries, stop) = (tries.clone(), stop.clone());
                async move {
                    match tries.fetch_add(1, Ordering::SeqCst) {
                        0 | 2 => Err("not yet"),
                        1 => Ok(Next::Deferred(Duration::from_secs(1))),
                        _ => {
                            stop.cancel();
                            Ok(Next::Settled)
                        }
                    }
                }
            }
        };
        let start = tokio::time::Instant::now();
        run(queue, 2, stop, work).await;
        // 50 ms, a second, and 100 ms, as tokio's clock rounds them.
        let took = start.elapsed().as_millis();
        assert!((1150..1160).contains(&took), "{took}");
    }
}
