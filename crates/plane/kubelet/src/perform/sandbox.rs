//! The sandbox of a pod is made, with its volumes, and removed.

use std::{io, net::Ipv4Addr, path::PathBuf, sync::Arc};

use serde_json::Value;
use tokio::time::timeout;
use wharf_kube_client::Object as _;

use super::{
    MACHINE_PATIENCE, POD_ENI, folder,
    volumes::{mount_volumes, write_volumes},
};
use crate::{
    disks, empty_dir, host_paths,
    machine::{MachineError, PodEni, PodNetwork, SandboxWish},
    names,
    not_mounted::NotMounted,
    pod::Pod,
    qos,
    worker::Context,
};

/// The network that a pod is to have; `None` while its interface is not there.
pub fn network(pod: &Pod) -> Option<PodNetwork> {
    if pod.spec.host_network {
        return Some(PodNetwork::Node);
    }
    let told = pod.metadata.annotations.get(POD_ENI)?;
    let told: Value = serde_json::from_str(told).ok()?;
    let first = told.as_array()?.first()?;
    Some(PodNetwork::Interface(PodEni {
        id: first.text("/eniId").to_owned(),
        mac: first.text("/ifAddress").to_owned(),
        address: first.text("/privateIp").parse().ok()?,
        subnet_cidr: first.text("/subnetCidr").to_owned(),
    }))
}

/// Why there is no sandbox, or nothing in it of what its containers need.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotMade {
    #[error("the pod has no interface")]
    NoInterface,
    #[error(transparent)]
    Name(#[from] names::LongName),
    #[error(transparent)]
    Volumes(#[from] NotMounted),
    #[error(transparent)]
    Machine(#[from] MachineError),
}

pub(super) async fn make(context: &Arc<Context>, pod: &Pod) -> Result<Option<Ipv4Addr>, NotMade> {
    names::kernel_name(pod, &context.node.name)?;
    let network = network(pod).ok_or(NotMade::NoInterface)?;
    write_volumes(context, pod).await?;
    disks::find(context, pod).await?;
    let bounds = qos::pod_bounds(pod);
    let of = &pod.metadata;
    let annotations = [
        ("namespace", &of.namespace),
        ("name", &of.name),
        ("uid", &of.uid),
    ];
    let wish = SandboxWish {
        id: context.sandbox.clone(),
        network,
        has_numbers_of_node: host_paths::of(pod).next().is_some(),
        cpu_shares: bounds.cpu_shares,
        cpu_quota_millis: bounds.cpu_quota_millis,
        memory_bytes: bounds.memory_bytes,
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .into(),
    };
    let made = timeout(MACHINE_PATIENCE, context.node.machine.make(&wish)).await;
    let address = made.unwrap_or(Err(MachineError::NoAnswer))?;
    mount_volumes(context, pod).await?;
    Ok(address)
}

pub(super) async fn remove(context: &Arc<Context>, pod: &Pod) -> Result<(), MachineError> {
    context.node.machine.remove(&context.sandbox).await?;
    // What is left of it now is found by the next agent.
    if let Err(error) = remove_folder(folder(context)).await {
        tracing::warn!(pod = pod.full_name(), %error, "failed to remove the volumes of a pod");
    }
    Ok(())
}

/// Removes the folder of a pod of which nothing runs any more.
pub async fn remove_folder(folder: PathBuf) -> io::Result<()> {
    let removed = tokio::task::spawn_blocking(move || {
        empty_dir::unmount_all(&folder.join("volumes"));
        wharf_rootdir::remove_tree(&folder)
    });
    removed.await.unwrap_or_else(|e| Err(io::Error::other(e)))
}
