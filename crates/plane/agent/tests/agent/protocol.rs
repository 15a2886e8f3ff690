//! The node against a control plane written from the protocol's description alone: what it sends,
//! when it acknowledges, and that neither a lost server nor a lost agent loses anything.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_agent::{
    client::{Api, Dialer, Endpoint},
    config::TaskCleanup,
    endpoint::{Caller, RateLimit, Routes, StatsReader},
    engine::admission::HostCapacity,
    exec::{ExecServer, Transcripts},
    measure::{Kept, Reports, Sampler, Stretch},
    node::{
        ahead::ImagesAhead,
        core::Core,
        credentials::CredentialStore,
        directory::Directory,
        disk::Disk,
        register::{EndpointCache, Host},
        reports::Reporter,
        roster::{Member, Roster},
        run::NodeLoop,
        session::Session,
        telemetry::Publisher,
    },
    protocol::payload::RoleCredentials,
};
use wharf_base::{Clock, SystemClock};
use wharf_wire::sigv4::SigningKeys;

use crate::{
    machine::FakeMachine,
    server::{ACCESS_KEY, CLUSTER, Channel, INSTANCE, SECRET, Server},
};

const TASK: &str =
    "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef";

/// A save that failed is tried again every five seconds at the latest.
const PATIENCE: Duration = Duration::from_secs(30);

/// An agent; `kill` ends it as a signal would, without a word.
struct Agent {
    machine: Arc<FakeMachine>,
    api: Api,
    ahead: ImagesAhead,
    directory: Directory,
    credentials: CredentialStore,
    reports: Reports,
    shutdown: CancellationToken,
    tasks: tokio::task::JoinSet<()>,
}

impl Agent {
    fn start(dir: &Path, port: u16, machine: &Arc<FakeMachine>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let api = Api::new(
            Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap(),
            Dialer::new(None).unwrap(),
            SigningKeys {
                access_key_id: ACCESS_KEY.into(),
                secret_access_key: SECRET.into(),
                session_token: None,
            },
            "us-east-1",
            clock.clone(),
        );
        let host = Host {
            capacity: HostCapacity {
                cpu: 4096,
                memory: 4096,
            },
            reserved_ports: vec![22],
            attributes: vec![
                ("ecs.os-type".into(), Some("linux".into())),
                ("name-only".into(), None),
            ],
            custom: Default::default(),
            document: String::new(),
        };
        let (disk, loaded) = Disk::open(dir).unwrap();
        let stored = loaded.node.container_instance_arn.clone();
        let (commands, command_queue) = mpsc::channel(16);
        let (observations, observation_queue) = mpsc::channel(16);
        machine.report_to(observations);
        let (connected, is_connected) = watch::channel(false);
        let (telemetry, target) = watch::channel(None);
        let (running, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let (directory, credentials) = (Directory::default(), CredentialStore::default());
        let reporter = Reporter::new(
            api.clone(),
            is_connected,
            commands.clone(),
            running.clone(),
            shutdown.clone(),
            Default::default(),
        );
        let node = NodeLoop {
            core: Core::new(loaded, host.capacity.clone(), TaskCleanup::default()),
            disk,
            machine: machine.clone(),
            reporter: reporter.clone(),
            directory: directory.clone(),
            credentials: credentials.clone(),
            clock: clock.clone(),
            commands: command_queue,
            observations: observation_queue,
            image_cleanup_every: Duration::from_secs(3600),
            running: running.clone(),
            shutdown: shutdown.clone(),
        };
        let transcripts = Transcripts::new(
            dir.join("exec"),
            api.clone(),
            directory.clone(),
            credentials.clone(),
            (running.clone(), shutdown.clone()),
        );
        let exec = ExecServer {
            api: api.clone(),
            directory: directory.clone(),
            machine: machine.clone(),
            transcripts,
            running: running.clone(),
            shutdown: shutdown.clone(),
        };
        let ahead = ImagesAhead::new(
            machine.clone(),
            credentials.clone(),
            (running, shutdown.clone()),
        );
        let mut session = Session {
            api: api.clone(),
            cluster: CLUSTER.into(),
            host,
            endpoints: EndpointCache::default(),
            container_instance: stored,
            instance: watch::Sender::new(None),
            credentials: credentials.clone(),
            commands,
            reporter,
            exec,
            ahead: ahead.clone(),
            connected,
            telemetry,
            shutdown: shutdown.clone(),
        };
        let reports = Reports::default();
        let sampler = Sampler {
            directory: directory.clone(),
            machine: machine.clone(),
            clock: clock.clone(),
            units: 4096,
            reports: reports.clone(),
            kept: Kept::default(),
        };
        let publisher = Publisher {
            api: api.clone(),
            target,
            directory: directory.clone(),
            reports: reports.clone(),
            clock,
            shutdown: shutdown.clone(),
        };
        let mut tasks = tokio::task::JoinSet::new();
        node.show_all();
        tasks.spawn(async move { node.recover().await.run().await });
        tasks.spawn(async move { session.run().await.unwrap() });
        tasks.spawn(sampler.run(shutdown.clone()));
        tasks.spawn(publisher.run());
        Self {
            machine: machine.clone(),
            api,
            ahead,
            directory,
            credentials,
            reports,
            shutdown,
            tasks,
        }
    }

    async fn kill(mut self) {
        self.shutdown.cancel();
        self.tasks.shutdown().await;
    }
}

fn payload(message_id: &str, sequence: i64, desired: &str) -> Value {
    json!({
        "messageId": message_id, "clusterArn": CLUSTER, "containerInstanceArn": INSTANCE,
        "generatedAt": 1, "seqNum": sequence, "timeline": sequence,
        "tasks": [{
            "arn": TASK, "taskClusterArn": CLUSTER, "family": "f", "version": "1",
            "desiredStatus": desired, "networkMode": "none", "overrides": "{}",
            "roleCredentials": {
                "credentialsId": "cid", "roleArn": "r", "accessKeyId": "a",
                "secretAccessKey": "s", "sessionToken": "t", "expiration": "2030-01-01T00:00:00Z",
            },
            "containers": [{"name": "web", "image": "busybox", "essential": true, "environment": null}],
        }],
    })
}

#[tokio::test]
async fn from_registration_to_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let machine = FakeMachine::new();
    let agent = Agent::start(dir.path(), server.port(), &machine);

    let registered = server.call("RegisterContainerInstance").await;
    assert_eq!(registered["cluster"], CLUSTER);
    assert!(
        registered.get("containerInstanceArn").is_none(),
        "a first registration"
    );
    let resources = registered["totalResources"].as_array().unwrap();
    let cpu = resources.iter().find(|r| r["name"] == "CPU").unwrap();
    assert_eq!(
        (&cpu["type"], &cpu["integerValue"]),
        (&json!("INTEGER"), &json!(4096))
    );
    let discovered = server.call("DiscoverPollEndpoint").await;
    assert_eq!(discovered["containerInstance"], INSTANCE);

    let mut acs = server.acs().await;
    assert_eq!(acs.query["protocolVersion"], "2");
    assert_eq!(acs.query["sendCredentials"], "true");
    assert_eq!(acs.query["containerInstanceArn"], INSTANCE);
    assert_eq!(acs.query["seqNum"], "1");

    acs.send(
        "HeartbeatMessage",
        json!({"messageId": "h1", "healthy": true}),
    )
    .await;
    assert_eq!(acs.expect("HeartbeatAckRequest").await["messageId"], "h1");

    acs.send("PayloadMessage", payload("p1", 2, "RUNNING"))
        .await;
    let ack = acs.expect("AckRequest").await;
    assert_eq!(
        ack,
        json!({"cluster": CLUSTER, "containerInstance": INSTANCE, "messageId": "p1"})
    );
    let stored = std::fs::read_to_string(
        dir.path()
            .join("tasks/0123456789abcdef0123456789abcdef.json"),
    );
    assert!(
        stored.unwrap().contains(TASK),
        "durable before the acknowledgement"
    );
    let credentials = acs.expect("IAMRoleCredentialsAckRequest").await;
    assert_eq!(credentials["credentialsId"], "cid");

    let running = server.call("SubmitTaskStateChange").await;
    assert_eq!(
        (&running["status"], &running["task"]),
        (&json!("RUNNING"), &json!(TASK))
    );
    assert_eq!(running["containers"][0]["status"], "RUNNING");
    assert_eq!(running["containers"][0]["imageDigest"], "sha256:fake");
    assert_eq!(
        running["containers"][0]["runtimeId"]
            .as_str()
            .unwrap()
            .len(),
        64
    );

    let refreshed = json!({
        "messageId": "c1", "taskArn": TASK, "taskClusterArn": CLUSTER, "roleType": "TaskApplication",
        "roleCredentials": {"credentialsId": "cid", "accessKeyId": "b", "expiration": "2031-01-01T00:00:00Z"},
    });
    acs.send("IAMRoleCredentialsMessage", refreshed).await;
    assert_eq!(
        acs.expect("IAMRoleCredentialsAckRequest").await["messageId"],
        "c1"
    );
    assert_eq!(agent.credentials.get("cid").unwrap().access_key_id, "b");

    acs.send("PayloadMessage", payload("p2", 3, "STOPPED"))
        .await;
    assert_eq!(acs.expect("AckRequest").await["messageId"], "p2");
    let stopped = server.call("SubmitTaskStateChange").await;
    assert_eq!(stopped["status"], "STOPPED");
    assert_eq!(stopped["containers"][0]["exitCode"], 143);
    agent.kill().await;
}

fn order(deployment: &str, image: &str) -> Value {
    json!({
        "deployment": deployment, "launchType": "EC2", "within": 600,
        "serviceArn": "arn:aws:ecs:us-east-1:000000000000:service/default/web",
        "containers": [{"name": "web", "image": image}],
        "executionRoleCredentials": {"credentialsId": format!("c{deployment}"), "accessKeyId": "a"},
    })
}

#[tokio::test]
async fn images_are_fetched_ahead_for_as_long_as_they_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let mut acs = server.acs().await;
    let message = |orders: &[Value]| json!({"messageId": "f", "orders": orders});
    let kind = "FetchImagesMessage";
    acs.send(
        kind,
        message(&[order("1", "app:2"), order("2", "app:none")]),
    )
    .await;
    let states = told_of(&mut acs, 2).await;
    assert_eq!(states[0], json!({"deployment": "1", "status": "FETCHED"}));
    assert_eq!(states[1]["status"], "FAILED");
    let reason = states[1]["reason"].as_str().unwrap();
    assert_eq!(reason, "CannotPullContainerError: there is no app:none");
    assert_eq!(agent.credentials.get("c2").unwrap().access_key_id, "a");

    // Who asks again hears it again, with the first word of a connection too.
    drop(acs);
    let mut acs = server.acs().await;
    assert_eq!(told_of(&mut acs, 2).await, states);
    acs.send(kind, message(&[order("2", "app:none")])).await;
    assert_eq!(told_of(&mut acs, 1).await[0]["deployment"], "2");
    acs.send(kind, message(&[])).await;
    acs.send(kind, json!({"orders": [{"deployment": 1}]})).await;
    acs.send("HeartbeatMessage", json!({"messageId": "h1"}))
        .await;
    assert_eq!(acs.expect("HeartbeatAckRequest").await["messageId"], "h1");
    assert_eq!(agent.credentials.get("c1"), None);
    assert_eq!(agent.credentials.get("c2"), None);
    agent.kill().await;
}

/// What the agent says next of so many of its orders.
async fn told_of(acs: &mut Channel, count: usize) -> Value {
    loop {
        let told = acs.expect("FetchImagesStateChange").await["states"].take();
        if told.as_array().unwrap().len() == count {
            return told;
        }
    }
}

#[tokio::test]
async fn an_account_whose_images_never_come_has_one_turn() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let mut acs = server.acs().await;
    let mut orders: Vec<Value> = ["1", "2", "3"].map(|it| order(it, "app:never")).into();
    let mut other = order("4", "app:1");
    other["serviceArn"] = json!("arn:aws:ecs:us-east-1:111111111111:service/default/web");
    orders.push(other);
    acs.send(
        "FetchImagesMessage",
        json!({"messageId": "f", "orders": orders}),
    )
    .await;
    let fetched = json!([{"deployment": "4", "status": "FETCHED"}]);
    assert_eq!(told_of(&mut acs, 1).await, fetched);
    agent.kill().await;
}

#[tokio::test]
async fn what_was_given_up_begins_again_when_it_is_ordered_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let mut acs = server.acs().await;
    let message = |within: u64| {
        let mut order = order("1", "app:none");
        order["within"] = json!(within);
        json!({"messageId": "f", "orders": [order]})
    };
    // No time is left for a second try.
    acs.send("FetchImagesMessage", message(1)).await;
    assert_eq!(told_of(&mut acs, 1).await[0]["status"], "FAILED");
    let fetching = async |so: bool| {
        let becomes_so = async {
            while agent.ahead.is_fetching("1") != so {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), becomes_so)
            .await
            .unwrap();
    };
    fetching(false).await;
    acs.send("FetchImagesMessage", message(600)).await;
    fetching(true).await;
    assert_eq!(told_of(&mut acs, 1).await[0]["status"], "FAILED");
    agent.kill().await;
}

#[tokio::test]
async fn a_task_that_cannot_be_read_is_told_and_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let mut acs = server.acs().await;
    let mut message = payload("p1", 2, "RUNNING");
    message["tasks"][0]["containers"] = json!("none");
    acs.send("PayloadMessage", message).await;
    let told = server.call("SubmitTaskStateChange").await;
    assert_eq!(told["status"], "STOPPED");
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("UnrecogniedTaskError: Error loading task - "),
        "{reason}"
    );
    // The next answer is the heartbeat's: the payload got none.
    acs.send("HeartbeatMessage", json!({"messageId": "h1"}))
        .await;
    assert_eq!(acs.expect("HeartbeatAckRequest").await["messageId"], "h1");
    agent.kill().await;
}

#[tokio::test]
async fn what_the_manifest_does_not_name_is_stopped_once_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let mut acs = server.acs().await;
    acs.send("PayloadMessage", payload("p1", 2, "RUNNING"))
        .await;
    acs.expect("AckRequest").await;
    acs.expect("IAMRoleCredentialsAckRequest").await;
    server.call("SubmitTaskStateChange").await;

    let manifest = |id: &str, timeline: i64| {
        json!({
            "messageId": id, "clusterArn": CLUSTER, "containerInstanceArn": INSTANCE,
            "generatedAt": 1, "timeline": timeline, "tasks": [],
        })
    };
    acs.send("TaskManifestMessage", manifest("old", 2)).await;
    acs.send("TaskManifestMessage", manifest("m1", 3)).await;
    assert_eq!(
        acs.expect("AckRequest").await["messageId"],
        "m1",
        "the old one is dropped"
    );
    let candidates = acs.expect("TaskStopVerificationMessage").await;
    assert_eq!(candidates["messageId"], "m1");
    assert_eq!(candidates["stopCandidates"][0]["taskArn"], TASK);
    let confirmed =
        json!({"messageId": "m1", "generatedAt": 1, "stopTasks": candidates["stopCandidates"]});
    acs.send("TaskStopVerificationAck", confirmed).await;
    assert_eq!(
        server.call("SubmitTaskStateChange").await["status"],
        "STOPPED"
    );
    agent.kill().await;
}

#[tokio::test]
async fn nothing_is_lost_while_one_side_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let machine = FakeMachine::new();
    let agent = Agent::start(dir.path(), server.port(), &machine);
    server.call("RegisterContainerInstance").await;
    let mut acs = server.acs().await;
    acs.send("PayloadMessage", payload("p1", 2, "RUNNING"))
        .await;
    acs.expect("AckRequest").await;
    assert_eq!(
        server.call("SubmitTaskStateChange").await["status"],
        "RUNNING"
    );

    // The server refuses while the container ends; the report waits, and the agent dies with it.
    server.refuse_calls(true);
    drop(acs);
    agent.machine.exit(0, 7).await;
    server.refused("SubmitTaskStateChange").await;
    agent.kill().await;
    server.refuse_calls(false);

    let agent = Agent::start(dir.path(), server.port(), &machine);
    let registered = server.call("RegisterContainerInstance").await;
    assert_eq!(
        registered["containerInstanceArn"], INSTANCE,
        "the same instance again"
    );
    let mut stopped = server.call("SubmitTaskStateChange").await;
    // That it runs, and that an essential container ended, may both be told again before: that they
    // were acknowledged had not reached the disk. It changes nothing.
    for _ in 0..2 {
        if stopped["status"] == "RUNNING" {
            stopped = server.call("SubmitTaskStateChange").await;
        }
    }
    assert_eq!(stopped["status"], "STOPPED");
    assert_eq!(stopped["containers"][0]["exitCode"], 7);
    let acs = server.acs().await;
    assert_eq!(
        acs.query["sendCredentials"], "true",
        "a new process has none"
    );
    drop(acs);
    let acs = server.acs().await;
    assert_eq!(
        acs.query["sendCredentials"], "false",
        "the same process has them"
    );
    agent.kill().await;
}

/// The status of what a task is answered.
async fn asked(routes: &Routes, path: &str, task: &str) -> u16 {
    let request = http::Request::get(path).body(()).unwrap();
    let caller = Caller::Task(task.to_owned());
    routes.answer(&request, &caller).await.status().as_u16()
}

#[tokio::test]
async fn tasks_are_answered_before_they_are_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let machine = FakeMachine::new();
    let agent = Agent::start(dir.path(), server.port(), &machine);
    let mut acs = server.acs().await;
    acs.send("PayloadMessage", payload("p1", 2, "RUNNING"))
        .await;
    acs.expect("AckRequest").await;
    agent.kill().await;
    drop(acs);

    machine.get_stuck();
    let agent = Agent::start(dir.path(), server.port(), &machine);
    let id = TASK.rsplit('/').next().unwrap();
    let shown = async {
        loop {
            match agent.directory.task(id) {
                Some(task) => return task,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let task = timeout(PATIENCE, shown).await.unwrap();
    let roster = Roster::default();
    let _membership = roster.join(Member {
        directory: agent.directory.clone(),
        credentials: agent.credentials.clone(),
        api: agent.api.clone(),
    });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let routes = Routes {
        roster: roster.clone(),
        limit: RateLimit::default(),
        stats: StatsReader::new(machine.clone(), clock.clone()),
        clock,
    };
    let metadata = format!("/v4/{}/task", task.context.endpoint_ids[0]);
    assert_eq!(asked(&routes, &metadata, id).await, 200);
    assert_eq!(asked(&routes, "/v2/metadata", id).await, 200);
    // They come with the session, and clients ask again until then.
    assert_eq!(asked(&routes, "/v2/credentials/cid", id).await, 503);
    agent.credentials.put(RoleCredentials {
        credentials_id: "cid".to_owned(),
        ..RoleCredentials::default()
    });
    assert_eq!(asked(&routes, "/v2/credentials/cid", id).await, 200);

    // One whose node is not there yet, as that of an instance.
    let other = "fedcba9876543210fedcba9876543210";
    let awaited = BTreeSet::from([other.to_owned()]);
    for (path, without) in [
        ("/v2/credentials/other", 400),
        ("/v2/metadata", 404),
        ("/v3/other/task", 404),
        (metadata.as_str(), 404),
    ] {
        roster.await_tasks(awaited.clone());
        assert_eq!(asked(&routes, path, other).await, 503, "{path}");
        roster.found(&awaited);
        assert_eq!(asked(&routes, path, other).await, without, "{path}");
    }
    agent.kill().await;
}

#[tokio::test]
async fn what_a_task_held_is_given_back_though_its_record_cannot_be_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let machine = FakeMachine::new();
    let agent = Agent::start(dir.path(), server.port(), &machine);
    let mut acs = server.acs().await;
    acs.send("PayloadMessage", payload("p1", 2, "RUNNING"))
        .await;
    acs.expect("AckRequest").await;
    assert_eq!(
        server.call("SubmitTaskStateChange").await["status"],
        "RUNNING"
    );
    // Nothing can be written there any more, as on the disk that the task has filled.
    let (tasks, away) = (dir.path().join("tasks"), dir.path().join("away"));
    fs::rename(&tasks, &away).unwrap();
    fs::write(&tasks, b"").unwrap();
    agent.machine.exit(0, 7).await;
    timeout(PATIENCE, machine.disposed()).await.unwrap();
    // With room again the record is saved, though nothing happened since.
    fs::remove_file(&tasks).unwrap();
    fs::rename(&away, &tasks).unwrap();
    let file = tasks.join(format!("{}.json", TASK.rsplit('/').next().unwrap()));
    let is_stopped = || {
        let record: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        record["stopped_at"].as_i64()
    };
    let saved = async {
        while is_stopped().is_none() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, saved).await.unwrap();
    agent.kill().await;
}

#[tokio::test]
async fn telemetry_begins_with_header_lines() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let _acs = server.acs().await;
    let mut tcs = server.tcs().await;
    assert_eq!(tcs.query["containerInstance"], INSTANCE);
    let text = tcs.text().await;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .expect("headers, an empty line, the frame");
    assert!(head.contains("Authorization: AWS4-HMAC-SHA256 "), "{head}");
    let frame: Value = serde_json::from_str(body).unwrap();
    assert_eq!(frame["type"], "PublishMetricsRequest");
    assert_eq!(frame["message"]["metadata"]["idle"], true);
    assert_eq!(frame["message"]["metadata"]["fin"], true);
    agent.kill().await;
}

/// The next sums of a minute, past what says that nothing runs.
async fn minute(tcs: &mut crate::server::Channel) -> Value {
    loop {
        let text = tcs.text().await;
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let mut frame: Value = serde_json::from_str(body).unwrap();
        if frame["message"]["metadata"].get("period").is_some() {
            return frame["message"].take();
        }
        tcs.send("AckPublishMetric", json!({"message": ""})).await;
    }
}

#[tokio::test]
async fn a_minute_that_was_not_acknowledged_is_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    let agent = Agent::start(dir.path(), server.port(), &FakeMachine::new());
    let _acs = server.acs().await;
    let mut tcs = server.tcs().await;
    let put = |start| {
        let tasks = Vec::new();
        agent.reports.put(Stretch {
            start,
            seconds: 60,
            tasks,
        });
    };
    put(60);
    put(120);
    let first = minute(&mut tcs).await;
    assert_eq!(
        (&first["timestamp"], &first["metadata"]["period"]),
        (&json!(60.0), &json!(60))
    );
    assert_eq!(first["metadata"]["part"], 0);
    tcs.send("AckPublishMetric", json!({"message": ""})).await;
    assert_eq!(minute(&mut tcs).await["timestamp"], 120.0);
    let kept = async {
        while agent.reports.after(1).is_none() || agent.reports.after(0).unwrap().0 == 1 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, kept).await.unwrap();
    drop(tcs);
    put(180);
    let mut tcs = server.tcs().await;
    for start in [120.0, 180.0] {
        assert_eq!(minute(&mut tcs).await["timestamp"], start);
        tcs.send("AckPublishMetric", json!({"message": ""})).await;
    }
    let kept = async {
        while agent.reports.after(0).is_some() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, kept).await.unwrap();
    agent.kill().await;
}
