//! What agents report: SubmitTaskStateChange, SubmitContainerStateChange,
//! SubmitAttachmentStateChanges.
//!
//! An agent drops an event for good when it is answered InvalidParameterException, so that is never
//! the answer to what may pass. A task nobody knows is acknowledged: the manifest removes it.

use wharf_api_ecs as api;
use wharf_records::{
    Record,
    ecs::{InterfaceState, NetworkBinding, Task},
};
use wharf_wire::{Call, Fault};

use crate::{
    acs::payload::EXEC_AGENT,
    binding,
    core::Core,
    names::{self, Place},
    task::{ContainerReport, ExecAgentReport, Report, Reported, report},
};

const ACK: &str = "ACK";
/// Longest reason taken over; the agent itself cuts at 1024.
const MAX_REASON: usize = 1024;

pub async fn submit_task_state_change(
    core: &Core,
    call: &Call,
    input: api::SubmitTaskStateChangeRequest,
) -> Result<api::SubmitTaskStateChangeResponse, Fault> {
    let attached = input.attachments.iter().flatten();
    let report = Report {
        status: input.status.as_deref().and_then(Reported::parse),
        reason: reason(input.reason),
        pull_started_at: input.pull_started_at,
        pull_stopped_at: input.pull_stopped_at,
        execution_stopped_at: input.execution_stopped_at,
        containers: input
            .containers
            .unwrap_or_default()
            .into_iter()
            .map(container)
            .collect(),
        exec_agents: exec_agents(input.managed_agents),
        attached: attached
            .into_iter()
            .any(|a| a.status.as_deref() == Some("ATTACHED")),
    };
    take(
        core,
        call,
        input.cluster.as_deref(),
        input.task.as_deref(),
        &report,
    )
    .await?;
    Ok(api::SubmitTaskStateChangeResponse {
        acknowledgment: Some(ACK.to_owned()),
    })
}

pub async fn submit_container_state_change(
    core: &Core,
    call: &Call,
    input: api::SubmitContainerStateChangeRequest,
) -> Result<api::SubmitContainerStateChangeResponse, Fault> {
    let one = api::ContainerStateChange {
        container_name: input.container_name,
        image_digest: None,
        runtime_id: input.runtime_id,
        exit_code: input.exit_code,
        network_bindings: input.network_bindings,
        reason: input.reason,
        status: input.status,
    };
    let report = Report {
        containers: vec![container(one)],
        ..Report::default()
    };
    take(
        core,
        call,
        input.cluster.as_deref(),
        input.task.as_deref(),
        &report,
    )
    .await?;
    Ok(api::SubmitContainerStateChangeResponse {
        acknowledgment: Some(ACK.to_owned()),
    })
}

fn exec_agents(told: Option<Vec<api::ManagedAgentStateChange>>) -> Vec<ExecAgentReport> {
    let agents = told.into_iter().flatten();
    agents
        .filter(|agent| agent.managed_agent_name.as_deref() == Some(EXEC_AGENT))
        .map(|agent| ExecAgentReport {
            container: agent.container_name.unwrap_or_default(),
            status: agent.status.as_deref().and_then(Reported::parse),
            reason: reason(agent.reason),
        })
        .collect()
}

fn container(told: api::ContainerStateChange) -> ContainerReport {
    let binding = |told: api::NetworkBinding| NetworkBinding {
        bind_ip: told.bind_ip,
        container_port: told.container_port,
        host_port: told.host_port,
        protocol: told.protocol,
        container_port_range: told.container_port_range,
        host_port_range: told.host_port_range,
    };
    ContainerReport {
        name: told.container_name.unwrap_or_default(),
        status: told.status.as_deref().and_then(Reported::parse),
        exit_code: told.exit_code,
        reason: reason(told.reason),
        runtime_id: told.runtime_id,
        image_digest: told.image_digest,
        bindings: told
            .network_bindings
            .map(|all| all.into_iter().map(binding).collect()),
    }
}

fn reason(given: Option<String>) -> Option<String> {
    let given = given.filter(|text| !text.is_empty())?;
    Some(given.chars().take(MAX_REASON).collect())
}

async fn take(
    core: &Core,
    call: &Call,
    cluster: Option<&str>,
    task: Option<&str>,
    report: &Report,
) -> Result<(), Fault> {
    let given = task.unwrap_or_default();
    // A Fargate task is of another cluster than the instance its agent speaks for: the task's own
    // ARN says which.
    let cluster = match names::long_arn(given) {
        Some((_, of, _)) => of.to_owned(),
        None => names::cluster_name(cluster)?,
    };
    let id = names::member_id("task", &cluster, given)?;
    // Nor need it be of the instance's region, or of its account.
    let place = names::place_of(given).unwrap_or_else(|| Place::of(call));
    let key = place.scope().key(Task::KIND, &format!("{cluster}:{id}"));
    core.state.up_to_date().await;
    let now = core.state.now();
    let mut foreign = false;
    let untimed = report.without_times();
    let change = |task: &mut Task| {
        let (may, runs_it) = core.state.view.read(&place, |region| {
            let may = binding::may_report_of(call, region, task);
            (may, binding::runs(&call.caller, region, task))
        });
        foreign = !may;
        if may {
            let report = if runs_it { report } else { &untimed };
            report::take(task, report, now);
        }
    };
    core.state
        .change_task(&call.permit, None, &key, change)
        .await?;
    match foreign {
        false => Ok(()),
        true => Err(api::faults::access_denied_exception(
            "This container instance does not run the task.",
        )),
    }
}

pub async fn submit_attachment_state_changes(
    core: &Core,
    call: &Call,
    input: api::SubmitAttachmentStateChangesRequest,
) -> Result<api::SubmitAttachmentStateChangesResponse, Fault> {
    core.state.up_to_date().await;
    for told in input.attachments.into_iter().flatten() {
        if told.status.as_deref() != Some("ATTACHED") {
            continue;
        }
        let arn = told.attachment_arn.unwrap_or_default();
        let id = arn
            .rsplit_once('/')
            .map_or(arn.as_str(), |(_, id)| id)
            .to_owned();
        // A Fargate task's is of the task's account and region.
        let place = names::place_of(&arn).unwrap_or_else(|| Place::of(call));
        let key = core.state.view.read(&place, |region| {
            let mut tasks = region.tasks.values();
            let of = |task: &&crate::view::Held<Task>| {
                task.network
                    .as_ref()
                    .is_some_and(|wish| wish.attachment == id)
            };
            tasks
                .find(of)
                .filter(|task| binding::may_report_of(call, region, task))
                .map(|t| t.key.clone())
        });
        let Some(key) = key else { continue };
        let attach = |task: &mut Task| {
            let state = task.interface.as_ref().map(|interface| interface.state);
            if state.is_some_and(|state| state < InterfaceState::Attached) {
                report::take(
                    task,
                    &Report {
                        attached: true,
                        ..Report::default()
                    },
                    call.now,
                );
            }
        };
        core.state
            .change_task(&call.permit, None, &key, attach)
            .await?;
    }
    Ok(api::SubmitAttachmentStateChangesResponse {
        acknowledgment: Some(ACK.to_owned()),
    })
}
