//! A machine with an agent: containers that run and end, a connection that breaks, and reports that are
//! repeated until they are taken.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rand::{Rng, rngs::SmallRng};
use serde_json::{Value, json};
use tokio::{io::DuplexStream, sync::mpsc, time::sleep};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use wharf_api_ecs::Ecs;
use wharf_svc_ecs::Channel;

use super::{
    Storm,
    report::{self, Report},
    users,
};
use wharf_testkit::ecs::{decode, registration};

/// Pause before another try to connect.
const REPEAT: Duration = Duration::from_millis(500);

/// Exit code of what dies with its machine.
const KILLED: i32 = 137;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Starts,
    Runs,
    Ended(i32),
}

/// A task on a machine.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub stage: Stage,
    /// Its image cannot be pulled: whatever ends it, nothing of it ran.
    cannot_start: bool,
    /// The port of the machine it takes, if its definition names one.
    port: Option<u64>,
}

impl Run {
    pub fn is_up(&self) -> bool {
        self.stage.is_up()
    }

    fn ended(&self, arn: &str, code: i32) -> Report {
        match self.cannot_start {
            true => report::cannot_start(arn),
            false => report::ended(arn, code),
        }
    }
}

pub type Tasks = Arc<Mutex<BTreeMap<String, Run>>>;

pub struct Node {
    storm: Arc<Storm>,
    instance: String,
    tasks: Tasks,
    reports: mpsc::UnboundedSender<Report>,
    random: SmallRng,
}

impl Node {
    /// Registers while nothing goes wrong yet, then lives by itself.
    pub async fn join(storm: &Arc<Storm>, number: usize) {
        let mut registration = registration("default");
        let zone = ["a", "b", "c"][number % 3];
        let attributes = registration["attributes"].as_array_mut().unwrap();
        attributes.retain(|it| it["name"] != "ecs.availability-zone");
        let zone = format!("us-east-1{zone}");
        attributes.push(json!({"name": "ecs.availability-zone", "value": zone}));
        let input = decode("RegisterContainerInstance", registration);
        let call = storm.call();
        let registered = storm.ecs.register_container_instance(&call, input);
        let registered = registered.await.unwrap().container_instance.unwrap();
        let (reports, taken) = mpsc::unbounded_channel();
        tokio::spawn(report::send(storm.clone(), taken));
        let node = Self {
            storm: storm.clone(),
            instance: registered.container_instance_arn.unwrap(),
            tasks: Tasks::default(),
            reports,
            random: storm.random(),
        };
        let mut machines = storm.machines.lock().unwrap();
        machines.insert(node.instance.clone(), node.tasks.clone());
        drop(machines);
        tokio::spawn(node.live());
    }

    async fn live(mut self) {
        loop {
            let Some(socket) = self.connect().await else {
                sleep(REPEAT).await;
                continue;
            };
            let breaks_after = Duration::from_secs(self.random.random_range(20..300));
            let (storm, breaks) = (self.storm.clone(), sleep(breaks_after));
            tokio::select! {
                () = self.talk(socket) => {}
                () = breaks, if !storm.is_calm() => {}
            }
            if !self.storm.is_calm() {
                if self.random.random_bool(0.1) {
                    self.crash();
                }
                sleep(self.away()).await;
            }
        }
    }

    /// Everything on the machine dies; its agent says so once it is heard again.
    fn crash(&mut self) {
        for (arn, run) in self.tasks.lock().unwrap().iter_mut() {
            if run.is_up() {
                run.stage = Stage::Ended(KILLED);
                let _ = self.reports.send(run.ended(arn, KILLED));
            }
        }
    }

    /// Mostly shorter than it takes to give a node up.
    fn away(&mut self) -> Duration {
        let seconds = match self.random.random_bool(0.7) {
            true => self.random.random_range(0..9),
            false => self.random.random_range(25..90),
        };
        Duration::from_secs(seconds)
    }

    async fn connect(&self) -> Option<WebSocketStream<DuplexStream>> {
        let query = [
            ("clusterArn", "default"),
            ("containerInstanceArn", &self.instance),
            ("agentVersion", "1.105.0"),
            ("protocolVersion", "2"),
        ];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let endpoint = self.storm.ecs.endpoint();
        let cx = self.storm.call();
        let ticket = endpoint.admit(Channel::Acs, &cx, query.into()).await.ok()?;
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move { endpoint.serve(ticket, theirs).await });
        Some(WebSocketStream::from_raw_socket(ours, Role::Client, None).await)
    }

    /// Until the connection ends.
    async fn talk(&mut self, mut socket: WebSocketStream<DuplexStream>) {
        while let Some(Ok(frame)) = socket.next().await {
            let Message::Text(text) = frame else { continue };
            let mut message: Value = serde_json::from_str(text.as_str()).unwrap();
            let kind = message["type"].as_str().unwrap_or_default().to_owned();
            let message = message["message"].take();
            let answers = match kind.as_str() {
                "PayloadMessage" => {
                    for task in message["tasks"].as_array().into_iter().flatten() {
                        self.take(task);
                    }
                    vec![self.acknowledgement(&message)]
                }
                "TaskManifestMessage" => {
                    let mut answers = vec![self.acknowledgement(&message)];
                    answers.extend(self.doubts(&message));
                    answers
                }
                "TaskStopVerificationAck" => {
                    for task in message["stopTasks"].as_array().into_iter().flatten() {
                        self.stop(task["taskArn"].as_str().unwrap_or_default());
                    }
                    Vec::new()
                }
                _ => Vec::new(),
            };
            for answer in answers {
                if socket
                    .send(Message::text(answer.to_string()))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
    }

    fn acknowledgement(&self, message: &Value) -> Value {
        let ack = json!({
            "cluster": "default",
            "containerInstance": self.instance,
            "messageId": message["messageId"],
        });
        json!({"type": "AckRequest", "message": ack})
    }

    /// Tasks that run here though the manifest does not have them.
    fn doubts(&self, manifest: &Value) -> Option<Value> {
        let named = manifest["tasks"].as_array().into_iter().flatten();
        let named: Vec<&str> = named.filter_map(|it| it["taskArn"].as_str()).collect();
        let tasks = self.tasks.lock().unwrap();
        let candidates: Vec<Value> = tasks
            .iter()
            .filter(|(arn, run)| run.is_up() && !named.contains(&arn.as_str()))
            .map(|(arn, _)| {
                json!({"taskArn": arn, "taskClusterArn": null, "desiredStatus": "STOPPED"})
            })
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let asked = json!({"messageId": manifest["messageId"], "stopCandidates": candidates});
        Some(json!({"type": "TaskStopVerificationMessage", "message": asked}))
    }

    /// What the server wants of one task.
    fn take(&mut self, task: &Value) {
        let arn = task["arn"].as_str().unwrap().to_owned();
        if task["desiredStatus"] == "STOPPED" {
            return self.stop(&arn);
        }
        let known = self.tasks.lock().unwrap().get(&arn).copied();
        match known {
            None => self.start(arn, task),
            Some(run) => {
                // Told again: the report may not have come through.
                if let Stage::Ended(code) = run.stage {
                    let _ = self.reports.send(run.ended(&arn, code));
                }
            }
        }
    }

    fn start(&mut self, arn: String, task: &Value) {
        let port = task["containers"][0]["portMappings"][0]["hostPort"].as_u64();
        let port = port.filter(|port| *port > 0 && task["networkMode"] != "awsvpc");
        let fate = self.fate(task["containers"][0]["image"].as_str().unwrap_or_default());
        let run = Run {
            stage: Stage::Starts,
            cannot_start: fate.never_starts,
            port,
        };
        self.tasks.lock().unwrap().insert(arn.clone(), run);
        let (tasks, reports, storm) =
            (self.tasks.clone(), self.reports.clone(), self.storm.clone());
        tokio::spawn(async move {
            sleep(fate.starts_in).await;
            if fate.never_starts {
                if turn(&tasks, &arn, Stage::Starts, Stage::Ended(1)) {
                    let _ = reports.send(report::cannot_start(&arn));
                }
                return;
            }
            if !turn(&tasks, &arn, Stage::Starts, Stage::Runs) {
                return;
            }
            port_is_free(&storm, &tasks, &arn);
            let _ = reports.send(report::running(&arn));
            let Some(exits_in) = fate.exits_in else {
                return;
            };
            sleep(exits_in).await;
            if turn(&tasks, &arn, Stage::Runs, Stage::Ended(1)) {
                let _ = reports.send(report::ended(&arn, 1));
            }
        });
    }

    /// What becomes of a task; its image says so if its definition is a bad one.
    fn fate(&mut self, image: &str) -> Fate {
        let calm = self.storm.is_calm();
        let slow = !calm && self.random.random_bool(0.03);
        let starts_in = self
            .random
            .random_range(if slow { 5000..40_000 } else { 50..4000 });
        let by_chance = self.random.random_range(1..60);
        let by_chance = Duration::from_secs(by_chance);
        let exits = !calm && self.random.random_bool(0.05);
        let fails = !calm && self.random.random_bool(0.01);
        let bad = image.strip_prefix(users::CRASHES);
        let bad = bad
            .and_then(|life| life.parse().ok())
            .map(Duration::from_millis);
        Fate {
            starts_in: Duration::from_millis(starts_in),
            never_starts: fails || image == users::NEVER_STARTS,
            exits_in: bad.or_else(|| exits.then_some(by_chance)),
        }
    }

    fn stop(&mut self, arn: &str) {
        let takes = Duration::from_millis(self.random.random_range(10..3000));
        let (tasks, reports, arn) = (self.tasks.clone(), self.reports.clone(), arn.to_owned());
        tokio::spawn(async move {
            sleep(takes).await;
            let known = tasks.lock().unwrap().get(&arn).copied();
            let code = match known.map(|run| run.stage) {
                Some(Stage::Ended(code)) => code,
                Some(Stage::Starts | Stage::Runs) | None => 143,
            };
            let run = Run {
                stage: Stage::Ended(code),
                cannot_start: known.is_some_and(|run| run.cannot_start),
                port: known.and_then(|run| run.port),
            };
            tasks.lock().unwrap().insert(arn.clone(), run);
            let _ = reports.send(run.ended(&arn, code));
        });
    }
}

/// What becomes of a task.
struct Fate {
    starts_in: Duration,
    never_starts: bool,
    exits_in: Option<Duration>,
}

impl Stage {
    /// Something of it runs, or will.
    pub fn is_up(self) -> bool {
        !matches!(self, Self::Ended(_))
    }
}

/// Whether the task was in the one stage, and is in the other now.
fn turn(tasks: &Tasks, arn: &str, from: Stage, to: Stage) -> bool {
    let mut tasks = tasks.lock().unwrap();
    match tasks.get_mut(arn) {
        Some(run) if run.stage == from => {
            run.stage = to;
            true
        }
        _ => false,
    }
}

/// Nobody else on the machine has the port of a task that runs now.
fn port_is_free(storm: &Storm, tasks: &Tasks, arn: &str) {
    let tasks = tasks.lock().unwrap();
    let Some(port) = tasks[arn].port else { return };
    let others = tasks.iter().filter(|(other, _)| *other != arn);
    let mut holders = others.filter(|(_, run)| run.stage == Stage::Runs && run.port == Some(port));
    if let Some((other, _)) = holders.next() {
        storm.wrong(format!("{arn} runs on port {port}, which {other} has"));
    }
}
