//! Refusals about placement groups.

use wharf_wire::Fault;

use super::sender;

pub fn placement_group_not_found(name: &str) -> Fault {
    sender(
        "InvalidPlacementGroup.Unknown",
        format!("The Placement Group '{name}' is unknown."),
    )
}

pub fn placement_group_id_not_found(id: &str) -> Fault {
    sender(
        "InvalidPlacementGroupId.Malformed",
        format!("The Placement Group ID '{id}' is unknown."),
    )
}

pub fn placement_group_exists(name: &str) -> Fault {
    sender(
        "InvalidPlacementGroup.Duplicate",
        format!("The Placement Group '{name}' already exists."),
    )
}

pub fn placement_group_in_use(name: &str) -> Fault {
    sender(
        "InvalidPlacementGroup.InUse",
        format!("The Placement Group '{name}' is in use and may not be deleted."),
    )
}

pub fn placement_group_named_twice() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameters groupName and groupId may not be used together".to_owned(),
    )
}

pub fn too_many_placement_groups(limit: usize) -> Fault {
    sender(
        "PlacementGroupLimitExceeded",
        format!("You have reached the limit of {limit} placement groups."),
    )
}

pub fn partition_without_group() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter PartitionNumber may only be used with a placement group".to_owned(),
    )
}

pub fn partition_of_other_group(name: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!("The Placement Group '{name}' has no partitions: its strategy is not partition."),
    )
}

pub fn no_such_partition(number: i32, count: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({number}) for parameter PartitionNumber is invalid. It must be between 1 and {count}."
        ),
    )
}

pub fn cluster_in_other_zone(name: &str, zone: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!(
            "The instances of the Placement Group '{name}' are in the Availability Zone {zone}, and a cluster has one zone."
        ),
    )
}

pub fn no_room_in_group(name: &str, zone: &str) -> Fault {
    Fault::sender(
        "InsufficientInstanceCapacity",
        500,
        format!(
            "There is no host left in the Availability Zone {zone} for as many instances of the Placement Group '{name}'."
        ),
    )
}

pub fn host_not_of_group(id: &str, name: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!(
            "The instance '{id}' keeps its host, which has instances that the Placement Group '{name}' keeps apart from it."
        ),
    )
}
