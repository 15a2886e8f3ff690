//! Addresses of services as objects: each is an IPAddress, written and removed in the transaction that writes its service. An address is
//! given where no IPAddress is, whoever made it, and one that a service has is not deleted without it: so none is given twice.
//!
//! New ones are of the ServiceCIDRs that are ready, and of the cluster's own range, whatever its object says: that stays. The transaction
//! compares the object of any other, so that none is given of a range that ends.

use std::{collections::HashSet, net::Ipv4Addr};

use futures_util::{StreamExt, stream};
use ipnet::Ipv4Net;
use serde_json::{Value, json};
use wharf_base::{Timestamp, ids};
use wharf_kube_model::{
    Catalog,
    apply::{self, Writer},
    view::{is_ready, items, text_at},
};
use wharf_store::{Compare, Revision, StoreError};

use super::{CLAIMS, Effects, allocation};
use crate::{
    answer::Fault,
    call::{Call, store_fault},
    cluster::Inner,
    storage::{self, Objects, WriteError},
};

const GROUP: &str = "networking.k8s.io";
const ADDRESSES: &str = "ipaddresses";
const RANGES: &str = "servicecidrs";
/// The range that a cluster begins with: its `serviceIpv4Cidr`, which EKS does not change.
const DEFAULT: &str = "kubernetes";
/// A range has it before addresses are given of it, so that it does not go while they are used.
const PROTECTION: &str = "networking.k8s.io/service-cidr-finalizer";
/// Writes at a time, where there are many.
const AT_ONCE: usize = 32;

/// The key of an address.
pub fn key(objects: &Objects, address: Ipv4Addr) -> String {
    let keys = &objects.keys;
    keys.object(GROUP, ADDRESSES, None, &address.to_string())
}

/// How an address was held before there were objects of addresses, below the folder of claims.
fn former_path(address: Ipv4Addr) -> String {
    format!("ip/{address}")
}

/// All keys that go with an address.
pub fn keys(objects: &Objects, address: Ipv4Addr) -> [String; 2] {
    let claim = format!("{}{CLAIMS}{}", objects.keys.root(), former_path(address));
    [key(objects, address), claim]
}

/// The addresses that nobody gets: those of objects, and of claims of before that are none yet.
pub async fn held(
    objects: &Objects,
    claims: &HashSet<String>,
) -> Result<HashSet<Ipv4Addr>, StoreError> {
    let names = objects
        .names(&objects.keys.folder(GROUP, ADDRESSES))
        .await?;
    let former = claims.iter().filter_map(|it| it.strip_prefix("ip/"));
    let names = names.iter().map(String::as_str).chain(former);
    Ok(names.filter_map(|it| it.parse().ok()).collect())
}

/// A range that addresses are given of.
pub struct Range {
    /// The key and the revision of its object; none of the cluster's own, which stays.
    object: Option<(String, Revision)>,
    pub net: Ipv4Net,
}

impl Range {
    /// That it still is what it was.
    pub fn unchanged(&self) -> Option<Compare> {
        let (key, revision) = self.object.as_ref()?;
        Some(Compare::mod_revision(key, *revision))
    }
}

/// In the order of their names.
pub async fn ranges(inner: &Inner) -> Result<Vec<Range>, StoreError> {
    let all = inner.some(GROUP, RANGES, None).await?;
    let own = Range {
        object: None,
        net: inner.parts.network.service_range,
    };
    let mut found = vec![(DEFAULT, own)];
    for (object, range) in &all {
        let name = text_at(range, &["metadata", "name"]);
        if name == DEFAULT || !gives(range) {
            continue;
        }
        let key = inner.objects.keys.object(GROUP, RANGES, None, name);
        let nets = items(&range["spec"], "cidrs").iter();
        for net in nets.filter_map(|it| it.as_str()?.parse().ok()) {
            let object = Some((key.clone(), object.revision));
            found.push((name, Range { object, net }));
        }
    }
    found.sort_by_key(|(name, _)| *name);
    Ok(found.into_iter().map(|(_, range)| range).collect())
}

fn gives(range: &Value) -> bool {
    let metadata = &range["metadata"];
    metadata["deletionTimestamp"].is_null()
        && items(metadata, "finalizers")
            .iter()
            .any(|it| it == PROTECTION)
        && is_ready(range)
}

/// The range of a cluster's own, ready from the start.
pub fn default_range(net: Ipv4Net, now: Timestamp) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": DEFAULT, "finalizers": [PROTECTION]},
        "spec": {"cidrs": [net.to_string()]},
        "status": {"conditions": [{
            "type": "Ready",
            "status": "True",
            "lastTransitionTime": now.iso8601_seconds(),
            "reason": "",
            "message": "Kubernetes default Service CIDR is ready",
        }]},
    })
}

/// The bytes of an address's object.
pub fn record(
    catalog: &Catalog,
    address: Ipv4Addr,
    service: &Value,
    now: Timestamp,
) -> bytes::Bytes {
    const VERSION: &str = "v1";
    let now = now.iso8601_seconds();
    let mut object = json!({
        "kind": "IPAddress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": {
            "name": address.to_string(),
            "uid": ids::uuid(),
            "creationTimestamp": now,
            "labels": {
                "ipaddress.kubernetes.io/ip-family": "IPv4",
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            },
        },
        "spec": {"parentRef": {
            "resource": "services",
            "namespace": service["metadata"]["namespace"],
            "name": service["metadata"]["name"],
        }},
    });
    if let Some(resource) = catalog.resource(GROUP, VERSION, ADDRESSES) {
        let writer = Writer {
            resource,
            subresource: None,
            manager: "kube-apiserver",
            now: &now,
        };
        apply::update(writer, None, &mut object);
    }
    storage::record(VERSION, &object)
}

/// Refuses a new range that has the address of a node or of a pod, which pods would not reach any more where a service had it too. The
/// VPC's own blocks are not known here: what is started later is not protected by this, only the node's own addresses are by the node.
pub async fn may_come(call: &Call, range: &Value) -> Result<(), Fault> {
    let nets = items(&range["spec"], "cidrs").iter();
    let nets: Vec<Ipv4Net> = nets.filter_map(|it| it.as_str()?.parse().ok()).collect();
    // The cluster's own was held against the VPC when the cluster was made.
    if nets == [call.cluster.parts.network.service_range] {
        return Ok(());
    }
    for plural in ["nodes", "pods"] {
        let taken = call.cluster.chosen("", plural, None, |_, object| {
            let own = text_at(&object, &["status", "podIP"]);
            let listed = items(&object["status"], "addresses").iter();
            let mut all = listed
                .map(|it| text_at(it, &["address"]))
                .chain([own])
                .filter_map(|it| it.parse::<Ipv4Addr>().ok());
            let found = all.find(|it| nets.iter().any(|net| net.contains(it)))?;
            Some((found, text_at(&object, &["metadata", "name"]).to_owned()))
        });
        let taken = taken.await.map_err(store_fault)?;
        if let Some((address, owner)) = taken.first() {
            let why = format!("{address} is the address of {owner}, one of the {plural}");
            let name = text_at(range, &["metadata", "name"]);
            return Err(call.forbidden(name, &why));
        }
    }
    Ok(())
}

/// Refuses what would take an address from a service that has it, or from the cluster its own range.
pub async fn may_go(call: &Call, object: &Value) -> Result<(), Fault> {
    let name = text_at(object, &["metadata", "name"]);
    match (call.group(), call.resource.plural.as_str()) {
        (GROUP, RANGES) if name == DEFAULT => {
            let why = "it is the serviceIpv4Cidr of the cluster, which stays";
            Err(call.forbidden(name, why))
        }
        (GROUP, ADDRESSES) => {
            let parent = &object["spec"]["parentRef"];
            let of = |field: &str| text_at(parent, &[field]);
            if (of("group"), of("resource")) != ("", "services") {
                return Ok(());
            }
            let (namespace, service) = (of("namespace"), of("name"));
            let found = call
                .cluster
                .core_object("services", Some(namespace), service);
            let found = found.await.map_err(store_fault)?;
            let has_it = found.zip(name.parse().ok()).is_some_and(|(found, it)| {
                allocation::claims(&found).contains(&allocation::Claim::Address(it))
            });
            if has_it {
                let why = format!("the service {namespace}/{service} has this address");
                return Err(call.forbidden(name, &why));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Makes objects of the addresses that services hold by claims, as they did before there were any. What cannot be made stays claimed.
pub async fn adopt(inner: &Inner) -> Result<(), StoreError> {
    let objects = &inner.objects;
    let folder = format!("{}{CLAIMS}", objects.keys.root());
    let claims = objects.names(&format!("{folder}ip/")).await?;
    if claims.is_empty() {
        return Ok(());
    }
    let (catalog, now) = (inner.catalog.load_full(), inner.now());
    let services = inner.chosen("", "services", None, |_, service| {
        let address: Ipv4Addr = text_at(&service, &["spec", "clusterIP"]).parse().ok()?;
        let is_claimed = claims.contains(&address.to_string());
        is_claimed.then(|| (address, record(&catalog, address, &service, now)))
    });
    let written = stream::iter(services.await?).map(|(address, record)| {
        let [key, claim] = keys(objects, address);
        let effects = Effects {
            released: vec![claim],
            ..Effects::default()
        };
        async move {
            match objects.create(&key, record, &effects, None).await {
                Ok(_) => Ok(()),
                Err(WriteError::Store(error)) => Err(error),
                Err(error) => {
                    tracing::error!(%error, %address, "failed to make the object of a service's address; it stays claimed");
                    Ok(())
                }
            }
        }
    });
    let written: Vec<Result<(), StoreError>> = written.buffer_unordered(AT_ONCE).collect().await;
    written.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_given_of_ranges_that_are_ready_and_stay() {
        let range = default_range("10.100.0.0/16".parse().unwrap(), Timestamp(0));
        assert!(gives(&range));
        for (pointer, value) in [
            ("/metadata/finalizers", json!([])),
            ("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
            ("/status/conditions/0/status", json!("False")),
            ("/status/conditions", json!(null)),
        ] {
            let mut other = range.clone();
            let (owner, name) = pointer.rsplit_once('/').unwrap();
            other.pointer_mut(owner).unwrap()[name] = value;
            assert!(!gives(&other), "{pointer}");
        }
    }
}
