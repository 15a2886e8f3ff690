//! What readings of the kernel's counters come to: flows in windows, and reports of them. Pure.
//!
//! Counters only grow, so a flow's part of a window is by how much they did. What was dropped is what came less what was let through, over the
//! life of the flow in the kernel; since the former is read first, it is never too much, and exact once the flow pauses. Windows wait
//! here until the control plane has them, each under its number; none is reported that is not in the file.
//!
//! Everything is bounded: keys that are known, flows of an interface's window, of all, and of windows that wait. What goes beyond is told of
//! as skipped, as is a time between two readings in which idle flows may have left the kernel's memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use wharf_planeproto::flows::{Flow, MOST_FLOWS, MOST_WINDOWS, Part, Report, Window};

use super::Place;
use super::table;
use super::tally::{Ends, Reading, Tally, told_flags};
use crate::netlink::nft::IpVersion;

/// How long a window is.
const WINDOW_MS: i64 = 60_000;
/// The first one of an interface, so that one sees soon what a flow log does.
const FIRST_WINDOW_MS: i64 = 8_000;
/// Flows of an interface in a window.
const MOST_OF_INTERFACE: usize = 10_000;
/// Flows of all windows that are open; together some 10 MB.
const MOST_OPEN: usize = 60_000;
/// Keys that are known of all interfaces: what a reading is compared with.
const MOST_KEYS: usize = 60_000;
/// Flows of windows that wait to be reported.
const MOST_WAITING: usize = 60_000;
const MOST_WINDOWS_WAITING: usize = 5_000;

/// Between two times at which it is written, if windows ended or were taken; and if counters changed alone, which the kernel has as well.
const SAVE_WINDOWS_MS: i64 = 4000;
const SAVE_COUNTERS_MS: i64 = 30_000;
/// What tables in the kernel look like; others are rewritten.
const LAYOUT: u32 = 1;

/// A moment: for people, and by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall_ms: i64,
    /// Since the machine began.
    pub(super) boot_ms: i64,
}

/// What is counted of an interface, for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metering {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) address: Ipv4Addr,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) ipv6: BTreeSet<Ipv6Addr>,
    /// Ids of the flow logs.
    pub(crate) logs: BTreeSet<String>,
    pub(crate) accepted: bool,
    pub(crate) rejected: bool,
    pub(crate) tcp_flags: bool,
}

impl Metering {
    /// Whether the same rules count for both.
    pub(super) fn counts_as(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.address, it.rejected, it.tcp_flags);
        of(self) == of(other)
    }

    /// Those that are recorded.
    pub(super) fn addresses(&self, version: IpVersion) -> BTreeSet<IpAddr> {
        match version {
            IpVersion::V4 => BTreeSet::from([self.address.into()]),
            IpVersion::V6 => self.ipv6.iter().copied().map(IpAddr::from).collect(),
        }
    }

    /// Whether there are some.
    pub(super) fn has(&self, version: IpVersion) -> bool {
        version == IpVersion::V4 || !self.ipv6.is_empty()
    }

    fn is_own(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(it) => it == self.address,
            IpAddr::V6(it) => self.ipv6.contains(&it),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct RowKey {
    /// Without flags.
    ends: Ends,
    accepted: bool,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Row {
    flags: u8,
    packets: u64,
    bytes: u64,
    start_ms: i64,
    end_ms: i64,
}

/// Packets and bytes of a flow, and whether they were let through.
type Found = (Ends, bool, (u64, u64));

/// An interface that is recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Metered {
    metering: Metering,
    since_ms: i64,
    read_ms: i64,
    /// The same since the machine began.
    read_boot_ms: i64,
    is_first: bool,
    skipped: bool,
    last_skipped: [u64; 5],
    #[serde(with = "pairs")]
    keys: BTreeMap<Ends, Tally>,
    #[serde(with = "pairs")]
    rows: BTreeMap<RowKey, Row>,
}

impl Metered {
    fn new(metering: Metering, now: Now, skipped: bool) -> Self {
        Self {
            metering,
            since_ms: now.wall_ms,
            read_ms: now.wall_ms,
            read_boot_ms: now.boot_ms,
            is_first: true,
            skipped,
            last_skipped: [0; 5],
            keys: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    pub(super) fn wanted(&self) -> &Metering {
        &self.metering
    }

    pub(super) fn known(&self) -> impl Iterator<Item = Ends> {
        self.keys.keys().copied()
    }

    /// `room`: for so many rows and keys more.
    fn fold(&mut self, reading: &Reading, now: Now, room: (usize, usize)) {
        let mut full = [false; 5];
        for (point, full) in full.iter_mut().enumerate() {
            let skipped = reading.skipped[point];
            *full = skipped != 0 && skipped != self.last_skipped[point];
        }
        self.last_skipped = reading.skipped;
        self.skipped |= full.contains(&true);
        // Flows may have come and gone meanwhile.
        let gap = now.boot_ms.saturating_sub(self.read_boot_ms);
        self.skipped |= gap >= table::IDLE_MS.cast_signed();
        self.read_boot_ms = now.boot_ms;
        let most_keys = self.keys.len().saturating_add(room.1);
        let all: BTreeSet<Ends> = reading
            .points
            .iter()
            .flat_map(|it| it.keys().copied())
            .collect();
        let mut found = self.forget_absent(&all, reading);
        for ends in all {
            let known = self.keys.get(&ends).copied();
            if known.is_none() && self.keys.len() >= most_keys {
                self.skipped = true;
                continue;
            }
            let mut tally = known.unwrap_or_default();
            let at = (full, now.boot_ms);
            let (accepted, rejected) = tally.fold(&ends, reading, at, &self.metering);
            self.keys.insert(ends, tally);
            found.extend([(ends, true, accepted), (ends, false, rejected)]);
        }
        self.note(found, now.wall_ms, room.0);
    }

    /// Forgets flows that are in no set; what of them was dropped and not told of yet.
    fn forget_absent(&mut self, all: &BTreeSet<Ends>, reading: &Reading) -> Vec<Found> {
        let mut found = Vec::new();
        let is_unknown = |ends: &Ends| reading.unknown.iter().any(|it| it.contains(ends));
        self.keys.retain(|ends, tally| {
            let stays = all.contains(ends) || is_unknown(ends);
            if !stays {
                found.push((*ends, false, tally.rest()));
            }
            stays
        });
        found
    }

    /// Nothing more is read: what waits to be told is told.
    fn settle(&mut self, now_ms: i64) {
        let rests = self.keys.iter_mut();
        let rests = rests.map(|(ends, tally)| (*ends, false, tally.rest()));
        let rests = rests.collect();
        self.note(rests, now_ms, MOST_OF_INTERFACE);
    }

    fn note(&mut self, found: Vec<Found>, now_ms: i64, room: usize) {
        let room = room.min(MOST_OF_INTERFACE.saturating_sub(self.rows.len()));
        let most = self.rows.len() + room;
        let since_ms = self.read_ms.max(self.since_ms).min(now_ms);
        for (ends, accepted, counted) in found {
            let is_wanted = match accepted {
                true => self.metering.accepted,
                false => self.metering.rejected,
            };
            if counted.0 == 0 || !is_wanted {
                continue;
            }
            let key = RowKey {
                ends: Ends { flags: 0, ..ends },
                accepted,
            };
            if !self.rows.contains_key(&key) && self.rows.len() >= most {
                self.skipped = true;
                continue;
            }
            let row = self.rows.entry(key).or_insert(Row {
                start_ms: since_ms,
                ..Row::default()
            });
            row.flags |= told_flags(ends.flags);
            row.packets = row.packets.saturating_add(counted.0);
            row.bytes = row.bytes.saturating_add(counted.1);
            row.end_ms = now_ms;
        }
        self.read_ms = now_ms;
    }

    /// The kernel counts from nothing.
    fn begin_anew(&mut self, version: IpVersion) {
        if !self.metering.has(version) {
            return;
        }
        let is_other = |it: &Ends| it.is_ipv4() != (version == IpVersion::V4);
        self.keys.retain(|ends, _| is_other(ends));
        self.last_skipped = [0; 5];
        self.skipped = true;
    }

    fn is_due(&self, now_ms: i64) -> bool {
        let length = match self.is_first {
            true => FIRST_WINDOW_MS,
            false => WINDOW_MS,
        };
        now_ms - self.since_ms >= length || now_ms < self.since_ms
    }
}

/// All of a node.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Meter {
    run: u64,
    /// Of the window that was made last.
    number: u64,
    #[serde(with = "pairs")]
    interfaces: BTreeMap<Place, Metered>,
    waiting: VecDeque<Window>,
    /// The kernel that counts, and how.
    boot: String,
    layout: u32,
    /// VPCs whose tables are of another layout.
    stale: BTreeSet<String>,
    /// The addresses of instances in the tables of VPCs.
    instances: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// VPCs whose tables are as this process wrote them.
    #[serde(skip)]
    sure: BTreeSet<String>,
    /// What was counted before is lost; tables of it may be there.
    #[serde(skip)]
    lost: bool,
    #[serde(skip)]
    unsaved: Unsaved,
    /// The last window that is in the file, and when it was written.
    #[serde(skip)]
    saved: (u64, i64),
}

/// How much is not in the file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unsaved {
    #[default]
    Nothing,
    Counters,
    Windows,
    /// Interfaces come or go.
    Interfaces,
}

impl Meter {
    /// Nothing is recorded, and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.interfaces.is_empty() && self.waiting.is_empty()
    }

    /// Where the file was damaged.
    pub(super) fn lost() -> Self {
        Self {
            lost: true,
            ..Self::default()
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    pub(super) fn found(&mut self) {
        self.lost = false;
    }

    /// A process begins. After another start of the machine the file may be older than what was reported, so numbers get another
    /// name: `run`.
    pub(super) fn begin(&mut self, boot: String, run: u64) {
        self.saved.0 = self.number;
        if self.run == 0 || self.boot != boot {
            self.run = run;
            self.boot = boot;
            for it in self.interfaces.values_mut() {
                for version in IpVersion::ALL {
                    it.begin_anew(version);
                }
            }
            self.instances.clear();
        }
        if self.layout != LAYOUT {
            self.layout = LAYOUT;
            self.stale = self.interfaces.keys().map(|it| it.0.clone()).collect();
        }
    }

    pub(super) fn must_save(&self, now: Now) -> bool {
        let since = now.boot_ms.saturating_sub(self.saved.1);
        match self.unsaved {
            Unsaved::Nothing => false,
            Unsaved::Counters => since >= SAVE_COUNTERS_MS,
            Unsaved::Windows => since >= SAVE_WINDOWS_MS,
            Unsaved::Interfaces => true,
        }
    }

    pub(super) fn saved(&mut self, now: Now) {
        self.unsaved = Unsaved::Nothing;
        self.saved = (self.number, now.boot_ms);
    }

    fn changed(&mut self, what: Unsaved) {
        self.unsaved = self.unsaved.max(what);
    }

    /// Those that were not read for so long, the longest first.
    pub(super) fn unread(&self, now: Now, for_ms: i64) -> Vec<Place> {
        let all = self.interfaces.iter();
        let late = all.filter(|(_, it)| now.boot_ms.saturating_sub(it.read_boot_ms) >= for_ms);
        let mut late: Vec<_> = late.map(|(place, it)| (it.read_boot_ms, place)).collect();
        late.sort();
        late.into_iter().map(|(_, place)| place.clone()).collect()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.interfaces.keys().cloned()
    }

    pub(super) fn get(&self, place: &Place) -> Option<&Metered> {
        self.interfaces.get(place)
    }

    pub(super) fn of_vpc(&self, vpc: &str) -> BTreeMap<Place, Metering> {
        let all = self.interfaces.iter().filter(|(place, _)| place.0 == vpc);
        all.map(|(place, it)| (place.clone(), it.metering.clone()))
            .collect()
    }

    pub(super) fn is_sure(&self, vpc: &str, instances: &BTreeSet<Ipv4Addr>) -> bool {
        self.sure.contains(vpc) && self.instances.get(vpc) == Some(instances)
    }

    pub(super) fn doubt(&mut self, vpc: &str) {
        self.sure.remove(vpc);
    }

    pub(super) fn trust(&mut self, vpc: &str, instances: BTreeSet<Ipv4Addr>) {
        self.sure.insert(vpc.to_owned());
        self.stale.remove(vpc);
        match self.of_vpc(vpc).is_empty() {
            true => self.instances.remove(vpc),
            false => self.instances.insert(vpc.to_owned(), instances),
        };
        self.changed(Unsaved::Interfaces);
    }

    pub(super) fn is_stale(&self, vpc: &str) -> bool {
        self.stale.contains(vpc)
    }

    /// Those that are in the table of a VPC.
    pub(super) fn instances(&self, vpc: &str) -> BTreeSet<Ipv4Addr> {
        self.instances.get(vpc).cloned().unwrap_or_default()
    }

    /// The kernel counts from nothing: what it had counted since the last reading is lost.
    pub(super) fn begin_anew(&mut self, vpc: &str, version: IpVersion) {
        let all = self
            .interfaces
            .iter_mut()
            .filter(|(place, _)| place.0 == vpc);
        for (_, it) in all {
            it.begin_anew(version);
        }
    }

    pub(super) fn fold(&mut self, place: &Place, reading: &Reading, now: Now) {
        let open: usize = self.interfaces.values().map(|it| it.rows.len()).sum();
        let keys: usize = self.interfaces.values().map(|it| it.keys.len()).sum();
        let room = (
            MOST_OPEN.saturating_sub(open),
            MOST_KEYS.saturating_sub(keys),
        );
        if let Some(it) = self.interfaces.get_mut(place) {
            it.fold(reading, now, room);
            self.changed(Unsaved::Counters);
        }
    }

    /// Which interfaces of a VPC are recorded from now on.
    pub(super) fn follow(&mut self, vpc: &str, wanted: BTreeMap<Place, Metering>, now: Now) {
        let now_ms = now.wall_ms;
        let gone = self
            .of_vpc(vpc)
            .into_keys()
            .filter(|it| !wanted.contains_key(it));
        for place in gone.collect::<Vec<_>>() {
            self.close(&place, Part::End, now_ms);
            self.interfaces.remove(&place);
            self.changed(Unsaved::Interfaces);
        }
        for (place, metering) in wanted {
            match self.interfaces.get(&place).map(|it| &it.metering) {
                Some(former) if *former == metering => {}
                Some(former) => {
                    let counts_on = former.counts_as(&metering);
                    if !counts_on && let Some(it) = self.interfaces.get_mut(&place) {
                        it.settle(now_ms);
                    }
                    self.changed(Unsaved::Interfaces);
                    self.close(&place, Part::Go, now_ms);
                    if let Some(it) = self.interfaces.get_mut(&place) {
                        it.metering = metering;
                        it.is_first = true;
                        if !counts_on {
                            it.keys.clear();
                            it.last_skipped = [0; 5];
                        }
                    }
                }
                None => {
                    let new = Metered::new(metering, now, self.lost);
                    self.interfaces.insert(place.clone(), new);
                    self.changed(Unsaved::Interfaces);
                    self.close(&place, Part::Begin, now_ms);
                }
            }
        }
    }

    pub(super) fn close_windows(&mut self, now_ms: i64) {
        let due = self.interfaces.iter().filter(|(_, it)| it.is_due(now_ms));
        for place in due.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
            self.close(&place, Part::Go, now_ms);
            if let Some(it) = self.interfaces.get_mut(&place) {
                it.is_first = false;
            }
        }
    }

    /// Ends the window of an interface, and begins the next.
    fn close(&mut self, place: &Place, part: Part, now_ms: i64) {
        let Some(it) = self.interfaces.get_mut(place) else {
            return;
        };
        if part == Part::End {
            it.settle(now_ms);
        }
        let rows = std::mem::take(&mut it.rows);
        let skipped = std::mem::take(&mut it.skipped);
        let (start, end) = (
            it.since_ms.min(now_ms).div_euclid(1000),
            now_ms.div_euclid(1000),
        );
        it.since_ms = now_ms;
        let metering = it.metering.clone();
        let flows: Vec<Flow> = rows
            .iter()
            .map(|(key, row)| flow(&metering, key, row))
            .collect();
        let mut chunks: Vec<Vec<Flow>> = flows.chunks(MOST_FLOWS).map(<[Flow]>::to_vec).collect();
        if chunks.is_empty() {
            chunks.push(Vec::new());
        }
        let last = chunks.len() - 1;
        for (at, flows) in chunks.into_iter().enumerate() {
            self.number += 1;
            self.waiting.push_back(Window {
                number: self.number,
                account: metering.account.clone(),
                region: metering.region.clone(),
                interface: place.1.clone(),
                logs: metering.logs.iter().cloned().collect(),
                part: match (at == last, at) {
                    (true, _) if part == Part::End => part,
                    (_, 0) => part_of_first(part),
                    _ => Part::More,
                },
                start,
                end,
                skipped: skipped && at == 0,
                flows,
            });
        }
        self.changed(Unsaved::Windows);
        self.bound_waiting();
    }

    /// The oldest lose their flows first, then they go.
    fn bound_waiting(&mut self) {
        let mut flows: usize = self.waiting.iter().map(|it| it.flows.len()).sum();
        for window in &mut self.waiting {
            if flows <= MOST_WAITING {
                break;
            }
            flows -= window.flows.len();
            window.skipped |= !window.flows.is_empty();
            window.flows = Vec::new();
        }
        while self.waiting.len() > MOST_WINDOWS_WAITING {
            self.waiting.pop_front();
        }
    }

    /// The control plane has all up to this number.
    pub(super) fn taken(&mut self, number: u64) {
        while self.waiting.front().is_some_and(|it| it.number <= number) {
            self.waiting.pop_front();
            self.changed(Unsaved::Windows);
        }
        if self.is_idle() {
            self.changed(Unsaved::Interfaces);
        }
    }

    /// What is to be reported next.
    pub(super) fn report(&self, instance: String) -> Report {
        let mut windows: Vec<Window> = Vec::new();
        let mut flows = 0;
        let kept = self
            .waiting
            .iter()
            .take_while(|it| it.number <= self.saved.0);
        for window in kept.take(MOST_WINDOWS) {
            flows += window.flows.len();
            if flows > MOST_FLOWS && !windows.is_empty() {
                break;
            }
            windows.push(window.clone());
        }
        Report {
            instance,
            run: self.run,
            windows,
        }
    }
}

/// `End` is said with the last.
fn part_of_first(part: Part) -> Part {
    match part {
        Part::End => Part::Go,
        other => other,
    }
}

fn flow(metering: &Metering, key: &RowKey, row: &Row) -> Flow {
    let Ends {
        source,
        destination,
        protocol,
        source_port,
        destination_port,
        ..
    } = key.ends;
    Flow {
        source,
        destination,
        protocol,
        source_port,
        destination_port,
        tcp_flags: row.flags,
        ingress: metering.is_own(destination),
        accepted: key.accepted,
        packets: row.packets,
        bytes: row.bytes,
        start: row.start_ms.div_euclid(1000),
        end: row.end_ms.div_euclid(1000),
    }
}

/// Maps whose keys are no texts, as lists of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
