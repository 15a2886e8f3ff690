//! ExecuteCommand: makes a session and tells the container's agent to serve it.

use wharf_api_ecs::{ExecuteCommandRequest, ExecuteCommandResponse, Session, faults};
use wharf_records::{
    Record,
    ecs::{Container, ContainerStatus, Instance, Status, Task},
};
use wharf_svc_ecs_exec::ssm::stream_url;
use wharf_svc_ecs_model::own_node::EXEC_LOGGING_CAPABILITY;
use wharf_wire::{Call, Fault};

use crate::{
    acs::{
        hub::Seen,
        message::{self, frame},
    },
    core::Core,
    fault,
    names::{self, Place},
    ops::session_logging,
};

/// The longest command, in bytes.
const MAX_COMMAND: usize = 16 << 10;

const NOT_ENABLED: &str = "The execute command failed because execute command was not enabled when the \
    task was run or the execute command agent isn't running. Wait and try again or run a new task with \
    execute command enabled and try again.";

pub async fn execute_command(
    core: &Core,
    call: &Call,
    input: ExecuteCommandRequest,
) -> Result<ExecuteCommandResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    if input.interactive != Some(true) {
        return Err(fault::invalid(
            "Interactive is the only mode supported currently.",
        ));
    }
    let command = input.command.unwrap_or_default();
    if command.trim().is_empty() {
        return Err(fault::invalid("Command cannot be empty."));
    }
    if command.len() > MAX_COMMAND {
        return Err(fault::invalid(format!(
            "Command can have at most {MAX_COMMAND} bytes."
        )));
    }
    let given = input.task.unwrap_or_default();
    let id = names::member_id("task", &cluster.name, &given)?;
    let key = Place::of(call)
        .scope()
        .key(Task::KIND, &format!("{}:{id}", cluster.name));
    let task = core.state.table.read::<Task>(&key).await?;
    let task = task.ok_or_else(|| fault::invalid("The referenced task was not found."))?;
    let task = task.record;
    let container = choose(&task, input.container.as_deref())?;
    if !is_ready(&task, container) {
        return Err(fault::invalid(NOT_ENABLED));
    }
    if core.agents.hub.presence(&task.instance) != Seen::Connected {
        return Err(not_connected());
    }
    let logging = session_logging::of(cluster.configuration.as_ref())?;
    if session_logging::is_asked_for(&logging) && !keeps_sessions(core, call, &task).await? {
        // Its agent is of a version that would run the session without a word of it kept.
        return Err(not_connected());
    }
    let opened = core.exec.open(&task.arn, &call.caller.arn);
    let opened = opened.map_err(|_| not_connected())?;
    let message = message::ExecuteCommand {
        message_id: wharf_base::ids::uuid(),
        cluster_arn: task.cluster_arn.clone(),
        container_instance_arn: task.instance.clone(),
        task_arn: task.arn.clone(),
        container_name: container.name.clone(),
        session_id: opened.id.clone(),
        token_value: opened.agent_token,
        command,
        logging,
    };
    if !core
        .agents
        .hub
        .send(&task.instance, frame("ExecuteCommandMessage", &message))
    {
        if let Some(session) = core.exec.find(&opened.id) {
            session.finish("");
        }
        return Err(not_connected());
    }
    tracing::info!(
        session = opened.id,
        task = task.arn,
        container = container.name,
        by = call.caller.arn,
        "a command is executed"
    );
    Ok(ExecuteCommandResponse {
        cluster_arn: Some(task.cluster_arn.clone()),
        task_arn: Some(task.arn.clone()),
        container_arn: Some(container.arn.clone()),
        container_name: Some(container.name.clone()),
        interactive: Some(true),
        session: Some(Session {
            stream_url: Some(stream_url(&call.endpoint, &opened.id)),
            session_id: Some(opened.id),
            token_value: Some(opened.client_token),
        }),
    })
}

async fn keeps_sessions(core: &Core, call: &Call, task: &Task) -> Result<bool, Fault> {
    let id = task.instance.rsplit('/').next().unwrap_or_default();
    let key = format!("{}:{id}", task.cluster);
    let key = Place::of(call).scope().key(Instance::KIND, &key);
    let found = core.state.table.read::<Instance>(&key).await?;
    let found = found.map(|it| it.record.attributes);
    Ok(found.is_some_and(|it| it.contains_key(EXEC_LOGGING_CAPABILITY)))
}

/// The container named, or the only one.
fn choose<'a>(task: &'a Task, name: Option<&str>) -> Result<&'a Container, Fault> {
    match (
        name.filter(|name| !name.is_empty()),
        task.containers.as_slice(),
    ) {
        (Some(name), all) => all
            .iter()
            .find(|one| one.name == name)
            .ok_or_else(|| fault::invalid(format!("Container {name} was not found in the task."))),
        (None, [only]) => Ok(only),
        (None, _) => Err(fault::invalid(
            "Container name is required for a task with several containers.",
        )),
    }
}

fn is_ready(task: &Task, container: &Container) -> bool {
    let agent = container.exec_agent.as_ref().map(|agent| agent.status);
    task.last == Status::Running
        && task.enable_execute_command
        && container.last == ContainerStatus::Running
        && agent == Some(ContainerStatus::Running)
}

fn not_connected() -> Fault {
    faults::target_not_connected_exception(
        "The execute command failed due to an internal error. Try again later.",
    )
}
