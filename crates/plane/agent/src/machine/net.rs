//! A task's network: what is asked of wharf-network, and what the containers are told of it.

use std::{fs, net::Ipv4Addr};

use wharf_container::spec::NameFiles;
use wharf_network::{
    Attachment, BadValue, Binding, Eni, HostPort, Mode, PortMapping, PortRange, Protocol, Subnet,
};

use crate::{
    engine::{HostBinding, Link, NetworkMode},
    node::core::TaskContext,
    protocol::{
        docker::{self, HostConfig},
        payload::{self, Container, NetworkInterface},
    },
};

/// The VPC of interfaces whose control plane does not name one: it has a single one then.
const ONLY_VPC: &str = "default";

/// A network that cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum BadNetwork {
    #[error("{0}")]
    Value(#[from] BadValue),
    #[error("the elastic network interface lacks {0}")]
    Interface(&'static str),
    #[error("`{0}` is not a range of ports")]
    PortRange(String),
}

/// Between a task's id and the index of a container in the key of a network. No id contains it.
const KEY_MARK: char = '.';

/// What a task's containers are attached to: all to one, or in bridge mode each to its own.
#[derive(Debug, Clone)]
pub struct Networks(Vec<Attachment>);

impl Networks {
    /// The attachments of a task out of all, by key; `None` unless all are there.
    pub fn find(
        context: &TaskContext,
        mut of: impl FnMut(&str) -> Option<Attachment>,
    ) -> Option<Self> {
        let all: Option<Vec<Attachment>> = keys(context).iter().map(|key| of(key)).collect();
        all.map(Self)
    }

    pub fn of(&self, container: usize) -> Option<&Attachment> {
        match self.0.as_slice() {
            [one] => Some(one),
            each => each.get(container),
        }
    }

    /// In the order of [`wanted`].
    pub fn new(attachments: Vec<Attachment>) -> Self {
        Self(attachments)
    }
}

/// The task that a network's key is of.
pub fn task_of(key: &str) -> &str {
    key.split_once(KEY_MARK).map_or(key, |(task, _)| task)
}

/// Under which keys the task's networks are known.
pub fn keys(context: &TaskContext) -> Vec<String> {
    if context.spec.network == NetworkMode::Bridge {
        let containers = 0..context.task.containers.len();
        containers
            .map(|at| format!("{}{KEY_MARK}{at}", context.id))
            .collect()
    } else {
        vec![context.id.clone()]
    }
}

/// What to attach, with its key.
pub fn wanted(context: &TaskContext) -> Result<Vec<(String, Mode)>, BadNetwork> {
    let modes = match context.spec.network {
        NetworkMode::Host => vec![Mode::Host],
        NetworkMode::None => vec![Mode::None],
        NetworkMode::Bridge => {
            let containers = context.task.containers.iter();
            containers.map(bridge).collect::<Result<_, _>>()?
        }
        NetworkMode::Awsvpc => {
            let interface = context.task.elastic_network_interfaces.first();
            let interface = interface.ok_or(BadNetwork::Interface("everything"))?;
            vec![Mode::Awsvpc(eni(interface)?)]
        }
    };
    Ok(keys(context).into_iter().zip(modes).collect())
}

fn bridge(of: &Container) -> Result<Mode, BadNetwork> {
    // What the document cannot tell is told when the container is created.
    let engine = docker::read(of.docker_config.as_ref()).unwrap_or_default();
    if engine.config.network_disabled {
        return Ok(Mode::None);
    }
    let ports: Result<Vec<PortMapping>, BadNetwork> =
        of.port_mappings.iter().map(mapping).collect();
    Ok(Mode::Bridge { ports: ports? })
}

fn mapping(of: &payload::PortMapping) -> Result<PortMapping, BadNetwork> {
    let protocol = if of.protocol == "udp" {
        Protocol::Udp
    } else {
        Protocol::Tcp
    };
    if of.container_port_range.is_empty() {
        let host = if of.host_port == 0 {
            HostPort::Dynamic
        } else {
            HostPort::Fixed(of.host_port)
        };
        return Ok(PortMapping {
            container: PortRange::single(of.container_port),
            host,
            protocol,
        });
    }
    let bad = || BadNetwork::PortRange(of.container_port_range.clone());
    let (first, last) = of.container_port_range.split_once('-').ok_or_else(bad)?;
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_| bad());
    let container = PortRange {
        first: port(first)?,
        last: port(last)?,
    };
    Ok(PortMapping {
        container,
        host: HostPort::Dynamic,
        protocol,
    })
}

fn eni(of: &NetworkInterface) -> Result<Eni, BadNetwork> {
    let address = of.address().and_then(|a| a.parse().ok());
    let address: Ipv4Addr = address.ok_or(BadNetwork::Interface("an IPv4 address"))?;
    let subnet: Subnet = of.subnet_gateway_ipv4_address.parse()?;
    let gateway = of
        .subnet_gateway_ipv4_address
        .split('/')
        .next()
        .unwrap_or_default();
    let gateway = gateway
        .parse()
        .map_err(|_| BadNetwork::Interface("a gateway"))?;
    let vpc_id = if of.vpc_id.is_empty() {
        ONLY_VPC
    } else {
        &of.vpc_id
    };
    let ipv6 = of.ipv6_addresses.iter().map(|it| {
        let address = it.address.parse();
        address.map_err(|_| BadNetwork::Interface("an IPv6 address"))
    });
    Ok(Eni {
        vpc_id: vpc_id.to_owned(),
        eni_id: of.ec2_id.clone(),
        mac: of.mac_address.parse()?,
        address,
        subnet,
        gateway,
        ipv6: ipv6.collect::<Result<_, _>>()?,
    })
}

/// What each container is reached by.
pub fn links(context: &TaskContext, networks: &Networks) -> Vec<Link> {
    let link = |(at, container): (usize, &Container)| {
        let attachment = networks.of(at);
        let bound = attachment.map_or(&[][..], |a| &a.bindings);
        Link {
            address: attachment.and_then(|a| a.address),
            bindings: match context.spec.network {
                NetworkMode::Bridge => bound.iter().map(published).collect(),
                NetworkMode::Host => container.port_mappings.iter().map(on_host).collect(),
                NetworkMode::Awsvpc | NetworkMode::None => Vec::new(),
            },
        }
    };
    context
        .task
        .containers
        .iter()
        .enumerate()
        .map(link)
        .collect()
}

fn published(of: &Binding) -> HostBinding {
    HostBinding {
        container_port: of.container.first,
        host_port: of.host.first,
        count: of.container.len(),
        udp: of.protocol == Protocol::Udp,
    }
}

fn on_host(of: &payload::PortMapping) -> HostBinding {
    HostBinding {
        container_port: of.container_port,
        host_port: of.container_port,
        count: 1,
        udp: of.protocol == "udp",
    }
}

/// The host name of container `at`.
pub fn hostname(context: &TaskContext, at: usize, networks: &Networks, region: &str) -> String {
    match context.spec.network {
        NetworkMode::Host => nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok())
            .unwrap_or_default(),
        NetworkMode::Awsvpc => {
            let interface = context.task.elastic_network_interfaces.first();
            let given = interface
                .map(|i| i.private_dns_name.clone())
                .filter(|n| !n.is_empty());
            given
                .or_else(|| {
                    let address = networks.of(at)?.address?;
                    Some(wharf_network::private_dns_name(address, region))
                })
                .unwrap_or_default()
        }
        // As Docker does it.
        NetworkMode::Bridge | NetworkMode::None => short_id(context, at),
    }
}

fn short_id(context: &TaskContext, at: usize) -> String {
    context.runtime_ids[at].chars().take(12).collect()
}

/// `/etc/resolv.conf`, `/etc/hosts` and `/etc/hostname` of container `at`.
pub fn files(
    context: &TaskContext,
    at: usize,
    networks: &Networks,
    hostname: &str,
    engine: &HostConfig,
) -> NameFiles {
    let in_host = context.spec.network == NetworkMode::Host;
    let mut hosts = match networks.of(at) {
        Some(attachment) if !in_host => wharf_network::hosts_file(attachment, &[hostname]),
        _ => fs::read_to_string("/etc/hosts").unwrap_or_default(),
    };
    for entry in &engine.extra_hosts {
        if let Some((name, address)) = entry.split_once(':') {
            push_line(&mut hosts, &format!("{address} {name}"));
        }
    }
    for link in &context.task.containers[at].links {
        let (name, alias) = link.split_once(':').unwrap_or((link, link));
        let linked = context.task.containers.iter().position(|c| c.name == *name);
        let address = linked.and_then(|to| Some((to, networks.of(to)?.address?)));
        if let Some((to, address)) = address {
            let id = short_id(context, to);
            push_line(&mut hosts, &format!("{address} {alias} {id} {name}"));
        }
    }
    NameFiles {
        resolv_conf: Some(resolv_conf(context, in_host, engine)),
        hosts: Some(hosts),
        hostname: Some(format!("{hostname}\n")),
    }
}

fn resolv_conf(context: &TaskContext, in_host: bool, engine: &HostConfig) -> String {
    let interface = context.task.elastic_network_interfaces.first();
    let in_bridge = context.spec.network == NetworkMode::Bridge;
    let servers = match interface {
        _ if !engine.dns.is_empty() => engine.dns.clone(),
        Some(interface) => interface.name_servers(),
        None if in_bridge => vec![wharf_network::RESOLVER.to_string()],
        None => Vec::new(),
    };
    let mut text = String::new();
    for server in &servers {
        push_line(&mut text, &format!("nameserver {server}"));
    }
    let search = match interface {
        Some(interface) if engine.dns_search.is_empty() => interface.search_domains(),
        _ => engine.dns_search.clone(),
    };
    if !search.is_empty() {
        push_line(&mut text, &format!("search {}", search.join(" ")));
    }
    if in_bridge && engine.dns.is_empty() && engine.dns_search.is_empty() {
        text.push_str(&wharf_network::host_resolv_options().unwrap_or_default());
    }
    if servers.is_empty() {
        let own = if in_host {
            fs::read_to_string("/etc/resolv.conf")
        } else {
            wharf_network::host_resolv_conf()
        };
        text.push_str(&own.unwrap_or_default());
    }
    text
}

/// One line, whatever the definition put into it.
fn push_line(text: &mut String, line: &str) {
    text.extend(line.chars().filter(|c| !c.is_control()));
    text.push('\n');
}
