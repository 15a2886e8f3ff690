//! The node itself: what it registers, how it says that it lives, and what its pods share. What it reports leaves alone what others write
//! (`patch`).

mod patch;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use parking_lot::RwLock;
use serde_json::{Map, Value, json};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Backoff, Clock, Timestamp, image_index::LEVEL};
use wharf_container::image;
use wharf_kube_client::{
    Client, Error, Informer, Kind, Object as _, Patch, Recorder, Selection, kind,
};
use wharf_kube_model::{
    Version,
    file_volume::EFS,
    persistent::{EBS, EBS_ZONE, HOST},
};

use crate::{
    host_ports::HostPorts,
    machine::{Machine, sandbox_id},
    names::Resolvers,
    objects::Objects,
    pressure::{
        Condition,
        watch::{Capacity, Pressure},
    },
    refused::{self, is_extended},
    resizing::Given,
    status::Place,
    usage::Usage,
};

const CSI_NODE: Kind = Kind::known("storage.k8s.io", "v1", "CSINode", "csinodes", false);
/// Volumes of pods on a node that is of no type, as most of Nitro instances have room for.
const MOST_VOLUMES: u32 = 26;
const LEASES: &str = "kube-node-lease";
const LEASE_SECONDS: u64 = 40;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Conditions are written this often although they stay as they are.
const REPORT_EVERY: Duration = Duration::from_secs(5 * 60);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(7);
/// What Fargate adds to a pod's memory for the parts of Kubernetes beside it, in MiB.
const FARGATE_KEEPS_MIB: u64 = 256;
/// What AWS's nodes keep free before they evict, in MiB.
const EVICTION_MIB: u64 = 100;

/// The pod that a machine of Fargate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnePod {
    pub uid: String,
    /// Thousandths of a core that it has.
    pub cpu: u64,
}

/// What is said of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// `ip-10-0-1-2.ec2.internal`
    pub name: String,
    /// `i-…`
    pub instance: String,
    pub instance_type: String,
    /// `ami-…`
    pub image: String,
    pub region: String,
    pub zone: String,
    /// The machine that the instance is on.
    pub host: String,
    /// Whether pods may have the EBS volumes of the instance.
    pub has_volumes: bool,
    /// How many of them at a time, where its type says so.
    pub most_volumes: Option<u32>,
    /// Whether pods may have file systems of EFS.
    pub has_files: bool,
    pub address: String,
    pub cpus: u32,
    pub memory_mib: u32,
    pub disk_bytes: u64,
    /// It is Fargate's, for that pod alone.
    pub one_pod: Option<OnePod>,
    /// Of the machine.
    pub kernel: String,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Value>,
    /// The version that it is a node of; nothing: of its cluster's, as that is when the node comes.
    pub version: Option<Version>,
    /// Its port. Where the control plane finds it, which is in no VPC, the agent tells.
    pub port: u16,
}

/// What the pods of a node share.
pub struct Node {
    pub name: String,
    pub instance: String,
    pub max_pods: u32,
    /// By uid, the only pod that runs here.
    pub only: Option<String>,
    pub client: Client,
    pub machine: Arc<dyn Machine>,
    pub clock: Arc<dyn Clock>,
    pub objects: Objects,
    pub recorder: Recorder,
    pub services: Informer,
    /// The node itself, as it was last heard of; nothing before it is registered.
    pub own: Arc<OnceLock<Informer>>,
    pub place: Place,
    /// A folder a pod.
    pub dir: PathBuf,
    /// Thousandths of a core, bytes.
    pub allocatable: (u64, u64),
    pub resolvers: Resolvers,
    /// Pods by their sandboxes, as they were last heard of.
    pub pods: RwLock<BTreeMap<String, Arc<Value>>>,
    /// All pods that the API has for it are among them: before, absence means nothing.
    pub has_listed: AtomicBool,
    pub usage: Usage,
    pub capacity: Capacity,
    pub pressure: Pressure,
    pub host_ports: HostPorts,
    pub given: Given,
}

impl Node {
    /// Whether a pod may run here at all. Anybody may write a node's name into a pod, even before there is the node.
    pub fn is_for(&self, pod: &Value) -> bool {
        self.only.as_ref().is_none_or(|uid| uid == pod.uid())
    }

    /// What the sandbox of a pod is known by.
    pub fn sandbox_of(&self, uid: &str) -> String {
        sandbox_id(&self.instance, uid)
    }

    pub fn pod_of(&self, sandbox: &str) -> Option<Arc<Value>> {
        self.pods.read().get(sandbox).cloned()
    }

    /// What pods may ask it for.
    pub fn has(&self) -> refused::Node<'_> {
        refused::Node {
            address: &self.place.host_ip,
            has_host_paths: self.machine.has_host_paths(),
            lent: self.machine.lends(),
        }
    }

    pub fn names(&self) -> Resolvers {
        let dns = self.services.get("kube-system", "kube-dns");
        let address = dns.map(|it| it.text("/spec/clusterIP").to_owned());
        Resolvers {
            cluster: address.filter(|it| !it.is_empty() && it != "None"),
            ..self.resolvers.clone()
        }
    }
}

/// How many pods a node takes.
pub fn most_pods(facts: &Facts) -> u32 {
    match &facts.one_pod {
        Some(_) => 1,
        None => max_pods(&facts.instance_type).unwrap_or_else(|| by_memory(facts.memory_mib)),
    }
}

/// How many pods an instance may have that is of no type, as a machine that is a node itself: about as many as types of its memory, and
/// upstream's number at most.
fn by_memory(memory_mib: u32) -> u32 {
    (memory_mib / 256).clamp(11, 110)
}

/// How many pods an instance may have: those that its interfaces have addresses for, and two in its own network.
fn max_pods(instance_type: &str) -> Option<u32> {
    let (family, size) = instance_type.split_once('.').unwrap_or((instance_type, ""));
    let is_burstable = family.starts_with('t');
    let (interfaces, addresses) = match (is_burstable, size) {
        (true, "nano" | "micro") => (2, 2),
        (true, "small") => (3, 4),
        (true, "medium") => (3, 6),
        (true, "large") => (3, 12),
        (true, _) => (4, 15),
        (false, "medium") => (2, 4),
        (false, "large") => (3, 10),
        (false, "xlarge" | "2xlarge") => (4, 15),
        (false, "4xlarge" | "8xlarge" | "9xlarge" | "12xlarge") => (8, 30),
        (false, "16xlarge" | "18xlarge" | "24xlarge" | "32xlarge" | "48xlarge" | "metal") => {
            (15, 50)
        }
        (false, _) => return None,
    };
    Some(interfaces * (addresses - 1) + 2)
}

/// Of what the instance has: thousandths of a core, bytes, that pods may ask for.
pub fn allocatable(facts: &Facts) -> (u64, u64) {
    if let Some(pod) = &facts.one_pod {
        let memory = u64::from(facts.memory_mib).saturating_sub(FARGATE_KEEPS_MIB);
        return (pod.cpu, memory << 20);
    }
    let reserved: u64 = (1..=facts.cpus)
        .map(|core| match core {
            1 => 600,
            2 => 100,
            3 | 4 => 50,
            _ => 25,
        })
        .sum();
    let cpu = u64::from(facts.cpus) * 1000 - reserved / 10;
    let pods = u64::from(most_pods(facts));
    let kept = 11 * pods + 255 + EVICTION_MIB;
    let memory = u64::from(facts.memory_mib).saturating_sub(kept) << 20;
    (cpu, memory)
}

/// Of the bytes of a node's disk, those that pods may ask for.
pub const fn allocatable_disk(bytes: u64) -> u64 {
    bytes / 10 * 9
}

/// Machines of Fargate are of no type.
const TYPE_LABELS: [&str; 2] = [
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
];

/// The Node as it is registered. Pure.
pub fn object(facts: &Facts) -> Value {
    let mut labels = facts.labels.clone();
    let own = [
        ("kubernetes.io/hostname", facts.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", arch()),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", arch()),
        ("topology.kubernetes.io/region", &facts.region),
        ("topology.kubernetes.io/zone", &facts.zone),
        ("failure-domain.beta.kubernetes.io/region", &facts.region),
        ("failure-domain.beta.kubernetes.io/zone", &facts.zone),
        ("topology.k8s.aws/zone-id", &facts.zone),
    ];
    labels.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if facts.one_pod.is_none() {
        for name in TYPE_LABELS {
            labels.insert(name.to_owned(), facts.instance_type.clone());
        }
    }
    if facts.has_volumes {
        labels.insert(EBS_ZONE.to_owned(), facts.zone.clone());
        labels.insert(HOST.to_owned(), facts.host.clone());
    }
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": facts.name, "labels": labels,
            // By the level it is known which image of an index runs here.
            "annotations": {"node.alpha.kubernetes.io/ttl": "0", LEVEL: image::level().to_string()},
        },
        "spec": {
            "providerID": format!("aws:///{}/{}", facts.zone, facts.instance),
            "taints": facts.taints,
        },
    })
}

/// What the node says of its volumes, as the driver's own program does. Pure.
pub fn csi_node(facts: &Facts, node: &Value) -> Value {
    let disks = || {
        json!({
            "name": EBS, "nodeID": facts.instance, "topologyKeys": [EBS_ZONE],
            "allocatable": {"count": facts.most_volumes.unwrap_or(MOST_VOLUMES)},
        })
    };
    let files = || json!({"name": EFS, "nodeID": facts.instance, "topologyKeys": null});
    let drivers = [facts.has_volumes.then(disks), facts.has_files.then(files)];
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
        "metadata": {
            "name": facts.name,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": facts.name, "uid": node.uid()}],
        },
        "spec": {"drivers": drivers.into_iter().flatten().collect::<Vec<Value>>()},
    })
}

async fn register_volumes(client: &Client, facts: &Facts, node: &Value) -> Result<(), Error> {
    if !facts.has_volumes && !facts.has_files {
        return Ok(());
    }
    let wanted = csi_node(facts, node);
    match client.create(&CSI_NODE, "", &wanted).await {
        Err(error) if error.is_already_exists() => {
            // It may be that of a node of this name that went.
            let own = json!({"metadata": {"ownerReferences": wanted["metadata"]["ownerReferences"]}, "spec": wanted["spec"]});
            let own = Patch::Merge(own);
            let patched = client.patch(&CSI_NODE, "", &facts.name, &own).await;
            patched.map(|_| ())
        }
        other => other.map(|_| ()),
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Resources that others say the node has: pods may ask for all of what it has of them, and for none that it has no more. What is to
/// change in `allocatable`.
fn extended(before: &Value) -> Map<String, Value> {
    let of = |at: &str| {
        let all = before.map(at).into_iter().flatten();
        all.filter(|(name, _)| is_extended(name))
    };
    let (has, may): (Map<_, _>, Map<_, _>) = (
        of("/capacity")
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect(),
        of("/allocatable")
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect(),
    );
    let gone = may.keys().filter(|it| !has.contains_key(*it));
    let gone: Vec<_> = gone.map(|it| (it.clone(), Value::Null)).collect();
    let others = has
        .into_iter()
        .filter(|(name, it)| may.get(name) != Some(it));
    others.chain(gone).collect()
}

/// What is to change in its status: `before` is the one it has, `under` what it runs short of. Pure.
pub fn status(facts: &Facts, before: &Value, under: &BTreeSet<Condition>, now: Timestamp) -> Value {
    let (cpu, memory) = allocatable(facts);
    let pods = most_pods(facts).to_string();
    let cores = match &facts.one_pod {
        Some(pod) => format!("{}m", pod.cpu),
        None => facts.cpus.to_string(),
    };
    let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
        let status = if holds { "True" } else { "False" };
        let known = before
            .list("/conditions")
            .iter()
            .find(|it| it.text("/type") == kind);
        let known = known.filter(|it| it.text("/status") == status);
        let since = known
            .map(|it| it.text("/lastTransitionTime"))
            .filter(|it| !it.is_empty());
        let since = since.map_or_else(|| now.iso8601_seconds(), str::to_owned);
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now.iso8601_seconds(), "lastTransitionTime": since,
        })
    };
    let pressures = Condition::ALL.map(|it| {
        let holds = under.contains(&it);
        let (reason, message) = it.told(holds);
        condition(it.kind(), holds, reason, message)
    });
    let ready = condition(
        "Ready",
        true,
        "KubeletReady",
        "kubelet is posting ready status",
    );
    let conditions: Vec<Value> = pressures.into_iter().chain([ready]).collect();
    let mut status = json!({
        "capacity": {
            "cpu": cores, "memory": format!("{}Mi", facts.memory_mib), "pods": pods,
            "ephemeral-storage": facts.disk_bytes.to_string(),
        },
        "allocatable": {
            "cpu": format!("{cpu}m"), "memory": format!("{}Ki", memory >> 10), "pods": pods,
            "ephemeral-storage": allocatable_disk(facts.disk_bytes).to_string(),
        },
        "conditions": conditions,
        "features": {"supplementalGroupsPolicy": true},
        "addresses": [
            {"type": "InternalIP", "address": facts.address},
            {"type": "InternalDNS", "address": facts.name},
            {"type": "Hostname", "address": facts.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": facts.port}},
        "nodeInfo": {
            "machineID": facts.instance.replace('-', ""), "systemUUID": facts.instance, "bootID": facts.instance,
            "kernelVersion": facts.kernel, "osImage": format!("wharf ({})", facts.image),
            "containerRuntimeVersion": concat!("wharf://", env!("CARGO_PKG_VERSION")),
            "kubeletVersion": facts.version.unwrap_or_default().git_version(), "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": arch(),
        },
    });
    if let Some(allocatable) = status["allocatable"].as_object_mut() {
        allocatable.extend(extended(before));
    }
    status
}

/// Registers the node, and says that it lives, and what it is `under`, until it is dropped. `own` becomes what is heard of it, until
/// `stop`.
pub async fn keep(
    client: Client,
    mut facts: Facts,
    clock: Arc<dyn Clock>,
    mut under: watch::Receiver<BTreeSet<Condition>>,
    (own, stop): (Arc<OnceLock<Informer>>, CancellationToken),
) {
    let mut wait = Backoff::new(FIRST_WAIT, LONGEST_WAIT, 2.0);
    let now_under =
        |under: &mut watch::Receiver<BTreeSet<Condition>>| under.borrow_and_update().clone();
    while let Err(error) = join(&client, &mut facts, &now_under(&mut under), clock.now()).await {
        let pause = wait.wait();
        tracing::warn!(node = facts.name, %error, ?pause, "failed to register a node; will retry");
        sleep(pause).await;
    }
    tracing::info!(node = facts.name, "registered a node of Kubernetes");
    let selection = Selection {
        fields: format!("metadata.name={}", facts.name),
        ..Selection::default()
    };
    let begin = || Informer::start(client.clone(), kind::NODE, selection, &[], stop);
    let own = own.get_or_init(begin);
    let mut ticks = interval(RENEW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported = clock.now();
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = renew(&client, &facts, clock.now()).await {
                    tracing::warn!(node = facts.name, %error, "failed to renew the lease of a node; will retry");
                }
            }
            // Told at once, so that no more pods come.
            Ok(()) = under.changed() => {}
        }
        let under = now_under(&mut under);
        // Whoever thought the node lost says so in its conditions: it is told otherwise as soon as it can be.
        let due = clock.now().since(reported) >= REPORT_EVERY;
        let done = match own.get("", &facts.name) {
            Some(node)
                if due
                    || !node.has_condition("Ready", "True")
                    || !says(&node, &under)
                    || !extended(node.at("/status")).is_empty() =>
            {
                report(&client, &facts, &node, &under, clock.now()).await
            }
            None if own.is_synced() => register(&client, &facts, &under, clock.now()).await,
            _ => continue,
        };
        match done {
            Ok(node) => {
                own.observe(&node);
                reported = clock.now();
            }
            Err(error) => {
                tracing::warn!(node = facts.name, %error, "failed to report the state of a node; will retry");
            }
        }
    }
}

/// Whether it says what it is under.
fn says(node: &Value, under: &BTreeSet<Condition>) -> bool {
    let told = |it: &Condition| node.has_condition(it.kind(), "True");
    Condition::ALL
        .iter()
        .all(|it| told(it) == under.contains(it))
}

/// Registers it, as a node of the cluster's version where nobody said of which.
async fn join(
    client: &Client,
    facts: &mut Facts,
    under: &BTreeSet<Condition>,
    now: Timestamp,
) -> Result<(), Error> {
    if facts.version.is_none() {
        let told = client.read("/version").await?;
        // Servers of others may be of any version.
        facts.version = Some(Version::told(&told).unwrap_or_default());
    }
    register(client, facts, under, now).await.map(drop)
}

/// The node as it is then.
async fn register(
    client: &Client,
    facts: &Facts,
    under: &BTreeSet<Condition>,
    now: Timestamp,
) -> Result<Value, Error> {
    let wanted = object(facts);
    let node = match client.create(&kind::NODE, "", &wanted).await {
        Ok(made) => made,
        Err(error) if error.is_already_exists() => {
            let own = json!({"metadata": {
                "labels": wanted["metadata"]["labels"], "annotations": wanted["metadata"]["annotations"],
            }});
            client
                .patch(&kind::NODE, "", &facts.name, &Patch::Merge(own))
                .await?
        }
        Err(error) => return Err(error),
    };
    // A node without it has pods that need no volumes.
    if let Err(error) = register_volumes(client, facts, &node).await {
        tracing::warn!(node = facts.name, %error, "failed to say what volumes a node takes");
    }
    report(client, facts, &node, under, now).await
}

/// The node as it is then; `node` is what was last heard of it.
async fn report(
    client: &Client,
    facts: &Facts,
    node: &Value,
    under: &BTreeSet<Condition>,
    now: Timestamp,
) -> Result<Value, Error> {
    let status = status(facts, node.at("/status"), under, now);
    let Some(patch) = patch::patch(node, &status) else {
        return Ok(node.clone());
    };
    let patch = Patch::Strategic(patch);
    client
        .patch_at(&kind::NODE, "", &facts.name, "status", &patch)
        .await
}

async fn renew(client: &Client, facts: &Facts, now: Timestamp) -> Result<(), Error> {
    // Leases tell microseconds.
    let at = format!("{}000Z", now.iso8601().trim_end_matches('Z'));
    let spec = json!({"holderIdentity": facts.name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": at});
    let patch = Patch::Merge(json!({ "spec": spec }));
    match client
        .patch(&kind::LEASE, LEASES, &facts.name, &patch)
        .await
    {
        Err(error) if error.is_not_found() => {
            let lease = json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"name": facts.name, "namespace": LEASES}, "spec": spec,
            });
            client
                .create(&kind::LEASE, LEASES, &lease)
                .await
                .map(|_| ())
        }
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests;
