//! One TCS connection: metrics, container health and the instance's own health (spec ecs-agent §4).
//!
//! The agent's frames are HTTP header lines, an empty line, then a message; bare messages are taken
//! too. Health is written only when it changes: heartbeats and metrics never reach the store of records. Metrics
//! are acknowledged once they are kept; an agent whose metrics could not be is let go, and sends them again.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use wharf_base::{Permit, Timestamp};
use wharf_records::ecs::{Health, Instance, Task, instance::InstanceHealth};

use super::{
    Ticket, closing,
    message::{Heartbeat, Incoming, frame, nullable},
};
use crate::{
    Agents,
    metrics::keep::{self, Connection},
    state::ChangeError,
};

const PERMIT: Permit = Permit::for_controller("ecs-tcs");
/// An agent publishes every 20 s; one that is silent for so long is gone.
const READ_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(180);
/// Most tasks one report may hold (the protocol's own limit is ten).
const MAX_TASKS: usize = 100;

#[derive(Debug, serde::Serialize)]
struct Acknowledgement {
    message: &'static str,
}

#[derive(Debug, Deserialize)]
pub(super) struct HealthReport {
    #[serde(default, deserialize_with = "nullable")]
    tasks: Vec<TaskHealth>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskHealth {
    #[serde(default, deserialize_with = "nullable")]
    task_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    containers: Vec<ContainerHealth>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerHealth {
    #[serde(default, deserialize_with = "nullable")]
    container_name: String,
    #[serde(default, deserialize_with = "nullable")]
    health_status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusReport {
    #[serde(default, deserialize_with = "nullable")]
    statuses: Vec<InstanceStatusRow>,
}

#[derive(Debug, Deserialize)]
pub(super) struct InstanceStatusRow {
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

pub async fn serve<S>(
    agents: Arc<Agents>,
    ticket: Ticket,
    mut socket: WebSocketStream<S>,
) -> Result<(), ChangeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut heartbeat = interval(agents.config.heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = agents.hub.end_of(&ticket.instance);
    let mut connection = Connection::default();
    loop {
        let answer = tokio::select! {
            () = end.cancelled() => {
                closing::end(&mut socket, closing::REPLACED).await;
                return Ok(());
            }
            _ = heartbeat.tick() => {
                Some(frame("HeartbeatMessage", &Heartbeat { message_id: None, healthy: true }))
            }
            heard = timeout(READ_TIMEOUT, socket.next()) => match heard {
                Ok(Some(Ok(message @ (Message::Text(_) | Message::Binary(_))))) => {
                    let bytes = message.into_data();
                    match hear(&agents, &ticket, &mut connection, &bytes).await? {
                        Heard::Answer(text) => Some(text),
                        Heard::Nothing => None,
                        Heard::NotKept => {
                            closing::end(&mut socket, closing::NOT_KEPT).await;
                            return Ok(());
                        }
                    }
                }
                Ok(Some(Ok(Message::Close(_)))) => {
                    closing::answer(&mut socket).await;
                    return Ok(());
                }
                Ok(Some(Err(_)) | None) => return Ok(()),
                Err(_) => {
                    closing::end(&mut socket, closing::SILENT).await;
                    return Ok(());
                }
                Ok(Some(Ok(_))) => None,
            },
        };
        if let Some(text) = answer
            && socket.send(Message::text(text)).await.is_err()
        {
            return Ok(());
        }
    }
}

/// The message in a frame, behind its header lines if it has any.
pub(super) fn body(frame: &[u8]) -> &[u8] {
    let end = frame.windows(4).position(|four| four == b"\r\n\r\n");
    match end {
        Some(at) if !frame.starts_with(b"{") => &frame[at + 4..],
        _ => frame,
    }
}

/// What comes of a message.
enum Heard {
    Answer(String),
    Nothing,
    /// It should come again.
    NotKept,
}

async fn hear(
    agents: &Agents,
    ticket: &Ticket,
    connection: &mut Connection,
    bytes: &[u8],
) -> Result<Heard, ChangeError> {
    let Ok(incoming) = serde_json::from_slice::<Incoming>(body(bytes)) else {
        return Ok(Heard::Nothing);
    };
    let kind = match incoming.r#type.as_str() {
        "PublishMetricsRequest" => {
            if let Ok(report) = serde_json::from_value(incoming.message)
                && !keep::keep(agents, ticket, connection, report).await?
            {
                return Ok(Heard::NotKept);
            }
            "AckPublishMetric"
        }
        "PublishHealthRequest" => {
            if let Ok(report) = serde_json::from_value(incoming.message) {
                take_health(agents, ticket, report).await?;
            }
            "AckPublishHealth"
        }
        "PublishInstanceStatusRequest" => {
            if let Ok(report) = serde_json::from_value(incoming.message) {
                take_status(agents, ticket, report).await?;
            }
            "AckPublishInstanceStatus"
        }
        _ => return Ok(Heard::Nothing),
    };
    let answer = frame(kind, &Acknowledgement { message: "" });
    Ok(Heard::Answer(answer))
}

async fn take_health(
    agents: &Agents,
    ticket: &Ticket,
    report: HealthReport,
) -> Result<(), ChangeError> {
    for told in report.tasks.iter().take(MAX_TASKS) {
        let Some(key) = crate::names::task_key(&told.task_arn) else {
            continue;
        };
        let apply = |task: &mut Task| {
            // An agent speaks for its own host's tasks alone.
            if task.instance == ticket.instance {
                apply_health(task, told);
            }
        };
        let known = agents.state.view.read(&ticket.place, |region| {
            let mut here = region.tasks_on(&ticket.host);
            let found = here.find(|task| task.arn == told.task_arn).cloned();
            found.is_some_and(|held| {
                let mut task = Task::clone(&held.record);
                apply(&mut task);
                task != *held.record
            })
        });
        if known {
            agents.state.change_task(&PERMIT, None, &key, apply).await?;
        }
    }
    Ok(())
}

fn apply_health(task: &mut Task, told: &TaskHealth) {
    let mut changed = false;
    for row in &told.containers {
        let health = match row.health_status.as_str() {
            "HEALTHY" => Health::Healthy,
            "UNHEALTHY" => Health::Unhealthy,
            _ => Health::Unknown,
        };
        if let Some(container) = task
            .containers
            .iter_mut()
            .find(|c| c.name == row.container_name)
            && container.health != health
        {
            container.health = health;
            changed = true;
        }
    }
    task.version += i64::from(changed);
}

async fn take_status(
    agents: &Agents,
    ticket: &Ticket,
    report: StatusReport,
) -> Result<(), ChangeError> {
    let known = ["OK", "IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING"];
    // The worst of the checks is the instance's.
    let worst = ["IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING", "OK"]
        .into_iter()
        .find(|status| report.statuses.iter().any(|row| row.status == *status));
    let Some(status) = worst.filter(|status| known.contains(status)) else {
        return Ok(());
    };
    let now: Timestamp = agents.state.now();
    let change = |instance: &mut Instance| {
        let same = instance
            .health
            .as_ref()
            .is_some_and(|health| health.status == status);
        if !same {
            let status = status.to_owned();
            instance.health = Some(InstanceHealth {
                status,
                updated_at: now,
                changed_at: now,
            });
            instance.version += 1;
        }
        Ok::<_, ChangeError>(())
    };
    agents
        .state
        .table
        .change(&PERMIT, &ticket.key, change)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines_are_skipped() {
        assert_eq!(
            body(b"Host: x\r\nX-Amz-Date: y\r\n\r\n{\"type\":1}"),
            b"{\"type\":1}"
        );
        assert_eq!(body(b"{\"type\":\"a\\r\\n\"}"), b"{\"type\":\"a\\r\\n\"}");
        assert_eq!(body(b"{\"a\":1}\r\n\r\n"), b"{\"a\":1}\r\n\r\n");
        assert_eq!(body(b""), b"");
    }
}
