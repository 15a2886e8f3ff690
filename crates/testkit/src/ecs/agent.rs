//! An agent written from the protocol alone, and moved by hand.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use wharf_api_ecs::Ecs;
use wharf_svc_ecs::{Channel, EcsService};
use wharf_wire::{Call, Context};

use super::decode;
use crate::{PERMIT, call, context};

/// Longest wait for a message.
const DEADLINE: Duration = Duration::from_secs(10);

/// An agent's connection.
pub struct Agent {
    /// ARN of the container instance it speaks for.
    pub instance: String,
    cluster: String,
    socket: WebSocketStream<DuplexStream>,
    /// Messages that came while another was waited for.
    kept: Vec<Value>,
}

/// What a machine says of itself: 2 CPUs, 4 GiB, everything the stock agent can do.
pub fn registration(cluster: &str) -> Value {
    let capabilities = [
        "ecs.capability.task-eni",
        "ecs.capability.task-cpu-mem-limit",
        "com.amazonaws.ecs.capability.docker-remote-api.1.18",
        "com.amazonaws.ecs.capability.docker-remote-api.1.19",
        "com.amazonaws.ecs.capability.logging-driver.awslogs",
        "com.amazonaws.ecs.capability.task-iam-role",
        "ecs.capability.execution-role-awslogs",
    ];
    let mut attributes: Vec<Value> = capabilities
        .iter()
        .map(|name| json!({"name": name}))
        .collect();
    attributes.push(json!({"name": "wharf.fargate-capacity"}));
    attributes.push(json!({"name": "ecs.availability-zone", "value": "us-east-1a"}));
    json!({
        "cluster": cluster,
        "totalResources": [
            {"name": "CPU", "type": "INTEGER", "integerValue": 2048},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": 4096},
            {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375"]},
        ],
        "attributes": attributes,
    })
}

impl Agent {
    /// Registers a machine and connects.
    pub async fn join(ecs: &EcsService, cluster: &str) -> Self {
        Self::join_as(ecs, registration(cluster), context()).await
    }

    /// Joins as whoever `cx` says, by the address that it says.
    pub async fn join_as(ecs: &EcsService, registration: Value, cx: Context) -> Self {
        let cluster = registration["cluster"].as_str().unwrap().to_owned();
        let input = decode("RegisterContainerInstance", registration);
        let call = Call::by_controller(cx.clone(), PERMIT);
        let registered = ecs.register_container_instance(&call, input).await;
        let registered = registered.unwrap().container_instance.unwrap();
        let instance = registered.container_instance_arn.unwrap();
        Self::connect_as(ecs, &cluster, &instance, cx).await
    }

    /// Connects for an instance that is registered.
    pub async fn connect(ecs: &EcsService, cluster: &str, instance: &str) -> Self {
        Self::connect_as(ecs, cluster, instance, context()).await
    }

    pub async fn connect_as(ecs: &EcsService, cluster: &str, instance: &str, cx: Context) -> Self {
        let query = [
            ("clusterArn", cluster),
            ("containerInstanceArn", instance),
            ("agentVersion", "1.105.0"),
            ("protocolVersion", "2"),
        ];
        Self::open(ecs, Channel::Acs, cluster, instance, &query, cx).await
    }

    /// The telemetry channel of the same instance.
    pub async fn telemetry(&self, ecs: &EcsService) -> Self {
        let query = [
            ("cluster", self.cluster.as_str()),
            ("containerInstance", &self.instance),
        ];
        let (cluster, instance) = (&self.cluster, &self.instance);
        Self::open(ecs, Channel::Tcs, cluster, instance, &query, context()).await
    }

    async fn open(
        ecs: &EcsService,
        channel: Channel,
        cluster: &str,
        instance: &str,
        query: &[(&str, &str)],
        cx: Context,
    ) -> Self {
        let query: BTreeMap<String, String> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let endpoint = ecs.endpoint();
        let ticket = endpoint.admit(channel, &cx, query).await.unwrap();
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move { endpoint.serve(ticket, theirs).await });
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let mut agent = Self {
            instance: instance.to_owned(),
            cluster: cluster.to_owned(),
            socket,
            kept: Vec::new(),
        };
        agent.expect("HeartbeatMessage").await;
        agent
    }

    /// The next message of a kind.
    pub async fn expect(&mut self, kind: &str) -> Value {
        if let Some(at) = self.kept.iter().position(|message| message["type"] == kind) {
            return self.kept.remove(at)["message"].take();
        }
        let wait = async {
            loop {
                let frame = self
                    .socket
                    .next()
                    .await
                    .expect("the connection is open")
                    .unwrap();
                let Message::Text(text) = frame else { continue };
                let mut message: Value = serde_json::from_str(text.as_str()).unwrap();
                if message["type"] == kind {
                    return message["message"].take();
                }
                self.kept.push(message);
            }
        };
        let waited = tokio::time::timeout(DEADLINE, wait).await;
        waited.unwrap_or_else(|_| panic!("no {kind}"))
    }

    /// The code and the reason with which the server ends the connection.
    pub async fn closed(mut self) -> (u16, String) {
        let wait = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => {
                        return (frame.code.into(), frame.reason.as_str().to_owned());
                    }
                    Some(Ok(Message::Close(None))) => return (1005, String::new()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return (1006, String::new()),
                }
            }
        };
        let waited = tokio::time::timeout(DEADLINE, wait).await;
        waited.expect("the connection ends")
    }

    /// Sends a message.
    pub async fn send(&mut self, kind: &str, message: Value) {
        let frame = json!({"type": kind, "message": message}).to_string();
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// Says that a message has come.
    pub async fn acknowledge(&mut self, message: &Value) {
        let ack = json!({
            "cluster": self.cluster,
            "containerInstance": self.instance,
            "messageId": message["messageId"],
        });
        self.send("AckRequest", ack).await;
    }

    /// The next task the server wants something of, acknowledged.
    pub async fn payload(&mut self) -> Value {
        let mut payload = self.expect("PayloadMessage").await;
        self.acknowledge(&payload).await;
        payload["tasks"][0].take()
    }

    /// The next task the server wants something of, acknowledged; `None` once the connection is gone.
    pub async fn next_payload(&mut self) -> Option<Value> {
        loop {
            let kept = self
                .kept
                .iter()
                .position(|message| message["type"] == "PayloadMessage");
            let mut message = match kept {
                Some(at) => self.kept.remove(at),
                None => {
                    let Message::Text(text) = self.socket.next().await?.ok()? else {
                        continue;
                    };
                    serde_json::from_str(text.as_str()).ok()?
                }
            };
            if message["type"] == "PayloadMessage" {
                let payload = message["message"].take();
                self.acknowledge(&payload).await;
                return Some(payload["tasks"][0].clone());
            }
        }
    }

    /// Reports a change of a task.
    pub async fn report(&self, ecs: &EcsService, task: &str, change: Value) {
        let mut request = json!({"cluster": self.cluster, "task": task});
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let input = decode("SubmitTaskStateChange", request);
        ecs.submit_task_state_change(&call(), input).await.unwrap();
    }

    /// Says the task runs.
    pub async fn running(&self, ecs: &EcsService, task: &str) {
        let containers = json!([{
            "containerName": "web", "status": "RUNNING", "runtimeId": "r1", "imageDigest": "sha256:1",
            "networkBindings": [{"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"}],
        }]);
        self.report(
            ecs,
            task,
            json!({"status": "RUNNING", "containers": containers}),
        )
        .await;
    }

    /// Says the task ended with this exit code.
    pub async fn ended(&self, ecs: &EcsService, task: &str, code: i32) {
        let containers = json!([{"containerName": "web", "status": "STOPPED", "exitCode": code}]);
        self.report(
            ecs,
            task,
            json!({"status": "STOPPED", "containers": containers}),
        )
        .await;
    }
}
