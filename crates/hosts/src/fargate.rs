//! Who waits for room of Fargate, and whether there may be more machines for it.
//!
//! Whoever places such claimants says who is left ([`FargateQueue::wait`]), queue by queue, each time that it has looked; so nothing of
//! this is stored: after a restart all is said again, and what is not said again is forgotten. Who has a pool of machines reads it, and
//! says what its machines are like ([`FargateQueue::offer`]): where a claim could never be on one, nobody has to wait for that.
//!
//! Spot capacity, of tasks and of instances, leaves the room to these claimants that they are about to have
//! ([`FargateQueue::kept_from_spot`]), and to those who have just begun to wait ([`FargateQueue::begin`]), whom no look has seen yet.

mod kept;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use wharf_base::Timestamp;
use wharf_placement::{
    HostIx,
    pack::{Ask, Bin, all_of},
};
use wharf_records::hosts::{Capacity, Claim};

use crate::{Claimant, Machines, Promises};

/// Who is not said to wait for so long does so no more: nobody looks at that queue.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// How long such a look serves all calls: each goes over all machines.
const KEPT_FOR: Duration = Duration::from_millis(250);

/// A claimant without room.
#[derive(Debug, Clone, PartialEq)]
pub struct FargateWaiting {
    /// Whose it is.
    pub account: String,
    pub claimant: Claimant,
    pub claim: Claim,
    /// Letters of the zones that can serve it; any where there are none.
    pub zones: BTreeSet<String>,
    /// `x86_64`, where it runs on no other.
    pub architecture: Option<String>,
    pub since: Timestamp,
}

impl FargateWaiting {
    pub fn ask(&self) -> Ask<'_> {
        Ask {
            claim: &self.claim,
            apart: None,
            architecture: self.architecture.as_deref(),
        }
    }

    /// Whether the same machines would do for both.
    fn is_like(&self, other: &Self) -> bool {
        self.account == other.account
            && self.claim == other.claim
            && self.zones == other.zones
            && self.architecture == other.architecture
            && self.claimant.region() == other.claimant.region()
    }
}

/// What machines that may be made are like.
#[derive(Debug, Clone, PartialEq)]
pub struct FargateMachine {
    pub capacity: Capacity,
    pub architecture: String,
}

/// What a pool of machines has to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargateOffer {
    pub machines: Vec<FargateMachine>,
    /// Letters of the zones in which they are made.
    pub zones: BTreeSet<String>,
    /// There may be more of them than there are, or some are on their way.
    pub grows: bool,
    /// None is made for now, whoever waits: its maker refused what it was asked for last.
    pub held: bool,
    /// How many may be made for those of one account who wait.
    pub most_per_account: usize,
    /// Accounts that have as many, and of whom some wait.
    pub bounded: BTreeSet<String>,
}

impl FargateOffer {
    /// Whether a machine would have room for that, in one of these zones; in any where there are none.
    pub fn suits(&self, ask: &Ask<'_>, zones: &[String]) -> bool {
        let is_made = zones.iter().any(|it| self.zones.contains(it));
        if !zones.is_empty() && !is_made {
            return false;
        }
        self.machines.iter().any(|it| {
            let own = std::slice::from_ref(&it.architecture);
            Bin::new(all_of(&it.capacity), Some(own)).takes(ask)
        })
    }

    /// Whether some may have a machine now who could not before.
    fn opens(&self, before: Option<&Self>) -> bool {
        let makes = |it: &Self| it.grows && !it.held;
        makes(self)
            && before.is_none_or(|before| {
                !makes(before)
                    || self.machines != before.machines
                    || self.zones != before.zones
                    || !before.bounded.is_subset(&self.bounded)
            })
    }
}

#[derive(Debug, Default)]
pub struct FargateQueue {
    /// With when it was said.
    waiting: Mutex<BTreeMap<String, (Instant, Vec<FargateWaiting>)>>,
    /// Those who began to wait and were not looked at since, by their names; with when they began. No machine is made for them yet.
    begun: Mutex<BTreeMap<String, (Instant, FargateWaiting)>>,
    changed: Notify,
    /// What was found last to be kept from Spot, and when.
    kept: Mutex<Option<(Instant, Arc<Promises>)>>,
    /// `None`: nobody makes machines.
    offer: Mutex<Option<FargateOffer>>,
    opened: Notify,
}

impl FargateQueue {
    /// Who waits in a queue, in place of what was said of it before.
    pub fn wait(&self, queue: &str, all: Vec<FargateWaiting>) {
        let mut waiting = self.waiting.lock();
        let is_new = match all.is_empty() {
            true => waiting.remove(queue).is_some(),
            false => waiting.get(queue).is_none_or(|(_, known)| *known != all),
        };
        if !all.is_empty() {
            waiting.insert(queue.to_owned(), (Instant::now(), all));
        }
        drop(waiting);
        if is_new {
            self.changed.notify_one();
        }
    }

    /// All who wait.
    pub fn waiting(&self) -> Vec<FargateWaiting> {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, (said_at, _)| said_at.elapsed() < SAID_EVERY);
        let all = waiting.values().flat_map(|(_, all)| all);
        all.cloned().collect()
    }

    /// Somebody waits from now on for other capacity than Spot's, and the look at its queue is still to come.
    pub fn begin(&self, one: FargateWaiting) {
        let began = (Instant::now(), one);
        self.begun.lock().insert(began.1.claimant.name(), began);
    }

    /// Those were looked at, and are said to wait if they still do; or they wait no more.
    pub fn looked_at<'a>(&self, all: impl IntoIterator<Item = &'a Claimant>) {
        let mut begun = self.begun.lock();
        for one in all {
            begun.remove(&one.name());
        }
    }

    /// Who waits for other capacity than Spot's, those who have just begun behind all others.
    fn others(&self) -> Vec<FargateWaiting> {
        let mut all = self.waiting();
        all.retain(|it| !it.claim.spot);
        let mut begun = self.begun.lock();
        begun.retain(|_, (at, _)| at.elapsed() < SAID_EVERY);
        if !begun.is_empty() {
            let said: BTreeSet<String> = all.iter().map(|it| it.claimant.name()).collect();
            let unsaid = begun.iter().filter(|(name, _)| !said.contains(*name));
            all.extend(unsaid.map(|(_, (_, one))| one.clone()));
        }
        all
    }

    /// Whether somebody waits for other capacity than Spot's.
    fn has_others(&self) -> bool {
        let lately = |at: &Instant| at.elapsed() < SAID_EVERY;
        let is_begun = self.begun.lock().values().any(|(at, _)| lately(at));
        is_begun || {
            let waiting = self.waiting.lock();
            let mut said = waiting.values().filter(|(at, _)| lately(at));
            said.any(|(_, all)| all.iter().any(|it| !it.claim.spot))
        }
    }

    /// The room that Spot capacity leaves to others, as it was within [`KEPT_FOR`]: calls may be many. `given`: where something of that
    /// claim was just placed, which no ledger shows yet.
    pub fn kept_from_spot(
        &self,
        machines: &Machines,
        given: &[HostIx],
        claim: &Claim,
    ) -> Arc<Promises> {
        let kept = self.kept_lately(|others| kept::look(others, machines, &[], claim));
        // Those who would have gone there go elsewhere.
        let moves_some = |row: &HostIx| kept.contains_key(machines.fleet().id(*row));
        match given.iter().any(moves_some) {
            true => Arc::new(kept::look(&self.others(), machines, given, claim)),
            false => kept,
        }
    }

    /// The same, as it is now.
    pub fn kept_now(&self, machines: &Machines) -> Promises {
        kept::look(&self.others(), machines, &[], &Claim::default())
    }

    /// What `look` found within [`KEPT_FOR`]: many calls have one look at all machines, and none where nobody else waits. `look` is
    /// given who does.
    fn kept_lately(&self, look: impl FnOnce(&[FargateWaiting]) -> Promises) -> Arc<Promises> {
        if !self.has_others() {
            return Arc::default();
        }
        let mut kept = self.kept.lock();
        if let Some((at, known)) = &*kept
            && at.elapsed() < KEPT_FOR
        {
            return known.clone();
        }
        let found = Arc::new(look(&self.others()));
        *kept = Some((Instant::now(), found.clone()));
        found
    }

    /// Waits until others wait than before.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Machines are made from now on, or others than before.
    pub fn offer(&self, offer: FargateOffer) {
        let mut known = self.offer.lock();
        let opens = offer.opens(known.as_ref());
        *known = Some(offer);
        drop(known);
        if opens {
            self.opened.notify_one();
        }
    }

    /// Waits until there may be machines for some who could have none before. One looks after all who lack room.
    pub async fn opened(&self) {
        self.opened.notified().await;
    }

    /// How many machines may be made for an account, if that is why some of it wait.
    pub fn bound_of(&self, account: &str) -> Option<usize> {
        let offer = self.offer.lock();
        let offer = offer.as_ref().filter(|it| it.bounded.contains(account));
        offer.map(|it| it.most_per_account)
    }

    /// Whether it makes sense to wait for a machine. `zones` are the letters of those that can serve, as placement has them; any where
    /// there are none.
    pub fn may_wait(&self, ask: &Ask<'_>, zones: &[String]) -> bool {
        let offer = self.offer.lock();
        let offer = offer.as_ref().filter(|it| it.grows);
        offer.is_some_and(|it| it.suits(ask, zones))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn claim(cpu: u32) -> Claim {
        Claim {
            cpu,
            memory: 512,
            interfaces: 1,
            ..Claim::default()
        }
    }

    pub(super) fn waiting(id: &str) -> FargateWaiting {
        FargateWaiting {
            account: "000000000000".to_owned(),
            claimant: Claimant::new("instance", id),
            claim: claim(256),
            zones: BTreeSet::new(),
            architecture: None,
            since: Timestamp(0),
        }
    }

    #[tokio::test]
    async fn what_is_said_of_a_queue_replaces_what_was_said_before() {
        let queue = FargateQueue::default();
        queue.wait("a", vec![waiting("i-1"), waiting("i-2")]);
        queue.wait("b", vec![waiting("i-3")]);
        queue.changed().await;
        assert_eq!(queue.waiting().len(), 3);
        queue.wait("a", vec![waiting("i-2")]);
        queue.wait("b", Vec::new());
        queue.changed().await;
        assert_eq!(queue.waiting(), [waiting("i-2")]);
        // Nothing is new.
        queue.wait("a", vec![waiting("i-2")]);
        queue.wait("c", Vec::new());
        let quiet = tokio::time::timeout(Duration::from_millis(20), queue.changed());
        assert!(quiet.await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_said_to_wait_again_is_forgotten() {
        let queue = FargateQueue::default();
        queue.wait("a", vec![waiting("i-1")]);
        tokio::time::advance(SAID_EVERY / 2).await;
        queue.wait("b", vec![waiting("i-2")]);
        tokio::time::advance(SAID_EVERY / 2).await;
        assert_eq!(queue.waiting(), [waiting("i-2")]);
    }

    #[test]
    fn nobody_waits_for_what_is_never_made() {
        let queue = FargateQueue::default();
        let (small, large) = (claim(1024), claim(4096));
        let ask = |claim, architecture| Ask {
            claim,
            apart: None,
            architecture,
        };
        assert!(!queue.may_wait(&ask(&small, None), &[]), "there is no pool");
        let machine = FargateMachine {
            capacity: Capacity {
                cpu: 2048,
                memory: 4096,
                interfaces: 10,
                ..Capacity::default()
            },
            architecture: "x86_64".to_owned(),
        };
        let mut offer = FargateOffer {
            machines: vec![machine],
            zones: BTreeSet::from(["a".to_owned()]),
            grows: true,
            ..FargateOffer::default()
        };
        queue.offer(offer.clone());
        assert!(queue.may_wait(&ask(&small, None), &[]));
        assert!(queue.may_wait(&ask(&small, Some("x86_64")), &[]));
        assert!(!queue.may_wait(&ask(&small, Some("arm64")), &[]));
        assert!(!queue.may_wait(&ask(&large, None), &[]));
        let (made, others) = ("a".to_owned(), "b".to_owned());
        assert!(queue.may_wait(&ask(&small, None), &[others.clone(), made]));
        assert!(!queue.may_wait(&ask(&small, None), &[others]));
        offer.grows = false;
        queue.offer(offer);
        assert!(!queue.may_wait(&ask(&small, None), &[]));
    }

    #[tokio::test]
    async fn who_lacks_room_hears_when_there_may_be_machines_again() {
        let queue = FargateQueue::default();
        let hears = || async {
            let heard = tokio::time::timeout(Duration::from_millis(20), queue.opened());
            heard.await.is_ok()
        };
        let of = |grows, held, bounded: &[&str]| FargateOffer {
            grows,
            held,
            most_per_account: 3,
            bounded: bounded.iter().map(ToString::to_string).collect(),
            ..FargateOffer::default()
        };
        for (offer, is_heard) in [
            (of(false, false, &[]), false),
            (of(true, false, &["one"]), true),
            (of(true, false, &["one"]), false),
            // Its maker refuses, and is asked again.
            (of(true, true, &["one"]), false),
            (of(true, false, &["one"]), true),
            // One more has as many as may be, then one no more.
            (of(true, false, &["one", "two"]), false),
            (of(true, false, &["two"]), true),
        ] {
            queue.offer(offer.clone());
            assert_eq!(hears().await, is_heard, "{offer:?}");
        }
        assert_eq!(
            (queue.bound_of("one"), queue.bound_of("two")),
            (None, Some(3))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn many_calls_have_one_look_at_what_spot_leaves() {
        let queue = FargateQueue::default();
        let looks = std::cell::Cell::new(0);
        let kept = || {
            let kept = queue.kept_lately(|all| {
                looks.set(looks.get() + 1);
                let claims = all.iter().map(|it| it.claim.clone());
                Promises::from([("h1".to_owned(), claims.collect())])
            });
            kept.values().flatten().count()
        };
        let of_spot = FargateWaiting {
            claim: Claim {
                spot: true,
                ..claim(256)
            },
            ..waiting("i-1")
        };
        queue.wait("a", vec![of_spot]);
        assert_eq!((kept(), looks.get()), (0, 0), "nobody else waits");
        queue.wait("b", vec![waiting("i-2")]);
        assert_eq!((kept(), kept(), looks.get()), (1, 1, 1));
        queue.wait("c", vec![waiting("i-3")]);
        tokio::time::advance(KEPT_FOR).await;
        assert_eq!((kept(), looks.get()), (2, 2));
        queue.wait("b", Vec::new());
        queue.wait("c", Vec::new());
        assert_eq!((kept(), looks.get()), (0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_just_begun_to_wait_has_room_kept_and_no_machine_made() {
        let queue = FargateQueue::default();
        let others = || {
            let all = queue.others().into_iter();
            all.map(|it| it.claimant.name()).collect::<Vec<_>>()
        };
        queue.begin(waiting("i-2"));
        queue.begin(waiting("i-1"));
        assert!(queue.has_others() && queue.waiting().is_empty());
        assert_eq!(others(), ["instance/i-1", "instance/i-2"]);
        // Once a look has said it, it counts once.
        queue.wait("a", vec![waiting("i-2")]);
        assert_eq!(others(), ["instance/i-2", "instance/i-1"]);
        queue.looked_at([&Claimant::new("instance", "i-2")]);
        queue.looked_at([&Claimant::new("instance", "i-1")]);
        assert_eq!(others(), ["instance/i-2"]);
        // Whom nobody ever looks at is forgotten.
        queue.wait("a", Vec::new());
        queue.begin(waiting("i-3"));
        tokio::time::advance(SAID_EVERY).await;
        assert!(!queue.has_others() && others().is_empty());
    }
}
