//! Where a request for a node, a pod or a service goes on to.

use std::{io, net::IpAddr, sync::Arc};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::seq::IndexedRandom;
use serde_json::Value;
use wharf_kube_model::{status::Status, view::text_at};

use super::tunnel;
use crate::{
    answer::Fault,
    call::{Call, store_fault},
    cluster::Connection,
    query::Query,
    serve::Incoming,
};

/// What a segment of a path may hold as it is: RFC 3986's unreserved characters.
pub const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub struct Route {
    to: To,
    /// Path and query at the far end.
    pub target: String,
    pub host: String,
}

enum To {
    Kubelet(Arc<Value>),
    /// By way of the kubelet, whom the path asks.
    Pod {
        node: Arc<Value>,
        path: String,
        tls: bool,
    },
}

impl Route {
    pub async fn connect(&self, call: &Call) -> io::Result<Box<dyn Connection>> {
        let nodes = &call.cluster.parts.nodes;
        match &self.to {
            To::Kubelet(node) => nodes.kubelet(node).await,
            To::Pod { node, path, tls } => {
                let host = text_at(node, &["metadata", "name"]);
                let reached = tunnel::open(nodes.kubelet(node).await?, host, path).await?;
                match tls {
                    true => nodes.secure(reached).await,
                    false => Ok(reached),
                }
            }
        }
    }

    /// Whether the node itself answers.
    pub fn is_kubelet(&self) -> bool {
        matches!(self.to, To::Kubelet(_))
    }

    /// Why there is no connection, in upstream's words.
    pub fn unreachable(&self, error: &io::Error) -> Status {
        match &self.to {
            To::Kubelet(_) => Status::internal(&format!("error dialing backend: {error}")),
            To::Pod { .. } => {
                Status::unavailable(format!("error trying to reach service: {error}"))
            }
        }
    }

    fn kubelet(node: Arc<Value>, target: String) -> Self {
        Self {
            host: text_at(&node, &["metadata", "name"]).to_owned(),
            to: To::Kubelet(node),
            target,
        }
    }
}

/// `None` where there is nobody to ask.
pub async fn find(
    call: &Call,
    subresource: &str,
    incoming: &Incoming,
) -> Result<Option<Route>, Fault> {
    match (call.resource.plural.as_str(), subresource) {
        ("pods", "proxy") => proxied_pod(call, incoming).await.map(Some),
        ("services", "proxy") => proxied_service(call, incoming).await.map(Some),
        ("nodes", "proxy") => proxied_node(call, incoming).await.map(Some),
        ("pods", _) => of_pod(call, subresource, incoming).await,
        _ => Err(Status::no_such_page().into()),
    }
}

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// The containers of a pod of all sorts, by name.
fn containers(pod: &Value) -> Vec<&str> {
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let all = lists
        .iter()
        .filter_map(|it| pod["spec"][it].as_array())
        .flatten();
    all.map(|it| text_at(it, &["name"])).collect()
}

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

fn container(call: &Call, pod: &Value) -> Result<String, Fault> {
    let name = call.name();
    let all = containers(pod);
    if let Some(asked) = call.query.get("container") {
        if all.contains(&asked) {
            return Ok(asked.to_owned());
        }
        let text = format!("container {asked} is not valid for pod {name}");
        return Err(Status::bad_request(text).into());
    }
    let default = pod["metadata"]["annotations"][DEFAULT_CONTAINER].as_str();
    if let Some(default) = default.filter(|it| all.contains(it)) {
        return Ok(default.to_owned());
    }
    let own = pod["spec"]["containers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    match own {
        [only] => Ok(text_at(only, &["name"]).to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|it| text_at(it, &["name"])).collect();
            let text = format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                names.join(" ")
            );
            Err(Status::bad_request(text).into())
        }
    }
}

/// Pairs of a query, of the names that are passed on.
fn query_of(query: &Query, names: &[&str]) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for name in names {
        for value in query.all(name) {
            out.append_pair(name, value);
        }
    }
    match out.finish() {
        text if text.is_empty() => text,
        text => format!("?{text}"),
    }
}

async fn of_pod(
    call: &Call,
    subresource: &str,
    incoming: &Incoming,
) -> Result<Option<Route>, Fault> {
    let pod = call.value(&call.read().await?)?;
    let node = text_at(&pod, &["spec", "nodeName"]);
    let (namespace, name) = (call.namespace().unwrap_or_default(), call.name());
    let needs_container = subresource != "portforward";
    let container = match needs_container {
        true => container(call, &pod)?,
        false => String::new(),
    };
    if node.is_empty() {
        // What never ran has said nothing.
        if subresource == "log" {
            return Ok(None);
        }
        let text = format!("pod {name} does not have a host assigned");
        return Err(Status::bad_request(text).into());
    }
    let is_upgrade = incoming.upgrade.is_some();
    if subresource != "log" && !is_upgrade {
        return Err(Status::bad_request("Upgrade request required").into());
    }
    let found = call.cluster.core_object("nodes", None, node).await;
    let node = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "nodes", node))?;
    let (namespace, name) = (encoded(namespace), encoded(name));
    let container = encoded(&container);
    let query = &call.query;
    let target = match subresource {
        "log" => {
            const NAMES: [&str; 8] = [
                "follow",
                "previous",
                "sinceSeconds",
                "sinceTime",
                "timestamps",
                "tailLines",
                "limitBytes",
                "stream",
            ];
            format!(
                "/containerLogs/{namespace}/{name}/{container}{}",
                query_of(query, &NAMES)
            )
        }
        "exec" | "attach" => {
            // The kubelet calls its options otherwise than the API does.
            let mut out = form_urlencoded::Serializer::new(String::new());
            for (own, theirs) in [
                ("stdin", "input"),
                ("stdout", "output"),
                ("stderr", "error"),
                ("tty", "tty"),
            ] {
                if query.is_set(own) {
                    out.append_pair(theirs, "1");
                }
            }
            if subresource == "exec" {
                for command in query.all("command") {
                    out.append_pair("command", command);
                }
            }
            format!(
                "/{subresource}/{namespace}/{name}/{container}?{}",
                out.finish()
            )
        }
        _ => format!(
            "/portForward/{namespace}/{name}{}",
            query_of(query, &["ports", "port"])
        ),
    };
    Ok(Some(Route::kubelet(node, target)))
}

/// `scheme:name:port`, of which name alone must be there.
fn parts(name: &str) -> Option<(bool, &str, &str)> {
    let all: Vec<&str> = name.split(':').collect();
    match all.as_slice() {
        [name] => Some((false, name, "")),
        [name, port] => Some((false, name, port)),
        ["http" | "", name, port] => Some((false, name, port)),
        ["https", name, port] => Some((true, name, port)),
        _ => None,
    }
}

fn bad_name(call: &Call) -> Fault {
    let text = format!(
        "invalid {} request \"{}\"",
        call.resource.singular,
        call.name()
    );
    Box::new(Status::bad_request(text))
}

/// Segments before what is proxied: `/api/v1/[namespaces/NS/]RESOURCE/NAME/proxy`.
fn before(call: &Call) -> usize {
    if call.resource.namespaced { 7 } else { 5 }
}

/// The path of a proxy itself.
pub fn prefix(call: &Call, incoming: &Incoming) -> String {
    let path = incoming.path.trim_start_matches('/').split('/');
    let all: Vec<&str> = path.take(before(call)).collect();
    format!("/{}", all.join("/"))
}

/// The path behind the proxy and the query, as the far end gets them.
pub fn rest(call: &Call, incoming: &Incoming) -> String {
    let before = before(call);
    let target = incoming.target.trim_start_matches('/');
    let mut behind = target.splitn(before + 1, '/').skip(before);
    match (behind.next(), target.split_once('?')) {
        (Some(rest), _) => format!("/{rest}"),
        (None, Some((_, query))) => format!("/?{query}"),
        (None, None) => "/".to_owned(),
    }
}

async fn proxied_pod(call: &Call, incoming: &Incoming) -> Result<Route, Fault> {
    let (tls, name, port) = parts(call.name()).ok_or_else(|| bad_name(call))?;
    let found = call
        .cluster
        .core_object("pods", call.namespace(), name)
        .await;
    let pod = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "pods", name))?;
    let port = port_of(&pod, port).ok_or_else(|| bad_name(call))?;
    to_pod(call, &pod, port, tls, incoming).await
}

/// By its name, its number, or the first that there is.
fn port_of(pod: &Value, asked: &str) -> Option<u64> {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let mut ports = containers.filter_map(|it| it["ports"].as_array()).flatten();
    if asked.is_empty() {
        let first = ports.next().and_then(|it| it["containerPort"].as_u64());
        return Some(first.unwrap_or(80));
    }
    asked.parse().ok().or_else(|| {
        let named = ports.find(|it| it["name"] == asked)?;
        named["containerPort"].as_u64()
    })
}

async fn to_pod(
    call: &Call,
    pod: &Value,
    port: u64,
    tls: bool,
    incoming: &Incoming,
) -> Result<Route, Fault> {
    let port = u16::try_from(port).map_err(|_| bad_name(call))?;
    let address = text_at(pod, &["status", "podIP"]);
    // The node goes to the pod's interface whatever is told here; this is for the error that upstream gives.
    if !address.parse().is_ok_and(|it| may_be_pod(&it)) {
        return Err(Status::bad_request("address not allowed").into());
    }
    let node = text_at(pod, &["spec", "nodeName"]);
    let found = call.cluster.core_object("nodes", None, node).await;
    let node = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "nodes", node))?;
    let (namespace, name) = (
        text_at(pod, &["metadata", "namespace"]),
        text_at(pod, &["metadata", "name"]),
    );
    let path = pod_port(namespace, name, port);
    Ok(Route {
        host: format!("{address}:{port}"),
        to: To::Pod { node, path, tls },
        target: rest(call, incoming),
    })
}

/// Whether a pod can have the address: by it nobody else is to be meant.
fn may_be_pod(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => {
            !(it.is_loopback() || it.is_link_local() || it.is_multicast() || it.is_unspecified())
        }
        IpAddr::V6(it) => {
            !(it.is_loopback()
                || it.is_unicast_link_local()
                || it.is_multicast()
                || it.is_unspecified())
        }
    }
}

/// What a kubelet is asked for a port of a pod.
pub fn pod_port(namespace: &str, name: &str, port: u16) -> String {
    format!("/podPort/{}/{}/{port}", encoded(namespace), encoded(name))
}

/// One of the ready pods behind a service.
async fn proxied_service(call: &Call, incoming: &Incoming) -> Result<Route, Fault> {
    let (tls, name, port) = parts(call.name()).ok_or_else(|| bad_name(call))?;
    let namespace = call.namespace();
    let found = call.cluster.core_object("services", namespace, name).await;
    let service = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "services", name))?;
    let none = || {
        let text = format!("no endpoints available for service \"{name}\"");
        Status::unavailable(text)
    };
    let ports = service["spec"]["ports"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let chosen = ports.iter().find(|it| {
        let number = it["port"].as_u64().map(|it| it.to_string());
        port.is_empty() || it["name"] == port || number.as_deref() == Some(port)
    });
    let wanted = chosen.map(|it| text_at(it, &["name"])).ok_or_else(none)?;
    let found = call.cluster.core_object("endpoints", namespace, name).await;
    let endpoints = found.map_err(store_fault)?.ok_or_else(none)?;
    let (number, to) = endpoint_of(&endpoints, wanted).ok_or_else(none)?;
    if to["kind"] != "Pod" {
        let text = format!("an endpoint of service \"{name}\" is no pod");
        return Err(Status::unavailable(text).into());
    }
    let pod = text_at(to, &["name"]);
    let found = call.cluster.core_object("pods", namespace, pod).await;
    let pod = found.map_err(store_fault)?.ok_or_else(none)?;
    to_pod(call, &pod, number, tls, incoming).await
}

/// A port of that name, and what is behind one of the ready addresses that have it.
pub fn endpoint_of<'a>(endpoints: &'a Value, port: &str) -> Option<(u64, &'a Value)> {
    let mut subsets = endpoints["subsets"].as_array()?.iter();
    subsets.find_map(|subset| {
        let mut ports = subset["ports"].as_array()?.iter();
        let number = ports.find(|it| text_at(it, &["name"]) == port)?["port"].as_u64()?;
        let address = subset["addresses"].as_array()?.choose(&mut rand::rng())?;
        Some((number, &address["targetRef"]))
    })
}

async fn proxied_node(call: &Call, incoming: &Incoming) -> Result<Route, Fault> {
    let (_, name, port) = parts(call.name()).ok_or_else(|| bad_name(call))?;
    let found = call.cluster.core_object("nodes", None, name).await;
    let node = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "nodes", name))?;
    let own = &node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"];
    let own = own.as_u64().unwrap_or(10250);
    if !port.is_empty() && port != own.to_string() {
        let text = "only the kubelet's port of a node is reached through the server";
        return Err(Status::bad_request(text).into());
    }
    Ok(Route::kubelet(node, rest(call, incoming)))
}
