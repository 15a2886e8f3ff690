//! A port of a pod behind a service, reached through the pod's node.

use std::{fmt::Display, io, sync::Arc};

use serde_json::Value;
use wharf_kube_model::view::{items, number, text, text_at};

use super::{route, tunnel};
use crate::cluster::{Connection, Inner};

pub struct Backend {
    node: Arc<Value>,
    path: String,
}

impl Backend {
    /// One of the ready pods behind a port of a service.
    ///
    /// # Errors
    /// There is none, in upstream's words.
    pub async fn of_service(
        inner: &Inner,
        namespace: &str,
        name: &str,
        port: u16,
    ) -> Result<Self, String> {
        let space = Some(namespace);
        let object = async |plural: &str, space: Option<&str>, name: &str| {
            let found = inner.core_object(plural, space, name).await;
            found.map_err(|error: wharf_store::StoreError| {
                tracing::warn!(%error, "looking for a webhook failed in the store");
                "the store failed".to_owned()
            })
        };
        let found = object("services", space, name).await?;
        let service = found.ok_or_else(|| format!("service \"{name}\" not found"))?;
        let ports = items(&service["spec"], "ports");
        let chosen = ports
            .iter()
            .find(|it| number(it, "port") == Some(port.into()));
        let none = format!("no service port {port} found for service \"{name}\"");
        let wanted = chosen.map(|it| text(it, "name")).ok_or(none)?;
        let none = || format!("no endpoints available for service \"{name}\"");
        let endpoints = object("endpoints", space, name).await?.ok_or_else(none)?;
        let (number, to) = route::endpoint_of(&endpoints, wanted).ok_or_else(none)?;
        if to["kind"] != "Pod" {
            return Err(format!("an endpoint of service \"{name}\" is no pod"));
        }
        let number = u16::try_from(number).map_err(|_: std::num::TryFromIntError| none())?;
        let pod = text(to, "name");
        let found = object("pods", space, pod).await?.ok_or_else(none)?;
        let on = text_at(&found, &["spec", "nodeName"]);
        let node = object("nodes", None, on).await?.ok_or_else(none)?;
        Ok(Self {
            node,
            path: route::pod_port(namespace, pod, number),
        })
    }

    pub async fn connect(&self, inner: &Inner) -> io::Result<Box<dyn Connection>> {
        let host = text_at(&self.node, &["metadata", "name"]);
        let kubelet = inner.parts.nodes.kubelet(&self.node).await?;
        tunnel::open(kubelet, host, &self.path).await.map_err(told)
    }
}

fn told(error: impl Display) -> io::Error {
    io::Error::other(format!("dial: {error}"))
}
