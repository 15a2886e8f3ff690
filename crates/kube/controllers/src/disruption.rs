//! PodDisruptionBudgets: how many of an application's pods may be evicted now.

mod plan;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Change, Error, Informer, Object, kind};
use wharf_kube_model::selector::Labels;

use self::plan::{Plan, plan};
use crate::runtime::{Context, Controller, Key, Next, Queue, next, wake_self};

pub struct Budgets {
    context: Context,
    budgets: Informer,
    pods: Informer,
    sets: Informer,
    deployments: Informer,
    stateful: Informer,
}

fn selector(budget: &Value) -> Labels {
    Labels::of_selector(budget.at("/spec").get("selector")).unwrap_or(Labels::nothing())
}

impl Budgets {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            budgets: context.informer(&kind::POD_DISRUPTION_BUDGET),
            pods: context.informer(&kind::POD),
            sets: context.informer(&kind::REPLICA_SET),
            deployments: context.informer(&kind::DEPLOYMENT),
            stateful: context.informer(&kind::STATEFUL_SET),
        })
    }

    /// How many pods the controllers of these want in all. A pod whose controller is of no kind with a size is one.
    fn wanted(&self, pods: &[Arc<Value>]) -> i64 {
        let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
        for pod in pods {
            let Some(owner) = pod.controller() else {
                continue;
            };
            let found = match owner.kind() {
                "ReplicaSet" => self.sets.get(pod.namespace(), owner.name()),
                "StatefulSet" => self.stateful.get(pod.namespace(), owner.name()),
                _ => None,
            };
            let found = found.filter(|it| it.uid() == owner.uid());
            let Some(mut sized) = found else {
                *wanted.entry(pod.uid().to_owned()).or_default() = 1;
                continue;
            };
            let above = sized.controller().filter(|it| it.kind() == "Deployment");
            let above = above.and_then(|it| self.deployments.get(pod.namespace(), it.name()));
            if let Some(deployment) = above {
                sized = deployment;
            }
            let replicas = sized.integer("/spec/replicas").unwrap_or(1);
            wanted.insert(sized.uid().to_owned(), replicas);
        }
        wanted.values().sum()
    }
}

#[async_trait]
impl Controller for Budgets {
    fn informers(&self) -> Vec<Informer> {
        let all = [
            &self.budgets,
            &self.pods,
            &self.sets,
            &self.deployments,
            &self.stateful,
        ];
        all.into_iter().cloned().collect()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.budgets, queue);
        let (budgets, on_pod) = (self.budgets.clone(), queue.clone());
        self.pods.subscribe(move |change| {
            for budget in budgets.in_namespace(change.object().namespace()) {
                let selector = selector(&budget);
                let was =
                    matches!(change, Change::Changed { old, .. } if selector.matches_object(old));
                if was || selector.matches_object(change.object()) {
                    on_pod.wake(Key::of(&budget));
                }
            }
        });
        // Sizes change what is expected.
        for informer in [&self.sets, &self.deployments, &self.stateful] {
            let (budgets, queue) = (self.budgets.clone(), queue.clone());
            informer.subscribe(move |change| {
                if let Change::Changed { old, new } = change
                    && old.at("/spec/replicas") == new.at("/spec/replicas")
                {
                    return;
                }
                for budget in budgets.in_namespace(change.object().namespace()) {
                    queue.wake(Key::of(&budget));
                }
            });
        }
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(budget) = self.budgets.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let selector = selector(&budget);
        let mut pods = self.pods.in_namespace(&key.namespace);
        pods.retain(|it| selector.matches_object(it));
        let Plan { status, look_after } =
            plan(&budget, &pods, self.wanted(&pods), self.context.now());
        if status != budget["status"] {
            let mut changed = Value::clone(&budget);
            changed["status"] = status;
            let client = &self.context.client;
            let written = client
                .update_status(&kind::POD_DISRUPTION_BUDGET, &changed)
                .await?;
            self.budgets.observe(&written);
        }
        Ok(next(look_after))
    }
}
