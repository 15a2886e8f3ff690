//! Who waits for room of Fargate, and whether there may be more machines for it.
//!
//! Whoever places such claimants says who is left ([`FargateQueue::wait`]), queue by queue, each time that it has looked; so nothing of
//! this is stored: after a restart all is said again, and what is not said again is forgotten. Who has a pool of machines reads it, and
//! says what its machines are like ([`FargateQueue::offer`]): where a claim could never be on one, nobody has to wait for that.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use wharf_base::Timestamp;
use wharf_placement::pack::{Ask, Bin, all_of};
use wharf_records::hosts::{Capacity, Claim};

use crate::Claimant;

/// Who is not said to wait for so long does so no more: nobody looks at that queue.
const SAID_EVERY: Duration = Duration::from_secs(60);

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
}

#[derive(Debug, Default)]
pub struct FargateQueue {
    /// With when it was said.
    waiting: Mutex<BTreeMap<String, (Instant, Vec<FargateWaiting>)>>,
    changed: Notify,
    /// `None`: nobody makes machines.
    offer: Mutex<Option<FargateOffer>>,
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

    /// Waits until others wait than before.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Machines are made from now on, or others than before.
    pub fn offer(&self, offer: FargateOffer) {
        *self.offer.lock() = Some(offer);
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

    fn claim(cpu: u32) -> Claim {
        Claim {
            cpu,
            memory: 512,
            interfaces: 1,
            ..Claim::default()
        }
    }

    fn waiting(id: &str) -> FargateWaiting {
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
}
