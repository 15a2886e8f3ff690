//! A node on an API server in memory and a machine that only pretends.

mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock};
use wharf_container::{
    image::{Digest, Image, ImageConfig},
    runtime::{
        ContainerState, ContainerStats, ContainerStatus, ExecOutput, ExecSession, ExecSpec,
        ExitRecord, LogReader, ProgramUser,
    },
    spec::{ContainerName, ContainerSpec, NamespaceMode},
};
use wharf_kube_client::{Client, Delete, Object as _, Patch, fake::Fake, kind};
use wharf_kubelet::{
    Kubelet, Parts, Resolvers,
    machine::{
        BlockDevice, ExecFailed, Found, Machine, MachineError, NoImage, Pull, SandboxWish, Seen,
    },
    node::{Facts, OnePod},
    pod::HostPath,
    qos::Bounds,
};

#[derive(Default)]
struct Pretended {
    sandboxes: Mutex<BTreeMap<String, Sandbox>>,
    /// Where this process sees what is mounted in sandboxes.
    apart: PathBuf,
    /// Images, and the users that they were asked for as.
    asked_for: Mutex<Vec<(String, Vec<String>)>>,
    /// Sandboxes, one after the other.
    removed: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Sandbox {
    annotations: BTreeMap<String, String>,
    specs: BTreeMap<String, ContainerSpec>,
    running: BTreeMap<ContainerName, ContainerStatus>,
    listener: Option<mpsc::Sender<Seen>>,
    /// Paths of the node that are mounted in it.
    mounted: BTreeSet<PathBuf>,
}

impl Pretended {
    fn end(&self, id: &str, name: &ContainerName, code: i32) {
        let exit = ExitRecord {
            code,
            oom: false,
            at: 1,
        };
        let listener = {
            let mut all = self.sandboxes.lock();
            let sandbox = all.get_mut(id).unwrap();
            let status = sandbox.running.get_mut(name).unwrap();
            status.exit = Some(exit);
            status.state = ContainerState::Stopped;
            sandbox.listener.clone()
        };
        if let Some(listener) = listener {
            listener.try_send(Seen::Exited(name.clone(), exit)).unwrap();
        }
    }

    /// Whoever looked after a sandbox is killed, and all that ran in it ends.
    fn lose(&self, id: &str) {
        let lost = self.sandboxes.lock().remove(id).unwrap();
        lost.listener.unwrap().try_send(Seen::Gone).unwrap();
    }

    fn spec(&self, id: &str, name: &str) -> Option<ContainerSpec> {
        self.sandboxes.lock().get(id)?.specs.get(name).cloned()
    }
}

#[async_trait]
impl Machine for Pretended {
    async fn recover(&self) -> Result<Vec<Found>, MachineError> {
        let all = self.sandboxes.lock();
        Ok(all
            .iter()
            .map(|(id, it)| Found {
                id: id.clone(),
                annotations: it.annotations.clone(),
                address: Some(Ipv4Addr::new(10, 0, 0, 9)),
                containers: it.running.clone(),
                is_alive: true,
            })
            .collect())
    }

    async fn make(&self, wish: &SandboxWish) -> Result<Option<Ipv4Addr>, MachineError> {
        let sandbox = Sandbox {
            annotations: wish.annotations.clone(),
            ..Sandbox::default()
        };
        self.sandboxes.lock().insert(wish.id.clone(), sandbox);
        Ok(Some(Ipv4Addr::new(10, 0, 0, 9)))
    }

    fn has_host_paths(&self) -> bool {
        true
    }

    async fn mount_host_path(
        &self,
        id: &str,
        _: &HostPath,
        place: &Path,
    ) -> Result<(), MachineError> {
        let mut all = self.sandboxes.lock();
        let sandbox = all.get_mut(id).ok_or(MachineError::NoSandbox)?;
        sandbox.mounted.insert(place.to_owned());
        Ok(())
    }

    fn seen(&self, _: &str, _: &Path) -> Result<PathBuf, MachineError> {
        Ok(self.apart.clone())
    }

    async fn remove(&self, id: &str) -> Result<(), MachineError> {
        self.sandboxes.lock().remove(id);
        self.removed.lock().push(id.to_owned());
        Ok(())
    }

    async fn fetch(&self, _: &str, pull: Pull<'_>) -> Result<Image, NoImage> {
        let by = pull.logins.iter().map(|it| it.user.clone());
        let asked = (pull.name.to_owned(), by.collect());
        self.asked_for.lock().push(asked);
        if pull.name == "none" {
            let message = "there is none".to_owned();
            return Err(NoImage {
                reason: "ErrImagePull",
                message,
            });
        }
        let config = ImageConfig {
            cmd: vec!["run".to_owned()],
            ..ImageConfig::default()
        };
        Ok(Image::from_layers(Digest::of(&[1; 32]), config, Vec::new()))
    }

    async fn start(
        &self,
        id: &str,
        spec: &ContainerSpec,
        _: &Image,
        _: &[BlockDevice],
        made: &(dyn Fn() + Send + Sync),
    ) -> Result<i64, MachineError> {
        made();
        let mut all = self.sandboxes.lock();
        let sandbox = all.get_mut(id).ok_or(MachineError::NoSandbox)?;
        let status = ContainerStatus {
            state: ContainerState::Running,
            pid: 1,
            started_at: Some(1_800_000_000_000),
            exit: None,
            user: Some(ProgramUser {
                uid: 1000,
                gid: 1000,
                groups: Vec::new(),
            }),
        };
        sandbox.running.insert(spec.name.clone(), status);
        sandbox
            .specs
            .insert(spec.name.as_str().to_owned(), spec.clone());
        Ok(1_800_000_000_000)
    }

    async fn stop(
        &self,
        id: &str,
        name: &ContainerName,
        _: i32,
        _: Duration,
    ) -> Result<ExitRecord, MachineError> {
        self.end(id, name, 143);
        Ok(ExitRecord {
            code: 143,
            oom: false,
            at: 1,
        })
    }

    async fn resize(
        &self,
        _: &str,
        _: Bounds,
        _: &[(ContainerName, Bounds)],
    ) -> Result<(), MachineError> {
        Ok(())
    }

    async fn forget(&self, _: &str, _: &ContainerName) {}

    async fn follow(&self, id: &str) -> mpsc::Receiver<Seen> {
        let (tell, seen) = mpsc::channel(16);
        if let Some(sandbox) = self.sandboxes.lock().get_mut(id) {
            sandbox.listener = Some(tell);
        }
        seen
    }

    async fn exec(
        &self,
        _: &str,
        _: &ContainerName,
        _: &ExecSpec,
    ) -> Result<ExecSession, MachineError> {
        Err(MachineError::NoSandbox)
    }

    async fn exec_output(
        &self,
        _: &str,
        _: &ContainerName,
        _: &ExecSpec,
        _: Duration,
    ) -> Result<ExecOutput, ExecFailed> {
        Err(ExecFailed::TimedOut)
    }

    async fn containers(
        &self,
        id: &str,
    ) -> Result<BTreeMap<ContainerName, ContainerStatus>, MachineError> {
        let all = self.sandboxes.lock();
        let sandbox = all.get(id).ok_or(MachineError::NoSandbox)?;
        Ok(sandbox.running.clone())
    }

    fn logs(&self, _: &str, _: &ContainerName) -> Result<LogReader, MachineError> {
        Err(MachineError::NoSandbox)
    }

    fn stats(&self, _: &str, _: &ContainerName) -> Option<ContainerStats> {
        None
    }

    async fn node_stats(&self) -> Option<ContainerStats> {
        None
    }

    async fn connect(&self, _: &str, _: Ipv4Addr, _: u16) -> std::io::Result<TcpStream> {
        Err(std::io::ErrorKind::ConnectionRefused.into())
    }
}

struct Setup {
    client: Client,
    machine: Arc<Pretended>,
    clock: Arc<dyn Clock>,
    dir: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = Pretended {
            apart: dir.path().join("apart"),
            ..Pretended::default()
        };
        Self {
            client: Fake::new().client(),
            machine: Arc::new(machine),
            clock: Arc::new(SystemClock),
            dir,
        }
    }

    /// A node; it ends with the token.
    fn node(&self) -> CancellationToken {
        self.node_for(None)
    }

    fn node_for(&self, one_pod: Option<OnePod>) -> CancellationToken {
        self.begin(one_pod).1
    }

    fn begin(&self, one_pod: Option<OnePod>) -> (Kubelet, CancellationToken) {
        let stop = CancellationToken::new();
        let parts = Parts {
            client: self.client.clone(),
            machine: self.machine.clone(),
            clock: self.clock.clone(),
            facts: Facts {
                name: "node".to_owned(),
                instance: "i-1".to_owned(),
                instance_type: "t3.medium".to_owned(),
                image: "ami-1".to_owned(),
                region: "us-east-1".to_owned(),
                zone: "us-east-1a".to_owned(),
                host: "i-0123456789abcdef0".to_owned(),
                has_volumes: true,
                most_volumes: None,
                has_files: true,
                address: "10.0.0.1".to_owned(),
                cpus: 2,
                memory_mib: 4096,
                disk_bytes: 1 << 30,
                one_pod,
                kernel: "6".to_owned(),
                labels: BTreeMap::new(),
                taints: Vec::new(),
                version: Some(wharf_kube_model::Version::V1_35),
                port: 1,
            },
            resolvers: Resolvers::default(),
            dir: self.dir.path().to_owned(),
        };
        let kubelet = Kubelet::new(&parts, &stop);
        tokio::spawn(wharf_kubelet::run(parts, kubelet.clone(), stop.clone()));
        (kubelet, stop)
    }

    async fn create(&self, spec: Value) -> Value {
        self.named("p", spec).await
    }

    async fn named(&self, name: &str, spec: Value) -> Value {
        let eni = json!([{"eniId": "eni-1", "ifAddress": "0a:00:00:00:00:01", "privateIp": "10.0.0.9", "subnetCidr": "10.0.0.0/24"}]);
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "n", "annotations": {"vpc.amazonaws.com/pod-eni": eni.to_string()}},
            "spec": spec,
        });
        pod["spec"]["nodeName"] = "node".into();
        self.client.create(&kind::POD, "n", &pod).await.unwrap()
    }

    async fn wait(&self, what: &str, mut holds: impl FnMut(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let pod = self
                    .client
                    .get(&kind::POD, "n", "p")
                    .await
                    .unwrap_or_default();
                if holds(&pod) {
                    return pod;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let seen = timeout(Duration::from_secs(20), waiting).await;
        match seen {
            Ok(pod) => pod,
            Err(_) => panic!(
                "{what}: {:#}",
                self.client
                    .get(&kind::POD, "n", "p")
                    .await
                    .unwrap_or_default()
            ),
        }
    }
}

fn id(pod: &Value) -> String {
    wharf_kubelet::machine::sandbox_id("i-1", pod.uid())
}

#[tokio::test]
async fn containers_of_a_pod_share_their_processes_where_it_says_so() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let sysctls = json!({"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]});
    let spec = json!({"shareProcessNamespace": true, "securityContext": sysctls,
        "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let id = id(&pod);
    let eye = json!({"name": "eye", "image": "y", "targetContainerName": "a"});
    let patch = Patch::Merge(json!({"spec": {"ephemeralContainers": [eye]}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    setup
        .wait("it looks on", |_| {
            setup.machine.spec(&id, "eye~r0").is_some()
        })
        .await;
    let shared = NamespaceMode::Of(wharf_kubelet::machine::reaper());
    for (run, sysctls) in [("a~r0", 1), ("b~r0", 1), ("eye~r0", 0)] {
        let spec = setup.machine.spec(&id, run).unwrap();
        assert_eq!((&spec.pid, spec.sysctls.len()), (&shared, sysctls), "{run}");
    }
    assert_eq!(
        wharf_kubelet::machine::of_run(&wharf_kubelet::machine::reaper()),
        None
    );
}

async fn waited_for(setup: &Setup, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let waiting = async {
        loop {
            let pod = setup.client.get(&kind::POD, "n", name).await;
            if let Some(pod) = pod.ok().filter(|it| holds(it)) {
                return pod;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.unwrap()
}

/// Whoever binds a pod may have looked at neither.
#[tokio::test]
async fn pods_that_ask_for_another_node_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let registered = async {
        while setup.client.get(&kind::NODE, "", "node").await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), registered).await.unwrap();
    let fits = json!({"containers": [{"name": "a", "image": "x"}], "os": {"name": "linux"},
        "nodeSelector": {"kubernetes.io/os": "linux"}});
    let mut labelled = fits.clone();
    labelled["nodeSelector"] = json!({"disk": "ssd"});
    let mut other = fits.clone();
    other["os"]["name"] = "windows".into();
    let mut elsewhere = fits.clone();
    elsewhere["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["another"]}]}]}}});
    for (name, spec) in [
        ("fits", fits),
        ("labelled", labelled),
        ("other", other),
        ("elsewhere", elsewhere),
    ] {
        setup.named(name, spec).await;
    }
    waited_for(&setup, "fits", |it| it.has_condition("Ready", "True")).await;
    for (name, reason) in [
        ("labelled", "NodeAffinity"),
        ("elsewhere", "NodeAffinity"),
        ("other", "PodOSNotSupported"),
    ] {
        let pod = waited_for(&setup, name, |it| it.text("/status/phase") == "Failed").await;
        assert_eq!(pod.text("/status/reason"), reason, "{name}");
    }
}

/// What is heard of the node tells: no pod waits for an answer of the API.
#[tokio::test]
async fn a_pod_that_asks_for_labels_of_its_node_begins_without_a_question() {
    let fake = Fake::new();
    let setup = Setup {
        client: fake.client(),
        ..Setup::new()
    };
    let _node = setup.node().drop_guard();
    let mut calls: Vec<String> = Vec::new();
    let is_followed = async {
        while !calls.iter().any(|it| it == "WATCH /api/v1/nodes") {
            calls.extend(fake.calls());
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), is_followed).await.unwrap();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}], "nodeSelector": {"kubernetes.io/os": "linux"}}))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let calls = fake.calls();
    let asked = calls.iter().filter(|it| *it == "GET /api/v1/nodes/node");
    assert_eq!(asked.count(), 0, "{calls:?}");
}

#[tokio::test]
async fn pods_that_do_not_tolerate_a_taint_of_their_node_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let taints = json!([{"key": "only", "value": "red", "effect": "NoExecute"}]);
    let tainted = Patch::Merge(json!({"spec": {"taints": taints}}));
    let registered = async {
        let kind = kind::NODE;
        let patch = || setup.client.patch(&kind, "", "node", &tainted);
        while patch().await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), registered).await.unwrap();
    let mut spec = json!({"containers": [{"name": "a", "image": "x"}]});
    let is_decided =
        |it: &Value| it.has_condition("Ready", "True") || it.text("/status/phase") == "Failed";
    // The node hears of its taint while the first pods may come.
    let refused = async {
        for name in (0..8).map(|it| format!("p{it}")) {
            setup.named(&name, spec.clone()).await;
            let pod = waited_for(&setup, &name, is_decided).await;
            if pod.text("/status/phase") == "Failed" {
                return Some(pod);
            }
        }
        None
    };
    let refused = refused.await.unwrap();
    assert_eq!(refused.text("/status/reason"), "TaintToleration");
    spec["tolerations"] = json!([{"key": "only", "operator": "Exists"}]);
    setup.named("tolerates", spec).await;
    waited_for(&setup, "tolerates", |it| it.has_condition("Ready", "True")).await;
}

#[tokio::test]
async fn pods_that_ask_for_more_disk_than_is_left_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let asks = |amount: &str| {
        let resources = json!({"requests": {"ephemeral-storage": amount}});
        json!({"containers": [{"name": "a", "image": "x", "resources": resources}]})
    };
    setup.named("first", asks("300Mi")).await;
    waited_for(&setup, "first", |it| it.has_condition("Ready", "True")).await;
    setup.named("second", asks("900Mi")).await;
    let refused = waited_for(&setup, "second", |it| it.text("/status/phase") == "Failed").await;
    assert_eq!(refused.text("/status/reason"), "OutOfephemeral-storage");
    let why = "Pod was rejected: Node didn't have enough resource: ephemeral-storage, requested: 943718400, used: 314572800, capacity: ";
    assert!(refused.text("/status/message").starts_with(why));
}

/// Both were there before the machine was: the address of a machine can be guessed.
#[tokio::test]
async fn a_machine_of_fargate_runs_its_own_pod_alone() {
    let setup = Setup::new();
    let spec = || json!({"containers": [{"name": "a", "image": "x"}]});
    let squatter = setup.named("squatter", spec()).await;
    let own = setup.create(spec()).await;
    let one_pod = OnePod {
        uid: own.uid().to_owned(),
        cpu: 1000,
    };
    let _node = setup.node_for(Some(one_pod)).drop_guard();
    setup
        .wait("its own runs", |it| it.has_condition("Ready", "True"))
        .await;
    let refused = async {
        loop {
            let pod = setup.client.get(&kind::POD, "n", "squatter").await.unwrap();
            if pod.text("/status/phase") == "Failed" {
                return pod;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = timeout(Duration::from_secs(20), refused).await.unwrap();
    let why = "Pod was rejected: the node is a machine of Fargate for another pod";
    assert_eq!(refused.text("/status/message"), why);
    assert!(setup.machine.spec(&id(&squatter), "a").is_none());
    // It asks for nothing, and the machine is its own.
    let spec = setup.machine.spec(&id(&own), "a~r0").unwrap();
    assert!(spec.reserves_cpu);
}

#[tokio::test]
async fn containers_reserve_the_processor_time_that_they_ask_for() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let spec = json!({"containers": [
        {"name": "a", "image": "x", "resources": {"requests": {"cpu": "100m"}}},
        {"name": "b", "image": "x"},
    ]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    for (run, reserves) in [("a~r0", true), ("b~r0", false)] {
        let spec = setup.machine.spec(&id(&pod), run).unwrap();
        assert_eq!(spec.reserves_cpu, reserves, "{run}");
    }
}

#[tokio::test]
async fn a_container_is_added_to_look_on_and_has_its_time_once() {
    let setup = Setup::new();
    let node = setup.node();
    let spec = json!({"containers": [{"name": "a", "image": "x"}]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let id = id(&pod);
    let eye = json!({"name": "eye", "image": "y", "stdin": true, "targetContainerName": "a"});
    let bad = json!({"name": "bad", "image": "y", "securityContext": {"privileged": true}});
    let patch = Patch::Merge(json!({"spec": {"ephemeralContainers": [eye, bad]}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let state = |it: &Value, of: &str, pointer: &str| {
        let all = it.list("/status/ephemeralContainerStatuses");
        let own = all.iter().find(|it| it.text("/name") == of);
        own.map(|it| it.at(pointer).clone()).unwrap_or_default()
    };
    let seen = setup
        .wait("it looks on", |it| {
            state(it, "eye", "/state/running").is_object()
        })
        .await;
    assert_eq!(state(&seen, "eye", "/ready"), false);
    let refused = state(&seen, "bad", "/state/waiting/message");
    assert_eq!(
        refused,
        "container \"bad\": privileged is not supported by this node; starting its machine with --allow privileged-pods would"
    );
    let spec = setup.machine.spec(&id, "eye~r0").unwrap();
    let target = ContainerName::try_from("a~r0").unwrap();
    assert_eq!((spec.pid, spec.stdin), (NamespaceMode::Of(target), true));
    let name = ContainerName::try_from("eye~r0").unwrap();
    setup.machine.end(&id, &name, 5);
    let has_ended = |it: &Value| state(it, "eye", "/state/terminated/exitCode") == 5;
    setup.wait("its end is told", has_ended).await;
    // Another agent begins neither of them.
    node.cancel();
    let _node = setup.node().drop_guard();
    let patch = Patch::Merge(json!({"metadata": {"labels": {"looked": "at"}}}));
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let generation = seen["status"]["containerStatuses"][0]["restartCount"].clone();
    let now = setup.wait("it runs on", has_ended).await;
    assert_eq!(now.text("/status/phase"), "Running");
    for it in [&seen, &now] {
        let user = &it["status"]["containerStatuses"][0]["user"]["linux"];
        assert_eq!(
            (&user["uid"], &user["supplementalGroups"]),
            (&json!(1000), &json!([1000]))
        );
    }
    assert_eq!(
        now["status"]["containerStatuses"][0]["restartCount"],
        generation
    );
    assert!(setup.machine.spec(&id, "eye~r1").is_none());
    assert!(setup.machine.spec(&id, "bad~r0").is_none());
}

#[tokio::test]
async fn images_are_asked_for_with_the_secrets_that_a_pod_names() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let auths = json!({"auths": {"quay.io": {"auth": "bWU6c2VjcmV0"}, "ghcr.io": {"auth": "eW91OnNlY3JldA=="}}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": base64(&auths.to_string())},
    });
    setup
        .client
        .create(&kind::SECRET, "n", &secret)
        .await
        .unwrap();
    setup
        .create(json!({
            "containers": [{"name": "a", "image": "quay.io/team/app:1"}, {"name": "b", "image": "x"}],
            "imagePullSecrets": [{"name": "none"}, {"name": "s"}],
        }))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let mut asked = setup.machine.asked_for.lock().clone();
    asked.sort();
    let expected = [("quay.io/team/app:1", vec!["me"]), ("x", vec![])];
    let expected = expected.map(|(image, users)| {
        let users = users.into_iter().map(str::to_owned).collect();
        (image.to_owned(), users)
    });
    assert_eq!(asked, expected);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_pod_runs_is_begun_again_and_goes() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let data = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"k": "one"}});
    setup
        .client
        .create(&kind::CONFIG_MAP, "n", &data)
        .await
        .unwrap();
    let pod = setup.create(json!({
        "containers": [{"name": "a", "image": "x", "env": [{"name": "E", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
    })).await;
    let ready = setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    assert_eq!(ready.text("/status/phase"), "Running");
    assert_eq!(ready.text("/status/podIP"), "10.0.0.9");
    let id = id(&pod);
    let spec = setup.machine.spec(&id, "a~r0").unwrap();
    assert!(
        spec.env.contains(&("E".to_owned(), "one".to_owned())),
        "{:?}",
        spec.env
    );
    assert_eq!(spec.argv, ["run"]);
    let file = setup.dir.path().join(&id).join("volumes/v/k");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");

    // What the ConfigMap says now is seen in the volume.
    let patch = Patch::Merge(json!({"data": {"k": "two"}}));
    setup
        .client
        .patch(&kind::CONFIG_MAP, "n", "c", &patch)
        .await
        .unwrap();
    setup
        .wait("the volume follows", |_| {
            std::fs::read_to_string(&file).is_ok_and(|it| it == "two")
        })
        .await;

    setup
        .machine
        .end(&id, &ContainerName::try_from("a~r0").unwrap(), 1);
    let again = setup
        .wait("it is begun again", |it| {
            it["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    assert_eq!(
        again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"],
        1
    );

    let options = Delete {
        grace_seconds: Some(5),
        ..Delete::default()
    };
    setup
        .client
        .delete(&kind::POD, "n", "p", &options)
        .await
        .unwrap();
    setup.wait("it is gone", Value::is_null).await;
    assert!(setup.machine.sandboxes.lock().is_empty());
    assert!(!setup.dir.path().join(&id).exists());
}

/// An agent was killed when it had made the sandbox, and nothing else.
#[tokio::test]
async fn paths_of_the_node_are_mounted_before_a_container_begins() {
    let setup = Setup::new();
    let mount = json!({"name": "d", "mountPath": "/d", "subPath": "made/below"});
    let pod = setup
        .create(json!({
            "containers": [{"name": "a", "image": "x", "volumeMounts": [mount]}],
            "volumes": [{"name": "d", "hostPath": {"path": "/srv"}}],
        }))
        .await;
    let id = id(&pod);
    let annotations = [("namespace", "n"), ("name", "p"), ("uid", pod.uid())];
    let left = Sandbox {
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Sandbox::default()
    };
    setup.machine.sandboxes.lock().insert(id.clone(), left);
    // What is seen there is the node's.
    std::fs::create_dir_all(setup.machine.apart.join("d")).unwrap();
    let _node = setup.node().drop_guard();
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    let place = setup.dir.path().join(&id).join("volumes/d");
    assert!(setup.machine.sandboxes.lock()[&id].mounted.contains(&place));
    assert!(setup.machine.apart.join("d/made/below").is_dir());
}

#[tokio::test]
async fn containers_outlive_the_node() {
    let setup = Setup::new();
    let first = setup.node();
    let pod = setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    // It ends while nobody looks.
    let id = id(&pod);
    setup
        .machine
        .sandboxes
        .lock()
        .get_mut(&id)
        .unwrap()
        .listener = None;
    setup
        .machine
        .end(&id, &ContainerName::try_from("a~r0").unwrap(), 3);
    let _second = setup.node().drop_guard();
    let found = setup
        .wait("it is begun again", |it| {
            it["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    assert_eq!(
        found["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"],
        3
    );
}

#[tokio::test]
async fn what_a_node_says_first_of_its_pods_is_of_all_that_run() {
    let setup = Setup::new();
    let first = setup.node();
    let port = json!({"containerPort": 80, "hostPort": 8080});
    let container = json!({"name": "a", "image": "x", "ports": [port]});
    let pod = setup.create(json!({"containers": [container]})).await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    let (second, stop) = setup.begin(None);
    let _second = stop.drop_guard();
    let mut ports = second.node.host_ports.follow();
    assert!(ports.borrow().is_none(), "nobody has looked yet");
    let has_listed = || second.node.has_listed.load(Ordering::Acquire);
    assert!(!has_listed());
    let told = timeout(Duration::from_secs(20), ports.wait_for(Option::is_some));
    let told = told.await.unwrap().unwrap().clone().unwrap();
    let to: Vec<_> = told[pod.uid()].iter().map(|it| it.to.to_string()).collect();
    assert_eq!(to, ["10.0.0.9:80"]);
    assert!(has_listed() && second.node.pod_of(&id(&pod)).is_some());
}

#[tokio::test]
async fn a_pod_that_is_forgotten_meanwhile_ends() {
    let setup = Setup::new();
    let first = setup.node();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    let now = Delete {
        grace_seconds: Some(0),
        ..Delete::default()
    };
    setup
        .client
        .delete(&kind::POD, "n", "p", &now)
        .await
        .unwrap();
    let _second = setup.node().drop_guard();
    setup
        .wait("nothing is left", |_| {
            setup.machine.sandboxes.lock().is_empty()
        })
        .await;
}

#[tokio::test]
async fn what_an_agent_left_that_was_killed_amid_making_a_pod_goes() {
    let setup = Setup::new();
    let known = setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    let folder = |id: &str| setup.dir.path().join(id).join("volumes/v");
    let forgotten = wharf_kubelet::machine::sandbox_id("i-1", "forgotten");
    for id in [&forgotten, &id(&known)] {
        std::fs::create_dir_all(folder(id)).unwrap();
    }
    let _node = setup.node().drop_guard();
    setup
        .wait("nothing is left", |_| {
            setup.machine.removed.lock().contains(&forgotten)
                && !setup.dir.path().join(&forgotten).exists()
        })
        .await;
    setup
        .wait("the other is ready", |it| it.has_condition("Ready", "True"))
        .await;
    assert!(folder(&id(&known)).exists());
    assert!(!setup.machine.removed.lock().contains(&id(&known)));
}

#[tokio::test]
async fn a_pod_has_more_once_others_have_left_room() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let asking = |cpu: &str| {
        let resources = json!({"requests": {"cpu": cpu}});
        json!({"containers": [{"name": "a", "image": "x", "resources": resources}]})
    };
    let given = |it: &Value| {
        let pointer = "/status/containerStatuses/0/resources/requests/cpu";
        it.text(pointer).to_owned()
    };
    setup.named("other", asking("1")).await;
    let pod = setup.create(asking("500m")).await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    let patch = Patch::Merge(json!({"spec": asking("1500m")}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let pending = "PodResizePending";
    let waits = setup
        .wait("it waits", |it| it.has_condition(pending, "True"))
        .await;
    let why = waits.condition(pending).unwrap();
    assert_eq!(why.text("/reason"), "Deferred");
    assert_eq!(
        why.text("/message"),
        "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 1930"
    );
    assert_eq!(given(&waits), "500m");
    // Who begins again meanwhile begins with what it had.
    let first = ContainerName::try_from("a~r0").unwrap();
    setup.machine.end(&id(&pod), &first, 3);
    let again = setup
        .wait("it runs again", |it| {
            let status = it.at("/status/containerStatuses/0");
            status.integer("/restartCount") == Some(1) && status.at("/state/running").is_object()
        })
        .await;
    assert_eq!(given(&again), "500m");
    assert!(again.has_condition(pending, "True"));
    let options = Delete {
        grace_seconds: Some(1),
        ..Delete::default()
    };
    let deleted = client.delete(&kind::POD, "n", "other", &options).await;
    deleted.unwrap();
    let has = setup.wait("it has more", |it| given(it) == "1500m").await;
    assert!(has.condition(pending).is_none());
}

/// It was told why it goes before it had gone, and its machine began anew in between.
#[tokio::test]
async fn a_pod_that_its_node_ended_is_not_run_again() {
    let setup = Setup::new();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    let running = json!({
        "name": "a", "restartCount": 2, "containerID": "wharf://u/a~r2",
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    });
    let status = json!({
        "phase": "Running", "reason": "Evicted", "message": "The node was low on resource: memory.",
        "containerStatuses": [running],
    });
    let patch = Patch::Merge(json!({"status": status}));
    setup
        .client
        .patch_at(&kind::POD, "n", "p", "status", &patch)
        .await
        .unwrap();
    let _node = setup.node().drop_guard();
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_eq!(over.text("/status/reason"), "Evicted");
    let container = over.at("/status/containerStatuses/0");
    assert_eq!(container.integer("/restartCount"), Some(2));
    assert_eq!(
        container.integer("/state/terminated/exitCode"),
        Some(137),
        "{container}"
    );
    assert!(setup.machine.sandboxes.lock().is_empty());
}

/// Two containers, of which one had ended by what was told and the other ran; how the first had.
async fn told_of_two(setup: &Setup, policy: &str, code: i32) -> Value {
    setup
        .create(json!({"restartPolicy": policy, "containers": [
            {"name": "a", "image": "x"}, {"name": "b", "image": "x"},
        ]}))
        .await;
    let at = "2026-01-01T00:00:00Z";
    let how = json!({"exitCode": code, "reason": "Told", "message": "too much",
        "startedAt": "2025-12-31T23:00:00Z", "finishedAt": at});
    let status = json!({"phase": "Running", "containerStatuses": [
        {"name": "a", "restartCount": 0, "containerID": "wharf://u/a~r0", "state": {"terminated": how}},
        {"name": "b", "restartCount": 0, "containerID": "wharf://u/b~r0", "state": {"running": {"startedAt": at}}},
    ]});
    let patch = Patch::Merge(json!({"status": status}));
    setup
        .client
        .patch_at(&kind::POD, "n", "p", "status", &patch)
        .await
        .unwrap();
    how
}

fn assert_ended(container: &Value, how: &Value) {
    let mut terminated = container.at("/state/terminated").clone();
    terminated
        .as_object_mut()
        .unwrap()
        .shift_remove("containerID");
    assert_eq!(terminated, *how);
    assert_eq!(container.integer("/restartCount"), Some(0), "{container}");
}

fn assert_unseen(state: &Value) {
    let how = state.at("/terminated");
    let told = (how.text("/reason"), how.integer("/exitCode"));
    assert_eq!(told, ("ContainerStatusUnknown", Some(137)), "{state}");
}

/// The machine began anew while one container had ended for good and another ran.
#[tokio::test]
async fn a_container_that_ended_for_good_stays_ended_in_another_sandbox() {
    let setup = Setup::new();
    let how = told_of_two(&setup, "OnFailure", 0).await;
    let _node = setup.node().drop_guard();
    let told = setup
        .wait("the other runs", |it| {
            let other = it.at("/status/containerStatuses/1");
            other.integer("/restartCount") == Some(1) && other.at("/state/running").is_object()
        })
        .await;
    assert_ended(told.at("/status/containerStatuses/0"), &how);
    assert_unseen(told.at("/status/containerStatuses/1/lastState"));
}

/// Of such a pod the other does not run once more either: what it does may not be done twice.
#[tokio::test]
async fn a_pod_that_runs_once_ends_with_its_machine() {
    let setup = Setup::new();
    let how = told_of_two(&setup, "Never", 0).await;
    let _node = setup.node().drop_guard();
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_ended(over.at("/status/containerStatuses/0"), &how);
    let other = over.at("/status/containerStatuses/1");
    assert_unseen(other.at("/state"));
    assert_eq!(other.integer("/restartCount"), Some(0), "{other}");
    assert!(setup.machine.sandboxes.lock().is_empty());
}

#[tokio::test]
async fn a_pod_that_runs_once_ends_with_its_sandbox() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let pod = setup
        .create(json!({"restartPolicy": "Never", "containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    setup.machine.lose(&id(&pod));
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_unseen(over.at("/status/containerStatuses/0/state"));
    assert!(setup.machine.sandboxes.lock().is_empty());
}

#[tokio::test]
async fn init_containers_run_again_in_another_sandbox_and_not_for_another_agent() {
    let setup = Setup::new();
    let first = setup.node();
    let pod = setup
        .create(json!({
            "initContainers": [{"name": "i", "image": "x"}], "containers": [{"name": "a", "image": "x"}],
        }))
        .await;
    let id = id(&pod);
    let runs = |it: &Value, list: &str, restarts: i64| {
        let status = it.at(&format!("/status/{list}/0"));
        status.integer("/restartCount") == Some(restarts) && status.at("/state/running").is_object()
    };
    let initialize = async |run: i64| {
        let pod = setup
            .wait("it is initialized", |it| {
                runs(it, "initContainerStatuses", run)
            })
            .await;
        assert_eq!(pod.text("/status/phase"), "Pending");
        assert!(pod.has_condition("Initialized", "False"), "{pod}");
        assert!(setup.machine.spec(&id, &format!("a~r{run}")).is_none());
        let name = ContainerName::try_from(format!("i~r{run}")).unwrap();
        setup.machine.end(&id, &name, 0);
        setup
            .wait("it runs", |it| {
                runs(it, "containerStatuses", run) && it.has_condition("Ready", "True")
            })
            .await
    };
    initialize(0).await;
    setup.machine.lose(&id);
    let again = initialize(1).await;
    assert!(again.has_condition("Initialized", "True"), "{again}");
    assert_unseen(again.at("/status/containerStatuses/0/lastState"));
    // An agent that begins anew runs nothing again.
    first.cancel();
    let (second, stop) = setup.begin(None);
    let _second = stop.drop_guard();
    setup
        .wait("it is known to the other", |_| {
            second.node.has_listed.load(Ordering::Acquire)
        })
        .await;
    let patch = Patch::Merge(json!({"spec": {"activeDeadlineSeconds": 86400}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let now = setup
        .wait("it is looked after", |it| {
            it.integer("/status/observedGeneration") == Some(2)
        })
        .await;
    assert!(runs(&now, "containerStatuses", 1), "{now}");
    let init = now.at("/status/initContainerStatuses/0");
    assert_eq!(init.integer("/restartCount"), Some(1), "{init}");
    for run in ["i~r2", "a~r2"] {
        assert!(setup.machine.spec(&id, run).is_none(), "{run}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_told() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}], "hostPID": true}))
        .await;
    let failed = setup
        .wait("it fails", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_eq!(failed.text("/status/reason"), "UnsupportedByNode");
    assert_eq!(
        failed.text("/status/message"),
        "spec.hostPID without hostNetwork is not supported by this node"
    );
}

#[tokio::test]
async fn the_node_is_registered_and_lives() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    setup.wait("it is there", |_| true).await;
    let node = timeout(Duration::from_secs(20), async {
        loop {
            if let Ok(node) = setup.client.get(&kind::NODE, "", "node").await
                && node.has_condition("Ready", "True")
                && setup
                    .client
                    .get(&kind::LEASE, "kube-node-lease", "node")
                    .await
                    .is_ok()
            {
                return node;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    let node = node.await.expect("the node is ready and has a lease");
    assert_eq!(node.text("/spec/providerID"), "aws:///us-east-1a/i-1");
    assert_eq!(node.text("/status/allocatable/cpu"), "1930m");
}
