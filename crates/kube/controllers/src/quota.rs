//! ResourceQuotas: what of them is used.
//!
//! The server counts what is created in the transaction that creates it; this controller counts what there is, so that what goes is
//! free again. Caches say when to look; what is written was read from the server after the quota itself, and is written only if the
//! quota is still the one that was read: a creation in between changes it. So a count is never lower than what there is.

mod plan;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::{Change, Error, Informer, Kind, Object, Selection, kind};
use wharf_kube_model::quota::{Counted, limited};

use self::plan::{is_current, status};
use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

/// Caches of different kinds are not of the same moment: what differs for this long is counted exactly.
const PATIENCE: Duration = Duration::from_millis(100);
/// Pods that are going use nothing once their grace is over, and nothing tells of that; upstream's interval.
const RECOUNT: Duration = Duration::from_secs(300);
/// Kinds are looked for again where a quota names one that is not there.
const UNKNOWN_KIND: Duration = Duration::from_secs(30);

pub struct Quotas {
    context: Context,
    quotas: Informer,
    /// Kinds by the name that counts them.
    kinds: Mutex<HashMap<String, Kind>>,
    /// When the kinds were read.
    read_at: Mutex<Option<Timestamp>>,
    followed: Mutex<HashMap<Kind, Informer>>,
    /// Since when a quota's status and the caches differ.
    differs: Mutex<HashMap<Key, Timestamp>>,
    queue: OnceLock<Queue>,
}

fn counted(kind: &Kind) -> Counted<'_> {
    Counted {
        group: &kind.group,
        plural: &kind.plural,
    }
}

/// Kinds of which quotas count more than their number.
const MEASURED: [Kind; 3] = [kind::POD, kind::SERVICE, kind::PERSISTENT_VOLUME_CLAIM];

impl Quotas {
    pub fn new(context: &Context) -> Arc<Self> {
        let known = [
            kind::POD,
            kind::SERVICE,
            kind::PERSISTENT_VOLUME_CLAIM,
            kind::CONFIG_MAP,
            kind::REPLICATION_CONTROLLER,
            kind::RESOURCE_QUOTA,
            kind::SECRET,
        ];
        let known = known.map(|it| (counted(&it).count_name(), it));
        Arc::new(Self {
            context: context.clone(),
            quotas: context.informer(&kind::RESOURCE_QUOTA),
            kinds: Mutex::new(known.into_iter().collect()),
            read_at: Mutex::default(),
            followed: Mutex::default(),
            differs: Mutex::default(),
            queue: OnceLock::new(),
        })
    }

    /// The kinds that a quota counts, and whether one it names is missing.
    async fn kinds_of(&self, quota: &Value) -> Result<(Vec<Kind>, bool), Error> {
        let is_missing = |names: &HashMap<String, Kind>| {
            limited(quota).any(|it| it.starts_with("count/") && !names.contains_key(it))
        };
        let now = self.context.now();
        let is_old = |read: Option<Timestamp>| read.is_none_or(|it| now.since(it) >= UNKNOWN_KIND);
        let looks = is_missing(&self.kinds.lock()) && is_old(*self.read_at.lock());
        if looks {
            *self.read_at.lock() = Some(now);
            let found = self.context.client.kinds(&["list", "watch"]).await?;
            let mut kinds = self.kinds.lock();
            for kind in found.into_iter().filter(|it| it.namespaced) {
                kinds.entry(counted(&kind).count_name()).or_insert(kind);
            }
        }
        let kinds = self.kinds.lock();
        let of_quota = kinds
            .values()
            .filter(|kind| limited(quota).any(|it| counted(kind).may_use(it)));
        Ok((of_quota.cloned().collect(), is_missing(&kinds)))
    }

    /// The changes of a kind wake the quotas of their namespaces.
    fn follow(&self, kind: &Kind) -> Informer {
        let mut followed = self.followed.lock();
        if let Some(informer) = followed.get(kind) {
            return informer.clone();
        }
        let is_shared = MEASURED.contains(kind) || *kind == kind::RESOURCE_QUOTA;
        let informer = match is_shared {
            true => self.context.informer(kind),
            false => {
                let (client, stop) = (self.context.client.clone(), self.context.stop.clone());
                let names = Selection {
                    metadata_only: true,
                    ..Selection::default()
                };
                Informer::start(client, kind.clone(), names, &[], stop)
            }
        };
        if let Some(queue) = self.queue.get() {
            let (queue, quotas, kind) = (queue.clone(), self.quotas.clone(), kind.clone());
            informer.subscribe(move |change| {
                if let Change::Changed { old, new } = change {
                    let usage = |it: &Value| counted(&kind).usage(it, 0);
                    if !new.is_deleting() && usage(old) == usage(new) {
                        return;
                    }
                }
                for quota in quotas.in_namespace(change.object().namespace()) {
                    queue.wake(Key::of(&quota));
                }
            });
        }
        followed.insert(kind.clone(), informer.clone());
        informer
    }

    /// What the caches say is there, if all of them know.
    fn cached(&self, kinds: &[Kind], namespace: &str) -> Option<Objects> {
        let mut all = Objects::new();
        for kind in kinds {
            let informer = self.follow(kind);
            if !informer.is_synced() {
                return None;
            }
            all.insert(kind.clone(), informer.in_namespace(namespace));
        }
        Some(all)
    }

    async fn read(&self, kinds: &[Kind], namespace: &str) -> Result<Objects, Error> {
        let mut all = Objects::new();
        for kind in kinds {
            let selection = Selection {
                namespace: namespace.to_owned(),
                metadata_only: !MEASURED.contains(kind),
                ..Selection::default()
            };
            let found = match self.context.client.list(kind, &selection).await {
                Ok(list) => list.items.into_iter().map(Arc::new).collect(),
                // A definition that is gone took its objects along.
                Err(error) if error.is_not_found() => Vec::new(),
                Err(error) => return Err(error),
            };
            all.insert(kind.clone(), found);
        }
        Ok(all)
    }

    /// Whether a difference between status and caches may be one of their moments alone, and for how long it may.
    fn patience(&self, key: &Key) -> Option<Duration> {
        let now = self.context.now();
        let mut differs = self.differs.lock();
        let since = *differs.entry(key.clone()).or_insert(now);
        let left = PATIENCE.saturating_sub(now.since(since));
        (!left.is_zero()).then_some(left)
    }
}

/// What there is of each kind.
pub type Objects = BTreeMap<Kind, Vec<Arc<Value>>>;

#[async_trait]
impl Controller for Quotas {
    fn informers(&self) -> Vec<Informer> {
        vec![self.quotas.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let _ = self.queue.set(queue.clone());
        wake_self(&self.quotas, queue);
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(quota) = self.quotas.get(&key.namespace, &key.name) else {
            self.differs.lock().remove(key);
            return Ok(Next::Settled);
        };
        let (kinds, is_missing) = self.kinds_of(&quota).await?;
        let next = match is_missing {
            true => Next::After(UNKNOWN_KIND),
            false => Next::After(RECOUNT),
        };
        let now = self.context.now().millis();
        let cached = self.cached(&kinds, &key.namespace);
        if let Some(cached) = cached
            && quota.at("/spec/hard") == quota.at("/status/hard")
        {
            if is_current(&quota, &status(&quota, &cached, now)) {
                self.differs.lock().remove(key);
                return Ok(next);
            }
            if let Some(left) = self.patience(key) {
                return Ok(Next::After(left));
            }
        }
        let client = &self.context.client;
        let mut live = client
            .get(&kind::RESOURCE_QUOTA, &key.namespace, &key.name)
            .await?;
        let objects = self.read(&kinds, &key.namespace).await?;
        let status = status(&live, &objects, now);
        if !is_current(&live, &status) {
            live["status"] = status;
            let written = client.update_status(&kind::RESOURCE_QUOTA, &live).await?;
            self.quotas.observe(&written);
        }
        self.differs.lock().remove(key);
        Ok(next)
    }
}
