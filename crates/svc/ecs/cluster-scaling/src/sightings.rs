//! What looks at a group saw one after the other: since when an instance is in service, and which room of it placement
//! has had its chance with. Pure; a restart forgets it, which leaves more time and takes none.
//!
//! Placement is told of room at the same moment as these looks are, and may need longer. So room counts as passed over
//! only once it was there for [`CHANCE`]: that of an instance whose agent has connected, or that a task has left.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_placement::ledger::{Free, fits};
use wharf_records::hosts::Claim;

use crate::{
    plan::Container,
    seen::{Cycle, Seen},
};

/// How long placement is given to use an instance before it counts as unfit for a task that still waits.
pub const CHANCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sightings {
    /// Since when each instance of the group is in service.
    in_service: BTreeMap<String, Timestamp>,
    /// Of those that take tasks.
    offers: BTreeMap<String, Offer>,
}

/// The room of an instance that takes tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What has been free since when, each more than the one before; the last is what is free.
    rooms: Vec<(Timestamp, Free)>,
}

impl Sightings {
    /// Takes note of what is new, and forgets what is gone.
    pub fn look(&mut self, group: &Seen, containers: &BTreeMap<String, Container>, now: Timestamp) {
        let serves = group.members.iter().filter(|it| it.cycle != Cycle::Pending);
        let ids: BTreeSet<&String> = serves.map(|it| &it.id).collect();
        self.in_service.retain(|id, _| ids.contains(id));
        self.offers.retain(|id, _| ids.contains(id));
        for id in ids {
            self.in_service.entry(id.clone()).or_insert(now);
            let Some(it) = containers.get(id).filter(|it| it.ready) else {
                self.offers.remove(id);
                continue;
            };
            match self.offers.get_mut(id) {
                Some(offer) => offer.look(&it.free, now),
                None => {
                    self.offers
                        .insert(id.clone(), Offer::new(it.free.clone(), now));
                }
            }
        }
    }

    pub fn in_service_since(&self, id: &str) -> Option<Timestamp> {
        self.in_service.get(id).copied()
    }

    pub fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.get(id)
    }
}

impl Offer {
    pub fn new(free: Free, since: Timestamp) -> Self {
        Self {
            rooms: vec![(since, free)],
        }
    }

    pub fn free(&self) -> &Free {
        &self.rooms.last().expect("there is always one").1
    }

    /// Since when there has been more than before, each time.
    pub fn moments(&self) -> impl Iterator<Item = Timestamp> {
        self.rooms.iter().map(|(since, _)| *since)
    }

    fn look(&mut self, free: &Free, now: Timestamp) {
        let has_more = both(self.free(), free) != *free;
        for (_, room) in &mut self.rooms {
            *room = both(room, free);
        }
        if has_more {
            self.rooms.push((now, free.clone()));
        }
        self.rooms.dedup_by(|later, earlier| later.1 == earlier.1);
        // All that was there for longer is in the latest of it.
        let long = self
            .rooms
            .iter()
            .rposition(|(since, _)| now >= *since + CHANCE);
        self.rooms.drain(..long.unwrap_or(0));
    }

    /// Whether placement could have given it a task and has not.
    pub fn was_passed_over(&self, claim: &Claim, waits_since: Timestamp, now: Timestamp) -> bool {
        let is_long_ago = |since: Timestamp| now >= since + CHANCE;
        let had_room =
            |(since, room): &(Timestamp, Free)| is_long_ago(*since) && fits(room, claim).is_ok();
        is_long_ago(waits_since) && self.rooms.iter().any(had_room)
    }
}

/// What is free in both.
fn both(one: &Free, other: &Free) -> Free {
    let mut taken = [one.taken.as_slice(), other.taken.as_slice()].concat();
    taken.sort_unstable();
    taken.dedup();
    Free {
        cpu: one.cpu.min(other.cpu),
        memory: one.memory.min(other.memory),
        interfaces: one.interfaces.min(other.interfaces),
        taken,
        disk: match (one.disk, other.disk) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn free(cpu: u32) -> Free {
        Free {
            cpu,
            memory: 4096,
            ..Free::default()
        }
    }

    fn passed_over(offer: &Offer, cpu: u32, now: i64) -> bool {
        let claim = Claim {
            cpu,
            ..Claim::default()
        };
        offer.was_passed_over(&claim, at(0), at(now))
    }

    #[test]
    fn room_that_a_task_has_left_is_new() {
        let mut offer = Offer::new(free(512), at(100));
        assert!(!passed_over(&offer, 256, 109));
        assert!(passed_over(&offer, 256, 110));
        offer.look(&free(1536), at(120));
        assert!(passed_over(&offer, 256, 121), "it was free before");
        assert!(!passed_over(&offer, 1024, 129));
        assert!(passed_over(&offer, 1024, 130));
        // What is taken of it makes nothing new.
        offer.look(&free(1024), at(131));
        assert!(passed_over(&offer, 1024, 131));
    }

    #[test]
    fn where_tasks_come_and_go_all_the_time_what_stays_free_is_known() {
        let mut offer = Offer::new(free(512), at(0));
        for second in 1..100 {
            offer.look(&free(512 + 256 * (second % 2)), at(second.into()));
            assert!(offer.rooms.len() <= 2);
        }
        assert!(passed_over(&offer, 512, 100));
        assert!(!passed_over(&offer, 768, 100));
    }
}
