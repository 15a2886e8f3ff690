//! The manifest: what should run on the host, and what becomes of tasks it has that nobody wants.

use std::collections::HashSet;

use tokio::time::Instant;
use wharf_base::ids;
use wharf_records::ecs::Task;

use super::{PERMIT, Session};
use crate::{
    acs::{
        message::{self, TaskIdentifier, frame},
        payload,
    },
    state::ChangeError,
    task::{plan::told, stop},
    view::Held,
};

/// The manifest the agent was sent.
#[derive(Debug)]
pub(super) struct SentManifest {
    pub(super) message_id: String,
    pub(super) at: Instant,
    pub(super) acknowledged: Option<Instant>,
    /// Tasks it has that nobody wants.
    pub(super) strays: Vec<String>,
}

impl Session<'_> {
    pub(super) fn send_manifest(&mut self) {
        let tasks = self.agents.state.view.read(&self.ticket.place, |region| {
            let tasks = region
                .tasks_on(&self.ticket.host)
                .filter(|task| payload::is_wanted(task));
            let identify = |task: &Held<Task>| TaskIdentifier {
                task_arn: task.arn.clone(),
                task_cluster_arn: task.cluster_arn.clone(),
                desired_status: told(task).as_str().to_owned(),
            };
            tasks.map(identify).collect()
        });
        let message_id = ids::uuid();
        let manifest = message::Manifest {
            message_id: message_id.clone(),
            cluster_arn: self.cluster_arn.clone(),
            container_instance_arn: self.ticket.instance.clone(),
            generated_at: self.agents.state.now().millis(),
            timeline: self.number(),
            tasks,
        };
        self.outbox.push(frame("TaskManifestMessage", &manifest));
        self.manifest = Some(SentManifest {
            message_id,
            at: Instant::now(),
            acknowledged: None,
            strays: Vec::new(),
        });
    }

    /// The agent has tasks the manifest did not name: those that are still unwanted may go.
    pub(super) async fn verify_stop(&mut self, asked: message::StopVerification) {
        self.agents.state.up_to_date().await;
        let strays: Vec<TaskIdentifier> =
            self.agents.state.view.read(&self.ticket.place, |region| {
                let here = region
                    .tasks_on(&self.ticket.host)
                    .filter(|task| payload::is_to_run(task));
                let running: HashSet<&str> = here.map(|task| task.arn.as_str()).collect();
                let candidates = asked.stop_candidates.into_iter();
                candidates
                    .filter(|one| !running.contains(one.task_arn.as_str()))
                    .collect()
            });
        if let Some(manifest) = &mut self.manifest
            && manifest.message_id == asked.message_id
        {
            manifest.acknowledged.get_or_insert_with(Instant::now);
            manifest
                .strays
                .extend(strays.iter().map(|one| one.task_arn.clone()));
        }
        let ack = message::StopVerificationAck {
            message_id: asked.message_id,
            generated_at: self.agents.state.now().millis(),
            stop_tasks: strays,
        };
        self.outbox.push(frame("TaskStopVerificationAck", &ack));
    }

    /// Tasks that were lost with the host and that it did not name after its return: what only they
    /// could hold is free.
    pub(super) async fn confirm_absent(&mut self) -> Result<(), ChangeError> {
        let Some(manifest) = self.manifest.take() else {
            return Ok(());
        };
        let absent: Vec<String> = self.agents.state.view.read(&self.ticket.place, |region| {
            let lost = region
                .tasks_on(&self.ticket.host)
                .filter(|task| task.unconfirmed);
            lost.filter(|task| !manifest.strays.contains(&task.arn))
                .map(|task| task.key.clone())
                .collect()
        });
        for key in absent {
            let confirm = |task: &mut Task| {
                stop::confirm(task);
            };
            self.agents
                .state
                .change_task(&PERMIT, None, &key, confirm)
                .await?;
        }
        Ok(())
    }
}
