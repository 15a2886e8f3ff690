//! Where a service's pods are: its endpoint slices, and its Endpoints for those who still read them; and slices of the Endpoints that
//! somebody writes for a service without pods.

mod legacy;
mod mirror;
mod slices;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Change, Delete, Error, Index, Informer, Object, kind};
use wharf_kube_model::selector::Labels;

pub use self::mirror::Mirrors;
use self::slices::{SERVICE_NAME, Write};
use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

/// Slices by their service.
pub const SLICES_BY_SERVICE: Index = Index {
    name: "service",
    keys: |it| {
        let service = it.label(SERVICE_NAME).unwrap_or_default();
        vec![format!("{}/{service}", it.namespace())]
    },
};

pub struct Slices {
    context: Context,
    services: Informer,
    pods: Informer,
    nodes: Informer,
    slices: Informer,
    endpoints: Informer,
}

/// The pods of a service; `None` where somebody else says where it is.
fn selector(service: &Value) -> Option<Labels> {
    let selector = service.map("/spec/selector").filter(|it| !it.is_empty())?;
    (service.text("/spec/type") != "ExternalName").then(|| Labels::of_set(Some(selector)))
}

impl Slices {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            services: context.informer(&kind::SERVICE),
            pods: context.informer(&kind::POD),
            nodes: context.informer(&kind::NODE),
            slices: context.informer(&kind::ENDPOINT_SLICE),
            endpoints: context.informer(&kind::ENDPOINTS),
        })
    }

    async fn write_endpoints(&self, service: &Value, wanted: Value) -> Result<(), Error> {
        let client = &self.context.client;
        let there = self.endpoints.get(service.namespace(), service.name());
        let written = match there {
            None => {
                let created = client
                    .create(&kind::ENDPOINTS, service.namespace(), &wanted)
                    .await;
                match created {
                    // Somebody made them by hand: they are ours by their name.
                    Err(error) if error.is_already_exists() => return Ok(()),
                    other => other?,
                }
            }
            Some(there) => {
                let subsets = |it: &Value| it.list("/subsets").to_vec();
                let labels = |it: &Value| it.at("/metadata/labels").clone();
                if subsets(&there) == subsets(&wanted) && labels(&there) == labels(&wanted) {
                    return Ok(());
                }
                let mut changed = Value::clone(&there);
                changed["subsets"] = wanted["subsets"].clone();
                changed["metadata"]["labels"] = wanted["metadata"]["labels"].clone();
                client.update(&kind::ENDPOINTS, &changed).await?
            }
        };
        self.endpoints.observe(&written);
        Ok(())
    }
}

async fn write(
    context: &Context,
    slices: &Informer,
    namespace: &str,
    write: Write,
) -> Result<(), Error> {
    let client = &context.client;
    match write {
        Write::Create(slice) => {
            let written = client
                .create(&kind::ENDPOINT_SLICE, namespace, &slice)
                .await?;
            slices.observe(&written);
        }
        Write::Update(slice) => {
            let written = client.update(&kind::ENDPOINT_SLICE, &slice).await?;
            slices.observe(&written);
        }
        Write::Delete(slice) => {
            let options = Delete::of_uid(slice.uid());
            let deleted = client
                .delete(&kind::ENDPOINT_SLICE, namespace, slice.name(), &options)
                .await;
            match deleted {
                Ok(answer) => slices.observe_deletion(&slice, &answer),
                Err(error) if error.is_outdated() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

#[async_trait]
impl Controller for Slices {
    fn informers(&self) -> Vec<Informer> {
        let all = [
            &self.services,
            &self.pods,
            &self.nodes,
            &self.slices,
            &self.endpoints,
        ];
        all.into_iter().cloned().collect()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.services, queue);
        let on_slice = queue.clone();
        self.slices.subscribe(move |change| {
            let slice = change.object();
            if let Some(service) = slice.label(SERVICE_NAME).filter(|_| slices::is_ours(slice)) {
                on_slice.wake(Key::new(slice.namespace(), service));
            }
        });
        let (services, on_pod) = (self.services.clone(), queue.clone());
        self.pods.subscribe(move |change| {
            let wake = |pod: &Value| {
                for service in services.in_namespace(pod.namespace()) {
                    if selector(&service).is_some_and(|it| it.matches_object(pod)) {
                        on_pod.wake(Key::of(&service));
                    }
                }
            };
            match change {
                Change::Changed { old, new } if !slices::matters(old, new) => {}
                Change::Changed { old, new } => {
                    if old.at("/metadata/labels") != new.at("/metadata/labels") {
                        wake(old);
                    }
                    wake(new);
                }
                other => wake(other.object()),
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(service) = self.services.get(&key.namespace, &key.name) else {
            // Slices go with their owner; Endpoints have none.
            if let Some(left) = self.endpoints.get(&key.namespace, &key.name)
                && legacy::is_ours(&left)
            {
                let options = Delete::of_uid(left.uid());
                let client = &self.context.client;
                let deleted = client
                    .delete(&kind::ENDPOINTS, &key.namespace, &key.name, &options)
                    .await;
                match deleted {
                    Err(error) if error.is_outdated() => {}
                    other => self.endpoints.observe_deletion(&left, &other?),
                }
            }
            return Ok(Next::Settled);
        };
        let Some(selector) = selector(&service) else {
            return Ok(Next::Settled);
        };
        let mut pods = self.pods.in_namespace(&key.namespace);
        pods.retain(|it| selector.matches_object(it));
        let zone_of = |node: &str| {
            let node = self.nodes.get("", node)?;
            let zone = node.label("topology.kubernetes.io/zone")?;
            Some(zone.to_owned())
        };
        let name = format!("{}/{}", key.namespace, key.name);
        let there = self.slices.by(SLICES_BY_SERVICE.name, &name);
        for write in slices::plan(&service, &pods, &there, &zone_of) {
            self::write(&self.context, &self.slices, &key.namespace, write).await?;
        }
        let wanted = legacy::endpoints(&service, &pods);
        self.write_endpoints(&service, wanted).await?;
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests;
