//! What of a container goes into Docker's configuration of its host.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wharf_api_ecs::{ContainerDefinition, ContainerOverride, LinuxParameters};
use wharf_records::ecs::Launch;

use super::container::{Making, driver};
use crate::definition::{name, network_mode};

const MIB: i64 = 1 << 20;

impl Making<'_> {
    pub(super) fn host_config(
        &self,
        of: &ContainerDefinition,
        change: Option<&ContainerOverride>,
    ) -> Map<String, Value> {
        let mut host = Map::new();
        let mode = network_mode(self.definition);
        if mode != "awsvpc" {
            host.insert("NetworkMode".into(), mode.into());
        }
        if let Some(log) = &of.log_configuration {
            let options = self.log_options(of, log.options.clone().unwrap_or_default());
            host.insert(
                "LogConfig".into(),
                json!({"Type": log.log_driver, "Config": options}),
            );
        }
        let soft = change
            .and_then(|c| c.memory_reservation)
            .or(of.memory_reservation);
        if let Some(mib) = soft {
            host.insert("MemoryReservation".into(), (i64::from(mib) * MIB).into());
        }
        insert(&mut host, "Privileged", &of.privileged);
        insert(&mut host, "ReadonlyRootfs", &of.readonly_root_filesystem);
        insert_list(&mut host, "Dns", &of.dns_servers);
        insert_list(&mut host, "DnsSearch", &of.dns_search_domains);
        insert_list(&mut host, "SecurityOpt", &of.docker_security_options);
        let hosts: Vec<String> = of
            .extra_hosts
            .iter()
            .flatten()
            .map(|entry| {
                let text = |part: &Option<String>| part.clone().unwrap_or_default();
                format!("{}:{}", text(&entry.hostname), text(&entry.ip_address))
            })
            .collect();
        insert_list(&mut host, "ExtraHosts", &Some(hosts));
        let ulimits = self.ulimits(of);
        if !ulimits.is_empty() {
            host.insert("Ulimits".into(), ulimits.into());
        }
        let sysctls: Map<String, Value> = of
            .system_controls
            .iter()
            .flatten()
            .filter_map(|control| Some((control.namespace.clone()?, control.value.clone()?.into())))
            .collect();
        if !sysctls.is_empty() {
            host.insert("Sysctls".into(), Value::Object(sysctls));
        }
        if let Some(linux) = &of.linux_parameters {
            let hard = change.and_then(|c| c.memory).or(of.memory);
            linux_parameters(&mut host, linux, hard);
        }
        host
    }

    /// Fargate's own limit on open files holds unless the definition names another.
    fn ulimits(&self, of: &ContainerDefinition) -> Vec<Value> {
        let given = of.ulimits.iter().flatten();
        let mut ulimits: Vec<Value> = given
            .map(|u| json!({"Name": u.name, "Soft": u.soft_limit, "Hard": u.hard_limit}))
            .collect();
        let named = ulimits.iter().any(|ulimit| ulimit["Name"] == "nofile");
        if self.record.launch == Launch::Fargate && !named {
            ulimits.push(json!({"Name": "nofile", "Soft": 65535, "Hard": 65535}));
        }
        ulimits
    }

    /// For awslogs the stream is named here: `<prefix>/<container>/<task id>`. Docker's driver, of which
    /// other agents make use, has to be told where our Logs are.
    fn log_options(
        &self,
        of: &ContainerDefinition,
        mut options: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        if driver(of) != Some("awslogs") {
            return options;
        }
        if let Some(prefix) = options.remove("awslogs-stream-prefix") {
            let stream = format!("{prefix}/{}/{}", name(of), self.record.id);
            options.insert("awslogs-stream".to_owned(), stream);
        }
        if self.extras.of_another_make {
            options
                .entry("awslogs-endpoint".to_owned())
                .or_insert_with(|| self.extras.server.endpoint().to_owned());
        }
        options
    }
}

fn linux_parameters(host: &mut Map<String, Value>, linux: &LinuxParameters, hard: Option<i32>) {
    if let Some(capabilities) = &linux.capabilities {
        insert_list(host, "CapAdd", &capabilities.add);
        insert_list(host, "CapDrop", &capabilities.drop);
    }
    insert(host, "Init", &linux.init_process_enabled);
    if let Some(mib) = linux.shared_memory_size {
        host.insert("ShmSize".into(), (i64::from(mib) * MIB).into());
    }
    // Docker counts memory and swap together.
    if let (Some(swap), Some(hard)) = (linux.max_swap, hard) {
        host.insert(
            "MemorySwap".into(),
            ((i64::from(swap) + i64::from(hard)) * MIB).into(),
        );
    }
    if let Some(swappiness) = linux.swappiness {
        host.insert("MemorySwappiness".into(), swappiness.into());
    }
    let devices: Vec<Value> = linux.devices.iter().flatten().map(device).collect();
    if !devices.is_empty() {
        host.insert("Devices".into(), devices.into());
    }
    let tmpfs: Map<String, Value> = linux
        .tmpfs
        .iter()
        .flatten()
        .filter_map(|one| {
            let mut options = vec![format!("size={}m", one.size.unwrap_or(0))];
            options.extend(one.mount_options.iter().flatten().cloned());
            Some((one.container_path.clone()?, options.join(",").into()))
        })
        .collect();
    if !tmpfs.is_empty() {
        host.insert("Tmpfs".into(), Value::Object(tmpfs));
    }
}

fn device(device: &wharf_api_ecs::Device) -> Value {
    let letters = |permission: &String| match permission.as_str() {
        "read" => "r",
        "write" => "w",
        "mknod" => "m",
        _ => "",
    };
    let given = device
        .permissions
        .iter()
        .flatten()
        .map(letters)
        .collect::<String>();
    let permissions = if given.is_empty() {
        "rwm".to_owned()
    } else {
        given
    };
    json!({
        "PathOnHost": device.host_path,
        "PathInContainer": device.container_path.as_ref().or(device.host_path.as_ref()),
        "CgroupPermissions": permissions,
    })
}

pub(super) fn insert<T: Clone + Into<Value>>(
    map: &mut Map<String, Value>,
    name: &str,
    value: &Option<T>,
) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.clone().into());
    }
}

pub(super) fn insert_list(map: &mut Map<String, Value>, name: &str, list: &Option<Vec<String>>) {
    if let Some(list) = list.as_ref().filter(|list| !list.is_empty()) {
        map.insert(name.to_owned(), json!(list));
    }
}
