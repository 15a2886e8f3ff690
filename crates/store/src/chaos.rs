//! What goes wrong on purpose, decided by a seeded coin: for tests of what calls a store. Each of
//! these can happen with an engine behind a network, and each is real: a transaction that was
//! overtaken meets a key that somebody wrote meanwhile.

use parking_lot::{Mutex, MutexGuard};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use wharf_base::Permit;

use crate::{Store, StoreError, Txn, TxnReply};

/// How often what happens; shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chaos {
    pub seed: u64,
    /// Calls that let other tasks run first, up to [`MAX_YIELDS`] times: where races come from.
    pub delayed: f64,
    /// Calls that fail and change nothing.
    pub refused: f64,
    /// Transactions that are done, but whose answer is lost.
    pub unanswered: f64,
    /// Transactions one of whose compared keys is written by somebody else just before.
    pub overtaken: f64,
}

/// How often a delayed call lets others run.
pub const MAX_YIELDS: u32 = 4;

impl Chaos {
    /// Nothing goes wrong.
    pub fn none(seed: u64) -> Self {
        Self {
            seed,
            delayed: 0.0,
            refused: 0.0,
            unanswered: 0.0,
            overtaken: 0.0,
        }
    }
}

/// The coin, as the handles of a store share it.
#[derive(Debug)]
pub(crate) struct Coin {
    state: Mutex<(Chaos, SmallRng)>,
}

/// What happens to one call.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    None,
    Refused,
    Unanswered,
    /// The number picks the key.
    Overtaken(usize),
}

impl Coin {
    pub(crate) fn new(chaos: Chaos) -> Self {
        Self {
            state: Mutex::new((chaos, SmallRng::seed_from_u64(chaos.seed))),
        }
    }

    pub(crate) fn change(&self, chaos: Chaos) {
        *self.state() = (chaos, SmallRng::seed_from_u64(chaos.seed));
    }

    fn state(&self) -> MutexGuard<'_, (Chaos, SmallRng)> {
        self.state.lock()
    }

    fn toss(&self) -> (u32, Mishap) {
        let mut state = self.state();
        let (chaos, random) = &mut *state;
        // Each call takes the same number of draws, so that a share changes no other.
        let (delay, yields) = (random.random::<f64>(), random.random_range(1..=MAX_YIELDS));
        let (fate, key) = (random.random::<f64>(), random.random::<u32>());
        let yields = if delay < chaos.delayed { yields } else { 0 };
        let mishaps = [
            (chaos.refused, Mishap::Refused),
            (chaos.unanswered, Mishap::Unanswered),
            (chaos.overtaken, Mishap::Overtaken(key as usize)),
        ];
        let mut share = 0.0;
        for (more, mishap) in mishaps {
            share += more;
            if fate < share {
                return (yields, mishap);
            }
        }
        (yields, Mishap::None)
    }

    /// Before a call that only reads.
    pub(crate) async fn before_read(&self) -> Result<(), StoreError> {
        let (yields, mishap) = self.toss();
        give_way(yields).await;
        match mishap {
            Mishap::Refused => Err(refused()),
            Mishap::None | Mishap::Unanswered | Mishap::Overtaken(_) => Ok(()),
        }
    }

    /// In the place of a transaction.
    pub(crate) async fn txn(
        &self,
        store: &Store,
        permit: &Permit,
        txn: Txn,
    ) -> Result<TxnReply, StoreError> {
        let (yields, mishap) = self.toss();
        give_way(yields).await;
        match mishap {
            Mishap::None => {}
            Mishap::Refused => return Err(refused()),
            Mishap::Unanswered => {
                store.run_txn(permit, txn).await?;
                return Err(StoreError::Unanswered {
                    reason: "the answer was lost on purpose".to_owned(),
                });
            }
            Mishap::Overtaken(key) if !txn.compare.is_empty() => {
                let compare = &txn.compare[key % txn.compare.len()];
                write_again(store, permit, &compare.key).await?;
            }
            Mishap::Overtaken(_) => {}
        }
        store.run_txn(permit, txn).await
    }
}

async fn give_way(times: u32) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

fn refused() -> StoreError {
    StoreError::Later {
        reason: "refused on purpose".to_owned(),
    }
}

/// Writes the value of a key once more: its revision is another one then.
async fn write_again(store: &Store, permit: &Permit, key: &str) -> Result<(), StoreError> {
    let Some(entry) = store.current(key) else {
        return Ok(());
    };
    let txn = match entry.lease {
        Some(lease) => Txn::new().put_leased(key, entry.value, lease),
        None => Txn::new().put(key, entry.value),
    };
    match store.run_txn(permit, txn).await {
        // Its lease ended meanwhile, and the key with it.
        Err(StoreError::LeaseNotFound(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}
