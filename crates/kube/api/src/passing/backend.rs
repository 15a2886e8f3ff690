//! A port of a pod behind a service, reached through the pod's node.

use std::{fmt::Display, io, sync::Arc};

use serde_json::Value;
use wharf_kube_model::view::{items, number, text, text_at};
use wharf_store::StoreError;

use super::{route, tunnel};
use crate::cluster::{Connection, Inner};

/// Why there is no pod behind a port of a service, in upstream's words.
#[derive(Debug, thiserror::Error)]
pub enum NoBackend {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("service \"{0}\" not found")]
    NoService(String),
    #[error("no service port {port} found for service \"{service}\"")]
    NoPort { port: u16, service: String },
    #[error("no endpoints available for service \"{0}\"")]
    NoEndpoints(String),
    #[error("an endpoint of service \"{0}\" is no pod")]
    NoPod(String),
}

pub struct Backend {
    node: Arc<Value>,
    path: String,
}

impl Backend {
    /// One of the ready pods behind a port of a service.
    ///
    /// # Errors
    /// There is none.
    pub async fn of_service(
        inner: &Inner,
        namespace: &str,
        name: &str,
        port: u16,
    ) -> Result<Self, NoBackend> {
        let space = Some(namespace);
        let object = async |plural: &str, space: Option<&str>, name: &str| {
            let found = inner.core_object(plural, space, name).await;
            found.inspect_err(|error: &StoreError| {
                tracing::warn!(%error, "looking for a webhook failed in the store");
            })
        };
        let found = object("services", space, name).await?;
        let service = found.ok_or_else(|| NoBackend::NoService(name.to_owned()))?;
        let ports = items(&service["spec"], "ports");
        let chosen = ports
            .iter()
            .find(|it| number(it, "port") == Some(port.into()));
        let wanted = chosen.map(|it| text(it, "name"));
        let wanted = wanted.ok_or_else(|| NoBackend::NoPort {
            port,
            service: name.to_owned(),
        })?;
        let none = || NoBackend::NoEndpoints(name.to_owned());
        let endpoints = object("endpoints", space, name).await?.ok_or_else(none)?;
        let (number, to) = route::endpoint_of(&endpoints, wanted).ok_or_else(none)?;
        if to["kind"] != "Pod" {
            return Err(NoBackend::NoPod(name.to_owned()));
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
