//! Cluster roles made of others: those that their aggregation rule chooses by label.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Error, Informer, Object, kind};
use wharf_kube_model::selector::Labels;

use crate::runtime::{Context, Controller, Key, Next, Queue};

pub struct ClusterRoles {
    context: Context,
    roles: Informer,
}

impl ClusterRoles {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            roles: context.informer(&kind::CLUSTER_ROLE),
        })
    }
}

fn is_aggregated(role: &Value) -> bool {
    role.at("/aggregationRule").is_object()
}

/// The rules of all roles that are chosen, each once, in a fixed order. `roles` are in the order of their names.
fn rules(role: &Value, roles: &[Arc<Value>]) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for selector in role.list("/aggregationRule/clusterRoleSelectors") {
        let selector = Labels::of_selector(Some(selector)).unwrap_or(Labels::nothing());
        let chosen = roles
            .iter()
            .filter(|it| it.name() != role.name() && selector.matches_object(it));
        for rule in chosen.flat_map(|it| it.list("/rules")) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}

#[async_trait]
impl Controller for ClusterRoles {
    fn informers(&self) -> Vec<Informer> {
        vec![self.roles.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let (roles, queue) = (self.roles.clone(), queue.clone());
        self.roles.subscribe(move |change| {
            queue.wake(Key::of(change.object()));
            for role in roles.all().iter().filter(|it| is_aggregated(it)) {
                queue.wake(Key::of(role));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(role) = self.roles.get("", &key.name) else {
            return Ok(Next::Settled);
        };
        if !is_aggregated(&role) || role.is_deleting() {
            return Ok(Next::Settled);
        }
        let rules = rules(&role, &self.roles.all());
        if rules == role.list("/rules") {
            return Ok(Next::Settled);
        }
        let mut changed = Value::clone(&role);
        changed["rules"] = rules.into();
        let client = &self.context.client;
        let written = client.update(&kind::CLUSTER_ROLE, &changed).await?;
        self.roles.observe(&written);
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    fn role(name: &str, label: &str, resource: &str) -> Value {
        json!({
            "metadata": {"name": name, "labels": {label: "true"}}, "rules": [{"resources": [resource]}],
        })
    }

    #[tokio::test(start_paused = true)]
    async fn roles_are_made_of_others_and_follow_them() {
        let cluster = Cluster::start(|context| {
            tokio::spawn(drive(ClusterRoles::new(context), context.stop.clone()))
        });
        let client = &cluster.client;
        let whole = json!({"metadata": {"name": "whole"}, "aggregationRule": {
            "clusterRoleSelectors": [{"matchLabels": {"part": "true"}}],
        }});
        let none = role("none", "other", "c");
        for role in [
            role("one", "part", "a"),
            role("two", "part", "b"),
            whole,
            none,
        ] {
            client.create(&kind::CLUSTER_ROLE, "", &role).await.unwrap();
        }
        let has = |resources: &'static [&str]| {
            move |all: &[Value]| {
                let whole = all.iter().find(|it| it.name() == "whole");
                let rules = whole.map_or(&[][..], |it| it.list("/rules")).iter();
                rules
                    .map(|it| it.text("/resources/0"))
                    .eq(resources.iter().copied())
            }
        };
        cluster.until(&kind::CLUSTER_ROLE, has(&["a", "b"])).await;
        let options = Default::default();
        client
            .delete(&kind::CLUSTER_ROLE, "", "one", &options)
            .await
            .unwrap();
        cluster.until(&kind::CLUSTER_ROLE, has(&["b"])).await;
    }
}
