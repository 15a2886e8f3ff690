//! The loop: woken by Services, Ingresses and the pods behind them, it brings each stack forward until nothing is left to do. What was
//! made is found by its tags at the start, so that nothing is forgotten whatever ended in between; an object goes when nothing of its
//! stack is left.

mod load_balancing;
mod waking;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_kube_client::{
    Client, Index, Informer, Informers, Kind as ApiKind, Object as _, Patch, Recorder, Ref, kind,
};
use wharf_reconcile::Next;

pub use self::load_balancing::LoadBalancing;
use crate::{
    annotations::Refused,
    bindings,
    cloud::{Arns, Cloud, CloudError},
    endpoints::Services,
    ingress::{self, Built},
    objects, plan, service,
    stack::{Key, Stack, TargetKind},
};

pub static INGRESS: ApiKind =
    ApiKind::known("networking.k8s.io", "v1", "Ingress", "ingresses", true);
pub static INGRESS_CLASS: ApiKind = ApiKind::known(
    "networking.k8s.io",
    "v1",
    "IngressClass",
    "ingressclasses",
    false,
);
static SERVICE: ApiKind = kind::SERVICE;
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
pub const SLICES_BY_SERVICE: Index = Index {
    name: "balanced-service",
    keys: |it| {
        vec![format!(
            "{}/{}",
            it.namespace(),
            it.label(SERVICE_NAME).unwrap_or_default()
        )]
    },
};

/// Stacks that are worked on at once.
const WORKERS: usize = 4;
/// Load balancers of one cluster; those of an account are bounded too, and are others' as well.
const MOST_STACKS: usize = 40;
/// Looks at one stack in a row. A stack is made in six.
const MOST_LOOKS: usize = 12;
/// Interfaces of a load balancer are given back before its security group can go.
const IN_USE: Duration = Duration::from_millis(500);
/// What people change at load balancing is set right again after this.
pub const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// A node may say that it is ready before its machine's word of it is here.
const NODES_LACK: Duration = Duration::from_secs(10);
/// Secrets that were not read yet: those of a cluster whose key is shut for long.
const UNREAD: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// When load balancing is looked at again, for so many nodes that say they are and so many that are.
pub fn next_look(said: usize, are: usize) -> Duration {
    match are < said {
        true => NODES_LACK,
        false => LOOK_AGAIN,
    }
}

/// What informers must be able to find.
pub fn indexes() -> Vec<(ApiKind, Index)> {
    vec![(kind::ENDPOINT_SLICE, SLICES_BY_SERVICE)]
}

type Queue = Arc<wharf_reconcile::Queue<Key>>;

pub struct Controller {
    client: Client,
    cloud: Arc<dyn LoadBalancing>,
    /// The id of the cluster.
    cluster: String,
    services: Informer,
    ingresses: Informer,
    classes: Informer,
    slices: Informer,
    pods: Informer,
    nodes: Informer,
    secrets: Informer,
    recorder: Recorder,
    known: Mutex<BTreeMap<Key, Arns>>,
    /// A call failed whose outcome nobody knows.
    stale: Mutex<bool>,
    /// Warnings that stand, by stacks.
    told: Mutex<BTreeMap<Key, BTreeSet<String>>>,
    /// Stacks with nodes as targets.
    by_nodes: Mutex<BTreeSet<Key>>,
}

/// Why a stack is not as it should be.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Its objects have to change first.
    #[error("{0}")]
    Model(#[from] Refused),
    #[error(transparent)]
    Deploy(#[from] CloudError),
    #[error(transparent)]
    Api(#[from] wharf_kube_client::Error),
    #[error("the load balancer changes faster than it is looked at")]
    Restless,
    #[error("the cluster has {MOST_STACKS} load balancers, and can have no more")]
    TooMany,
}

/// Until `stop`.
pub async fn run(client: Client, informers: Informers, cloud: Cloud, stop: CancellationToken) {
    let (cluster, cloud) = (cloud.cluster.id.clone(), Arc::new(cloud));
    let bindings = bindings::run(
        client.clone(),
        informers.clone(),
        cloud.clone(),
        stop.clone(),
    );
    let controller = Controller::new(client, &informers, cloud, cluster);
    let balancers = async {
        tokio::select! {
            () = stop.cancelled() => return,
            () = controller.begin() => {}
        }
        controller.follow(stop.clone()).await;
    };
    tokio::join!(balancers, bindings);
}

impl Controller {
    pub fn new(
        client: Client,
        informers: &Informers,
        cloud: Arc<dyn LoadBalancing>,
        cluster: String,
    ) -> Arc<Self> {
        Arc::new(Self {
            services: informers.of(&kind::SERVICE),
            ingresses: informers.of(&INGRESS),
            classes: informers.of(&INGRESS_CLASS),
            slices: informers.of(&kind::ENDPOINT_SLICE),
            pods: informers.of(&kind::POD),
            nodes: informers.of(&kind::NODE),
            secrets: informers.of(&kind::SECRET),
            recorder: Recorder::start(client.clone(), "aws-load-balancer-controller", ""),
            client,
            cloud,
            cluster,
            known: Mutex::default(),
            stale: Mutex::new(true),
            told: Mutex::default(),
            by_nodes: Mutex::default(),
        })
    }

    /// The class that Ingresses name is there, and all is known but Secrets, which only those wait for who name one.
    pub async fn begin(&self) {
        let class = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": ingress::CLASS}, "spec": {"controller": ingress::CONTROLLER},
        });
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        loop {
            match self.client.create(&INGRESS_CLASS, "", &class).await {
                Ok(_) => break,
                Err(error) if error.is_already_exists() => break,
                Err(error) => {
                    let pause = wait.wait();
                    tracing::warn!(%error, ?pause, "failed to make the class of Ingresses; will retry");
                    sleep(pause).await;
                }
            }
        }
        for informer in [
            &self.services,
            &self.ingresses,
            &self.classes,
            &self.slices,
            &self.pods,
            &self.nodes,
        ] {
            informer.synced().await;
        }
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        while let Err(error) = self.refresh().await {
            let pause = wait.wait();
            tracing::warn!(%error, ?pause, "failed to look for load balancers of a cluster; will retry");
            sleep(pause).await;
        }
    }

    async fn refresh(&self) -> Result<(), CloudError> {
        if !*self.stale.lock() {
            return Ok(());
        }
        let all = self.cloud.all().await?;
        *self.known.lock() = all;
        *self.stale.lock() = false;
        Ok(())
    }

    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let queue = Queue::default();
        self.subscribe(&queue);
        for key in self.known.lock().keys() {
            queue.wake(key.clone());
        }
        wharf_reconcile::run(queue, WORKERS, stop, move |key: Key| {
            let controller = self.clone();
            async move { controller.sync(&key).await }
        })
        .await;
    }

    /// The objects that are of a stack, and those that were.
    fn objects(&self, key: &Key) -> (Vec<Arc<Value>>, Vec<Arc<Value>>) {
        if let Key::Service { namespace, name } = key {
            let found = self.services.get(namespace, name);
            let (members, others): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|it| service::wants(it));
            let left = others
                .into_iter()
                .filter(|it| it.has_finalizer(objects::OF_SERVICE));
            return (members, left.collect());
        }
        let is_ours = |class: &str| {
            let class = self.classes.get("", class);
            class.is_some_and(|it| it.text("/spec/controller") == ingress::CONTROLLER)
        };
        let all = match key {
            Key::Ingress { namespace, name } => {
                self.ingresses.get(namespace, name).into_iter().collect()
            }
            _ => self.ingresses.all(),
        };
        let finalizer = objects::finalizer(key);
        let (members, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|it| objects::is_member(it, key, &is_ours));
        let left = others.into_iter().filter(|it| it.has_finalizer(&finalizer));
        (members, left.collect())
    }

    fn kind(key: &Key) -> &'static ApiKind {
        match key {
            Key::Service { .. } => &SERVICE,
            _ => &INGRESS,
        }
    }

    async fn sync(&self, key: &Key) -> Result<Next, Failure> {
        let (members, left) = self.objects(key);
        match self.bring_forward(key, &members, &left).await {
            Ok(next) => Ok(next),
            Err(Failure::Api(error)) if error.is_outdated() => {
                Ok(Next::After(Duration::from_millis(50)))
            }
            Err(failure) => {
                let reason = match &failure {
                    Failure::Model(_) => "FailedBuildModel",
                    _ => "FailedDeployModel",
                };
                if matches!(failure, Failure::Deploy(_)) {
                    *self.stale.lock() = true;
                }
                let text = failure.to_string();
                for object in members.iter().chain(&left) {
                    self.recorder
                        .warning(Ref::of(Self::kind(key), object), reason, &text);
                }
                // Only another object makes another model.
                match failure {
                    Failure::Model(_) => Ok(Next::After(LOOK_AGAIN)),
                    other => Err(other),
                }
            }
        }
    }

    async fn bring_forward(
        &self,
        key: &Key,
        members: &[Arc<Value>],
        left: &[Arc<Value>],
    ) -> Result<Next, Failure> {
        self.refresh().await?;
        let is_known = self.known.lock().contains_key(key);
        if members.is_empty() {
            self.by_nodes.lock().remove(key);
            if left.is_empty() && !is_known {
                self.told.lock().remove(key);
                return Ok(Next::Settled);
            }
            if let Err(failure) = self.apply(key, None, &BTreeSet::new()).await {
                return match failure {
                    Failure::Deploy(error) if error.is_in_use() => Ok(Next::After(IN_USE)),
                    other => Err(other),
                };
            }
            self.known.lock().remove(key);
            self.told.lock().remove(key);
            self.release(key, left).await?;
            return Ok(Next::Settled);
        }
        // A Secret that was not read is not one that does not exist.
        if !self.secrets.is_synced() && self.names_secret(key, members) {
            return Ok(Next::After(UNREAD));
        }
        let built = self.build(key, members)?;
        let mut groups = built.stack.groups.values();
        match groups.any(|it| it.kind == TargetKind::Instance) {
            true => self.by_nodes.lock().insert(key.clone()),
            false => self.by_nodes.lock().remove(key),
        };
        self.warn(key, members, &built);
        let Built {
            mut stack,
            interfaces,
            ..
        } = built;
        let others = self.known.lock().len();
        if !is_known && others >= MOST_STACKS {
            return Err(Failure::TooMany);
        }
        // Nothing is made before the objects wait for its end.
        for member in members {
            self.hold(key, member).await?;
        }
        self.known.lock().entry(key.clone()).or_default();
        let nodes = stack.nodes.len();
        self.cloud.settle(&mut stack).await?;
        let next = Next::After(next_look(nodes, stack.nodes.len()));
        let instances = stack.nodes.keys().cloned().collect();
        let pods = self.cloud.groups_of(&interfaces, &instances).await?;
        let steps = match self.apply(key, Some(&stack), &pods).await {
            Err(Failure::Deploy(error)) if error.is_in_use() => return Ok(Next::After(IN_USE)),
            other => other?,
        };
        self.release(key, left).await?;
        let arns = self.known.lock().get(key).cloned().unwrap_or_default();
        if let Some(arn) = arns.balancers.first() {
            let name = self.cloud.dns_name(arn).await?;
            let mut is_news = steps > 0;
            for member in members {
                is_news |= self.publish(key, member, Some(&name)).await?;
            }
            if is_news {
                for member in members {
                    let about = Ref::of(Self::kind(key), member);
                    self.recorder.normal(
                        about,
                        "SuccessfullyReconciled",
                        "Successfully reconciled",
                    );
                }
            }
        }
        Ok(next)
    }

    fn build(&self, key: &Key, members: &[Arc<Value>]) -> Result<Built, Refused> {
        match (key, members) {
            (Key::Service { .. }, [service, ..]) => service::build(&self.cluster, service, self),
            _ => ingress::build(&self.cluster, key, members.to_vec(), self),
        }
    }

    /// Whether users of a stack are authenticated by what is in a Secret, as its Ingresses or the Services behind them say.
    fn names_secret(&self, key: &Key, members: &[Arc<Value>]) -> bool {
        let has_one = |it: &Value| ingress::secret_of(it).is_some();
        let behind = |ingress: &Value| {
            let services = self.services.in_namespace(ingress.namespace());
            let mut services = services.iter().filter(|it| has_one(it));
            services.any(|it| objects::names_service(ingress, it.name()))
        };
        !matches!(key, Key::Service { .. }) && members.iter().any(|it| has_one(it) || behind(it))
    }

    /// Tells what is new of what authors should know.
    fn warn(&self, key: &Key, members: &[Arc<Value>], built: &Built) {
        let mut told = self.told.lock();
        let before = told.remove(key).unwrap_or_default();
        let mut now = BTreeSet::new();
        for ((namespace, name), text) in &built.warnings {
            let of = members
                .iter()
                .find(|it| it.namespace() == namespace && it.name() == name);
            if let (Some(of), true) = (of, now.insert(format!("{namespace}/{name} {text}")))
                && !before.contains(&format!("{namespace}/{name} {text}"))
            {
                self.recorder
                    .warning(Ref::of(Self::kind(key), of), "NotAsAsked", text);
            }
        }
        told.insert(key.clone(), now);
    }

    /// Does what plans say until they say nothing; how many steps it took.
    async fn apply(
        &self,
        key: &Key,
        stack: Option<&Stack>,
        pods: &BTreeSet<String>,
    ) -> Result<usize, Failure> {
        let mut done = 0;
        let mut arns = self.known.lock().get(key).cloned().unwrap_or_default();
        for _ in 0..MOST_LOOKS {
            let looked = self.cloud.see(key, &mut arns).await;
            self.known.lock().insert(key.clone(), arns.clone());
            let steps = plan::plan(stack, pods, &looked?);
            if steps.is_empty() {
                return Ok(done);
            }
            for step in steps {
                tracing::debug!(?key, ?step, "a step of a load balancer");
                let acted = self.cloud.act(key, stack, step, &mut arns).await;
                self.known.lock().insert(key.clone(), arns.clone());
                acted?;
                done += 1;
            }
        }
        Err(Failure::Restless)
    }

    async fn hold(&self, key: &Key, object: &Value) -> Result<(), Failure> {
        let finalizer = objects::finalizer(key);
        if let Some(object) = self.newest_of(key, object) {
            let (informer, client) = (self.informer(key), &self.client);
            client.add_finalizer(informer, &object, &finalizer).await?;
        }
        Ok(())
    }

    async fn release(&self, key: &Key, left: &[Arc<Value>]) -> Result<(), Failure> {
        let finalizer = objects::finalizer(key);
        for object in left {
            // It may have another load balancer by now, whose name is not this stack's to take.
            let is_elsewhere = objects::keys(object).first().is_some_and(|it| it != key);
            if !object.is_deleting() && !is_elsewhere {
                self.publish(key, object, None).await?;
            }
            if let Some(object) = self.newest_of(key, object) {
                let (informer, client) = (self.informer(key), &self.client);
                client
                    .remove_finalizer(informer, &object, &finalizer)
                    .await?;
            }
        }
        Ok(())
    }

    /// The object as it is known by now; `None` if its finalizers are others meanwhile.
    fn newest_of(&self, key: &Key, object: &Value) -> Option<Arc<Value>> {
        let current = self
            .informer(key)
            .get(object.namespace(), object.name())
            .filter(|it| it.uid() == object.uid());
        let current = current.unwrap_or_else(|| Arc::new(object.clone()));
        let finalizers = |it: &Value| it.list("/metadata/finalizers").to_vec();
        (finalizers(&current) == finalizers(object)).then_some(current)
    }

    fn informer(&self, key: &Key) -> &Informer {
        match key {
            Key::Service { .. } => &self.services,
            _ => &self.ingresses,
        }
    }

    /// Says in the object where it is reached; whether that is news.
    async fn publish(
        &self,
        key: &Key,
        object: &Value,
        name: Option<&str>,
    ) -> Result<bool, Failure> {
        let wanted = match name {
            Some(name) => json!([{"hostname": name}]),
            None => Value::Null,
        };
        let shown = object.list("/status/loadBalancer/ingress");
        let is_shown = match name {
            Some(name) => shown.len() == 1 && shown[0].text("/hostname") == name,
            None => shown.is_empty(),
        };
        if is_shown {
            return Ok(false);
        }
        let patch = Patch::Merge(json!({
            "metadata": {"uid": object.uid()}, "status": {"loadBalancer": {"ingress": wanted}},
        }));
        let kind = Self::kind(key);
        let patched = self
            .client
            .patch_at(kind, object.namespace(), object.name(), "status", &patch)
            .await?;
        self.informer(key).observe(&patched);
        Ok(true)
    }
}

impl Services for Controller {
    fn service(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.services.get(namespace, name)
    }

    fn slices(&self, namespace: &str, service: &str) -> Vec<Arc<Value>> {
        self.slices
            .by(SLICES_BY_SERVICE.name, &format!("{namespace}/{service}"))
    }

    fn pod(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.pods.get(namespace, name)
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        self.nodes.all()
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.secrets.get(namespace, name)
    }
}

#[cfg(test)]
mod tests;
