//! The metadata documents, versions 3 and 4 (ecs.md §11). Pure.

use serde_json::{Map, Value, json};
use wharf_base::{Cidr6, Timestamp};

use crate::{
    engine::{ContainerState, NetworkMode},
    node::directory::TaskView,
    protocol::docker,
};

/// The task's document. `newest` is version 4; version 3 lacks a few members.
pub fn task(view: &TaskView, cluster: &str, newest: bool) -> Value {
    let (of, state) = (&view.context.task, &view.record.state);
    let containers: Vec<Value> = (0..of.containers.len())
        .map(|at| container(view, at, newest))
        .collect();
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("Cluster", cluster.into());
    put("TaskARN", of.arn.clone().into());
    put("Family", of.family.clone().into());
    put("Revision", of.version.clone().into());
    let desired = if state.desired == crate::engine::Desired::Running {
        "RUNNING"
    } else {
        "STOPPED"
    };
    put("DesiredStatus", desired.into());
    put("KnownStatus", state.known.as_str().into());
    if of.cpu > 0.0 || of.memory > 0 {
        let mut limits = Map::new();
        if of.cpu > 0.0 {
            limits.insert("CPU".to_owned(), of.cpu.into());
        }
        if of.memory > 0 {
            limits.insert("Memory".to_owned(), of.memory.into());
        }
        put("Limits", limits.into());
    }
    for (name, at) in [
        ("PullStartedAt", state.pull_started_at),
        ("PullStoppedAt", state.pull_stopped_at),
        ("ExecutionStoppedAt", state.execution_stopped_at),
    ] {
        if let Some(at) = at {
            put(name, at.iso8601().into());
        }
    }
    for (name, text) in [
        ("AvailabilityZone", &of.zone),
        ("LaunchType", &of.launch_type),
        ("Group", &of.group),
    ] {
        if !text.is_empty() {
            put(name, text.clone().into());
        }
    }
    put("Containers", containers.into());
    if newest {
        if !of.service_name.is_empty() {
            put("ServiceName", of.service_name.clone().into());
        }
        put("FaultInjectionEnabled", of.enable_fault_injection.into());
    }
    document.into()
}

/// One container's document.
pub fn container(view: &TaskView, at: usize, newest: bool) -> Value {
    let of = &view.context.task.containers[at];
    let state = &view.record.state.containers[at];
    let engine = docker::read(of.docker_config.as_ref()).unwrap_or_default();
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("DockerId", state.runtime_id.clone().into());
    put("Name", of.name.clone().into());
    put("DockerName", docker_name(view, at).into());
    put("Image", of.image.clone().into());
    put(
        "ImageID",
        state.image_digest.clone().unwrap_or_default().into(),
    );
    if !state.link.bindings.is_empty() {
        put("Ports", state.link.bindings.iter().map(port).collect());
    }
    let mut labels: Map<String, Value> = engine
        .config
        .labels
        .into_iter()
        .map(|(k, v)| (k, v.into()))
        .collect();
    for (name, value) in labels_of(view, at) {
        labels.insert(name.to_owned(), value.into());
    }
    put("Labels", labels.into());
    let running = view.record.state.desired == crate::engine::Desired::Running;
    put(
        "DesiredStatus",
        if running { "RUNNING" } else { "STOPPED" }.into(),
    );
    put("KnownStatus", state.status.as_str().into());
    if let Some(code) = state.exit_code {
        put("ExitCode", code.into());
    }
    put("Limits", json!({"CPU": of.cpu, "Memory": of.memory}));
    for (name, at) in [
        ("CreatedAt", state.created_at),
        ("StartedAt", state.started_at),
        ("FinishedAt", state.finished_at),
    ] {
        if let Some(at) = at {
            put(name, at.iso8601().into());
        }
    }
    put("Type", "NORMAL".into());
    if view.context.spec.containers[at].has_health_check {
        put("Health", health(state));
    }
    if of.restart_policy.is_some() {
        put("RestartCount", state.restarts.into());
    }
    if newest {
        if !engine.host.log_config.r#type.is_empty() {
            put("LogDriver", engine.host.log_config.r#type.into());
            put("LogOptions", json!(engine.host.log_config.config));
        }
        if !of.container_arn.is_empty() {
            put("ContainerARN", of.container_arn.clone().into());
        }
        put("Snapshotter", "overlayfs".into());
    }
    put("Networks", networks(view, state, newest));
    document.into()
}

fn docker_name(view: &TaskView, at: usize) -> String {
    let id = &view.record.state.containers[at].runtime_id;
    view.context.task.docker_name(at, id)
}

/// The labels that win over the definition's.
pub fn labels_of(view: &TaskView, at: usize) -> [(&'static str, String); 5] {
    let of = &view.context.task;
    [
        ("com.amazonaws.ecs.cluster", of.task_cluster_arn.clone()),
        (
            "com.amazonaws.ecs.container-name",
            of.containers[at].name.clone(),
        ),
        ("com.amazonaws.ecs.task-arn", of.arn.clone()),
        (
            "com.amazonaws.ecs.task-definition-family",
            of.family.clone(),
        ),
        (
            "com.amazonaws.ecs.task-definition-version",
            of.version.clone(),
        ),
    ]
}

fn port(binding: &crate::engine::HostBinding) -> Value {
    json!({
        "ContainerPort": binding.container_port,
        "Protocol": if binding.udp { "udp" } else { "tcp" },
        "HostPort": binding.host_port,
        "HostIp": "0.0.0.0",
    })
}

fn health(state: &ContainerState) -> Value {
    let since: Option<Timestamp> = state.health_since.or(state.started_at);
    json!({"status": state.health.as_str(), "statusSince": since.map(Timestamp::iso8601)})
}

fn networks(view: &TaskView, state: &ContainerState, newest: bool) -> Value {
    let mode = match view.context.spec.network {
        NetworkMode::Awsvpc => "awsvpc",
        NetworkMode::Bridge => "bridge",
        NetworkMode::Host => "host",
        NetworkMode::None => "none",
    };
    let mut network = Map::new();
    network.insert("NetworkMode".to_owned(), mode.into());
    let mut addresses: Vec<String> = state.link.address.iter().map(ToString::to_string).collect();
    let interface = view.context.task.elastic_network_interfaces.first();
    if let Some(interface) = interface {
        addresses = interface.address().map(str::to_owned).into_iter().collect();
        if newest {
            let gateway = &interface.subnet_gateway_ipv4_address;
            network.insert("AttachmentIndex".to_owned(), interface.index.into());
            network.insert(
                "MACAddress".to_owned(),
                interface.mac_address.clone().into(),
            );
            network.insert("IPv4SubnetCIDRBlock".to_owned(), subnet_of(gateway).into());
            network.insert(
                "SubnetGatewayIpv4Address".to_owned(),
                gateway.clone().into(),
            );
            network.insert(
                "DomainNameServers".to_owned(),
                interface.name_servers().into(),
            );
            network.insert(
                "DomainNameSearchList".to_owned(),
                interface.search_domains().into(),
            );
            network.insert(
                "PrivateDNSName".to_owned(),
                interface.private_dns_name.clone().into(),
            );
        }
    }
    network.insert("IPv4Addresses".to_owned(), addresses.into());
    if let Some(interface) = interface.filter(|it| !it.ipv6_addresses.is_empty()) {
        let all = interface.ipv6_addresses.iter().map(|it| it.address.clone());
        network.insert("IPv6Addresses".to_owned(), all.collect());
        if newest {
            let gateway = &interface.subnet_gateway_ipv6_address;
            network.insert(
                "IPv6SubnetCIDRBlock".to_owned(),
                subnet_of_ipv6(gateway).into(),
            );
        }
    }
    Value::Array(vec![network.into()])
}

/// `fd12:3456:789a:bc01::1/64` is in the subnet `fd12:3456:789a:bc01::/64`; empty for what is no such pair.
fn subnet_of_ipv6(gateway: &str) -> String {
    let range = Cidr6::canonical(gateway).map(|it| it.to_string());
    range.unwrap_or_default()
}

/// `172.31.0.1/20` is in the subnet `172.31.0.0/20`; empty for what is no such pair.
fn subnet_of(gateway: &str) -> String {
    let Some((address, bits)) = gateway.split_once('/') else {
        return String::new();
    };
    let (Ok(address), Ok(bits @ 0..=32)) =
        (address.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>())
    else {
        return String::new();
    };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    format!(
        "{}/{bits}",
        std::net::Ipv4Addr::from(u32::from(address) & mask)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets() {
        for (gateway, subnet) in [
            ("172.31.0.1/20", "172.31.0.0/20"),
            ("10.0.255.1/0", "0.0.0.0/0"),
            ("10.0.0.1/32", "10.0.0.1/32"),
            ("10.0.0.1/33", ""),
            ("x", ""),
        ] {
            assert_eq!(subnet_of(gateway), subnet);
        }
    }
}
