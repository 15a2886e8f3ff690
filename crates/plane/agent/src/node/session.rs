//! The session with the control plane: registration, endpoints, the ACS websocket (§1, §2).
//!
//! Input: what the server sends. Output: [`Command`]s to the node's loop and acknowledgements,
//! which leave only when what they acknowledge is durable. A lost connection changes nothing about
//! the tasks; it is opened again for as long as the node lives.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::FuturesUnordered,
};
use rand::Rng;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_wire::fault::Chain;

use super::{
    NodeError,
    ahead::ImagesAhead,
    core::ManifestVerdict,
    credentials::CredentialStore,
    reach::{News, Reach},
    register::{self, EndpointCache, Host},
    reports::Reporter,
    run::Command,
};
use crate::{
    client::{
        Api,
        websocket::{Socket, SocketError, query},
    },
    exec::ExecServer,
    protocol::{
        acs::{
            self, Ack, AttachTaskInterfaces, CredentialsAck, CredentialsMessage, FromServer,
            HeartbeatAck, Manifest, Nack, PayloadMessage, StopCandidates,
        },
        frame,
        payload::{self, RoleCredentials, Task},
    },
};

/// Without a message for this long (and up to as long again, by chance) the socket is dead (§2).
const IDLE: Duration = Duration::from_secs(60);
/// The server normally ends a connection at half an hour; five minutes later the agent does.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);
const MAX_AGE_SLACK: Duration = Duration::from_secs(5 * 60);
/// A connection that lasted less is no reason to come back at once.
const SETTLED: Duration = Duration::from_secs(1);
/// How long an inactive instance waits before it asks again.
const INACTIVE_WAIT: Duration = Duration::from_secs(60 * 60);

/// What the agent calls itself. Servers show it; none may depend on it.
pub const AGENT_VERSION: &str = "1.105.0";
pub const AGENT_HASH: &str = concat!("wharf-", env!("CARGO_PKG_VERSION"));
const ENGINE_VERSION: &str = "DockerVersion: 25.0.6";

/// Everything a session works with.
pub struct Session {
    pub api: Api,
    pub cluster: String,
    pub host: Host,
    pub endpoints: EndpointCache,
    /// From an earlier life of this node.
    pub container_instance: Option<String>,
    /// The instance id, for the planes of this host.
    pub instance: watch::Sender<Option<String>>,
    pub credentials: CredentialStore,
    pub commands: mpsc::Sender<Command>,
    pub reporter: Reporter,
    pub exec: ExecServer,
    pub ahead: ImagesAhead,
    pub connected: watch::Sender<bool>,
    /// Where telemetry goes, once known.
    pub telemetry: watch::Sender<Option<TelemetryTarget>>,
    pub shutdown: CancellationToken,
}

/// Where and as whom metrics are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryTarget {
    pub endpoint: String,
    pub cluster: String,
    pub container_instance: String,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error(transparent)]
    Socket(SocketError),
    #[error("the connection was open for its time")]
    Expired,
    #[error("nothing was heard of the control plane")]
    Idle,
    #[error("the node's loop has ended")]
    NodeGone,
}

impl End {
    /// Whether the control plane, or the way to it, is gone: not where a connection had its time and the next one follows,
    /// nor where the control plane knows this instance no more.
    fn is_loss(&self, settled: bool) -> bool {
        match self {
            Self::Idle => true,
            Self::Expired | Self::NodeGone => false,
            Self::Socket(SocketError::Closed(1000 | 1001)) => !settled,
            Self::Socket(SocketError::Refused { exception, .. }) => !matches!(
                exception.as_str(),
                "InactiveInstanceException" | "InvalidInstanceException"
            ),
            Self::Socket(_) => true,
        }
    }
}

impl Session {
    /// Runs until shutdown.
    ///
    /// # Errors
    /// The control plane refuses this node for good.
    pub async fn run(&mut self) -> Result<(), NodeError> {
        let shutdown = self.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            ended = self.keep_connected() => ended,
        }
    }

    async fn keep_connected(&mut self) -> Result<(), NodeError> {
        // On this machine a try costs nothing; across a network many nodes must not hammer.
        let most = if self.api.endpoint().is_loopback() {
            1
        } else {
            120
        };
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(most), 1.5);
        let mut registered: Option<String> = None;
        let mut send_credentials = true;
        let mut reach = Reach::default();
        loop {
            let instance = match &registered {
                Some(arn) => arn.clone(),
                None => {
                    let arn = self.register().await?;
                    registered = Some(arn.clone());
                    arn
                }
            };
            let began = Instant::now();
            let ended = self
                .connect_once(&instance, &mut send_credentials, &mut reach)
                .await;
            self.connected.send_replace(false);
            let at_once = began.elapsed() >= SETTLED;
            if ended.is_loss(at_once) {
                tell_loss(&mut reach, &instance, &ended);
            }
            match ended {
                End::NodeGone => return Ok(()),
                End::Socket(SocketError::Refused { exception, .. })
                    if exception == "InactiveInstanceException" =>
                {
                    tracing::warn!(
                        "this container instance was deregistered; no more tasks for now"
                    );
                    self.telemetry.send_replace(None);
                    sleep(INACTIVE_WAIT).await;
                    registered = None;
                }
                End::Socket(SocketError::Refused { exception, .. })
                    if exception == "InvalidInstanceException" =>
                {
                    registered = None;
                    sleep(backoff.wait()).await;
                }
                End::Expired
                | End::Idle
                | End::Socket(SocketError::Closed(1000 | 1001 | 1006 | 1011))
                    if at_once =>
                {
                    backoff.reset();
                }
                End::Socket(_) | End::Expired | End::Idle => sleep(backoff.wait()).await,
            }
        }
    }

    /// Registers, under the ARN of an earlier life if there was one and it is still good.
    async fn register(&mut self) -> Result<String, NodeError> {
        let stored = self.container_instance.clone();
        let registered = match register::register(
            &self.api,
            &self.cluster,
            &self.host,
            stored.as_deref(),
        )
        .await
        {
            Err(NodeError::Refused(fault)) if stored.is_some() => {
                tracing::warn!(%fault, "the control plane no longer knows this instance; registering again");
                register::register(&self.api, &self.cluster, &self.host, None).await?
            }
            other => other?,
        };
        let arn = registered.arn;
        self.container_instance = Some(arn.clone());
        self.instance.send_replace(registered.ec2_instance);
        let told = self
            .commands
            .send(Command::Registered { arn: arn.clone() })
            .await;
        told.map(|()| arn).map_err(|_| NodeError::Ended)
    }

    async fn connect_once(
        &mut self,
        instance: &str,
        send_credentials: &mut bool,
        reach: &mut Reach,
    ) -> End {
        let mut socket = match self.open(instance, *send_credentials).await {
            Ok(socket) => socket,
            Err(error) => {
                self.endpoints.doubt();
                return End::Socket(error);
            }
        };
        *send_credentials = false;
        match reach.is_there(Instant::now()) {
            Some(away) => tracing::info!(instance, ?away, "connected to the control plane again"),
            None => tracing::info!(instance, "connected to the control plane"),
        }
        self.connected.send_replace(true);
        let end = self.converse(&mut socket, instance).await;
        if matches!(end, End::Expired | End::NodeGone) {
            socket
                .close("ConnectionExpired: Reconnect to continue")
                .await;
        }
        end
    }

    async fn open(
        &mut self,
        instance: &str,
        send_credentials: bool,
    ) -> Result<Socket, SocketError> {
        let found = self
            .endpoints
            .get(&self.api, &self.cluster, instance)
            .await?;
        self.telemetry.send_replace(Some(TelemetryTarget {
            endpoint: found.telemetry.clone(),
            cluster: self.cluster.clone(),
            container_instance: instance.to_owned(),
        }));
        let endpoint = register::endpoint(&found.acs)?;
        let query = query(&[
            ("agentHash", AGENT_HASH),
            ("agentVersion", AGENT_VERSION),
            ("clusterArn", &self.cluster),
            ("containerInstanceArn", instance),
            ("dockerVersion", ENGINE_VERSION),
            ("protocolVersion", "2"),
            (
                "sendCredentials",
                if send_credentials { "true" } else { "false" },
            ),
            ("seqNum", "1"),
        ]);
        Socket::open(&self.api, &endpoint, &query).await
    }

    async fn converse(&self, socket: &mut Socket, instance: &str) -> End {
        let chance = |most: Duration| most.mul_f64(rand::rng().random_range(0.0..=1.0));
        let expires = Instant::now() + MAX_AGE + chance(MAX_AGE_SLACK);
        let idle = IDLE + chance(IDLE);
        let mut heard = Instant::now();
        let mut answers: FuturesUnordered<BoxFuture<'_, Vec<String>>> = FuturesUnordered::new();
        let mut ahead = self.ahead.states();
        loop {
            let frames = tokio::select! {
                received = socket.receive() => match received {
                    Err(error) => return End::Socket(error),
                    Ok(text) => {
                        heard = Instant::now();
                        answers.push(self.handle(text, instance).boxed());
                        continue;
                    }
                },
                Some(frames) = answers.next(), if !answers.is_empty() => frames,
                Ok(()) = ahead.changed() => {
                    let states = ahead.borrow_and_update().clone();
                    if states.states.is_empty() {
                        continue;
                    }
                    vec![frame("FetchImagesStateChange", &states)]
                }
                () = sleep_until(expires) => return End::Expired,
                () = sleep_until(heard + idle) => return End::Idle,
                () = self.commands.closed() => return End::NodeGone,
            };
            for frame in frames {
                if let Err(error) = socket.send(frame).await {
                    return End::Socket(error);
                }
            }
        }
    }

    /// One message; the frames to answer with, once it is safe to.
    async fn handle(&self, text: String, instance: &str) -> Vec<String> {
        let message = match acs::decode(&text) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to decode a message"
                );
                return Vec::new();
            }
        };
        match message {
            FromServer::Payload(payload) => self.payload(payload).await.unwrap_or_default(),
            FromServer::Heartbeat(beat) => {
                vec![frame(
                    "HeartbeatAckRequest",
                    &HeartbeatAck {
                        message_id: &beat.message_id,
                    },
                )]
            }
            FromServer::Credentials(message) => vec![self.credentials(message)],
            FromServer::Manifest(manifest) => self.manifest(manifest, instance).await,
            FromServer::StopVerified(verified) => {
                let _ = self.commands.send(Command::StopVerified(verified)).await;
                Vec::new()
            }
            FromServer::AttachTaskInterfaces(message) => vec![self.interfaces(&message)],
            FromServer::ExecuteCommand(order) => {
                self.exec.begin(order);
                Vec::new()
            }
            FromServer::FetchImages(message) => {
                self.ahead.want(message.orders);
                Vec::new()
            }
            FromServer::AttachInstanceInterfaces(envelope) => vec![ack(&envelope)],
            FromServer::Update(envelope) => vec![frame(
                "NackRequest",
                &Nack {
                    cluster: &envelope.cluster_arn,
                    container_instance: &envelope.container_instance_arn,
                    message_id: &envelope.message_id,
                    reason: "Updates are disabled",
                },
            )],
            FromServer::Notice(text) => {
                tracing::info!(text, "message from the control plane");
                Vec::new()
            }
            FromServer::Unknown(kind) => {
                tracing::debug!(kind, "a message of a type unknown here is ignored");
                Vec::new()
            }
        }
    }

    /// Acknowledged only if every task was taken on and is durable; `None` if not.
    async fn payload(&self, message: PayloadMessage) -> Option<Vec<String>> {
        let mut tasks: Vec<Task> = Vec::with_capacity(message.tasks.len());
        let mut answers = vec![ack(&message.envelope)];
        let mut whole = true;
        for raw in &message.tasks {
            match payload::read_task(raw.get()) {
                Ok(task) => {
                    let both = [&task.role_credentials, &task.execution_role_credentials];
                    for credentials in both.into_iter().flatten() {
                        self.credentials.put(credentials.clone());
                        answers.push(credentials_ack(&message.envelope.message_id, credentials));
                    }
                    tasks.push(task);
                }
                Err(error) => {
                    whole = false;
                    self.unreadable(raw.get(), &error);
                }
            }
        }
        let (reply, accepted) = oneshot::channel();
        let command = Command::Payload {
            tasks,
            sequence: message.seq_num,
            reply,
        };
        self.commands.send(command).await.ok()?;
        let all = accepted.await.unwrap_or(false);
        (whole && all).then_some(answers)
    }

    /// Tells that a task cannot be read, if it says at least who it is.
    fn unreadable(&self, raw: &str, error: &payload::BadTask) {
        let names: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(raw).unwrap_or_default();
        let text = |name: &str| {
            names
                .get(name)
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        tracing::warn!(%error, "failed to read a task");
        if payload::task_id(&text("arn")).is_some() {
            let reason = format!("UnrecogniedTaskError: Error loading task - {error}");
            self.reporter
                .reject(text("arn"), text("taskClusterArn"), reason);
        }
    }

    fn credentials(&self, message: CredentialsMessage) -> String {
        let answer = credentials_ack(&message.message_id, &message.role_credentials);
        self.credentials.put(message.role_credentials);
        answer
    }

    async fn manifest(&self, manifest: Manifest, instance: &str) -> Vec<String> {
        let message_id = manifest.message_id.clone();
        let or = |given: &str, own: &str| if given.is_empty() { own } else { given }.to_owned();
        let acknowledged = Ack {
            cluster: or(&manifest.cluster_arn, &self.cluster),
            container_instance: or(&manifest.container_instance_arn, instance),
            message_id: message_id.clone(),
        };
        let (reply, verdict) = oneshot::channel();
        if self
            .commands
            .send(Command::Manifest { manifest, reply })
            .await
            .is_err()
        {
            return Vec::new();
        }
        let Ok(ManifestVerdict::Accepted(candidates)) = verdict.await else {
            return Vec::new();
        };
        let mut answers = vec![frame("AckRequest", &acknowledged)];
        if !candidates.is_empty() {
            let message = StopCandidates {
                message_id: &message_id,
                stop_candidates: candidates,
            };
            answers.push(frame("TaskStopVerificationMessage", &message));
        }
        answers
    }

    fn interfaces(&self, message: &AttachTaskInterfaces) -> String {
        for interface in &message.elastic_network_interfaces {
            let cluster = &message.envelope.cluster_arn;
            self.reporter
                .attached(&message.task_arn, cluster, &interface.attachment_arn);
        }
        ack(&message.envelope)
    }
}

/// Once for each loss; what fails until it is back is for who looks closer, unless it fails otherwise.
fn tell_loss(reach: &mut Reach, instance: &str, ended: &End) {
    let error = Chain(ended).to_string();
    match reach.fails(error.clone(), Instant::now()) {
        News::Lost => tracing::warn!(
            instance,
            error,
            "lost the control plane; what runs goes on, and it is tried again until it is back"
        ),
        News::OtherReason => {
            tracing::info!(instance, error, "not connected to the control plane");
        }
        News::Nothing => {
            tracing::debug!(instance, error, "not connected to the control plane");
        }
    }
}

fn ack(envelope: &acs::Envelope) -> String {
    frame(
        "AckRequest",
        &Ack {
            cluster: envelope.cluster_arn.clone(),
            container_instance: envelope.container_instance_arn.clone(),
            message_id: envelope.message_id.clone(),
        },
    )
}

fn credentials_ack(message_id: &str, credentials: &RoleCredentials) -> String {
    frame(
        "IAMRoleCredentialsAckRequest",
        &CredentialsAck {
            message_id,
            credentials_id: &credentials.credentials_id,
            expiration: &credentials.expiration,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_had_its_time_is_no_loss() {
        let closed = |code| End::Socket(SocketError::Closed(code));
        let refused = |exception: &str| {
            End::Socket(SocketError::Refused {
                status: 400,
                exception: exception.to_owned(),
            })
        };
        for (ended, settled, is_loss) in [
            (End::Expired, true, false),
            (closed(1000), true, false),
            (closed(1001), true, false),
            // So fast it is no end of a connection's time.
            (closed(1000), false, true),
            (closed(1006), true, true),
            (End::Idle, true, true),
            (refused("AccessDeniedException"), false, true),
            // What this node is asked to do has a line of its own.
            (refused("InactiveInstanceException"), false, false),
            (refused("InvalidInstanceException"), false, false),
            (End::NodeGone, true, false),
        ] {
            assert_eq!(ended.is_loss(settled), is_loss, "{ended}");
        }
    }
}
