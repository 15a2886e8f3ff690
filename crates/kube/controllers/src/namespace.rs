//! Namespaces on their way out: everything in them is deleted, then the namespace lets go of itself.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_base::{Backoff, Timestamp};
use wharf_kube_client::{Change, Client, Delete, Error, Informer, Kind, Object, Selection, kind};

use crate::{
    pods::set_condition,
    runtime::{Context, Controller, Key, Next, Queue, wake_self},
};

/// What the namespace controller holds it back by.
const FINALIZER: &str = "kubernetes";
/// Content that finalizers hold is looked at again, each time after longer; pods wake their namespace themselves.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN_AT_MOST: Duration = Duration::from_secs(30);

pub struct Namespaces {
    context: Context,
    namespaces: Informer,
    pods: Informer,
    waits: Waits,
}

/// How long each namespace on its way out is let be before it is looked at again, by its name.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<HashMap<String, Wait>>>);

struct Wait {
    backoff: Backoff,
    /// How many objects there were.
    left: usize,
}

impl Waits {
    /// The next wait: short again when there is less than before.
    fn next(&self, namespace: &str, left: usize) -> Duration {
        let mut waits = self.0.lock();
        let wait = waits.entry(namespace.to_owned()).or_insert_with(|| Wait {
            backoff: Backoff::steady(LOOK_AGAIN, LOOK_AGAIN_AT_MOST),
            left,
        });
        if left < wait.left {
            wait.backoff.reset();
        }
        wait.left = left;
        wait.backoff.wait()
    }

    fn forget(&self, namespace: &str) {
        self.0.lock().remove(namespace);
    }
}

/// What is left of a kind.
#[derive(Debug, PartialEq)]
struct Left {
    kind: Kind,
    count: usize,
    /// Of how many of them each is one.
    finalizers: BTreeMap<String, usize>,
}

impl Namespaces {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            namespaces: context.informer(&kind::NAMESPACE),
            pods: context.informer(&kind::POD),
            waits: Waits::default(),
        })
    }

    /// What is left or could not be emptied, and how many objects are left.
    async fn empty(&self, namespace: &Value) -> Result<(Vec<String>, usize), Error> {
        let kinds = self.context.client.kinds(&["list", "delete"]).await?;
        let (mut left, mut failures) = (Vec::new(), Vec::new());
        for kind in kinds.into_iter().filter(|it| it.namespaced) {
            match empty_of(&self.context.client, &kind, namespace.name()).await {
                Ok(None) => {}
                Ok(Some(some)) => left.push(some),
                Err(error) => failures.push(error.to_string()),
            }
        }
        let conditions = conditions(&left, &failures);
        let is_empty = conditions.iter().all(|it| it.text("/status") == "False");
        let status = with_conditions(namespace, &conditions, self.context.now());
        // One that simply goes tells nobody how it went.
        if status != namespace["status"] && !is_empty {
            let mut namespace = namespace.clone();
            namespace["status"] = status;
            let client = &self.context.client;
            let written = client.update_status(&kind::NAMESPACE, &namespace).await?;
            self.namespaces.observe(&written);
        }
        let count: usize = left.iter().map(|it| it.count).sum();
        let what = failures
            .into_iter()
            .chain(left.into_iter().map(|it| it.kind.to_string()));
        Ok((what.collect(), count))
    }
}

/// Deletes all objects of a kind, and says what stays.
async fn empty_of(client: &Client, kind: &Kind, namespace: &str) -> Result<Option<Left>, Error> {
    let selection = Selection {
        namespace: namespace.to_owned(),
        metadata_only: true,
        ..Selection::default()
    };
    let there = client.list(kind, &selection).await?.items;
    if there.is_empty() {
        return Ok(None);
    }
    let options = Delete::default();
    if let Err(error) = client.delete_all(kind, &selection, &options).await {
        // Some kinds are only deleted one by one.
        if error.refusal().is_none_or(|it| it.code != 405) {
            return Err(error);
        }
        for object in there.iter().filter(|it| !it.is_deleting()) {
            let options = Delete::of_uid(object.uid());
            match client
                .delete(kind, namespace, object.name(), &options)
                .await
            {
                Err(error) if !error.is_outdated() => return Err(error),
                _ => {}
            }
        }
    }
    let left = client.list(kind, &selection).await?.items;
    if left.is_empty() {
        return Ok(None);
    }
    let all = left.iter().flat_map(|it| it.list("/metadata/finalizers"));
    let mut finalizers = BTreeMap::new();
    for finalizer in all.filter_map(Value::as_str) {
        *finalizers.entry(finalizer.to_owned()).or_insert(0) += 1;
    }
    Ok(Some(Left {
        kind: kind.clone(),
        count: left.len(),
        finalizers,
    }))
}

/// Upstream's five conditions of a namespace on its way out.
fn conditions(left: &[Left], failures: &[String]) -> Vec<Value> {
    let condition = |kind: &str, trouble: Option<(&str, String)>, fine: (&str, &str)| {
        let (status, reason, message) = match trouble {
            Some((reason, message)) => ("True", reason, message),
            None => ("False", fine.0, fine.1.to_owned()),
        };
        json!({"type": kind, "status": status, "reason": reason, "message": message})
    };
    let deleted = |message| ("ContentDeleted", message);
    let failure = (!failures.is_empty()).then(|| {
        let message = format!(
            "Failed to delete all resource types, {} remaining: {}",
            failures.len(),
            failures.join(", ")
        );
        ("ContentDeletionFailed", message)
    });
    // Upstream writes the dot of a group that has no name, too.
    let remaining = left.iter().map(|it| {
        let (kind, count) = (&it.kind, it.count);
        let (plural, group) = (&kind.plural, &kind.group);
        format!("{plural}.{group} has {count} resource instances")
    });
    let mut remaining: Vec<String> = remaining.collect();
    remaining.sort_unstable();
    let remaining = (!remaining.is_empty()).then(|| {
        let message = format!("Some resources are remaining: {}", remaining.join(", "));
        ("SomeResourcesRemain", message)
    });
    let mut by_finalizer = BTreeMap::<&str, usize>::new();
    for (finalizer, count) in left.iter().flat_map(|it| &it.finalizers) {
        *by_finalizer.entry(finalizer).or_default() += count;
    }
    let held = by_finalizer
        .iter()
        .map(|(it, count)| format!("{it} in {count} resource instances"));
    let held: Vec<String> = held.collect();
    let held = (!held.is_empty()).then(|| {
        let message = format!(
            "Some content in the namespace has finalizers remaining: {}",
            held.join(", ")
        );
        ("SomeFinalizersRemain", message)
    });
    vec![
        condition(
            "NamespaceDeletionDiscoveryFailure",
            None,
            (
                "ResourcesDiscovered",
                "All resources successfully discovered",
            ),
        ),
        condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            None,
            (
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed",
            ),
        ),
        condition(
            "NamespaceDeletionContentFailure",
            failure,
            deleted("All content successfully deleted, may be waiting on finalization"),
        ),
        condition(
            "NamespaceContentRemaining",
            remaining,
            ("ContentRemoved", "All content successfully removed"),
        ),
        condition(
            "NamespaceFinalizersRemaining",
            held,
            (
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            ),
        ),
    ]
}

fn with_conditions(namespace: &Value, conditions: &[Value], now: Timestamp) -> Value {
    let mut status = namespace["status"].clone();
    let mut all = status.list("/conditions").to_vec();
    for condition in conditions {
        let same = |it: &Value| {
            ["/type", "/status", "/reason", "/message"]
                .iter()
                .all(|part| it.text(part) == condition.text(part))
        };
        if !all.iter().any(same) {
            set_condition(&mut all, condition.clone(), now);
        }
    }
    status["conditions"] = all.into();
    status
}

#[async_trait]
impl Controller for Namespaces {
    fn informers(&self) -> Vec<Informer> {
        vec![self.namespaces.clone(), self.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.namespaces, queue);
        let (namespaces, queue) = (self.namespaces.clone(), queue.clone());
        let waits = self.waits.clone();
        self.pods.subscribe(move |change| {
            let namespace = change.object().namespace();
            let is_end = matches!(change, Change::Deleted(_));
            if is_end
                && namespaces
                    .get("", namespace)
                    .is_some_and(|it| it.is_deleting())
            {
                waits.forget(namespace);
                queue.wake(Key::new("", namespace));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(namespace) = self.namespaces.get("", &key.name) else {
            self.waits.forget(&key.name);
            return Ok(Next::Settled);
        };
        let finalizers = namespace.list("/spec/finalizers");
        if !namespace.is_deleting() || !finalizers.iter().any(|it| it == FINALIZER) {
            self.waits.forget(&key.name);
            return Ok(Next::Settled);
        }
        let (left, count) = self.empty(&namespace).await?;
        if !left.is_empty() {
            tracing::debug!(namespace = key.name, ?left, "a namespace is not empty yet");
            return Ok(Next::After(self.waits.next(&key.name, count)));
        }
        self.waits.forget(&key.name);
        let client = &self.context.client;
        let mut last = client.get(&kind::NAMESPACE, "", &key.name).await?;
        if last.uid() != namespace.uid() {
            return Ok(Next::Settled);
        }
        if let Some(Value::Array(finalizers)) = last.pointer_mut("/spec/finalizers") {
            finalizers.retain(|it| it != FINALIZER);
        }
        match client.update_at(&kind::NAMESPACE, "finalize", &last).await {
            Err(error) if error.is_not_found() => {}
            other => {
                other?;
            }
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::tests::Cluster;

    #[test]
    fn what_is_left_is_told() {
        let left = [
            Left {
                kind: kind::POD,
                count: 2,
                finalizers: BTreeMap::from([("a/b".to_owned(), 2)]),
            },
            Left {
                kind: kind::DEPLOYMENT,
                count: 1,
                finalizers: BTreeMap::from([("a/a".to_owned(), 1), ("a/b".to_owned(), 1)]),
            },
        ];
        let conditions = conditions(&left, &[]);
        let text: Vec<_> = conditions
            .iter()
            .map(|it| (it.text("/status"), it.text("/message")))
            .collect();
        assert_eq!(
            text[3],
            (
                "True",
                "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances"
            )
        );
        assert_eq!(
            text[4],
            (
                "True",
                "Some content in the namespace has finalizers remaining: a/a in 1 resource instances, a/b in 3 resource instances"
            )
        );
        assert_eq!(text[2].0, "False");
    }

    #[test]
    fn waits_grow_until_something_goes() {
        let waits = Waits::default();
        let next = |left| waits.next("gone", left).as_secs();
        assert_eq!([2; 7].map(next), [1, 2, 4, 8, 16, 30, 30], "nothing goes");
        assert_eq!([1; 3].map(next), [1, 2, 4], "one of them went");
        assert_eq!(waits.next("other", 1).as_secs(), 1);
        waits.forget("gone");
        assert_eq!(next(1), 1, "it was told of an end");
    }

    #[tokio::test(start_paused = true)]
    async fn what_finalizers_hold_is_looked_at_more_and_more_rarely() {
        let cluster = Cluster::start(|_| tokio::spawn(async {}));
        let client = &cluster.client;
        let namespace = json!({"metadata": {"name": "gone"}});
        client
            .create(&kind::NAMESPACE, "", &namespace)
            .await
            .unwrap();
        for name in ["a", "b"] {
            let held = json!({"metadata": {"name": name, "finalizers": ["x/y"]}});
            let kind = &kind::CONFIG_MAP;
            client.create(kind, "gone", &held).await.unwrap();
        }
        let options = Delete::default();
        client
            .delete(&kind::NAMESPACE, "", "gone", &options)
            .await
            .unwrap();
        let controller = Namespaces::new(&cluster.context);
        for informer in controller.informers() {
            informer.synced().await;
        }
        let key = Key::new("", "gone");
        for seconds in [1, 2, 4] {
            let next = controller.sync(&key).await.unwrap();
            assert_eq!(next, Next::After(Duration::from_secs(seconds)));
        }
        let mut freed = client.get(&kind::CONFIG_MAP, "gone", "a").await.unwrap();
        freed["metadata"]["finalizers"] = json!([]);
        client.update(&kind::CONFIG_MAP, &freed).await.unwrap();
        let next = controller.sync(&key).await.unwrap();
        assert_eq!(next, Next::After(LOOK_AGAIN));
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_goes_with_all_that_is_in_it() {
        let cluster = Cluster::start(|context| {
            tokio::spawn(crate::runtime::drive(
                Namespaces::new(context),
                context.stop.clone(),
            ))
        });
        let client = &cluster.client;
        let namespace = json!({"metadata": {"name": "gone"}});
        client
            .create(&kind::NAMESPACE, "", &namespace)
            .await
            .unwrap();
        for kind in [&kind::CONFIG_MAP, &kind::SECRET, &kind::DEPLOYMENT] {
            let object = json!({"metadata": {"name": "x"}});
            client.create(kind, "gone", &object).await.unwrap();
            client.create(kind, "stays", &object).await.unwrap();
        }
        let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n"}});
        client.create(&kind::POD, "gone", &pod).await.unwrap();
        let options = Delete::default();
        client
            .delete(&kind::NAMESPACE, "", "gone", &options)
            .await
            .unwrap();
        // The pod runs until its node says otherwise.
        let namespaces = cluster
            .until(&kind::NAMESPACE, |all| {
                all[0].has_condition("NamespaceContentRemaining", "True")
            })
            .await;
        assert_eq!(namespaces[0].text("/status/phase"), "Terminating");
        let now = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        client.delete(&kind::POD, "gone", "p", &now).await.unwrap();
        cluster.until(&kind::NAMESPACE, <[_]>::is_empty).await;
        let left = client
            .list(&kind::CONFIG_MAP, &Selection::default())
            .await
            .unwrap();
        assert_eq!(left.items.len(), 1);
        assert_eq!(left.items[0].namespace(), "stays");
    }
}
