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

/// Two turns.
#[derive(Debug)]
pub struct Both<'a> {
    _first: MutexGuard<'a, ()>,
    /// Unless they share a lock.
    _second: Option<MutexGuard<'a, ()>>,
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
        self.locks[self.at(of)].lock().await
    }

    /// The turns of two things. Whoever holds one must not take another but so: they may share a lock, and everybody takes two
    /// in the same order.
    pub async fn take_both(&self, one: impl Hash, other: impl Hash) -> Both<'_> {
        let (one, other) = (self.at(one), self.at(other));
        let first = self.locks[one.min(other)].lock().await;
        let second = match one == other {
            true => None,
            false => Some(self.locks[one.max(other)].lock().await),
        };
        Both {
            _first: first,
            _second: second,
        }
    }

    fn at(&self, of: impl Hash) -> usize {
        (self.hasher.hash_one(of) % LOCKS) as usize
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

    #[tokio::test]
    async fn two_turns_in_any_order_and_of_one_lock() {
        let turns = Turns::default();
        for number in 0..500 {
            let both = turns.take_both(("a", number), ("b", number)).await;
            for of in ["a", "b"] {
                let waiting = turns.take((of, number));
                tokio::pin!(waiting);
                tokio::select! {
                    biased;
                    _ = &mut waiting => panic!("two at once"),
                    () = tokio::task::yield_now() => {}
                }
            }
            drop(both);
            let one = async { drop(turns.take_both(("a", number), ("b", number)).await) };
            let other = async { drop(turns.take_both(("b", number), ("a", number)).await) };
            tokio::join!(one, other);
        }
    }
}
