//! Ingresses of the class `alb` as a stack: an application load balancer. Pure.

mod action;
mod auth;
mod check;
mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    annotations::{Annotations, Known, OF_LISTENERS, Refused, refused},
    endpoints::{self, PortRef, Services},
    names, nodes,
    stack::{
        Action, Admission, Auth, Group, Key, Kind, Listener, Rule, Security, Source, Stack, Target,
        TargetKind,
    },
};

pub use self::auth::secret_of;

pub const CLASS: &str = "alb";
pub const CONTROLLER: &str = "ingress.k8s.aws/alb";
pub const PREFIX: &str = "alb.ingress.kubernetes.io/";
/// Of a load balancer, as load balancing bounds them.
const MOST_LISTENERS: usize = 50;
const MOST_RULES: usize = 100;
/// Everybody, where an Ingress does not say who may come.
pub const EVERYBODY: &str = "0.0.0.0/0";

pub const KNOWN: Known = Known {
    prefix: PREFIX,
    had: &[
        "auth-idp-oidc",
        "auth-on-unauthenticated-request",
        "auth-scope",
        "auth-session-cookie",
        "auth-session-timeout",
        "auth-type",
        "backend-protocol",
        "backend-protocol-version",
        "certificate-arn",
        "group.name",
        "group.order",
        "healthcheck-interval-seconds",
        "healthcheck-path",
        "healthcheck-port",
        "healthcheck-protocol",
        "healthcheck-timeout-seconds",
        "healthy-threshold-count",
        "inbound-cidrs",
        "ip-address-type",
        "listen-ports",
        "load-balancer-attributes",
        "load-balancer-name",
        "scheme",
        "security-groups",
        "ssl-policy",
        "ssl-redirect",
        "subnets",
        "success-codes",
        "tags",
        "target-group-attributes",
        "target-node-labels",
        "target-type",
        "unhealthy-threshold-count",
    ],
    families: &["actions.", "conditions.", OF_LISTENERS],
    missing: &[
        "auth-idp-cognito",
        "customer-owned-ipv4-pool",
        "enable-frontend-nlb",
        "frontend-nlb-",
        "ipam-ipv4-pool-id",
        "jwt-validation",
        "manage-backend-security-group-rules",
        "minimum-load-balancer-capacity",
        "multi-cluster-target-group",
        "mutual-authentication",
        "security-group-prefix-lists",
        "shield-advanced-protection",
        "target-control-port.",
        "transforms.",
        "use-regex-path-match",
        "waf-acl-id",
        "wafv2-acl-arn",
        "wafv2-acl-name",
        "web-acl-id",
    ],
};

/// What stacks are made from, and what their makers say beside.
pub struct Built {
    pub stack: Stack,
    /// Of the pods that are its targets.
    pub interfaces: BTreeSet<String>,
    /// What is not as its author may think, by the author's namespace and name.
    pub warnings: Vec<((String, String), String)>,
}

/// Which stack an Ingress belongs to.
///
/// # Errors
/// The name of its group is none.
pub fn key(ingress: &Value) -> Result<Key, Refused> {
    let Some(group) = Annotations::new(PREFIX, &[ingress]).text("group.name") else {
        return Ok(Key::Ingress {
            namespace: ingress.namespace().to_owned(),
            name: ingress.name().to_owned(),
        });
    };
    let is_edge =
        |it: Option<u8>| it.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    let is_inner =
        |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'-' | b'.');
    let (first, last) = (group.bytes().next(), group.bytes().next_back());
    if group.len() > 63 || !is_edge(first) || !is_edge(last) || !group.bytes().all(is_inner) {
        return refused(format!(
            "the annotation {PREFIX}group.name must be up to 63 lower case letters, digits, - and ., not {group:?}"
        ));
    }
    Ok(Key::Group(group.to_owned()))
}

/// The members of a stack in the order in which their rules count.
pub fn ordered(mut members: Vec<Arc<Value>>) -> Result<Vec<Arc<Value>>, Refused> {
    let mut orders = BTreeMap::new();
    for member in &members {
        let order = Annotations::new(PREFIX, &[member]).number("group.order", -1000, 1000)?;
        orders.insert(member.key(), order.unwrap_or(0));
    }
    members.sort_by_key(|it| (orders.get(&it.key()).copied(), it.key()));
    Ok(members)
}

/// One value that all members agree on.
fn agreed<T: PartialEq>(
    members: &[Arc<Value>],
    name: &str,
    read: impl Fn(&Annotations<'_>) -> Result<Option<T>, Refused>,
) -> Result<Option<T>, Refused> {
    let mut agreed = None;
    for member in members {
        let given = read(&Annotations::new(PREFIX, &[member]))?;
        match (&agreed, given) {
            (_, None) => {}
            (None, some) => agreed = some,
            (Some(one), Some(other)) if *one == other => {}
            _ => {
                return refused(format!(
                    "the Ingresses of one group differ in the annotation {PREFIX}{name}"
                ));
            }
        }
    }
    Ok(agreed)
}

/// Maps of all members; what two say of one key must be the same.
fn merged(
    members: &[Arc<Value>],
    name: &str,
    read: impl Fn(&Annotations<'_>) -> Result<BTreeMap<String, String>, Refused>,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut all = BTreeMap::new();
    for member in members {
        for (key, value) in read(&Annotations::new(PREFIX, &[member]))? {
            let before = all.insert(key.clone(), value.clone());
            if before.is_some_and(|it| it != value) {
                return refused(format!(
                    "the Ingresses of one group differ in {key} of the annotation {PREFIX}{name}"
                ));
            }
        }
    }
    Ok(all)
}

/// A stack on its way.
struct Making<'a> {
    cluster: &'a str,
    services: &'a dyn Services,
    balancer: String,
    groups: BTreeMap<String, Group>,
    interfaces: BTreeSet<String>,
    nodes: BTreeMap<String, String>,
    warnings: Vec<((String, String), String)>,
}

/// The stack of Ingresses that belong together. `cluster` is the id of the cluster.
///
/// # Errors
/// What they ask for is not to be had.
pub fn build(
    cluster: &str,
    key: &Key,
    members: Vec<Arc<Value>>,
    services: &dyn Services,
) -> Result<Built, Refused> {
    let members = ordered(members)?;
    for member in &members {
        // One whose group has no name that can be would have a load balancer of its own in silence.
        self::key(member)?;
    }
    let scheme = agreed(&members, "scheme", |it| {
        it.one_of("scheme", &["internal", "internet-facing"])
    })?;
    let scheme = scheme.unwrap_or("internal");
    agreed(&members, "ip-address-type", |it| {
        it.one_of("ip-address-type", &["ipv4"])
    })?;
    let given = agreed(&members, "load-balancer-name", |it| {
        Ok(it.text("load-balancer-name").map(str::to_owned))
    })?;
    let name = given.unwrap_or_else(|| names::balancer(cluster, key, scheme));
    let mut making = Making {
        cluster,
        services,
        balancer: name.clone(),
        groups: BTreeMap::new(),
        interfaces: BTreeSet::new(),
        nodes: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let mut listeners: BTreeMap<u16, Listener> = BTreeMap::new();
    // Ports at which an Ingress has a default backend.
    let mut with_default = BTreeSet::new();
    // Whose users are authenticated, and not where they come by HTTP.
    let mut open = BTreeSet::new();
    // Who may come to ports about which somebody says so.
    let mut own_ranges: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for member in &members {
        let whose = (member.namespace().to_owned(), member.name().to_owned());
        for unknown in KNOWN.judge(member)? {
            making.warnings.push((
                whose.clone(),
                format!("the annotation {unknown} is not known and has no effect"),
            ));
        }
        let notes = Annotations::new(PREFIX, &[member]);
        notes.one_of("target-type", &TargetKind::NAMES)?;
        let certificates = notes.list("certificate-arn")?;
        let policy = notes.text("ssl-policy").map(str::to_owned);
        let ports = listen_ports(&notes, !certificates.is_empty())?;
        let (ranges, ignored) = notes.ranges_of_both("inbound-cidrs")?;
        let has_ranges = !ranges.is_empty() || !ignored.is_empty();
        let ranges: BTreeSet<String> = ranges.into_iter().collect();
        if !ignored.is_empty() {
            making.warnings.push((
                whose.clone(),
                format!(
                    "the load balancer has no IPv6 addresses: {} of {PREFIX}inbound-cidrs has no effect",
                    ignored.join(", ")
                ),
            ));
        }
        let rules = making.rules(member)?;
        let fallback = making.fallback(member)?;
        let hosts = rules::hosts(member);
        for (port, protocol) in ports {
            let listener = listeners.entry(port).or_insert_with(|| Listener {
                protocol: protocol.clone(),
                certificates: Vec::new(),
                hosts: BTreeSet::new(),
                policy: None,
                alpn: None,
                attributes: BTreeMap::new(),
                auth: None,
                default: nothing(),
                rules: Vec::new(),
            });
            if listener.protocol != protocol {
                return refused(format!("port {port} is to listen for HTTP and HTTPS"));
            }
            // As on AWS, users are authenticated over TLS alone.
            let over_tls = protocol == "HTTPS";
            if !over_tls && rules.iter().any(|it| it.auth.is_some()) {
                open.insert(whose.clone());
            }
            let of_port = |rule: &Rule| Rule {
                auth: rule.auth.clone().filter(|_| over_tls),
                ..rule.clone()
            };
            listener.rules.extend(rules.iter().map(of_port));
            if listener.rules.len() > MOST_RULES {
                return refused(format!("a load balancer has at most {MOST_RULES} rules"));
            }
            // Other members of the group have no part in it.
            if let Some((auth, action)) = &fallback {
                if !with_default.insert(port) {
                    return refused(format!(
                        "more than one Ingress of the group has a default backend at port {port}"
                    ));
                }
                if auth.is_some() && !over_tls {
                    open.insert(whose.clone());
                }
                listener.auth = auth.clone().filter(|_| over_tls);
                listener.default = action.clone();
            }
            if has_ranges {
                let said = own_ranges.entry(port).or_insert_with(|| ranges.clone());
                if *said != ranges {
                    return refused(format!(
                        "the Ingresses of one group differ in the annotation {PREFIX}inbound-cidrs about port {port}"
                    ));
                }
            }
            if protocol != "HTTPS" {
                continue;
            }
            for certificate in &certificates {
                if !listener.certificates.contains(certificate) {
                    listener.certificates.push(certificate.clone());
                }
            }
            if certificates.is_empty() {
                listener.hosts.extend(hosts.iter().cloned());
            }
            match (&listener.policy, &policy) {
                (Some(one), Some(other)) if one != other => {
                    return refused(format!("port {port} is to have two TLS policies"));
                }
                (None, Some(_)) => listener.policy.clone_from(&policy),
                _ => {}
            }
        }
    }
    if listeners.len() > MOST_LISTENERS {
        return refused(format!(
            "a load balancer has at most {MOST_LISTENERS} listeners"
        ));
    }
    let mut known = BTreeSet::new();
    for (port, listener) in &mut listeners {
        let listener_of = format!("{}-{port}", listener.protocol);
        let name = format!("{OF_LISTENERS}{listener_of}");
        listener.attributes = merged(&members, &name, |it| it.map(&name))?;
        known.insert(listener_of);
    }
    for member in &members {
        let said = Annotations::new(PREFIX, &[member]).of_listeners()?;
        for name in said.keys().filter(|it| !known.contains(*it)) {
            let what = format!(
                "the annotation {PREFIX}{OF_LISTENERS}{name} names no listener and has no effect"
            );
            let whose = (member.namespace().to_owned(), member.name().to_owned());
            making.warnings.push((whose, what));
        }
    }
    let redirect = agreed(&members, "ssl-redirect", |it| {
        it.number("ssl-redirect", 1, 65535)
    })?;
    if let Some(port) = redirect
        && !u16::try_from(port)
            .is_ok_and(|it| listeners.get(&it).is_some_and(|it| it.protocol == "HTTPS"))
    {
        return refused(format!(
            "{PREFIX}ssl-redirect leads to port {port}, which listens for no HTTPS"
        ));
    }
    if let Some(port) = redirect {
        for listener in listeners.values_mut().filter(|it| it.protocol == "HTTP") {
            listener.default = to_https(port);
            listener.rules.clear();
        }
    }
    for whose in open.into_iter().filter(|_| redirect.is_none()) {
        let what = format!(
            "users are authenticated over HTTPS alone, and there is a port for HTTP that lets everybody in; {PREFIX}ssl-redirect would lead them to HTTPS"
        );
        making.warnings.push((whose, what));
    }
    let groups = agreed(&members, "security-groups", |it| {
        let given = it.list("security-groups")?;
        Ok((!given.is_empty()).then_some(given))
    })?;
    let subnets = agreed(&members, "subnets", |it| {
        let given = it.list("subnets")?;
        Ok((!given.is_empty()).then_some(given))
    })?;
    let attributes = merged(&members, "load-balancer-attributes", |it| {
        it.map("load-balancer-attributes")
    })?;
    let tags = merged(&members, "tags", |it| it.tags("tags"))?;
    // What only a redirect led past is not kept.
    let mut used = BTreeSet::new();
    for listener in listeners.values() {
        let actions = listener.rules.iter().map(|it| &it.action);
        for action in actions.chain([&listener.default]) {
            if let Action::Forward { groups, .. } = action {
                used.extend(groups.iter().map(|(name, _)| name.clone()));
            }
        }
    }
    making.groups.retain(|name, _| used.contains(name));
    Ok(Built {
        stack: Stack {
            key: key.clone(),
            kind: Kind::Application,
            name,
            internal: scheme == "internal",
            subnets: subnets.unwrap_or_default(),
            security: match groups {
                Some(groups) => Security::Given(groups),
                None => Security::Own(admissions(&listeners, &own_ranges)),
            },
            attributes,
            tags,
            groups: making.groups,
            listeners,
            nodes: making.nodes,
        },
        interfaces: making.interfaces,
        warnings: making.warnings,
    })
}

/// Everybody may come to a port about which no Ingress of the group says anything.
fn admissions(
    listeners: &BTreeMap<u16, Listener>,
    ranges: &BTreeMap<u16, BTreeSet<String>>,
) -> BTreeSet<Admission> {
    let everybody = BTreeSet::from([EVERYBODY.to_owned()]);
    let mut all = BTreeSet::new();
    for port in listeners.keys() {
        for range in ranges.get(port).unwrap_or(&everybody) {
            all.insert(Admission {
                protocol: "tcp",
                from: *port,
                to: *port,
                source: Source::Range(range.clone()),
            });
        }
    }
    all
}

/// What callers hear whom no rule is about.
fn nothing() -> Action {
    Action::Fixed {
        status: "404".to_owned(),
        content_type: Some("text/plain".to_owned()),
        body: None,
    }
}

fn to_https(port: i32) -> Action {
    Action::Redirect {
        protocol: "HTTPS".to_owned(),
        port: port.to_string(),
        host: "#{host}".to_owned(),
        path: "/#{path}".to_owned(),
        query: "#{query}".to_owned(),
        status: "HTTP_301".to_owned(),
    }
}

/// `[{"HTTP": 80}, {"HTTPS": 443}]`
fn listen_ports(
    notes: &Annotations<'_>,
    has_certificate: bool,
) -> Result<BTreeMap<u16, String>, Refused> {
    let Some(given) = notes.json("listen-ports")? else {
        return Ok(match has_certificate {
            true => BTreeMap::from([(443, "HTTPS".to_owned())]),
            false => BTreeMap::from([(80, "HTTP".to_owned())]),
        });
    };
    let mut ports = BTreeMap::new();
    for entry in given.as_array().into_iter().flatten() {
        for (protocol, port) in entry.as_object().into_iter().flatten() {
            let port = port.as_u64().and_then(|it| u16::try_from(it).ok());
            match port.filter(|it| *it != 0) {
                Some(port) if matches!(protocol.as_str(), "HTTP" | "HTTPS") => {
                    ports.insert(port, protocol.clone());
                }
                _ => {
                    return refused(format!(
                        "{PREFIX}listen-ports: ports of HTTP and HTTPS are wanted"
                    ));
                }
            }
        }
    }
    if ports.is_empty() || ports.len() > MOST_LISTENERS {
        return refused(format!(
            "{PREFIX}listen-ports: a list like [{{\"HTTP\": 80}}] with 1 to {MOST_LISTENERS} ports is wanted"
        ));
    }
    Ok(ports)
}

impl Making<'_> {
    fn rules(&mut self, ingress: &Value) -> Result<Vec<Rule>, Refused> {
        let mut all = Vec::new();
        let tags = Annotations::new(PREFIX, &[ingress]).tags("tags")?;
        for rule in ingress.list("/spec/rules") {
            let paths = rules::sorted(rule);
            if all.len() + paths.len() > MOST_RULES {
                return refused(format!("a load balancer has at most {MOST_RULES} rules"));
            }
            for path in paths {
                let conditions = rules::conditions(ingress, rule, path)?;
                let action = self.backend(ingress, path.at("/backend"))?;
                let auth = self.auth(ingress, path.at("/backend").text("/service/name"))?;
                all.push(Rule {
                    conditions,
                    auth,
                    action,
                    tags: tags.clone(),
                });
            }
        }
        Ok(all)
    }

    /// What becomes of requests that no rule is about, where the Ingress says so.
    fn fallback(&mut self, ingress: &Value) -> Result<Option<(Option<Auth>, Action)>, Refused> {
        let backend = ingress.at("/spec/defaultBackend");
        if !backend.is_object() {
            return Ok(None);
        }
        let action = self.backend(ingress, backend)?;
        let auth = self.auth(ingress, backend.text("/service/name"))?;
        Ok(Some((auth, action)))
    }

    /// What becomes of requests for a backend.
    fn backend(&mut self, ingress: &Value, backend: &Value) -> Result<Action, Refused> {
        if !backend.at("/resource").is_null() {
            return refused("a backend that is a resource is not supported");
        }
        let service = backend.text("/service/name");
        if backend.text("/service/port/name") == "use-annotation" {
            return self.by_annotation(ingress, service);
        }
        let port = match backend.integer("/service/port/number") {
            Some(number) => PortRef::Number(number),
            None => PortRef::Name(backend.text("/service/port/name").to_owned()),
        };
        Ok(match self.group(ingress, service, &port)? {
            Some(name) => Action::Forward {
                groups: vec![(name, 1)],
                sticky: None,
            },
            None => Action::Fixed {
                status: "503".to_owned(),
                content_type: Some("text/plain".to_owned()),
                body: Some("Backend service does not exist".to_owned()),
            },
        })
    }

    /// The name of the target group of a port of a service; `None` where there is no such port.
    fn group(
        &mut self,
        ingress: &Value,
        name: &str,
        port: &PortRef,
    ) -> Result<Option<String>, Refused> {
        let namespace = ingress.namespace();
        let service = self.services.service(namespace, name);
        let found = service.as_deref().and_then(|it| Some((it, port.find(it)?)));
        let Some((service, port)) = found else {
            let whose = (namespace.to_owned(), ingress.name().to_owned());
            let what = match service.is_some() {
                true => format!("the Service {name} has no such port as {port:?}"),
                false => format!("the Service {name} does not exist"),
            };
            self.warnings.push((whose, what));
            return Ok(None);
        };
        // What a service says of itself goes before what is said of all.
        let notes = Annotations::new(PREFIX, &[service, ingress]);
        let protocol = notes
            .one_of("backend-protocol", &["HTTP", "HTTPS"])?
            .unwrap_or("HTTP");
        let version = notes.one_of("backend-protocol-version", &["HTTP1", "HTTP2", "GRPC"])?;
        let version = version.unwrap_or("HTTP1");
        let of = port.integer("/port").unwrap_or_default();
        let kind = TargetKind::read(notes.one_of("target-type", &TargetKind::NAMES)?);
        let mut what = format!("{}|{of}|{protocol}|{version}", ingress.name());
        if kind == TargetKind::Instance {
            what += "|instance";
        }
        let group = names::group(self.cluster, &self.balancer, namespace, name, &what);
        let (number, targets) = match kind {
            TargetKind::Ip => self.pods(ingress, service, port),
            TargetKind::Instance => {
                let number = nodes::port(service, port)?;
                let labels = notes.map("target-node-labels")?;
                let found = nodes::find(&self.services.nodes(), &labels);
                let targets = nodes::targets(&found, number);
                self.nodes.extend(found);
                (number, targets)
            }
        };
        let mut tags = Annotations::new(PREFIX, &[ingress]).tags("tags")?;
        tags.extend(Annotations::new(PREFIX, &[service]).tags("tags")?);
        let group_of = Group {
            kind,
            protocol: protocol.to_owned(),
            version: version.to_owned(),
            port: number,
            check: check::check(&notes, version, service, kind)?,
            attributes: notes.map("target-group-attributes")?,
            targets,
            tags,
            of: format!("{namespace}/{name}:{of}"),
        };
        self.groups.insert(group.clone(), group_of);
        Ok(Some(group))
    }

    /// The pods behind a port of a service, and the number of their port.
    fn pods(&mut self, ingress: &Value, service: &Value, port: &Value) -> (u16, BTreeSet<Target>) {
        let (namespace, name) = (ingress.namespace(), service.name());
        let slices = self.services.slices(namespace, name);
        let pods = |pod: &str| self.services.pod(namespace, pod);
        let found = endpoints::find(port, &slices, &pods);
        if found.others > 0 {
            let whose = (namespace.to_owned(), ingress.name().to_owned());
            let what = format!(
                "{} addresses of the Service {name} are of no pod with an interface of its own, and are left out",
                found.others
            );
            self.warnings.push((whose, what));
        }
        self.interfaces.extend(found.interfaces);
        (endpoints::target_port(port), found.targets)
    }
}

#[cfg(test)]
mod tests;
