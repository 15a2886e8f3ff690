//! Telling the control plane what happened (§3): in order for each task, at most ten at a time,
//! for a day if need be.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_api_ecs::{
    AttachmentStateChange, ContainerStateChange, ManagedAgentStateChange, NetworkBinding,
    SubmitTaskStateChangeRequest, SubmitTaskStateChangeResponse, schema::SERVICE as ECS,
};

use wharf_base::Backoff;

use super::{core::TaskContext, run::Command};
use crate::{
    client::{Api, CallError},
    engine::{
        HostBinding,
        report::{ContainerReport, Report, Status, TaskReport},
    },
    figures::Figures,
    protocol::payload::{self, EXEC_AGENT},
};

/// Reports under way at the same time.
const PARALLEL: usize = 10;
/// After this a report is given up (§3).
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends reports; a clone for each user.
#[derive(Clone)]
pub struct Reporter {
    api: Api,
    room: Arc<Semaphore>,
    /// True while the control plane is connected: waiting retries try again at once.
    connected: watch::Receiver<bool>,
    commands: mpsc::Sender<Command>,
    running: TaskTracker,
    shutdown: CancellationToken,
    figures: Figures,
}

impl Reporter {
    pub fn new(
        api: Api,
        connected: watch::Receiver<bool>,
        commands: mpsc::Sender<Command>,
        running: TaskTracker,
        shutdown: CancellationToken,
        figures: Figures,
    ) -> Self {
        let room = Arc::new(Semaphore::new(PARALLEL));
        Self {
            api,
            room,
            connected,
            commands,
            running,
            shutdown,
            figures,
        }
    }

    /// Sends one report of a task; [`Command::Reported`] follows when it was taken or given up.
    pub fn send(&self, task: &Arc<TaskContext>, report: &Report) {
        let mut input = encode(&task.task.arn, &task.task.task_cluster_arn, report);
        input.managed_agents = exec_agents(task, report);
        let (this, id) = (self.clone(), task.id.clone());
        self.running.spawn(async move {
            if this.deliver(&id, &input).await {
                // The loop outlives all of this; without it nobody wants to know.
                let _ = this.commands.send(Command::Reported { id }).await;
            }
        });
    }

    /// A task that was not taken on: reported STOPPED, kept nowhere.
    pub fn reject(&self, arn: String, cluster: String, reason: String) {
        let input = SubmitTaskStateChangeRequest {
            cluster: Some(cluster),
            task: Some(arn.clone()),
            status: Some("STOPPED".to_owned()),
            reason: Some(reason.chars().take(1024).collect()),
            ..Default::default()
        };
        let this = self.clone();
        self.running.spawn(async move {
            let id = payload::task_id(&arn).unwrap_or("?").to_owned();
            this.deliver(&id, &input).await;
        });
    }

    /// An interface announced for a task not yet here: this node makes interfaces itself, so it is
    /// as good as there.
    pub fn attached(&self, arn: &str, cluster: &str, attachment_arn: &str) {
        let report = Report::Attached {
            attachment_arn: attachment_arn.to_owned(),
        };
        let input = encode(arn, cluster, &report);
        let (this, id) = (self.clone(), arn.to_owned());
        self.running.spawn(async move {
            this.deliver(&id, &input).await;
        });
    }

    /// False if the node shuts down before it was delivered.
    async fn deliver(&self, id: &str, input: &SubmitTaskStateChangeRequest) -> bool {
        tokio::select! {
            () = self.shutdown.cancelled() => false,
            () = self.retry(id, input) => true,
        }
    }

    async fn retry(&self, id: &str, input: &SubmitTaskStateChangeRequest) {
        let _waiting = self.figures.reporting();
        let began = Instant::now();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(60), 2.0);
        loop {
            let permit = self.room.acquire().await;
            let sent = self
                .api
                .call::<SubmitTaskStateChangeResponse>(&ECS, "SubmitTaskStateChange", input)
                .await;
            drop(permit);
            match sent {
                Ok(_) => return,
                Err(error) if !may_be_taken_later(&error) || began.elapsed() > GIVE_UP_AFTER => {
                    let status = input.status.as_deref().unwrap_or("attachment");
                    tracing::error!(task = id, status, %error, "sending a report to the control plane failed, no further retry");
                    return;
                }
                Err(error) => {
                    tracing::debug!(
                        task = id,
                        error = &error as &dyn std::error::Error,
                        "failed to send a report to the control plane; will retry"
                    );
                }
            }
            self.pause(backoff.wait()).await;
        }
    }

    /// Waits, but no longer than until the control plane is back.
    async fn pause(&self, most: Duration) {
        let mut connected = self.connected.clone();
        connected.mark_unchanged();
        let back = async {
            while connected.changed().await.is_ok() {
                if *connected.borrow_and_update() {
                    return;
                }
            }
            // The session is gone for good; only time is left.
            sleep(most).await;
        };
        let _ = timeout(most, back).await;
    }
}

/// Keys that ended with a rotation are replaced within moments: a report outlives that.
fn may_be_taken_later(error: &CallError) -> bool {
    error.is_transient() || error.code() == "UnrecognizedClientException"
}

fn encode(arn: &str, cluster: &str, report: &Report) -> SubmitTaskStateChangeRequest {
    let to = SubmitTaskStateChangeRequest {
        cluster: Some(cluster.to_owned()),
        task: Some(arn.to_owned()),
        ..Default::default()
    };
    match report {
        Report::Attached { attachment_arn } => SubmitTaskStateChangeRequest {
            attachments: Some(vec![AttachmentStateChange {
                attachment_arn: Some(attachment_arn.clone()),
                status: Some("ATTACHED".to_owned()),
            }]),
            ..to
        },
        Report::Task(TaskReport {
            status,
            reason,
            pull_started_at,
            pull_stopped_at,
            execution_stopped_at,
            containers,
        }) => SubmitTaskStateChangeRequest {
            status: Some(name(*status).to_owned()),
            reason: reason.clone(),
            pull_started_at: *pull_started_at,
            pull_stopped_at: *pull_stopped_at,
            execution_stopped_at: *execution_stopped_at,
            containers: Some(containers.iter().map(container).collect()),
            ..to
        },
    }
}

/// The agents by which commands are executed, where the task wants them: they live as long as their
/// containers.
fn exec_agents(task: &TaskContext, report: &Report) -> Option<Vec<ManagedAgentStateChange>> {
    let Report::Task(report) = report else {
        return None;
    };
    let wanted = |container: &&ContainerReport| {
        let of = task
            .task
            .containers
            .iter()
            .find(|c| c.name == container.name);
        let mut agents = of.into_iter().flat_map(|c| &c.managed_agents);
        container.status != Status::Pending && agents.any(|agent| agent.name == EXEC_AGENT)
    };
    let agent = |container: &ContainerReport| ManagedAgentStateChange {
        container_name: Some(container.name.clone()),
        managed_agent_name: Some(EXEC_AGENT.to_owned()),
        status: Some(name(container.status).to_owned()),
        reason: None,
    };
    let agents: Vec<_> = report.containers.iter().filter(wanted).map(agent).collect();
    (!agents.is_empty()).then_some(agents)
}

fn container(report: &ContainerReport) -> ContainerStateChange {
    ContainerStateChange {
        container_name: Some(report.name.clone()),
        image_digest: report.image_digest.clone(),
        runtime_id: Some(report.runtime_id.clone()),
        exit_code: report.exit_code,
        reason: report.reason.clone(),
        status: Some(name(report.status).to_owned()),
        network_bindings: Some(report.bindings.iter().map(binding).collect()),
    }
}

fn binding(binding: &HostBinding) -> NetworkBinding {
    let all = NetworkBinding {
        bind_ip: Some("0.0.0.0".to_owned()),
        protocol: Some(if binding.udp { "udp" } else { "tcp" }.to_owned()),
        ..Default::default()
    };
    if binding.count == 1 {
        return NetworkBinding {
            container_port: Some(binding.container_port.into()),
            host_port: Some(binding.host_port.into()),
            ..all
        };
    }
    let range = |first: u16| {
        format!(
            "{first}-{}",
            first.saturating_add(binding.count.saturating_sub(1))
        )
    };
    NetworkBinding {
        container_port_range: Some(range(binding.container_port)),
        host_port_range: Some(range(binding.host_port)),
        ..all
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Pending => "PENDING",
        Status::Running => "RUNNING",
        Status::Stopped => "STOPPED",
    }
}
