//! The agent of a container instance: a host's, which says no more than that the host is there, or that of an instance, which
//! has tasks. Its connection breaks and comes again, and what it reports it repeats until that is taken. A task begins once its
//! host has its volume.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::DuplexStream,
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use wharf_svc_ecs::Channel;
use wharf_wire::Caller;

use crate::world::World;

/// Pause before another try.
const REPEAT: Duration = Duration::from_millis(700);
/// What a task waits for its volume.
const PATIENCE: Duration = Duration::from_secs(120);
/// The exit code of what its machine's end has ended.
const KILLED: i32 = 137;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Starts,
    Runs,
    Ended(i32),
}

/// A task on a machine.
#[derive(Debug, Clone)]
pub struct Run {
    pub stage: Stage,
    pub family: String,
    pub address: Option<String>,
    pub volume: Option<String>,
    /// It has its volume.
    pub mounted: bool,
}

impl Run {
    pub fn is_up(&self) -> bool {
        !matches!(self.stage, Stage::Ended(_))
    }

    /// Its machine ends.
    fn kill(&mut self) {
        if self.is_up() {
            self.stage = Stage::Ended(KILLED);
        }
    }
}

pub type Tasks = Arc<Mutex<BTreeMap<String, Run>>>;

/// Who an agent is, and whether its machine is reached.
#[derive(Clone)]
pub struct Identity {
    pub caller: Caller,
    pub cluster: String,
    pub registration: Value,
    pub reached: watch::Receiver<bool>,
    /// Volumes on its host that something there may have.
    pub attached: watch::Receiver<BTreeSet<String>>,
}

#[derive(Clone)]
pub struct Agent {
    world: Arc<World>,
    is: Identity,
    pub tasks: Tasks,
    /// Once it has registered.
    pub arn: Arc<Mutex<Option<String>>>,
    reports: mpsc::UnboundedSender<Value>,
}

impl Agent {
    /// It and whether its loops go on: they end when the handle is dropped.
    pub fn begin(world: &Arc<World>, is: Identity) -> (Self, tokio::task::JoinSet<()>) {
        let (reports, taken) = mpsc::unbounded_channel();
        let agent = Self {
            world: world.clone(),
            is,
            tasks: Tasks::default(),
            arn: Arc::default(),
            reports,
        };
        let mut loops = tokio::task::JoinSet::new();
        loops.spawn(agent.clone().live());
        loops.spawn(agent.clone().report(taken));
        (agent, loops)
    }

    async fn call(&self, operation: &str, input: &Value) -> Result<Value, wharf_wire::Fault> {
        let cx = self.world.context(self.is.caller.clone());
        self.world.call_as(cx, ("ecs", operation), input).await
    }

    async fn is_reached(&self) {
        let mut reached = self.is.reached.clone();
        let _ = reached.wait_for(|it| *it).await;
    }

    /// Its container instance, registered when it first asks.
    async fn registered(&self) -> String {
        loop {
            if let Some(arn) = self.arn.lock().clone() {
                return arn;
            }
            self.is_reached().await;
            match self
                .call("RegisterContainerInstance", &self.is.registration)
                .await
            {
                Ok(answer) => {
                    let arn = answer["containerInstance"]["containerInstanceArn"].as_str();
                    *self.arn.lock() = arn.map(str::to_owned);
                }
                Err(fault) => {
                    if fault.status < 500 && fault.code != "ServiceUnavailable" {
                        self.world
                            .wrong(format!("an agent may not register: {fault}"));
                        return std::future::pending().await;
                    }
                    sleep(REPEAT).await;
                }
            }
        }
    }

    async fn live(self) {
        // An instance that nobody told of a cluster runs nothing.
        if self.is.cluster.is_empty() {
            return;
        }
        let arn = self.registered().await;
        loop {
            self.is_reached().await;
            let Some(socket) = self.connect(&arn).await else {
                sleep(REPEAT).await;
                continue;
            };
            let breaks = Duration::from_secs(self.world.between(60, 900));
            let mut reached = self.is.reached.clone();
            tokio::select! {
                () = self.talk(socket, &arn) => {}
                _ = reached.wait_for(|it| !*it) => {}
                () = sleep(breaks), if !self.world.is_calm() => {}
            }
            if !self.world.is_calm() {
                sleep(Duration::from_secs(self.world.between(0, 9))).await;
            }
        }
    }

    async fn connect(&self, arn: &str) -> Option<WebSocketStream<DuplexStream>> {
        let query = [
            ("clusterArn", self.is.cluster.as_str()),
            ("containerInstanceArn", arn),
            ("agentVersion", "1.105.0"),
            ("protocolVersion", "2"),
        ];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let server = self.world.server()?;
        let endpoint = server.ecs.endpoint();
        let cx = self.world.context(self.is.caller.clone());
        let admitted = server.unless_ended(endpoint.admit(Channel::Acs, &cx, query.into()));
        let ticket = admitted.await.ok()?.ok()?;
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move {
            let _ = server.unless_ended(endpoint.serve(ticket, theirs)).await;
        });
        Some(WebSocketStream::from_raw_socket(ours, Role::Client, None).await)
    }

    /// Until the connection ends.
    async fn talk(&self, mut socket: WebSocketStream<DuplexStream>, arn: &str) {
        while let Some(Ok(frame)) = socket.next().await {
            let Message::Text(text) = frame else { continue };
            let mut message: Value = serde_json::from_str(text.as_str()).unwrap();
            let kind = message["type"].as_str().unwrap_or_default().to_owned();
            let message = message["message"].take();
            let heard = json!({"type": "AckRequest", "message": {
                "cluster": self.is.cluster, "containerInstance": arn, "messageId": message["messageId"],
            }});
            let mut answers = Vec::new();
            match kind.as_str() {
                "PayloadMessage" => {
                    for task in message["tasks"].as_array().into_iter().flatten() {
                        self.take(task);
                    }
                    answers.push(heard);
                }
                "TaskManifestMessage" => {
                    answers.push(heard);
                    answers.extend(self.doubts(&message));
                }
                "TaskStopVerificationAck" => {
                    for task in message["stopTasks"].as_array().into_iter().flatten() {
                        self.stop(task["taskArn"].as_str().unwrap_or_default());
                    }
                }
                _ => {}
            }
            for answer in answers {
                let sent = socket.send(Message::text(answer.to_string()));
                if sent.await.is_err() {
                    return;
                }
            }
        }
    }

    /// Tasks that run here though the manifest does not have them.
    fn doubts(&self, manifest: &Value) -> Option<Value> {
        let named = manifest["tasks"].as_array().into_iter().flatten();
        let named: Vec<&str> = named.filter_map(|it| it["taskArn"].as_str()).collect();
        let tasks = self.tasks.lock();
        let unnamed = |(arn, run): &(&String, &Run)| run.is_up() && !named.contains(&arn.as_str());
        let doubted = tasks.iter().filter(unnamed);
        let doubted = doubted.map(
            |(arn, _)| json!({"taskArn": arn, "taskClusterArn": null, "desiredStatus": "STOPPED"}),
        );
        let doubted: Vec<Value> = doubted.collect();
        (!doubted.is_empty()).then(|| {
            let asked = json!({"messageId": manifest["messageId"], "stopCandidates": doubted});
            json!({"type": "TaskStopVerificationMessage", "message": asked})
        })
    }

    /// What the server wants of one task.
    fn take(&self, task: &Value) {
        let arn = task["arn"].as_str().unwrap().to_owned();
        if task["desiredStatus"] == "STOPPED" {
            return self.stop(&arn);
        }
        let known = self.tasks.lock().get(&arn).cloned();
        match known.map(|it| it.stage) {
            None => self.start(arn, task),
            // Told again: the report may not have come through.
            Some(Stage::Ended(code)) => self.say_ended(&arn, code),
            Some(_) => {}
        }
    }

    fn start(&self, arn: String, task: &Value) {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let interface = &task["elasticNetworkInterfaces"][0];
        let properties = task["attachments"][0]["attachmentProperties"].as_array();
        let mut properties = properties.into_iter().flatten();
        let volume = properties.find(|it| it["name"] == "volumeId");
        let run = Run {
            stage: Stage::Starts,
            family: text(&task["family"]).unwrap_or_default(),
            address: text(&interface["ipv4Addresses"][0]["privateAddress"]),
            volume: volume.and_then(|it| text(&it["value"])),
            mounted: false,
        };
        let volume = run.volume.clone();
        self.tasks.lock().insert(arn.clone(), run);
        let agent = self.clone();
        tokio::spawn(async move {
            if let Some(volume) = volume
                && !agent.mounts(&arn, &volume).await
            {
                if agent.turn(&arn, Stage::Starts, Stage::Ended(1)) {
                    agent.say_ended(&arn, 1);
                }
                return;
            }
            sleep(Duration::from_millis(agent.world.between(100, 4000))).await;
            if agent.world.chance(2.0) {
                if agent.turn(&arn, Stage::Starts, Stage::Ended(1)) {
                    let why = "CannotPullContainerError: not found";
                    agent.say(
                        &arn,
                        json!({"status": "STOPPED", "containers": [
                        {"containerName": "web", "status": "STOPPED", "reason": why}]}),
                    );
                }
                return;
            }
            if !agent.turn(&arn, Stage::Starts, Stage::Runs) {
                return;
            }
            agent.world.ran.fetch_add(1, Ordering::Relaxed);
            agent.say(
                &arn,
                json!({"status": "RUNNING", "containers": [
                {"containerName": "web", "status": "RUNNING", "runtimeId": "r"}]}),
            );
            if agent.world.chance(3.0) {
                sleep(Duration::from_secs(agent.world.between(20, 600))).await;
                let exits = !agent.world.is_calm();
                if exits && agent.turn(&arn, Stage::Runs, Stage::Ended(1)) {
                    agent.say_ended(&arn, 1);
                }
            }
        });
    }

    /// Whether its host comes to have the volume before the task ends; from then on it is mounted.
    async fn mounts(&self, arn: &str, volume: &str) -> bool {
        let mut attached = self.is.attached.clone();
        let is_here = attached.wait_for(|it| it.contains(volume));
        let Ok(Ok(here)) = timeout(PATIENCE, is_here).await else {
            return false;
        };
        let mut tasks = self.tasks.lock();
        let run = tasks
            .get_mut(arn)
            .filter(|it| it.stage == Stage::Starts && here.contains(volume));
        run.map(|it| it.mounted = true).is_some()
    }

    fn stop(&self, arn: &str) {
        let (agent, arn) = (self.clone(), arn.to_owned());
        tokio::spawn(async move {
            sleep(Duration::from_millis(agent.world.between(10, 3000))).await;
            let code = {
                let mut tasks = agent.tasks.lock();
                let run = tasks.entry(arn.clone()).or_insert_with(|| Run {
                    stage: Stage::Ended(143),
                    family: String::new(),
                    address: None,
                    volume: None,
                    mounted: false,
                });
                let code = match run.stage {
                    Stage::Ended(code) => code,
                    _ => 143,
                };
                run.stage = Stage::Ended(code);
                code
            };
            agent.say_ended(&arn, code);
        });
    }

    /// Its machine ends, and all that runs there.
    pub fn ends(&self) {
        self.tasks.lock().values_mut().for_each(Run::kill);
    }

    /// It begins on the disk of one that ended with its machine: it knows who it was, and says what has become of its tasks.
    pub fn follows(&self, before: &Self) {
        self.arn.lock().clone_from(&before.arn.lock());
        let tasks = before.tasks.lock().clone();
        for (arn, run) in &tasks {
            if run.stage == Stage::Ended(KILLED) {
                self.say_ended(arn, KILLED);
            }
        }
        *self.tasks.lock() = tasks;
    }

    fn turn(&self, arn: &str, from: Stage, to: Stage) -> bool {
        let mut tasks = self.tasks.lock();
        let run = tasks.get_mut(arn).filter(|run| run.stage == from);
        run.map(|it| it.stage = to).is_some()
    }

    fn say_ended(&self, arn: &str, code: i32) {
        self.say(
            arn,
            json!({"status": "STOPPED", "containers": [
            {"containerName": "web", "status": "STOPPED", "exitCode": code}]}),
        );
    }

    fn say(&self, arn: &str, mut change: Value) {
        change["task"] = json!(arn);
        change["cluster"] = json!(self.is.cluster);
        // The machine may have ended.
        let _ = self.reports.send(change);
    }

    /// Reports in their order, each until it is taken or refused for good.
    async fn report(self, mut reports: mpsc::UnboundedReceiver<Value>) {
        while let Some(change) = reports.recv().await {
            loop {
                self.is_reached().await;
                match self.call("SubmitTaskStateChange", &change).await {
                    Err(fault) if fault.status >= 500 => sleep(REPEAT).await,
                    _ => break,
                }
            }
        }
    }

    /// A Spot instance was told that its capacity is taken back; until that is heard.
    pub async fn drain(&self) -> bool {
        let arn = self.arn.lock().clone();
        let Some(arn) = arn.filter(|_| *self.is.reached.borrow()) else {
            return false;
        };
        let input =
            json!({"cluster": self.is.cluster, "containerInstances": [arn], "status": "DRAINING"});
        self.call("UpdateContainerInstancesState", &input)
            .await
            .is_ok()
    }
}
