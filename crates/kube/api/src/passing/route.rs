//! Where a request for a node, a pod or a service goes on to.

use std::{io, net::IpAddr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use wharf_kube_model::{status::Status, view::text_at};

use crate::{
    answer::Fault,
    call::{Call, store_fault},
    cluster::Connection,
    query::Query,
    serve::Incoming,
};

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
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
    Kubelet(Value),
    Address { host: String, port: u16, tls: bool },
}

impl Route {
    pub async fn connect(&self, call: &Call) -> io::Result<Box<dyn Connection>> {
        let nodes = &call.cluster.parts.nodes;
        match &self.to {
            To::Kubelet(node) => nodes.kubelet(node).await,
            To::Address { host, port, tls } => nodes.dial(host, *port, *tls).await,
        }
    }

    fn kubelet(node: Value, target: String) -> Self {
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

/// The path behind the proxy and the query, as the far end gets them.
fn rest(call: &Call, incoming: &Incoming) -> String {
    // Segments before what is proxied: `/api/v1/[namespaces/NS/]RESOURCE/NAME/proxy`.
    let before = if call.resource.namespaced { 7 } else { 5 };
    let target = incoming.target.trim_start_matches('/');
    let mut behind = target.splitn(before + 1, '/').skip(before);
    match (behind.next(), target.split_once('?')) {
        (Some(rest), _) => format!("/{rest}"),
        (None, Some((_, query))) => format!("/?{query}"),
        (None, None) => "/".to_owned(),
    }
}

/// Whether a proxied request may go to an address: not to what a machine keeps for itself.
fn may_reach(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|it| it.to_canonical()) {
        Ok(IpAddr::V4(it)) => {
            !(it.is_loopback()
                || it.is_link_local()
                || it.is_unspecified()
                || it.is_multicast()
                || it.is_broadcast())
        }
        Ok(IpAddr::V6(it)) => {
            !(it.is_loopback()
                || it.is_unicast_link_local()
                || it.is_unspecified()
                || it.is_multicast())
        }
        // Names could mean anything by the time they are looked up.
        Err(_) => false,
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
    let address = text_at(&pod, &["status", "podIP"]);
    if address.is_empty() {
        return Err(Status::bad_request("address not allowed").into());
    }
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let mut ports = containers.filter_map(|it| it["ports"].as_array()).flatten();
    let port = match port {
        "" => ports
            .next()
            .and_then(|it| it["containerPort"].as_u64())
            .unwrap_or(80),
        text => match text.parse() {
            Ok(number) => number,
            Err(_) => ports
                .find(|it| it["name"] == text)
                .and_then(|it| it["containerPort"].as_u64())
                .ok_or_else(|| bad_name(call))?,
        },
    };
    to_address(call, address, port, tls, incoming)
}

fn to_address(
    call: &Call,
    host: &str,
    port: u64,
    tls: bool,
    incoming: &Incoming,
) -> Result<Route, Fault> {
    let port = u16::try_from(port).map_err(|_| bad_name(call))?;
    if !may_reach(host) {
        return Err(Status::bad_request("address not allowed").into());
    }
    Ok(Route {
        host: format!("{host}:{port}"),
        to: To::Address {
            host: host.to_owned(),
            port,
            tls,
        },
        target: rest(call, incoming),
    })
}

/// One of the ready addresses behind a service.
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
    let subsets = endpoints["subsets"].as_array().into_iter().flatten();
    for subset in subsets {
        let mut ports = subset["ports"].as_array().into_iter().flatten();
        let number = ports.find(|it| text_at(it, &["name"]) == wanted);
        let number = number.and_then(|it| it["port"].as_u64());
        let addresses = subset["addresses"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        if let (Some(number), false) = (number, addresses.is_empty()) {
            use rand::Rng;
            let at = rand::rng().random_range(0..addresses.len());
            let address = text_at(&addresses[at], &["ip"]);
            return to_address(call, address, number, tls, incoming);
        }
    }
    Err(none().into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_does_not_lead_into_the_machine() {
        for (host, may) in [
            ("10.0.0.1", true),
            ("fd00::1", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("0.0.0.0", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("localhost", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(may_reach(host), may, "{host}");
        }
    }
}
