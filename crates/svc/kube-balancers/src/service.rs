//! A Service of type LoadBalancer as a stack: a network load balancer. Pure.

pub mod ports;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    annotations::{Annotations, Known, OF_LISTENERS, Refused, is_range, refused},
    endpoints::{self, Services},
    ingress::{Built, EVERYBODY},
    names, nodes,
    stack::{
        Action, Admission, Check, Group, Key, Kind, Listener, NO_ALPN, Security, Source, Stack,
        TargetKind,
    },
};

pub const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";
/// `spec.loadBalancerClass`; none at all is taken as well.
pub const CLASS: &str = "service.k8s.aws/nlb";
/// Of a load balancer, as load balancing bounds them.
const MOST_LISTENERS: usize = 50;
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

pub const KNOWN: Known = Known {
    prefix: PREFIX,
    had: &[
        "access-log-enabled",
        "access-log-s3-bucket-name",
        "access-log-s3-bucket-prefix",
        "additional-resource-tags",
        "alpn-policy",
        "attributes",
        "backend-protocol",
        "cross-zone-load-balancing-enabled",
        "enable-tcp-udp-listener",
        "healthcheck-healthy-threshold",
        "healthcheck-interval",
        "healthcheck-path",
        "healthcheck-port",
        "healthcheck-protocol",
        "healthcheck-success-codes",
        "healthcheck-timeout",
        "healthcheck-unhealthy-threshold",
        "internal",
        "ip-address-type",
        "name",
        "nlb-target-type",
        "proxy-protocol",
        "scheme",
        "security-groups",
        "source-ranges",
        "ssl-cert",
        "ssl-negotiation-policy",
        "ssl-ports",
        "subnets",
        "target-group-attributes",
        "target-node-labels",
        "type",
    ],
    families: &[OF_LISTENERS],
    missing: &[
        "access-log-emit-interval",
        "connection-",
        "eip-allocations",
        "enable-prefix-for-ipv6-source-nat",
        "extra-security-groups",
        "inbound-sg-rules-on-private-link-traffic",
        "ipv6-addresses",
        "manage-backend-security-group-rules",
        "minimum-load-balancer-capacity",
        "multi-cluster-target-group",
        "private-ipv4-addresses",
        "security-group-prefix-lists",
        "source-nat-ipv6-prefixes",
    ],
};

/// That are good where nothing is said.
const CODES: &str = "200-399";
const ALPN: [&str; 5] = [
    "HTTP1Only",
    "HTTP2Only",
    "HTTP2Optional",
    "HTTP2Preferred",
    NO_ALPN,
];

/// Attributes of the load balancer that have annotations of their own, by the names of these and whether they say yes or no.
const OWN_ATTRIBUTES: [(&str, &str, bool); 4] = [
    ("access-log-enabled", "access_logs.s3.enabled", true),
    ("access-log-s3-bucket-name", "access_logs.s3.bucket", false),
    (
        "access-log-s3-bucket-prefix",
        "access_logs.s3.prefix",
        false,
    ),
    (
        "cross-zone-load-balancing-enabled",
        "load_balancing.cross_zone.enabled",
        true,
    ),
];

/// An annotation of its own goes before what is said of all attributes.
fn attributes(notes: &Annotations<'_>) -> Result<BTreeMap<String, String>, Refused> {
    let mut all = notes.map("attributes")?;
    for (name, attribute, is_truth) in OWN_ATTRIBUTES {
        if is_truth {
            notes.truth(name)?;
        }
        if let Some(value) = notes.text(name) {
            all.insert(attribute.to_owned(), value.to_owned());
        }
    }
    Ok(all)
}

/// Whether a Service is to have a load balancer of this controller.
pub fn wants(service: &Value) -> bool {
    let class = service.text("/spec/loadBalancerClass");
    service.text("/spec/type") == "LoadBalancer"
        && (class.is_empty() || class == CLASS)
        && !service.is_deleting()
}

/// The stack of a Service. `cluster` is the id of the cluster.
///
/// # Errors
/// What it asks for is not to be had.
pub fn build(cluster: &str, service: &Value, services: &dyn Services) -> Result<Built, Refused> {
    let (namespace, name) = (service.namespace(), service.name());
    let whose = (namespace.to_owned(), name.to_owned());
    let key = Key::Service {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let mut warnings: Vec<((String, String), String)> = Vec::new();
    for unknown in KNOWN.judge(service)? {
        let what = format!("the annotation {unknown} is not known and has no effect");
        warnings.push((whose.clone(), what));
    }
    let notes = Annotations::new(PREFIX, &[service]);
    let kind = target_kind(&notes)?;
    notes.one_of("ip-address-type", &["ipv4"])?;
    let internal = match notes.one_of("scheme", &["internal", "internet-facing"])? {
        Some(scheme) => scheme == "internal",
        None => notes.truth("internal")?.unwrap_or(true),
    };
    let what = if internal {
        "nlb|internal"
    } else {
        "nlb|internet-facing"
    };
    let given = notes.text("name").map(str::to_owned);
    let balancer = given.unwrap_or_else(|| names::balancer(cluster, &key, what));
    let ranges = ranges(service, &notes)?;
    let certificates = notes.list("ssl-cert")?;
    let secure = secure_ports(service, &notes)?;
    let proxied = notes.one_of("proxy-protocol", &["*"])?.is_some();
    let check = check(&notes, service, kind)?;
    let nodes = match kind {
        TargetKind::Ip => BTreeMap::new(),
        TargetKind::Instance => nodes::find(&services.nodes(), &notes.map("target-node-labels")?),
    };
    let mut stack = Stack {
        key,
        kind: Kind::Network,
        name: balancer.clone(),
        internal,
        subnets: notes.list("subnets")?,
        security: Security::Own(BTreeSet::new()),
        attributes: attributes(&notes)?,
        tags: notes.tags("additional-resource-tags")?,
        groups: BTreeMap::new(),
        listeners: BTreeMap::new(),
        nodes,
    };
    let mut attributes = notes.map("target-group-attributes")?;
    if proxied {
        attributes.insert("proxy_protocol_v2.enabled".to_owned(), "true".to_owned());
    }
    let (mut interfaces, mut admissions) = (BTreeSet::new(), BTreeSet::new());
    let mut of_listeners = notes.of_listeners()?;
    let alpn = notes.one_of("alpn-policy", &ALPN)?;
    let alpn = alpn.filter(|it| *it != NO_ALPN);
    let slices = services.slices(namespace, name);
    let pods = |pod: &str| services.pod(namespace, pod);
    for carried in ports::of(service, &notes)? {
        let (number, protocol) = (carried.number, carried.protocol);
        let is_named = |it: &String| {
            let mut ports = carried.ports.iter();
            *it == "*" || *it == number.to_string() || ports.any(|port| it == port.text("/name"))
        };
        let is_asked =
            !certificates.is_empty() && (secure.is_empty() || secure.iter().any(is_named));
        // Datagrams stay as they are, as with AWS's controller.
        let is_secure = is_asked && protocol == "TCP";
        if is_asked && protocol == "TCP_UDP" {
            let what = format!(
                "port {number} is of TCP and UDP at once, and speaks no TLS whatever ssl-cert says"
            );
            warnings.push((whose.clone(), what));
        }
        let backend = notes.one_of("backend-protocol", &["tcp", "ssl"])?;
        let behind = match (is_secure, backend) {
            (true, Some("ssl")) => "TLS",
            _ => protocol,
        };
        let mut what = format!("{number}|{behind}");
        if kind == TargetKind::Instance {
            what += "|instance";
        }
        let group = names::group(cluster, &balancer, namespace, name, &what);
        let (target_port, targets) = match kind {
            TargetKind::Instance => {
                let port = nodes::port(service, carried.ports[0])?;
                (port, nodes::targets(&stack.nodes, port))
            }
            TargetKind::Ip => {
                let found = carried.pods(|port| endpoints::find(port, &slices, &pods));
                if found.others > 0 {
                    let what = format!(
                        "{} addresses of port {number} are of no pod with an interface of its own, and are left out",
                        found.others
                    );
                    warnings.push((whose.clone(), what));
                }
                interfaces.extend(found.interfaces);
                (endpoints::target_port(carried.ports[0]), found.targets)
            }
        };
        stack.groups.insert(
            group.clone(),
            Group {
                kind,
                protocol: behind.to_owned(),
                version: String::new(),
                port: target_port,
                check: check.clone(),
                attributes: attributes.clone(),
                targets,
                tags: stack.tags.clone(),
                of: format!("{namespace}/{name}:{number}"),
            },
        );
        let spoken = if is_secure { "TLS" } else { protocol };
        let said = of_listeners.remove(&format!("{spoken}-{number}"));
        let listener = Listener {
            protocol: spoken.to_owned(),
            alpn: alpn.filter(|_| is_secure).map(str::to_owned),
            attributes: said.unwrap_or_default(),
            certificates: if is_secure {
                certificates.clone()
            } else {
                Vec::new()
            },
            hosts: BTreeSet::new(),
            policy: notes
                .text("ssl-negotiation-policy")
                .filter(|_| is_secure)
                .map(str::to_owned),
            auth: None,
            default: Action::Forward {
                groups: vec![(group, 1)],
                sticky: None,
            },
            rules: Vec::new(),
        };
        stack.listeners.insert(number, listener);
        for (range, transport) in ranges
            .iter()
            .flat_map(|it| carried.transports().iter().map(move |by| (it, by)))
        {
            admissions.insert(Admission {
                protocol: transport,
                from: number,
                to: number,
                source: Source::Range(range.clone()),
            });
        }
    }
    for name in of_listeners.keys() {
        let what = format!(
            "the annotation {PREFIX}{OF_LISTENERS}{name} names no listener and has no effect"
        );
        warnings.push((whose.clone(), what));
    }
    if stack.listeners.len() > MOST_LISTENERS {
        return refused(format!(
            "a load balancer has at most {MOST_LISTENERS} listeners"
        ));
    }
    let groups = notes.list("security-groups")?;
    stack.security = match groups.is_empty() {
        true => Security::Own(admissions),
        false => Security::Given(groups),
    };
    Ok(Built {
        stack,
        interfaces,
        warnings,
    })
}

/// Who may come: the Service's own word, else its annotations', else everybody.
fn ranges(service: &Value, notes: &Annotations<'_>) -> Result<Vec<String>, Refused> {
    let own = service.list("/spec/loadBalancerSourceRanges").iter();
    // One that is no text is no range either: left out, it would let everybody in.
    let own: Vec<String> = own
        .map(|it| it.as_str().unwrap_or_default().trim().to_owned())
        .collect();
    let older = Annotations::new("", &[service]);
    let given = match (own.is_empty(), notes.ranges("source-ranges")?) {
        (false, _) => own,
        (true, noted) if !noted.is_empty() => noted,
        _ => older.ranges(RANGES)?,
    };
    match given.iter().find(|it| !is_range(it)) {
        Some(wrong) => refused(format!(
            "{wrong:?} is no IPv4 range that traffic can come from"
        )),
        None if given.is_empty() => Ok(vec![EVERYBODY.to_owned()]),
        None => Ok(given),
    }
}

/// The ports that a certificate is for, by number or name; where none is given, all of TCP.
fn secure_ports(service: &Value, notes: &Annotations<'_>) -> Result<Vec<String>, Refused> {
    let given = notes.list("ssl-ports")?;
    let is_port = |name: &str| {
        let is_it = |port: &Value| {
            let number = port.integer("/port");
            port.text("/name") == name || number.is_some_and(|it| it.to_string() == name)
        };
        name == "*" || service.list("/spec/ports").iter().any(is_it)
    };
    match given.iter().find(|it| !is_port(it.as_str())) {
        // Passed over, a mistyped one would leave a port without TLS in silence.
        Some(other) => refused(format!(
            "the annotation {PREFIX}ssl-ports names {other:?}, which is no port of the Service"
        )),
        None => Ok(given),
    }
}

/// A type that says `ip` itself admits no other word.
fn target_kind(notes: &Annotations<'_>) -> Result<TargetKind, Refused> {
    let of_type = notes.one_of("type", &["external", "nlb", "nlb-ip"])?;
    let kind = TargetKind::read(notes.one_of("nlb-target-type", &TargetKind::NAMES)?);
    if (of_type, kind) == (Some("nlb-ip"), TargetKind::Instance) {
        return refused(format!(
            "{PREFIX}type: nlb-ip has targets of type ip, not instance"
        ));
    }
    Ok(kind)
}

/// What is asked of targets where annotations say nothing.
struct Usual {
    protocol: &'static str,
    port: String,
    path: &'static str,
    threshold: i32,
}

impl Usual {
    /// Nodes that are to lead to pods of their own alone say themselves whether they have any.
    fn of(service: &Value, kind: TargetKind) -> Self {
        let is_local = service.text("/spec/externalTrafficPolicy") == "Local";
        let told_at = service
            .integer("/spec/healthCheckNodePort")
            .filter(|it| is_local && kind == TargetKind::Instance && *it != 0);
        match told_at {
            Some(port) => Self {
                protocol: "HTTP",
                port: port.to_string(),
                path: "/healthz",
                threshold: 2,
            },
            None => Self {
                protocol: "TCP",
                port: "traffic-port".to_owned(),
                path: "/",
                threshold: 3,
            },
        }
    }
}

fn check(notes: &Annotations<'_>, service: &Value, kind: TargetKind) -> Result<Check, Refused> {
    let usual = Usual::of(service, kind);
    let protocol = match notes
        .text("healthcheck-protocol")
        .map(str::to_ascii_uppercase)
        .as_deref()
    {
        None => usual.protocol,
        Some("TCP") => "TCP",
        Some("HTTP") => "HTTP",
        Some("HTTPS") => "HTTPS",
        Some(other) => {
            return refused(format!(
                "{PREFIX}healthcheck-protocol: {other} is not one of TCP, HTTP, HTTPS"
            ));
        }
    };
    let port = match notes.text("healthcheck-port") {
        None => usual.port,
        Some("traffic-port") => "traffic-port".to_owned(),
        Some(given) => match given.parse::<u16>() {
            Ok(number) if number != 0 => number.to_string(),
            _ => {
                return refused(format!(
                    "{PREFIX}healthcheck-port: {given:?} is no port of {}",
                    service.name()
                ));
            }
        },
    };
    let path = notes.text("healthcheck-path").unwrap_or(usual.path);
    let codes = notes.text("healthcheck-success-codes").unwrap_or(CODES);
    let threshold = |name: &str| Ok(notes.number(name, 2, 10)?.unwrap_or(usual.threshold));
    Ok(Check {
        protocol: protocol.to_owned(),
        port,
        path: (protocol != "TCP").then(|| path.to_owned()),
        codes: (protocol != "TCP").then(|| codes.to_owned()),
        interval: notes.number("healthcheck-interval", 5, 300)?.unwrap_or(10),
        timeout: notes
            .number("healthcheck-timeout", 2, 120)?
            .unwrap_or(if protocol == "HTTP" { 6 } else { 10 }),
        healthy: threshold("healthcheck-healthy-threshold")?,
        unhealthy: threshold("healthcheck-unhealthy-threshold")?,
    })
}

#[cfg(test)]
mod tests;
