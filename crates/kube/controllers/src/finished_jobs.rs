//! Jobs that ended and are to be gone some time after.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::{Delete, Error, Informer, Object, Propagation, kind};

use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

pub struct FinishedJobs {
    context: Context,
    jobs: Informer,
}

impl FinishedJobs {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            jobs: context.informer(&kind::JOB),
        })
    }
}

/// How long until the job is to go; `None` where it stays.
fn left(job: &Value, now: Timestamp) -> Option<Duration> {
    let after = job.integer("/spec/ttlSecondsAfterFinished")?;
    let end = ["Complete", "Failed"]
        .iter()
        .filter_map(|it| job.condition(it))
        .find(|it| it.text("/status") == "True")?;
    let end = Timestamp::parse_iso8601(end.text("/lastTransitionTime"))?;
    let after = Duration::from_secs(after.max(0) as u64);
    (!job.is_deleting()).then(|| after.saturating_sub(now.since(end)))
}

#[async_trait]
impl Controller for FinishedJobs {
    fn informers(&self) -> Vec<Informer> {
        vec![self.jobs.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.jobs, queue);
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let job = self.jobs.get(&key.namespace, &key.name);
        let Some((job, left)) = job.and_then(|it| {
            let left = left(&it, self.context.now())?;
            Some((it, left))
        }) else {
            return Ok(Next::Settled);
        };
        if !left.is_zero() {
            return Ok(Next::After(left));
        }
        let options = Delete {
            propagation: Some(Propagation::Foreground),
            // Not if somebody gave it more time meanwhile.
            resource_version: Some(job.resource_version().to_owned()),
            ..Delete::of_uid(job.uid())
        };
        let client = &self.context.client;
        let deleted = client
            .delete(&kind::JOB, &key.namespace, &key.name, &options)
            .await;
        match deleted {
            Ok(answer) => self.jobs.observe_deletion(&job, &answer),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn when_a_job_goes() {
        let job = |ttl: Value, condition: &str| {
            json!({"spec": {"ttlSecondsAfterFinished": ttl}, "status": {"conditions": [{
                "type": condition, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]}})
        };
        let now = Timestamp::parse_iso8601("2026-01-01T00:00:10Z").unwrap();
        for (job, want) in [
            (job(30.into(), "Complete"), Some(Duration::from_secs(20))),
            (job(5.into(), "Failed"), Some(Duration::ZERO)),
            (job(Value::Null, "Complete"), None),
            (job(5.into(), "Suspended"), None),
        ] {
            assert_eq!(left(&job, now), want, "{job}");
        }
    }
}
