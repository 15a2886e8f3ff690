//! Every task of the machine, and what follows from what happens to them.
//!
//! No I/O here: each input returns [`Effect`]s for the shell ([`super::run`]) to carry out, whose
//! outcomes come back as further inputs. A crash between an effect and its outcome is mended by
//! asking for it again, so effects are idempotent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_base::{Timestamp, ids};

use super::{
    disk::Loaded,
    record::{FORMAT, NodeRecord, TaskRecord},
};
use crate::{
    config::TaskCleanup,
    engine::{
        Action, BadSpec, Busy, ContainerStatus, Desired, Event, Spec, TaskState,
        admission::{self, Held, HostCapacity, Verdict},
        plan,
        report::{self, Outbox, Report},
    },
    protocol::{
        acs::{Manifest, ManifestTask},
        payload::{self, Task},
    },
};

/// Seconds; more is no deadline.
const MOST_STOP: u64 = 24 * 3600;

/// What does not change about a task once it was taken on.
#[derive(Debug)]
pub struct TaskContext {
    /// The last part of the ARN.
    pub id: String,
    pub task: Task,
    pub spec: Spec,
    pub runtime_ids: Vec<String>,
    pub endpoint_ids: Vec<String>,
    pub credentials_id: Option<String>,
    pub execution_credentials_id: Option<String>,
}

impl TaskContext {
    /// Whose task it is; empty if its ARN says nobody's.
    pub fn account(&self) -> &str {
        self.task.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The region of the task, which need not be its node's; `of_node` if its ARN names none.
    pub fn region<'a>(&'a self, of_node: &'a str) -> &'a str {
        let region = self.task.arn.split(':').nth(3);
        region
            .filter(|region| !region.is_empty())
            .unwrap_or(of_node)
    }
}

/// Something for the shell to do.
#[derive(Debug, Clone)]
pub enum Effect {
    Perform {
        task: Arc<TaskContext>,
        action: Action,
    },
    /// The task's record changed in a way that must survive a crash.
    Save {
        id: String,
    },
    SaveNode,
    /// To be sent; answered by [`Core::reported`].
    Report {
        id: String,
        report: Report,
    },
    /// STOPPED: what is left of it on the machine may go, once its record is durable; without that
    /// if the disk refuses it. Answered by [`Core::disposed`].
    Dispose {
        task: Arc<TaskContext>,
    },
    /// Its time is over: the record goes too.
    Forget {
        id: String,
    },
}

#[derive(Debug)]
struct Entry {
    record: TaskRecord,
    context: Arc<TaskContext>,
    busy: Busy,
    wake_at: Option<Timestamp>,
    disposal: Disposal,
}

/// How far a stopped task is removed from the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposal {
    Due,
    UnderWay,
    Done,
}

/// The answer to a manifest.
#[derive(Debug, PartialEq, Eq)]
pub enum ManifestVerdict {
    /// Its timeline is not newer than what was seen: dropped without an acknowledgement.
    Stale,
    /// These run here and are not named: to be verified before they are stopped.
    Accepted(Vec<ManifestTask>),
}

#[derive(Debug)]
pub struct Core {
    node: NodeRecord,
    tasks: BTreeMap<String, Entry>,
    host: HostCapacity,
    cleanup: TaskCleanup,
    /// The manifest whose stop candidates wait for confirmation.
    verifying: Option<String>,
}

impl Core {
    /// Takes up what was on disk. Records that no longer make sense stop.
    pub fn new(loaded: Loaded, host: HostCapacity, cleanup: TaskCleanup) -> Self {
        let mut core = Self {
            node: loaded.node,
            tasks: BTreeMap::new(),
            host,
            cleanup,
            verifying: None,
        };
        for record in loaded.tasks {
            match Spec::of(&record.task) {
                Ok(spec) => core.insert(record, spec),
                Err(error) => {
                    tracing::error!(task = record.id(), %error, "failed to recover a stored task");
                }
            }
        }
        core
    }

    fn insert(&mut self, record: TaskRecord, spec: Spec) {
        let entry = Entry {
            context: context_of(&record, spec),
            record,
            busy: Busy::default(),
            wake_at: None,
            disposal: Disposal::Due,
        };
        self.tasks.insert(entry.context.id.clone(), entry);
    }

    /// A task from a payload. The same task again changes nothing but that it may now have to
    /// stop. The shell acknowledges once the record is durable.
    ///
    /// # Errors
    /// A task that contradicts itself; it is reported STOPPED and not taken on.
    pub fn accept(&mut self, task: Task, now: Timestamp) -> Result<Vec<Effect>, BadSpec> {
        let id = payload::task_id(&task.arn).unwrap_or_default().to_owned();
        let stop = task.desired_status == "STOPPED";
        let stop_within = task
            .stop_within
            .map(|it| Duration::from_secs(it.min(MOST_STOP)));
        let mut effects = Vec::new();
        if !self.tasks.contains_key(&id) {
            let spec = Spec::of(&task)?;
            let record = self.new_record(task, &spec, now);
            self.insert(record, spec);
            effects.push(Effect::SaveNode);
        }
        // Also for a repetition: the first save may not be durable yet, and this one is acknowledged.
        effects.push(Effect::Save { id: id.clone() });
        if stop {
            let stop_by = stop_within.map(|it| Event::StopBy { at: now + it });
            let events = stop_by.into_iter().chain([Event::StopRequested]);
            self.observe(&id, events.collect(), now, &mut effects);
        }
        self.admit(now, &mut effects);
        Ok(effects)
    }

    fn new_record(&mut self, task: Task, spec: &Spec, now: Timestamp) -> TaskRecord {
        let arrival = self.node.next_arrival;
        self.node.next_arrival += 1;
        let count = spec.containers.len();
        let runtime_ids = (0..count).map(|_| ids::hex32() + &ids::hex32()).collect();
        let id_of = |c: &Option<payload::RoleCredentials>| {
            c.as_ref()
                .map(|c| c.credentials_id.clone())
                .filter(|id| !id.is_empty())
        };
        TaskRecord {
            format: FORMAT,
            arrival,
            received_at: now,
            stopped_at: None,
            state: TaskState::new(spec, runtime_ids),
            outbox: Outbox::default(),
            endpoint_ids: (0..count).map(|_| ids::uuid()).collect(),
            credentials_id: id_of(&task.role_credentials),
            execution_credentials_id: id_of(&task.execution_role_credentials),
            task: Task {
                role_credentials: None,
                execution_role_credentials: None,
                ..task
            },
        }
    }

    /// Remembers the newest sequence number of a payload.
    pub fn sequence(&mut self, number: i64) -> Vec<Effect> {
        if number <= self.node.sequence {
            return Vec::new();
        }
        self.node.sequence = number;
        vec![Effect::SaveNode]
    }

    /// Compares what the control plane wants here with what there is (§2, "Sequence").
    pub fn manifest(&mut self, manifest: &Manifest) -> (ManifestVerdict, Vec<Effect>) {
        if manifest.timeline <= self.node.sequence {
            return (ManifestVerdict::Stale, Vec::new());
        }
        self.node.sequence = manifest.timeline;
        let wanted: BTreeMap<&str, &str> = manifest
            .tasks
            .iter()
            .map(|t| (t.task_arn.as_str(), t.desired_status.as_str()))
            .collect();
        let candidates: Vec<ManifestTask> = self
            .tasks
            .values()
            .filter(|entry| entry.record.state.desired == Desired::Running)
            .filter(|entry| {
                wanted
                    .get(entry.record.task.arn.as_str())
                    .is_none_or(|status| *status == "STOPPED")
            })
            .map(|entry| ManifestTask {
                task_arn: entry.record.task.arn.clone(),
                task_cluster_arn: entry.record.task.task_cluster_arn.clone(),
                desired_status: "STOPPED".to_owned(),
            })
            .collect();
        self.verifying = (!candidates.is_empty()).then(|| manifest.message_id.clone());
        (
            ManifestVerdict::Accepted(candidates),
            vec![Effect::SaveNode],
        )
    }

    /// The control plane confirmed that these are to stop.
    pub fn stop_verified(
        &mut self,
        message_id: &str,
        tasks: &[ManifestTask],
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.verifying.as_deref() != Some(message_id) {
            return effects;
        }
        self.verifying = None;
        for task in tasks {
            if let Some(id) = payload::task_id(&task.task_arn).map(str::to_owned) {
                self.observe(&id, vec![Event::StopRequested], now, &mut effects);
            }
        }
        effects
    }

    /// An action came to its end.
    pub fn done(
        &mut self,
        id: &str,
        action: Action,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Vec<Effect> {
        if let Some(entry) = self.tasks.get_mut(id) {
            entry.busy.end(action);
        }
        self.happened(id, events, now)
    }

    /// Something happened by itself.
    pub fn happened(&mut self, id: &str, events: Vec<Event>, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.observe(id, events, now, &mut effects);
        effects
    }

    /// What recovery found out about a task. Nothing is planned before all of it is known.
    pub fn recovered(&mut self, id: &str, events: Vec<Event>, now: Timestamp) {
        if let Some(entry) = self.tasks.get_mut(id) {
            for event in events {
                entry.record.state.apply(&entry.context.spec, event, now);
            }
        }
    }

    /// The report under way was taken, or can never be.
    pub fn reported(&mut self, id: &str, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(entry) = self.tasks.get_mut(id) {
            entry.record.outbox.acknowledged();
            effects.push(Effect::Save { id: id.to_owned() });
            if let Some(report) = entry.record.outbox.begin() {
                effects.push(Effect::Report {
                    id: id.to_owned(),
                    report,
                });
            }
        }
        self.forget_old(now, &mut effects);
        effects
    }

    /// Nothing of the stopped task is left on the machine. What only a running one needs is dropped
    /// from memory; who looks at it still finds how it ended.
    pub fn disposed(&mut self, id: &str, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(entry) = self.tasks.get_mut(id) {
            entry.disposal = Disposal::Done;
            entry.record.task.forget_how_to_run();
            entry.context = context_of(&entry.record, entry.context.spec.clone());
        }
        self.forget_old(now, &mut effects);
        effects
    }

    /// Plans everything anew: at the start, after recovery, and when [`Core::wake_at`] is reached.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let all: Vec<String> = self.tasks.keys().cloned().collect();
        for id in all {
            self.observe(&id, Vec::new(), now, &mut effects);
        }
        self.admit(now, &mut effects);
        self.forget_old(now, &mut effects);
        effects
    }

    /// When [`Core::tick`] is due although nothing happens.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.tasks
            .values()
            .flat_map(|entry| [entry.wake_at, self.forget_at(entry)])
            .flatten()
            .min()
    }

    fn observe(&mut self, id: &str, events: Vec<Event>, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(entry) = self.tasks.get_mut(id) else {
            return;
        };
        let before = Mark::of(&entry.record);
        let spec = &entry.context.spec;
        for event in events {
            entry.record.state.apply(spec, event, now);
        }
        let planned = plan(spec, &entry.record.state, &entry.busy, now);
        entry.record.state = planned.state;
        entry.wake_at = planned.wake_at;
        for action in planned.actions {
            entry.busy.begin(action);
            out.push(Effect::Perform {
                task: entry.context.clone(),
                action,
            });
        }
        if before.network != entry.record.state.network {
            for interface in &entry.record.task.elastic_network_interfaces {
                entry
                    .record
                    .outbox
                    .announce(&interface.attachment_arn, entry.record.state.network);
            }
        }
        if let Some(report) = report::snapshot(spec, &entry.record.state) {
            entry.record.outbox.push(report);
        }
        let ended = entry.record.is_stopped();
        if ended {
            entry.record.stopped_at.get_or_insert(now);
        }
        if before != Mark::of(&entry.record) {
            out.push(Effect::Save { id: id.to_owned() });
        }
        if let Some(report) = entry.record.outbox.begin() {
            out.push(Effect::Report {
                id: id.to_owned(),
                report,
            });
        }
        if ended && entry.disposal == Disposal::Due {
            entry.disposal = Disposal::UnderWay;
            out.push(Effect::Dispose {
                task: entry.context.clone(),
            });
            self.admit(now, out);
        }
    }

    /// Lets waiting tasks begin, first come, first served.
    fn admit(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let mut held = Held::default();
        let mut waiting: Vec<(u64, String)> = Vec::new();
        for (id, entry) in &self.tasks {
            let state = &entry.record.state;
            if state.admitted && state.known != ContainerStatus::Stopped {
                held.add(&entry.context.spec.claims);
            } else if !state.admitted && state.desired == Desired::Running {
                waiting.push((entry.record.arrival, id.clone()));
            }
        }
        waiting.sort();
        let claims = waiting
            .iter()
            .map(|(_, id)| &self.tasks[id].context.spec.claims);
        let verdicts = admission::admit(claims, held, &self.host);
        for ((_, id), verdict) in waiting.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Wait => {}
                Verdict::Admit => self.observe(&id, vec![Event::Admitted], now, out),
                Verdict::Never => {
                    let reason = self.no_room(&id);
                    self.observe(&id, vec![Event::Refused { reason }], now, out);
                }
            }
        }
    }

    fn no_room(&self, id: &str) -> String {
        let claims = &self.tasks[id].context.spec.claims;
        format!(
            "ResourceInitializationError: the task needs {} CPU units and {} MiB of memory; this \
             instance has {} and {}",
            claims.cpu, claims.memory, self.host.cpu, self.host.memory
        )
    }

    fn forget_at(&self, entry: &Entry) -> Option<Timestamp> {
        let over = entry.record.outbox.stop_acknowledged
            && entry.busy.is_empty()
            // Until then an agent that is started anew must know whose logs and folders it finds.
            && entry.disposal == Disposal::Done;
        entry
            .record
            .stopped_at
            .filter(|_| over)
            .map(|at| at + self.cleanup.after)
    }

    fn forget_old(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let mut over: Vec<(Timestamp, String)> = self
            .tasks
            .iter()
            .filter_map(|(id, entry)| Some((self.forget_at(entry)?, id.clone())))
            .collect();
        over.sort_unstable();
        let beyond = over.len().saturating_sub(self.cleanup.at_most);
        for (n, (at, id)) in over.into_iter().enumerate() {
            if n < beyond || at <= now {
                self.tasks.remove(&id);
                out.push(Effect::Forget { id });
            }
        }
    }

    pub fn node(&self) -> &NodeRecord {
        &self.node
    }

    pub fn registered(&mut self, arn: Option<String>) -> Vec<Effect> {
        if self.node.container_instance_arn == arn {
            return Vec::new();
        }
        self.node.container_instance_arn = arn;
        vec![Effect::SaveNode]
    }

    pub fn record(&self, id: &str) -> Option<&TaskRecord> {
        self.tasks.get(id).map(|entry| &entry.record)
    }

    pub fn context(&self, id: &str) -> Option<&Arc<TaskContext>> {
        self.tasks.get(id).map(|entry| &entry.context)
    }

    pub fn contexts(&self) -> Vec<Arc<TaskContext>> {
        self.tasks
            .values()
            .map(|entry| entry.context.clone())
            .collect()
    }
}

fn context_of(record: &TaskRecord, spec: Spec) -> Arc<TaskContext> {
    let containers = record.state.containers.iter();
    Arc::new(TaskContext {
        id: record.id().to_owned(),
        task: record.task.clone(),
        spec,
        runtime_ids: containers.map(|c| c.runtime_id.clone()).collect(),
        endpoint_ids: record.endpoint_ids.clone(),
        credentials_id: record.credentials_id.clone(),
        execution_credentials_id: record.execution_credentials_id.clone(),
    })
}

/// What a change of must reach the disk. Everything else is found again at recovery.
#[derive(PartialEq)]
struct Mark {
    desired: Desired,
    known: ContainerStatus,
    admitted: bool,
    network: crate::engine::NetworkState,
    outbox: Outbox,
    restarts: u32,
}

impl Mark {
    fn of(record: &TaskRecord) -> Self {
        let state = &record.state;
        Self {
            desired: state.desired,
            known: state.known,
            admitted: state.admitted,
            network: state.network,
            outbox: record.outbox.clone(),
            restarts: state.containers.iter().map(|c| c.restarts).sum(),
        }
    }
}

#[cfg(test)]
mod tests;
