//! A node at work: it registers, follows the pods that are bound to it, and has a worker for each.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    mem::take,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use wharf_base::{Backoff, Chain, Clock};
use wharf_kube_client::{Client, Informer, Object as _, Recorder, Selection, kind};
use wharf_kube_model::{
    node_selector,
    taint::{Taint, Toleration},
};

use crate::{
    host_ports::{self, HostPorts},
    machine::{Found, Machine, is_pod},
    names::Resolvers,
    node::{self, Facts, Node},
    objects::Objects,
    on_demand, perform,
    pod::Pod,
    pressure::watch::{Capacity, Pressure},
    qos,
    resizing::{self, Given},
    status::Place,
    usage::{self, Usage},
    worker::{Wanted, Worker},
};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long the API is asked for the node as it is now before a pod is taken without.
const ASKS_FOR: Duration = Duration::from_secs(5);
const EPHEMERAL_STORAGE: &str = "ephemeral-storage";

pub struct Parts {
    pub client: Client,
    pub machine: Arc<dyn Machine>,
    pub clock: Arc<dyn Clock>,
    pub facts: Facts,
    pub resolvers: Resolvers,
    /// A folder for each pod.
    pub dir: PathBuf,
}

/// What its port serves from.
#[derive(Clone)]
pub struct Kubelet {
    pub node: Arc<Node>,
}

struct Running {
    wanted: watch::Sender<Wanted>,
    object: Arc<Value>,
}

impl Kubelet {
    /// Begins to follow the API; nothing is done before [`run`].
    pub fn new(parts: &Parts, stop: &CancellationToken) -> Self {
        let Parts {
            client,
            machine,
            clock,
            facts,
            resolvers,
            dir,
        } = parts;
        let services = Informer::start(
            client.clone(),
            kind::SERVICE,
            Selection::default(),
            &[],
            stop.clone(),
        );
        let node = Node {
            name: facts.name.clone(),
            instance: facts.instance.clone(),
            max_pods: node::most_pods(facts),
            only: facts.one_pod.as_ref().map(|it| it.uid.clone()),
            client: client.clone(),
            machine: machine.clone(),
            clock: clock.clone(),
            objects: Objects::new(client.clone(), stop.clone()),
            recorder: Recorder::start(client.clone(), "kubelet", &facts.name),
            services,
            own: Arc::default(),
            place: Place {
                host_ip: facts.address.clone(),
            },
            dir: dir.clone(),
            allocatable: node::allocatable(facts),
            resolvers: resolvers.clone(),
            pods: RwLock::default(),
            has_listed: AtomicBool::new(false),
            usage: Usage::default(),
            capacity: Capacity {
                memory: u64::from(facts.memory_mib) << 20,
                disk: facts.disk_bytes,
            },
            pressure: Pressure::default(),
            host_ports: HostPorts::default(),
            given: Given::default(),
        };
        Self {
            node: Arc::new(node),
        }
    }
}

/// Until `stop`; containers run on after that.
pub async fn run(parts: Parts, kubelet: Kubelet, stop: CancellationToken) {
    let work = async {
        let found = find(&*parts.machine, &parts.facts.name).await;
        let folders = folders(&parts.dir, &parts.facts.name).await;
        let selection = Selection {
            fields: format!("spec.nodeName={}", parts.facts.name),
            ..Selection::default()
        };
        let keep = node::keep(
            parts.client.clone(),
            parts.facts.clone(),
            parts.clock.clone(),
            kubelet.node.pressure.conditions(),
            (kubelet.node.own.clone(), stop.clone()),
        );
        let _keep = AbortOnDropHandle::new(tokio::spawn(keep));
        let measuring = usage::keep(kubelet.node.clone());
        let _measuring = AbortOnDropHandle::new(tokio::spawn(measuring));
        let tending = on_demand::tend(kubelet.node.clone());
        let _tending = AbortOnDropHandle::new(tokio::spawn(tending));
        let pods = Informer::start(
            parts.client.clone(),
            kind::POD,
            selection,
            &[],
            stop.clone(),
        );
        pods.synced().await;
        follow(&kubelet.node, pods, found, folders).await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn find(machine: &dyn Machine, name: &str) -> BTreeMap<String, Found> {
    let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
    loop {
        match machine.recover().await {
            Ok(found) => return found.into_iter().map(|it| (it.id.clone(), it)).collect(),
            Err(error) => {
                tracing::error!(
                    node = name,
                    error = %Chain(&error),
                    "failed to find the pods of a node again; will retry"
                );
                sleep(wait.wait()).await;
            }
        }
    }
}

/// The sandboxes of pods that have a folder. An agent that was killed while it made or removed one left no more than that to be found
/// by: it is what comes first and goes last.
async fn folders(dir: &Path, name: &str) -> BTreeSet<String> {
    let all = tokio::fs::read_dir(dir).await;
    let mut all = match all {
        Ok(all) => all,
        // Nothing was ever made here.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeSet::new(),
        Err(error) => {
            tracing::warn!(node = name, %error, "failed to look for what is left of pods");
            return BTreeSet::new();
        }
    };
    let mut found = BTreeSet::new();
    while let Ok(Some(entry)) = all.next_entry().await {
        found.extend(entry.file_name().into_string().ok().filter(|it| is_pod(it)));
    }
    found
}

/// `folders`: see [`folders`]; those of pods that the API knows are looked after by their workers.
async fn follow(
    node: &Arc<Node>,
    pods: Informer,
    mut found: BTreeMap<String, Found>,
    mut folders: BTreeSet<String>,
) {
    let changed = Arc::new(Notify::new());
    let tell = changed.clone();
    pods.subscribe(move |_| tell.notify_one());
    let mut running: BTreeMap<String, Running> = BTreeMap::new();
    let mut workers: JoinSet<String> = JoinSet::new();
    let mut over: BTreeSet<String> = BTreeSet::new();
    let mut is_first = true;
    loop {
        let all = pods.all();
        let wanted: BTreeMap<String, Arc<Value>> = all
            .into_iter()
            .map(|it| (it.uid().to_owned(), it))
            .collect();
        over.retain(|uid| wanted.contains_key(uid));
        remember(node, &wanted);
        if take(&mut is_first) {
            // Before their workers, which keep up what of it changes.
            let running = still_there(node, wanted.values(), &found);
            node.host_ports.begin(running);
        }
        // What is here of pods that the API does not know goes before others come.
        let here = found.keys().cloned().chain(take(&mut folders));
        for id in lost(here, wanted.keys().map(|uid| node.sandbox_of(uid))) {
            found.remove(&id);
            remove(node, &id, &mut workers);
        }
        let mut in_order: Vec<_> = wanted.iter().collect();
        // Those that came first have their places first.
        in_order.sort_by_key(|(_, it)| it.text("/metadata/creationTimestamp").to_owned());
        for (uid, object) in in_order {
            if over.contains(uid) {
                continue;
            }
            match running.get_mut(uid) {
                Some(known) if !Arc::ptr_eq(&known.object, object) => {
                    known.object = object.clone();
                    known.wanted.send_replace(Wanted::Is(object.clone()));
                }
                // What it waits for others may have given back.
                Some(known) if resizing::is_pending(object) => {
                    known.wanted.send_replace(Wanted::Is(object.clone()));
                }
                Some(_) => {}
                None => {
                    let left = found.remove(&node.sandbox_of(uid));
                    let elsewhere = match left {
                        None => elsewhere(node, object).await,
                        Some(_) => None,
                    };
                    let here = running.values().map(|it| &it.object);
                    let refusal = not_for(node, object)
                        .or(elsewhere)
                        .or_else(|| no_room(node, object, here))
                        .or_else(|| node.pressure.refuses(object));
                    let (wanted, hear) = watch::channel(Wanted::Is(object.clone()));
                    let worker = begin(node, hear, object, left, refusal).await;
                    let key = uid.clone();
                    workers.spawn(async move {
                        worker.run().await;
                        key
                    });
                    let object = object.clone();
                    running.insert(uid.clone(), Running { wanted, object });
                }
            }
        }
        for (uid, it) in &running {
            if !wanted.contains_key(uid) {
                it.wanted.send_if_modified(|told| {
                    let news = matches!(told, Wanted::Is(_));
                    *told = Wanted::Gone;
                    news
                });
            }
        }
        tokio::select! {
            () = changed.notified() => {}
            Some(ended) = workers.join_next() => match ended {
                Ok(uid) => {
                    running.remove(&uid);
                    over.insert(uid);
                }
                Err(error) => {
                    // What it looked after is found again by another, after a while.
                    sleep(FIRST_WAIT).await;
                    tracing::error!(node = node.name, %error, "the worker of a pod failed");
                    running.retain(|_, it| !it.wanted.is_closed());
                    let all = find(&*node.machine, &node.name).await;
                    let kept = running.keys().map(|uid| node.sandbox_of(uid));
                    let left = lost(all.keys().cloned(), kept);
                    found.extend(all.into_iter().filter(|(id, _)| left.contains(id)));
                }
            },
        }
    }
}

/// Pods that run in sandboxes of an earlier agent, and where.
fn still_there<'a>(
    node: &Node,
    pods: impl Iterator<Item = &'a Arc<Value>>,
    found: &BTreeMap<String, Found>,
) -> Vec<(Pod, Ipv4Addr)> {
    let one = |object: &'a Arc<Value>| {
        let sandbox = found.get(&node.sandbox_of(object.uid()))?;
        let address = sandbox.address.filter(|_| sandbox.is_alive)?;
        Some((Pod::read(object).ok()?, address))
    };
    pods.filter_map(one).collect()
}

/// The sandboxes that are none of `known`. What a sandbox is called is a digest, so the names are made once for all.
fn lost(
    here: impl Iterator<Item = String>,
    known: impl Iterator<Item = String>,
) -> BTreeSet<String> {
    let known: BTreeSet<String> = known.collect();
    here.filter(|id| !known.contains(id)).collect()
}

async fn begin(
    node: &Arc<Node>,
    hear: watch::Receiver<Wanted>,
    object: &Arc<Value>,
    left: Option<Found>,
    refusal: Option<(String, String)>,
) -> Worker {
    // A sandbox that ended while nobody looked makes room for the next.
    if let Some(left) = left.as_ref().filter(|it| !it.is_alive)
        && let Err(error) = node.machine.remove(&left.id).await
    {
        tracing::warn!(
            pod = object.key(),
            error = %Chain(&error),
            "failed to remove an ended sandbox"
        );
    }
    Worker::new(node.clone(), hear, object, left, refusal)
}

/// Why a pod has no business here.
fn not_for(node: &Node, object: &Value) -> Option<(String, String)> {
    let why = "Pod was rejected: the node is a machine of Fargate for another pod";
    (!node.is_for(object)).then(|| ("NodeAffinity".to_owned(), why.to_owned()))
}

/// Why a pod is for other nodes than this one, with upstream's reasons: whoever bound it may have looked at less.
async fn elsewhere(node: &Node, object: &Value) -> Option<(String, String)> {
    let is_over = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
    // The machine of Fargate for a pod was made for it.
    if is_over || node.only.is_some() {
        return None;
    }
    if !matches!(object.text("/spec/os/name"), "" | "linux") {
        let why = "Pod was rejected: Failed to admit pod as the OS field doesn't match node OS";
        return Some(("PodOSNotSupported".to_owned(), why.to_owned()));
    }
    let heard = node.own.get().and_then(|it| it.get("", &node.name));
    let heard = match heard {
        Some(heard) => heard,
        // Its name is all that is asked for, or it has not heard of itself yet.
        None => Arc::new(json!({"metadata": {"name": node.name}})),
    };
    refused_by(&heard, object)?;
    // What was heard of it may be older than what the pod was bound by. Where nobody can be asked, the pod is taken at its binder's word.
    let kind = kind::NODE;
    let live = node.client.get(&kind, "", &node.name);
    let live = timeout(ASKS_FOR, live).await.ok()?.ok()?;
    refused_by(&live, object)
}

/// Why a pod is not for a node, with upstream's reasons.
fn refused_by(node: &Value, pod: &Value) -> Option<(String, String)> {
    let none = Map::new();
    let labels = node.map("/metadata/labels").unwrap_or(&none);
    let (reason, why) = if !node_selector::wants(pod.at("/spec"), node.name(), labels) {
        (
            "NodeAffinity",
            "NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
        )
    } else if keeps_away(node, pod) {
        (
            "TaintToleration",
            "TaintToleration failed: node(s) had taints that the pod didn't tolerate",
        )
    } else {
        return None;
    };
    Some((
        reason.to_owned(),
        format!("Pod was rejected: Predicate {why}"),
    ))
}

/// Whether a node is to be left by those who do not tolerate a taint of it, as this pod does not. One that keeps others from coming alone
/// is for who binds them.
fn keeps_away(node: &Value, pod: &Value) -> bool {
    let tolerations = pod.list("/spec/tolerations").iter();
    let tolerations: Vec<Toleration> = tolerations.map(Toleration::read).collect();
    let taints = node.list("/spec/taints").iter().map(Taint::read);
    let mut taints = taints.filter(|it| it.effect == "NoExecute");
    taints.any(|taint| !tolerations.iter().any(|it| it.tolerates(&taint)))
}

/// Why a pod finds no place beside those that are here, with upstream's reasons: whoever bound it may have looked at less.
fn no_room<'a>(
    node: &Node,
    object: &Value,
    others: impl Iterator<Item = &'a Arc<Value>>,
) -> Option<(String, String)> {
    let asks = |it: &Value| node.given.to(it);
    let is_over = |it: &Value| matches!(it.text("/status/phase"), "Succeeded" | "Failed");
    let ports = |it: &Value| {
        Pod::read(it)
            .map(|pod| host_ports::taken(&pod))
            .unwrap_or_default()
    };
    let disk_for = |it: &Value| {
        Pod::read(it)
            .map(|pod| qos::requested(&pod, EPHEMERAL_STORAGE))
            .unwrap_or_default()
    };
    let asked_ports = ports(object);
    let own_disk = disk_for(object);
    let mut is_port_free = true;
    let (mut pods, mut cpu, mut memory, mut disk) = (0, 0, 0, 0);
    for other in others.filter(|it| node.is_for(it) && !is_over(it)) {
        let (its_cpu, its_memory) = asks(other);
        pods += 1;
        cpu += its_cpu;
        memory += its_memory;
        if own_disk > 0 {
            disk += disk_for(other);
        }
        is_port_free &=
            asked_ports.is_empty() || host_ports::are_disjoint(&asked_ports, &ports(other));
    }
    if !is_port_free {
        let why = "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
        return Some(("NodePorts".to_owned(), why.to_owned()));
    }
    let (own_cpu, own_memory) = asks(object);
    let (all_cpu, all_memory) = node.allocatable;
    let all_disk = u128::from(node::allocatable_disk(node.capacity.disk));
    let kinds = [
        ("pods", 1, pods, u128::from(node.max_pods)),
        ("cpu", own_cpu, cpu, u128::from(all_cpu)),
        ("memory", own_memory, memory, u128::from(all_memory)),
        (EPHEMERAL_STORAGE, own_disk, disk, all_disk),
    ];
    let lacks =
        |(_, asked, used, all): &&(&str, u128, u128, u128)| *asked > 0 && asked + used > *all;
    let (kind, asked, used, all) = kinds.iter().find(lacks)?;
    let message = format!(
        "Pod was rejected: Node didn't have enough resource: {kind}, requested: {asked}, used: {used}, capacity: {all}"
    );
    Some((format!("OutOf{kind}"), message))
}

fn remember(node: &Node, wanted: &BTreeMap<String, Arc<Value>>) {
    let all = wanted
        .iter()
        .map(|(uid, it)| (node.sandbox_of(uid), it.clone()));
    *node.pods.write() = all.collect();
    node.has_listed.store(true, Ordering::Release);
}

/// Nobody waits for the end of what no pod is about.
fn remove(node: &Arc<Node>, id: &str, workers: &mut JoinSet<String>) {
    let (node, id) = (node.clone(), id.to_owned());
    workers.spawn(async move {
        let folder = node.dir.join(&id);
        let all = async || {
            let removed = node.machine.remove(&id).await;
            removed.map_err(|e| e.text())?;
            let removed = perform::remove_folder(folder.clone()).await;
            removed.map_err(|e| format!("its volumes: {e}"))
        };
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        while let Err(reason) = all().await {
            tracing::warn!(
                sandbox = id,
                reason,
                "failed to remove the sandbox of a pod that is gone; will retry"
            );
            sleep(wait.wait()).await;
        }
        id
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn taints_that_are_not_tolerated_keep_pods_away() {
        let taint = |effect: &str| json!({"spec": {"taints": [{"key": "only", "value": "red", "effect": effect}]}});
        let pod = |tolerations: Value| json!({"spec": {"tolerations": tolerations}});
        let blue = json!([{"key": "only", "value": "blue"}]);
        let red =
            json!([{"key": "only", "value": "red", "effect": "NoExecute", "tolerationSeconds": 1}]);
        let any = json!([{"operator": "Exists"}]);
        for (effect, tolerations, is_kept_away) in [
            ("NoExecute", json!([]), true),
            ("NoExecute", blue, true),
            ("NoExecute", red, false),
            ("NoExecute", any, false),
            ("NoSchedule", json!([]), false),
        ] {
            let found = keeps_away(&taint(effect), &pod(tolerations.clone()));
            assert_eq!(found, is_kept_away, "{effect} {tolerations}");
        }
        assert!(!keeps_away(&json!({}), &pod(json!([]))));
    }

    #[test]
    fn sandboxes_of_no_pod_are_lost_once() {
        let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let check = |here: &[&str], known: &[&str], expected: &[&str]| {
            let found = lost(names(here).into_iter(), names(known).into_iter());
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
        };
        check(&["c", "a", "b", "a"], &["b", "d"], &["a", "c"]);
        check(&["a"], &["a"], &[]);
        check(&[], &["a"], &[]);
        check(&["a"], &[], &["a"]);
    }
}
