//! What a task asks of its host beyond what is its own, and what is said where no host allows it.
//! Pure.
//!
//! Fargate refuses all of it in the definition already ([`crate::definition`]), so only tasks of
//! container instances ask.

use wharf_api_ecs::{ContainerDefinition, TaskDefinition};
use wharf_placement::{Asks, Feature, Reason};
use wharf_records::ecs::Launch;

use crate::definition::{containers, network_mode};

/// The set every container has, Docker's: adding one of these asks for nothing.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

pub fn of(definition: &TaskDefinition, launch: Launch) -> Asks {
    if launch == Launch::Fargate {
        return Asks::default();
    }
    let any = |asks: fn(&ContainerDefinition) -> bool| containers(definition).iter().any(asks);
    let host = |mode: &Option<String>| mode.as_deref() == Some("host");
    let asked = [
        (Feature::Privileged, any(|c| c.privileged == Some(true))),
        (Feature::HostNetwork, network_mode(definition) == "host"),
        (Feature::HostPid, host(&definition.pid_mode)),
        (Feature::HostIpc, host(&definition.ipc_mode)),
        (Feature::Devices, any(has_devices)),
        (Feature::Capabilities, any(adds_capabilities)),
    ];
    let volumes = definition.volumes.iter().flatten();
    let paths = volumes.filter_map(|volume| volume.host.as_ref()?.source_path.clone());
    Asks {
        features: asked
            .into_iter()
            .filter_map(|(feature, asked)| asked.then_some(feature))
            .collect(),
        host_paths: paths.filter(|path| !path.is_empty()).collect(),
        bridge: network_mode(definition) == "bridge",
    }
}

fn has_devices(container: &ContainerDefinition) -> bool {
    let linux = container.linux_parameters.as_ref();
    let devices = linux.and_then(|linux| linux.devices.as_ref());
    devices.is_some_and(|devices| !devices.is_empty())
}

fn adds_capabilities(container: &ContainerDefinition) -> bool {
    let linux = container.linux_parameters.as_ref();
    let capabilities = linux.and_then(|linux| linux.capabilities.as_ref());
    let mut added = capabilities
        .into_iter()
        .flat_map(|c| c.add.iter().flatten());
    added.any(|name| {
        let upper = name.to_ascii_uppercase();
        let short = upper.strip_prefix("CAP_").unwrap_or(&upper);
        !DEFAULT_CAPABILITIES.contains(&short)
    })
}

/// What a node would have to be started with, if that is what was missing: `--allow privileged`.
pub fn flag(asks: &Asks, reason: Reason) -> Option<String> {
    let Reason::NotAllowed(feature) = reason else {
        return None;
    };
    if feature == Feature::Bridge {
        return None;
    }
    let word = feature.flag();
    Some(match (feature, asks.host_paths.first()) {
        (Feature::HostPath, Some(path)) => format!("--allow {word}={path}"),
        _ => format!("--allow {word}"),
    })
}

/// The `detail` of a failure, where a node does not allow what is asked.
pub fn detail(asks: &Asks, reason: Reason) -> Option<String> {
    let flag = flag(asks, reason)?;
    Some(format!(
        "The node does not allow what the task definition asks of its host. Starting it with \
         {flag} would."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asks(task: Value, container: Value) -> Asks {
        let mut whole = json!({
            "family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}],
        });
        for (onto, changes) in [("", task), ("/containerDefinitions/0", container)] {
            let onto = whole.pointer_mut(onto).unwrap();
            for (name, value) in changes.as_object().unwrap() {
                onto[name] = value.clone();
            }
        }
        of(&crate::document::definition(&whole).unwrap(), Launch::Ec2)
    }

    #[test]
    fn what_is_asked() {
        let none = json!({});
        let linux = |members: Value| json!({"linuxParameters": members});
        for (task, container, expected) in [
            (none.clone(), none.clone(), vec![]),
            (
                none.clone(),
                json!({"privileged": true}),
                vec![Feature::Privileged],
            ),
            (none.clone(), json!({"privileged": false}), vec![]),
            (
                json!({"networkMode": "host"}),
                none.clone(),
                vec![Feature::HostNetwork],
            ),
            (json!({"networkMode": "awsvpc"}), none.clone(), vec![]),
            (
                json!({"pidMode": "host"}),
                none.clone(),
                vec![Feature::HostPid],
            ),
            (json!({"pidMode": "task"}), none.clone(), vec![]),
            (
                json!({"ipcMode": "host"}),
                none.clone(),
                vec![Feature::HostIpc],
            ),
            (
                none.clone(),
                linux(json!({"devices": [{"hostPath": "/dev/fuse"}]})),
                vec![Feature::Devices],
            ),
            (none.clone(), linux(json!({"devices": []})), vec![]),
            (
                none.clone(),
                linux(json!({"capabilities": {"add": ["cap_sys_admin"]}})),
                vec![Feature::Capabilities],
            ),
            (
                none.clone(),
                linux(json!({"capabilities": {"add": ["ALL"]}})),
                vec![Feature::Capabilities],
            ),
            (
                none.clone(),
                linux(json!({"capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}})),
                vec![],
            ),
        ] {
            let asked = asks(task.clone(), container.clone());
            assert_eq!(asked.features, expected, "{task} {container}");
            assert!(asked.host_paths.is_empty());
        }
        let volumes = json!({"volumes": [
            {"name": "a", "host": {"sourcePath": "/srv/a"}}, {"name": "b", "host": {}}, {"name": "c"},
        ]});
        let asked = asks(volumes, none);
        assert_eq!((asked.host_paths.len(), asked.features.len()), (1, 0));
        let flag = flag(&asked, Reason::NotAllowed(Feature::HostPath));
        assert_eq!(flag.as_deref(), Some("--allow host-path=/srv/a"));
    }
}
