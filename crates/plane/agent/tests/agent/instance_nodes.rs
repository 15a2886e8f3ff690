//! Nodes of EC2 instances beside the machine's own, in one process on this host (root).

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_agent::{
    Identity,
    nodes::{InstanceNode, NoCredentials, Nodes, RoleCredentials, SessionCredentials},
};
use wharf_base::{Clock, InstallationId, SystemClock};
use wharf_container::image::Digest;

use crate::{
    node::{DIGEST, KEPT, Node, NodeArgs, Teardown, busybox, on_a_host, shim},
    server::{
        ACCESS_KEY, CLUSTER, Channel, INSTANCE, INSTANCE_KEY, SECRET, Server, UNKNOWN_KEY,
        instance_arn,
    },
};

const ID: &str = "i-0123456789abcdef0";
/// Whose role nobody knows.
const OTHER: &str = "i-0123456789abcdef1";
const PATIENCE: Duration = Duration::from_secs(20);

/// What a process does about an instance once it serves.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    id: String,
    key: String,
    what: What,
}

#[derive(Clone, Serialize, Deserialize)]
enum What {
    Start,
    End,
    Forget,
}

struct Keys(String);

#[async_trait]
impl RoleCredentials for Keys {
    async fn current(&self) -> Result<SessionCredentials, NoCredentials> {
        Ok(SessionCredentials {
            access_key_id: self.0.clone(),
            secret_access_key: SECRET.to_owned(),
            session_token: "token".to_owned(),
            expires_at: SystemClock.now() + Duration::from_secs(3600),
        })
    }
}

/// What the process of [`Node::start`] does with its orders.
pub async fn order(nodes: Nodes, orders: Vec<Order>) {
    for Order { id, key, what } in orders {
        match what {
            What::Start => nodes.start(instance(&id, &key)).await.unwrap(),
            What::End => nodes.stop(&id, true).await.unwrap(),
            What::Forget => nodes.forget(&id).await.unwrap(),
        }
    }
}

fn instance(id: &str, key: &str) -> InstanceNode {
    let text = str::to_owned;
    InstanceNode {
        instance: text(id),
        instance_type: text("t3.small"),
        image: text("ami-1"),
        region: text("us-east-1"),
        zone: text("us-east-1a"),
        vpc: text("vpc-1"),
        subnet: text("subnet-1"),
        cluster: text(CLUSTER),
        cpu_units: 1024,
        cpu_guaranteed: 1024,
        memory_mib: 256,
        attributes: BTreeMap::from([(text("rack"), text("7"))]),
        drains: None,
        credentials: Arc::new(Keys(text(key))),
    }
}

fn start(id: &str, key: &str) -> Order {
    Order {
        id: id.to_owned(),
        key: key.to_owned(),
        what: What::Start,
    }
}

fn arn(task: &str) -> String {
    format!("arn:aws:ecs:us-east-1:000000000000:task/default/{task:0>32}")
}

/// A task that runs until it is stopped, with members laid over.
fn payload(sequence: i64, instance: &str, task: &str, desired: &str, over: Value) -> Value {
    let script = "trap 'exit 5' TERM; \
        wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo; \
        wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; \
        while :; do sleep 0.05; done";
    let log = json!({"LogConfig": {"Type": "awslogs", "Config": {
        "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream": "s", "mode": "blocking",
    }}});
    let mut whole = json!({
        "arn": arn(task), "taskClusterArn": CLUSTER, "family": "f", "version": "1",
        "desiredStatus": desired, "networkMode": "none", "launchType": "EC2",
        "roleCredentials": {
            "credentialsId": format!("credentials-{task}"), "accessKeyId": format!("KEYOF{task}"),
            "secretAccessKey": "s", "sessionToken": "t", "expiration": "2030-01-01T00:00:00Z",
        },
        "containers": [{
            "name": "web", "image": "busybox", "essential": true, "cpu": 10, "memory": 64,
            "entryPoint": ["/bin/sh", "-c"], "command": [script],
            "dockerConfig": {"hostConfig": log.to_string()},
        }],
    });
    for (name, value) in over.as_object().unwrap() {
        whole[name] = value.clone();
    }
    json!({
        "messageId": format!("p{sequence}"), "clusterArn": CLUSTER, "containerInstanceArn": instance,
        "seqNum": sequence, "tasks": [whole],
    })
}

fn awsvpc() -> Value {
    json!({
        "networkMode": "awsvpc",
        "elasticNetworkInterfaces": [{
            "ec2Id": "eni-0123456789abcdef0", "macAddress": "02:00:00:00:00:07",
            "ipv4Addresses": [{"primary": true, "privateAddress": "10.7.0.7"}],
            "subnetGatewayIpv4Address": "10.7.0.1/24", "vpcId": "vpc-1",
        }],
    })
}

/// The channels of the machine's own node and of the instance's.
async fn both(server: &mut Server) -> (Channel, Channel) {
    let (one, two) = (server.acs().await, server.acs().await);
    let is_own = |channel: &Channel| channel.query["containerInstanceArn"] == INSTANCE;
    match is_own(&one) {
        true => (one, two),
        false => (two, one),
    }
}

/// The next report of a task, by who should have sent it.
async fn report(server: &mut Server, by: &str, task: &str, status: &str) -> Value {
    loop {
        let report = server.call_by(by, "SubmitTaskStateChange").await;
        if report["task"] == arn(task) && report["status"] == status {
            return report;
        }
    }
}

/// The folder of a task's container among the kernel's groups.
fn group(args: &NodeArgs, path: &str) -> PathBuf {
    let root = format!("wharf-{}/containers/{path}", args.installation);
    let v1 = PathBuf::from("/sys/fs/cgroup/memory");
    match v1.exists() {
        true => v1.join(root),
        false => PathBuf::from("/sys/fs/cgroup").join(root),
    }
}

fn processes(args: &NodeArgs, task: &str) -> String {
    let path = group(args, task).join("web/cgroup.procs");
    let first = |text: String| text.lines().next().map(str::to_owned);
    fs::read_to_string(path)
        .ok()
        .and_then(first)
        .unwrap_or_default()
}

/// Whether the image that everything runs stays, as images are cleaned up all the time.
fn is_kept(args: &NodeArgs) -> bool {
    let kept = fs::read_to_string(args.data.join(KEPT)).unwrap_or_default();
    kept.contains(&Digest::of(&DIGEST).to_string())
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("not so: {what}"));
}

#[test]
fn an_instance_has_a_node_beside_the_machines_own() {
    let shim = shim();
    on_a_host(move || async move {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::start().await;
        let mut args = NodeArgs {
            allow: Vec::new(),
            identity: Identity {
                endpoint: format!("http://127.0.0.1:{}", server.port()),
                access_key_id: ACCESS_KEY.into(),
                secret_access_key: SECRET.into(),
                region: "us-east-1".into(),
                cluster: CLUSTER.into(),
                instance_name: "test".into(),
                load_balancer: false,
                session_token: None,
                expires_at: None,
                granted: None,
            },
            installation: InstallationId::mint(),
            data: dir.path().join("node"),
            shim,
            layers: busybox(dir.path()),
            instances: vec![start(OTHER, UNKNOWN_KEY), start(ID, INSTANCE_KEY)],
        };
        run(&mut server, &mut args).await;
    });
}

async fn run(server: &mut Server, args: &mut NodeArgs) {
    let installed = args.clone();
    let _down = Teardown(&installed);
    let (own_task, task) = ("a1", "b2");
    let own_group = format!("{own_task:0>32}");
    let its_group = format!("{ID}/{task:0>32}");
    let instance = instance_arn(ID);

    let node = Node::start(args);
    let (mut own, mut its) = both(server).await;
    let registered = server
        .call_by(INSTANCE_KEY, "RegisterContainerInstance")
        .await;
    let document = registered["instanceIdentityDocument"].as_str().unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["instanceType"], "t3.small");
    assert!(registered.to_string().contains("ecs.subnet-id"));
    // One whose role is refused comes to nothing, and nobody minds.
    server
        .call_by(UNKNOWN_KEY, "RegisterContainerInstance")
        .await;

    let run = payload(1, INSTANCE, own_task, "RUNNING", json!({}));
    own.send("PayloadMessage", run).await;
    let run = payload(1, &instance, task, "RUNNING", awsvpc());
    its.send("PayloadMessage", run).await;
    report(server, ACCESS_KEY, own_task, "RUNNING").await;
    report(server, INSTANCE_KEY, task, "RUNNING").await;
    let mut said = String::new();
    while !said.contains("AccessKeyId") {
        let put = server.call_by(INSTANCE_KEY, "PutLogEvents").await;
        said.push_str(&put["logEvents"].to_string());
    }
    assert!(said.contains(&arn(task)), "its own metadata: {said}");
    assert!(said.contains("KEYOFb2"), "its own credentials: {said}");

    let state = |folder: &str| args.data.join(folder).join("state/tasks");
    let of_instance = state(&format!("instances/{ID}"));
    assert!(of_instance.join(format!("{task:0>32}.json")).exists());
    assert!(!state("").join(format!("{task:0>32}.json")).exists());
    let limits = ["memory.limit_in_bytes", "memory.max"];
    let limit = limits.map(|file| fs::read_to_string(group(args, ID).join(file)));
    let limit = limit.into_iter().flatten().next().unwrap();
    assert_eq!(limit.trim(), (256u64 << 20).to_string());
    let pids = [processes(args, &own_group), processes(args, &its_group)];
    assert!(pids.iter().all(|pid| !pid.is_empty()), "{pids:?}");
    let mapped = fs::read_to_string(format!("/proc/{}/uid_map", pids[1])).unwrap();
    let host: u32 = mapped.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert_ne!(
        host, 0,
        "root of an instance's task is nobody's root: {mapped}"
    );

    for (task, over, reason) in [
        (
            "c3",
            json!({"networkMode": "bridge"}),
            "network mode bridge",
        ),
        ("c4", json!({"networkMode": "host"}), "network mode host"),
        ("c5", json!({"pidMode": "host"}), "pidMode host"),
    ] {
        let asked = payload(2, &instance, task, "RUNNING", over);
        its.send("PayloadMessage", asked).await;
        let stopped = report(server, INSTANCE_KEY, task, "STOPPED").await;
        assert!(stopped.to_string().contains(reason), "{reason}: {stopped}");
    }

    until("the image of running tasks is kept", || is_kept(args)).await;
    // All are found again after the process was killed.
    drop((own, its));
    node.kill();
    fs::remove_file(args.data.join(KEPT)).unwrap();
    let node = Node::start(args);
    let (own, mut its) = both(server).await;
    assert_eq!(its.query["containerInstanceArn"], instance);
    until("it is kept", || is_kept(args)).await;
    let found = [processes(args, &own_group), processes(args, &its_group)];
    assert_eq!(found, pids);
    let stop = payload(3, &instance, task, "STOPPED", awsvpc());
    its.send("PayloadMessage", stop).await;
    let stopped = report(server, INSTANCE_KEY, task, "STOPPED").await;
    assert_eq!(stopped["containers"][0]["exitCode"], 5, "{stopped}");
    let run = payload(4, &instance, "d6", "RUNNING", json!({}));
    its.send("PayloadMessage", run).await;
    report(server, INSTANCE_KEY, "d6", "RUNNING").await;

    // The instance stops while no agent runs: its tasks end, the machine's go on.
    drop((own, its));
    node.kill();
    let order = |what| {
        vec![Order {
            id: ID.to_owned(),
            key: INSTANCE_KEY.to_owned(),
            what,
        }]
    };
    args.instances = order(What::End);
    args.instances.extend(order(What::Start));
    let node = Node::start(args);
    let (own, its) = both(server).await;
    let stopped = report(server, INSTANCE_KEY, "d6", "STOPPED").await;
    assert_eq!(
        stopped["containers"][0]["exitCode"],
        Value::Null,
        "{stopped}"
    );
    assert_eq!(processes(args, &own_group), pids[0]);

    drop((own, its));
    node.kill();
    args.instances = order(What::Forget);
    let node = Node::start(args);
    let own = server.acs().await;
    let folder = args.data.join("instances").join(ID);
    until("its folder is gone", || !folder.exists()).await;
    until("its group is gone", || !group(args, ID).exists()).await;
    assert_eq!(processes(args, &own_group), pids[0]);
    drop(own);
    node.kill();
}
