//! The agent communication channel: what the control plane asks and what is answered (§2).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Frame, ProtocolError, nullable,
    payload::{Container, MAX_CONTAINERS, NetworkInterface, RoleCredentials},
};

/// A message from the control plane.
#[derive(Debug)]
pub enum FromServer {
    Payload(PayloadMessage),
    Heartbeat(Heartbeat),
    Credentials(CredentialsMessage),
    Manifest(Manifest),
    StopVerified(StopVerified),
    AttachTaskInterfaces(AttachTaskInterfaces),
    /// Not in the published protocol: sent to agents that registered `wharf.execute-command`.
    ExecuteCommand(ExecuteCommand),
    /// Not in the published protocol either: sent to agents that registered `wharf.images-ahead`.
    FetchImages(FetchImages),
    /// Something this agent acknowledges and otherwise has no use for (trunk interfaces).
    AttachInstanceInterfaces(Envelope),
    /// An update of the agent itself, refused with a nack.
    Update(Envelope),
    /// `CloseMessage`, `ErrorMessage`: said for the log alone.
    Notice(String),
    Unknown(String),
}

/// The members by which a message is acknowledged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    #[serde(default, deserialize_with = "nullable")]
    pub message_id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub cluster_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub container_instance_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayloadMessage {
    #[serde(flatten)]
    pub envelope: Envelope,
    #[serde(default)]
    pub seq_num: Option<i64>,
    /// Parsed one by one, so that one bad task does not take its neighbours with it.
    #[serde(default, deserialize_with = "nullable")]
    pub tasks: Vec<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    #[serde(default, deserialize_with = "nullable")]
    pub message_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum RoleType {
    TaskApplication,
    TaskExecution,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsMessage {
    pub message_id: String,
    pub task_arn: String,
    pub role_type: RoleType,
    pub role_credentials: RoleCredentials,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub message_id: String,
    pub timeline: i64,
    #[serde(default, deserialize_with = "nullable")]
    pub cluster_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub container_instance_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub tasks: Vec<ManifestTask>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestTask {
    pub task_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub task_cluster_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub desired_status: String,
}

/// `TaskStopVerificationAck`: the control plane confirms what is to be stopped.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopVerified {
    pub message_id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub stop_tasks: Vec<ManifestTask>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachTaskInterfaces {
    #[serde(flatten)]
    pub envelope: Envelope,
    pub task_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub wait_timeout_ms: i64,
    #[serde(default, deserialize_with = "nullable")]
    pub elastic_network_interfaces: Vec<NetworkInterface>,
}

/// A session of ECS Exec to be served.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteCommand {
    pub task_arn: String,
    pub container_name: String,
    pub session_id: String,
    /// Opens our end of the session's data channel.
    pub token_value: String,
    pub command: String,
    /// Control planes of before say nothing.
    #[serde(default)]
    pub logging: Logging,
}

/// All images that are to be fetched before a task is there that needs them. What is not among it is wanted no more.
#[derive(Debug, Deserialize)]
pub struct FetchImages {
    #[serde(default, deserialize_with = "nullable")]
    pub orders: Vec<ImageOrder>,
}

/// The images of a deployment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageOrder {
    /// Its id.
    pub deployment: String,
    /// Says whose it is, and of which region.
    pub service_arn: String,
    pub launch_type: String,
    /// Seconds from now after which nobody waits for it.
    pub within: u64,
    /// Their names, images, and what registries are asked with.
    #[serde(default, deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    pub execution_role_credentials: Option<RoleCredentials>,
}

/// Orders of one node; more is not what the control plane sends.
const MOST_ORDERS: usize = 64;

/// What becomes of what a session prints, by the cluster's `executeCommandConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Logging {
    pub kind: LoggingKind,
    pub log_group: String,
    /// Only a group with a key of its own will do.
    pub log_group_encrypted: bool,
    pub bucket: String,
    pub key_prefix: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LoggingKind {
    #[default]
    None,
    /// To the group of the container's log driver.
    Default,
    /// To where the cluster says.
    Override,
}

/// Commands and tokens are secret.
impl std::fmt::Debug for ExecuteCommand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ExecuteCommand")
            .field("task_arn", &self.task_arn)
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

/// Reads one text frame.
///
/// # Errors
/// A frame that is no frame, or whose message does not fit its type or lacks what §2 marks `*`.
pub fn decode(text: &str) -> Result<FromServer, ProtocolError> {
    let frame: Frame<'_> = serde_json::from_str(text).map_err(ProtocolError::Frame)?;
    let body = frame.message.get();
    Ok(match &*frame.kind {
        "PayloadMessage" => {
            let message: PayloadMessage = parse("PayloadMessage", body)?;
            identified("PayloadMessage", &message.envelope)?;
            FromServer::Payload(message)
        }
        "HeartbeatMessage" => FromServer::Heartbeat(parse("HeartbeatMessage", body)?),
        "IAMRoleCredentialsMessage" => {
            FromServer::Credentials(parse("IAMRoleCredentialsMessage", body)?)
        }
        "TaskManifestMessage" => FromServer::Manifest(parse("TaskManifestMessage", body)?),
        "TaskStopVerificationAck" => {
            FromServer::StopVerified(parse("TaskStopVerificationAck", body)?)
        }
        "AttachTaskNetworkInterfacesMessage" => {
            let message: AttachTaskInterfaces = parse("AttachTaskNetworkInterfacesMessage", body)?;
            identified("AttachTaskNetworkInterfacesMessage", &message.envelope)?;
            if message.wait_timeout_ms <= 0 || message.elastic_network_interfaces.is_empty() {
                return Err(ProtocolError::Missing {
                    kind: "AttachTaskNetworkInterfacesMessage",
                    member: "waitTimeoutMs or elasticNetworkInterfaces",
                });
            }
            FromServer::AttachTaskInterfaces(message)
        }
        "AttachInstanceNetworkInterfacesMessage" => {
            let envelope = parse("AttachInstanceNetworkInterfacesMessage", body)?;
            identified("AttachInstanceNetworkInterfacesMessage", &envelope)?;
            FromServer::AttachInstanceInterfaces(envelope)
        }
        "ExecuteCommandMessage" => {
            FromServer::ExecuteCommand(parse("ExecuteCommandMessage", body)?)
        }
        "FetchImagesMessage" => {
            let message: FetchImages = parse("FetchImagesMessage", body)?;
            let is_too_much = |order: &ImageOrder| order.containers.len() > MAX_CONTAINERS;
            if message.orders.len() > MOST_ORDERS || message.orders.iter().any(is_too_much) {
                return Err(ProtocolError::TooMuch("FetchImagesMessage"));
            }
            FromServer::FetchImages(message)
        }
        "StageUpdateMessage" => FromServer::Update(parse("StageUpdateMessage", body)?),
        "PerformUpdateMessage" => FromServer::Update(parse("PerformUpdateMessage", body)?),
        "CloseMessage" | "ErrorMessage" => FromServer::Notice(body.chars().take(512).collect()),
        other => FromServer::Unknown(other.to_owned()),
    })
}

fn parse<'a, T: Deserialize<'a>>(kind: &'static str, body: &'a str) -> Result<T, ProtocolError> {
    serde_json::from_str(body).map_err(|source| ProtocolError::Message { kind, source })
}

fn identified(kind: &'static str, envelope: &Envelope) -> Result<(), ProtocolError> {
    for (member, value) in [
        ("messageId", &envelope.message_id),
        ("clusterArn", &envelope.cluster_arn),
        ("containerInstanceArn", &envelope.container_instance_arn),
    ] {
        if value.is_empty() {
            return Err(ProtocolError::Missing { kind, member });
        }
    }
    Ok(())
}

/// `AckRequest`
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    pub cluster: String,
    pub container_instance: String,
    pub message_id: String,
}

/// `NackRequest`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nack<'a> {
    pub cluster: &'a str,
    pub container_instance: &'a str,
    pub message_id: &'a str,
    pub reason: &'a str,
}

/// `HeartbeatAckRequest`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatAck<'a> {
    pub message_id: &'a str,
}

/// `IAMRoleCredentialsAckRequest`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsAck<'a> {
    pub message_id: &'a str,
    pub credentials_id: &'a str,
    pub expiration: &'a str,
}

/// `TaskStopVerificationMessage`: tasks that run here and that the manifest does not name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StopCandidates<'a> {
    pub message_id: &'a str,
    pub stop_candidates: Vec<ManifestTask>,
}

/// `FetchImagesStateChange`: how far the orders are about which there is something to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FetchedImages {
    pub states: Vec<FetchedState>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchedState {
    pub deployment: String,
    /// `FETCHED` or `FAILED`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_type() {
        let check = |text: &str, want: fn(&FromServer) -> bool| {
            let got = decode(text).unwrap();
            assert!(want(&got), "{got:?}");
        };
        check(
            r#"{"type":"PayloadMessage","message":{"messageId":"m","clusterArn":"c","containerInstanceArn":"i","seqNum":3,"tasks":[{"arn":1}],"new":{}}}"#,
            |m| matches!(m, FromServer::Payload(p) if p.tasks.len() == 1 && p.seq_num == Some(3)),
        );
        check(
            r#"{"type":"HeartbeatMessage","message":{"messageId":"m","healthy":true}}"#,
            |m| matches!(m, FromServer::Heartbeat(h) if h.message_id == "m"),
        );
        check(
            r#"{"type":"TaskManifestMessage","message":{"messageId":"m","timeline":9,"tasks":null}}"#,
            |m| matches!(m, FromServer::Manifest(m) if m.timeline == 9 && m.tasks.is_empty()),
        );
        check(
            r#"{"type":"FetchImagesMessage","message":{"messageId":"m","orders":[{"deployment":"1","serviceArn":"s","launchType":"EC2","within":60,"containers":[{"name":"a","image":"i"}]}]}}"#,
            |m| matches!(m, FromServer::FetchImages(m) if m.orders[0].containers[0].image == "i"),
        );
        check(r#"{"type":"Novelty","message":[1]}"#, |m| {
            matches!(m, FromServer::Unknown(_))
        });
        check(
            r#"{"type":"CloseMessage","message":{"message":"x"}}"#,
            |m| matches!(m, FromServer::Notice(_)),
        );
    }

    #[test]
    fn refuses_what_lacks_its_ids() {
        for text in [
            "",
            "[]",
            r#"{"type":"PayloadMessage"}"#,
            r#"{"type":"PayloadMessage","message":{"messageId":"m","clusterArn":"c"}}"#,
            r#"{"type":"TaskManifestMessage","message":{"messageId":"m"}}"#,
            r#"{"type":"IAMRoleCredentialsMessage","message":{"messageId":"m","taskArn":"t","roleType":"Other","roleCredentials":{}}}"#,
            r#"{"type":"AttachTaskNetworkInterfacesMessage","message":{"messageId":"m","clusterArn":"c","containerInstanceArn":"i","taskArn":"t","waitTimeoutMs":0,"elasticNetworkInterfaces":[]}}"#,
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
