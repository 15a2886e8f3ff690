//! A task's network: what is asked of wharf-network, and what the containers are told of it.

use std::{fs, net::Ipv4Addr};

use wharf_container::spec::NameFiles;
use wharf_network::{
    Attachment, BadValue, Eni, HostPort, Mode, PortMapping, PortRange, Protocol, Subnet,
};

use crate::{
    engine::{HostBinding, Link, NetworkMode},
    node::core::TaskContext,
    protocol::{
        docker::HostConfig,
        payload::{self, NetworkInterface},
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

/// What to attach.
pub fn mode(context: &TaskContext) -> Result<Mode, BadNetwork> {
    match context.spec.network {
        NetworkMode::Host => Ok(Mode::Host),
        NetworkMode::None => Ok(Mode::None),
        NetworkMode::Bridge => {
            let mappings = context
                .task
                .containers
                .iter()
                .flat_map(|c| &c.port_mappings);
            let ports: Result<Vec<PortMapping>, BadNetwork> = mappings.map(mapping).collect();
            Ok(Mode::Bridge { ports: ports? })
        }
        NetworkMode::Awsvpc => {
            let interface = context.task.elastic_network_interfaces.first();
            let interface = interface.ok_or(BadNetwork::Interface("everything"))?;
            Ok(Mode::Awsvpc(eni(interface)?))
        }
    }
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
    Ok(Eni {
        vpc_id: vpc_id.to_owned(),
        eni_id: of.ec2_id.clone(),
        mac: of.mac_address.parse()?,
        address,
        subnet,
        gateway,
    })
}

/// What each container is reached by. `bindings` of the attachment are in the order of the
/// mappings of all containers.
pub fn links(context: &TaskContext, attachment: &Attachment) -> Vec<Link> {
    let mut bindings = attachment.bindings.iter();
    context
        .task
        .containers
        .iter()
        .map(|container| Link {
            address: attachment.address,
            bindings: match context.spec.network {
                NetworkMode::Bridge => bindings
                    .by_ref()
                    .take(container.port_mappings.len())
                    .map(|b| HostBinding {
                        container_port: b.container.first,
                        host_port: b.host.first,
                        count: b.container.len(),
                        udp: b.protocol == Protocol::Udp,
                    })
                    .collect(),
                NetworkMode::Host => container.port_mappings.iter().map(on_host).collect(),
                NetworkMode::Awsvpc | NetworkMode::None => Vec::new(),
            },
        })
        .collect()
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
pub fn hostname(context: &TaskContext, at: usize, attachment: &Attachment, region: &str) -> String {
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
                    attachment
                        .address
                        .map(|a| wharf_network::private_dns_name(a, region))
                })
                .unwrap_or_default()
        }
        // As Docker does it.
        NetworkMode::Bridge | NetworkMode::None => {
            context.runtime_ids[at].chars().take(12).collect()
        }
    }
}

/// `/etc/resolv.conf`, `/etc/hosts` and `/etc/hostname` of container `at`.
pub fn files(
    context: &TaskContext,
    at: usize,
    attachment: &Attachment,
    hostname: &str,
    engine: &HostConfig,
) -> NameFiles {
    let in_host = context.spec.network == NetworkMode::Host;
    let mut hosts = if in_host {
        fs::read_to_string("/etc/hosts").unwrap_or_default()
    } else {
        wharf_network::hosts_file(attachment, &[hostname])
    };
    for entry in &engine.extra_hosts {
        if let Some((name, address)) = entry.split_once(':') {
            push_line(&mut hosts, &format!("{address} {name}"));
        }
    }
    // The containers of a task share their namespace, so a link leads to loopback.
    for link in &context.task.containers[at].links {
        let (name, alias) = link.split_once(':').unwrap_or((link, link));
        push_line(&mut hosts, &format!("127.0.0.1 {alias} {name}"));
    }
    NameFiles {
        resolv_conf: Some(resolv_conf(context, in_host, engine)),
        hosts: Some(hosts),
        hostname: Some(format!("{hostname}\n")),
    }
}

fn resolv_conf(context: &TaskContext, in_host: bool, engine: &HostConfig) -> String {
    let interface = context.task.elastic_network_interfaces.first();
    let servers = interface
        .map(|i| &i.domain_name_servers)
        .filter(|servers| !servers.is_empty() && engine.dns.is_empty())
        .unwrap_or(&engine.dns);
    let mut text = String::new();
    for server in servers {
        push_line(&mut text, &format!("nameserver {server}"));
    }
    let search = interface
        .map(|i| &i.domain_name)
        .filter(|_| engine.dns_search.is_empty());
    let search = search.unwrap_or(&engine.dns_search);
    if !search.is_empty() {
        push_line(&mut text, &format!("search {}", search.join(" ")));
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
