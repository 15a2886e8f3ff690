//! What is led where, by which chains. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use super::{FrontEnd, Lead};

/// Addresses and ports of services of one node. A cluster of 10,000 services has some 20,000.
const FRONT_ENDS: usize = 50_000;
/// Places of endpoints of one node, all services together: some 20 MiB of the kernel's memory.
const PLACES: usize = 200_000;
/// Endpoints of one front end; others of the same service are left out.
const ENDPOINTS: usize = 1000;
/// Clients of a sticky service are spread over this many places, which their endpoints share.
const STICKY_PLACES: u32 = 256;
/// For more than a quarter of these endpoints.
const MORE_STICKY_PLACES: u32 = 4096;

/// A change of the table; a batch has those of several services in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A chain that leads somewhere, under a number that nothing has.
    Add(FrontEnd, Way),
    /// What was there, and what is there instead; the chain stays.
    Change(FrontEnd, Way, Way),
    Remove(FrontEnd, Way),
}

/// A front end as it is in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Names the chain.
    pub chain: u32,
    /// Of its places in the map of endpoints.
    pub number: u32,
    pub lead: Lead,
}

impl Way {
    /// Where the places lead.
    pub fn places(&self) -> Vec<SocketAddrV4> {
        match &self.lead {
            Lead::To {
                endpoints, sticky, ..
            } => match is_spread(endpoints, *sticky) {
                true => spread(endpoints),
                false => endpoints.clone(),
            },
            Lead::Refused | Lead::Dropped => Vec::new(),
        }
    }

    pub fn count(&self) -> u32 {
        match &self.lead {
            Lead::To {
                endpoints, sticky, ..
            } => match is_spread(endpoints, *sticky) {
                true => places_for(endpoints),
                false => u32::try_from(endpoints.len()).unwrap_or(u32::MAX),
            },
            Lead::Refused | Lead::Dropped => 0,
        }
    }

    /// Clients are told apart by their address, each for so long after it came last. So it is with one endpoint too: others may come.
    pub fn sticky(&self) -> Option<Duration> {
        match &self.lead {
            Lead::To { sticky, .. } => *sticky,
            Lead::Refused | Lead::Dropped => None,
        }
    }

    /// Those that a client may be kept at.
    pub fn kept(&self) -> &[SocketAddrV4] {
        match &self.lead {
            Lead::To { endpoints, .. } if self.sticky().is_some() => endpoints,
            _ => &[],
        }
    }
}

fn is_spread(endpoints: &[SocketAddrV4], sticky: Option<Duration>) -> bool {
    sticky.is_some() && endpoints.len() > 1
}

fn places_for(endpoints: &[SocketAddrV4]) -> u32 {
    match endpoints.len() <= STICKY_PLACES as usize / 4 {
        true => STICKY_PLACES,
        false => MORE_STICKY_PLACES,
    }
}

/// Each place goes to the endpoint that weighs most there, so one that leaves moves its own clients alone, and one that comes takes
/// its share.
fn spread(endpoints: &[SocketAddrV4]) -> Vec<SocketAddrV4> {
    let weight = |place: u32, at: &SocketAddrV4| {
        let own = u64::from(u32::from(*at.ip())) << 16 | u64::from(at.port());
        (mixed(own ^ mixed(u64::from(place))), *at)
    };
    let of = |place| {
        let best = endpoints.iter().max_by_key(|it| weight(place, it));
        best.copied()
    };
    (0..places_for(endpoints)).filter_map(of).collect()
}

/// The last part of splitmix64: every bit of the outcome hangs on every bit of the input.
fn mixed(number: u64) -> u64 {
    let mut it = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}

/// The services of a node as they are in its table.
#[derive(Debug, Default)]
pub struct Plan {
    ways: BTreeMap<FrontEnd, Way>,
    places: usize,
    /// The last number that was given.
    last: u32,
    /// What there is no room for.
    waiting: BTreeMap<FrontEnd, Lead>,
}

impl Plan {
    /// What leads to the changes, within the bounds. What has no room waits until something goes.
    pub fn change(&mut self, changes: BTreeMap<FrontEnd, Option<Lead>>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut has_room = false;
        for (at, lead) in &changes {
            if lead.is_none() {
                self.waiting.remove(at);
                if let Some(way) = self.ways.remove(at) {
                    self.places -= way.count() as usize;
                    has_room = true;
                    steps.push(Step::Remove(*at, way));
                }
            }
        }
        for (at, lead) in changes {
            if let Some(lead) = lead {
                has_room |= self.put(at, bounded(lead), &mut steps);
            }
        }
        if has_room && !self.waiting.is_empty() {
            for (at, lead) in std::mem::take(&mut self.waiting) {
                self.put(at, lead, &mut steps);
            }
        }
        steps
    }

    /// Whether it takes less than before.
    fn put(&mut self, at: FrontEnd, lead: Lead, steps: &mut Vec<Step>) -> bool {
        let former = self.ways.get(&at).cloned();
        if former.as_ref().is_some_and(|it| it.lead == lead) {
            self.waiting.remove(&at);
            return false;
        }
        let number = self.last.wrapping_add(1);
        let way = Way {
            chain: former.as_ref().map_or(number, |it| it.chain),
            number,
            lead,
        };
        let (old, new) = (
            former.as_ref().map_or(0, Way::count) as usize,
            way.count() as usize,
        );
        let is_full = former.is_none() && self.ways.len() >= FRONT_ENDS;
        if is_full || self.places - old + new > PLACES {
            // It leads nowhere, rather than to where it led.
            if let Some(former) = former {
                self.ways.remove(&at);
                self.places -= old;
                steps.push(Step::Remove(at, former));
            }
            self.waiting.insert(at, way.lead);
            return false;
        }
        self.last = number;
        self.waiting.remove(&at);
        self.places = self.places - old + new;
        self.ways.insert(at, way.clone());
        steps.push(match former {
            None => Step::Add(at, way),
            Some(former) => Step::Change(at, former, way),
        });
        new < old
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// All that is wanted.
    pub fn into_leads(self) -> BTreeMap<FrontEnd, Lead> {
        let led = self.ways.into_iter().map(|(at, way)| (at, way.lead));
        led.chain(self.waiting).collect()
    }

    pub fn ways(&self) -> impl Iterator<Item = (&FrontEnd, &Way)> {
        self.ways.iter()
    }
}

/// In a fixed order, each once, and not too many.
fn bounded(lead: Lead) -> Lead {
    let Lead::To {
        mut endpoints,
        sticky,
        by_node,
    } = lead
    else {
        return lead;
    };
    endpoints.sort_unstable();
    endpoints.dedup();
    endpoints.truncate(ENDPOINTS);
    match endpoints.is_empty() {
        true => Lead::Refused,
        false => Lead::To {
            endpoints,
            sticky,
            by_node,
        },
    }
}

/// The addresses of `former` that `now` does not have.
pub fn gone(former: &Lead, now: Option<&Lead>) -> BTreeSet<Ipv4Addr> {
    let all = |lead: Option<&Lead>| -> BTreeSet<Ipv4Addr> {
        match lead {
            Some(Lead::To { endpoints, .. }) => endpoints.iter().map(|it| *it.ip()).collect(),
            _ => BTreeSet::new(),
        }
    };
    all(Some(former)).difference(&all(now)).copied().collect()
}

#[cfg(test)]
mod tests;
