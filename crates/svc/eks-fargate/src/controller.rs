//! The loop: woken by pods and nodes that change, and by a timer while there are machines, since nobody tells when one is lost.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Backoff, Clock, Timestamp};
use wharf_kube_client::{
    Client, Delete, Index, Informer, Informers, Kind, Object as _, Recorder, Ref, kind,
};
use wharf_kube_model::fargate::{PROFILE_LABEL, SCHEDULER, Size, is_of_fargate};
use wharf_kube_scheduler::set_condition;

use crate::{
    Cluster, Failed, Machine, Machines, Profile, Profiles, Stage, Wish,
    plan::{Act, by_pod, plan},
    user_data::user_data,
};

/// Pods of Fargate. Nobody changes who schedules a pod.
const OF_FARGATE: Index = Index {
    name: "of-fargate",
    keys: |it| is_of_fargate(it).then(String::new).into_iter().collect(),
};

/// What informers must be able to find.
pub fn indexes() -> Vec<(Kind, Index)> {
    vec![(kind::POD, OF_FARGATE)]
}

/// Pods that are looked after at the same time.
const AT_ONCE: usize = 16;
/// Between two looks at the machines while there are any.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

struct Controller {
    client: Client,
    cluster: Cluster,
    machines: Arc<dyn Machines>,
    profiles: Arc<dyn Profiles>,
    clock: Arc<dyn Clock>,
    /// Before this nobody looked after the cluster, so that no machine could join it either.
    began: Timestamp,
    pods: Informer,
    nodes: Informer,
    recorder: Recorder,
    /// By the uids of their pods.
    known: Mutex<BTreeMap<String, Machine>>,
    /// Counts what `known` was told beside looks at all machines.
    told: AtomicU64,
    /// What waits before something is tried for it again.
    waiting: Mutex<BTreeMap<String, Rest>>,
}

/// Between two tries. A pod has one from its first launch until it is bound, since a machine may die as soon as it is there.
struct Rest {
    backoff: Backoff,
    until: Instant,
    /// For another launch alone: the machine that there is may become a node meanwhile.
    of_launch: bool,
}

/// Until `stop`.
pub async fn run(
    client: Client,
    informers: Informers,
    cluster: Cluster,
    (machines, profiles, clock): (Arc<dyn Machines>, Arc<dyn Profiles>, Arc<dyn Clock>),
    stop: CancellationToken,
) {
    let controller = Arc::new(Controller {
        pods: informers.of(&kind::POD),
        nodes: informers.of(&kind::NODE),
        recorder: Recorder::start(client.clone(), SCHEDULER, ""),
        client,
        cluster,
        machines,
        profiles,
        began: clock.now(),
        clock,
        known: Mutex::default(),
        told: AtomicU64::default(),
        waiting: Mutex::default(),
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = controller.follow() => {}
    }
}

impl Controller {
    async fn follow(self: Arc<Self>) {
        let changed = Arc::new(Notify::new());
        for informer in [&self.pods, &self.nodes] {
            let tell = changed.clone();
            let is_pod = *informer.kind() == kind::POD;
            informer.subscribe(move |change| {
                if !is_pod || is_of_fargate(change.object()) {
                    tell.notify_one();
                }
            });
            informer.synced().await;
        }
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        // Whoever knows no machines would make others beside them.
        while let Err(error) = self.look().await {
            let pause = wait.wait();
            tracing::warn!(cluster = self.cluster.name, %error, ?pause, "failed to look for machines of pods; will retry");
            sleep(pause).await;
        }
        let mut working: BTreeSet<String> = BTreeSet::new();
        let mut jobs: JoinSet<String> = JoinSet::new();
        let mut looked = Instant::now();
        loop {
            if looked.elapsed() >= LOOK_EVERY && self.is_watching() {
                looked = Instant::now();
                if let Err(error) = self.look().await {
                    tracing::warn!(cluster = self.cluster.name, %error, "failed to look at machines of pods; will retry");
                }
            }
            for (key, job) in self.jobs() {
                if working.len() >= AT_ONCE || working.contains(&key) || self.rests(&key, &job) {
                    continue;
                }
                working.insert(key.clone());
                let it = self.clone();
                jobs.spawn(async move {
                    it.carry_out(&key, job).await;
                    key
                });
            }
            let watching = self.is_watching();
            let timer = async {
                match watching {
                    true => sleep(LOOK_EVERY).await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed.notified() => {}
                () = timer => {}
                Some(done) = jobs.join_next() => match done {
                    Ok(key) => {
                        working.remove(&key);
                    }
                    Err(error) => {
                        // Which one it was nobody says: what is done twice is done once.
                        working.clear();
                        tracing::error!(%error, "looking after a pod of Fargate failed");
                    }
                },
            }
        }
    }

    /// Whether anything may change that nobody tells of.
    fn is_watching(&self) -> bool {
        let is_here = |it: &Machine| it.stage != Stage::Gone;
        self.known.lock().values().any(is_here) || !self.waiting.lock().is_empty()
    }

    async fn look(&self) -> Result<(), Failed> {
        let told = self.told.load(Ordering::Acquire);
        let mut all = by_pod(self.machines.all().await?);
        for machine in all.values_mut() {
            machine.since = machine.since.max(self.began);
        }
        let mut known = self.known.lock();
        // What was told meanwhile may not be among them: the next look has it.
        if self.told.load(Ordering::Acquire) == told {
            *known = all;
        }
        Ok(())
    }

    fn jobs(&self) -> Vec<(String, Job)> {
        let (pods, nodes) = (self.pods.by(OF_FARGATE.name, ""), self.nodes.all());
        let plan = plan(&pods, &nodes, &self.known.lock(), self.clock.now());
        let is_unbound = |uid: &str| {
            let mut all = pods.iter();
            all.any(|it| it.uid() == uid && it.text("/spec/nodeName").is_empty())
        };
        self.waiting.lock().retain(|key, rest| {
            rest.of_launch && is_unbound(key)
                || plan.acts.contains_key(key)
                || plan.ending.contains_key(key)
                || plan.nodes.contains(key)
                || plan.lost.contains(key)
        });
        let pod = |uid: &str| pods.iter().find(|it| it.uid() == uid).cloned();
        let mut jobs = Vec::new();
        for (uid, act) in plan.acts {
            let job = pod(&uid).map(|pod| match act {
                Act::Refuse(why) => Job::Refuse(pod, why),
                Act::Launch(why) => Job::Launch(pod, why),
                Act::Bind(node) => Job::Bind(pod, node),
            });
            jobs.extend(job.map(|job| (uid, job)));
        }
        let ending = plan.ending.into_iter();
        jobs.extend(ending.map(|(id, why)| (id.clone(), Job::End(id, why))));
        for name in plan.nodes {
            let node = self.nodes.get("", &name);
            jobs.extend(node.map(|node| (name, Job::Forget(node))));
        }
        for uid in plan.lost {
            let job = pod(&uid).map(Job::Delete);
            jobs.extend(job.map(|job| (uid, job)));
        }
        jobs
    }

    fn rests(&self, key: &str, job: &Job) -> bool {
        let waiting = self.waiting.lock();
        let is_for = |it: &&Rest| !it.of_launch || matches!(job, Job::Launch(..));
        let rest = waiting.get(key).filter(is_for);
        rest.is_some_and(|it| Instant::now() < it.until)
    }

    async fn carry_out(&self, key: &str, job: Job) {
        let done = match &job {
            Job::Refuse(pod, why) => {
                self.say(pod, why).await;
                // Nothing of it changes but its end.
                Err(Failed(why.clone()))
            }
            Job::Launch(pod, why) => self.launch(pod, why.as_deref()).await,
            Job::Bind(pod, node) => self.bind(pod, node).await,
            Job::End(id, why) => self.end(id, *why).await,
            Job::Forget(node) => self.forget(&kind::NODE, node, None).await,
            Job::Delete(pod) => self.forget(&kind::POD, pod, Some(0)).await,
        };
        let of_launch = matches!(job, Job::Launch(..));
        let mut waiting = self.waiting.lock();
        if done.is_ok() && !of_launch {
            waiting.remove(key);
            return;
        }
        let rest = waiting.entry(key.to_owned()).or_insert_with(|| Rest {
            backoff: Backoff::steady(FIRST_WAIT, LONGEST_WAIT),
            until: Instant::now(),
            of_launch,
        });
        let pause = rest.backoff.wait();
        rest.until = Instant::now() + pause;
        rest.of_launch = of_launch;
        if let Err(error) = done {
            tracing::debug!(cluster = self.cluster.name, key, %error, ?pause, "a step for a pod of Fargate was not taken; will retry");
        }
    }

    /// Why the pod does not run, in an event and in its status.
    async fn say(&self, pod: &Value, why: &str) {
        let about = Ref::of(&kind::POD, pod);
        self.recorder.warning(about, "FailedScheduling", why);
        set_condition(&self.client, pod, why, None).await;
    }

    async fn launch(&self, pod: &Value, why: Option<&str>) -> Result<(), Failed> {
        if let Some(why) = why {
            let text = format!(
                "Pod provisioning timed out (will retry) for pod: {}: {why}",
                pod.key()
            );
            self.say(pod, &text).await;
        }
        let launched = self.launched(pod).await;
        match launched {
            Ok(machine) => {
                self.told.fetch_add(1, Ordering::AcqRel);
                self.known.lock().insert(machine.uid.clone(), machine);
                Ok(())
            }
            Err(error) => {
                self.say(pod, &error.0).await;
                Err(error)
            }
        }
    }

    async fn launched(&self, pod: &Value) -> Result<Machine, Failed> {
        let profile = self.profile_of(pod).await?;
        let size = Size::of(pod).map_err(|error| Failed(error.to_string()))?;
        let mut last = Failed("the Fargate profile has no subnets".to_owned());
        for subnet in in_turn(&profile.subnets, pod.uid()) {
            let wish = Wish {
                namespace: pod.namespace().to_owned(),
                name: pod.name().to_owned(),
                uid: pod.uid().to_owned(),
                size,
                profile: profile.arn.clone(),
                role: profile.role.clone(),
                subnet: subnet.clone(),
                user_data: user_data(&self.cluster),
            };
            match self.machines.run(&wish).await {
                Ok(machine) => return Ok(machine),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn profile_of(&self, pod: &Value) -> Result<Profile, Failed> {
        let name = pod.label(PROFILE_LABEL).unwrap_or_default();
        let mut active = self.profiles.active().await?.into_iter();
        let chooses = |it: &Profile| {
            let labels = &pod["metadata"]["labels"];
            it.of.name == name && it.of.chooses(pod.namespace(), labels)
        };
        let found = active.find(chooses);
        found.ok_or_else(|| {
            Failed(format!(
                "Misconfigured Fargate Profile: fargate profile {name} is not active, or does not choose the pod"
            ))
        })
    }

    async fn bind(&self, pod: &Value, node: &str) -> Result<(), Failed> {
        let machine = self.known.lock().get(pod.uid()).map(|it| it.id.clone());
        let Some(machine) = machine else {
            return Err(Failed("its machine is not known any more".to_owned()));
        };
        // Before it is bound: whoever is killed between says it again.
        self.machines.serve(&machine).await?;
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid()},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let bound = self
            .client
            .create_at(&kind::POD, pod.namespace(), pod.name(), "binding", &binding)
            .await;
        match bound {
            Ok(_) => {
                let text = format!("Successfully assigned {} to {node}", pod.key());
                self.recorder
                    .normal(Ref::of(&kind::POD, pod), "Scheduled", &text);
                Ok(())
            }
            // It is gone, or has a node by now: the pod's next change tells.
            Err(error) => Err(Failed(error.to_string())),
        }
    }

    async fn end(&self, id: &str, why: Option<&str>) -> Result<(), Failed> {
        self.machines.end(id, why).await?;
        self.told.fetch_add(1, Ordering::AcqRel);
        for machine in self.known.lock().values_mut() {
            if machine.id == id {
                machine.stage = machine.stage.max(Stage::Ends);
                if let Some(why) = why {
                    machine.reason = Some(why.to_owned());
                }
            }
        }
        Ok(())
    }

    async fn forget(
        &self,
        kind: &wharf_kube_client::Kind,
        object: &Value,
        grace_seconds: Option<i64>,
    ) -> Result<(), Failed> {
        let options = Delete {
            grace_seconds,
            ..Delete::of_uid(object.uid())
        };
        let deleted = self
            .client
            .delete(kind, object.namespace(), object.name(), &options)
            .await;
        match deleted {
            Err(error) if !error.is_outdated() => Err(Failed(error.to_string())),
            _ => Ok(()),
        }
    }
}

enum Job {
    Refuse(Arc<Value>, String),
    Launch(Arc<Value>, Option<String>),
    Bind(Arc<Value>, String),
    End(String, Option<&'static str>),
    Forget(Arc<Value>),
    Delete(Arc<Value>),
}

/// All subnets, from one on that the pod's id says: pods spread over zones, and one that is full is passed over.
fn in_turn<'a>(subnets: &'a [String], uid: &str) -> impl Iterator<Item = &'a String> {
    let sum = uid.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let first = sum.checked_rem(subnets.len()).unwrap_or_default();
    subnets.iter().cycle().skip(first).take(subnets.len())
}

#[cfg(test)]
mod tests;
