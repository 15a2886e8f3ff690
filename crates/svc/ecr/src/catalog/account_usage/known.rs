//! What is known of accounts in memory: how much each holds, and what is about to be recorded.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use wharf_blobs::Digest;
use wharf_records::{Record as _, Scope};
use wharf_store::{Revision, WatchBatch};

use super::tally::Tally;
use crate::records::{Image, Layer};

/// Blobs of all accounts that are remembered, some 50 bytes each, where the store has some hundred in memory of each record: beyond,
/// accounts that were not asked about for longest are forgotten, and counted when they are asked about again. So many that those
/// who push at the same time do not have each other forgotten, for to count a large one takes seconds.
const MAX_BLOBS: usize = 1 << 22;
/// The number of the next reservation. None has that of another, whatever was forgotten in between: who follows records knows by
/// numbers which were over before.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Accounts by their numbers.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<String, Account>>);

#[derive(Debug, Default)]
pub(super) struct Account {
    /// `None` until it is counted.
    tally: Option<Tally>,
    reserved: BTreeMap<u64, Reserved>,
    asked: Option<Instant>,
}

/// Bytes that are about to be recorded.
#[derive(Debug, Clone, Copy)]
struct Reserved {
    bytes: u64,
    /// The blob they are, where that is known.
    blob: Option<Digest>,
    /// They lie in an upload that is coming to its end.
    sent: bool,
    /// They were recorded, or came to nothing.
    over: bool,
}

/// How much an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// With what is about to be recorded and is not there yet.
    pub bytes: u64,
    /// Of that, what lies in uploads that are coming to their end.
    pub sent: u64,
}

/// Room for an account, until what it is for is recorded.
#[derive(Debug)]
pub(in crate::catalog) struct Reservation {
    known: Arc<Known>,
    account: String,
    number: u64,
}

impl Account {
    pub(super) fn held(&self) -> Held {
        let there = |it: &Reserved| {
            let tally = self.tally.as_ref().zip(it.blob);
            tally.is_some_and(|(tally, blob)| tally.size_of(&blob).is_some())
        };
        let nothing = Held {
            bytes: self.tally.as_ref().map_or(0, Tally::bytes),
            sent: 0,
        };
        let coming = self.reserved.values().filter(|it| !there(it));
        coming.fold(nothing, |held, it| {
            let sent = if it.sent { it.bytes } else { 0 };
            Held {
                bytes: held.bytes.saturating_add(it.bytes),
                sent: held.sent.saturating_add(sent),
            }
        })
    }

    pub(super) fn size_of(&self, blob: &Digest) -> Option<u64> {
        self.tally.as_ref()?.size_of(blob)
    }

    /// The number of a reservation, unless the account would hold more than `limit`.
    pub(super) fn reserve(
        &mut self,
        bytes: u64,
        blob: Option<Digest>,
        sent: bool,
        limit: u64,
    ) -> Option<u64> {
        let is_there = blob.is_some_and(|it| self.size_of(&it).is_some());
        // What is there already takes no room, also where there is none.
        if !is_there && self.held().bytes.saturating_add(bytes) > limit {
            return None;
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let reserved = Reserved {
            bytes,
            blob,
            sent,
            over: false,
        };
        self.reserved.insert(number, reserved);
        Some(number)
    }

    /// It is to be counted again: what is recorded by then is among what is found.
    fn forget(&mut self) {
        self.tally = None;
        self.reserved.retain(|_, it| !it.over);
    }

    fn is_idle(&self) -> bool {
        self.tally.is_none() && self.reserved.is_empty()
    }
}

impl Known {
    /// The reservations of the account that are over.
    pub(super) fn over(&self, account: &str) -> Vec<u64> {
        let all = self.0.lock();
        let reserved = all.get(account).into_iter().flat_map(|it| &it.reserved);
        let over = reserved.filter(|(_, it)| it.over);
        over.map(|(number, _)| *number).collect()
    }

    /// Looks at an account, if it is counted. Its records were followed since the reservations were over that are named: they
    /// are counted, or came to nothing.
    pub(super) fn look<T>(
        &self,
        account: &str,
        over: &[u64],
        look: impl FnOnce(&mut Account) -> T,
    ) -> Option<T> {
        let mut all = self.0.lock();
        let known = all.get_mut(account).filter(|it| it.tally.is_some())?;
        for number in over {
            known.reserved.remove(number);
        }
        known.asked = Some(Instant::now());
        Some(look(known))
    }

    pub(super) fn is_counted(&self, account: &str) -> bool {
        let all = self.0.lock();
        all.get(account).is_some_and(|it| it.tally.is_some())
    }

    /// The account was counted.
    pub(super) fn counted(&self, account: &str, tally: Tally) {
        let mut all = self.0.lock();
        let known = all.entry(account.to_owned()).or_default();
        known.tally = Some(tally);
        known.asked = Some(Instant::now());
        let blobs = |it: &Account| it.tally.as_ref().map_or(0, Tally::blobs);
        let mut remembered: usize = all.values().map(blobs).sum();
        while remembered > MAX_BLOBS {
            let others = all
                .iter_mut()
                .filter(|(name, it)| *name != account && it.tally.is_some());
            let Some((_, longest)) = others.min_by_key(|(_, it)| it.asked) else {
                break;
            };
            remembered = remembered.saturating_sub(blobs(&*longest));
            longest.forget();
        }
        all.retain(|_, it| !it.is_idle());
    }

    /// The revision from which on changes were not told of all that are counted; `None` if none is.
    pub(super) fn reached(&self) -> Option<Revision> {
        let all = self.0.lock();
        let counted = all.values().filter_map(|it| it.tally.as_ref());
        counted.map(Tally::at).min()
    }

    /// Changes of records, all that there were since the batch before. One that does not say what it changed has its account
    /// counted again.
    pub(super) fn follow(&self, batch: &WatchBatch) {
        let mut all = self.0.lock();
        for event in &batch.events {
            let Some((scope, kind, _)) = Scope::parse(event.key()) else {
                continue;
            };
            if ![Layer::KIND, Image::KIND].contains(&kind) {
                continue;
            }
            if let Some(known) = all.get_mut(&scope.account)
                && let Some(tally) = &mut known.tally
                && !tally.change(kind, event)
            {
                known.forget();
            }
        }
        for tally in all.values_mut().filter_map(|it| it.tally.as_mut()) {
            tally.reach(batch.revision);
        }
    }

    /// All are to be counted again.
    pub(super) fn forget(&self) {
        let mut all = self.0.lock();
        all.values_mut().for_each(Account::forget);
        all.retain(|_, it| !it.is_idle());
    }

    /// How much each holds that is counted.
    pub(super) fn all(&self) -> Vec<(String, u64)> {
        let all = self.0.lock();
        let counted = all.iter().filter(|(_, it)| it.tally.is_some());
        let held = counted.map(|(account, it)| (account.clone(), it.held().bytes));
        held.collect()
    }
}

impl Reservation {
    pub(super) fn new(known: &Arc<Known>, account: &str, number: u64) -> Self {
        Self {
            known: known.clone(),
            account: account.to_owned(),
            number,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Account, u64)) {
        let mut all = self.known.0.lock();
        if let Some(known) = all.get_mut(&self.account) {
            change(known, self.number);
            if known.is_idle() {
                all.remove(&self.account);
            }
        }
    }

    /// The bytes are this blob, and in no upload any more.
    pub(in crate::catalog) fn is_for(&self, blob: &Digest) {
        self.change(|known, number| {
            if let Some(reserved) = known.reserved.get_mut(&number) {
                (reserved.blob, reserved.sent) = (Some(*blob), false);
            }
        });
    }
}

impl Drop for Reservation {
    /// It counts until the account's records were followed this far. Where they are not, they are counted later.
    fn drop(&mut self) {
        self.change(|known, number| {
            if known.tally.is_none() {
                known.reserved.remove(&number);
            } else if let Some(reserved) = known.reserved.get_mut(&number) {
                (reserved.over, reserved.sent) = (true, false);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::encode;

    use super::*;
    use crate::records::{Keys, samples};

    fn counted() -> Arc<Known> {
        let known: Arc<Known> = Arc::default();
        known.counted("a", Tally::new(1));
        known
    }

    fn reserve(known: &Arc<Known>, bytes: u64, blob: Option<Digest>) -> Option<Reservation> {
        let number = known.look("a", &[], |it| it.reserve(bytes, blob, true, 100))?;
        Some(Reservation::new(known, "a", number?))
    }

    fn held(known: &Known) -> (u64, u64) {
        let held = known.look("a", &[], |it| it.held()).unwrap();
        (held.bytes, held.sent)
    }

    #[test]
    fn room_is_given_once() {
        let known = counted();
        let first = reserve(&known, 60, None).unwrap();
        assert!(reserve(&known, 41, None).is_none());
        assert_eq!(held(&known), (60, 60), "what was refused takes nothing");
        let _second = reserve(&known, 40, None).unwrap();
        // It may be recorded behind what is counted, so it takes its room until that is known.
        drop(first);
        assert_eq!(held(&known), (100, 40));
        assert!(reserve(&known, 1, None).is_none());
        let over = known.over("a");
        known.look("a", &over, |_| ()).unwrap();
        assert_eq!(held(&known), (40, 40));
    }

    #[test]
    fn what_is_there_takes_no_room() {
        let (known, there) = (Arc::<Known>::default(), Digest::of(b"there"));
        let layer = encode(&samples::layer(200));
        let entry = samples::entry(&Keys::new("a", "r").layer("r", &there), layer, 1, 1);
        let mut tally = Tally::new(1);
        tally.count(Layer::KIND, &entry);
        known.counted("a", tally);
        // More than it may, by a bound that was another one.
        let _again = reserve(&known, 200, Some(there)).unwrap();
        assert_eq!(held(&known), (200, 0));
        assert!(reserve(&known, 1, Some(Digest::of(b"new"))).is_none());
    }

    #[test]
    fn one_that_is_over_after_the_records_were_followed_stays() {
        let known = counted();
        let late = reserve(&known, 60, None).unwrap();
        let over = known.over("a");
        drop(late);
        known.look("a", &over, |_| ()).unwrap();
        assert_eq!(held(&known), (60, 0));
    }

    #[test]
    fn what_was_over_before_an_account_was_forgotten_is_no_other_one() {
        let known = counted();
        drop(reserve(&known, 60, None).unwrap());
        let over = known.over("a");
        known.forget();
        known.counted("a", Tally::new(2));
        let _again = reserve(&known, 60, None).unwrap();
        known.look("a", &over, |_| ()).unwrap();
        assert_eq!(held(&known), (60, 60));
    }

    #[test]
    fn what_became_a_blob_lies_in_no_upload() {
        let known = counted();
        let room = reserve(&known, 60, None).unwrap();
        room.is_for(&Digest::of(b"blob"));
        assert_eq!(held(&known), (60, 0), "others on their way still count");
    }

    #[test]
    fn accounts_that_are_forgotten_leave_nothing() {
        let known = counted();
        let room = reserve(&known, 60, None).unwrap();
        known.forget();
        assert!(!known.is_counted("a") && known.reached().is_none());
        drop(room);
        assert!(known.0.lock().is_empty());
    }
}
