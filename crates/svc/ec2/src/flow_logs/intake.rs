//! What hosts report: checked, and kept as what is to be delivered.

use wharf_base::{Permit, Timestamp};
use wharf_planeproto::flows::{Flow, MOST_FLOWS, MOST_WINDOWS, Part, Report, Window};
use wharf_records::{Record as _, Scope, Unknown, encode};
use wharf_service::platform;
use wharf_store::{Compare, Txn};
use wharf_wire::Fault;

use super::{
    FlowBatch, FlowIntake, FlowLog, FlowSource, MAX_OF_RESOURCE,
    deliver::{FLOWS_OF_MANY, MOST_WAITING, MOST_WAITING_LARGE, batch_id},
};
use crate::{Ec2Service, fault, records::Interface, table::SERVICE};

const PERMIT: Permit = Permit::for_controller("ec2-flow-logs");
/// Of the VPC, of its subnet, and its own.
const MOST_LOGS: usize = 3 * MAX_OF_RESOURCE;
/// How far from now the times of a report may be, in seconds: what waited, and clocks that differ.
const BEFORE_S: i64 = 2 * 3600;
const AFTER_S: i64 = 60;

/// Why a report is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("the report makes no sense: {0}")]
    Malformed(&'static str),
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
    /// It makes no sense; the store's.
    pub async fn take_flows(&self, report: &Report, now: Timestamp) -> Result<(), NotTaken> {
        check(report)?;
        let key = platform::scope(SERVICE).key(FlowIntake::KIND, &report.instance);
        for window in &report.windows {
            loop {
                let known = self.table.read::<FlowIntake>(&key).await?;
                let last = known.as_ref().filter(|it| it.record.run == report.run);
                if last.is_some_and(|it| window.number <= it.record.number) {
                    break;
                }
                let unchanged = match &known {
                    Some(known) => known.unchanged(),
                    None => Compare::absent(key.clone()),
                };
                let intake = FlowIntake {
                    run: report.run,
                    number: window.number,
                    unknown: Unknown::new(),
                };
                let txn = Txn::new().when(unchanged).put(key.clone(), encode(&intake));
                let txn = self.keep(txn, report, window, now).await?;
                if self.table.commit(&PERMIT, txn).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// A window, for each flow log that it is for.
    async fn keep(
        &self,
        mut txn: Txn,
        report: &Report,
        window: &Window,
        now: Timestamp,
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
        let before = known.clone().filter(|it| it.host == report.instance);
        // Whoever says it of another's interface says nothing.
        let Some(source) = now_here.or(before) else {
            tracing::debug!(
                host = report.instance,
                interface = window.interface,
                "flows of an interface that is not the host's are passed over"
            );
            return Ok(txn);
        };
        if window.part == Part::End {
            txn = txn.delete(at);
        } else if known.as_ref() != Some(&source) {
            txn = txn.put(at, encode(&source));
        }
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
            let waiting = scope.key(FlowBatch::KIND, &format!("{}:", log.id));
            let most = match batch.flows.len() > FLOWS_OF_MANY {
                true => MOST_WAITING_LARGE,
                false => MOST_WAITING,
            };
            if self.table.count(&waiting).await? >= most {
                tracing::warn!(
                    flow_log = log.id,
                    "dropped records of a flow log: too many wait to be delivered"
                );
                continue;
            }
            let id = batch_id(&log.id, window, report.run);
            txn = txn.put(scope.key(FlowBatch::KIND, &id), encode(&batch));
        }
        Ok(txn)
    }
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
    }
    Ok(())
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
        id: interface.id,
        vpc_id: interface.vpc_id,
        subnet_id: interface.subnet_id,
        address: interface.address,
        unknown: Unknown::new(),
    }
}

/// What a flow log gets of a window; `None` if it is nothing.
fn batch(log: &FlowLog, source: &FlowSource, window: &Window, now: Timestamp) -> Option<FlowBatch> {
    if !log.is_about(source) {
        return None;
    }
    let now = now.millis().div_euclid(1000);
    let held = |time: i64| time.clamp(now - BEFORE_S, now + AFTER_S);
    // An interface is an end of all that passes it.
    let own = |flow: &&Flow| match flow.ingress {
        true => flow.destination == source.address,
        false => flow.source == source.address,
    };
    let wanted = window.flows.iter().filter(own);
    let wanted = wanted.filter(|flow| log.traffic.takes(flow.accepted));
    let flows: Vec<Flow> = wanted
        .map(|flow| Flow {
            start: held(flow.start),
            end: held(flow.end),
            ..*flow
        })
        .collect();
    // Silence is told of as well.
    let says = window.skipped || !flows.is_empty() || window.part == Part::Go;
    says.then(|| FlowBatch {
        source: source.clone(),
        part: window.part,
        start: held(window.start),
        end: held(window.end),
        skipped: window.skipped,
        flows,
        unknown: Unknown::new(),
    })
}
