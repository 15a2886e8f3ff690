//! Slices of the Endpoints that somebody writes for a service without a selector. Who leads to services reads slices alone.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Error, Informer, Object, Recorder, Ref, kind};

use super::{
    SLICES_BY_SERVICE,
    slices::{self, MANAGED_BY, SERVICE_NAME, Write},
};
use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

const OURS: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// On Endpoints that are a lock: its holder writes them every few seconds.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
/// What is about the object itself.
const OWN_ANNOTATIONS: [&str; 2] = [
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubectl.kubernetes.io/last-applied-configuration",
];
/// Endpoints in a slice, as many as the API takes; what is beyond is left out, which an Event says.
const MOST: usize = 1000;

pub struct Mirrors {
    context: Context,
    services: Informer,
    endpoints: Informer,
    slices: Informer,
    recorder: Recorder,
}

impl Mirrors {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            services: context.informer(&kind::SERVICE),
            endpoints: context.informer(&kind::ENDPOINTS),
            slices: context.informer(&kind::ENDPOINT_SLICE),
            recorder: context.recorder("endpoint-slice-mirroring-controller"),
        })
    }
}

fn is_ours(slice: &Value) -> bool {
    slice.label(MANAGED_BY) == Some(OURS)
}

/// Whether nobody else says where the service is.
fn is_mirrored(endpoints: &Value, service: &Value) -> bool {
    let selector = service.map("/spec/selector");
    selector.is_none_or(serde_json::Map::is_empty)
        && !endpoints.is_deleting()
        && endpoints.label(SKIP) != Some("true")
        && endpoints.annotation(LEADER).is_none()
}

/// What to write. `there` are the slices that were made of the same Endpoints as those that are wanted.
fn plan(wanted: BTreeMap<String, Value>, there: &[Arc<Value>]) -> Vec<Write> {
    let mut known: BTreeMap<String, Vec<&Arc<Value>>> = BTreeMap::new();
    for slice in there {
        let key = key(slice.text("/addressType"), slice.list("/ports"));
        known.entry(key).or_default().push(slice);
    }
    let mut writes = Vec::new();
    for (key, slice) in wanted {
        let mut same = known.remove(&key).unwrap_or_default().into_iter();
        match same.next() {
            None => writes.push(Write::Create(slice)),
            Some(there) => writes.extend(changed(there, &slice)),
        }
        writes.extend(same.map(|it| Write::Delete(it.clone())));
    }
    let left = known.into_values().flatten();
    writes.extend(left.map(|it| Write::Delete(it.clone())));
    writes
}

/// What the endpoints of a slice have in common.
fn key(family: &str, ports: &[Value]) -> String {
    format!("{family} {}", slices::by(ports))
}

/// The slices that there are to be, and how many addresses they have no room for.
fn wanted(endpoints: &Value) -> (BTreeMap<String, Value>, usize) {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    let mut left_out = 0;
    for subset in endpoints.list("/subsets") {
        let ports: Vec<Value> = subset.list("/ports").iter().map(port).collect();
        for (list, is_ready) in [("/addresses", true), ("/notReadyAddresses", false)] {
            for address in subset.list(list) {
                let Ok(ip) = address.text("/ip").parse::<IpAddr>() else {
                    continue;
                };
                let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
                let slice = found.entry(key(family, &ports));
                let slice = slice.or_insert_with(|| made(endpoints, family, &ports));
                match slice["endpoints"].as_array_mut() {
                    Some(all) if all.len() < MOST => all.push(endpoint(address, ip, is_ready)),
                    _ => left_out += 1,
                }
            }
        }
    }
    (found, left_out)
}

fn port(of: &Value) -> Value {
    let mut port = json!({
        "name": of.text("/name"), "port": of.at("/port"), "protocol": slices::protocol(of),
    });
    if !of.text("/appProtocol").is_empty() {
        port["appProtocol"] = of["appProtocol"].clone();
    }
    port
}

fn endpoint(address: &Value, ip: IpAddr, is_ready: bool) -> Value {
    let mut endpoint = json!({"addresses": [ip.to_string()], "conditions": {"ready": is_ready}});
    for name in ["hostname", "nodeName", "targetRef"] {
        let value = &address[name];
        if !value.is_null() && *value != "" {
            endpoint[name] = value.clone();
        }
    }
    endpoint
}

fn made(endpoints: &Value, family: &str, ports: &[Value]) -> Value {
    let of = |pointer: &str| endpoints.map(pointer).cloned().unwrap_or_default();
    let (mut labels, mut annotations) = (of("/metadata/labels"), of("/metadata/annotations"));
    labels.insert(SERVICE_NAME.to_owned(), endpoints.name().into());
    labels.insert(MANAGED_BY.to_owned(), OURS.into());
    annotations.retain(|name, _| !OWN_ANNOTATIONS.contains(&name.as_str()));
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", endpoints.name()), "namespace": endpoints.namespace(),
            "labels": labels, "annotations": annotations,
            "ownerReferences": [Ref::of(&kind::ENDPOINTS, endpoints).as_controller()],
        },
        "addressType": family, "ports": ports, "endpoints": [],
    })
}

fn changed(there: &Value, wanted: &Value) -> Option<Write> {
    let annotations = |it: &Value| it.map("/metadata/annotations").cloned().unwrap_or_default();
    let owners = "/metadata/ownerReferences";
    let is_same = there.list("/endpoints") == wanted.list("/endpoints")
        // Of others of the name that are gone it would be collected with these.
        && there.list(owners) == wanted.list(owners)
        && there.at("/metadata/labels") == wanted.at("/metadata/labels")
        && annotations(there) == annotations(wanted);
    if is_same {
        return None;
    }
    let mut slice = there.clone();
    slice["endpoints"] = wanted["endpoints"].clone();
    for name in ["labels", "annotations", "ownerReferences"] {
        slice["metadata"][name] = wanted["metadata"][name].clone();
    }
    Some(Write::Update(slice))
}

#[async_trait]
impl Controller for Mirrors {
    fn informers(&self) -> Vec<Informer> {
        let all = [&self.services, &self.endpoints, &self.slices];
        all.into_iter().cloned().collect()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.endpoints, queue);
        wake_self(&self.services, queue);
        let on_slice = queue.clone();
        self.slices.subscribe(move |change| {
            let slice = change.object();
            if let Some(service) = slice.label(SERVICE_NAME).filter(|_| is_ours(slice)) {
                on_slice.wake(Key::new(slice.namespace(), service));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let name = format!("{}/{}", key.namespace, key.name);
        let mut there = self.slices.by(SLICES_BY_SERVICE.name, &name);
        there.retain(|it| is_ours(it) && !it.is_deleting());
        let endpoints = self.endpoints.get(&key.namespace, &key.name);
        let service = self.services.get(&key.namespace, &key.name);
        let writes = match (endpoints, service) {
            (Some(endpoints), Some(service)) if is_mirrored(&endpoints, &service) => {
                let (wanted, left_out) = wanted(&endpoints);
                if left_out > 0 {
                    self.recorder.warning(
                        Ref::of(&kind::ENDPOINTS, &endpoints),
                        "TooManyAddressesToMirror",
                        &format!(
                            "A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. {left_out} addresses were skipped"
                        ),
                    );
                }
                plan(wanted, &there)
            }
            _ => there.into_iter().map(Write::Delete).collect(),
        };
        for write in writes {
            super::write(&self.context, &self.slices, &key.namespace, write).await?;
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_client::{Delete, Patch};

    use super::*;
    use crate::{
        endpoints::tests::after,
        runtime::{drive, tests::Cluster},
    };

    fn endpoints(subsets: Value) -> Value {
        json!({
            "metadata": {
                "name": "s", "namespace": "a", "uid": "e", "labels": {"own": "1"},
                "annotations": {"team": "blue", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            },
            "subsets": subsets,
        })
    }

    fn subset(addresses: &[&str], port: u16) -> Value {
        let addresses: Vec<Value> = addresses.iter().map(|it| json!({"ip": it})).collect();
        json!({"addresses": addresses, "ports": [{"name": "http", "port": port}]})
    }

    fn plan(endpoints: &Value, there: &[Arc<Value>]) -> Vec<Write> {
        super::plan(wanted(endpoints).0, there)
    }

    #[test]
    fn a_slice_of_each_family_and_set_of_ports() {
        let mut first = subset(&["10.0.0.1", "fd00::1"], 80);
        first["addresses"][0]["nodeName"] = "n".into();
        first["addresses"][0]["hostname"] = "db".into();
        first["notReadyAddresses"] = json!([{"ip": "10.0.0.2"}]);
        let all = endpoints(json!([
            first,
            subset(&["10.0.0.3"], 81),
            subset(&["10.0.0.4"], 80)
        ]));
        let there = after(Vec::new(), plan(&all, &[]));
        let slices = there.iter().map(|it| (it.text("/addressType"), it));
        let mut slices: Vec<(&str, &Arc<Value>)> = slices.collect();
        slices.sort_by_key(|(family, it)| (*family, it.at("/ports/0/port").as_i64()));
        let shown: Vec<(&str, Vec<&str>)> = slices
            .iter()
            .map(|(family, it)| {
                let all = it.list("/endpoints").iter();
                (*family, all.map(|it| it.text("/addresses/0")).collect())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("IPv4", vec!["10.0.0.1", "10.0.0.2", "10.0.0.4"]),
                ("IPv4", vec!["10.0.0.3"]),
                ("IPv6", vec!["fd00::1"]),
            ]
        );
        let (_, first) = slices[0];
        assert_eq!(
            first["endpoints"][0],
            json!({"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "hostname": "db", "nodeName": "n"})
        );
        assert_eq!(first["endpoints"][1]["conditions"], json!({"ready": false}));
        assert_eq!(
            first["ports"],
            json!([{"name": "http", "port": 80, "protocol": "TCP"}])
        );
        assert_eq!(
            first["metadata"]["labels"],
            json!({"own": "1", SERVICE_NAME: "s", MANAGED_BY: OURS})
        );
        assert_eq!(first["metadata"]["annotations"], json!({"team": "blue"}));
        assert_eq!(plan(&all, &there), [], "nothing changed");
        // What has no ports of the kind any more goes, and what has others stays the slice that it is.
        let next = endpoints(json!([subset(&["10.0.0.9"], 81)]));
        let there = after(there.clone(), plan(&next, &there));
        let [slice] = &there[..] else {
            panic!("{there:?}");
        };
        assert_eq!(slice["endpoints"][0]["addresses"], json!(["10.0.0.9"]));
        assert_eq!(plan(&next, &there), []);
        let none = plan(&endpoints(json!([])), &there);
        assert!(after(there, none).is_empty());
    }

    #[test]
    fn a_slice_without_annotations_is_not_written_again_and_again() {
        let mut all = endpoints(json!([subset(&["10.0.0.1"], 80)]));
        all["metadata"]["annotations"] = Value::Null;
        let mut there = Value::clone(&after(Vec::new(), plan(&all, &[]))[0]);
        there["metadata"]
            .as_object_mut()
            .unwrap()
            .shift_remove("annotations");
        assert_eq!(plan(&all, &[there.into()]), []);
    }

    #[test]
    fn slices_belong_to_the_endpoints_that_there_are_now() {
        let mut all = endpoints(json!([subset(&["10.0.0.1"], 80)]));
        let there = after(Vec::new(), plan(&all, &[]));
        all["metadata"]["uid"] = "later".into();
        let there = after(there.clone(), plan(&all, &there));
        let owner = |it: &Value| it.text("/metadata/ownerReferences/0/uid").to_owned();
        assert_eq!((there.len(), owner(&there[0])), (1, "later".to_owned()));
        assert_eq!(plan(&all, &there), []);
    }

    #[test]
    fn what_others_say_is_not_mirrored() {
        let plain = json!({"spec": {"ports": [{"port": 80}]}});
        let all = endpoints(json!([]));
        assert!(is_mirrored(&all, &plain));
        let chosen = json!({"spec": {"selector": {"app": "x"}}});
        assert!(!is_mirrored(&all, &chosen));
        let with = |part: &str, name: &str| {
            let mut all = all.clone();
            all["metadata"][part][name] = "true".into();
            all
        };
        assert!(!is_mirrored(&with("labels", SKIP), &plain));
        assert!(!is_mirrored(&with("annotations", LEADER), &plain));
    }

    /// A subset with so many addresses, within `10.NET.0.0/16`.
    fn many(net: u8, count: usize) -> Value {
        let all = (0..count).map(|it| format!("10.{net}.{}.{}", it / 256, it % 256));
        let all: Vec<String> = all.collect();
        subset(&all.iter().map(String::as_str).collect::<Vec<_>>(), 80)
    }

    #[test]
    fn a_slice_has_a_thousand_endpoints() {
        // Those of the same ports share a slice; those of another family do not.
        let all = endpoints(json!([
            many(0, 600),
            many(1, 403),
            subset(&["fd00::1"], 80)
        ]));
        let (slices, left_out) = wanted(&all);
        let lengths = slices.values().map(|it| it.list("/endpoints").len());
        let mut lengths: Vec<usize> = lengths.collect();
        lengths.sort_unstable();
        assert_eq!((lengths, left_out), (vec![1, 1000], 3));
        assert_eq!(wanted(&endpoints(json!([many(0, 1000)]))).1, 0);
    }

    /// One where these are of a service without a selector.
    async fn cluster_with(endpoints: &Value) -> Cluster {
        let cluster = Cluster::start(|context| {
            tokio::spawn(drive(Mirrors::new(context), context.stop.clone()))
        });
        let service = json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}});
        for (kind, object) in [(&kind::ENDPOINTS, endpoints), (&kind::SERVICE, &service)] {
            cluster.client.create(kind, "a", object).await.unwrap();
        }
        cluster
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_that_are_left_out_are_told() {
        let cluster = cluster_with(&endpoints(json!([many(0, 1002)]))).await;
        let told = "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped";
        let events = cluster.until(&kind::EVENT, |all| !all.is_empty()).await;
        let shown = |pointer| events[0].text(pointer);
        assert_eq!(shown("/reason"), "TooManyAddressesToMirror");
        assert_eq!(shown("/message"), told);
        assert_eq!(shown("/involvedObject/name"), "s");
        let has_all = |all: &[Value]| all.len() == 1 && all[0].list("/endpoints").len() == 1000;
        cluster.until(&kind::ENDPOINT_SLICE, has_all).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_without_a_selector_follows_its_endpoints() {
        let cluster = cluster_with(&endpoints(json!([subset(&["10.0.0.1"], 80)]))).await;
        let client = &cluster.client;
        let leads_to = |address: &'static str| {
            move |all: &[Value]| {
                all.len() == 1 && all[0].text("/endpoints/0/addresses/0") == address
            }
        };
        cluster
            .until(&kind::ENDPOINT_SLICE, leads_to("10.0.0.1"))
            .await;
        let patch = Patch::Merge(json!({"subsets": [subset(&["10.0.0.2"], 80)]}));
        let patched = client.patch(&kind::ENDPOINTS, "a", "s", &patch).await;
        patched.unwrap();
        cluster
            .until(&kind::ENDPOINT_SLICE, leads_to("10.0.0.2"))
            .await;
        // A selector says where it is from now on.
        let patch = Patch::Merge(json!({"spec": {"selector": {"app": "x"}}}));
        let patched = client.patch(&kind::SERVICE, "a", "s", &patch).await;
        patched.unwrap();
        cluster.until(&kind::ENDPOINT_SLICE, <[_]>::is_empty).await;
        let patch = Patch::Merge(json!({"spec": {"selector": null}}));
        let patched = client.patch(&kind::SERVICE, "a", "s", &patch).await;
        patched.unwrap();
        cluster
            .until(&kind::ENDPOINT_SLICE, leads_to("10.0.0.2"))
            .await;
        let deleted = client
            .delete(&kind::ENDPOINTS, "a", "s", &Delete::default())
            .await;
        deleted.unwrap();
        cluster.until(&kind::ENDPOINT_SLICE, <[_]>::is_empty).await;
    }
}
