//! The loop of TargetGroupBindings: woken by them and by what their Services lead to, it gives each one's target group the targets that
//! it is to have, and takes them out when the object goes or names another group.

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
    Client, Informer, Informers, Kind, Object as _, Patch, Recorder, Ref, kind,
};
use wharf_reconcile::Next;

use crate::{
    annotations::Refused,
    binding::{self, BINDING, FINALIZER},
    cloud::{Cloud, CloudError},
    controller::{LOOK_AGAIN, SERVICE_NAME, SLICES_BY_SERVICE, next_look},
    endpoints::{self, Services},
    nodes,
    stack::TargetKind,
};

static DEFINITION: Kind = Kind::known(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    false,
);
/// Objects that are worked on at once.
const WORKERS: usize = 2;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// `namespace/name`
type Queue = Arc<wharf_reconcile::Queue<String>>;

struct Bindings {
    client: Client,
    cloud: Arc<Cloud>,
    all: Informer,
    services: Informer,
    slices: Informer,
    pods: Informer,
    nodes: Informer,
    recorder: Recorder,
    /// Groups by the objects that they are bound to.
    known: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Warnings that stand.
    told: Mutex<BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The object, or its group, has to change first.
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Api(#[from] wharf_kube_client::Error),
}

/// Until `stop`.
pub async fn run(client: Client, informers: Informers, cloud: Arc<Cloud>, stop: CancellationToken) {
    let begin = async {
        define(&client).await;
        let bindings = Arc::new(Bindings {
            all: informers.of(&BINDING),
            services: informers.of(&kind::SERVICE),
            slices: informers.of(&kind::ENDPOINT_SLICE),
            pods: informers.of(&kind::POD),
            nodes: informers.of(&kind::NODE),
            recorder: Recorder::start(client.clone(), "targetGroupBinding", ""),
            client,
            cloud,
            known: Mutex::default(),
            told: Mutex::default(),
        });
        bindings.begin().await;
        bindings
    };
    tokio::select! {
        () = stop.cancelled() => {}
        bindings = begin => bindings.follow(stop.clone()).await,
    }
}

/// The kind is there, in whatever form somebody may have given it.
async fn define(client: &Client) {
    let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
    loop {
        match client.create(&DEFINITION, "", &binding::definition()).await {
            Ok(_) => return,
            Err(error) if error.is_already_exists() => return,
            Err(error) => {
                let pause = wait.wait();
                tracing::warn!(%error, ?pause, "failed to define TargetGroupBindings; will retry");
                sleep(pause).await;
            }
        }
    }
}

impl Bindings {
    async fn begin(&self) {
        for informer in [
            &self.all,
            &self.services,
            &self.slices,
            &self.pods,
            &self.nodes,
        ] {
            informer.synced().await;
        }
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        loop {
            match self.cloud.all_bound().await {
                Ok(all) => {
                    *self.known.lock() = all;
                    return;
                }
                Err(error) => {
                    let pause = wait.wait();
                    tracing::warn!(%error, ?pause, "failed to look for bound target groups of a cluster; will retry");
                    sleep(pause).await;
                }
            }
        }
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let queue = Queue::default();
        self.subscribe(&queue);
        for name in self.known.lock().keys() {
            queue.wake(name.clone());
        }
        wharf_reconcile::run(queue, WORKERS, stop, move |name: String| {
            let bindings = self.clone();
            async move { bindings.sync(&name).await }
        })
        .await;
    }

    fn subscribe(self: &Arc<Self>, queue: &Queue) {
        let to = queue.clone();
        self.all
            .subscribe(move |change| to.wake(change.object().key()));
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.services.subscribe(move |change| {
            if let Some(this) = this.upgrade() {
                this.wake(&to, change.object().namespace(), change.object().name());
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.slices.subscribe(move |change| {
            let slice = change.object();
            if let (Some(this), Some(service)) = (this.upgrade(), slice.label(SERVICE_NAME)) {
                this.wake(&to, slice.namespace(), service);
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.pods.subscribe(move |change| {
            let namespace = change.object().namespace();
            if let (true, Some(this)) = (endpoints::is_new_interface(change), this.upgrade()) {
                for object in this.all.in_namespace(namespace) {
                    to.wake(object.key());
                }
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.nodes.subscribe(move |change| {
            if let (true, Some(this)) = (nodes::counts(change), this.upgrade()) {
                for object in this.all.all() {
                    to.wake(object.key());
                }
            }
        });
    }

    fn wake(&self, queue: &Queue, namespace: &str, service: &str) {
        for object in self.all.in_namespace(namespace) {
            if binding::names_service(&object, service) {
                queue.wake(object.key());
            }
        }
    }

    fn get(&self, name: &str) -> Option<Arc<Value>> {
        let (namespace, name) = name.split_once('/')?;
        self.all.get(namespace, name)
    }

    async fn sync(&self, name: &str) -> Result<Next, Failure> {
        let object = self.get(name);
        let done = match object.clone().filter(|it| !it.is_deleting()) {
            Some(object) => self.fill(name, &object).await,
            None => self.end(name, object.as_deref()).await,
        };
        match done {
            Ok(next) => Ok(next),
            Err(Failure::Api(error)) if error.is_outdated() => {
                Ok(Next::After(Duration::from_millis(50)))
            }
            Err(failure) => {
                if let Some(object) = object {
                    let (about, text) = (Ref::of(&BINDING, &object), failure.to_string());
                    self.recorder.warning(about, "FailedReconcile", &text);
                }
                if !matches!(failure, Failure::Refused(_)) {
                    return Err(failure);
                }
                // Addresses that nobody looks after any more are others' soon.
                self.leave(name, None).await?;
                Ok(Next::After(LOOK_AGAIN))
            }
        }
    }

    async fn fill(&self, name: &str, object: &Arc<Value>) -> Result<Next, Failure> {
        let wish = binding::read(object, &self.cloud.cluster.place)?;
        // What it was bound to before goes first.
        self.leave(name, Some(&wish.group)).await?;
        let Some(bound) = self.cloud.bound(&wish.group).await? else {
            return Err(Refused(format!("there is no target group {}", wish.group)).into());
        };
        let (cluster, vpc) = (self.cloud.cluster.id.as_str(), self.cloud.vpc.as_str());
        let is_there = |other: &str| self.get(other).is_some();
        binding::may_fill(&wish, &bound, (cluster, vpc, name), is_there)?;
        let mut wanted = binding::wanted(object, &wish, bound.kind, self)?;
        self.warn(name, object, &wanted.warnings);
        let mut next = Next::After(LOOK_AGAIN);
        if bound.kind == TargetKind::Instance {
            let nodes = self.cloud.true_nodes(&wanted.nodes).await?;
            wanted.targets.retain(|it| nodes.contains_key(&it.id));
            next = Next::After(next_look(wanted.nodes.len(), nodes.len()));
        }
        let held = self.client.add_finalizer(&self.all, object, FINALIZER);
        let object = held.await?;
        let mut known = self.known.lock().get(name).cloned().unwrap_or_default();
        known.insert(wish.group.clone());
        self.known.lock().insert(name.to_owned(), known);
        let filled = self.cloud.fill(&wish.group, name, &bound, &wanted.targets);
        let mut is_news = filled.await?;
        is_news |= self.publish(&object).await?;
        if is_news {
            let about = Ref::of(&BINDING, &object);
            let what = "Successfully reconciled";
            self.recorder.normal(about, "SuccessfullyReconciled", what);
        }
        Ok(next)
    }

    /// Takes the targets out of all groups of an object but one.
    async fn leave(&self, name: &str, but: Option<&str>) -> Result<(), CloudError> {
        let known = self.known.lock().get(name).cloned().unwrap_or_default();
        for arn in known.iter().filter(|it| Some(it.as_str()) != but) {
            self.cloud.unbind(arn, name).await?;
            if let Some(left) = self.known.lock().get_mut(name) {
                left.remove(arn);
            }
        }
        if but.is_none() {
            self.known.lock().remove(name);
        }
        Ok(())
    }

    async fn end(&self, name: &str, object: Option<&Value>) -> Result<Next, Failure> {
        self.leave(name, None).await?;
        self.told.lock().remove(name);
        if let Some(object) = object {
            let released = self.client.remove_finalizer(&self.all, object, FINALIZER);
            released.await?;
        }
        Ok(Next::Settled)
    }

    /// Tells what is new of what its author should know.
    fn warn(&self, name: &str, object: &Value, warnings: &[String]) {
        let before = self
            .told
            .lock()
            .insert(name.to_owned(), warnings.to_vec())
            .unwrap_or_default();
        for text in warnings.iter().filter(|it| !before.contains(it)) {
            let about = Ref::of(&BINDING, object);
            self.recorder.warning(about, "BackendNotFound", text);
        }
    }

    /// Says in the object which form of it is in effect; whether that is news.
    async fn publish(&self, object: &Value) -> Result<bool, Failure> {
        let generation = object.generation();
        if object.integer("/status/observedGeneration") == Some(generation) {
            return Ok(false);
        }
        let patch = Patch::Merge(json!({
            "metadata": {"uid": object.uid()}, "status": {"observedGeneration": generation},
        }));
        let (namespace, name) = (object.namespace(), object.name());
        let patched = self
            .client
            .patch_at(&BINDING, namespace, name, "status", &patch)
            .await?;
        self.all.observe(&patched);
        Ok(true)
    }
}

impl Services for Bindings {
    fn service(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.services.get(namespace, name)
    }

    fn slices(&self, namespace: &str, service: &str) -> Vec<Arc<Value>> {
        let key = format!("{namespace}/{service}");
        self.slices.by(SLICES_BY_SERVICE.name, &key)
    }

    fn pod(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.pods.get(namespace, name)
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        self.nodes.all()
    }

    /// Bindings authenticate nobody.
    fn secret(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }
}
