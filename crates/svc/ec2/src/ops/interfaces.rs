//! What the operations on network interfaces share.

use std::collections::BTreeMap;

use wharf_wire::{Call, CallerKind, Context, Fault};

use crate::{
    Ec2Service, fault,
    records::{Instance, Interface, SecurityGroup, Vpc},
};

/// Groups an interface may have.
pub const MAX_GROUPS: usize = 5;
/// Room for the ARN by which ECS describes its own, with a cluster's name of 255 characters in it.
const MAX_DESCRIPTION: usize = 512;

/// Whether the caller may change or delete the interface: what a service asked for is that
/// service's alone.
pub fn may_manage(call: &Call, interface: &Interface) -> bool {
    match &interface.requester {
        Some(requester) => call.caller.kind == CallerKind::Service && call.caller.arn == *requester,
        None => true,
    }
}

/// That the caller may change an interface, and with it the instance that has it. `operation`: `AssignPrivateIpAddresses`.
///
/// # Errors
/// It is a service's, or its instance is; the store's.
pub async fn may_change(
    service: &Ec2Service,
    call: &Call,
    interface: &Interface,
    operation: &str,
) -> Result<(), Fault> {
    may_change_there(service, (call, call.context()), interface, operation).await
}

/// The same of an interface that may be another account's. `there`: where it is. Another account's instance that has it has no
/// say about it, nor has who operates that.
pub async fn may_change_there(
    service: &Ec2Service,
    (call, there): (&Call, &Context),
    interface: &Interface,
    operation: &str,
) -> Result<(), Fault> {
    if !may_manage(call, interface) {
        return Err(fault::not_yours());
    }
    let attachment = interface.attachment.as_ref();
    let Some(attachment) = attachment.filter(|it| it.instance_owner.is_none()) else {
        return Ok(());
    };
    match service
        .find::<Instance>(there, &attachment.instance_id)
        .await?
    {
        Some(instance) => instance.lets_there((call, there), operation),
        None => Ok(()),
    }
}

pub fn checked_description(given: Option<&str>) -> Result<String, Fault> {
    let text = given.unwrap_or_default();
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(fault::bad_value(format!(
            "Invalid value for parameter description. Must be at most {MAX_DESCRIPTION} characters."
        )));
    }
    Ok(text.to_owned())
}

/// The groups asked for, all of one VPC, each once; the VPC's default group if none were.
pub async fn groups(
    service: &Ec2Service,
    cx: &Context,
    vpc_id: &str,
    wanted: &[String],
) -> Result<Vec<String>, Fault> {
    if wanted.is_empty() {
        let vpc: Vpc = service.get(cx, vpc_id).await?;
        return Ok(vec![vpc.default_group]);
    }
    let mut groups: Vec<String> = Vec::new();
    for id in wanted {
        if groups.contains(id) {
            continue;
        }
        let group: SecurityGroup = service.get(cx, id).await?;
        if group.vpc_id != vpc_id {
            return Err(fault::groups_of_other_vpc(id, vpc_id));
        }
        groups.push(group.id);
    }
    if groups.len() > MAX_GROUPS {
        return Err(fault::too_many_groups());
    }
    Ok(groups)
}

/// Names by id of the groups that these interfaces have.
pub async fn group_names(
    service: &Ec2Service,
    cx: &Context,
    interfaces: &[Interface],
) -> Result<BTreeMap<String, String>, Fault> {
    let mut names = BTreeMap::new();
    for id in interfaces.iter().flat_map(|interface| &interface.groups) {
        if names.contains_key(id) {
            continue;
        }
        if let Some(group) = service.find::<SecurityGroup>(cx, id).await? {
            names.insert(id.clone(), group.name);
        }
    }
    Ok(names)
}
