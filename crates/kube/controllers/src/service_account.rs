//! What every namespace has: the account `default`, and the certificate of the cluster's authority for its pods.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Client, Error, Informer, Kind, Object, Selection, kind};

use crate::runtime::{Context, Controller, Key, Next, Queue};

const ACCOUNT: &str = "default";
const AUTHORITY: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as \
    the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

pub struct ServiceAccounts {
    client: Client,
    authority: String,
    namespaces: Informer,
    accounts: Informer,
    authorities: Informer,
}

impl ServiceAccounts {
    pub fn new(context: &Context, authority: String) -> Arc<Self> {
        // Of accounts and config maps only those of one name matter.
        let named = |kind: &Kind, name: &str| {
            let selection = Selection {
                fields: format!("metadata.name={name}"),
                ..Selection::default()
            };
            let (client, stop) = (context.client.clone(), context.stop.clone());
            Informer::start(client, kind.clone(), selection, &[], stop)
        };
        Arc::new(Self {
            client: context.client.clone(),
            authority,
            namespaces: context.informer(&kind::NAMESPACE),
            accounts: named(&kind::SERVICE_ACCOUNT, ACCOUNT),
            authorities: named(&kind::CONFIG_MAP, AUTHORITY),
        })
    }

    fn authority(&self, namespace: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": AUTHORITY, "namespace": namespace,
                "annotations": {"kubernetes.io/description": DESCRIPTION},
            },
            "data": {"ca.crt": self.authority},
        })
    }
}

#[async_trait]
impl Controller for ServiceAccounts {
    fn informers(&self) -> Vec<Informer> {
        vec![
            self.namespaces.clone(),
            self.accounts.clone(),
            self.authorities.clone(),
        ]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let on = queue.clone();
        self.namespaces
            .subscribe(move |change| on.wake(Key::new("", change.object().name())));
        for informer in [&self.accounts, &self.authorities] {
            let on = queue.clone();
            informer.subscribe(move |change| on.wake(Key::new("", change.object().namespace())));
        }
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let namespace = &key.name;
        let is_there = self.namespaces.get("", namespace);
        if is_there.is_none_or(|it| it.is_deleting()) {
            return Ok(Next::Settled);
        }
        if self.accounts.get(namespace, ACCOUNT).is_none() {
            let account = json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": ACCOUNT, "namespace": namespace},
            });
            put(&self.client, &self.accounts, namespace, &account).await?;
        }
        match self.authorities.get(namespace, AUTHORITY) {
            None => {
                let authority = self.authority(namespace);
                put(&self.client, &self.authorities, namespace, &authority).await?;
            }
            Some(there) if there["data"] != self.authority(namespace)["data"] => {
                let mut there = Value::clone(&there);
                there["data"] = self.authority(namespace)["data"].clone();
                let written = self.client.update(&kind::CONFIG_MAP, &there).await?;
                self.authorities.observe(&written);
            }
            Some(_) => {}
        }
        Ok(Next::Settled)
    }
}

async fn put(
    client: &Client,
    informer: &Informer,
    namespace: &str,
    object: &Value,
) -> Result<(), Error> {
    match client.create(informer.kind(), namespace, object).await {
        Ok(written) => informer.observe(&written),
        // The watch tells of it.
        Err(error) if error.is_already_exists() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    #[tokio::test(start_paused = true)]
    async fn every_namespace_has_both_and_gets_them_back() {
        let cluster = Cluster::start(|context| {
            let accounts = ServiceAccounts::new(context, "PEM".to_owned());
            tokio::spawn(drive(accounts, context.stop.clone()))
        });
        let client = &cluster.client;
        let namespace = json!({"metadata": {"name": "a"}});
        client
            .create(&kind::NAMESPACE, "", &namespace)
            .await
            .unwrap();
        cluster
            .until(&kind::SERVICE_ACCOUNT, |all| all.len() == 1)
            .await;
        cluster.until(&kind::CONFIG_MAP, |all| all.len() == 1).await;
        client
            .delete(&kind::SERVICE_ACCOUNT, "a", ACCOUNT, &Default::default())
            .await
            .unwrap();
        cluster
            .until(&kind::SERVICE_ACCOUNT, |all| all.len() == 1)
            .await;
        let mut changed = client.get(&kind::CONFIG_MAP, "a", AUTHORITY).await.unwrap();
        changed["data"]["ca.crt"] = "other".into();
        client.update(&kind::CONFIG_MAP, &changed).await.unwrap();
        cluster
            .until(&kind::CONFIG_MAP, |all| all[0].at("/data/ca.crt") == "PEM")
            .await;
    }
}
