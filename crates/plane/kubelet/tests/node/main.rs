//! A node on an API server in memory and a machine that only pretends.

mod admission;
mod anew;
mod containers;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
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
    spec::{ContainerName, ContainerSpec},
};
use wharf_kube_client::{Client, Object as _, fake::Fake, kind};
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
