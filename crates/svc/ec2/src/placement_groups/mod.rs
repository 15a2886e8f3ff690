//! Placement groups: how the instances of a group lie on hosts. What "rack" is in AWS is a host here.
//!
//! | strategy | hosts of its instances |
//! | --- | --- |
//! | cluster | in one zone; a host that has some of them comes first |
//! | spread | each has a host for itself; at most seven in a zone |
//! | partition | no host has instances of two partitions |
//!
//! A placement reads where the others of the group are and rewrites the group's record, so that two placements never
//! decide by the same picture.

mod create;
mod delete;
mod describe;
mod modify;
mod records;
mod room;

pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use modify::modify;
pub use records::{InGroup, PlacementGroup, Strategy};
pub use room::{Assigned, Siblings, check};

use wharf_api_ec2::types::Placement;
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service, fault,
    instances::life::State,
    records::{Instance, Pointer},
};

/// Of an account in a region, as in AWS.
const MAX_GROUPS: usize = 500;
const MAX_NAME: usize = 255;
/// Partitions of a group in a zone, and instances of a spread group in one.
const MOST_IN_ZONE: u32 = 7;

/// The group that a request names, and the partition that it asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub group: PlacementGroup,
    pub partition: Option<u32>,
}

impl Asked {
    /// The zone that a new instance must be in: a cluster has one.
    pub async fn zone(&self, service: &Ec2Service, cx: &Context) -> Result<Option<String>, Fault> {
        if self.group.strategy != Strategy::Cluster {
            return Ok(None);
        }
        let members = members(service, cx, &self.group.id).await?;
        Ok(members.into_iter().next().map(|it| it.zone))
    }
}

/// What a launch says of groups; `None` where it names none.
pub async fn asked(
    service: &Ec2Service,
    cx: &Context,
    placement: Option<&Placement>,
) -> Result<Option<Asked>, Fault> {
    let given = |text: Option<&String>| text.filter(|it| !it.is_empty()).cloned();
    let name = given(placement.and_then(|it| it.group_name.as_ref()));
    let id = given(placement.and_then(|it| it.group_id.as_ref()));
    let partition = placement.and_then(|it| it.partition_number);
    let Some(group) = of(service, cx, name, id).await? else {
        return match partition {
            None => Ok(None),
            Some(_) => Err(fault::partition_without_group()),
        };
    };
    let partition = group.partition(partition)?;
    Ok(Some(Asked { group, partition }))
}

/// The group of this name or id.
async fn of(
    service: &Ec2Service,
    cx: &Context,
    name: Option<String>,
    id: Option<String>,
) -> Result<Option<PlacementGroup>, Fault> {
    match (name, id) {
        (None, None) => Ok(None),
        (Some(name), None) => find(service, cx, &name).await.map(Some),
        (None, Some(id)) => service.get(cx, &id).await.map(Some),
        (Some(_), Some(_)) => Err(fault::placement_group_named_twice()),
    }
}

/// The group of a name.
pub async fn find(service: &Ec2Service, cx: &Context, name: &str) -> Result<PlacementGroup, Fault> {
    let found = named(service, cx, name).await?;
    found.ok_or_else(|| fault::placement_group_not_found(name))
}

async fn named(
    service: &Ec2Service,
    cx: &Context,
    name: &str,
) -> Result<Option<PlacementGroup>, Fault> {
    match service.find::<Pointer>(cx, &name_pointer(name)).await? {
        Some(pointer) => service.find(cx, &pointer.id).await,
        None => Ok(None),
    }
}

/// Under it lies the id of the group of a name.
fn name_pointer(name: &str) -> String {
    format!("placement-group-name:{name}")
}

/// Instances of the group that are not terminated.
pub async fn members(
    service: &Ec2Service,
    cx: &Context,
    group: &str,
) -> Result<Vec<Instance>, Fault> {
    let mut all: Vec<Instance> = service.all(cx).await?;
    all.retain(|it| is_member(it, group));
    Ok(all)
}

/// Whether an instance has its place in the group; one that is stopped keeps it, since its disk stays on its host.
pub fn is_member(instance: &Instance, group: &str) -> bool {
    let place = instance.placement.as_ref();
    place.is_some_and(|it| it.group == group) && instance.life.state != State::Terminated
}
