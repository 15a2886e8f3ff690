//! Persistent volumes and claims: they are bound to each other, and protected while they are used. What makes and attaches
//! volumes is elsewhere: it reads and writes the same objects.
//!
//! A key without a namespace is a volume's, one with a namespace a claim's. Writes compare revisions, so two claims never get
//! one volume.

mod claim;
mod protection;
mod volume;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use wharf_kube_client::{Change, Error, Informer, Kind, Object, Recorder, Ref, kind};
use wharf_kube_model::persistent::{SELECTED_NODE, claims_of, class_of};

pub use self::protection::Protection;
use self::{claim::Around, claim::Step as ClaimStep, volume::Step as VolumeStep};
use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// Steps of one object in a row; it is bound in three.
const MOST_STEPS: usize = 8;

/// An event about a claim or a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    is_warning: bool,
    pub reason: &'static str,
    pub text: String,
}

impl Told {
    fn normal(reason: &'static str, text: impl Into<String>) -> Self {
        Self {
            is_warning: false,
            reason,
            text: text.into(),
        }
    }

    fn warning(reason: &'static str, text: impl Into<String>) -> Self {
        Self {
            is_warning: true,
            reason,
            text: text.into(),
        }
    }
}

pub struct Binder {
    context: Context,
    claims: Informer,
    volumes: Informer,
    classes: Informer,
    nodes: Informer,
    pods: Informer,
    recorder: Recorder,
    /// What was last told, by uid: it is not told again at every change elsewhere.
    told: Mutex<HashMap<String, Told>>,
}

impl Binder {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            claims: context.informer(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: context.informer(&kind::PERSISTENT_VOLUME),
            classes: context.informer(&kind::STORAGE_CLASS),
            nodes: context.informer(&kind::NODE),
            pods: context.informer(&kind::POD),
            recorder: context.recorder("persistentvolume-controller"),
            told: Mutex::default(),
        })
    }

    fn tell(&self, kind: &Kind, object: &Value, told: Option<Told>) {
        let mut known = self.told.lock();
        let Some(told) = told else {
            known.remove(object.uid());
            return;
        };
        if known.get(object.uid()) == Some(&told) {
            return;
        }
        let about = Ref::of(kind, object);
        match told.is_warning {
            true => self.recorder.warning(about, told.reason, &told.text),
            false => self.recorder.normal(about, told.reason, &told.text),
        }
        known.insert(object.uid().to_owned(), told);
    }

    async fn claim(&self, key: &Key) -> Result<Next, Error> {
        let client = &self.context.client;
        for _ in 0..MOST_STEPS {
            let Some(claim) = self.claims.get(&key.namespace, &key.name) else {
                return Ok(Next::Settled);
            };
            let volumes = self.volumes.all();
            let class = self.classes.get("", class_of(&claim));
            let node = claim.annotation(SELECTED_NODE);
            let node = node.and_then(|it| self.nodes.get("", it));
            let labels = node.as_ref().and_then(|it| it.map("/metadata/labels"));
            let pods = self.pods.in_namespace(&key.namespace);
            let mut waiting = pods.iter().filter(|it| {
                it.text("/spec/nodeName").is_empty() && claims_of(it).any(|name| name == key.name)
            });
            let around = Around {
                volumes: &volumes,
                class: class.as_deref(),
                node: node
                    .as_deref()
                    .and_then(|node| Some((node.name(), labels?))),
                waiting_pod: waiting.next().map(|it| it.name()),
            };
            match claim::plan(&claim, &around) {
                ClaimStep::Volume(new) => {
                    let written = client.update(&kind::PERSISTENT_VOLUME, &new).await?;
                    self.volumes.observe(&written);
                }
                ClaimStep::Claim(new) => {
                    let written = client.update(&kind::PERSISTENT_VOLUME_CLAIM, &new).await?;
                    self.claims.observe(&written);
                }
                ClaimStep::Status(new) => {
                    let kind = &kind::PERSISTENT_VOLUME_CLAIM;
                    let written = client.update_status(kind, &new).await?;
                    self.claims.observe(&written);
                }
                ClaimStep::Settled(told) => {
                    self.tell(&kind::PERSISTENT_VOLUME_CLAIM, &claim, told);
                    return Ok(Next::Settled);
                }
            }
        }
        Ok(Next::Settled)
    }

    async fn volume(&self, key: &Key) -> Result<Next, Error> {
        let client = &self.context.client;
        for _ in 0..MOST_STEPS {
            let Some(volume) = self.volumes.get("", &key.name) else {
                return Ok(Next::Settled);
            };
            let to = volume.at("/spec/claimRef");
            let (namespace, name) = (to.text("/namespace"), to.text("/name"));
            let known = self.claims.get(namespace, name);
            let is_meant = |it: &Value| it.uid() == to.text("/uid");
            let claim = match known {
                Some(known) if is_meant(&known) => Some(known),
                // The cache may be behind, and data is deleted by this.
                _ if !to.text("/uid").is_empty() => {
                    let kind = &kind::PERSISTENT_VOLUME_CLAIM;
                    match client.get(kind, namespace, name).await {
                        Ok(live) => Some(Arc::new(live)),
                        Err(error) if error.is_not_found() => None,
                        Err(error) => return Err(error),
                    }
                }
                _ => None,
            };
            match volume::plan(&volume, claim.as_deref()) {
                VolumeStep::Volume(new) => {
                    let written = client.update(&kind::PERSISTENT_VOLUME, &new).await?;
                    self.volumes.observe(&written);
                }
                VolumeStep::Status(new) => {
                    let kind = &kind::PERSISTENT_VOLUME;
                    let written = client.update_status(kind, &new).await?;
                    self.volumes.observe(&written);
                }
                VolumeStep::Settled(told) => {
                    self.tell(&kind::PERSISTENT_VOLUME, &volume, told);
                    return Ok(Next::Settled);
                }
            }
        }
        Ok(Next::Settled)
    }
}

#[async_trait]
impl Controller for Binder {
    fn informers(&self) -> Vec<Informer> {
        let all = [
            &self.claims,
            &self.volumes,
            &self.classes,
            &self.nodes,
            &self.pods,
        ];
        all.map(Informer::clone).into()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.claims, queue);
        wake_self(&self.volumes, queue);
        let (this, to) = (Arc::downgrade(&self), queue.clone());
        self.claims.subscribe(move |change| {
            let claim = change.object();
            let named = claim.text("/spec/volumeName");
            if !named.is_empty() {
                to.wake(Key::new("", named));
            }
            let (Change::Deleted(_), Some(this)) = (change, this.upgrade()) else {
                return;
            };
            this.told.lock().remove(claim.uid());
            for volume in this.volumes.all() {
                if volume.text("/spec/claimRef/uid") == claim.uid() {
                    to.wake(Key::of(&volume));
                }
            }
        });
        let (this, to) = (Arc::downgrade(&self), queue.clone());
        let wake_pending = move |wanted: &dyn Fn(&Value) -> bool| {
            let Some(this) = this.upgrade() else { return };
            for claim in this.claims.all() {
                if claim.text("/status/phase") != "Bound" && wanted(&claim) {
                    to.wake(Key::of(&claim));
                }
            }
        };
        let (wake, to, this) = (wake_pending.clone(), queue.clone(), Arc::downgrade(&self));
        self.volumes.subscribe(move |change| {
            let volume = change.object();
            if let (Change::Deleted(_), Some(this)) = (change, this.upgrade()) {
                this.told.lock().remove(volume.uid());
            }
            let meant = volume.at("/spec/claimRef");
            if meant.is_null() {
                let class = class_of(volume).to_owned();
                wake(&|claim| class_of(claim) == class);
            } else {
                to.wake(Key::new(meant.text("/namespace"), meant.text("/name")));
            }
        });
        self.classes.subscribe(move |change| {
            let name = change.object().name().to_owned();
            wake_pending(&|claim| class_of(claim) == name);
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        match key.namespace.as_str() {
            "" => self.volume(key).await,
            _ => self.claim(key).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_client::Delete;

    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    fn start(context: &Context) -> tokio::task::JoinHandle<()> {
        let (context, stop) = (context.clone(), context.stop.clone());
        tokio::spawn(async move {
            tokio::join!(
                drive(Binder::new(&context), stop.clone()),
                drive(Protection::new(&context), stop)
            );
        })
    }

    fn claim(name: &str, size: &str) -> Value {
        json!({"metadata": {"name": name, "finalizers": ["kubernetes.io/pvc-protection"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}})
    }

    fn volume(name: &str, size: &str) -> Value {
        json!({"metadata": {"name": name, "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "hostPath": {"path": "/x"},
                "persistentVolumeReclaimPolicy": "Retain"}})
    }

    #[tokio::test(start_paused = true)]
    async fn claims_get_one_volume_each_and_leave_it_released() {
        let cluster = Cluster::start(start);
        let client = &cluster.client;
        let (claims, volumes) = (&kind::PERSISTENT_VOLUME_CLAIM, &kind::PERSISTENT_VOLUME);
        for name in ["c1", "c2", "c3"] {
            let made = claim(name, "1Gi");
            client.create(claims, "a", &made).await.unwrap();
        }
        for name in ["v1", "v2"] {
            let made = volume(name, "1Gi");
            client.create(volumes, "", &made).await.unwrap();
        }
        let bound = |it: &&Value| it.text("/status/phase") == "Bound";
        let two = |all: &[Value]| all.iter().filter(bound).count() == 2;
        let both = cluster.until(volumes, two).await;
        let all = cluster.until(claims, two).await;
        let all: Vec<_> = all.iter().filter(bound).collect();
        assert_ne!(all[0]["spec"]["volumeName"], all[1]["spec"]["volumeName"]);
        let uid = |at: usize| both[at].text("/spec/claimRef/uid");
        assert_ne!(uid(0), uid(1));
        let any = Delete::default();
        client
            .delete(claims, "a", all[0].name(), &any)
            .await
            .unwrap();
        let name = all[0].text("/spec/volumeName");
        let released = |it: &Value| it.name() == name && it.text("/status/phase") == "Released";
        cluster.until(volumes, |all| all.iter().any(released)).await;
        // A volume with data is given to nobody.
        let waiting = cluster.list(claims).await;
        assert_eq!(waiting.iter().filter(bound).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_used_stays() {
        let cluster = Cluster::start(start);
        let client = &cluster.client;
        let (claims, volumes) = (&kind::PERSISTENT_VOLUME_CLAIM, &kind::PERSISTENT_VOLUME);
        client
            .create(claims, "a", &claim("c", "1Gi"))
            .await
            .unwrap();
        client
            .create(volumes, "", &volume("v", "1Gi"))
            .await
            .unwrap();
        let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n",
            "volumes": [{"persistentVolumeClaim": {"claimName": "c"}}]}});
        client.create(&kind::POD, "a", &pod).await.unwrap();
        let bound = |all: &[Value]| all.iter().all(|it| it.text("/status/phase") == "Bound");
        cluster.until(claims, bound).await;
        client
            .delete(claims, "a", "c", &Default::default())
            .await
            .unwrap();
        client
            .delete(volumes, "", "v", &Default::default())
            .await
            .unwrap();
        let other = claim("later", "1Gi");
        client.create(claims, "a", &other).await.unwrap();
        // By the time that another was looked at, this one was too.
        let one_more = volume("w", "1Gi");
        client.create(volumes, "", &one_more).await.unwrap();
        let both = |all: &[Value]| all.len() == 2 && bound(all);
        cluster.until(claims, both).await;
        cluster.until(volumes, both).await;
        // As its node does once it has ended it.
        let at_once = Delete {
            grace_seconds: Some(0),
            ..Default::default()
        };
        client.delete(&kind::POD, "a", "p", &at_once).await.unwrap();
        cluster.until(claims, |all| all.len() == 1).await;
        cluster.until(volumes, |all| all.len() == 1).await;
    }
}
