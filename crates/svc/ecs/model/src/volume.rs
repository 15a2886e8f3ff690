//! `volumeConfigurations`: the EBS volume that a task or the tasks of a service get. Pure.

use wharf_api_ecs::{
    EBSTagSpecification, ServiceManagedEBSVolumeConfiguration, ServiceVolumeConfiguration,
    TaskDefinition, TaskManagedEBSVolumeConfiguration, TaskVolumeConfiguration,
};
use wharf_base::ids;
use wharf_records::ecs::{Tags, TaskVolume, VolumeSpec};
use wharf_wire::Fault;

use crate::{fault, tags};

/// Where nothing was asked for. AWS takes xfs.
pub const FILESYSTEM: &str = "ext4";
/// File systems that hosts make.
const FILESYSTEMS: [&str; 2] = ["ext3", "ext4"];

/// The configurations of RunTask and StartTask.
pub fn of_task(given: Option<&Vec<TaskVolumeConfiguration>>) -> Result<Vec<VolumeSpec>, Fault> {
    given.into_iter().flatten().map(read).collect()
}

/// Those of CreateService and UpdateService: volumes of services always go with their tasks.
pub fn of_service(
    given: Option<&Vec<ServiceVolumeConfiguration>>,
) -> Result<Vec<VolumeSpec>, Fault> {
    let alike = |given: &ServiceVolumeConfiguration| TaskVolumeConfiguration {
        name: given.name.clone(),
        managed_ebs_volume: given.managed_ebs_volume.clone().map(|it| {
            TaskManagedEBSVolumeConfiguration {
                encrypted: it.encrypted,
                kms_key_id: it.kms_key_id,
                volume_type: it.volume_type,
                size_in_gi_b: it.size_in_gi_b,
                snapshot_id: it.snapshot_id,
                volume_initialization_rate: it.volume_initialization_rate,
                iops: it.iops,
                throughput: it.throughput,
                tag_specifications: it.tag_specifications,
                role_arn: it.role_arn,
                termination_policy: None,
                filesystem_type: it.filesystem_type,
            }
        }),
    };
    let all = given.into_iter().flatten();
    all.map(|it| read(&alike(it))).collect()
}

/// The one that the definition wants, if it wants any.
pub fn for_definition(
    given: &[VolumeSpec],
    definition: &TaskDefinition,
) -> Result<Option<VolumeSpec>, Fault> {
    let volumes = definition.volumes.iter().flatten();
    let mut wanted = volumes.filter(|it| it.configured_at_launch == Some(true));
    let wanted = wanted.next().and_then(|it| it.name.as_deref());
    if let Some(other) = given.iter().find(|it| wanted != Some(&it.name)) {
        return Err(fault::invalid(format!(
            "The volume configuration '{}' does not match a volume of the task definition that is \
             configured at launch.",
            other.name
        )));
    }
    match (wanted, given) {
        (None, _) => Ok(None),
        (Some(_), [only]) => Ok(Some(only.clone())),
        (Some(name), []) => Err(fault::invalid(format!(
            "The task definition's volume '{name}' is configured at launch, but no volume configuration \
             was provided for it."
        ))),
        (Some(name), _) => Err(fault::invalid(format!(
            "The volume '{name}' can only have one volume configuration."
        ))),
    }
}

/// With the tags of what it propagates them from, below its own.
pub fn with_tags(mut spec: VolumeSpec, definition: &Tags, service: Option<&Tags>) -> VolumeSpec {
    let inherited = match spec.propagate_tags.as_deref() {
        Some("TASK_DEFINITION") => Some(definition),
        Some("SERVICE") => service,
        _ => None,
    };
    for (key, value) in inherited.into_iter().flatten() {
        let named = spec.tags.entry(key.clone());
        named.or_insert_with(|| value.clone());
    }
    spec
}

/// What a task starts with.
pub fn wish(spec: &VolumeSpec) -> TaskVolume {
    TaskVolume {
        attachment: ids::uuid(),
        spec: spec.clone(),
        given: None,
        abandoned: false,
    }
}

fn read(given: &TaskVolumeConfiguration) -> Result<VolumeSpec, Fault> {
    let name = given.name.clone().unwrap_or_default();
    if !crate::names::is_name(&name) {
        return Err(fault::invalid("Volume configuration name is invalid."));
    }
    let Some(ebs) = &given.managed_ebs_volume else {
        return Err(fault::invalid(format!(
            "The volume configuration '{name}' must have a managedEBSVolume."
        )));
    };
    let snapshot = ebs.snapshot_id.clone().filter(|it| !it.is_empty());
    let gib = match (ebs.size_in_gi_b, &snapshot) {
        (Some(gib), _) if gib > 0 => gib,
        // That of the snapshot.
        (None, Some(_)) => 0,
        _ => {
            return Err(fault::invalid(
                "sizeInGiB or snapshotId must be specified for a managed EBS volume.",
            ));
        }
    };
    let filesystem = ebs.filesystem_type.clone().filter(|it| !it.is_empty());
    if let Some(other) = &filesystem
        && !FILESYSTEMS.contains(&other.as_str())
    {
        return Err(fault::unsupported(&format!("filesystemType {other}")));
    }
    let role = ebs.role_arn.clone().unwrap_or_default();
    if role.is_empty() {
        return Err(fault::invalid("roleArn cannot be empty."));
    }
    let (tags, propagate_tags) = tags_of(ebs.tag_specifications.as_deref())?;
    let policy = ebs.termination_policy.as_ref();
    Ok(VolumeSpec {
        name,
        role,
        gib,
        snapshot,
        encrypted: ebs.encrypted,
        kms_key: ebs.kms_key_id.clone().filter(|it| !it.is_empty()),
        volume_type: ebs.volume_type.clone().filter(|it| !it.is_empty()),
        iops: ebs.iops,
        throughput: ebs.throughput,
        filesystem,
        tags,
        propagate_tags,
        delete: policy.and_then(|it| it.delete_on_termination) != Some(false),
    })
}

fn tags_of(given: Option<&[EBSTagSpecification]>) -> Result<(Tags, Option<String>), Fault> {
    match given.unwrap_or_default() {
        [] => Ok((Tags::new(), None)),
        [only] => {
            if only.resource_type.as_deref() != Some("volume") {
                return Err(fault::invalid(
                    "The resourceType of a volume's tag specification must be volume.",
                ));
            }
            let tags = tags::read(only.tags.as_ref())?;
            let propagate = only.propagate_tags.clone().filter(|it| !it.is_empty());
            Ok((tags, propagate))
        }
        _ => Err(fault::invalid(
            "A managed EBS volume can only have one tag specification.",
        )),
    }
}

/// The configuration of a service's tasks as the API shows it.
pub fn shown(spec: &VolumeSpec) -> ServiceVolumeConfiguration {
    let tags = (!spec.tags.is_empty() || spec.propagate_tags.is_some()).then(|| {
        vec![EBSTagSpecification {
            resource_type: Some("volume".to_owned()),
            tags: Some(tags::show(&spec.tags)),
            propagate_tags: spec.propagate_tags.clone(),
        }]
    });
    ServiceVolumeConfiguration {
        name: Some(spec.name.clone()),
        managed_ebs_volume: Some(ServiceManagedEBSVolumeConfiguration {
            volume_type: spec.volume_type.clone(),
            size_in_gi_b: Some(spec.gib).filter(|gib| *gib > 0),
            snapshot_id: spec.snapshot.clone(),
            encrypted: spec.encrypted,
            kms_key_id: spec.kms_key.clone(),
            iops: spec.iops,
            throughput: spec.throughput,
            tag_specifications: tags,
            role_arn: Some(spec.role.clone()),
            filesystem_type: spec.filesystem.clone(),
            ..ServiceManagedEBSVolumeConfiguration::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_api_ecs::{TaskManagedEBSVolumeTerminationPolicy, Volume};

    use super::*;

    fn given(
        change: impl FnOnce(&mut TaskManagedEBSVolumeConfiguration),
    ) -> TaskVolumeConfiguration {
        let mut ebs = TaskManagedEBSVolumeConfiguration {
            size_in_gi_b: Some(10),
            role_arn: Some("arn:aws:iam::000000000000:role/r".to_owned()),
            ..Default::default()
        };
        change(&mut ebs);
        TaskVolumeConfiguration {
            name: Some("data".to_owned()),
            managed_ebs_volume: Some(ebs),
        }
    }

    #[test]
    fn what_is_asked_for() {
        let spec = read(&given(|_| ())).unwrap();
        assert_eq!((spec.gib, spec.delete, spec.filesystem), (10, true, None));
        let spec = read(&given(|it| {
            it.termination_policy = Some(TaskManagedEBSVolumeTerminationPolicy {
                delete_on_termination: Some(false),
            });
            it.filesystem_type = Some("ext3".to_owned());
        }));
        let spec = spec.unwrap();
        assert_eq!(
            (spec.delete, spec.filesystem.as_deref()),
            (false, Some("ext3"))
        );
        let refused = |change: fn(&mut TaskManagedEBSVolumeConfiguration), text: &str| {
            let fault = read(&given(change)).unwrap_err();
            assert!(fault.message.contains(text), "{}", fault.message);
        };
        refused(|it| it.size_in_gi_b = None, "sizeInGiB");
        refused(|it| it.size_in_gi_b = Some(0), "sizeInGiB");
        let of_snapshot = read(&given(|it| {
            it.size_in_gi_b = None;
            it.snapshot_id = Some("snap-0123456789abcdef0".to_owned());
        }));
        let of_snapshot = of_snapshot.unwrap();
        assert_eq!(of_snapshot.gib, 0);
        assert_eq!(
            shown(&of_snapshot).managed_ebs_volume.unwrap().size_in_gi_b,
            None
        );
        refused(
            |it| it.filesystem_type = Some("xfs".to_owned()),
            "filesystemType xfs",
        );
        refused(|it| it.role_arn = None, "roleArn");
        refused(
            |it| it.tag_specifications = Some(vec![EBSTagSpecification::default()]),
            "resourceType",
        );
    }

    #[test]
    fn a_configuration_is_of_a_volume_of_the_definition() {
        let definition = |names: &[(&str, bool)]| TaskDefinition {
            volumes: Some(
                names
                    .iter()
                    .map(|(name, at_launch)| Volume {
                        name: Some((*name).to_owned()),
                        configured_at_launch: Some(*at_launch),
                        ..Volume::default()
                    })
                    .collect(),
            ),
            ..TaskDefinition::default()
        };
        let spec = read(&given(|_| ())).unwrap();
        let one = std::slice::from_ref(&spec);
        let fits = for_definition(one, &definition(&[("other", false), ("data", true)]));
        assert_eq!(fits.unwrap().as_ref(), Some(&spec));
        assert_eq!(
            for_definition(&[], &definition(&[("data", false)])).unwrap(),
            None
        );
        for (given, of) in [
            (one, definition(&[("data", false)])),
            (one, definition(&[("other", true)])),
            (&[], definition(&[("data", true)])),
            (&[spec.clone(), spec.clone()], definition(&[("data", true)])),
        ] {
            assert!(for_definition(given, &of).is_err(), "{of:?}");
        }
    }

    #[test]
    fn tags_are_propagated_below_those_given() {
        let tags = |all: serde_json::Value| -> Tags { serde_json::from_value(all).unwrap() };
        let mut spec = read(&given(|_| ())).unwrap();
        spec.tags = tags(json!({"a": "own"}));
        let (definition, service) = (tags(json!({"a": "d", "b": "d"})), tags(json!({"b": "s"})));
        for (from, expected) in [
            (None, json!({"a": "own"})),
            (Some("TASK_DEFINITION"), json!({"a": "own", "b": "d"})),
            (Some("SERVICE"), json!({"a": "own", "b": "s"})),
        ] {
            spec.propagate_tags = from.map(str::to_owned);
            let with_tags = with_tags(spec.clone(), &definition, Some(&service));
            assert_eq!(with_tags.tags, tags(expected), "{from:?}");
        }
    }
}
