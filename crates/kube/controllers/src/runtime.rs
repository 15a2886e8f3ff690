//! How a controller is driven: keys in a queue, woken by changes, brought forward one at a time each.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_kube_client::{Client, Error, Informer, Informers, Kind, Object, Recorder};
pub use wharf_reconcile::Next;

/// Keys a controller works on at once.
const WORKERS: usize = 8;
/// The cache did not have the newest yet: it will in a moment.
const AFTER_CONFLICT: Duration = Duration::from_millis(20);
/// Something that was to be written to is gone, and the cache will say so.
const AFTER_NOT_FOUND: Duration = Duration::from_secs(1);

/// An object by its name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Empty where the kind has none.
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    pub fn of(object: &Value) -> Self {
        Self::new(object.namespace(), object.name())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

pub type Queue = Arc<wharf_reconcile::Queue<Key>>;

/// What controllers are made of.
#[derive(Clone)]
pub struct Context {
    pub client: Client,
    pub informers: Informers,
    pub stop: CancellationToken,
}

impl Context {
    pub fn new(client: Client, informers: Informers, stop: CancellationToken) -> Self {
        Self {
            client: client.named("kube-controller-manager"),
            informers,
            stop,
        }
    }

    pub fn informer(&self, kind: &Kind) -> Informer {
        self.informers.of(kind)
    }

    /// Events under the name of a controller.
    pub fn recorder(&self, component: &str) -> Recorder {
        Recorder::start(self.client.clone(), component, "")
    }

    pub fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

#[async_trait]
pub trait Controller: Send + Sync + 'static {
    /// What has to be known completely before anything is decided.
    fn informers(&self) -> Vec<Informer>;

    /// Says which changes wake which keys.
    fn subscribe(self: Arc<Self>, queue: &Queue);

    /// Brings a key forward.
    async fn sync(&self, key: &Key) -> Result<Next, Error>;
}

/// Runs a controller until `stop`.
pub async fn drive<C: Controller>(controller: Arc<C>, stop: CancellationToken) {
    let synced = async {
        for informer in controller.informers() {
            informer.synced().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => return,
        () = synced => {}
    }
    let queue = Queue::default();
    controller.clone().subscribe(&queue);
    wharf_reconcile::run(queue, WORKERS, stop, move |key: Key| {
        let controller = controller.clone();
        async move { settled(controller.sync(&key).await) }
    })
    .await;
}

/// What an error means for the key.
pub fn settled(result: Result<Next, Error>) -> Result<Next, Error> {
    match result {
        Err(error) if error.is_conflict() || error.is_already_exists() => {
            Ok(Next::After(AFTER_CONFLICT))
        }
        Err(error) if error.is_namespace_terminating() => Ok(Next::Settled),
        Err(error) if error.is_not_found() => Ok(Next::After(AFTER_NOT_FOUND)),
        other => other,
    }
}

/// Wakes the object itself by every change of it.
pub fn wake_self(informer: &Informer, queue: &Queue) {
    let queue = queue.clone();
    informer.subscribe(move |change| queue.wake(Key::of(change.object())));
}

/// Wakes the controller of an object by every change of it: before the change and after, if it got another.
pub fn wake_controller(informer: &Informer, queue: &Queue, kind: &str) {
    use wharf_kube_client::Change;
    let (queue, kind) = (queue.clone(), kind.to_owned());
    informer.subscribe(move |change| {
        let wake = |object: &Value| {
            if let Some(owner) = object.controller().filter(|it| it.kind() == kind) {
                queue.wake(Key::new(object.namespace(), owner.name()));
            }
        };
        if let Change::Changed { old, .. } = change {
            wake(old);
        }
        wake(change.object());
    });
}

/// The earlier of two moments to look again.
pub fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

pub fn next(after: Option<Duration>) -> Next {
    after.map_or(Next::Settled, Next::After)
}

#[cfg(test)]
pub mod tests {
    use tokio::task::JoinHandle;
    use wharf_kube_client::{Selection, fake::Fake};

    use super::*;

    /// A server in memory with some controllers.
    pub struct Cluster {
        pub client: Client,
        pub context: Context,
    }

    impl Cluster {
        pub fn start(start: impl FnOnce(&Context) -> JoinHandle<()>) -> Self {
            let cluster = Self::on(&Fake::new());
            start(&cluster.context);
            cluster
        }

        /// Without any; caches of its own, as after a restart.
        pub fn on(fake: &Fake) -> Self {
            let stop = CancellationToken::new();
            let informers = Informers::new(fake.client(), crate::indexes(), stop.clone());
            Self {
                client: fake.client(),
                context: Context::new(fake.client(), informers, stop),
            }
        }

        pub async fn list(&self, kind: &Kind) -> Vec<Value> {
            let list = self.client.list(kind, &Selection::default()).await;
            list.unwrap().items
        }

        /// Waits until all objects of a kind are as they should be.
        pub async fn until(&self, kind: &Kind, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
            let looking = async {
                loop {
                    let items = self.list(kind).await;
                    if wanted(&items) {
                        return items;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let found = tokio::time::timeout(Duration::from_secs(3600), looking).await;
            match found {
                Ok(items) => items,
                Err(_) => panic!(
                    "{kind} never were as they should be: {:#?}",
                    self.list(kind).await
                ),
            }
        }
    }

    impl Drop for Cluster {
        fn drop(&mut self) {
            self.context.stop.cancel();
        }
    }
}
