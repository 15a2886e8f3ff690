//! Shares of accounts: each has a share of what all have, so that the many alarms or long questions of one cost the
//! others a share alone.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Accounts that are remembered before those without anything under way are let go of.
const REMEMBERED: usize = 1000;

#[derive(Debug)]
pub struct Shares {
    all: Arc<Semaphore>,
    each: usize,
    accounts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub struct Share {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Shares {
    /// So many at once, and so many of each account.
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            each,
            accounts: Mutex::default(),
        }
    }

    /// For what takes a processor's time: as many at once as there are, and half of them, or the only one, of each
    /// account.
    pub fn of_processors() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(processors, (processors / 2).max(1))
    }

    fn of(&self, account: &str) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock();
        if accounts.len() >= REMEMBERED {
            accounts.retain(|_, it| Arc::strong_count(it) > 1);
        }
        let own = accounts.entry(account.to_owned());
        let own = own.or_insert_with(|| Arc::new(Semaphore::new(self.each)));
        own.clone()
    }

    /// Waits behind the account's own, then behind others who have fewer under way.
    pub async fn take(&self, account: &str) -> Share {
        let closed = "nobody closes these";
        let own = self.of(account).acquire_owned().await.expect(closed);
        let all = self.all.clone().acquire_owned().await.expect(closed);
        Share {
            _own: own,
            _all: all,
        }
    }

    /// A turn if one is free.
    pub fn try_take(&self, account: &str) -> Option<Share> {
        let own = self.of(account).try_acquire_owned().ok()?;
        let all = self.all.clone().try_acquire_owned().ok()?;
        Some(Share {
            _own: own,
            _all: all,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_has_its_share_and_all_have_theirs() {
        let shares = Shares::new(3, 2);
        let first = shares.take("a").await;
        let second = shares.take("a").await;
        assert!(shares.try_take("a").is_none());
        let third = shares.try_take("b");
        assert!(third.is_some() && shares.try_take("c").is_none());
        drop(first);
        assert!(shares.try_take("c").is_some());
        // Whoever waits gets it when one goes.
        let fourth = shares.take("a").await;
        let waiting = shares.take("a");
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("three of one"),
            () = tokio::task::yield_now() => {}
        }
        drop(second);
        drop((waiting.await, third, fourth));
        assert_eq!(shares.all.available_permits(), 3);
    }
}
