//! What an EndpointSlice says.

use std::{net::IpAddr, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_kube_client::Object;

use crate::service::{MOST_PORTS, Name, Protocol};

/// The label that names the service of a slice.
const SERVICE: &str = "kubernetes.io/service-name";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlicePort {
    pub name: Arc<str>,
    pub protocol: Protocol,
    /// `None` stands for every port; nothing is led there.
    pub port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub address: IpAddr,
    pub node: Option<Arc<str>>,
    pub zone: Option<Arc<str>>,
    /// Of a pod whose `subdomain` is the service.
    pub hostname: Option<Arc<str>>,
    /// Traffic is to go there.
    pub ready: bool,
    /// It answers, though it may be about to end.
    pub serving: bool,
    pub terminating: bool,
    /// The name of the pod, in the namespace of the slice.
    pub pod: Option<Arc<str>>,
    /// The zones, and the nodes, whose traffic is to stay with it (`hints`). A book of before there were hints has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub for_zones: Vec<Arc<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub for_nodes: Vec<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    pub service: Name,
    pub ports: Vec<SlicePort>,
    /// All of one family.
    pub endpoints: Vec<Endpoint>,
}

fn text(of: &Value, pointer: &str) -> Option<Arc<str>> {
    Some(of.text(pointer))
        .filter(|it| !it.is_empty())
        .map(Arc::from)
}

fn hints(of: &Value, pointer: &str) -> Vec<Arc<str>> {
    let all = of.list(pointer).iter();
    all.filter_map(|it| text(it, "/name")).collect()
}

impl Endpoint {
    fn read(of: &Value, is_v6: bool) -> Option<Self> {
        // Later addresses are the same endpoint, and nobody uses them.
        let address: IpAddr = of.list("/addresses").first()?.as_str()?.parse().ok()?;
        if address.is_ipv6() != is_v6 {
            return None;
        }
        let says = |name: &str| of.at(name).as_bool();
        let ready = says("/conditions/ready").unwrap_or(true);
        Some(Self {
            address,
            node: text(of, "/nodeName"),
            zone: text(of, "/zone"),
            hostname: text(of, "/hostname"),
            ready,
            serving: says("/conditions/serving").unwrap_or(ready),
            terminating: says("/conditions/terminating").unwrap_or(false),
            pod: text(of, "/targetRef/name").filter(|_| of.text("/targetRef/kind") == "Pod"),
            for_zones: hints(of, "/hints/forZones"),
            for_nodes: hints(of, "/hints/forNodes"),
        })
    }
}

impl Slice {
    /// `None` for one that belongs to no service or has names for addresses.
    pub fn read(object: &Value) -> Option<Self> {
        let service = object.label(SERVICE).filter(|it| !it.is_empty())?;
        let is_v6 = match object.text("/addressType") {
            "IPv4" => false,
            "IPv6" => true,
            _ => return None,
        };
        let ports = object.list("/ports").iter().take(MOST_PORTS);
        let ports = ports.filter_map(|it| {
            let port = it.integer("/port");
            Some(SlicePort {
                name: it.text("/name").into(),
                protocol: Protocol::read(it)?,
                port: port
                    .and_then(|it| u16::try_from(it).ok())
                    .filter(|it| *it > 0),
            })
        });
        let endpoints = object.list("/endpoints").iter();
        Some(Self {
            service: Name::new(object.namespace(), service),
            ports: ports.collect(),
            endpoints: endpoints
                .filter_map(|it| Endpoint::read(it, is_v6))
                .collect(),
        })
    }
}
