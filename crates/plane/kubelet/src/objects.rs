//! ConfigMaps and Secrets that pods of this node refer to, each followed by a watch of its own for as long as a pod does: a node may
//! read no others.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Weak},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Informer, Kind, Object as _, Selection, kind};

use crate::{
    env::Sources,
    pod::{Container, Pod, Projection},
};

/// How long what a pod refers to is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    ConfigMap,
    Secret,
}

type Key = (Sort, String, String);

/// Objects that are followed; clones are handles of the same ones.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    stop: CancellationToken,
    followed: Arc<Mutex<HashMap<Key, Weak<Informer>>>>,
}

/// What one pod refers to, by name.
pub struct Followed {
    namespace: String,
    informers: BTreeMap<(Sort, String), Arc<Informer>>,
}

/// It could not be read within the patience.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("timed out waiting for the {0} \"{1}\" of the API server")]
pub struct Unread(&'static str, String);

impl Objects {
    pub fn new(client: Client, stop: CancellationToken) -> Self {
        Self {
            client,
            stop,
            followed: Arc::default(),
        }
    }

    /// Follows what a pod refers to; `changed` is told of every change.
    pub fn follow(&self, pod: &Pod, changed: &Arc<Notify>) -> Followed {
        let namespace = pod.metadata.namespace.clone();
        let informers = references(pod).into_iter().map(|(sort, name)| {
            let informer = self.informer((sort, namespace.clone(), name.clone()));
            let changed = Arc::downgrade(changed);
            informer.subscribe(move |_| {
                if let Some(changed) = changed.upgrade() {
                    changed.notify_one();
                }
            });
            ((sort, name), informer)
        });
        Followed {
            informers: informers.collect(),
            namespace: namespace.clone(),
        }
    }

    fn informer(&self, key: Key) -> Arc<Informer> {
        let mut followed = self.followed.lock();
        followed.retain(|_, it| it.strong_count() > 0);
        if let Some(known) = followed.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        let (sort, namespace, name) = &key;
        let selection = Selection {
            namespace: namespace.clone(),
            fields: format!("metadata.name={name}"),
            ..Selection::default()
        };
        let kind: Kind = match sort {
            Sort::ConfigMap => kind::CONFIG_MAP,
            Sort::Secret => kind::SECRET,
        };
        let informer =
            Informer::start(self.client.clone(), kind, selection, &[], self.stop.clone());
        let informer = Arc::new(informer);
        followed.insert(key, Arc::downgrade(&informer));
        informer
    }
}

impl Followed {
    /// Waits until all of it was read once, whether it is there or not.
    pub async fn read(&self) -> Result<(), Unread> {
        for ((sort, name), informer) in &self.informers {
            let read = timeout(PATIENCE, informer.synced()).await;
            let word = match sort {
                Sort::ConfigMap => "configmap",
                Sort::Secret => "secret",
            };
            read.map_err(|_| Unread(word, name.clone()))?;
        }
        Ok(())
    }

    fn object(&self, sort: Sort, name: &str) -> Option<Arc<Value>> {
        let informer = self.informers.get(&(sort, name.to_owned()))?;
        informer.get(&self.namespace, name)
    }
}

impl Sources for Followed {
    fn config_map(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        let object = self.object(Sort::ConfigMap, name)?;
        let mut all = decoded(&object, "/binaryData");
        for (key, value) in object.map("/data").into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            all.insert(key.clone(), text.as_bytes().to_vec());
        }
        Some(all)
    }

    fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        Some(decoded(&*self.object(Sort::Secret, name)?, "/data"))
    }
}

fn decoded(object: &Value, pointer: &str) -> BTreeMap<String, Vec<u8>> {
    let all = object.map(pointer).into_iter().flatten();
    all.map(|(key, value)| {
        let bytes = BASE64.decode(value.as_str().unwrap_or_default());
        (key.clone(), bytes.unwrap_or_default())
    })
    .collect()
}

/// What the environment of a container refers to, by kind and name.
pub fn of_environment(container: &Container) -> BTreeSet<(Sort, String)> {
    let mut all = BTreeSet::new();
    let mut add = |sort: Sort, name: &str| {
        if !name.is_empty() {
            all.insert((sort, name.to_owned()));
        }
    };
    for from in &container.env_from {
        from.config_map_ref
            .iter()
            .for_each(|it| add(Sort::ConfigMap, &it.name));
        from.secret_ref
            .iter()
            .for_each(|it| add(Sort::Secret, &it.name));
    }
    for from in container.env.iter().filter_map(|it| it.value_from.as_ref()) {
        from.config_map_key_ref
            .iter()
            .for_each(|it| add(Sort::ConfigMap, &it.name));
        from.secret_key_ref
            .iter()
            .for_each(|it| add(Sort::Secret, &it.name));
    }
    all
}

/// What a pod refers to, by kind and name.
pub fn references(pod: &Pod) -> BTreeSet<(Sort, String)> {
    let mut all: BTreeSet<_> = pod.all_containers().flat_map(of_environment).collect();
    let mut add = |sort: Sort, name: &str| {
        if !name.is_empty() {
            all.insert((sort, name.to_owned()));
        }
    };
    for volume in &pod.spec.volumes {
        volume
            .config_map
            .iter()
            .for_each(|it| add(Sort::ConfigMap, &it.name));
        let secret = volume
            .secret
            .iter()
            .filter_map(|it| it.secret_name.as_deref());
        secret.for_each(|it| add(Sort::Secret, it));
        let each = volume.projected.iter().flat_map(|it| &it.sources);
        each.for_each(|it: &Projection| {
            it.config_map
                .iter()
                .for_each(|it| add(Sort::ConfigMap, &it.name));
            let secret = it.secret.iter().filter_map(|it| it.name.as_deref());
            secret.for_each(|it| add(Sort::Secret, it));
        });
    }
    all
}
