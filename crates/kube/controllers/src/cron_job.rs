//! CronJobs: a job at each moment of a schedule.

mod plan;

use std::{str::FromStr, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Delete, Error, Informer, Object, Propagation, Recorder, Ref, kind};
use wharf_kube_model::cron::plain;
use wharf_schedule::{Expression, Zone};

use self::plan::{Plan, Schedule, plan};
use crate::runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self};

pub struct CronJobs {
    context: Context,
    crons: Informer,
    jobs: Informer,
    recorder: Recorder,
}

impl CronJobs {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            crons: context.informer(&kind::CRON_JOB),
            jobs: context.informer(&kind::JOB),
            recorder: context.recorder("cronjob-controller"),
        })
    }

    async fn delete(&self, about: &Ref, job: &Value) -> Result<(), Error> {
        let options = Delete {
            propagation: Some(Propagation::Background),
            ..Delete::of_uid(job.uid())
        };
        let client = &self.context.client;
        let deleted = client
            .delete(&kind::JOB, job.namespace(), job.name(), &options)
            .await;
        match deleted {
            Ok(answer) => self.jobs.observe_deletion(job, &answer),
            Err(error) if error.is_outdated() => return Ok(()),
            Err(error) => return Err(error),
        }
        let message = format!("Deleted job {}", job.name());
        self.recorder
            .normal(about.clone(), "SuccessfulDelete", &message);
        Ok(())
    }

    async fn start(&self, about: &Ref, job: &Value) -> Result<(), Error> {
        let client = &self.context.client;
        match client.create(&kind::JOB, &about.namespace, job).await {
            Ok(written) => {
                self.jobs.observe(&written);
                let message = format!("Created job {}", written.name());
                self.recorder
                    .normal(about.clone(), "SuccessfulCreate", &message);
                Ok(())
            }
            // Made before, by a controller that ended before it could say so.
            Err(error) if error.is_already_exists() => Ok(()),
            Err(error) => {
                let message = format!("Error creating job: {error}");
                self.recorder
                    .warning(about.clone(), "FailedCreate", &message);
                Err(error)
            }
        }
    }

    async fn carry_out(&self, cron: &Value, plan: Plan) -> Result<Next, Error> {
        let about = Ref::of(&kind::CRON_JOB, cron);
        for (is_warning, reason, message) in &plan.events {
            match is_warning {
                true => self.recorder.warning(about.clone(), reason, message),
                false => self.recorder.normal(about.clone(), reason, message),
            }
        }
        for job in &plan.delete {
            self.delete(&about, job).await?;
        }
        if let Some(job) = &plan.start {
            self.start(&about, job).await?;
        }
        if plan.status != cron["status"] {
            let mut changed = cron.clone();
            changed["status"] = plan.status;
            let client = &self.context.client;
            let written = client.update_status(&kind::CRON_JOB, &changed).await?;
            self.crons.observe(&written);
        }
        Ok(next(plan.look_after))
    }
}

/// The moments of a schedule, as it is written.
pub fn times(text: &str) -> Option<Expression> {
    let fields = plain(text).ok()?;
    Expression::crontab(&fields).ok()
}

/// The schedule of a spec; else the reason and the message of an event.
fn schedule(cron: &Value) -> Result<Schedule, (&'static str, String)> {
    let zone = match cron.text("/spec/timeZone") {
        "" => Zone::UTC,
        name => Zone::from_str(name).map_err(|error| {
            let why = format!("invalid timeZone: {name:?}: {error}");
            ("UnknownTimeZone", why)
        })?,
    };
    let text = cron.text("/spec/schedule");
    let times = times(text).ok_or_else(|| {
        let why = format!("unparseable schedule: {text:?}");
        ("UnparseableSchedule", why)
    })?;
    Ok(Schedule { times, zone })
}

#[async_trait]
impl Controller for CronJobs {
    fn informers(&self) -> Vec<Informer> {
        vec![self.crons.clone(), self.jobs.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.crons, queue);
        wake_controller(&self.jobs, queue, "CronJob");
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(cron) = self.crons.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        if cron.is_deleting() {
            return Ok(Next::Settled);
        }
        let schedule = match schedule(&cron) {
            Ok(schedule) => schedule,
            Err((reason, why)) => {
                let about = Ref::of(&kind::CRON_JOB, &cron);
                self.recorder.warning(about, reason, &why);
                return Ok(Next::Settled);
            }
        };
        let mut jobs = self.jobs.owned_by(cron.uid());
        jobs.retain(|it| it.is_controlled_by(cron.uid()));
        let plan = plan(&cron, &schedule, &jobs, self.context.now());
        self.carry_out(&cron, plan).await
    }
}

/// Tells for which moment a job was made, by the clock of its schedule.
const MOMENT: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// The job of a moment.
fn job(cron: &Value, at: wharf_base::Timestamp, zone: Zone) -> Value {
    let template = cron.at("/spec/jobTemplate");
    let mut annotations = template
        .map("/metadata/annotations")
        .cloned()
        .unwrap_or_default();
    annotations.insert(
        MOMENT.to_owned(),
        zone.rfc3339(at)
            .unwrap_or_else(|| at.iso8601_seconds())
            .into(),
    );
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            // By its moment, so that it is made once.
            "name": format!("{}-{}", cron.name(), at.millis() / 60_000), "namespace": cron.namespace(),
            "annotations": annotations,
            "ownerReferences": [Ref::of(&kind::CRON_JOB, cron).as_controller()],
        },
        "spec": template["spec"],
    });
    if let Some(labels) = template.map("/metadata/labels") {
        job["metadata"]["labels"] = labels.clone().into();
    }
    job
}
