//! A machine with an agent: containers that run and end, a connection that breaks, and reports that are
//! repeated until they are taken.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
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

use super::Storm;
use wharf_testkit::ecs::{decode, registration};

/// Pause before a report that was not taken is repeated.
const REPEAT: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Starts,
    Runs,
    Ended(i32),
}

pub type Tasks = Arc<Mutex<BTreeMap<String, Stage>>>;

pub struct Node {
    storm: Arc<Storm>,
    instance: String,
    tasks: Tasks,
    reports: mpsc::UnboundedSender<Report>,
    random: SmallRng,
}

/// What became of a task, in the order in which it did.
struct Report {
    task: String,
    change: Value,
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
        tokio::spawn(report(storm.clone(), taken));
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
                sleep(self.away()).await;
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
            .filter(|(arn, stage)| {
                stage.is_up() && !named.contains(&arn.as_str())
            })
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
            None => self.start(arn),
            // Told again: the report may not have come through.
            Some(Stage::Ended(code)) => self.reports.send(ended(&arn, code)).unwrap_or(()),
            Some(Stage::Starts | Stage::Runs) => {}
        }
    }

    fn start(&mut self, arn: String) {
        self.tasks
            .lock()
            .unwrap()
            .insert(arn.clone(), Stage::Starts);
        let starts_in = Duration::from_millis(self.random.random_range(50..4000));
        let exits_in = (!self.storm.is_calm() && self.random.random_bool(0.05))
            .then(|| Duration::from_secs(self.random.random_range(1..60)));
        let (tasks, reports) = (self.tasks.clone(), self.reports.clone());
        tokio::spawn(async move {
            sleep(starts_in).await;
            if !turn(&tasks, &arn, Stage::Starts, Stage::Runs) {
                return;
            }
            let _ = reports.send(running(&arn));
            let Some(exits_in) = exits_in else { return };
            sleep(exits_in).await;
            if turn(&tasks, &arn, Stage::Runs, Stage::Ended(1)) {
                let _ = reports.send(ended(&arn, 1));
            }
        });
    }

    fn stop(&mut self, arn: &str) {
        let takes = Duration::from_millis(self.random.random_range(10..3000));
        let (tasks, reports, arn) = (self.tasks.clone(), self.reports.clone(), arn.to_owned());
        tokio::spawn(async move {
            sleep(takes).await;
            let code = match tasks.lock().unwrap().get(&arn) {
                Some(Stage::Ended(code)) => *code,
                Some(Stage::Starts | Stage::Runs) | None => 143,
            };
            tasks
                .lock()
                .unwrap()
                .insert(arn.clone(), Stage::Ended(code));
            let _ = reports.send(ended(&arn, code));
        });
    }
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
        Some(stage) if *stage == from => {
            *stage = to;
            true
        }
        _ => false,
    }
}

fn running(task: &str) -> Report {
    let binding =
        json!({"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"});
    let container = json!({"containerName": "web", "status": "RUNNING", "runtimeId": "r",
        "networkBindings": [binding]});
    Report {
        task: task.to_owned(),
        change: json!({"status": "RUNNING", "containers": [container]}),
    }
}

fn ended(task: &str, code: i32) -> Report {
    let container = json!({"containerName": "web", "status": "STOPPED", "exitCode": code});
    Report {
        task: task.to_owned(),
        change: json!({"status": "STOPPED", "containers": [container]}),
    }
}

/// Reports in their order, each until it is taken or refused for good.
async fn report(storm: Arc<Storm>, mut reports: mpsc::UnboundedReceiver<Report>) {
    while let Some(Report { task, mut change }) = reports.recv().await {
        change["cluster"] = json!("default");
        change["task"] = json!(task);
        loop {
            let input = decode("SubmitTaskStateChange", change.clone());
            let call = storm.call();
            let submitted = storm.ecs.submit_task_state_change(&call, input);
            match submitted.await {
                Err(fault) if fault.status >= 500 => {
                    storm.repeated.fetch_add(1, Ordering::Relaxed);
                    sleep(REPEAT).await;
                }
                _ => break,
            }
        }
    }
}
