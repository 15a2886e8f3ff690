//! The garbage collector: what is left of owners that are gone goes too, or stays alone, as its owner's deletion wanted.
//!
//! One watch a kind, of metadata alone, keeps a graph of who owns whom; uids whose surroundings changed are looked at, and what is to
//! be done follows from the graph ([`graph`], pure). An owner the graph has not seen is asked for by name before anything is deleted.

mod graph;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{
    Change, Client, Delete, Error, Informer, Kind, Object, Patch, Propagation, Selection,
};
use wharf_reconcile::{Next, Queue};

use self::graph::{FOREGROUND, Graph, Node, ORPHAN, Owner, Step};
use crate::runtime::{Context, settled};

const WORKERS: usize = 16;
/// After discovery failed.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// After the graph and the server disagreed: the watch is on its way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Nobody lists Secrets while their key is shut. For so long after the start what goes last waits for those that it may own; upstream's
/// collector waits as long for all kinds.
const PATIENCE: Duration = Duration::from_secs(30);

const DEFINITION: Kind = Kind::known(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    false,
);

struct Collector {
    client: Client,
    graph: Mutex<Graph>,
    queue: Arc<Queue<String>>,
    /// By the kinds there are.
    informers: Mutex<HashMap<Kind, Informer>>,
    /// There may be other kinds than these.
    others: Notify,
    began: Instant,
}

/// Collects until `stop`.
pub async fn run(context: Context, stop: CancellationToken) {
    let collector = Arc::new(Collector {
        client: context.client.clone(),
        graph: Mutex::default(),
        queue: Arc::default(),
        informers: Mutex::default(),
        others: Notify::new(),
        began: Instant::now(),
    });
    let work = {
        let collector = collector.clone();
        let queue = collector.queue.clone();
        wharf_reconcile::run(queue, WORKERS, stop.clone(), move |uid: String| {
            let collector = collector.clone();
            async move { settled(collector.look(&uid).await) }
        })
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = collector.follow(&context) => {}
        () = work => {}
    }
}

impl Collector {
    /// Follows the kinds there are, and again when definitions of others change.
    async fn follow(self: &Arc<Self>, context: &Context) {
        let selection = Selection {
            metadata_only: true,
            ..Selection::default()
        };
        let start = |kind: Kind| {
            let (client, stop) = (context.client.clone(), context.stop.clone());
            Informer::start(client, kind, selection.clone(), &[], stop)
        };
        let definitions = start(DEFINITION);
        let it = self.clone();
        definitions.subscribe(move |_| it.others.notify_one());
        loop {
            match self.client.kinds(&["list", "watch", "delete"]).await {
                Ok(kinds) => self.set_kinds(kinds, &start),
                Err(error) => {
                    tracing::debug!(%error, "failed to find the kinds of a cluster; retrying");
                    tokio::time::sleep(TRY_AGAIN).await;
                    continue;
                }
            }
            self.others.notified().await;
        }
    }

    fn set_kinds(self: &Arc<Self>, kinds: Vec<Kind>, start: &dyn Fn(Kind) -> Informer) {
        // Events own nothing, nobody owns them, and there are many.
        let is_followed = |it: &Kind| it.plural != "events";
        let kinds: HashSet<Kind> = kinds.into_iter().filter(is_followed).collect();
        let mut informers = self.informers.lock();
        let gone: Vec<Kind> = informers
            .keys()
            .filter(|it| !kinds.contains(*it))
            .cloned()
            .collect();
        for kind in gone {
            informers.remove(&kind);
            let mut graph = self.graph.lock();
            for uid in graph.of_kind(&kind) {
                self.wake(graph.remove(&uid));
            }
        }
        for kind in kinds {
            if informers.contains_key(&kind) {
                continue;
            }
            let informer = start(kind.clone());
            let it = Arc::downgrade(self);
            informer.subscribe({
                let kind = kind.clone();
                move |change| {
                    if let Some(it) = it.upgrade() {
                        it.told(&kind, change);
                    }
                }
            });
            informers.insert(kind, informer);
        }
    }

    fn told(&self, kind: &Kind, change: &Change) {
        let mut graph = self.graph.lock();
        let look = match change {
            Change::Deleted(object) => graph.remove(object.uid()),
            Change::Changed { old, new } if old.uid() != new.uid() => {
                let mut look = graph.remove(old.uid());
                look.extend(graph.put(Node::read(kind, new)));
                look
            }
            Change::Added(object) | Change::Changed { new: object, .. } => {
                graph.put(Node::read(kind, object))
            }
        };
        self.wake(look);
    }

    fn wake(&self, uids: Vec<String>) {
        for uid in uids {
            self.queue.wake(uid);
        }
    }

    fn are_all_known(&self) -> bool {
        let informers = self.informers.lock();
        !informers.is_empty() && informers.values().all(Informer::is_synced)
    }

    /// Whether all are known that an object which goes last may wait for, but Secrets that nobody lists for long: those go later, by
    /// the end of their owner.
    fn may_let_go(&self) -> bool {
        let is_needed = |kind: &Kind| {
            let is_secret = kind.group.is_empty() && kind.plural == "secrets";
            !is_secret || self.began.elapsed() < PATIENCE
        };
        let informers = self.informers.lock();
        let mut all = informers.iter();
        !informers.is_empty() && all.all(|(kind, it)| it.is_synced() || !is_needed(kind))
    }

    async fn look(&self, uid: &str) -> Result<Next, Error> {
        let mut absent = HashSet::new();
        loop {
            let (node, step) = {
                let graph = self.graph.lock();
                let Some(node) = graph.get(uid).cloned() else {
                    return Ok(Next::Settled);
                };
                (node, graph.decide(uid, &absent))
            };
            match step {
                Step::Nothing => return Ok(Next::Settled),
                Step::Find(owners) => {
                    for owner in owners {
                        match self.is_there(&node, &owner).await? {
                            // The graph will have it in a moment.
                            Some(true) => return Ok(Next::After(LOOK_AGAIN)),
                            Some(false) => drop(absent.insert(owner.uid)),
                            None => return Ok(Next::Settled),
                        }
                    }
                }
                Step::Look(blocking) => {
                    self.wake(blocking);
                    return Ok(Next::Settled);
                }
                // Dependents that were not told yet would be forgotten, and those that are to stay would go.
                Step::Orphan(_) if !self.are_all_known() => return Ok(Next::After(LOOK_AGAIN)),
                Step::LetGo if !self.may_let_go() => return Ok(Next::After(LOOK_AGAIN)),
                Step::LetGo => {
                    self.take_finalizer(&node, FOREGROUND).await?;
                    return Ok(Next::Settled);
                }
                Step::Orphan(dependents) => {
                    for dependent in dependents {
                        let dependent = self.graph.lock().get(&dependent).cloned();
                        if let Some(dependent) = dependent {
                            self.take_owners(&dependent, &[uid.to_owned()]).await?;
                        }
                    }
                    self.take_finalizer(&node, ORPHAN).await?;
                    return Ok(Next::Settled);
                }
                Step::Leave(gone) => {
                    self.take_owners(&node, &gone).await?;
                    return Ok(Next::Settled);
                }
                Step::Unblock => {
                    self.unblock(&node).await?;
                    self.delete(&node, true).await?;
                    return Ok(Next::Settled);
                }
                Step::Delete { foreground } => {
                    self.delete(&node, foreground).await?;
                    return Ok(Next::Settled);
                }
            }
        }
    }

    /// Whether an owner exists, by the server's word; nothing where that cannot be said of such an owner.
    async fn is_there(&self, node: &Node, owner: &Owner) -> Result<Option<bool>, Error> {
        let group = owner.api_version.split_once('/').map_or("", |it| it.0);
        let find = || {
            let informers = self.informers.lock();
            let mut kinds = informers.keys();
            kinds
                .find(|it| it.group == group && it.kind == owner.kind)
                .cloned()
        };
        // In a version that is served: that of the reference may be no more, and the owner is there all the same.
        let Some(kind) = find() else {
            // Of a kind that is not known it cannot be said to be gone. A definition is told of before its kind is served: look again.
            self.others.notify_one();
            return Err(Error::Answer(format!(
                "owner {} of {}/{} is of the unknown kind {} {}",
                owner.name, node.namespace, node.name, owner.api_version, owner.kind
            )));
        };
        let namespace = if kind.namespaced {
            node.namespace.as_str()
        } else {
            ""
        };
        // An object of a namespace cannot be the owner of one of none, which says nothing of the namespace to look in.
        if kind.namespaced && namespace.is_empty() {
            tracing::warn!(
                object = node.name,
                owner = owner.name,
                "an object of no namespace names an owner of one, and is kept"
            );
            return Ok(None);
        }
        match self.client.get(&kind, namespace, &owner.name).await {
            Ok(there) => Ok(Some(there.uid() == owner.uid)),
            Err(error) if error.is_not_found() => Ok(Some(false)),
            Err(error) => Err(error),
        }
    }

    /// The object as the server has it; none where it is gone or another has its name.
    async fn live(&self, node: &Node) -> Result<Option<Value>, Error> {
        match self
            .client
            .get(&node.kind, &node.namespace, &node.name)
            .await
        {
            Ok(live) => Ok((live.uid() == node.uid).then_some(live)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn patch(&self, live: &Value, node: &Node, change: Value) -> Result<(), Error> {
        let mut metadata = json!({"uid": live.uid(), "resourceVersion": live.resource_version()});
        for (name, value) in change.as_object().into_iter().flatten() {
            metadata[name] = value.clone();
        }
        let patch = Patch::Merge(json!({"metadata": metadata}));
        let patched = self
            .client
            .patch(&node.kind, &node.namespace, &node.name, &patch);
        match patched.await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn take_finalizer(&self, node: &Node, finalizer: &str) -> Result<(), Error> {
        let Some(live) = self.live(node).await? else {
            return Ok(());
        };
        let mut finalizers = live.list("/metadata/finalizers").to_vec();
        finalizers.retain(|it| it != finalizer);
        self.patch(&live, node, json!({"finalizers": finalizers}))
            .await
    }

    async fn take_owners(&self, node: &Node, gone: &[String]) -> Result<(), Error> {
        let Some(live) = self.live(node).await? else {
            return Ok(());
        };
        let all = live.list("/metadata/ownerReferences");
        let mut owners = all.to_vec();
        owners.retain(|it| !gone.iter().any(|uid| uid == it.text("/uid")));
        if owners.len() == all.len() {
            return Ok(());
        }
        self.patch(&live, node, json!({"ownerReferences": owners}))
            .await
    }

    /// No owner waits for it any more.
    async fn unblock(&self, node: &Node) -> Result<(), Error> {
        let Some(live) = self.live(node).await? else {
            return Ok(());
        };
        let mut owners = live.list("/metadata/ownerReferences").to_vec();
        for owner in &mut owners {
            if owner.is_true("/blockOwnerDeletion") {
                owner["blockOwnerDeletion"] = false.into();
            }
        }
        self.patch(&live, node, json!({"ownerReferences": owners}))
            .await
    }

    async fn delete(&self, node: &Node, foreground: bool) -> Result<(), Error> {
        let Some(live) = self.live(node).await? else {
            return Ok(());
        };
        let propagation = match foreground {
            _ if live.has_finalizer(ORPHAN) => Propagation::Orphan,
            _ if live.has_finalizer(FOREGROUND) => Propagation::Foreground,
            true => Propagation::Foreground,
            false => Propagation::Background,
        };
        let options = Delete {
            propagation: Some(propagation),
            // Not if its owners are others by now.
            resource_version: Some(live.resource_version().to_owned()),
            ..Delete::of_uid(&node.uid)
        };
        let deleted = self
            .client
            .delete(&node.kind, &node.namespace, &node.name, &options);
        match deleted.await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests;
