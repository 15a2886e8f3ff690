//! What instances measure, as metrics under `AWS/EC2`: of each by its id, and of those of an Auto Scaling group by its
//! name together.
//!
//! Hosts report each minute what the instances they keep have used. An instance with detailed monitoring has a
//! datapoint a minute; without, those of five minutes are one. Status checks are this server's own knowledge, a
//! datapoint a minute for all that run.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_planeproto::measured::{InstanceRow, MINUTE, MOST_PARTS, MOST_ROWS};
use wharf_records::Scope;
use wharf_service::Stored;
use wharf_vended::{Measured, Minute, Point, Report, Subject};
use wharf_wire::Fault;

use super::{
    life::State,
    reports::{Told, is_on},
    size::{self, Size},
};
use crate::{Ec2Service, instance_types, records::Instance};

const NAMESPACE: &str = "AWS/EC2";
/// The tag by which an instance says whose it is.
const GROUP_TAG: &str = "aws:autoscaling:groupName";
/// Seconds of a datapoint without detailed monitoring.
const BASIC: i64 = 300;
/// Nothing is counted beyond it in a minute, whatever a host says.
const MOST: u64 = 1_000_000_000_000_000;
/// A report is of about a minute, or of the time for which a machine had no agent besides.
const SPAN_MS: std::ops::RangeInclusive<u64> = 1_000..=7_200_000;
/// Runs of a host that are told apart.
const MOST_RUNS: u64 = 1024;
/// No time is after it.
const LATEST: i64 = 1_000_000_000_000;

/// Which report of a host it is.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub run: u64,
    /// Second at which the minute began.
    pub start: i64,
    pub part: u32,
}

type Dimensions = Vec<(&'static str, String)>;

/// What instances are measured by: the id, and the group if it is of one.
fn dimensions(instance: &Instance) -> Vec<Dimensions> {
    let of_group = instance.tags.get(GROUP_TAG);
    let of_group = of_group.map(|it| vec![("AutoScalingGroupName", it.clone())]);
    let own = vec![("InstanceId", instance.id.clone())];
    std::iter::once(own).chain(of_group).collect()
}

impl Ec2Service {
    /// Keeps what the machine reports of instances that it was told of. `false`: it could not be kept now, and should
    /// come again.
    ///
    /// # Errors
    /// The store's.
    pub async fn instances_measured(
        &self,
        machine: &str,
        part: Part,
        rows: Vec<(Told, InstanceRow)>,
    ) -> Result<bool, Fault> {
        let sound = part.start.rem_euclid(MINUTE) == 0 && (0..LATEST).contains(&part.start);
        if !sound || part.part >= MOST_PARTS {
            return Ok(true);
        }
        let mut points: BTreeMap<String, Vec<(String, Point)>> = BTreeMap::new();
        for (told, row) in rows.into_iter().take(MOST_ROWS) {
            let found = self.table.read::<Instance>(&told.key()).await?;
            let is_its =
                |it: &Stored<Instance>| is_on(&it.record, machine) && it.record.pod.is_none();
            let Some(instance) = found.filter(is_its) else {
                continue;
            };
            let of_account = points.entry(told.account.clone()).or_default();
            let made = of(&instance.record, &row, part.start).into_iter();
            of_account.extend(made.map(|it| (told.region.clone(), it)));
        }
        let run = part.run % MOST_RUNS;
        let by = format!("instances of {machine}, run {run:04x}");
        let report = Report {
            by: &by,
            at: part.start + i64::from(part.part),
        };
        let now = self.instances.now().millis().div_euclid(1000);
        let mut kept = true;
        for (account, points) in points {
            let metrics = &self.instances.parts.metrics;
            if let Err(error) = metrics.put_once(&account, report, now, points).await {
                kept &= !error.may_pass();
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    machine,
                    account,
                    comes_again = error.may_pass(),
                    "failed to keep what instances measured in a minute"
                );
            }
        }
        Ok(kept)
    }

    /// What the minute that is over has of the checks of instances.
    pub fn look(&self, minute: &Minute<'_>) {
        self.instances.checks.look(minute);
        self.instances.processors.look(minute);
    }
}

/// The points of a row.
fn of(instance: &Instance, row: &InstanceRow, start: i64) -> Vec<Point> {
    if !SPAN_MS.contains(&row.span_ms) {
        return Vec::new();
    }
    let at = match instance.monitoring {
        true => start,
        false => start - start.rem_euclid(BASIC),
    };
    let found = instance_types::find(&instance.instance_type);
    let cores = found.map_or(1.0, |it| {
        f64::from(size::cpu(it)) / f64::from(UNITS_OF_A_CORE)
    });
    let number = |it: u64| it.min(MOST) as f64;
    let used = number(row.cpu_us) / (number(row.span_ms) * 1000.0 * cores);
    let values = [
        ("CPUUtilization", "Percent", (used * 100.0).min(100.0)),
        ("NetworkIn", "Bytes", number(row.received_bytes)),
        ("NetworkOut", "Bytes", number(row.sent_bytes)),
        ("NetworkPacketsIn", "Count", number(row.received_packets)),
        ("NetworkPacketsOut", "Count", number(row.sent_packets)),
    ];
    let point = |(name, unit, value), dimensions: &Dimensions| Point {
        namespace: NAMESPACE,
        name,
        dimensions: dimensions.clone(),
        unit,
        at,
        summary: Measured::one(value),
    };
    let all = dimensions(instance);
    let of = |it| all.iter().map(move |dimensions| (it, dimensions));
    let pairs = values.into_iter().flat_map(of);
    pairs
        .map(|(it, dimensions)| point(it, dimensions))
        .collect()
}

/// The processors of instances that run or come to, by their keys; those of machines of pods are Fargate's.
#[derive(Debug, Default)]
pub struct Processors(Mutex<BTreeMap<String, (Subject, f64)>>);

impl Processors {
    pub fn take(&self, scope: &Scope, key: &str, instance: &Instance) {
        let size = Size::of(instance).filter(|_| instance.life.state.lives());
        let Some(size) = size else {
            return self.forget(key);
        };
        let service = match instance.pod {
            Some(_) => "Fargate",
            None => "EC2",
        };
        let class = match instance.spot {
            Some(_) => "Standard/Spot",
            None => "Standard/OnDemand",
        };
        let at = (scope.account.as_str(), scope.region.as_str());
        let subject = Subject::resource(at, service, "vCPU", class);
        let vcpus = f64::from(size.cpu) / f64::from(UNITS_OF_A_CORE);
        self.0.lock().insert(key.to_owned(), (subject, vcpus));
    }

    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    fn look(&self, minute: &Minute<'_>) {
        for (subject, vcpus) in self.sums() {
            minute.resource(&subject, vcpus);
        }
    }

    fn sums(&self) -> HashMap<Subject, f64> {
        let mut sums = HashMap::new();
        for (subject, vcpus) in self.0.lock().values() {
            match sums.get_mut(subject) {
                Some(sum) => *sum += vcpus,
                None => {
                    sums.insert(subject.clone(), *vcpus);
                }
            }
        }
        sums
    }
}

/// The status checks of the instances that run, by their keys.
#[derive(Debug, Default)]
pub struct Checks(Mutex<BTreeMap<String, (Vec<Subject>, bool)>>);

impl Checks {
    pub fn take(&self, scope: &Scope, key: &str, instance: &Instance) {
        if instance.life.state != State::Running || instance.pod.is_some() {
            return self.forget(key);
        }
        let subject = |dimensions| Subject {
            account: scope.account.clone(),
            region: scope.region.clone(),
            namespace: NAMESPACE,
            dimensions,
        };
        let subjects = dimensions(instance).into_iter().map(subject).collect();
        let failed = instance.life.impaired_since.is_some();
        self.0.lock().insert(key.to_owned(), (subjects, failed));
    }

    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// A host that is silent fails both.
    fn look(&self, minute: &Minute<'_>) {
        let names = [
            "StatusCheckFailed",
            "StatusCheckFailed_Instance",
            "StatusCheckFailed_System",
        ];
        for (subjects, failed) in self.0.lock().values() {
            for (subject, name) in subjects.iter().flat_map(|it| names.map(|name| (it, name))) {
                minute.sample(subject, name, "Count", f64::from(u8::from(*failed)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::pods::OfPod;

    use super::*;
    use crate::instances::scheduled::tests::instance;

    #[test]
    fn processors_are_counted_for_whom_they_are_until_the_instance_ends() {
        let processors = Processors::default();
        let scope = Scope::new("ec2", "000000000001", "eu-west-1");
        let with_pod = |cpu| Instance {
            pod: Some(OfPod {
                cluster: "c".to_owned(),
                cluster_id: "c-1".to_owned(),
                profile: "p".to_owned(),
                role: "r".to_owned(),
                namespace: "default".to_owned(),
                name: "web".to_owned(),
                uid: "u".to_owned(),
                cpu,
                memory_mib: 512,
                ephemeral_gib: 20,
                started_at: None,
                ended_at: None,
            }),
            ..instance()
        };
        let starts = {
            let mut it = instance();
            it.life.state = State::Pending;
            it
        };
        processors.take(&scope, "a", &instance());
        processors.take(&scope, "a", &instance());
        processors.take(&scope, "b", &starts);
        processors.take(&scope, "c", &with_pod(256));
        processors.take(&scope, "d", &with_pod(512));
        let of = |service| {
            let at = ("000000000001", "eu-west-1");
            Subject::resource(at, service, "vCPU", "Standard/OnDemand")
        };
        let both = HashMap::from([(of("EC2"), 4.0), (of("Fargate"), 0.75)]);
        assert_eq!(processors.sums(), both, "two of each t3.nano");
        let mut ends = instance();
        ends.life.state = State::ShuttingDown;
        processors.take(&scope, "a", &ends);
        processors.forget("b");
        processors.forget("c");
        assert_eq!(processors.sums(), HashMap::from([(of("Fargate"), 0.5)]));
    }
}
