//! Ports, and what each network mode allows.

use wharf_api_ecs::{ContainerDefinition, PortMapping, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, name, network_mode};
use crate::fault;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let mode = network_mode(definition);
    for container in containers(definition) {
        check_mode(container, mode)?;
        for mapping in container.port_mappings.iter().flatten() {
            check_mapping(container, mapping, mode)?;
        }
    }
    Ok(())
}

fn check_mode(container: &ContainerDefinition, mode: &str) -> Result<(), Fault> {
    let given = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    if mode != "bridge" && given(&container.links) {
        return Err(fault::client(format!(
            "Links are not supported when networkMode={mode}."
        )));
    }
    if mode == "none"
        && container
            .port_mappings
            .as_ref()
            .is_some_and(|p| !p.is_empty())
    {
        return Err(fault::client(
            "Port mappings are not supported when networkMode=none.",
        ));
    }
    if mode == "awsvpc" {
        let unsupported = [
            (container.hostname.is_some(), "Host name is"),
            (
                container
                    .extra_hosts
                    .as_ref()
                    .is_some_and(|h| !h.is_empty()),
                "Extra hosts are",
            ),
            (given(&container.dns_servers), "DNS servers are"),
            (
                given(&container.dns_search_domains),
                "DNS search domains are",
            ),
        ];
        if let Some((_, what)) = unsupported.iter().find(|(used, _)| *used) {
            return Err(fault::client(format!(
                "{what} not supported when networkMode=awsvpc."
            )));
        }
    }
    if mode == "host" && container.hostname.is_some() {
        return Err(fault::client(
            "Host name is not supported when networkMode=host.",
        ));
    }
    Ok(())
}

fn check_mapping(
    container: &ContainerDefinition,
    mapping: &PortMapping,
    mode: &str,
) -> Result<(), Fault> {
    let refuse = |text: &str| {
        Err(fault::client(format!(
            "Invalid setting for container '{}'. {text}",
            name(container)
        )))
    };
    if !matches!(mapping.protocol.as_deref(), None | Some("tcp" | "udp")) {
        return refuse("The protocol of a port mapping must be tcp or udp.");
    }
    if let Some(range) = mapping.container_port_range.as_deref() {
        if mapping.container_port.is_some() || mapping.host_port.is_some() {
            return refuse("A containerPortRange excludes containerPort and hostPort.");
        }
        return match port_range(range) {
            Some(_) if mode == "bridge" || mode == "awsvpc" => Ok(()),
            Some(_) => refuse("A containerPortRange needs network mode bridge or awsvpc."),
            None => refuse("A containerPortRange has the form 'first-last' with first < last."),
        };
    }
    let Some(port) = mapping
        .container_port
        .filter(|port| (1..=65_535).contains(port))
    else {
        return refuse("A containerPort must be between 1 and 65535.");
    };
    if mapping
        .host_port
        .is_some_and(|port| !(0..=65_535).contains(&port))
    {
        return refuse("A hostPort must be between 0 and 65535.");
    }
    let moved = mapping
        .host_port
        .is_some_and(|host| host != 0 && host != port);
    if moved && (mode == "awsvpc" || mode == "host") {
        return Err(fault::client(format!(
            "When networkMode={mode}, the host ports and container ports in port mappings must match."
        )));
    }
    match mapping.name.as_deref() {
        Some(name) if !is_port_name(name) => {
            refuse("A port mapping's name has up to 64 of a-z, 0-9, _ and -, not starting with -.")
        }
        _ => Ok(()),
    }
}

fn is_port_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    (1..=64).contains(&name.len()) && !name.starts_with('-') && name.bytes().all(allowed)
}

/// `a-b` with a < b.
pub fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (1 <= first && first < last).then_some((first, last))
}
