//! Work that takes a processor for a while, masks, transformers, filters: away from the threads that serve others, as
//! much at once as there are processors, and of one account no more than lets others come between.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinError,
};

/// Whose work waits stands in one line with others'; the more an account has, the more of it waits before the line.
#[derive(Debug)]
pub struct Desk {
    all: Arc<Semaphore>,
    share: usize,
    accounts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Default for Desk {
    fn default() -> Self {
        Self::with(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Desk {
    fn with(threads: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(threads)),
            share: threads,
            accounts: Mutex::default(),
        }
    }

    /// Does some work of an account in its turn.
    ///
    /// # Errors
    /// The work panicked.
    pub async fn work<R: Send + 'static>(
        &self,
        account: &str,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, JoinError> {
        let turn = self.turn(account).await;
        let done = tokio::task::spawn_blocking(move || {
            // The thread has it: it goes on when nobody waits for it.
            let _turn = turn;
            work()
        });
        done.await
    }

    /// Semaphores that are never closed have no errors.
    async fn turn(&self, account: &str) -> [Option<OwnedSemaphorePermit>; 2] {
        let own = self.own(account).acquire_owned().await.ok();
        [own, self.all.clone().acquire_owned().await.ok()]
    }

    fn own(&self, account: &str) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock();
        if let Some(own) = accounts.get(account) {
            return own.clone();
        }
        // Who has no work under way needs no place.
        accounts
            .retain(|_, own| Arc::strong_count(own) > 1 || own.available_permits() < self.share);
        let own = Arc::new(Semaphore::new(self.share));
        accounts.insert(account.to_owned(), own.clone());
        own
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_has_much_to_do_waits_for_who_has_little() {
        let desk = Arc::new(Desk::with(1));
        let (go, gate) = mpsc::channel::<()>();
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = {
            let desk = desk.clone();
            tokio::spawn(async move { desk.work("greedy", move || gate.recv()).await })
        };
        while desk.all.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let mut all = Vec::new();
        for account in ["greedy", "greedy", "greedy", "calm"] {
            let (desk, order) = (desk.clone(), order.clone());
            let mut work = Box::pin(async move {
                desk.work(account, move || order.lock().push(account))
                    .await
                    .unwrap();
            });
            // It stands in line before the next one comes.
            tokio::select! {
                biased;
                () = &mut work => panic!("{account} did not wait"),
                () = std::future::ready(()) => {}
            }
            all.push(tokio::spawn(work));
        }
        go.send(()).unwrap();
        let _ = first.await.unwrap().unwrap();
        for work in all {
            work.await.unwrap();
        }
        assert_eq!(*order.lock(), ["calm", "greedy", "greedy", "greedy"]);
    }
}
