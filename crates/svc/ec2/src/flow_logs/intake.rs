//! What hosts report: checked, and kept as what is to be delivered.

use std::collections::{BTreeMap, BTreeSet};

use wharf_base::{Permit, Timestamp};
use wharf_planeproto::flows::{self as plane, MOST_FLOWS, MOST_WINDOWS, Report, Window};
use wharf_records::{Record as _, Scope, Unknown, encode};
use wharf_service::{platform, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{
    Flow, FlowBatch, FlowIntake, FlowLog, FlowSource, MAX_OF_RESOURCE,
    deliver::{MOST_OF_ACCOUNT, MOST_OF_BATCH, MOST_SKIPPED, MOST_WAITING, SURE, batch_id},
};
use crate::{Ec2Service, fault, records::Interface, table::SERVICE};

const PERMIT: Permit = Permit::for_controller("ec2-flow-logs");
/// Of the VPC, of its subnet, and its own.
const MOST_LOGS: usize = 3 * MAX_OF_RESOURCE;
/// How far the times of a report may be behind now, and before the flow log, in seconds: clocks differ.
const DIFFER_S: i64 = 60;
/// What is made of a window is one transaction of the store.
const MOST_BYTES: usize = 900_000;
/// For so long a host is believed of an interface that left it.
const LATE_S: i64 = 600;
/// Events of a log group are no older.
const OLDEST_S: i64 = 14 * 24 * 3600;

/// Why a report is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("the report makes no sense: {0}")]
    Malformed(&'static str),
    #[error("the host reports too much")]
    TooMuch,
    #[error("the report cannot be kept now")]
    Failed(#[source] Fault),
}

impl From<fault::ChangeError> for NotTaken {
    fn from(error: fault::ChangeError) -> Self {
        Self::Failed(error.into())
    }
}

impl Ec2Service {
    /// Keeps what the host reports, which speaks for itself; windows that were taken before count no more.
    ///
    /// # Errors
    /// It makes no sense; the host said too much lately; the store's.
    pub async fn take_flows(&self, report: &Report, now: Timestamp) -> Result<(), NotTaken> {
        check(report)?;
        if !self.files.may_report(&report.instance, now) {
            return Err(NotTaken::TooMuch);
        }
        let mut waiting = BTreeMap::new();
        let key = platform::scope(SERVICE).key(FlowIntake::KIND, &report.instance);
        for window in &report.windows {
            transact!(self.table, &PERMIT, |tx| {
                let known = tx.find::<FlowIntake>(&key).await?;
                let last = known.filter(|it| it.run == report.run);
                if last.is_none_or(|it| it.number < window.number) {
                    let intake = FlowIntake {
                        run: report.run,
                        number: window.number,
                        unknown: Unknown::new(),
                    };
                    tx.put(&key, &intake);
                    let (kept, of) = (Txn::new(), (report, window));
                    tx.join(self.keep(kept, of, now, &mut waiting).await?);
                }
            });
        }
        Ok(())
    }

    /// A window, for each flow log that it is for.
    async fn keep(
        &self,
        mut txn: Txn,
        (report, window): (&Report, &Window),
        now: Timestamp,
        waiting: &mut BTreeMap<String, usize>,
    ) -> Result<Txn, NotTaken> {
        let scope = Scope::new(SERVICE, &window.account, &window.region);
        let at = scope.key(FlowSource::KIND, &window.interface);
        let known = self.table.read::<FlowSource>(&at).await?;
        let of_interface = scope.key(Interface::KIND, &window.interface);
        let found = self.table.read::<Interface>(&of_interface).await?;
        let now_here = found
            .map(|it| it.record)
            .filter(|it| is_on(it, &report.instance))
            .map(|it| source(it, &report.instance, &scope.region));
        let known = known.map(|it| it.record);
        let now_s = now.millis().div_euclid(1000);
        // Whoever says it of another's interface says nothing.
        let Some(source) = believed(
            known.as_ref(),
            now_here,
            (&report.instance, window.end),
            now_s,
        ) else {
            tracing::debug!(
                host = report.instance,
                interface = window.interface,
                "flows of an interface that is not the host's are passed over"
            );
            return Ok(txn);
        };
        if window.part == plane::Part::End && source.host == report.instance {
            txn = txn.delete(at);
        } else if known.as_ref() != Some(&source) {
            txn = txn.put(at, encode(&source));
        }
        let (mut bytes, of_account) = (0, scope.prefix(FlowBatch::KIND));
        for id in &window.logs {
            let Some(log) = self
                .table
                .read::<FlowLog>(&scope.key(FlowLog::KIND, id))
                .await?
            else {
                continue;
            };
            let log = log.record;
            let Some(batch) = batch(&log, &source, window, now) else {
                continue;
            };
            let of_log = scope.key(FlowBatch::KIND, &format!("{}:", log.id));
            let there = Waiting {
                of_log: self.waiting(&of_log, waiting).await?,
                of_account: self.waiting(&of_account, waiting).await?,
            };
            let parts = parts(batch, there);
            if parts.iter().any(|it| it.skipped) && !window.skipped || parts.is_empty() {
                self.files.warn_of_loss(&log.id, now);
            }
            waiting.insert(of_log, there.of_log + parts.len());
            waiting.insert(of_account.clone(), there.of_account + parts.len());
            for (part, batch) in parts.iter().enumerate() {
                let id = batch_id(&log.id, window, (report.run, part));
                let mut value = encode(batch);
                if bytes + value.len() > MOST_BYTES {
                    let (skipped, flows) = (true, Vec::new());
                    value = encode(&FlowBatch {
                        skipped,
                        flows,
                        ..batch.clone()
                    });
                }
                bytes += value.len();
                txn = txn.put(scope.key(FlowBatch::KIND, &id), value);
            }
        }
        Ok(txn)
    }

    /// How many parts there are below a prefix, with what this report added.
    async fn waiting(
        &self,
        prefix: &str,
        known: &BTreeMap<String, usize>,
    ) -> Result<usize, fault::ChangeError> {
        match known.get(prefix) {
            Some(there) => Ok(*there),
            None => Ok(self.table.count(prefix).await?),
        }
    }
}

/// Parts that wait to be delivered.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    of_log: usize,
    /// Of all flow logs of the account in the region.
    of_account: usize,
}

impl Waiting {
    /// How many more there may be with their flows.
    fn room(self) -> usize {
        let of_log = MOST_WAITING.saturating_sub(self.of_log);
        let of_account = MOST_OF_ACCOUNT.saturating_sub(self.of_account);
        of_log.min(of_account.max(SURE.saturating_sub(self.of_log)))
    }

    fn is_full(self) -> bool {
        self.of_log >= MOST_WAITING + MOST_SKIPPED
            || (self.of_account >= MOST_OF_ACCOUNT + MOST_SKIPPED && self.of_log >= SURE)
    }
}

/// Notes an interface that came to a host.
pub(crate) async fn attached(service: &Ec2Service, call: &Call, id: &str) -> Result<(), Fault> {
    let Some(interface) = service.find::<Interface>(call, id).await? else {
        return Ok(());
    };
    let scope = Ec2Service::scope(call);
    let txn = note(service, Txn::new(), &scope, interface, call.now).await?;
    if !txn.then.is_empty() {
        // Who changed it meanwhile is its host, whom the record is for.
        service.table.commit(&call.permit, txn).await?;
    }
    Ok(())
}

/// With `txn`: an interface that comes to a host is noted, if it is recorded. Then its windows are believed, however soon it goes.
pub(crate) async fn note(
    service: &Ec2Service,
    txn: Txn,
    scope: &Scope,
    interface: Interface,
    now: Timestamp,
) -> Result<Txn, fault::ChangeError> {
    let host = interface.attachment.as_ref().and_then(|it| it.host());
    let Some(host) = host.map(str::to_owned) else {
        return Ok(txn);
    };
    let logs = service.table.all::<FlowLog>(scope, "").await?;
    let here = source(interface, &host, &scope.region);
    if !logs.iter().any(|(_, log)| log.record.is_about(&here)) {
        return Ok(txn);
    }
    let key = scope.key(FlowSource::KIND, &here.id);
    let known = service.table.read::<FlowSource>(&key).await?;
    let unchanged = match &known {
        Some(known) => known.unchanged(),
        None => Compare::absent(key.clone()),
    };
    let now_s = now.millis().div_euclid(1000);
    let known = known.map(|it| it.record);
    let told = believed(known.as_ref(), Some(here), (&host, now_s), now_s);
    let told = told.filter(|told| known.as_ref() != Some(told));
    Ok(match told {
        Some(told) => txn.when(unchanged).put(key, encode(&told)),
        None => txn,
    })
}

fn check(report: &Report) -> Result<(), NotTaken> {
    let flows: usize = report.windows.iter().map(|it| it.flows.len()).sum();
    if report.windows.len() > MOST_WINDOWS || flows > MOST_FLOWS {
        return Err(NotTaken::Malformed("it is too long"));
    }
    let ascends = |pair: &[Window]| pair[0].number < pair[1].number;
    if !report.windows.windows(2).all(ascends) {
        return Err(NotTaken::Malformed("its windows are out of order"));
    }
    for window in &report.windows {
        let is_account =
            window.account.len() == 12 && window.account.bytes().all(|it| it.is_ascii_digit());
        let names = [&window.region, &window.interface];
        let is_name =
            |it: &str| it.len() <= 64 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let mut all = names.into_iter().chain(&window.logs);
        if !is_account || !all.all(|it| is_name(it)) {
            return Err(NotTaken::Malformed("a name is none"));
        }
        if window.logs.len() > MOST_LOGS {
            return Err(NotTaken::Malformed("a window is for too many flow logs"));
        }
        if window.logs.iter().collect::<BTreeSet<_>>().len() < window.logs.len() {
            return Err(NotTaken::Malformed("a window is for a flow log twice"));
        }
    }
    Ok(())
}

/// The interface as it is told of, if the host is believed: it is there now, or was when recording began and left not long ago; of the
/// time since, its host says nothing.
fn believed(
    known: Option<&FlowSource>,
    here: Option<FlowSource>,
    (host, end): (&str, i64),
    now_s: i64,
) -> Option<FlowSource> {
    let is_late = |left: i64| now_s - left <= LATE_S && end <= left + DIFFER_S;
    match (known, here) {
        (None, here) => here,
        (Some(known), Some(here)) => {
            let former = match known.host == here.host {
                true => known.former.clone(),
                false => Some((known.host.clone(), known.left.unwrap_or(now_s))),
            };
            Some(FlowSource { former, ..here })
        }
        (Some(known), None) if known.host == host => {
            let left = known.left.unwrap_or(now_s);
            is_late(left).then(|| FlowSource {
                left: Some(left),
                ..known.clone()
            })
        }
        (Some(known), None) => {
            let former = known.former.as_ref().filter(|it| it.0 == host);
            former.filter(|it| is_late(it.1)).map(|_| known.clone())
        }
    }
}

/// A window in parts of so few flows that the number of those that wait says how much it is. Where many wait already its flows are left
/// out, which is said; where even such fill the place it is nothing.
fn parts(batch: FlowBatch, waiting: Waiting) -> Vec<FlowBatch> {
    let room = waiting.room();
    if batch.flows.len() <= MOST_OF_BATCH && room > 0 {
        return vec![batch];
    }
    if room > 0 && batch.flows.len().div_ceil(MOST_OF_BATCH) <= room {
        let part = |(at, flows): (usize, &[Flow])| FlowBatch {
            flows: flows.to_vec(),
            skipped: batch.skipped && at == 0,
            ..batch.clone()
        };
        return batch
            .flows
            .chunks(MOST_OF_BATCH)
            .enumerate()
            .map(part)
            .collect();
    }
    if waiting.is_full() {
        return Vec::new();
    }
    vec![FlowBatch {
        skipped: batch.skipped || !batch.flows.is_empty(),
        flows: Vec::new(),
        ..batch
    }]
}

fn is_on(interface: &Interface, host: &str) -> bool {
    let attachment = interface.attachment.as_ref();
    attachment.and_then(|it| it.host()) == Some(host)
}

fn source(interface: Interface, host: &str, region: &str) -> FlowSource {
    let zone_id = interface.zone_id(region);
    // As AWS has it of what services attach.
    let of_user = interface.requester.is_none() && interface.operator.is_none();
    let attachment = interface.attachment.as_ref().filter(|_| of_user);
    FlowSource {
        host: host.to_owned(),
        zone_id,
        instance: attachment.map(|it| it.instance_id.clone()),
        gone: false,
        left: None,
        former: None,
        id: interface.id,
        vpc_id: interface.vpc_id,
        subnet_id: interface.subnet_id,
        address: interface.address,
        ipv6: interface.ipv6,
        unknown: Unknown::new(),
    }
}

/// What a flow log gets of a window; `None` if it is nothing.
fn batch(log: &FlowLog, source: &FlowSource, window: &Window, now: Timestamp) -> Option<FlowBatch> {
    if !log.is_about(source) {
        return None;
    }
    let now = now.millis().div_euclid(1000);
    // What is late keeps its time.
    let created = log.created_at.millis().div_euclid(1000);
    let oldest = (created - DIFFER_S).max(now - OLDEST_S);
    if window.end < oldest {
        return None;
    }
    let held = |time: i64| time.max(oldest).min(now + DIFFER_S);
    // An interface is an end of all that passes it.
    let own = |flow: &&plane::Flow| match flow.ingress {
        true => source.has(flow.destination),
        false => source.has(flow.source),
    };
    let wanted = window.flows.iter().filter(own);
    let wanted = wanted.filter(|flow| log.traffic.takes(flow.accepted));
    let flows: Vec<Flow> = wanted
        .map(|flow| Flow {
            start: held(flow.start),
            end: held(flow.end),
            ..Flow::from(*flow)
        })
        .collect();
    // Silence is told of as well.
    let says = window.skipped || !flows.is_empty() || window.part == plane::Part::Go;
    says.then(|| FlowBatch {
        source: source.clone(),
        part: window.part.into(),
        start: held(window.start),
        end: held(window.end),
        skipped: window.skipped,
        arrived: now,
        flows,
        unknown: Unknown::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(host: &str) -> FlowSource {
        FlowSource {
            id: "eni-1".to_owned(),
            host: host.to_owned(),
            vpc_id: "vpc-1".to_owned(),
            subnet_id: "subnet-1".to_owned(),
            zone_id: "use1-az1".to_owned(),
            address: [10, 0, 0, 5].into(),
            ipv6: vec!["fd00::5".parse().unwrap()],
            instance: None,
            gone: false,
            left: None,
            former: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn a_host_is_believed_of_what_left_it_for_a_while_and_of_before_alone() {
        let now = 10_000;
        let first = believed(Some(&known("i-1")), None, ("i-1", now), now).unwrap();
        assert_eq!(first.left, Some(now));
        for (end, later, is_believed) in [
            (now, now + LATE_S, true),
            (now, now + LATE_S + 1, false),
            (now + DIFFER_S, now + 100, true),
            (now + DIFFER_S + 1, now + 100, false),
        ] {
            let said = believed(Some(&first), None, ("i-1", end), later);
            assert_eq!(said.is_some(), is_believed, "{end} {later}");
        }
        let moved = believed(
            Some(&first),
            Some(known("i-2")),
            ("i-2", now + 50),
            now + 50,
        );
        let moved = moved.unwrap();
        assert_eq!(
            (&*moved.host, moved.former.as_ref().unwrap().1),
            ("i-2", now)
        );
        assert_eq!(
            believed(Some(&moved), None, ("i-1", now), now + 60).unwrap(),
            moved
        );
        assert_eq!(
            believed(Some(&moved), None, ("i-1", now + 61), now + 61),
            None
        );
        assert_eq!(believed(Some(&moved), None, ("i-3", now), now), None);
        assert_eq!(believed(None, None, ("i-1", now), now), None);
    }

    #[test]
    fn an_interface_is_an_end_of_all_that_passes_it_at_each_of_its_addresses() {
        let known = known("i-1");
        for (address, is_own) in [
            ("10.0.0.5", true),
            ("fd00::5", true),
            ("10.0.0.6", false),
            ("fd00::6", false),
            ("::ffff:10.0.0.5", false),
        ] {
            assert_eq!(known.has(address.parse().unwrap()), is_own, "{address}");
        }
    }

    #[test]
    fn windows_lose_their_flows_before_they_are_lost() {
        let flow = Flow {
            source: [10, 0, 0, 5].into(),
            destination: [10, 0, 0, 6].into(),
            protocol: 6,
            source_port: 1,
            destination_port: 2,
            tcp_flags: 0,
            ingress: false,
            accepted: true,
            packets: 1,
            bytes: 1,
            start: 0,
            end: 1,
        };
        let batch = |flows: usize| FlowBatch {
            source: known("i-1"),
            part: crate::flow_logs::Part::Go,
            start: 0,
            end: 1,
            skipped: false,
            arrived: 0,
            flows: vec![flow; flows],
            unknown: Unknown::new(),
        };
        let split = |flows: usize, waiting: Waiting| {
            let parts = parts(batch(flows), waiting);
            let parts = parts.iter().map(|it| (it.flows.len(), it.skipped));
            parts.collect::<Vec<_>>()
        };
        let (most, all) = (MOST_WAITING, MOST_WAITING + MOST_SKIPPED);
        for (flows, waiting, expected) in [
            (0, 0, vec![(0, false)]),
            (150, 0, vec![(100, false), (50, false)]),
            (150, most - 2, vec![(100, false), (50, false)]),
            (150, most - 1, vec![(0, true)]),
            (1, most, vec![(0, true)]),
            (0, most, vec![(0, false)]),
            (1, all - 1, vec![(0, true)]),
            (1, all, vec![]),
        ] {
            let of_account = 0;
            let of_log = waiting;
            let got = split(flows, Waiting { of_log, of_account });
            assert_eq!(got, expected, "{flows} {waiting}");
        }
        // Many flow logs have no more together, however little each of them.
        let (most, all) = (MOST_OF_ACCOUNT, MOST_OF_ACCOUNT + MOST_SKIPPED);
        for (flows, of_account, expected) in [
            (150, most - 2, vec![(100, false), (50, false)]),
            (150, most - 1, vec![(0, true)]),
            (1, most, vec![(0, true)]),
            (1, all, vec![]),
        ] {
            let of_log = SURE;
            let got = split(flows, Waiting { of_log, of_account });
            assert_eq!(got, expected, "{flows} {of_account}");
        }
        // And those that cannot be delivered take nothing from one that can.
        let of_account = all;
        for (of_log, expected) in [
            (0, vec![(100, false), (50, false)]),
            (SURE - 1, vec![(0, true)]),
            (SURE, vec![]),
        ] {
            let got = split(150, Waiting { of_log, of_account });
            assert_eq!(got, expected, "{of_log}");
        }
    }
}
