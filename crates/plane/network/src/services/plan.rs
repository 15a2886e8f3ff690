//! What is led where, and by which chains. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use super::{Caller, FrontEnd, Lead};
use crate::model::Subnet;

/// Addresses and ports of services of one node. A cluster of 10,000 services has some 20,000.
const FRONT_ENDS: usize = 50_000;
/// Places of endpoints of one node, all services together: some 20 MiB of the kernel's memory.
const PLACES: usize = 200_000;
/// Endpoints of one front end; others of the same service are left out.
const ENDPOINTS: usize = 1000;
/// Ranges that one front end may be called from; callers of further ones are not let in.
const SOURCES: usize = 1000;
/// The same of one node, each list once: a caller is compared with one range after the other.
const ALL_SOURCES: usize = 10_000;
/// Clients of a sticky service are spread over this many places, which their endpoints share.
const STICKY_PLACES: u32 = 256;
/// For more than a quarter of these endpoints.
const MORE_STICKY_PLACES: u32 = 4096;

/// Chains that nothing uses any more stay, up to so many: to make one anew costs the kernel a walk through all endpoints.
const IDLE_MANNERS: usize = 64;

/// A table begins with the chains of services with so many endpoints. Each costs every element of a map that comes later a look, so they
/// are few.
const LIKELY_ENDPOINTS: u32 = 4;

/// What becomes of a table, in this order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    pub begun: Vec<Manner>,
    /// Who may call, by the numbers of guards.
    pub begun_guards: Vec<(u32, Arc<[Subnet]>)>,
    pub steps: Vec<Step>,
    /// Nothing is led so any more.
    pub ended: Vec<Manner>,
    pub ended_guards: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Add(FrontEnd, Way),
    /// What was there, and what is there instead.
    Change(FrontEnd, Way, Way),
    Remove(FrontEnd, Way),
}

impl Step {
    pub fn former(&self) -> Option<(&FrontEnd, &Way)> {
        match self {
            Self::Add(..) => None,
            Self::Change(at, way, _) | Self::Remove(at, way) => Some((at, way)),
        }
    }

    pub fn next(&self) -> Option<(&FrontEnd, &Way)> {
        match self {
            Self::Add(at, way) | Self::Change(at, _, way) => Some((at, way)),
            Self::Remove(..) => None,
        }
    }
}

/// How something is led: what is led alike shares a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    Refused,
    Dropped,
    To {
        /// Among so many places.
        places: u32,
        /// For how long clients are kept.
        sticky_ms: Option<u64>,
        by_node: bool,
        /// Callers are no members of the node.
        outside: bool,
    },
}

/// A front end as it is in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub lead: Lead,
    /// Who says whether one may call; nobody where all may.
    pub guard: Option<u32>,
}

impl Way {
    fn sources(&self) -> Option<&[Subnet]> {
        match &self.lead {
            Lead::Only { sources, .. } => Some(sources),
            _ => None,
        }
    }

    /// Where the places lead.
    pub fn places(&self) -> Vec<SocketAddrV4> {
        match self.lead.of_allowed() {
            Lead::To {
                endpoints, sticky, ..
            } => match is_spread(endpoints, *sticky) {
                true => spread(endpoints),
                false => endpoints.clone(),
            },
            _ => Vec::new(),
        }
    }

    pub fn count(&self) -> u32 {
        match self.lead.of_allowed() {
            Lead::To {
                endpoints, sticky, ..
            } => match is_spread(endpoints, *sticky) {
                true => places_for(endpoints),
                false => u32::try_from(endpoints.len()).unwrap_or(u32::MAX),
            },
            _ => 0,
        }
    }

    /// Clients are told apart by their address, each for so long after it came last. So it is with one endpoint too: others may come.
    pub fn sticky(&self) -> Option<Duration> {
        match self.lead.of_allowed() {
            Lead::To { sticky, .. } => *sticky,
            _ => None,
        }
    }

    /// Those that a client may be kept at.
    pub fn kept(&self) -> &[SocketAddrV4] {
        match self.lead.of_allowed() {
            Lead::To { endpoints, .. } if self.sticky().is_some() => endpoints,
            _ => &[],
        }
    }
}

impl Manner {
    /// How members are led to most services, and to ports of their node. None keeps its clients: where there is a chain that does,
    /// `nft` 1.0.6 aborts when it is to list the table.
    fn likely() -> impl Iterator<Item = Self> {
        (1..=LIKELY_ENDPOINTS).flat_map(|places| {
            [false, true].map(|by_node| Self::To {
                places,
                sticky_ms: None,
                by_node,
                outside: false,
            })
        })
    }

    pub fn of(caller: Caller, way: &Way) -> Self {
        // The kernel takes none for ever.
        let in_ms = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX).max(1);
        match way.lead.of_allowed() {
            Lead::To {
                sticky, by_node, ..
            } => Self::To {
                places: way.count(),
                sticky_ms: sticky.map(in_ms),
                by_node: *by_node,
                outside: caller == Caller::Other,
            },
            Lead::Refused => Self::Refused,
            Lead::Dropped | Lead::Only { .. } => Self::Dropped,
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

/// Those who say who may call. Front ends that the same may call share one.
#[derive(Debug, Default)]
struct Guards {
    /// By ranges, each list sorted.
    all: BTreeMap<Arc<[Subnet]>, Guard>,
    ranges: usize,
    /// The next number.
    next: u32,
}

#[derive(Debug)]
struct Guard {
    number: u32,
    /// Front ends that have it.
    uses: usize,
    sources: Arc<[Subnet]>,
}

impl Guards {
    /// `former`: those who may call until then, whose list goes if nobody else has it.
    fn has_room_for(&self, sources: &[Subnet], former: Option<&[Subnet]>) -> bool {
        let former = former.and_then(|it| self.all.get(it));
        let goes = former.filter(|it| it.uses == 1);
        let left = self.ranges - goes.map_or(0, |it| it.sources.len());
        self.all.contains_key(sources) || left + sources.len() <= ALL_SOURCES
    }

    /// Its number; the list is one for all that have it.
    fn hold(&mut self, sources: &mut Arc<[Subnet]>, made: &mut Changes) -> u32 {
        if let Some(guard) = self.all.get_mut(&sources[..]) {
            guard.uses += 1;
            *sources = guard.sources.clone();
            return guard.number;
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.ranges += sources.len();
        let guard = Guard {
            number,
            uses: 1,
            sources: sources.clone(),
        };
        self.all.insert(sources.clone(), guard);
        made.begun_guards.push((number, sources.clone()));
        number
    }

    /// Whether there is more room then.
    fn let_go(&mut self, sources: &[Subnet], made: &mut Changes) -> bool {
        let Some(guard) = self.all.get_mut(sources) else {
            return false;
        };
        guard.uses -= 1;
        if guard.uses > 0 {
            return false;
        }
        made.ended_guards.push(guard.number);
        self.all.remove(sources);
        self.ranges -= sources.len();
        true
    }
}

/// The services of a node as they are in its table.
#[derive(Debug, Default)]
pub struct Plan {
    ways: BTreeMap<FrontEnd, Way>,
    /// Those that have a chain, and how many are led so.
    manners: BTreeMap<Manner, usize>,
    guards: Guards,
    places: usize,
    /// What there is no room for.
    waiting: BTreeMap<FrontEnd, Lead>,
}

impl Plan {
    /// What leads to the changes, within the bounds. What has no room waits until something goes.
    pub fn change(&mut self, changes: BTreeMap<FrontEnd, Option<Lead>>) -> Changes {
        let mut made = Changes::default();
        let mut has_room = false;
        for (at, lead) in &changes {
            if lead.is_none() {
                self.waiting.remove(at);
                has_room |= self.remove(*at, &mut made);
            }
        }
        for (at, lead) in changes {
            if let Some(lead) = lead {
                has_room |= self.put(at, bounded(lead), &mut made);
            }
        }
        if has_room && !self.waiting.is_empty() {
            for (at, lead) in std::mem::take(&mut self.waiting) {
                self.put(at, lead, &mut made);
            }
        }
        self.end_manners(&mut made);
        made
    }

    /// What leads to `all` in a table that is made with it, and has no services yet. Chains that are likely to be needed come with it: in a
    /// cluster with 10,000 services one that comes later holds up the change that brings it by some milliseconds.
    pub fn begin(&mut self, all: BTreeMap<FrontEnd, Lead>) -> Changes {
        let likely: Vec<Manner> = Manner::likely().collect();
        self.manners.extend(likely.iter().map(|it| (*it, 0)));
        let rest = self.replace(all);
        Changes {
            begun: likely.into_iter().chain(rest.begun).collect(),
            ..rest
        }
    }

    /// What leads to `all` and nothing else.
    pub fn replace(&mut self, all: BTreeMap<FrontEnd, Lead>) -> Changes {
        let known = self.ways.keys().chain(self.waiting.keys());
        let gone = known.filter(|at| !all.contains_key(at));
        let gone: Vec<_> = gone.map(|at| (*at, None)).collect();
        let all = all.into_iter().map(|(at, lead)| (at, Some(lead)));
        self.change(all.chain(gone).collect())
    }

    fn remove(&mut self, at: FrontEnd, made: &mut Changes) -> bool {
        let Some(way) = self.ways.remove(&at) else {
            return false;
        };
        self.places -= way.count() as usize;
        self.let_go(at.caller, &way, made);
        made.steps.push(Step::Remove(at, way));
        true
    }

    /// Whether it takes less than before.
    fn put(&mut self, at: FrontEnd, lead: Lead, made: &mut Changes) -> bool {
        let former = self.ways.get(&at).cloned();
        if former.as_ref().is_some_and(|it| it.lead == lead) {
            self.waiting.remove(&at);
            return false;
        }
        let mut way = Way { lead, guard: None };
        let (old, new) = (
            former.as_ref().map_or(0, Way::count) as usize,
            way.count() as usize,
        );
        let is_full = former.is_none() && self.ways.len() >= FRONT_ENDS;
        let guarded = former.as_ref().and_then(Way::sources);
        let has_guard = |it| self.guards.has_room_for(it, guarded);
        let is_guarded = way.sources().is_none_or(has_guard);
        if is_full || !is_guarded || self.places - old + new > PLACES {
            // It leads nowhere, rather than to where it led.
            self.remove(at, made);
            self.waiting.insert(at, way.lead);
            return false;
        }
        self.hold(at.caller, &way, made);
        if let Lead::Only { sources, .. } = &mut way.lead {
            way.guard = Some(self.guards.hold(sources, made));
        }
        self.waiting.remove(&at);
        self.places = self.places - old + new;
        self.ways.insert(at, way.clone());
        let mut has_room = new < old;
        let step = match former {
            None => Step::Add(at, way),
            Some(former) => {
                has_room |= self.let_go(at.caller, &former, made);
                Step::Change(at, former, way)
            }
        };
        made.steps.push(step);
        has_room
    }

    fn hold(&mut self, caller: Caller, way: &Way, made: &mut Changes) {
        let manner = Manner::of(caller, way);
        let uses = self.manners.entry(manner).or_insert_with(|| {
            made.begun.push(manner);
            0
        });
        *uses += 1;
    }

    /// Whether others can be guarded then that could not be before.
    fn let_go(&mut self, caller: Caller, way: &Way, made: &mut Changes) -> bool {
        if let Some(uses) = self.manners.get_mut(&Manner::of(caller, way)) {
            *uses = uses.saturating_sub(1);
        }
        way.sources().is_some_and(|it| self.guards.let_go(it, made))
    }

    fn end_manners(&mut self, made: &mut Changes) {
        let idle = self.manners.iter().filter(|(_, uses)| **uses == 0);
        let idle: Vec<Manner> = idle.map(|(manner, _)| *manner).collect();
        if idle.len() > IDLE_MANNERS {
            self.manners.retain(|_, uses| *uses > 0);
            made.ended = idle;
        }
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// All that is wanted.
    pub fn into_leads(self) -> BTreeMap<FrontEnd, Lead> {
        let led = self.ways.into_iter().map(|(at, way)| (at, way.lead));
        led.chain(self.waiting).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.ways.is_empty() && self.waiting.is_empty()
    }
}

/// In a fixed order, each once, and not too many.
fn bounded(lead: Lead) -> Lead {
    let (mut endpoints, sticky, by_node) = match lead {
        Lead::To {
            endpoints,
            sticky,
            by_node,
        } => (endpoints, sticky, by_node),
        Lead::Only { sources, lead } => {
            return Lead::Only {
                sources: apart(&sources),
                lead: Box::new(bounded(*lead)),
            };
        }
        other => return other,
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

/// None of which lies in another, and not too many.
fn apart(sources: &[Subnet]) -> Arc<[Subnet]> {
    let mut sources = sources.to_vec();
    // What lies in another comes behind it, before anything that lies elsewhere.
    sources.sort_unstable();
    let mut apart: Vec<Subnet> = Vec::new();
    for range in sources {
        if !apart.last().is_some_and(|it| it.covers(range)) {
            apart.push(range);
        }
    }
    apart.truncate(SOURCES);
    apart.into()
}

/// The addresses of `former` that `now` does not have.
pub fn gone(former: &Lead, now: Option<&Lead>) -> BTreeSet<Ipv4Addr> {
    let all = |lead: Option<&Lead>| -> BTreeSet<Ipv4Addr> {
        match lead.map(Lead::of_allowed) {
            Some(Lead::To { endpoints, .. }) => endpoints.iter().map(|it| *it.ip()).collect(),
            _ => BTreeSet::new(),
        }
    };
    all(Some(former)).difference(&all(now)).copied().collect()
}

#[cfg(test)]
mod tests;
