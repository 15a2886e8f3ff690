//! The whole node on this host (root): real network, real containers, a control plane written from
//! the protocol. In a network and mount namespace of its own.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_agent::{
    Base, Identity, NodeConfig,
    client::Api,
    machine::{Fetched, ImageSource, NotPulled},
    node::{core::TaskContext, credentials::CredentialStore},
};
use wharf_base::InstallationId;
use wharf_container::image::{Digest, Image, ImageConfig};

use crate::{
    instance_nodes,
    server::{ACCESS_KEY, CLUSTER, INSTANCE, SECRET, Server},
};

const TASK: &str =
    "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef";
const PATIENCE: Duration = Duration::from_secs(20);

/// Below the node's folder.
pub const KEPT: &str = "kept-images";
/// That of [`Busybox`].
pub const DIGEST: [u8; 32] = [0; 32];

/// One image for everything: busybox in a folder. In the file stands what was kept of images the last time.
struct Busybox(Image, PathBuf);

#[async_trait]
impl ImageSource for Busybox {
    async fn fetch(
        &self,
        _: &TaskContext,
        _: usize,
        _: &(dyn Fn() + Send + Sync),
    ) -> Result<Fetched, NotPulled> {
        Ok(Fetched {
            image: self.0.clone(),
            remotely: false,
            confirmed: true,
        })
    }

    async fn local(&self, _: &TaskContext, _: usize) -> Option<Image> {
        Some(self.0.clone())
    }

    async fn collect(&self, keep: BTreeSet<Digest>) {
        let kept: Vec<String> = keep.iter().map(Digest::to_string).collect();
        // As a whole: tests wait for it.
        let new = self.1.with_extension("new");
        fs::write(&new, kept.join(",")).unwrap();
        fs::rename(new, &self.1).unwrap();
    }

    fn for_instance(&self, _: Api, _: CredentialStore) -> Arc<dyn ImageSource> {
        Arc::new(Self(self.0.clone(), self.1.clone()))
    }
}

/// Its one layer.
pub fn busybox(dir: &Path) -> PathBuf {
    let bin = dir.join("layer/bin");
    fs::create_dir_all(&bin).unwrap();
    let program = ["/bin/busybox", "/usr/bin/busybox"]
        .into_iter()
        .find(|p| Path::new(p).exists());
    fs::copy(
        program.expect("busybox-static is installed by `make deps`"),
        bin.join("busybox"),
    )
    .unwrap();
    for name in ["sh", "echo", "sleep", "wget", "cat"] {
        symlink("busybox", bin.join(name)).unwrap();
    }
    for folder in ["tmp", "out", "etc"] {
        fs::create_dir_all(dir.join("layer").join(folder)).unwrap();
    }
    dir.join("layer")
}

/// The shim lies where cargo puts programs; built if this is the first to ask for it.
pub fn shim() -> PathBuf {
    built(&["--bin", "wharf-shim"]);
    target().join("wharf-shim")
}

/// Has cargo build something as everything else was built. For a package alone it would have other features; and what cargo
/// says of the package to its tests, build scripts take for a change: half of the workspace would be built again, twice.
pub fn built(what: &[&str]) {
    let of_package =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--workspace"]).args(what);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_package) {
            cargo.env_remove(name);
        }
    }
    assert!(cargo.status().unwrap().success());
}

/// The folder of what cargo builds.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent);
    folder.unwrap().to_owned()
}

/// Runs `test` on a thread whose network and mounts are its own.
pub fn on_a_host<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let thread = thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("tests run as root");
        let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        assert!(
            Command::new("ip")
                .args(["link", "set", "lo", "up"])
                .status()
                .unwrap()
                .success()
        );
        runtime().block_on(test());
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A node as a process of its own, so that it can be killed.
pub struct Node(Child);

/// Tells a copy of this program that it is to be a node.
const NODE: &str = "WHARF_TEST_NODE";

/// What such a copy needs to know.
#[derive(Clone, Serialize, Deserialize)]
pub struct NodeArgs {
    pub identity: Identity,
    pub installation: InstallationId,
    pub data: PathBuf,
    pub shim: PathBuf,
    pub layers: PathBuf,
    /// Words after `--allow`.
    pub allow: Vec<String>,
    /// What becomes of which instances.
    pub instances: Vec<instance_nodes::Order>,
}

/// Not a test: what [`Node::start`] runs. Without its argument there is nothing to do.
#[test]
fn node_process() {
    let Some(args) = std::env::var_os(NODE) else {
        return;
    };
    let args: NodeArgs = serde_json::from_str(args.to_str().unwrap()).unwrap();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let mut config = NodeConfig::new(
        args.data,
        args.installation,
        args.identity,
        wharf_seal::Keyring::in_memory(),
        args.shim,
    );
    config.allow = args
        .allow
        .iter()
        .map(|word| word.parse().unwrap())
        .collect();
    let image = Image::from_layers(
        Digest::of(&DIGEST),
        ImageConfig::default(),
        vec![args.layers],
    );
    config.images.every = Duration::from_millis(100);
    let images = Busybox(image, config.data_dir.join(KEPT));
    let node = async {
        let base = Base::new(config).unwrap();
        let ready = |nodes| {
            tokio::spawn(instance_nodes::order(nodes, args.instances));
        };
        base.run(Arc::new(images), ready, CancellationToken::new())
            .await
            .unwrap();
    };
    runtime().block_on(node);
}

impl Node {
    pub fn start(args: &NodeArgs) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "node::node_process", "--nocapture"])
            .env(NODE, serde_json::to_string(args).unwrap())
            .spawn();
        Self(child.unwrap())
    }

    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Takes everything down, also when a test fails.
pub struct Teardown<'a>(pub &'a NodeArgs);

impl Drop for Teardown<'_> {
    fn drop(&mut self) {
        let NodeArgs {
            data,
            installation,
            shim,
            ..
        } = self.0;
        let down = thread::scope(|scope| {
            let down =
                || runtime().block_on(wharf_agent::teardown(data, installation.clone(), shim));
            scope.spawn(down).join()
        });
        if !thread::panicking() {
            down.unwrap().unwrap();
        }
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn payload(sequence: i64, desired: &str, out: &Path) -> Value {
    let script = "echo once; echo start >> /out/starts; \
        wget -q -O /out/task.new $ECS_CONTAINER_METADATA_URI_V4/task && mv /out/task.new /out/task; \
        wget -q -O /out/creds.new http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI && mv /out/creds.new /out/creds; \
        trap 'echo bye; exit 5' TERM; while :; do sleep 0.05; done";
    json!({
        "messageId": format!("p{sequence}"), "clusterArn": CLUSTER, "containerInstanceArn": INSTANCE,
        "seqNum": sequence,
        "tasks": [{
            "arn": TASK, "taskClusterArn": CLUSTER, "family": "f", "version": "1",
            "desiredStatus": desired, "networkMode": "bridge",
            "roleCredentials": {
                "credentialsId": "11111111-2222-3333-4444-555555555555", "accessKeyId": "AKIATASK",
                "secretAccessKey": "s", "sessionToken": "t", "expiration": "2030-01-01T00:00:00Z",
            },
            "volumes": [{"name": "out", "type": "host", "host": {"sourcePath": out}}],
            "containers": [{
                "name": "web", "image": "busybox", "essential": true, "cpu": 10, "memory": 64,
                "entryPoint": ["/bin/sh", "-c"], "command": [script],
                "mountPoints": [{"sourceVolume": "out", "containerPath": "/out"}],
                "portMappings": [{"containerPort": 8080, "hostPort": 0, "protocol": "tcp"}],
                "dockerConfig": {"hostConfig": json!({"LogConfig": {"Type": "awslogs", "Config": {
                    "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream": "s",
                    "mode": "blocking",
                }}}).to_string()},
            }],
        }],
    })
}

/// Waits until the file is there; what it holds.
async fn content(path: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        assert!(
            Instant::now() < deadline,
            "{} did not appear",
            path.display()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_task_runs_survives_the_agent_and_stops() {
    let shim = shim();
    on_a_host(move || async move {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::start().await;
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        let args = NodeArgs {
            allow: vec![format!("host-path={}", out.display())],
            instances: Vec::new(),
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
        };
        let down = Teardown(&args);

        let node = Node::start(&args);
        let mut acs = server.acs().await;
        let began = Instant::now();
        acs.send("PayloadMessage", payload(1, "RUNNING", &out))
            .await;
        assert_eq!(acs.expect("AckRequest").await["messageId"], "p1");
        let running = server.call("SubmitTaskStateChange").await;
        eprintln!("payload to RUNNING: {:?}", began.elapsed());
        assert_eq!(running["status"], "RUNNING", "{running}");
        let binding = &running["containers"][0]["networkBindings"][0];
        assert_eq!(binding["containerPort"], 8080);
        assert!(binding["hostPort"].as_u64().unwrap() >= 32768);

        let task: Value = serde_json::from_str(&content(&out.join("task")).await).unwrap();
        assert_eq!(task["TaskARN"], TASK);
        // It asks with its first breath, which may be before the agent heard that it runs.
        let known = task["Containers"][0]["KnownStatus"].as_str().unwrap();
        assert!(["CREATED", "RUNNING"].contains(&known), "{known}");
        let creds: Value = serde_json::from_str(&content(&out.join("creds")).await).unwrap();
        assert_eq!(creds["AccessKeyId"], "AKIATASK");
        let put = server.call("PutLogEvents").await;
        assert_eq!(put["logStreamName"], "s");
        assert_eq!(put["logEvents"][0]["message"], "once");

        drop(acs);
        node.kill();
        let kept = args.data.join(KEPT);
        fs::remove_file(&kept).ok();
        let node = Node::start(&args);
        let mut acs = server.acs().await;
        // What a container that was found again is made of stays.
        assert_eq!(content(&kept).await, Digest::of(&DIGEST).to_string());
        acs.send("PayloadMessage", payload(2, "STOPPED", &out))
            .await;
        let mut stopped = server.call("SubmitTaskStateChange").await;
        if stopped["status"] == "RUNNING" {
            stopped = server.call("SubmitTaskStateChange").await;
        }
        assert_eq!(stopped["status"], "STOPPED");
        assert_eq!(stopped["containers"][0]["exitCode"], 5, "{stopped}");
        assert_eq!(
            fs::read_to_string(out.join("starts")).unwrap(),
            "start\n",
            "never restarted"
        );
        let put = server.call("PutLogEvents").await;
        assert_eq!(
            put["logEvents"].as_array().unwrap().len(),
            1,
            "no line twice: {put}"
        );
        assert_eq!(put["logEvents"][0]["message"], "bye");
        node.kill();

        drop(down);
        let left = Command::new("find")
            .args([
                "/sys/fs/cgroup",
                "-name",
                &format!("wharf-{}*", args.installation),
            ])
            .output()
            .unwrap();
        assert!(
            left.stdout.is_empty(),
            "{}",
            String::from_utf8_lossy(&left.stdout)
        );
    });
}

/// What a control plane that lies, or is mistaken, asks for in vain.
#[test]
fn what_is_not_lent_is_refused() {
    let shim = shim();
    on_a_host(move || async move {
        let dir = tempfile::tempdir().unwrap();
        let lent = dir.path().join("lent");
        fs::create_dir(&lent).unwrap();
        let mut server = Server::start().await;
        let args = NodeArgs {
            identity: Identity {
                endpoint: format!("http://127.0.0.1:{}", server.port()),
                access_key_id: ACCESS_KEY.into(),
                secret_access_key: SECRET.into(),
                session_token: None,
                expires_at: None,
                region: "us-east-1".into(),
                cluster: CLUSTER.into(),
                instance_name: "test".into(),
                load_balancer: false,
                granted: None,
            },
            installation: InstallationId::mint(),
            data: dir.path().join("node"),
            shim,
            layers: busybox(dir.path()),
            allow: vec![format!("host-path={}", lent.display())],
            instances: Vec::new(),
        };
        let _down = Teardown(&args);
        let node = Node::start(&args);
        let mut acs = server.acs().await;
        let outside = dir.path().join("outside");
        symlink(&args.data, lent.join("link")).unwrap();
        let host = |members: Value| json!({"dockerConfig": {"hostConfig": members.to_string()}});
        let volume = |path: &Path| json!({"volumes": [{"name": "v", "type": "host", "host": {"sourcePath": path}}]});
        let none = || json!({});
        let cases = [
            (
                json!({"networkMode": "host"}),
                none(),
                "--allow host-network",
            ),
            (json!({"pidMode": "host"}), none(), "--allow host-pid"),
            (json!({"ipcMode": "host"}), none(), "--allow host-ipc"),
            (
                none(),
                host(json!({"Privileged": true})),
                "--allow privileged",
            ),
            (
                none(),
                host(json!({"Devices": [{"PathOnHost": "/dev/null"}]})),
                "--allow devices",
            ),
            (
                none(),
                host(json!({"CapAdd": ["SYS_ADMIN"]})),
                "--allow capabilities",
            ),
            (
                none(),
                host(json!({"Sysctls": {"kernel.core_pattern": "x"}})),
                "kernel.core_pattern",
            ),
            (volume(&outside), none(), "--allow host-path="),
            (volume(&args.data), none(), "the node's own data"),
            (
                volume(&lent.join("link/state")),
                none(),
                "the node's own data",
            ),
            (volume(Path::new("/")), none(), "the node's own data"),
        ];
        for (number, (task, container, reason)) in cases.into_iter().enumerate() {
            acs.send("PayloadMessage", asking(number, task, container))
                .await;
            let stopped = report_of(&mut server, number).await;
            assert_eq!(stopped["status"], "STOPPED", "{stopped}");
            assert!(stopped.to_string().contains(reason), "{reason}: {stopped}");
        }
        assert!(!outside.exists());
        // The same task without a wish runs.
        acs.send("PayloadMessage", asking(99, json!({}), json!({})))
            .await;
        let running = report_of(&mut server, 99).await;
        assert_eq!(running["status"], "RUNNING", "{running}");
        node.kill();
    });
}

/// The next report about a task of [`asking`]; one of another, whose answer came late, is sent again.
async fn report_of(server: &mut Server, number: usize) -> Value {
    let own = format!("{number:032x}");
    loop {
        let report = server.call("SubmitTaskStateChange").await;
        if report["task"].as_str().is_some_and(|it| it.ends_with(&own)) {
            return report;
        }
    }
}

/// A payload of one task without a network, with members of the task and its container laid over.
fn asking(number: usize, task: Value, container: Value) -> Value {
    let mut whole = json!({
        "arn": format!("arn:aws:ecs:us-east-1:000000000000:task/default/{number:032x}"),
        "taskClusterArn": CLUSTER, "family": "f", "version": "1",
        "desiredStatus": "RUNNING", "networkMode": "none",
        "containers": [{
            "name": "web", "image": "busybox", "essential": true, "cpu": 10, "memory": 64,
            "entryPoint": ["/bin/sh", "-c"], "command": ["sleep 60"],
        }],
    });
    for (onto, members) in [("", task), ("/containers/0", container)] {
        let onto = whole.pointer_mut(onto).unwrap();
        for (name, value) in members.as_object().unwrap() {
            onto[name] = value.clone();
        }
    }
    json!({
        "messageId": format!("p{number}"), "clusterArn": CLUSTER,
        "containerInstanceArn": INSTANCE, "seqNum": number + 1, "tasks": [whole],
    })
}
