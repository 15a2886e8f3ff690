//! A transaction in the making: claims on ledgers, and what else is true only with them.

use std::collections::BTreeMap;

use bytes::Bytes;
use wharf_placement::ledger;
use wharf_records::{
    encode,
    hosts::{Claim, Ledger},
};
use wharf_store::{Compare, LeaseId, Revision, Txn};

use crate::{Claimant, Held};

/// Several requests write into one draft; each sees the claims of those before it.
#[derive(Default)]
pub struct Draft {
    /// Revisions that keys must still have; 0: must not be there.
    rests_on: BTreeMap<String, Revision>,
    ledgers: BTreeMap<String, Ledger>,
    txn: Txn,
}

impl Draft {
    /// Claims room. Placement has seen this very ledger, so a shortage cannot be; where it is all the
    /// same, nothing may be written for the claimant.
    #[must_use]
    pub fn claim(&mut self, held: &Held<Ledger>, claimant: &Claimant, claim: &Claim) -> bool {
        let ledger = self.ledgers.entry(held.key.clone());
        let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
        if ledger::claim(ledger, &claimant.name(), claim.clone()).is_err() {
            return false;
        }
        self.rest_on(&held.key, held.revision);
        true
    }

    /// Changes what a host is claimed by in another way; where `change` says that it cannot be, nothing changes.
    #[must_use]
    pub fn change(
        &mut self,
        held: &Held<Ledger>,
        change: impl FnOnce(&mut Ledger) -> bool,
    ) -> bool {
        let ledger = self.ledgers.get(&held.key).unwrap_or(&held.record);
        let mut changed = Ledger::clone(ledger);
        if !change(&mut changed) {
            return false;
        }
        self.ledgers.insert(held.key.clone(), changed);
        self.rest_on(&held.key, held.revision);
        true
    }

    /// Makes the transaction fail unless a key still has that revision.
    pub fn rest_on(&mut self, key: &str, revision: Revision) {
        self.rests_on.insert(key.to_owned(), revision);
    }

    /// Whether another request of this turn rests on the key already.
    pub fn has_rest_on(&self, key: &str) -> bool {
        self.rests_on.contains_key(key)
    }

    pub fn put(&mut self, key: impl Into<String>, value: Bytes) {
        self.txn = std::mem::take(&mut self.txn).put(key, value);
    }

    /// A key that goes with a lease.
    pub fn put_leased(&mut self, key: impl Into<String>, value: Bytes, lease: LeaseId) {
        self.txn = std::mem::take(&mut self.txn).put_leased(key, value, lease);
    }

    /// The transaction, with every ledger that was claimed on.
    pub fn into_txn(mut self) -> Txn {
        for (key, revision) in std::mem::take(&mut self.rests_on) {
            if let Some(ledger) = self.ledgers.get(&key) {
                let value = encode(ledger);
                self.put(key.clone(), value);
            }
            self.txn = std::mem::take(&mut self.txn).when(Compare::mod_revision(key, revision));
        }
        self.txn
    }
}
