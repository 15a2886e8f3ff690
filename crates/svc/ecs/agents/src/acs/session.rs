//! One ACS connection: tells an agent what should run on its host.
//!
//! Inputs: the view's signal for the host, the agent's frames, time. Invariants:
//! - what was told and not acknowledged is told again after [`crate::Config::resend`];
//! - every message has a number above all that any earlier connection of the instance used: the
//!   connect itself is a write, and its revision is the upper part of the number, so numbers rise
//!   across restarts and, because a restore raises revisions, across restores too;
//! - a task the agent has and nobody wants is stopped only after the agent was asked (manifest,
//!   stop verification).

mod ahead;
mod definitions;
mod keys;
mod manifest;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error as SocketError, Message},
};
use wharf_api_ecs::TaskDefinition;
use wharf_base::{Permit, Timestamp, ids};
use wharf_records::ecs::{Desired, Instance, Status, Task};
use wharf_service::transact_at;

use ahead::SentAhead;
use manifest::SentManifest;

use super::{
    Ticket, closing,
    credentials::{self, REFRESH_BEFORE, RoleType},
    hub::Seen,
    message::{self, Incoming, frame},
    payload::{self, Extras},
};
use crate::{
    Agents,
    own_node::EXEC_CAPABILITY,
    state::ChangeError,
    task::plan::{ends_by, told},
    view::Held,
};

/// A connection is ended after this long, as the published service does.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);
/// A frame that cannot be sent for so long ends the connection.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often unacknowledged messages and ending keys are looked for.
const TICK: Duration = Duration::from_secs(1);
/// Heartbeats that may stay unanswered by an agent that promised to answer them.
const MISSED_HEARTBEATS: u32 = 3;
/// A host that answered the manifest and did not name a task within this time does not run it.
const CONFIRMATION: Duration = Duration::from_secs(30);
/// How long the agent waits for an interface to appear on the host.
const ATTACH_TIMEOUT_MS: i64 = 300_000;

const PERMIT: Permit = Permit::for_controller("ecs-acs");

pub async fn serve<S>(
    agents: Arc<Agents>,
    ticket: Ticket,
    socket: WebSocketStream<S>,
) -> Result<(), ChangeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    // Dropped after the seat, whichever way this ends.
    let reachable = Reachable {
        agents: &agents,
        ticket: &ticket,
    };
    let mut seat = agents.hub.connect(&ticket.instance);
    reachable.note();
    let base = match announce(&agents, &ticket).await? {
        Some(revision) => revision,
        None => return Ok(()),
    };
    tracing::info!(instance = ticket.instance, "an agent connected");
    let session = Session::new(&agents, &ticket, base);
    let frames = seat.frames.take();
    let ended = session.run(socket, seat.replaced.clone(), frames).await;
    drop(seat);
    // From now on the instance's silence is counted.
    agents.wake_instance(ticket.key.clone());
    match ended {
        Ok(()) => tracing::info!(instance = ticket.instance, "an agent's connection ended"),
        Err(End::Change(error)) => return Err(error),
        Err(End::Socket(error)) => {
            tracing::info!(instance = ticket.instance, %error, "an agent's connection broke");
        }
    }
    Ok(())
}

/// Placement knows of the connection while this lives: a host without one ranks last.
struct Reachable<'a> {
    agents: &'a Agents,
    ticket: &'a Ticket,
}

impl Reachable<'_> {
    /// Another connection may have taken this one's place, so what counts is looked up.
    fn note(&self) {
        let Ticket { instance, host, .. } = self.ticket;
        self.agents.state.hosts.write(|machines| {
            let reachable = self.agents.hub.presence(instance) == Seen::Connected;
            machines.set_reachable(host, reachable);
        });
    }
}

impl Drop for Reachable<'_> {
    fn drop(&mut self) {
        self.note();
    }
}

/// Writes that the agent is there. The revision of this write begins the session's numbers. `None`
/// if the instance went away meanwhile.
async fn announce(agents: &Agents, ticket: &Ticket) -> Result<Option<u64>, ChangeError> {
    let ((), revision) = transact_at!(agents.state.table, &PERMIT, |tx| {
        let Some(mut instance) = tx.find::<Instance>(&ticket.key).await? else {
            return Ok(None);
        };
        instance.agent_connected = true;
        instance.disconnected_at = None;
        instance.lost = false;
        instance.version += 1;
        let told = |name: &str| {
            ticket
                .query
                .get(name)
                .filter(|text| text.len() <= 255)
                .cloned()
        };
        if let Some(version) = told("agentVersion") {
            instance.agent_version = version;
        }
        if let Some(hash) = told("agentHash") {
            instance.agent_hash = hash;
        }
        if let Some(docker) = told("dockerVersion") {
            instance.docker_version = docker;
        }
        tx.put(&ticket.key, &instance);
    });
    Ok(Some(revision))
}

/// Why a session ended before its time.
enum End {
    Socket(SocketError),
    Change(ChangeError),
}

impl From<SocketError> for End {
    fn from(error: SocketError) -> Self {
        Self::Socket(error)
    }
}

impl From<ChangeError> for End {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

/// What the agent was told of a task.
#[derive(Debug)]
struct Told {
    desired: Desired,
    message_id: String,
    at: Instant,
    acknowledged: bool,
}

struct Session<'a> {
    agents: &'a Agents,
    ticket: &'a Ticket,
    cluster_arn: String,
    /// Upper part of the numbers.
    base: u64,
    used: u16,
    told: BTreeMap<String, Told>,
    manifest: Option<SentManifest>,
    /// When the keys the agent holds end.
    keys: BTreeMap<(String, RoleType), Timestamp>,
    definitions: HashMap<String, Arc<TaskDefinition>>,
    /// What it is to fetch ahead.
    ahead: SentAhead,
    unanswered: u32,
    /// Frames to send, in order.
    outbox: Vec<String>,
}

impl<'a> Session<'a> {
    fn new(agents: &'a Agents, ticket: &'a Ticket, base: u64) -> Self {
        let cluster = crate::names::long_arn(&ticket.instance).map(|(_, cluster, _)| cluster);
        Self {
            agents,
            ticket,
            cluster_arn: cluster
                .map(|name| ticket.place.cluster(name))
                .unwrap_or_default(),
            base,
            used: 0,
            told: BTreeMap::new(),
            manifest: None,
            keys: BTreeMap::new(),
            definitions: HashMap::new(),
            ahead: SentAhead::default(),
            unanswered: 0,
            outbox: Vec::new(),
        }
    }

    async fn run<S>(
        mut self,
        mut socket: WebSocketStream<S>,
        replaced: tokio_util::sync::CancellationToken,
        mut frames: Option<mpsc::Receiver<String>>,
    ) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let config = &self.agents.config;
        let mut signal = self.agents.state.view.follow_host(&self.ticket.host);
        let mut ahead = self.agents.state.ahead.follow(&self.ticket.host);
        let mut heartbeat = interval(config.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ping = interval(config.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let expires = heard + MAX_AGE;
        self.agents.state.up_to_date().await;
        self.sync().await?;
        self.send_manifest();
        self.sync_ahead().await?;
        let reason = loop {
            for text in std::mem::take(&mut self.outbox) {
                send(&mut socket, Message::text(text)).await?;
            }
            tokio::select! {
                incoming = socket.next() => {
                    heard = Instant::now();
                    match incoming {
                    Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                    // Some agents' libraries frame text as binary.
                    Some(Ok(Message::Binary(bytes))) => {
                        if let Ok(text) = std::str::from_utf8(&bytes) {
                            self.hear(text).await?;
                        }
                    }
                    Some(Ok(Message::Close(_))) => {
                        closing::answer(&mut socket).await;
                        return Ok(());
                    }
                    None => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    }
                }
                changed = signal.changed() => {
                    if changed.is_err() {
                        // The view was rebuilt: take the new signal.
                        signal = self.agents.state.view.follow_host(&self.ticket.host);
                    }
                    self.sync().await?;
                }
                Ok(()) = ahead.changed() => self.sync_ahead().await?,
                Some(text) = next_frame(&mut frames) => self.outbox.push(text),
                _ = heartbeat.tick() => self.beat()?,
                _ = tick.tick() => self.tick().await?,
                _ = ping.tick() => send(&mut socket, Message::Ping(Default::default())).await?,
                () = tokio::time::sleep_until(heard + config.silence) => return Err(silent()),
                () = replaced.cancelled() => break closing::REPLACED,
                () = tokio::time::sleep_until(expires) => break closing::EXPIRED,
            }
            if self.unanswered > MISSED_HEARTBEATS {
                break closing::SILENT;
            }
            if self.used > u16::MAX / 2 {
                break closing::EXPIRED;
            }
        };
        // The one text of this message that agents know.
        let close = message::Close {
            message: closing::EXPIRED,
        };
        send(&mut socket, Message::text(frame("CloseMessage", &close))).await?;
        closing::end(&mut socket, reason).await;
        Ok(())
    }

    /// The next message number; the agent drops a manifest whose number is not above all before.
    fn number(&mut self) -> i64 {
        self.used += 1;
        i64::try_from((self.base << 16) | u64::from(self.used)).unwrap_or(i64::MAX)
    }

    fn beat(&mut self) -> Result<(), End> {
        let acknowledges = self
            .ticket
            .query
            .get("protocolVersion")
            .is_some_and(|v| v == "2");
        if acknowledges {
            self.unanswered += 1;
        }
        let heartbeat = message::Heartbeat {
            message_id: Some(ids::uuid()),
            healthy: true,
        };
        self.outbox.push(frame("HeartbeatMessage", &heartbeat));
        Ok(())
    }

    /// Tells the agent what it does not know yet, or did not acknowledge in time.
    async fn sync(&mut self) -> Result<(), ChangeError> {
        let tasks: Vec<Held<Task>> = self.agents.state.view.read(&self.ticket.place, |region| {
            region.tasks_on(&self.ticket.host).cloned().collect()
        });
        let wanted: Vec<_> = tasks
            .iter()
            .filter(|task| payload::is_wanted(task))
            .collect();
        let arns: HashSet<&str> = wanted.iter().map(|task| task.arn.as_str()).collect();
        self.told.retain(|arn, _| arns.contains(arn.as_str()));
        self.keys.retain(|(arn, _), _| arns.contains(arn.as_str()));
        let hub = &self.agents.hub;
        // Of what this connection has told it knows itself.
        let is_new = |arn: &str| !self.told.contains_key(arn);
        let instance = &self.ticket.instance;
        let known = hub.acknowledged(instance, |arn| arns.contains(arn), is_new);
        for task in wanted {
            if self.has_to_be_told(task, known.get(&task.arn).copied()) {
                self.tell(task).await?;
            } else if !self.told.contains_key(&task.arn) {
                // The agent knows it since before this connection; its keys are renewed.
                let told = Told {
                    desired: told(task),
                    message_id: String::new(),
                    at: Instant::now(),
                    acknowledged: true,
                };
                self.told.insert(task.arn.clone(), told);
                self.renew_keys(task).await?;
            }
        }
        Ok(())
    }

    /// `known` is what the agent acknowledged on this connection or an earlier one.
    fn has_to_be_told(&self, task: &Task, known: Option<Desired>) -> bool {
        let desired = told(task);
        match self.told.get(&task.arn) {
            None if known == Some(desired) => false,
            None => task.last < Status::Running || desired == Desired::Stopped,
            Some(told) => {
                let late = told.at.elapsed() >= self.agents.config.resend;
                told.desired != desired || (!told.acknowledged && late)
            }
        }
    }

    async fn tell(&mut self, task: &Task) -> Result<(), ChangeError> {
        let Some(definition) = self.definition(task).await? else {
            return Ok(());
        };
        let mut extras = Extras {
            server: self.ticket.server.clone(),
            of_another_make: self.ticket.of_another_make,
            execute_command: self.serves_exec(),
            // A span of time, as clocks may differ.
            stop_within: ends_by(task).map(|at| at.since(self.agents.state.now()).as_secs()),
            high_resolution: Some(self.agents.config.high_resolution),
            ..Extras::default()
        };
        if told(task) == Desired::Running {
            for kind in RoleType::ALL {
                let Some(role) = credentials::role(task, &definition, kind) else {
                    continue;
                };
                let Some(made) = self.mint(task, &role, kind).await? else {
                    return Ok(());
                };
                match kind {
                    RoleType::Application => extras.role_credentials = Some(made),
                    RoleType::Execution => extras.execution_role_credentials = Some(made),
                }
            }
            self.attach(task);
        }
        let message_id = ids::uuid();
        let number = self.number();
        let payload = message::Payload {
            message_id: message_id.clone(),
            cluster_arn: self.cluster_arn.clone(),
            container_instance_arn: self.ticket.instance.clone(),
            generated_at: self.agents.state.now().millis(),
            seq_num: number,
            timeline: number,
            tasks: vec![payload::task(task, &definition, extras)],
        };
        self.outbox.push(frame("PayloadMessage", &payload));
        let told = Told {
            desired: told(task),
            message_id,
            at: Instant::now(),
            acknowledged: false,
        };
        self.told.insert(task.arn.clone(), told);
        Ok(())
    }

    /// Whether the agent serves sessions as ours does; others are not told of them.
    fn serves_exec(&self) -> bool {
        self.says(EXEC_CAPABILITY)
    }

    fn says(&self, attribute: &str) -> bool {
        self.agents.state.view.read(&self.ticket.place, |region| {
            let instance = region.instance_by_arn(&self.ticket.instance);
            instance.is_some_and(|one| one.attributes.contains_key(attribute))
        })
    }

    /// Announces the task's interface before the task itself, as agents expect that expect it at
    /// all.
    fn attach(&mut self, task: &Task) {
        let Some(interface) = payload::interface(task) else {
            return;
        };
        let attach = message::AttachInterfaces {
            message_id: ids::uuid(),
            cluster_arn: self.cluster_arn.clone(),
            container_instance_arn: self.ticket.instance.clone(),
            generated_at: self.agents.state.now().millis(),
            task_arn: task.arn.clone(),
            task_cluster_arn: task.cluster_arn.clone(),
            wait_timeout_ms: ATTACH_TIMEOUT_MS,
            elastic_network_interfaces: vec![interface],
        };
        self.outbox
            .push(frame("AttachTaskNetworkInterfacesMessage", &attach));
    }

    async fn hear(&mut self, text: &str) -> Result<(), ChangeError> {
        let Ok(incoming) = serde_json::from_str::<Incoming>(text) else {
            tracing::debug!(
                instance = self.ticket.instance,
                "a frame that is no message"
            );
            return Ok(());
        };
        match incoming.r#type.as_str() {
            "AckRequest" => {
                if let Ok(ack) = serde_json::from_value::<message::Ack>(incoming.message) {
                    self.acknowledged(&ack.message_id);
                }
            }
            "HeartbeatAckRequest" => self.unanswered = 0,
            "TaskStopVerificationMessage" => {
                if let Ok(asked) = serde_json::from_value(incoming.message) {
                    self.verify_stop(asked).await;
                }
            }
            "FetchImagesStateChange" => {
                if let Ok(told) = serde_json::from_value(incoming.message) {
                    self.fetched(told);
                }
            }
            "NackRequest" => {
                tracing::warn!(
                    instance = self.ticket.instance,
                    "an agent failed to process a message and refused it"
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn acknowledged(&mut self, message_id: &str) {
        let mut told = self.told.iter_mut();
        if let Some((arn, told)) = told.find(|(_, told)| told.message_id == message_id) {
            told.acknowledged = true;
            self.agents
                .hub
                .acknowledge(&self.ticket.instance, arn, told.desired);
        }
        if let Some(manifest) = &mut self.manifest
            && manifest.message_id == message_id
        {
            manifest.acknowledged.get_or_insert_with(Instant::now);
        }
    }

    /// What time alone brings: resending, renewing, confirming.
    async fn tick(&mut self) -> Result<(), ChangeError> {
        self.sync().await?;
        self.sync_ahead().await?;
        if let Some(manifest) = &self.manifest {
            let late = manifest.at.elapsed() >= self.agents.config.resend;
            match manifest.acknowledged {
                None if late => self.send_manifest(),
                Some(at) if at.elapsed() >= CONFIRMATION => self.confirm_absent().await?,
                _ => {}
            }
        }
        let soon = self.agents.state.now() + REFRESH_BEFORE;
        let ending: Vec<String> = self
            .keys
            .iter()
            .filter(|(_, expires)| **expires <= soon)
            .map(|((arn, _), _)| arn.clone())
            .collect();
        for arn in ending {
            let task = self.agents.state.view.read(&self.ticket.place, |region| {
                region
                    .tasks_on(&self.ticket.host)
                    .find(|task| task.arn == arn)
                    .cloned()
            });
            if let Some(task) = task.filter(|task| payload::is_to_run(task)) {
                self.renew_keys(&task).await?;
            }
        }
        Ok(())
    }
}

/// What others have to say to the agent.
async fn next_frame(frames: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match frames {
        Some(frames) => frames.recv().await,
        None => None,
    }
}

async fn send<S>(socket: &mut WebSocketStream<S>, message: Message) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    match timeout(WRITE_TIMEOUT, socket.send(message)).await {
        Ok(sent) => Ok(sent?),
        Err(_) => Err(silent()),
    }
}

fn silent() -> End {
    SocketError::Io(std::io::ErrorKind::TimedOut.into()).into()
}
