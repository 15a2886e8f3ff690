//! Target groups and targets as the configuration wants them, with their health checks and their
//! draining.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Cidr;
use wharf_planeproto::{
    balancer::{Target, TargetRef},
    report::{TargetHealth, TargetState as Reported},
};

use super::Use;
use crate::{
    clock,
    config::{CompiledGroup, Registry, table::Group},
    health::{Changed, Checker, Machine, Probe, Verdict},
    metrics::Metrics,
    netns::{Origin, Sockets},
    sticky::CookieKey,
    target::{GroupState, Health, Rotation, TargetState},
    worker::Workers,
};

/// Where a target is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Since then; `forced` once its connections were ended.
    Draining {
        since_ms: i64,
        forced: bool,
    },
    Drained,
}

struct Check {
    config: Arc<CompiledGroup>,
    _task: AbortOnDropHandle<()>,
}

struct Entry {
    state: Arc<TargetState>,
    verdict: Verdict,
    /// The verdict is that of the process before this one.
    confirm: bool,
    phase: Phase,
    check: Option<Check>,
    /// What was reported last.
    reported: Option<TargetHealth>,
}

struct GroupEntry {
    group: Arc<Group>,
    /// Some listener forwards to it.
    in_use: bool,
    targets: BTreeMap<TargetRef, Entry>,
}

/// All groups of this process.
pub struct Groups {
    groups: BTreeMap<String, GroupEntry>,
    sockets: Sockets,
    workers: Workers,
    changed: mpsc::Sender<Changed>,
    freed: Arc<Notify>,
    /// What the process before this one found, of targets not registered here yet.
    remembered: BTreeMap<TargetRef, Verdict>,
}

impl Groups {
    pub fn new(
        sockets: Sockets,
        workers: Workers,
        changed: mpsc::Sender<Changed>,
        freed: Arc<Notify>,
        remembered: Vec<TargetHealth>,
    ) -> Self {
        let verdicts = remembered.into_iter().filter_map(|it| {
            let verdict = Verdict::remembered(it.state, it.reason, it.description)?;
            Some((it.target, verdict))
        });
        Self {
            remembered: verdicts.collect(),
            groups: BTreeMap::new(),
            sockets,
            workers,
            changed,
            freed,
        }
    }

    /// Groups as tables refer to them.
    pub fn compiled(&self) -> BTreeMap<String, Arc<Group>> {
        let groups = self.groups.iter();
        groups
            .map(|(arn, it)| (arn.clone(), Arc::clone(&it.group)))
            .collect()
    }

    /// Follows the registry; what stays keeps its state.
    pub fn reconcile(
        &mut self,
        registry: &Registry,
        uses: &BTreeMap<String, Use>,
        metrics: &Metrics,
    ) {
        self.groups
            .retain(|arn, _| registry.groups.contains_key(arn));
        for (arn, config) in &registry.groups {
            let entry = self.groups.entry(arn.clone()).or_insert_with(|| {
                let state = Arc::new(GroupState {
                    counters: metrics.group_counters(arn),
                    ..GroupState::default()
                });
                metrics.group(arn, &state);
                GroupEntry::new(arn, Arc::clone(config), state)
            });
            if !Arc::ptr_eq(&entry.group.config, config) {
                let state = Arc::clone(&entry.group.state);
                entry.group = GroupEntry::compile(arn, Arc::clone(config), state);
            }
            entry.in_use = uses.contains_key(arn);
        }
        self.reconcile_targets(registry, uses);
        for entry in self.groups.values_mut() {
            for target in entry.targets.values_mut() {
                let checked = entry.in_use && target.phase == Phase::Serving;
                target.keep_checking(checked, &entry.group.config, &self.sockets, &self.changed);
            }
            entry.rotate();
        }
    }

    fn reconcile_targets(&mut self, registry: &Registry, uses: &BTreeMap<String, Use>) {
        let mut wanted: BTreeMap<&str, BTreeMap<&TargetRef, &Target>> = BTreeMap::new();
        for record in registry.targets.values() {
            let group = wanted.entry(&record.target.group).or_default();
            group.insert(&record.target, record);
        }
        let nobody = BTreeMap::new();
        for (arn, entry) in &mut self.groups {
            let wanted = wanted.get(arn.as_str()).unwrap_or(&nobody);
            let workers = &self.workers;
            let delay_ms = match entry.group.config.ends_deregistered() {
                true => entry.group.config.deregistration_delay_ms(),
                false => i64::MAX,
            };
            entry.targets.retain(|reference, target| {
                let stays = wanted
                    .get(reference)
                    .is_some_and(|record| target.is_still(record));
                if !stays {
                    target.leave(delay_ms, workers);
                }
                stays
            });
            for (reference, record) in wanted {
                let inside = uses.get(arn).map_or(&Origin::Host, |it| &it.origin);
                let origin = origin_of(record, inside);
                let target = entry
                    .targets
                    .entry((*reference).clone())
                    .or_insert_with(|| {
                        let remembered = self.remembered.remove(*reference);
                        Entry::new(record, origin.clone(), &self.freed, remembered)
                    });
                target.state.set_origin(origin);
                target.follow(record);
            }
        }
    }

    /// A health check saw a target change.
    pub fn changed(&mut self, changed: Changed) {
        let reference = &changed.target.reference;
        let Some(group) = self.groups.get_mut(&reference.group) else {
            return;
        };
        let Some(target) = group.targets.get_mut(reference) else {
            return;
        };
        // A message from a check that was stopped meanwhile says nothing about the successor.
        if target.state.number != changed.target.number || target.check.is_none() {
            return;
        }
        target.state.set_health(changed.verdict.health);
        let ends =
            changed.verdict.health == Health::Unhealthy && group.group.config.ends_unhealthy();
        target.verdict = changed.verdict;
        if ends {
            self.workers.force(target.state.number);
        }
        group.rotate();
    }

    /// Ends draining where it is over; how long until that must be looked at again.
    pub fn settle_draining(&mut self) -> Option<Duration> {
        let now_ms = clock::unix_ms();
        let mut next: Option<i64> = None;
        for group in self.groups.values_mut() {
            let delay_ms = group.group.config.deregistration_delay_ms();
            let ends = group.group.config.ends_deregistered();
            for target in group.targets.values_mut() {
                let Phase::Draining { since_ms, forced } = target.phase else {
                    continue;
                };
                let left_ms = since_ms.saturating_add(delay_ms).saturating_sub(now_ms);
                if target.state.in_flight() == 0 {
                    target.phase = Phase::Drained;
                } else if left_ms > 0 {
                    next = Some(next.map_or(left_ms, |next| next.min(left_ms)));
                } else if !ends {
                    target.phase = Phase::Drained;
                } else if !forced {
                    self.workers.force(target.state.number);
                    target.phase = Phase::Draining {
                        since_ms,
                        forced: true,
                    };
                }
            }
        }
        next.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }

    /// Everything counts as not reported yet.
    pub fn report_again(&mut self) {
        for group in self.groups.values_mut() {
            for target in group.targets.values_mut() {
                target.reported = None;
            }
        }
    }

    /// What the process after this one should know: targets found healthy or unhealthy.
    pub fn known(&self) -> Vec<TargetHealth> {
        let targets = self.groups.values().flat_map(|group| &group.targets);
        targets
            .map(|(reference, target)| target.report(reference))
            .filter(|it| matches!(it.state, Reported::Healthy | Reported::Unhealthy))
            .collect()
    }

    /// Targets that were not registered here by now are new when they are.
    pub fn forget_unclaimed(&mut self) {
        self.remembered.clear();
    }

    /// What changed since it was last asked. Nothing is said of groups that are not in use.
    pub fn reports(&mut self) -> Vec<TargetHealth> {
        let mut reports = Vec::new();
        for group in self.groups.values_mut() {
            for (reference, target) in &mut group.targets {
                if !group.in_use && target.phase == Phase::Serving {
                    target.reported = None;
                    continue;
                }
                let health = target.report(reference);
                if target.reported.as_ref() != Some(&health) {
                    target.reported = Some(health.clone());
                    reports.push(health);
                }
            }
        }
        reports
    }
}

/// An address is reached within the VPC, and so is an instance that has one there; others are reached at their host.
fn origin_of<'a>(target: &Target, inside: &'a Origin) -> &'a Origin {
    if target.target.is_instance() && !target.in_vpc {
        &Origin::Host
    } else {
        inside
    }
}

impl GroupEntry {
    fn new(arn: &str, config: Arc<CompiledGroup>, state: Arc<GroupState>) -> Self {
        Self {
            group: Self::compile(arn, config, state),
            in_use: false,
            targets: BTreeMap::new(),
        }
    }

    fn compile(arn: &str, config: Arc<CompiledGroup>, state: Arc<GroupState>) -> Arc<Group> {
        Arc::new(Group {
            arn: arn.to_owned(),
            config,
            state,
            cookies: CookieKey::derive("group", arn),
        })
    }

    fn rotate(&self) {
        let targets = self.targets.values().map(|it| Arc::clone(&it.state));
        let rotation = Rotation::of(targets);
        self.group.state.rotation.store(Arc::new(rotation));
        let all = self.targets.values().map(|it| Arc::clone(&it.state));
        self.group.state.targets.store(Arc::new(all.collect()));
    }
}

fn ranges_of(record: &Target) -> Vec<Cidr> {
    let ranges = record.vpc_ranges.iter().chain(&record.instance_vpc_ranges);
    ranges.filter_map(|it| Cidr::canonical(it).ok()).collect()
}

impl Entry {
    fn new(
        record: &Target,
        origin: Origin,
        freed: &Arc<Notify>,
        remembered: Option<Verdict>,
    ) -> Self {
        let confirm = remembered.is_some();
        let verdict = remembered.unwrap_or_else(Verdict::initial);
        let state = TargetState::new(
            record.target.clone(),
            (
                SocketAddr::new(record.address, record.target.port),
                ranges_of(record),
            ),
            origin,
            Arc::clone(freed),
        );
        state.set_health(verdict.health);
        Self {
            state: Arc::new(state),
            verdict,
            confirm,
            phase: Phase::Serving,
            check: None,
            reported: None,
        }
    }

    /// Whether the record means the target known here: at the same address, and not registered
    /// anew after it was deregistered.
    fn is_still(&self, record: &Target) -> bool {
        let serving = self.phase == Phase::Serving;
        let same = record.address == self.state.address.ip() && ranges_of(record) == self.state.vpc;
        same && (serving || record.draining_since_ms.is_some())
    }

    /// Takes over whether it is being deregistered.
    fn follow(&mut self, record: &Target) {
        let Some(since_ms) = record.draining_since_ms else {
            return;
        };
        if self.phase == Phase::Serving {
            self.state.drain();
            self.phase = Phase::Draining {
                since_ms,
                forced: false,
            };
        }
    }

    /// It is configured no more: requests under way finish unless their time is over.
    fn leave(&mut self, delay_ms: i64, workers: &Workers) {
        self.state.drain();
        if let Phase::Draining { since_ms, .. } = self.phase
            && clock::unix_ms() >= since_ms.saturating_add(delay_ms)
        {
            workers.force(self.state.number);
        }
    }

    /// Starts, goes on with, or ends its health check.
    fn keep_checking(
        &mut self,
        wanted: bool,
        config: &Arc<CompiledGroup>,
        sockets: &Sockets,
        changes: &mpsc::Sender<Changed>,
    ) {
        let settings = &config.record.health_check;
        if !wanted || !settings.enabled {
            self.check = None;
            if self.phase == Phase::Serving {
                self.verdict = match wanted {
                    true => Verdict::unchecked(),
                    false => Verdict::initial(),
                };
                self.state.set_health(self.verdict.health);
            }
            return;
        }
        if self
            .check
            .as_ref()
            .is_some_and(|it| same_check(&it.config, config))
        {
            return;
        }
        if self.verdict.health == Health::Unavailable {
            self.verdict = Verdict::initial();
            self.state.set_health(Health::Initial);
        }
        let port = settings.port.unwrap_or(self.state.address.port());
        let checker = Checker {
            target: Arc::clone(&self.state),
            probe: Probe {
                group: Arc::clone(config),
                address: SocketAddr::new(self.state.address.ip(), port),
            },
            machine: Machine::new(
                self.verdict.clone(),
                settings.healthy_threshold,
                settings.unhealthy_threshold,
            ),
            confirm: std::mem::take(&mut self.confirm),
            sockets: sockets.clone(),
            changes: changes.clone(),
        };
        self.check = Some(Check {
            config: Arc::clone(config),
            _task: AbortOnDropHandle::new(tokio::spawn(checker.run())),
        });
    }

    fn report(&self, reference: &TargetRef) -> TargetHealth {
        let (state, reason, description) = match self.phase {
            Phase::Draining { .. } => (
                Reported::Draining,
                Some("Target.DeregistrationInProgress".to_owned()),
                Some("Target deregistration is in progress".to_owned()),
            ),
            Phase::Drained => (Reported::Drained, None, None),
            Phase::Serving => (
                reported(self.verdict.health),
                self.verdict.reason.as_deref().map(str::to_owned),
                self.verdict.description.clone(),
            ),
        };
        TargetHealth {
            target: reference.clone(),
            state,
            reason,
            description,
        }
    }
}

fn reported(health: Health) -> Reported {
    match health {
        Health::Initial => Reported::Initial,
        Health::Healthy => Reported::Healthy,
        Health::Unhealthy => Reported::Unhealthy,
        Health::Unavailable => Reported::Unavailable,
    }
}

/// Whether a check under these settings is what the other settings ask for.
fn same_check(a: &CompiledGroup, b: &CompiledGroup) -> bool {
    a.record.health_check == b.record.health_check
        && a.record.protocol_version == b.record.protocol_version
}
