//! Jobs: pods that run to their end, a number of times.
//!
//! A pod's end counts once, whatever ends in between: it is held by a finalizer until the job's status names it, and named there until
//! the finalizer is gone.

mod ending;
mod indexes;
mod making;
mod plan;
mod policies;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Error, Informer, Object, Patch, Ref, has_gone, kind};

use self::plan::{Plan, TRACKING, plan};
use crate::{
    claims,
    pods::PodControl,
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

pub struct Jobs {
    context: Context,
    jobs: Informer,
    control: PodControl,
}

impl Jobs {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            jobs: context.informer(&kind::JOB),
            control: PodControl {
                client: context.client.clone(),
                pods: context.informer(&kind::POD),
                recorder: context.recorder("job-controller"),
            },
        })
    }

    /// Lets pods go that the status names, or whose job is gone.
    async fn release(&self, pods: &[Arc<Value>]) -> Result<(), Error> {
        for pod in pods {
            let mut finalizers = pod.list("/metadata/finalizers").to_vec();
            finalizers.retain(|it| it != TRACKING);
            let patch = Patch::Merge(json!({"metadata": {
                "uid": pod.uid(), "resourceVersion": pod.resource_version(), "finalizers": finalizers,
            }}));
            let client = &self.context.client;
            let patched = client
                .patch(&kind::POD, pod.namespace(), pod.name(), &patch)
                .await;
            match patched {
                Ok(written) if has_gone(&written) => {
                    self.control.pods.observe_deletion(pod, &Value::Null);
                }
                Ok(written) => self.control.pods.observe(&written),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn carry_out(&self, job: &Value, plan: Plan) -> Result<Next, Error> {
        let about = Ref::of(&kind::JOB, job);
        let is_counting = counts_otherwise(&plan.status, &job["status"]);
        if plan.status != job["status"] && (is_counting || plan.decides || plan.is_settled()) {
            let mut changed = job.clone();
            changed["status"] = plan.status.clone();
            let client = &self.context.client;
            let written = client.update_status(&kind::JOB, &changed).await?;
            self.jobs.observe(&written);
            // A server of an older version keeps less than it is told: nothing comes of telling it again.
            if written["status"] == job["status"] {
                return Ok(next(plan.look_after));
            }
            for (is_warning, reason, message) in &plan.events {
                match is_warning {
                    true => self
                        .control
                        .recorder
                        .warning(about.clone(), reason, message),
                    false => self.control.recorder.normal(about.clone(), reason, message),
                }
            }
            // What is counted may be let go in the next round.
            return Ok(Next::After(std::time::Duration::ZERO));
        }
        self.release(&plan.release).await?;
        self.control.delete_many(&about, &plan.delete).await?;
        self.control
            .create_many(&about, |at| plan.create[at].clone(), plan.create.len())
            .await?;
        if !plan.is_settled() {
            return Ok(Next::After(std::time::Duration::ZERO));
        }
        Ok(next(plan.look_after))
    }
}

/// Whether other pods are to be counted than those that the status names. A server that has no such member leaves it out where it is empty.
fn counts_otherwise(now: &Value, before: &Value) -> bool {
    let all = [
        "/uncountedTerminatedPods/succeeded",
        "/uncountedTerminatedPods/failed",
    ];
    all.iter().any(|it| now.list(it) != before.list(it))
}

#[async_trait]
impl Controller for Jobs {
    fn informers(&self) -> Vec<Informer> {
        vec![self.jobs.clone(), self.control.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.jobs, queue);
        wake_controller(&self.control.pods, queue, "Job");
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(job) = self.jobs.get(&key.namespace, &key.name) else {
            // Pods that its job no longer counts must not be held for ever.
            let pods = self.control.pods.in_namespace(&key.namespace);
            let held: Vec<Arc<Value>> = pods
                .into_iter()
                .filter(|it| it.has_finalizer(TRACKING))
                .filter(|it| {
                    it.controller()
                        .is_some_and(|it| it.kind() == "Job" && it.name() == key.name)
                })
                .collect();
            self.release(&held).await?;
            return Ok(Next::Settled);
        };
        // Who manages it may be another controller.
        let managed_by = job.text("/spec/managedBy");
        if !managed_by.is_empty() && managed_by != "kubernetes.io/job-controller" {
            return Ok(Next::Settled);
        }
        let selector = claims::selector(&job);
        let owner = (&kind::JOB, &*job);
        let pods =
            claims::claim(&self.context.client, owner, &selector, &self.control.pods).await?;
        let plan = plan(&job, &pods, self.context.now());
        self.carry_out(&job, plan).await
    }
}
