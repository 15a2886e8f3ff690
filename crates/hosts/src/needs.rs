//! Who needs room that Spot capacity stands in the way of.
//!
//! Whoever is refused asks again with each try, so nothing of this is stored: after a restart those who still
//! wait ask anew. Who owns Spot capacity looks at [`Needs::open`], has it given up ([`crate::reclaim`]) and says
//! so ([`Needs::promise`]). Until then the room that comes to be goes to nobody who asks for Spot capacity.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use wharf_base::Timestamp;
use wharf_records::hosts::Claim;

use crate::Claimant;

/// Who does not ask again for so long needs it no more.
const ASKED_EVERY: Duration = Duration::from_secs(10);
/// Those of an account who wait at once; others of it ask when there is a place. Others than its own they do not stand in the way of.
const MOST_OF_ACCOUNT: usize = 200;
/// Those of all accounts.
const MOST: usize = 5_000;

/// Room that was not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Whose it is.
    pub account: String,
    pub claimant: Claimant,
    pub claim: Claim,
    /// The hosts that suit it.
    pub hosts: BTreeSet<String>,
}

/// What was promised of hosts, by the host's id.
pub type Promises = BTreeMap<String, Vec<Claim>>;

#[derive(Debug)]
struct Waiting {
    need: Need,
    asked_at: Timestamp,
    promise: Option<Promise>,
    /// How often it was looked at in vain.
    looks: u64,
}

/// Where it will be, and when at the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Promise {
    host: String,
    until: Timestamp,
}

impl Waiting {
    fn is_over(&self, now: Timestamp) -> bool {
        let until = self.asked_at + ASKED_EVERY;
        self.promise.as_ref().map_or(until, |it| it.until) <= now
    }
}

#[derive(Debug, Default)]
pub struct Needs {
    waiting: Mutex<BTreeMap<String, Waiting>>,
    asked: Notify,
    /// Claimants that are to give up theirs, and are not instances. Each has a claim, so they are no more than these.
    called: Mutex<BTreeSet<String>>,
    calls: Notify,
}

impl Needs {
    /// Somebody found no room.
    pub fn ask(&self, need: Need, now: Timestamp) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, it| !it.is_over(now));
        let name = need.claimant.name();
        let of_account = |it: &&Waiting| it.need.account == need.account;
        let is_new = !waiting.contains_key(&name);
        let is_full = waiting.len() >= MOST
            || is_new && waiting.values().filter(of_account).count() >= MOST_OF_ACCOUNT;
        let is_promised = match waiting.get_mut(&name) {
            Some(known) => {
                known.need = need;
                known.asked_at = now;
                known.promise.is_some()
            }
            None if is_full => return,
            None => {
                let one = Waiting {
                    need,
                    asked_at: now,
                    promise: None,
                    looks: 0,
                };
                waiting.insert(name, one);
                false
            }
        };
        if !is_promised {
            self.asked.notify_one();
        }
    }

    /// Somebody has room, or needs none any more.
    pub fn served(&self, claimant: &Claimant) {
        self.waiting.lock().remove(&claimant.name());
    }

    /// Waits until somebody asks for what nobody promised.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Those who were promised nothing, at most so many: one of each account in turn, who was looked at least comes first.
    pub fn open(&self, now: Timestamp, most: usize) -> Vec<Need> {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, it| !it.is_over(now));
        let mut open: Vec<&mut Waiting> = waiting
            .values_mut()
            .filter(|it| it.promise.is_none())
            .collect();
        open.sort_by_key(|it| it.looks);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut in_turn: Vec<(usize, &mut Waiting)> = Vec::with_capacity(open.len());
        for it in open {
            let turn = seen.entry(it.need.account.clone()).or_default();
            in_turn.push((*turn, it));
            *turn += 1;
        }
        in_turn.sort_by_key(|(turn, it)| (*turn, it.looks));
        in_turn.truncate(most);
        let taken = in_turn.into_iter().map(|(_, it)| {
            it.looks += 1;
            it.need.clone()
        });
        taken.collect()
    }

    /// The room will be on that host by then.
    pub fn promise(&self, claimant: &Claimant, host: &str, until: Timestamp) {
        if let Some(it) = self.waiting.lock().get_mut(&claimant.name()) {
            let host = host.to_owned();
            it.promise = Some(Promise { host, until });
        }
    }

    /// Has whoever knows those claimants stop them. After a restart of the server it is decided anew.
    pub fn call(&self, claimants: impl IntoIterator<Item = String>) {
        self.called.lock().extend(claimants);
        self.calls.notify_one();
    }

    /// Waits for claimants that are to be stopped.
    pub async fn called(&self) -> BTreeSet<String> {
        loop {
            let called = std::mem::take(&mut *self.called.lock());
            if !called.is_empty() {
                return called;
            }
            self.calls.notified().await;
        }
    }

    /// By when somebody who asked has room.
    pub fn promised(&self, claimant: &Claimant, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.waiting.lock();
        let promise = waiting.get(&claimant.name())?.promise.as_ref();
        promise.map(|it| it.until).filter(|until| *until > now)
    }

    /// What others than `claimant`, if it is one of those who wait, were promised of hosts. Those whose promises are later than its own
    /// stand back for it, so that of two on one host neither waits for the room of both.
    pub fn promises(&self, claimant: Option<&Claimant>, now: Timestamp) -> Promises {
        let own = claimant.map(Claimant::name);
        let waiting = self.waiting.lock();
        let promised = waiting.iter().filter_map(|(name, it)| {
            let promise = it.promise.as_ref().filter(|it| it.until > now)?;
            Some((name, promise, it))
        });
        let mine = own.as_ref().and_then(|name| {
            let promise = waiting.get(name)?.promise.as_ref()?;
            Some((promise.until, name))
        });
        let mut all = Promises::new();
        for (name, promise, it) in promised {
            let is_later = mine.is_some_and(|mine| (promise.until, name) > mine);
            if own.as_ref() != Some(name) && !is_later {
                let of_host = all.entry(promise.host.clone()).or_default();
                of_host.push(it.need.claim.clone());
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(id: &str) -> Need {
        need_of("one", id)
    }

    fn need_of(account: &str, id: &str) -> Need {
        Need {
            account: account.to_owned(),
            claimant: Claimant::new("instance", id),
            claim: Claim {
                memory: 512,
                ..Claim::default()
            },
            hosts: BTreeSet::from(["h".to_owned()]),
        }
    }

    #[test]
    fn a_need_is_open_until_it_is_promised_served_or_forgotten() {
        let needs = Needs::default();
        let start = Timestamp(0);
        let later = start + ASKED_EVERY;
        needs.ask(need("i-1"), start);
        needs.ask(need("i-2"), start);
        assert_eq!(needs.open(start, MOST).len(), 2);
        let one = Claimant::new("instance", "i-1");
        assert_eq!(needs.promised(&one, start), None);
        let until = start + Duration::from_secs(120);
        needs.promise(&one, "h", until);
        assert_eq!(needs.promised(&one, start), Some(until));
        let kept =
            |who: Option<&Claimant>, now| needs.promises(who, now).values().flatten().count();
        assert_eq!(kept(None, start), 1);
        assert_eq!(needs.promises(None, start)["h"].len(), 1);
        // It is its own.
        assert_eq!(kept(Some(&one), start), 0);
        assert_eq!(needs.open(start, MOST), [need("i-2")]);
        // Who asks no more is forgotten; a promise holds for as long as it was given.
        assert_eq!(needs.open(later, MOST), []);
        assert_eq!(kept(None, later), 1);
        assert_eq!(kept(None, until), 0);
        needs.served(&one);
        assert_eq!(kept(None, later), 0);
    }

    #[test]
    fn of_two_who_were_promised_room_the_first_does_not_stand_back() {
        let needs = Needs::default();
        let now = Timestamp(0);
        let [one, two] = ["i-1", "i-2"].map(|id| Claimant::new("instance", id));
        for (who, seconds) in [(&one, 70), (&two, 60)] {
            needs.ask(need(who.id()), now);
            needs.promise(who, "h", now + Duration::from_secs(seconds));
        }
        let kept = |who: Option<&Claimant>| needs.promises(who, now).values().flatten().count();
        assert_eq!(kept(Some(&two)), 0);
        assert_eq!(kept(Some(&one)), 1);
        assert_eq!(kept(None), 2);
        // Who has no promise stands back for both.
        assert_eq!(kept(Some(&Claimant::new("instance", "i-3"))), 2);
    }

    #[test]
    fn an_account_fills_its_own_places_alone() {
        let needs = Needs::default();
        let now = Timestamp(0);
        for number in 0..=MOST_OF_ACCOUNT {
            needs.ask(need(&format!("i-{number}")), now);
        }
        assert_eq!(needs.open(now, MOST).len(), MOST_OF_ACCOUNT);
        needs.ask(need_of("two", "i-z"), now);
        assert_eq!(needs.open(now, MOST).len(), MOST_OF_ACCOUNT + 1);
    }

    #[test]
    fn accounts_are_looked_at_in_turn() {
        let needs = Needs::default();
        let now = Timestamp(0);
        for id in ["i-1", "i-2", "i-3", "i-4"] {
            needs.ask(need(id), now);
        }
        needs.ask(need_of("two", "j-1"), now);
        needs.ask(need_of("two", "j-2"), now);
        let ids = |most| -> Vec<String> {
            let open = needs.open(now, most);
            open.iter().map(|it| it.claimant.name()).collect()
        };
        let names = |ids: &[&str]| -> Vec<String> {
            let name = |id: &&str| Claimant::new("instance", *id).name();
            ids.iter().map(name).collect()
        };
        // Who waits with little is not behind all of who waits with much.
        assert_eq!(ids(2), names(&["i-1", "j-1"]));
        // What nobody can serve is not looked at for ever before others.
        assert_eq!(ids(2), names(&["i-2", "j-2"]));
        assert_eq!(ids(3), names(&["i-3", "j-1", "i-4"]));
    }
}
