//! Turns of those who change one thing.
//!
//! Only for speed: compare-and-swap keeps changes apart, but a hundred writers of one record would
//! spend their tries on each other.

use std::hash::{BuildHasher, Hash, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// Two things that share a lock only wait for each other.
const LOCKS: u64 = 64;

/// Locks shared by hash.
#[derive(Debug)]
pub struct Turns {
    locks: [Mutex<()>; LOCKS as usize],
    /// Keyed anew by each process: nobody can choose names that share a lock with another's.
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            locks: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }
}

impl Turns {
    /// Waits until nobody else in this process changes what `of` names.
    pub async fn take(&self, of: impl Hash) -> MutexGuard<'_, ()> {
        let at = self.hasher.hash_one(of) % LOCKS;
        self.locks[at as usize].lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let waiting = turns.take("a");
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("two at once"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        drop(waiting.await);
    }
}
