//! Bytes of the messages of a queue, which count for all queues of its account.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What the queues of one account hold.
pub type Account = Arc<AtomicU64>;

/// What one queue holds. It counts for its account until it is dropped.
#[derive(Debug, Default)]
pub struct Weight {
    own: u64,
    account: Account,
}

impl Weight {
    /// The same, from now on for this account.
    pub fn count_for(&mut self, account: Account) {
        self.account.fetch_sub(self.own, Ordering::Relaxed);
        account.fetch_add(self.own, Ordering::Relaxed);
        self.account = account;
    }

    pub fn add(&mut self, bytes: u32) {
        self.own += u64::from(bytes);
        self.account.fetch_add(bytes.into(), Ordering::Relaxed);
    }

    pub fn take(&mut self, bytes: u32) {
        self.own = self.own.saturating_sub(bytes.into());
        self.account.fetch_sub(bytes.into(), Ordering::Relaxed);
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.account.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_what_its_queues_have() {
        let account = Account::default();
        let held = || account.load(Ordering::Relaxed);
        let (mut one, mut other) = (Weight::default(), Weight::default());
        one.add(5);
        one.count_for(account.clone());
        other.count_for(account.clone());
        other.add(7);
        assert_eq!(held(), 12);
        one.take(2);
        assert_eq!(held(), 10);
        drop(other);
        assert_eq!(held(), 3);
    }
}
