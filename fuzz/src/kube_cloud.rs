//! What objects of a cluster ask of the cloud around it: load balancers, volumes, add-ons.

use serde_json::Value;
use wharf_kube_model::{file_volume, persistent};
use wharf_svc_kube_balancers::fuzz::World;

use crate::input::{self, objects};

/// An Ingress on the first line, a Secret on the second.
pub fn ingress(bytes: &[u8]) {
    let Some((ingress, secret)) = input::line(bytes) else {
        return;
    };
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    if let (Some(ingress), Some(secret)) = (read(ingress.as_bytes()), read(secret)) {
        wharf_svc_kube_balancers::fuzz::ingress(ingress, secret);
    }
}

/// A Service, then what leads to its pods: an EndpointSlice, a pod and a node.
pub fn service(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten();
    if let Some(service) = next() {
        let (slice, pod, node) = (next(), next(), next());
        let world = World {
            slice,
            pod,
            node,
            ..World::default()
        };
        wharf_svc_kube_balancers::fuzz::service(&service, &world);
    }
}

/// A TargetGroupBinding, then its Service, an EndpointSlice, a pod and a node.
pub fn binding(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten();
    if let Some(binding) = next() {
        let (service, slice, pod, node) = (next(), next(), next(), next());
        let world = World {
            service,
            slice,
            pod,
            node,
            ..World::default()
        };
        wharf_svc_kube_balancers::fuzz::binding(&binding, &world);
    }
}

/// The name of an add-on on the first line, then how it is configured.
pub fn addon(bytes: &[u8]) {
    if let Some((name, configuration)) = input::line(bytes)
        && let Some(configuration) = input::text(configuration)
    {
        wharf_svc_eks::fuzz::addon(name, configuration);
    }
}

/// A PersistentVolume, a claim and its StorageClass; a line that is none of them is the handle of a volume of EFS.
pub fn volume(bytes: &[u8]) {
    for text in bytes.split(|it| *it == b'\n').filter_map(input::text) {
        let _ = file_volume::handle(text);
    }
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten().unwrap_or_default();
    let (volume, claim, class) = (next(), next(), next());
    if file_volume::is_file_volume(&volume)
        && let Ok(read) = file_volume::read(&volume)
    {
        assert!(read.root.starts_with('/'), "{:?}", read.root);
        assert!(
            !read.root.split('/').any(|it| it == ".."),
            "{:?}",
            read.root
        );
    }
    let _ = persistent::ebs_disk(&volume);
    let _ = persistent::reachable_from(&volume);
    let _ = persistent::mismatch(&claim, &volume);
    let _ = persistent::best(&claim, std::slice::from_ref(&volume), None);
    wharf_svc_kube_volumes::fuzz::asked(&claim, &class);
    wharf_svc_kube_files::fuzz::asked(&claim, &class);
}
