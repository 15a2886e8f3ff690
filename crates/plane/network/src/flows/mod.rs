//! Flow logs: what passes interfaces, and what is dropped at them, counted by the kernel.
//!
//! A VPC's namespace has a table of its own for this, and only while a flow log is about an interface that is wired here
//! (`table`): rules in front of the groups and network ACLs count what comes to be judged, rules behind them what was let
//! through, each in a set of the interface, by the ends of the packet. The difference was dropped. The table drops nothing, and
//! nothing else knows of it.
//!
//! Sets are read every few seconds and never emptied: a flow that is idle leaves them by itself. What readings come to is kept by
//! `meter`, pure, which is written to a file before any of it is reported: counters and file both live until the machine ends. So neither an
//! agent that is killed nor a control plane that is away loses or repeats anything. What does not fit is told of as skipped.

mod meter;
mod table;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use wharf_base::{Clock as _, SystemClock, ids};
use wharf_durable::{self as durable, Durability};
use wharf_planeproto::flows::Report;

use self::meter::Now;
pub(crate) use self::meter::{Meter, Metering};
use crate::error::NetworkError;
use crate::model::{Mode, Scope};
use crate::netlink::nft::IpVersion;
use crate::scope::ScopeNet;
use crate::state::{Endpoint, TaskRecord};
use crate::worker::Worker;

const FILE: &str = "flows.json";
/// Between two readings of an interface; and how long readings may keep the worker from attachments at a time.
const READ_EVERY_MS: i64 = 4000;
const READ_FOR: Duration = Duration::from_millis(100);
/// The bounds of [`meter`] make less of it.
const MAX_FILE: u64 = 96 << 20;
/// What interfaces of users have before their numbers; others are wharf's own.
const OF_USERS: &str = "eni-";

/// VPC and id of an interface.
type Place = (String, String);

impl Worker {
    /// What a former run had counted.
    pub(crate) fn recall_flows(&mut self) {
        let path = self.flows_path();
        match durable::read_json(&path, MAX_FILE) {
            Ok(Some(meter)) => self.meter = meter,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "dropped what was counted for flow logs: the file is damaged");
                self.meter = Meter::lost();
            }
        }
        self.meter.begin(wharf_durable::boot_id(), new_run());
    }

    fn flows_path(&self) -> PathBuf {
        self.state.host_path().with_file_name(FILE)
    }

    /// Writes what changed, if it is time.
    fn save_flows(&mut self, now: Now) -> Result<(), NetworkError> {
        if !self.meter.must_save(now) {
            return Ok(());
        }
        let path = self.flows_path();
        let saved = match self.meter.is_idle() {
            true => durable::remove(&path),
            false => durable::replace_json(&path, &self.meter, Durability::Process),
        };
        saved.map_err(|e| NetworkError::state(&path, e))?;
        self.meter.saved(now);
        Ok(())
    }

    /// Takes note of windows that were taken, reads what the kernel counted of interfaces whose turn it is, for as long as tasks may be kept
    /// waiting, and gives what is to be reported next. `None` while nothing is recorded.
    pub(crate) fn read_flows(&mut self, taken: u64) -> Result<Option<Report>, NetworkError> {
        if self.meter.is_idle() {
            return Ok(None);
        }
        let now = now();
        self.meter.taken(taken);
        let begun = Instant::now();
        let mut trouble = Ok(());
        for place in self.meter.unread(now, READ_EVERY_MS) {
            let read = self.read_interface(&place);
            trouble = trouble.and(read);
            if begun.elapsed() >= READ_FOR {
                break;
            }
        }
        self.meter.close_windows(now.wall_ms);
        let saved = self.save_flows(now);
        if let Err(error) = trouble.and(saved) {
            tracing::warn!(%error, "failed to read or keep what was counted for flow logs; will retry");
        }
        let own = self.own.as_ref().map(|own| own.instance_id.clone());
        Ok(own.map(|instance| self.meter.report(instance)))
    }

    fn read_interface(&mut self, place: &Place) -> Result<(), NetworkError> {
        let (vpc, id) = place;
        let Some(net) = self.scopes.get_mut(&Scope::Vpc(vpc.clone())) else {
            return Ok(());
        };
        let Some(installed) = self.meter.get(place) else {
            return Ok(());
        };
        let wanted = installed.wanted().clone();
        let known = installed.known();
        // Before it is read: what it says is no older.
        let now = now();
        let reading = table::read(net.rules_socket()?, &self.names, id, &wanted, known)?;
        self.meter.fold(place, &reading, now);
        Ok(())
    }

    /// Counts for those interfaces that flow logs are about, and for no others.
    pub(crate) fn follow_flows(&mut self) -> Result<(), NetworkError> {
        let has_some = !self.meter.is_idle() || self.meter.is_lost();
        if !self.heard || !has_some && !self.view.has_flow_logs() {
            return Ok(());
        }
        let mut wanted: BTreeMap<Place, Metering> = BTreeMap::new();
        for (place, key) in &self.interfaces {
            let Some(Mode::Awsvpc(eni)) = self.tasks.get(key).map(|it| &it.mode) else {
                continue;
            };
            if !eni.eni_id.starts_with(OF_USERS) {
                continue;
            }
            if let Some(metering) = self.view.metering(eni) {
                wanted.insert(place.clone(), metering);
            }
        }
        let now = now();
        let places: BTreeSet<Place> = self.meter.places().chain(wanted.keys().cloned()).collect();
        let recorded = places.len();
        let mut vpcs: BTreeSet<String> = places.into_iter().map(|(vpc, _)| vpc).collect();
        if self.meter.is_lost() {
            // Tables that nobody knows of any more.
            vpcs.extend(self.scopes.keys().filter_map(|it| match it {
                Scope::Vpc(vpc) => Some(vpc.clone()),
                _ => None,
            }));
        }
        let mut trouble = Ok(());
        for vpc in vpcs {
            let of_vpc = |(place, it): (&Place, &Metering)| {
                (place.0 == vpc).then(|| (place.clone(), it.clone()))
            };
            let of_vpc = wanted.iter().filter_map(of_vpc).collect();
            let followed = self.follow_vpc(&vpc, of_vpc, (recorded, now));
            trouble = trouble.and(followed);
        }
        if trouble.is_ok() {
            self.meter.found();
        }
        trouble.and(self.save_flows(now))
    }

    fn follow_vpc(
        &mut self,
        vpc: &str,
        wanted: BTreeMap<Place, Metering>,
        (recorded, now): (usize, Now),
    ) -> Result<(), NetworkError> {
        let former = self.meter.of_vpc(vpc);
        let instances = self.instances_in(vpc);
        if former == wanted && self.meter.is_sure(vpc, &instances) {
            return Ok(());
        }
        // What was counted until now is for the flow logs that there were.
        let changed = |(place, it): &(&Place, &Metering)| wanted.get(*place) != Some(*it);
        let changed: Vec<Place> = former
            .iter()
            .filter(changed)
            .map(|it| it.0.clone())
            .collect();
        for place in &changed {
            if let Err(error) = self.read_interface(place) {
                tracing::debug!(%error, "the last flows of an interface were not read");
            }
        }
        let Some(net) = self.scopes.get_mut(&Scope::Vpc(vpc.to_owned())) else {
            self.meter.follow(vpc, wanted, now);
            return Ok(());
        };
        let known = (!self.meter.is_stale(vpc)).then(|| (former, self.meter.instances(vpc)));
        let mut trouble = Ok(());
        for version in IpVersion::ALL {
            let known = known.as_ref();
            let rest = (&instances, recorded);
            match write(net, &self.names, version, known, &wanted, rest) {
                Ok(true) => self.meter.begin_anew(vpc, version),
                Ok(false) => {}
                Err(error) => trouble = trouble.and(Err(error)),
            }
        }
        if let Err(error) = trouble {
            self.meter.doubt(vpc);
            return Err(error);
        }
        self.meter.follow(vpc, wanted, now);
        self.meter.trust(vpc, instances);
        Ok(())
    }

    /// Calls to these are judged where they come in.
    fn instances_in(&self, vpc: &str) -> BTreeSet<Ipv4Addr> {
        let scope = Scope::Vpc(vpc.to_owned());
        let instances = self
            .tasks
            .values()
            .filter(|it: &&TaskRecord| it.is_instance());
        let endpoints = instances.filter_map(|it| it.endpoint.as_ref());
        let here = endpoints.filter(|it| it.scope == scope);
        here.flat_map(Endpoint::addresses).collect()
    }

    /// As `follow_flows`, for whom its trouble is not: the next word mends it.
    pub(crate) fn mend_flows(&mut self) {
        if let Err(error) = self.follow_flows() {
            tracing::warn!(%error, "failed to count for flow logs; will retry with the next update");
        }
    }
}

/// Brings the table of one family to what is wanted; whether it was written anew, with nothing counted.
fn write(
    net: &mut ScopeNet,
    names: &crate::names::Names,
    version: IpVersion,
    known: Option<&(BTreeMap<Place, Metering>, BTreeSet<Ipv4Addr>)>,
    wanted: &BTreeMap<Place, Metering>,
    (instances, recorded): (&BTreeSet<Ipv4Addr>, usize),
) -> Result<bool, NetworkError> {
    let socket = net.rules_socket()?;
    let has_some = |all: &BTreeMap<Place, Metering>| all.values().any(|it| it.has(version));
    if !has_some(wanted) {
        table::remove(socket, names, version)?;
        return Ok(false);
    }
    let known = known.filter(|(former, _)| has_some(former));
    if let Some((former, gone)) = known
        && table::exists(socket, names, version)?
    {
        let gone = gone - instances;
        match table::change(
            socket,
            names,
            version,
            (former, wanted),
            (instances, &gone),
            recorded,
        ) {
            Ok(()) => return Ok(false),
            // Somebody may have flushed the rules.
            Err(error) => {
                tracing::warn!(%error, "reading the counters of flow logs failed; rewriting the kernel's rules")
            }
        }
    }
    table::write(socket, names, version, wanted, (instances, recorded))?;
    Ok(true)
}

/// Names numbers of windows.
fn new_run() -> u64 {
    u64::from_str_radix(&ids::hex16()[..16], 16).unwrap_or_default()
}

fn now() -> Now {
    let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME)
        .map(Duration::from)
        .unwrap_or_default();
    Now {
        wall_ms: SystemClock.now().millis(),
        boot_ms: i64::try_from(since_boot.as_millis()).unwrap_or(i64::MAX),
    }
}
